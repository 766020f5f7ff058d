"""Cards: each verb sends exactly what the documents show, and reads what they show."""

from typing import Any

import pytest

from allawee_async import (
    ConfigurationError,
    Customer,
    F,
    ServerError,
    to_dict,
)
from allawee_async.models.card_programs import CardProgram
from allawee_async.models.cards import Card, CardControls, CardSecrets, SpendingLimit
from allawee_async.models.common import ActionResult
from allawee_async.models.schema import camel
from tests.support.serving import recording, sample, without_nulls
from tests.support.tables import for_each

ID = "c.2tXPDv41Ri2qewJXL"


def arguments(body: dict[str, Any]) -> dict[str, Any]:
    """Return a documented body as the arguments of a verb: snake_case at the top."""
    names = [
        *("fx_hash", "card_holder_name", "debit_source", "funding_source", "debit_currency"),
        *("deposit_channels", "phone_number"),
    ]
    python = {camel(name): name for name in names}
    return {python.get(name, name): value for name, value in body.items()}


CALLS: list[tuple[str, Any, str, str, str]] = [
    (name, call, host, method, path)
    for name, call, host, method, path in [
        ("cards.create.request", "create", "api", "POST", "/cards"),
        ("cards.create.virtual-ngn.request", "create", "api", "POST", "/cards"),
        ("cards.create.virtual-usd.request", "create", "api", "POST", "/cards"),
        ("withdrawn.cards.create.virtual-ngn.request", "create", "api", "POST", "/cards"),
        ("withdrawn.cards.create.virtual-usd.request", "create", "api", "POST", "/cards"),
        ("cards.link-by-id.request", "link", "api", "POST", f"/cards/{ID}/link"),
        ("cards.link-by-pan.request", "link_by_pan", "secure", "POST", "/cards/link"),
        ("cards.activate.request", "activate", "secure", "POST", f"/cards/{ID}/activate"),
        ("cards.reset-pin.request", "reset_pin", "secure", "POST", f"/cards/{ID}/reset-pin"),
        ("cards.fund.request", "fund", "api", "POST", f"/cards/{ID}/fund"),
        ("cards.enroll.3ds.request", "enroll_3ds", "api", "POST", f"/cards/{ID}/enroll/3ds"),
        (
            "cards.enroll.safetoken.request",
            *("enroll_safetoken", "api", "POST", f"/cards/{ID}/enroll/safetoken"),
        ),
        ("cards.update.request", "update", "api", "PUT", f"/cards/{ID}"),
    ]
]


@for_each(("name", "verb", "host", "method", "path"), CALLS)
async def test_writing_sends_the_documented_body(
    name: str, verb: str, host: str, method: str, path: str
) -> None:
    body = sample(name)
    ids = [] if verb in ("create", "link_by_pan") else [ID]
    async with recording() as (allawee, recorder):
        await getattr(allawee.cards, verb)(*ids, **arguments(body))

    (sent,) = recorder.sent
    assert (sent.host, sent.method, sent.path) == (host, method, path)
    assert sent.json == body


async def test_controls_may_be_models() -> None:
    body = sample("cards.update.request")
    async with recording() as (allawee, recorder):
        await allawee.cards.update(
            ID,
            controls=CardControls(
                allowed_mcc=["5541-5542,7654"],
                blocked_mcc=["7399", "7395"],
                allowed_categories=["airlines"],
                blocked_categories=["airlines"],
                allowed_channels=["pos"],
                blocked_channels=["online"],
                allowed_merchants=["mch.2cbc123456"],
                blocked_merchants=["mch.2cbc123456"],
                spending_limits=(None,),
            ),
            metadata={},
        )
        assert recorder.last.json == body
        await allawee.cards.update(
            ID, controls=CardControls(spending_limits=(SpendingLimit(amount=1, interval="daily"),))
        )
        assert recorder.last.json == {
            "controls": {"spendingLimits": [{"amount": 1, "interval": "daily"}]}
        }


@pytest.mark.parametrize(
    ("verb", "method", "path", "body"),
    [
        ("block", "POST", f"/cards/{ID}/block", b""),
        ("unblock", "POST", f"/cards/{ID}/unblock", b""),
        ("terminate", "DELETE", f"/cards/{ID}", b""),
        ("enroll_3ds", "POST", f"/cards/{ID}/enroll/3ds", b"{}"),
        ("enroll_safetoken", "POST", f"/cards/{ID}/enroll/safetoken", b"{}"),
        ("funding_source", "GET", f"/cards/{ID}/funding-source", b""),
        ("funding_source_balance", "GET", f"/cards/{ID}/funding-source/balance", b""),
        ("get", "GET", f"/cards/{ID}", b""),
    ],
)
async def test_what_has_no_fields(verb: str, method: str, path: str, body: bytes) -> None:
    async with recording() as (allawee, recorder):
        await getattr(allawee.cards, verb)(ID)

    (sent,) = recorder.sent
    assert (sent.host, sent.method, sent.path) == ("api", method, path)
    assert sent.body == body


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("cards.get.response", "get"),
        ("cards.create.response", "create"),
        ("cards.link.response", "link"),
        ("cards.link.response", "link_by_pan"),
        ("cards.update.response", "update"),
    ],
)
async def test_documented_cards_come_out_as_they_are(name: str, verb: str) -> None:
    calls: dict[str, Any] = {
        "get": lambda a: a.cards.get(sample("cards.get.response")["data"]["id"]),
        "create": lambda a: a.cards.create(program="p", customer="c"),
        "link": lambda a: a.cards.link(sample("cards.link.response")["data"]["id"], customer="c"),
        "link_by_pan": lambda a: a.cards.link_by_pan(pan="5061462473446064880", customer="c"),
        "update": lambda a: a.cards.update(ID, metadata={}),
    }
    body = sample(name)
    async with recording() as (allawee, recorder):
        recorder.answer = body
        card = await calls[verb](allawee)

    assert isinstance(card, Card)
    assert to_dict(card) == without_nulls(body["data"])


