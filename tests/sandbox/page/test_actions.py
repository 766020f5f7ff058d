"""The buttons of the sandbox's page: each does what the API does, and tells what came of it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from allawee_async.sandbox.page.texts import account_numbers
from tests.sandbox.card_user import NGN_ACCOUNT
from tests.sandbox.page_visitor import Visitor

if TYPE_CHECKING:
    import aiohttp

    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Caller
    from tests.sandbox.event_receiver import Receiver

TIMES = "How many requests is a number from 0 to 100,000."
CARD = "c.2tVghquVL5LxCkjB3"
PURCHASE = {
    "card": CARD,
    "use": "capture",
    "amount": "1,250.50",
    "merchant": "Wakanow",
    "channel": "online",
    "decision": "approve",
}


@pytest.fixture
def visitor(session: aiohttp.ClientSession, sandbox: Sandbox) -> Visitor:
    return Visitor(session, sandbox)


async def test_a_purchase_is_a_request_to_the_api(visitor: Visitor, sandbox: Sandbox) -> None:
    told = await visitor.act("purchase", "/_sandbox/cards", **PURCHASE)
    (newest, *_) = sandbox.state.card_authorizations.group(CARD)
    entry = sandbox.requests[-1]

    assert told == "Approved: NGN 1,250.50 at Wakanow."
    assert (newest["status"], newest["amount"], newest["mcc"]) == ("approved", 125_050, "4722")
    assert entry.path == f"/simulation/cards/{CARD}/request-authorization/capture"
    assert (entry.method, entry.status, entry.is_of_page) == ("POST", 200, True)
    assert entry.answer is not None
    assert str(newest["id"]) in entry.answer
    assert sandbox.state.ledger.balance(NGN_ACCOUNT).reserved == 125_050
    assert sandbox.state.decide is None


async def test_a_purchase_can_be_declined(visitor: Visitor) -> None:
    assert await visitor.act("purchase", **PURCHASE | {"decision": "decline"}) == (
        "Declined: NGN 1,250.50 at Wakanow."
    )


async def test_why_a_purchase_was_declined_is_told(visitor: Visitor) -> None:
    assert await visitor.act("purchase", **PURCHASE | {"merchant": "Shoprite"}) == (
        "Declined: NGN 1,250.50 at Shoprite (spending-control: its controls do not allow this)."
    )
    assert await visitor.act("purchase", **PURCHASE | {"decision": "webhook"}) == (
        "Declined: NGN 1,250.50 at Wakanow (no-webhook: there is no webhook that could decide)."
    )


async def test_a_balance_check_is_decided_too(visitor: Visitor, sandbox: Sandbox) -> None:
    told = await visitor.act("purchase", **PURCHASE | {"use": "check", "amount": ""})

    assert told == "Approved: balance check at Wakanow."
    assert next(iter(sandbox.state.card_authorizations.group(CARD)))["type"] == "check"


async def test_a_function_that_decides_is_back_in_its_place(
    visitor: Visitor, sandbox: Sandbox
) -> None:
    asked: list[Any] = []
    sandbox.state.decide = asked.append
    kept = sandbox.state.decide
    await visitor.act("purchase", **PURCHASE)

    assert sandbox.state.decide is kept
    assert not asked
    await visitor.act("purchase", **PURCHASE | {"decision": "webhook"})
    assert len(asked) == 1


async def test_it_works_without_scripts(visitor: Visitor) -> None:
    cards = (await visitor.get("/cards")).text
    link = re.search(r'href="/_sandbox([^"]+)#purchase" aria-label="Use verve •••• 2668,', cards)
    assert link is not None
    pressed = await visitor.press(html.unescape(link[1]), "purchase")

    assert await visitor.follow(pressed) == "Approved: NGN 5.00 at Wakanow."
    where = pressed.headers["Location"]
    assert "card=c.2tVghquVL5LxCkjB3" in where
    shown = (await visitor.get(where.removeprefix("/_sandbox"))).text
    newest, _, _ = shown.partition('id="authorizations"')[2].partition("</li>")
    assert "approved" in newest
    dismiss = re.search(r'href="/_sandbox([^"]+)" class="dismiss"', shown)
    assert dismiss is not None
    assert 'class="outcome' not in (await visitor.get(html.unescape(dismiss[1]))).text
    found = (await visitor.get("/customers?search=cus.2tXNjMhytgx7hCxu9")).text
    assert found.count('<tr id="customers-') == 1


async def test_the_webhook_decides_and_its_reply_is_shown(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver
) -> None:
    reply = {"action": "approve", "metadata": {"why": "it is Friday"}}
    receiver.answer = lambda: web.json_response(reply)
    sandbox.add_webhook(receiver.url, ["card.authorization.request"])
    told = await visitor.act("purchase", **PURCHASE | {"decision": "webhook"})
    await sandbox.deliver()
    page = (await visitor.get("/webhooks")).text

    assert told == "The webhook is asked: NGN 1,250.50 at Wakanow."
    assert "it is Friday" in page
    (newest, *_) = sandbox.state.card_authorizations.group(CARD)
    assert newest["status"] == "approved"


async def test_an_event_can_be_sent_again(
    visitor: Visitor, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.add_webhook(receiver.url, ["x"])
    event = sandbox.state.emit("x", {})
    await sandbox.deliver()
    told = await visitor.act("again", "/_sandbox/webhooks", event=event)
    await sandbox.deliver()

    assert told == f"On its way again: {event}."
    assert receiver.bodies == [receiver.bodies[0]] * 2
    unclaimed = sandbox.state.emit("y", {})
    assert "goes nowhere" in await visitor.act("again", event=unclaimed)
    assert await visitor.act("again", event="evt.no") == (
        "Refused with 404 not-found: No event has the id 'evt.no'."
    )


async def test_money_comes_in(visitor: Visitor, sandbox: Sandbox) -> None:
    account = sandbox.state.accounts.get(NGN_ACCOUNT)
    assert account is not None
    (number, *_) = account_numbers(account)
    told = await visitor.act("pay-in", "/_sandbox/accounts", account=number, amount="25")

    assert told == f"Paid in: NGN 25.00 to {number}."
    assert sandbox.state.ledger.balance(NGN_ACCOUNT).balance == 1_000_002_500
    assert "NGN 10,000,025.00" in (await visitor.get("/accounts")).text


async def test_a_refusal_of_the_api_is_told(visitor: Visitor, sandbox: Sandbox) -> None:
    assert await visitor.act("pay-in", account="0000000000", amount="25") == (
        "Refused with 404 not-found: Nothing of yours has this account number."
    )
    assert (await visitor.act("pay-in", account="", amount="0")).startswith("Refused with 400: ")
    assert (await visitor.act("purchase", **PURCHASE | {"card": "../c"})).startswith("Refused")
    assert [entry.status for entry in sandbox.requests] == [404, 400, 404]


@pytest.mark.parametrize(
    ("action", "fields", "told"),
    [
        ("purchase", {"use": "steal"}, "Choose a purchase or a balance check."),
        ("purchase", PURCHASE | {"amount": "much"}, "An amount looks like 1250.50."),
        ("pay-in", {"amount": "-1"}, "An amount looks like 1250.50."),
        ("fault", {"kind": "earthquake"}, "Choose what is to happen."),
        ("fault", {"kind": "503", "times": "x"}, TIMES),
        ("fault", {"kind": "503", "times": "nan"}, TIMES),
        ("fault", {"kind": "503"}, TIMES),
        ("fault", {"kind": "delay", "times": "1", "seconds": "1e9"},
         "A delay is a number from 0 to 600."),
        ("fault", {"kind": "503", "times": "1", "path": "customers"},
         "A path begins with /, for instance /customers/*."),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_told_and_does_nothing(
    visitor: Visitor, sandbox: Sandbox, action: str, fields: dict[str, str], told: str
) -> None:
    assert await visitor.act(action, **fields) == told
    assert len(sandbox.requests) == 0
    assert len(sandbox.faults) == 0


@pytest.mark.parametrize(
    ("kind", "status"),
    [("503", 503), ("429", 429), ("500", 500), ("502", 502), ("504", 504), ("401", 401),
     ("403", 403), ("404", 404), ("garbage", 200), ("cut-json", 200)],
)  # fmt: skip
async def test_a_fault_hits_the_next_request_of_the_api_and_not_the_page(
    visitor: Visitor, allawee: Caller, sandbox: Sandbox, kind: str, status: int
) -> None:
    told = await visitor.act("fault", kind=kind, times="1", method="GET", path="/customers")
    assert told.startswith("Ordered: ")
    assert "Clear all faults" in (await visitor.get()).text
    assert (await allawee.get("/cards")).status == 200
    answer = await allawee.get("/customers")

    assert answer.status == status
    assert sandbox.requests[-1].faults
    assert (await allawee.get("/customers")).json["code"] == "success"
    assert "Clear all faults" not in (await visitor.get()).text


@pytest.mark.parametrize("kind", ["delay", "hang", "reset", "cut-body"])
async def test_the_other_faults_can_be_ordered_for_all_requests_and_taken_back(
    visitor: Visitor, sandbox: Sandbox, allawee: Caller, kind: str
) -> None:
    await visitor.act("fault", kind=kind, times="0", seconds="0.01", after="yes")
    (pending,) = sandbox.faults.pending()

    assert pending.left is None
    assert getattr(pending.fault, "after_effect", True) is True
    assert await visitor.act("clear-faults") == "All faults are taken back."
    assert (await allawee.get("/customers")).status == 200


async def test_a_key_for_a_client_is_made_and_told_once(
    visitor: Visitor, sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    told = await visitor.act("new-key")
    key = told.removeprefix("Copy it now: ")
    headers = {"Authorization": f"Bearer {key}"}

    assert key.startswith("sk.test.")
    for path in ("/customers", "/webhooks", "/accounts"):
        async with session.get(sandbox.url + path, headers=headers) as answer:
            assert answer.status == 200
    assert key not in (await visitor.get()).text
    assert key not in (await visitor.get("/requests")).text


async def test_cards_are_settled(visitor: Visitor, sandbox: Sandbox) -> None:
    await visitor.act("purchase", **PURCHASE)

    assert await visitor.act("settle") == "Settled: 1 purchase."
    assert len(sandbox.state.card_transactions) == 1
    assert await visitor.act("settle") == "Settled: 0 purchases."


async def test_the_sandbox_is_reset(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.add_customer({"name": "Gone"})
    await visitor.act("purchase", **PURCHASE)
    told = await visitor.act("reset", "/_sandbox/customers?search=gone")

    assert told == "The sandbox is as new."
    assert len(sandbox.state.customers) == 2
    assert len(sandbox.requests) == 0
    assert "Gone" not in (await visitor.get("/customers")).text


async def test_somebody_comes_back_to_where_they_were(visitor: Visitor) -> None:
    for back, where in [
        ("/_sandbox/customers?search=a%26b&page=2", "/_sandbox/customers?search=a%26b&page=2&"),
        ("https://evil.example/", "/_sandbox?"),
        ("//evil.example/customers", "/_sandbox?"),
        ("/_sandbox/cards?x=1\r\nSet-Cookie: a=b", "/_sandbox/cards?"),
        ("/customers", "/_sandbox/customers?"),
    ]:
        done = await visitor.post("settle", {"back": back})
        assert done.headers["Location"].startswith(where + "outcome="), back
        assert "Set-Cookie" not in done.headers


async def test_an_outcome_is_shown_once_it_is_asked_for(visitor: Visitor) -> None:
    await visitor.act("settle")

    assert 'class="outcome' not in (await visitor.get()).text
    assert 'class="outcome' not in (await visitor.get("?outcome=99")).text
    assert 'class="outcome' in (await visitor.get("?outcome=1")).text
