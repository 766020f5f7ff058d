"""Signing keys and API keys: sent and read, and shown nowhere."""

from __future__ import annotations

import logging
import pickle
from typing import Any

import pytest

from allawee_async import (
    AllaweeError,
    RequestRecord,
    SecretKey,
    TransportError,
    Webhook,
    WebhookSecret,
    from_dict,
    to_dict,
)
from tests.support.canaries import locals_text
from tests.support.tables import for_each

CANARY = "canary-7f3a-signing-key"
API_KEY = "sk.live.canary7f3a"
PAN = "5399831234567890123"


def printed(error: BaseException) -> str:
    """Return all that a log of an error may print, local variables of our frames included."""
    return "\n".join([str(error), repr(error), str(error.args), locals_text(error)])


@for_each("secret", [CANARY, API_KEY])
@for_each(
    ("cls", "field"),
    [
        (Webhook, "signing_key"),
        (WebhookSecret, "signing_key"),
        (WebhookSecret, "secret"),
        (SecretKey, "key"),
        (SecretKey, "secret_key"),
    ],
)
def test_models_mask_their_keys(cls: Any, field: str, secret: str) -> None:
    model = cls(**{field: secret}, extra={"someOtherName": secret})

    assert getattr(model, field) == secret
    assert secret in to_dict(model).values()
    assert secret not in f"{model!r} {model} {[model]}"
    assert f"{field}=***" in repr(model)


def test_records_mask_what_was_sent_and_answered(sample: Any) -> None:
    wire = {
        **sample("requests.get.response"),
        "requestBody": {"pan": PAN, "signingKey": CANARY},
        "attempts": [{"statusCode": 200, "responseBody": {"key": API_KEY, "pan": PAN}}],
    }

    record = from_dict(RequestRecord, wire)

    assert record.request_body == {"pan": PAN, "signingKey": CANARY}
    for secret in (CANARY, PAN, API_KEY):
        assert secret not in repr(record)


CALLS: list[tuple[str, Any]] = [
    (
        CANARY,
        lambda a: a.webhooks.create(name="n", events=[], url="u", signing_key=CANARY),
    ),
    (CANARY, lambda a: a.webhooks.roll_secret("wh.1", signing_key=CANARY)),
    (PAN, lambda a: a.simulation.grp.link_card_by_pan(pan=PAN, customer="cus.1")),
]


@pytest.mark.parametrize(("secret", "make"), CALLS)
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "body": {"statusCode": 400, "message": ["{} is no key"]}},
        {"status": 400, "body": {"code": "x", "message": "'{}'", "data": {"signingKey": "{}"}}},
        {"status": 500, "body": "<p>{}</p>"},
        {"status": 200, "body": "{} is not JSON"},
        {"status": 200, "body": {"data": [{"signingKey": "{}", "id": 5}]}},
        {"status": 200, "body": {"data": {"id": 5, "signingKey": "{}", "pan": "{}"}}},
        {"lost": True},
    ],
    ids=str,
)
async def test_no_error_and_no_log_shows_a_secret_that_was_sent(
    wire: Any, caplog: Any, secret: str, make: Any, fault: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    if "lost" in fault:
        wire.fail(TransportError("the connection was lost"))
    else:
        wire.answer(status=fault["status"], body=_planted(fault["body"], secret))

    error: BaseException | None = None
    try:
        result = await make(wire.client())
    except AllaweeError as caught:
        error = caught
    else:  # an answer of another shape is kept, and shown as little
        assert secret not in repr(result)

    assert secret.encode() in wire.sent[0].raw
    assert secret not in repr(wire.sent[0].raw)
    assert secret not in caplog.text
    if error is not None:
        assert secret not in printed(error)
        assert secret not in str(pickle.loads(pickle.dumps(error)))


def _planted(body: Any, secret: str) -> Any:
    if isinstance(body, dict):
        return {key: _planted(value, secret) for key, value in body.items()}
    if isinstance(body, list):
        return [_planted(value, secret) for value in body]
    if isinstance(body, str):
        text = body.replace("{}", secret)
        return text.encode() if " is not JSON" in text or "<p>" in text else text
    return body


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.webhooks.secret("wh.1"),
        lambda a: a.webhooks.roll_secret("wh.1"),
        lambda a: a.secret_keys.create(name="n", scopes=[]),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        {"data": {"signingKey": CANARY, "secret": CANARY, "key": CANARY}},
        {"data": {"value": CANARY, "token": CANARY}},
        {"data": {"signingKey": CANARY, "secret": 5, "key": 5}},
        {"data": CANARY},
        {"data": [CANARY]},
        f'{{"data": {{"signingKey": "{CANARY}"'.encode(),
    ],
    ids=["named", "unnamed", "wrong type", "text", "list", "cut off"],
)
async def test_a_key_that_is_read_is_not_shown(
    wire: Any, caplog: Any, make: Any, body: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(3):
        wire.answer(body=body)

    try:
        shown = repr(await make(wire.client()))
    except AllaweeError as error:
        shown = printed(error)

    assert CANARY not in shown
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    "attempt",
    [
        {"statusCode": 400, "responseBody": {"message": f"{CANARY} is no key"}},
        {"statusCode": 201, "responseBody": {"id": 5, "signingKey": CANARY}},
        {"statusCode": "201", "responseBody": CANARY},
    ],
)
async def test_waiting_for_a_queued_request_shows_no_secret(
    wire: Any, sample: Any, attempt: dict[str, Any]
) -> None:
    accepted = sample("grp.request-accepted.202.response")
    wire.answer(status=202, body=accepted, x_request_id="req_1")
    record = {**sample("requests.get.response"), "attempts": [attempt]}
    wire.answer(body={**record, "requestBody": {"signingKey": CANARY}})
    client = wire.client().with_options(wait_for_accepted=60)

    with pytest.raises(AllaweeError) as caught:
        await client.webhooks.create(name="n", events=[], url="u", signing_key=CANARY)

    assert caught.value.request_id == "req_1"
    assert CANARY not in printed(caught.value)
