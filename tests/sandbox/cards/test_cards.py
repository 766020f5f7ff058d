"""Cards over HTTP: made, linked, read, changed, blocked, terminated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.card_user import CIROMA, IYANU, NGN_ACCOUNT, CardUser, sample

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_list_is_the_documented_one(user: CardUser) -> None:
    answer = (await user.send("GET", "/cards")).json
    ours, *documented = answer["data"]
    assert ours["id"] == "c.2tY3nWq8KdRfHs7Vb"
    assert answer | {"data": documented} == sample("cards.list.response")
    assert await user.get("/cards/c.2tVghquVL5LxCkjB3") == sample("cards.get.response")["data"]


async def test_without_the_documented_customers_there_are_no_documented_cards() -> None:
    from allawee_async.sandbox import Sandbox

    assert len(Sandbox(customers=1).state.cards) == 0
    assert len(Sandbox().state.cards) == 4


async def test_the_first_card_pays_for_anything(user: CardUser) -> None:
    card = (await user.get("/cards", limit="1"))[0]
    made = await user.use(card["id"], amount=5_000_000, mcc="5411", merchantDescriptor="SHOPRITE")

    assert (card["status"], "controls" in card) == ("active", False)
    assert made["status"] == "approved"


async def test_a_new_card(user: CardUser) -> None:
    program = await user.program(authorization={"timeoutDefault": "approve"})
    body = {
        "program": program["id"],
        "customer": CIROMA,
        "reference": "mine",
        "cardHolderName": "C. Adekunle",
        "metadata": {"userId": 7},
        "controls": {"allowedChannels": ["pos"], "spendingLimits": [None]},
    }
    answer = await user.send("POST", "/cards", body)
    card = answer.json["data"]

    assert answer.status == 201
    assert card == {
        "type": "virtual",
        "network": "mastercard",
        "status": "inactive",
        "currency": "NGN",
        "customer": CIROMA,
        "program": program["id"],
        "metadata": {"userId": 7},
        "controls": {"allowedChannels": ["pos"], "spendingLimits": []},
        "details": {"cardHolderName": "C. Adekunle"},
        "createdAt": "2026-05-13T12:00:00.000Z",
        "updatedAt": "2026-05-13T12:00:00.000Z",
        "id": card["id"],
        "object": "card",
    }
    shown = await user.get(f"/cards/{card['id']}")
    last4 = (await user.secrets(card["id"]))["pan"][-4:]
    printed = {"last4": last4, "expiry": "05/29", "cardHolderName": "C. Adekunle"}
    later = {"reference": "mine", "fundingSource": NGN_ACCOUNT, "details": printed}
    del card["network"]
    assert shown == card | later
    assert (await user.get("/cards"))[0] == shown


@pytest.mark.parametrize("name", ["create", "create.virtual-ngn", "create.virtual-usd"])
async def test_documented_bodies_are_taken(user: CardUser, name: str) -> None:
    program = await user.program()
    body = sample(f"cards.{name}.request")
    body |= {"program": program["id"], "customer": CIROMA}
    body.pop("fxHash", None)  # one that nobody quoted
    card = await user.make("POST", "/cards", body)
    assert card["controls"]["allowedMcc"] == ["5541-5542,7654"]


async def test_a_card_of_a_physical_program_comes_from_the_stock(user: CardUser) -> None:
    program = await user.stock(2)
    stock = {card["id"] for card in await user.get("/cards", filter="program|eq|" + program["id"])}
    body = {"program": program["id"], "customer": CIROMA}
    made = [await user.make("POST", "/cards", body) for _ in range(2)]
    assert {card["id"] for card in made} == stock
    assert {card["type"] for card in made} == {"physical"}
    assert (await user.refused(402, "POST", "/cards", body))["code"] == "out-of-stock"


async def test_a_card_is_linked_by_id(user: CardUser) -> None:
    program = await user.stock()
    card, other = await user.get("/cards", filter="program|eq|" + program["id"])
    body = sample("cards.link-by-id.request") | {"customer": IYANU, "reference": "1"}
    linked = await user.make("POST", f"/cards/{card['id']}/link", body)
    assert linked["customer"] == IYANU
    assert linked["reference"] == "1"
    assert linked["status"] == "inactive"
    assert linked["details"]["cardHolderName"] == "string"
    path = f"/cards/{card['id']}/link"
    again = await user.refused(402, "POST", path, {"customer": CIROMA})
    assert again["code"] == "card-linked"
    path = f"/cards/{other['id']}/link"
    twice = await user.refused(409, "POST", path, {"customer": CIROMA, "reference": "1"})
    assert twice["code"] == "duplicate-reference"
    await user.make("POST", f"/cards/{other['id']}/block")
    blocked = await user.refused(402, "POST", path, {"customer": CIROMA})
    assert blocked["code"] == "card-blocked"
    await user.make("DELETE", f"/cards/{other['id']}")
    ended = await user.refused(402, "POST", path, {"customer": CIROMA})
    assert ended["code"] == "card-terminated"


async def test_a_virtual_card_cannot_be_linked(user: CardUser) -> None:
    card = await user.card()
    path = f"/cards/{card['id']}/link"
    assert (await user.refused(402, "POST", path, {"customer": IYANU}))["code"] == "card-linked"


async def test_controls_and_metadata_take_the_place_of_the_old_ones(user: CardUser) -> None:
    card = await user.card(metadata={"a": 1}, controls={"blockedMcc": ["7995"]})
    path = f"/cards/{card['id']}"
    user.clock.go_on(seconds=1)
    changed = await user.make("PUT", path, {"metadata": {"b": 2}})
    assert (changed["metadata"], changed["controls"]) == ({"b": 2}, {"blockedMcc": ["7995"]})
    assert changed["updatedAt"] > card["updatedAt"]
    changed = await user.make("PUT", path, {"controls": {"allowedChannels": ["atm"]}})
    assert changed["controls"] == {"allowedChannels": ["atm"]}
    await user.make("PUT", path, sample("cards.update.request"))
    await user.make("DELETE", path)
    assert (await user.refused(402, "PUT", path, {}))["code"] == "card-terminated"


async def test_a_block_is_taken_back(user: CardUser) -> None:
    active = await user.card()
    fresh = await user.make("POST", "/cards", {"program": active["program"], "customer": CIROMA})
    for card, status in ((active, "active"), (fresh, "inactive")):
        path = f"/cards/{card['id']}"
        blocked = await user.make("POST", f"{path}/block")
        assert blocked["status"] == "blocked"
        assert await user.make("POST", f"{path}/block") == blocked
        unblocked = await user.make("POST", f"{path}/unblock")
        assert unblocked["status"] == status
        assert await user.make("POST", f"{path}/unblock") == unblocked


ACTIONS = [
    ("POST", "block", None),
    ("POST", "unblock", None),
    ("POST", "fund", {"amount": 1}),
    ("POST", "activate", {"cvv": "123", "pin": "1234"}),
    ("POST", "reset-pin", {"pin": "1234"}),
    ("POST", "enroll/3ds", {}),
    ("POST", "enroll/safetoken", {}),
    ("POST", "link", {"customer": CIROMA}),
    ("PUT", "", {}),
]


@pytest.mark.parametrize(("method", "action", "body"), ACTIONS)
async def test_nothing_comes_after_the_end(
    user: CardUser, method: str, action: str, body: Any
) -> None:
    card = await user.card()
    ended = await user.make("DELETE", f"/cards/{card['id']}")
    assert ended["status"] == "terminated"
    path = f"/cards/{card['id']}/{action}".rstrip("/")
    secure = action in ("activate", "reset-pin")
    answer = await user.refused(402, method, path, body, secure=secure)
    assert answer["code"] == "card-terminated"
    assert await user.make("DELETE", f"/cards/{card['id']}") == ended


@pytest.mark.parametrize(("method", "action", "body"), ACTIONS)
async def test_unknown_cards_are_not_found(
    user: CardUser, method: str, action: str, body: Any
) -> None:
    secure = action in ("activate", "reset-pin")
    for other in ("c.nobody", CIROMA):
        path = f"/cards/{other}/{action}".rstrip("/")
        answer = await user.refused(404, method, path, body, secure=secure)
        assert answer["code"] == "not-found"


@pytest.mark.parametrize(
    ("service", "contact"),
    [
        ("safetoken", {}),
        ("3ds", {"phoneNumber": "+2348123456789", "email": "customer@example.com"}),
    ],
)
async def test_enrolling(user: CardUser, service: str, contact: dict[str, str]) -> None:
    card = await user.card()
    known = {"phoneNumber": "+2349154109234", "email": "ciroma@gmail.com"}
    done = await user.make("POST", f"/cards/{card['id']}/enroll/{service}", contact)
    assert done == {"card": card["id"], "service": service, **known, **contact}
    stored = user.sandbox.state.cards.get(card["id"])
    assert stored is not None
    assert stored["enrollments"] == {service: known | contact}
    assert "enrollments" not in await user.get(f"/cards/{card['id']}")


async def test_enrolling_wants_somewhere_to_send_codes_to(user: CardUser) -> None:
    nobody = user.sandbox.add_customer({"claims": {}})
    card = await user.card(customer=nobody["id"])
    path = f"/cards/{card['id']}/enroll/3ds"
    assert (await user.refused(402, "POST", path, {}))["code"] == "no-contact"
    assert (await user.refused(400, "POST", path, {"email": 1}))["message"] == [
        "email must be a string"
    ]


async def test_a_program_must_be_live_and_a_customer_active(user: CardUser) -> None:
    program = await user.program(type="physical")
    body = {"program": program["id"], "customer": CIROMA}
    answer = await user.refused(402, "POST", "/cards", body)
    assert answer["code"] == "card-program-not-live"
    live = await user.program(name="Live")
    gone = user.sandbox.add_customer({"status": "inactive"})
    body = {"program": live["id"], "customer": gone["id"]}
    assert (await user.refused(402, "POST", "/cards", body))["code"] == "customer-inactive"


async def test_a_reference_is_taken_once(user: CardUser) -> None:
    card = await user.card(reference="mine")
    body = {"program": card["program"], "customer": CIROMA, "reference": "mine", "amount": 1}
    answer = await user.refused(409, "POST", "/cards", body)
    assert answer["code"] == "duplicate-reference"


async def test_all_that_is_missing_is_told(user: CardUser) -> None:
    answer = await user.refused(400, "POST", "/cards", {})
    assert answer["message"] == [
        "program must be the id of a card program",
        "customer must be the id of a customer",
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"program": CIROMA}, "program must be the id of a card program"),
        ({"customer": "c.2tVghquVL5LxCkjB3"}, "customer must be the id of a customer"),
        ({"fundingSource": "ac.nobody"}, "fundingSource must be the id of an account"),
        ({"debitSource": 1}, "debitSource must be the id of an account"),
        ({"amount": -1}, "amount must not be less than 0"),
        ({"amount": 1.5}, "amount must be an integer number"),
        (
            {"debitCurrency": "EUR"},
            "debitCurrency must be one of the following values: NGN, USD",
        ),
        ({"reference": 1}, "reference must be a string"),
        ({"cardHolderName": []}, "cardHolderName must be a string"),
        ({"metadata": 1}, "metadata must be an object"),
        ({"fxHash": "nothing"}, "fxHash must be the id of an FX quote"),
    ],
)
async def test_wrong_values_are_told(user: CardUser, fields: dict[str, Any], message: str) -> None:
    program = await user.program()
    body = {"program": program["id"], "customer": CIROMA} | fields
    assert (await user.refused(400, "POST", "/cards", body))["message"] == [message]


async def test_relations_are_expanded(user: CardUser) -> None:
    card = await user.card()
    found = await user.get("/cards", limit="3", expand="customer:name program:name,network")
    assert found[0]["customer"] == {"name": "Ciroma C Adekunle"}
    assert found[0]["program"] == {"name": "Mine", "network": "mastercard"}
    assert found[2]["program"] == {"name": "Baggy", "network": "verve"}
    await user.use(card["id"])
    path = "/card-authorizations"
    deep = await user.get(path, limit="1", expand="card:last4,status card.customer:name")
    assert deep[0]["card"] == {"status": "active", "customer": {"name": "Ciroma C Adekunle"}}
    deep = await user.get(path, limit="1", expand="card.program:name nothing", select="card")
    assert deep[0]["card"]["program"] == {"name": "Mine"}
    assert deep[0]["card"]["customer"] == CIROMA
    whole = await user.get("/cards", limit="1", expand="customer", select="customer")
    assert whole == [{"customer": await user.get(f"/customers/{CIROMA}")}]


async def test_an_id_that_names_nothing_stays_an_id(user: CardUser) -> None:
    card = await user.card()
    stored = user.sandbox.state.cards.get(card["id"]) or {}
    user.sandbox.state.cards.replace(stored | {"customer": "cus.gone"})
    found = await user.get("/cards", limit="1", expand="customer program:name")
    assert (found[0]["customer"], found[0]["program"]) == ("cus.gone", {"name": "Mine"})


async def test_cards_outlive_the_process(user: CardUser, calling: Any, tmp_path: Path) -> None:
    from allawee_async.sandbox import Sandbox

    file = tmp_path / "state"
    async with Sandbox(data=file, clock=user.clock) as first:
        before = CardUser(calling(first), first, user.clock)
        card = await before.card()
        made = await before.use(card["id"])
        secrets = await before.secrets(card["id"])
    async with Sandbox(data=file, clock=user.clock) as second:
        after = CardUser(calling(second), second, user.clock)
        assert await after.secrets(card["id"]) == secrets
        assert await after.balance(card["id"]) == (100_000, 5_100)
        taken_back = await after.use(card["id"], "reverse-capture")
        assert (taken_back["id"], taken_back["status"]) == (made["id"], "reversed")
        await after.use(card["id"])
        user.clock.go_on(seconds=5)
        assert len(await after.get("/card-transactions")) == 1