async def test_the_documented_list_comes_out_as_it_is() -> None:
    body = sample("cards.list.response")
    async with recording() as (allawee, recorder):
        recorder.answer = body
        cards = await allawee.cards.list().to_list()

    assert [to_dict(card) for card in cards] == body["data"]
    assert [card.status for card in cards] == ["active", "active", "inactive"]


async def test_the_secrets_come_from_the_secure_host() -> None:
    body = sample("cards.secrets.response")
    async with recording() as (allawee, recorder):
        recorder.answer = body
        secrets = await allawee.cards.secrets(ID)

    assert isinstance(secrets, CardSecrets)
    assert to_dict(secrets) == body["data"]
    assert secrets.pan == "5061462473446064880"
    sent = recorder.last
    assert (sent.host, sent.method, sent.path) == ("secure", "GET", f"/cards/{ID}/secrets")
    assert sent.body == b""


async def test_a_card_is_found_by_its_reference() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": [{"id": "c.1", "reference": "r"}]}
        assert await allawee.cards.find(reference="r") == Card(id="c.1", reference="r")
    assert recorder.last.query["filter"] == str(F.reference == "r")


async def test_with_expand_a_relation_holds_the_object() -> None:
    card = sample("cards.get.response")["data"]
    card["customer"] = sample("customers.get.response")["data"]
    card["customer"]["claims"]["individualInformation"]["dateOfBirth"] = "1997-02-13"
    card["program"] = sample("card-programs.create.virtual.response")["data"]
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": [card], "metadata": {"hasMore": False}}
        found = await allawee.cards.list(expand=["customer", "program"]).first()

    assert found
    assert isinstance(found.customer, Customer)
    assert isinstance(found.program, CardProgram)
    assert to_dict(found) == card


async def test_a_queued_attempt_shows_part_of_a_card() -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = {"data": {"id": "c_1", "status": "created"}}
        card = await allawee.cards.get("c_1")
    assert (card.id, card.status) == ("c_1", "created")


@for_each(
    ("answer", "result"),
    [
        ({"code": "success"}, ActionResult()),
        ("", ActionResult()),
        (
            {"code": "success", "data": {"id": ID, "status": "blocked", "x": 1}},
            ActionResult(id=ID, status="blocked", extra={"x": 1}),
        ),
        ({"code": "success", "data": True}, ActionResult(extra={"value": True})),
    ],
)
@for_each("verb", ["block", "unblock", "terminate", "enroll_3ds"])
async def test_any_answer_to_an_action_is_kept(verb: str, answer: Any, result: Any) -> None:
    async with recording() as (allawee, recorder):
        recorder.answer = answer
        assert await getattr(allawee.cards, verb)(ID) == result


RESENT = {
    "block": lambda a: a.cards.block(ID),
    "unblock": lambda a: a.cards.unblock(ID),
    "terminate": lambda a: a.cards.terminate(ID),
    "update": lambda a: a.cards.update(ID, metadata={}),
    "secrets": lambda a: a.cards.secrets(ID),
}
SENT_ONCE = {
    "create": lambda a: a.cards.create(program="p", customer="c"),
    "fund": lambda a: a.cards.fund(ID, amount=1),
    "activate": lambda a: a.cards.activate(ID, cvv="123", pin="1234"),
    "reset_pin": lambda a: a.cards.reset_pin(ID, pin="1234"),
    "link": lambda a: a.cards.link(sample("cards.link.response")["data"]["id"], customer="c"),
    "link_by_pan": lambda a: a.cards.link_by_pan(pan="4", customer="c"),
    "enroll_3ds": lambda a: a.cards.enroll_3ds(ID),
}


@for_each("verb", [*RESENT, *SENT_ONCE])
async def test_what_is_sent_again_after_a_fault(verb: str) -> None:
    async with recording() as (allawee, recorder):
        recorder.status = 503
        with pytest.raises(ServerError) as caught:
            await {**RESENT, **SENT_ONCE}[verb](allawee)  # type: ignore[no-untyped-call]

    assert len(recorder.sent) == (3 if verb in RESENT else 1)
    assert caught.value.outcome_unknown is (verb != "secrets")


@pytest.mark.parametrize("wrong", ["", None, 1234, 12.5, True, b"1234", ["1234"]], ids=repr)
async def test_a_secret_that_is_no_text_is_never_sent(wrong: Any) -> None:
    async with recording() as (allawee, recorder):
        with pytest.raises(ConfigurationError, match="pin must be a text"):
            await allawee.cards.reset_pin(ID, pin=wrong)
        with pytest.raises(ConfigurationError, match="cvv must be a text"):
            await allawee.cards.activate(ID, cvv=wrong, pin="1234")
        with pytest.raises(ConfigurationError, match="pan must be a text"):
            await allawee.cards.link_by_pan(pan=wrong, customer="cus.1")
    assert recorder.sent == []
