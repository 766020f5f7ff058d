"""The life of an authorization: asked, decided, changed, taken back, settled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.card_user import CIROMA, sample

if TYPE_CHECKING:
    from tests.sandbox.card_user import CardUser

OPENED = "card.authorization.request"
CLOSED = "card.authorization.closed"
UPDATED = "card.authorization.update"
SETTLED = "card.transaction.created"


def shape(name: str) -> set[str]:
    return set(sample(f"events.{name}")["data"])


async def test_the_documented_authorization(user: CardUser) -> None:
    answer = await user.send("GET", "/card-authorizations")
    assert answer.json == sample("card-authorizations.list.response")
    found = await user.get("/card-authorizations/c.auth.2tW3sESJQ4ZW9DKSG")
    assert found == sample("card-authorizations.get.response")["data"]
    assert await user.get("/card-transactions") == []


async def test_a_purchase_is_approved_and_settled(user: CardUser) -> None:
    card = await user.card()
    made = await user.use(card["id"], mcc="5541", merchantDescriptor="NNPC LAGOS")
    assert made == {
        "decisionType": "system-response",
        "fees": 100,
        "status": "approved",
        "type": "capture",
        "amount": 5_000,
        "reserved": True,
        "currency": "NGN",
        "channel": "pos",
        "card": card["id"],
        "networkData": made["networkData"],
        "createdAt": "2026-05-13T12:00:00.000Z",
        "updatedAt": "2026-05-13T12:00:00.000Z",
        "id": made["id"],
        "object": "card.authorization",
    }
    assert made["networkData"]["cardAcceptorNameLocation"] == "NNPC LAGOS"
    assert await user.balance(card["id"]) == (100_000, 5_100)
    assert await user.get("/card-transactions") == []

    user.clock.go_on(seconds=5)

    (transaction,) = await user.get("/card-transactions")
    assert set(transaction) == set(sample("card-transactions.get.response")["data"])
    assert (transaction["amount"], transaction["fees"]) == (5_000, 100)
    assert transaction["authorization"] == transaction["source"] == made["id"]
    assert transaction["customer"] == CIROMA
    assert transaction["mcc"] == "5541"
    assert await user.get(f"/card-transactions/{transaction['id']}") == transaction
    assert await user.balance(card["id"]) == (94_900, 0)
    after = await user.get(f"/card-authorizations/{made['id']}")
    assert (after["status"], after["reserved"]) == ("approved", False)


async def test_what_webhooks_are_told(user: CardUser) -> None:
    card = await user.card()
    await user.use(card["id"], "check")
    await user.use(card["id"])
    await user.use(card["id"], "reverse-capture")
    await user.use(card["id"], amount=70)
    user.sandbox.settle_cards()
    told = user.events()
    assert [name for name, _ in told] == [
        OPENED, CLOSED, OPENED, CLOSED, UPDATED, OPENED, CLOSED, SETTLED,
    ]  # fmt: skip
    data = [data for _, data in told]
    assert set(data[0]) == shape("card.authorization.request.check")
    assert set(data[2]) == shape("card.authorization.request.capture")
    assert set(data[3]) == shape("card.authorization.closed.approved")
    assert set(data[4]) == shape("card.authorization.update.reversed")
    assert set(data[7]) == shape("card.transaction.created")
    assert (data[2]["status"], data[2]["reserved"]) == ("pending", True)
    assert (data[7]["amount"], data[7]["fees"]) == (-70, -100)


async def test_a_check_reserves_nothing(user: CardUser) -> None:
    card = await user.card()
    made = await user.use(card["id"], "check")
    assert (made["type"], made["amount"], made["status"]) == ("check", 0, "approved")
    assert made["reserved"] is False
    user.sandbox.settle_cards()
    assert await user.get("/card-transactions") == []
    assert await user.balance(card["id"]) == (100_000, 0)


@pytest.mark.parametrize("what", ["check", "capture"])
@pytest.mark.parametrize("status", ["inactive", "blocked", "terminated"])
async def test_a_card_that_is_not_active_pays_nothing(
    user: CardUser, status: str, what: str
) -> None:
    program = await user.program()
    body = {"program": program["id"], "customer": CIROMA, "amount": 10_000}
    card = await user.make("POST", "/cards", body)
    if status != "inactive":
        await user.activate(card["id"])
        method, path = ("POST", "/block") if status == "blocked" else ("DELETE", "")
        await user.make(method, f"/cards/{card['id']}{path}")
    made = await user.use(card["id"], what)
    assert made["status"] == "declined"
    assert (made["decisionType"], made["statusReason"]) == ("system-response", f"card-{status}")
    assert [name for name, _ in user.events()] == [CLOSED]
    assert await user.balance(card["id"]) == (10_000, 0)


async def test_what_else_stands_against_a_purchase(user: CardUser) -> None:
    customer = user.sandbox.add_customer()
    card = await user.card(customer=customer["id"])
    assert (await user.use(card["id"], amount=100_000))["statusReason"] == "insufficient-funds"
    assert (await user.use(card["id"], amount=99_900))["status"] == "approved"
    state = user.sandbox.state
    source = await user.get(f"/cards/{card['id']}/funding-source")
    account = state.accounts.get(source["id"]) or {}
    state.accounts.replace(account | {"status": "inactive"})
    assert (await user.use(card["id"], amount=0))["statusReason"] == "account-inactive"
    state.customers.replace(customer | {"status": "inactive"})
    assert (await user.use(card["id"], amount=0))["statusReason"] == "customer-inactive"


@pytest.mark.parametrize(
    ("default", "status", "reason"),
    [
        (None, "approved", None),
        ("approve", "approved", "no-webhook"),
        ("decline", "declined", "no-webhook"),
    ],
)
async def test_nobody_answers(
    user: CardUser, default: str | None, status: str, reason: str | None
) -> None:
    rules = {"fundingSourceType": "card-account", "timeoutDefault": default}
    card = await user.card(await user.program(authorization=rules))
    made = await user.use(card["id"])
    assert (made["status"], made.get("statusReason")) == (status, reason)
    assert made["decisionType"] == "system-response"
    reserved = 5_100 if status == "approved" else 0
    assert await user.balance(card["id"]) == (100_000, reserved)


@pytest.mark.parametrize(
    ("what", "answer", "expected"),
    [
        ("capture", {"action": "approve"}, ("approved", "direct-response", None)),
        (
            "capture",
            {"action": "decline", "code": "account-not-found"},
            ("declined", "direct-response", "account-not-found"),
        ),
        ("capture", {"action": "decline", "code": 7}, ("declined", "direct-response", None)),
        ("capture", {"action": "think"}, ("approved", "system-response", None)),
        ("capture", {}, ("approved", "system-response", None)),
        ("check", {"action": "approve"}, ("declined", "system-response", "invalid-response")),
        (
            "check",
            {"action": "approve", "cardBalance": True, "cardHolderName": "A"},
            ("declined", "system-response", "invalid-response"),
        ),
        (
            "check",
            {"action": "approve", "cardBalance": 5, "cardHolderName": "A"},
            ("approved", "direct-response", None),
        ),
    ],
)
async def test_somebody_decides(
    user: CardUser, what: str, answer: Any, expected: tuple[Any, ...]
) -> None:
    card = await user.card()
    asked: list[Any] = []

    def decide(data: Any) -> Any:
        asked.append(data)
        return answer

    user.sandbox.state.decide = decide
    made = await user.use(card["id"], what)
    assert (made["status"], made["decisionType"], made.get("statusReason")) == expected
    assert [data["id"] for data in asked] == [made["id"]]
    assert asked[0]["status"] == "pending"


async def test_metadata_of_an_answer_is_stored(user: CardUser) -> None:
    card = await user.card()
    user.sandbox.state.decide = lambda _: {"action": "approve", "metadata": {"mine": 1}}
    assert (await user.use(card["id"]))["metadata"] == {"mine": 1}


async def test_a_webhook_is_waited_for(user: CardUser) -> None:
    """No event arrives: what a webhook says is handed in by hand."""
    from allawee_async.sandbox.api.app import ANSWERS

    card = await user.card()
    state = user.sandbox.state
    user.sandbox.add_webhook("http://127.0.0.1:1/")
    user.sandbox.deliveries.delay(60)
    path = f"/simulation/cards/{card['id']}/request-authorization/update-capture"
    body = {"amount": 5_000, "fees": 100, "channel": "pos", "updateAmount": 8_000, "updateFees": 0}
    asking = asyncio.create_task(user.make("POST", path, body))
    while not user.events():  # noqa: ASYNC110 - it does not tell by itself
        await asyncio.sleep(0)
    (_, made), *_ = user.events()
    assert made["status"] == "pending"
    assert await user.balance(card["id"]) == (100_000, 5_100)
    user.sandbox.settle_cards()

    ANSWERS[UPDATED](state, made, {"action": "decline"})  # nobody asked for this
    ANSWERS[OPENED](state, made, {"action": "approve"})
    ANSWERS[OPENED](state, made, {"action": "decline"})  # too late

    changed = await user.get(f"/card-authorizations/{made['id']}")
    assert (changed["status"], changed["amount"]) == ("pending", 8_000)
    assert await user.balance(card["id"]) == (100_000, 8_000)
    assert not asking.done()
    ANSWERS[UPDATED](state, changed, "timeout-error")
    assert (await asking)["status"] == "approved"
    ended = await user.get(f"/card-authorizations/{made['id']}")
    assert (ended["status"], ended["decisionType"]) == ("approved", "system-response")
    names = [name for name, _ in user.events()]
    assert names == [OPENED, CLOSED, UPDATED, CLOSED]


async def test_an_amount_changes(user: CardUser) -> None:
    card = await user.card()
    made = await user.use(card["id"])
    fields = {"updateAmount": 7_000, "updateFees": 200}
    changed = await user.use(card["id"], "update-capture", **fields)
    assert changed["id"] == made["id"]
    assert (changed["amount"], changed["fees"], changed["status"]) == (7_000, 200, "approved")
    assert await user.balance(card["id"]) == (100_000, 7_200)
    user.sandbox.settle_cards()
    assert await user.balance(card["id"]) == (92_800, 0)


async def test_an_amount_that_cannot_be_paid_ends_the_purchase(user: CardUser) -> None:
    card = await user.card()
    await user.use(card["id"])
    most = {"updateAmount": 99_900, "updateFees": 100}
    assert (await user.use(card["id"], "update-capture", **most))["status"] == "approved"
    more = {"amount": 99_900, "updateAmount": 99_901, "updateFees": 100}
    over = await user.use(card["id"], "update-capture", **more)
    assert (over["status"], over["statusReason"]) == ("declined", "insufficient-funds")
    assert over["reserved"] is False
    assert await user.balance(card["id"]) == (100_000, 0)


async def test_a_declined_update_gives_everything_back(user: CardUser) -> None:
    card = await user.card()
    await user.use(card["id"])
    user.sandbox.state.decide = lambda _: {"action": "decline", "code": "spending-control"}
    ended = await user.use(card["id"], "update-capture", updateAmount=1, updateFees=1)
    assert (ended["status"], ended["statusReason"]) == ("declined", "spending-control")
    assert await user.balance(card["id"]) == (100_000, 0)


async def test_a_change_without_a_purchase_makes_one(user: CardUser) -> None:
    card = await user.card()
    changed = await user.use(card["id"], "update-capture", updateAmount=9, updateFees=1)
    assert (changed["status"], changed["amount"]) == ("approved", 9)
    taken_back = await user.use(card["id"], "reverse-capture")
    assert (taken_back["status"], taken_back["id"] != changed["id"]) == ("reversed", True)
    assert await user.balance(card["id"]) == (100_000, 10)


async def test_a_reversal_gives_the_money_back(user: CardUser) -> None:
    card = await user.card()
    first, second = [await user.use(card["id"]) for _ in range(2)]
    await user.make("POST", f"/cards/{card['id']}/block")
    taken_back = await user.use(card["id"], "reverse-capture")
    assert (taken_back["id"], taken_back["status"]) == (second["id"], "reversed")
    assert (await user.use(card["id"], "reverse-capture"))["id"] == first["id"]
    assert await user.balance(card["id"]) == (100_000, 0)
    none_left = await user.use(card["id"], "reverse-capture")
    assert (none_left["status"], none_left["statusReason"]) == ("declined", "card-blocked")
    user.sandbox.settle_cards()
    assert await user.get("/card-transactions") == []


async def test_an_update_of_a_blocked_card_ends_the_purchase(user: CardUser) -> None:
    card = await user.card()
    await user.use(card["id"])
    await user.make("POST", f"/cards/{card['id']}/block")
    ended = await user.use(card["id"], "update-capture", updateAmount=1, updateFees=1)
    assert (ended["status"], ended["statusReason"]) == ("declined", "card-blocked")


async def test_what_is_approved_is_settled_after_the_end_of_the_card(user: CardUser) -> None:
    card = await user.card()
    await user.use(card["id"])
    await user.make("DELETE", f"/cards/{card['id']}")
    user.clock.go_on(seconds=5)
    assert len(await user.get("/card-transactions")) == 1
    assert await user.balance(card["id"]) == (94_900, 0)


async def test_an_update_puts_settlement_off(user: CardUser) -> None:
    card = await user.card()
    await user.use(card["id"])
    user.clock.go_on(seconds=4)
    await user.use(card["id"], "update-capture", updateAmount=50, updateFees=0)
    user.clock.go_on(seconds=60)
    (transaction,) = await user.get("/card-transactions")
    assert (transaction["amount"], transaction["fees"]) == (50, 0)


WHATS = ["check", "capture", "update-capture", "reverse-capture"]


@pytest.mark.parametrize("what", WHATS)
async def test_documented_bodies_are_taken(user: CardUser, what: str) -> None:
    card = await user.card()
    body = sample(f"simulation.cards.request-authorization.{what}.request")
    path = f"/simulation/cards/{card['id']}/request-authorization/{what}"
    made = await user.make("POST", path, body)
    assert made["status"] == ("reversed" if what == "reverse-capture" else "approved")


@pytest.mark.parametrize("what", WHATS)
async def test_all_that_is_missing_is_told(user: CardUser, what: str) -> None:
    card = await user.card()
    path = f"/simulation/cards/{card['id']}/request-authorization/{what}"
    answer = await user.refused(400, "POST", path, {"merchantDescriptor": 1})
    names = [message.split()[0] for message in answer["message"]]
    amounts = {"check": [], "update-capture": ["amount", "fees", "updateAmount", "updateFees"]}
    expected = [*amounts.get(what, ["amount", "fees"]), "channel", "merchantDescriptor"]
    assert names == expected
    await user.refused(404, "POST", f"/simulation/cards/c.x/request-authorization/{what}", {})


@pytest.mark.parametrize(
    "fields", [{"amount": -1}, {"amount": True}, {"fees": 1.5}, {"channel": "post"}]
)
async def test_wrong_values_are_told(user: CardUser, fields: dict[str, Any]) -> None:
    card = await user.card()
    path = f"/simulation/cards/{card['id']}/request-authorization/capture"
    sent = {"amount": 1, "fees": 0, "channel": "pos"} | fields
    (message,) = (await user.refused(400, "POST", path, sent))["message"]

    assert message.split()[0] in fields


@pytest.mark.parametrize("path", ["/card-authorizations/c.x", "/card-transactions/c.x"])
async def test_unknown_ids_are_not_found(user: CardUser, path: str) -> None:
    assert (await user.refused(404, "GET", path, None))["code"] == "not-found"
