"""What is secret of a card is nowhere to be read: not in repr, logs, errors or tracebacks."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from typing import Any

import pytest

from allawee_async import AllaweeError, RetryPolicy, from_dict, to_dict
from allawee_async.models.cards import CardSecrets
from tests.support.canaries import locals_text
from tests.support.serving import answers, closes, hangs, raw_server, recording

PAN, CVV, PIN = "5061462473446064880", "98798798", "49214921"
SECRETS = (PAN, CVV, PIN)

VERBS: dict[str, Any] = {
    "activate": lambda a: a.cards.activate("c.1", cvv=CVV, pin=PIN),
    "reset_pin": lambda a: a.cards.reset_pin("c.1", pin=PIN),
    "link_by_pan": lambda a: a.cards.link_by_pan(pan=PAN, customer="cus.1"),
    "secrets": lambda a: a.cards.secrets("c.1"),
}


def shown(error: BaseException) -> str:
    """Return all that a traceback with local variables shows of our frames, and more."""
    texts = [str(error), repr(error), repr(vars(error)), repr(error.args)]
    texts.append(locals_text(error))
    if isinstance(error, AllaweeError):
        again = pickle.loads(pickle.dumps(error))
        texts += [repr(vars(again)), str(again), repr(copy.copy(error).attempts)]
    return "\n".join(texts)


def assert_clean(*texts: str) -> None:
    for text in texts:
        found = [secret for secret in SECRETS if secret in text]
        assert not found, text


async def test_a_traceback_shows_no_query_and_no_cookie_of_a_cut_answer() -> None:
    cut = answers(b"{", length=9, headers=f"Set-Cookie: sid={CVV}\r\n", then="close")
    async with raw_server(cut) as (allawee, _):
        quiet = allawee.with_options(retry=RetryPolicy(attempts=1))
        with pytest.raises(AllaweeError) as failed:
            await quiet.request("GET", "/customers", query={"filter": f"metadata.bvn|eq|{PAN}"})

    assert_clean(locals_text(failed.value))


async def test_half_an_error_tells_nothing_since_no_name_in_it_is_read() -> None:
    half = f'{{"message": "no", "data": {{"bvn": "{PAN}", "a": '.encode()
    async with raw_server(answers(half, status="422 X", length=400, then="close")) as (allawee, _):
        with pytest.raises(AllaweeError) as failed:
            await allawee.customers.create(
                name="Ada",
                reference="ada",
                type="individual",
                claims={"individualInformation": {"bvn": PAN}},
            )

    assert_clean(shown(failed.value))


SENT = {"activate": (CVV, PIN), "reset_pin": (PIN,), "link_by_pan": (PAN,), "secrets": ()}


def answer(what: str, sent: tuple[str, ...]) -> tuple[int, Any]:
    """Return status and body of an answer that quotes what was sent, or shows a card."""
    quoted = " ".join(sent)
    match what:
        case "quoted in a message":
            return 400, {"statusCode": 400, "message": f"{quoted} is not valid"}
        case "quoted in details":
            return 422, {"message": [f"{secret} is wrong" for secret in sent] or ["wrong"]}
        case "quoted in a body":
            return 400, {"message": "no", "data": {"sent": [*sent, {quoted: quoted}]}}
        case "quoted as numbers":
            return 400, {"message": "no", "data": [int(secret) for secret in sent]}
        case "a card in an error":
            return 400, {"message": "no", "data": {"pan": PAN, "cvv": int(CVV), "pin": PIN}}
        case "a card in a text":
            return 500, f"pan={PAN}&cvv={CVV}" if not sent else "no"
        case "a server fault":
            return 500, f"<html>{quoted}</html>"
        case "not JSON":
            return 200, f'{{"data": {{"pan": "{PAN}", "cvv": "{CVV}", "pin": "{PIN}"'
        case "of a wrong shape":
            return 200, {"data": {"id": 5, "pan": int(PAN), "cvv": CVV, "status": PIN}}
        case _:
            return 202, {"code": "request-accepted", "message": f"{quoted} is queued"}


ANSWERS = [
    *("a card in an error", "a card in a text"),
    *("quoted in a message", "quoted in details", "quoted in a body", "quoted as numbers"),
    *("a server fault", "not JSON", "of a wrong shape", "queued"),
]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("what", ANSWERS)
async def test_no_error_tells(verb: str, what: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with recording() as (allawee, recorder):
        recorder.status, recorder.answer = answer(what, SENT[verb])
        with pytest.raises(AllaweeError) as caught:
            await VERBS[verb](allawee)

    assert recorder.last.host == "secure"
    assert_clean(shown(caught.value), caplog.text)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("step", ["closes", "hangs", "cut off"])
async def test_no_transport_error_tells(
    verb: str, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = f'{{"data": {{"pan": "{PAN}", "cvv": "{CVV}", "pin": "{PIN}"}}}}'.encode()
    steps = {"closes": closes, "hangs": hangs, "cut off": answers(body, length=999, then="close")}
    options: Any = {"timeout": 0.2, "retry": RetryPolicy(attempts=1)}
    async with raw_server(steps[step], **options) as (allawee, _):
        with pytest.raises(AllaweeError) as caught:
            await VERBS[verb](allawee)

    assert_clean(shown(caught.value), caplog.text)


@pytest.mark.parametrize("verb", VERBS)
async def test_no_cancellation_tells(verb: str) -> None:
    async with raw_server(hangs) as (allawee, server):
        call = asyncio.ensure_future(VERBS[verb](allawee))
        await server.until(lambda: bool(server.requests))
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await call

    assert_clean(shown(caught.value))


@pytest.mark.parametrize("verb", VERBS)
async def test_no_log_of_a_success_tells(verb: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logged = logging.getLogger("allawee_async")
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": {"id": "c.1", "pan": PAN, "cvv": CVV, "pin": PIN}}
        result = await VERBS[verb](allawee)

    assert logged.isEnabledFor(logging.DEBUG)
    assert "attempt 1" in caplog.text
    assert_clean(caplog.text, repr(result), str(result), f"{result}")


@pytest.mark.parametrize("wrong", [int(PIN), PIN.encode(), [PIN]], ids=["int", "bytes", "list"])
async def test_no_refusal_tells(wrong: Any) -> None:
    async with recording() as (allawee, _):
        for call in (
            lambda: allawee.cards.activate("c.1", cvv=CVV, pin=wrong),
            lambda: allawee.cards.activate("c.1", cvv=wrong, pin=PIN),
            lambda: allawee.cards.reset_pin("c.1", pin=wrong),
            lambda: allawee.cards.reset_pin("../x", pin=PIN),
            lambda: allawee.cards.link_by_pan(pan=wrong, customer="cus.1"),
            lambda: allawee.cards.link_by_pan(pan=PAN, customer="cus.1", metadata={"x": object()}),
        ):
            with pytest.raises(AllaweeError) as caught:
                await call()
            assert_clean(shown(caught.value))


def test_the_model_masks_its_secrets_and_keeps_them() -> None:
    secrets = from_dict(CardSecrets, {"pan": PAN, "cvv": CVV, "last4": "4880", "pin": PIN})

    assert_clean(repr(secrets), str(secrets), f"{secrets!r:>80}")
    assert "last4='4880'" in repr(secrets)
    assert to_dict(secrets) == {"pan": PAN, "cvv": CVV, "last4": "4880", "pin": PIN}
