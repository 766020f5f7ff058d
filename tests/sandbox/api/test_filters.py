"""What filters find: relations by their ids, ids in every spelling, contacts, references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller

CIROMA, IYANU = "cus.2tXNjMhytgx7hCxu9", "cus.2tVZh8GkvSJu6xgRJ"
NAIRA = "ac.2tVZczWw7m6Teoeb7"
BAGGY_CARD, BAGGY = "c.2tXPDv41Ri2qewJXL", "c.prg.2tXPDcLLvvXGeTNk9"


async def found(allawee: Caller, path: str, filter: str) -> list[str]:
    return (await allawee.get(path, filter=filter)).ids


@pytest.mark.parametrize("field", ["customer", "customer.id"])
@pytest.mark.parametrize("form", ["{}|eq|{}", "{}:{}", "{}||EQ||{}", "{}|in|{},cus.nobody"])
async def test_a_relation_is_found_by_its_field_and_by_its_id(
    allawee: Caller, field: str, form: str
) -> None:
    assert BAGGY_CARD in await found(allawee, "/cards", form.format(field, CIROMA))
    assert BAGGY_CARD not in await found(allawee, "/cards", form.format(field, IYANU))


async def test_a_relation_is_left_out_by_its_id(allawee: Caller) -> None:
    cards = await found(allawee, "/cards", f"customer.id|ne|{IYANU}")

    assert BAGGY_CARD in cards
    assert "c.2tVghquVL5LxCkjB3" not in cards


@pytest.mark.parametrize("program", [BAGGY, BAGGY.replace("c.prg.", "cp.")])
@pytest.mark.parametrize("field", ["program", "program.id"])
async def test_a_card_is_found_by_each_id_of_its_program(
    allawee: Caller, program: str, field: str
) -> None:
    assert BAGGY_CARD in await found(allawee, "/cards", f"{field}|eq|{program}")


@pytest.mark.parametrize("prefix", ["ac.", "acct.", "act_", "acc_"])
async def test_an_account_is_found_by_each_of_its_ids(allawee: Caller, prefix: str) -> None:
    spelt = NAIRA.replace("ac.", prefix)

    assert await found(allawee, "/accounts", f"id|eq|{spelt}") == [NAIRA]
    assert NAIRA not in await found(allawee, "/accounts", f"id|ne|{spelt}")
    programs = await found(allawee, "/card-programs", f"authorization.settlementAccount|eq|{spelt}")
    assert BAGGY in programs


async def test_customers_are_found_by_what_is_in_their_claims(allawee: Caller) -> None:
    assert await found(allawee, "/customers", "email:ciroma@gmail.com") == [CIROMA]
    assert await found(allawee, "/customers", "email~^amos") == [IYANU]
    assert await found(allawee, "/customers", "phone:+2349154109237") == [IYANU]
    assert await found(allawee, "/customers", "country:NG state:NG-LA phone~109234") == [CIROMA]
    assert await found(allawee, "/customers", "country:KE") == []
    assert await found(allawee, "/customers", "email|exists|false") == []
    shown = (await allawee.get(f"/customers/{CIROMA}")).json["data"]
    assert not {"email", "phone"} & shown.keys()


async def test_what_customers_are_found_by_is_shown_where_it_is_named(allawee: Caller) -> None:
    query = {"filter": "email:ciroma@gmail.com", "select": "id email phone"}
    chosen = (await allawee.get("/customers", **query)).json["data"]
    query = {"filter": f"customer:{CIROMA}", "expand": "customer:name,email program:name"}
    card = (await allawee.get("/cards", **query)).json["data"][0]

    assert chosen == [{"id": CIROMA, "email": "ciroma@gmail.com", "phone": "+2349154109234"}]
    assert card["customer"] == {"name": "Ciroma C Adekunle", "email": "ciroma@gmail.com"}


async def test_a_contact_is_found_as_it_is_now(allawee: Caller, new_customer: Any) -> None:
    await allawee.get("/customers", filter="email:new@example.com")
    new_customer["claims"]["individualInformation"]["email"] = "new@example.com"
    created = (await allawee.post(new_customer)).json["data"]["id"]
    assert await found(allawee, "/customers", "email:new@example.com") == [created]

    new_customer["claims"] = {"businessInformation": {"email": "other@example.com"}}
    await allawee.put(created, new_customer)
    assert await found(allawee, "/customers", "email:new@example.com") == []
    assert await found(allawee, "/customers", "email:other@example.com") == [created]


async def test_relations_are_expanded_with_commas_and_with_spaces(allawee: Caller) -> None:
    for separator in (",", " "):
        answer = await allawee.get("/cards", expand=f"customer{separator}program")
        card = next(card for card in answer.json["data"] if card["id"] == BAGGY_CARD)
        assert (card["customer"]["id"], card["program"]["id"]) == (CIROMA, BAGGY)


BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "/customers": ("/customers", {"name": "Ada", "type": "individual", "claims": {}}),
    "/accounts": ("/accounts", {"name": "Pot", "type": "sub", "currency": "NGN"}),
    "/payment-requests": ("/payment-requests", {
        "method": "bank-transfer", "currency": "NGN", "amount": 500, "options": {"name": "Ada"},
    }),
    "payouts": ("/payments/payouts", {
        "method": "bank-transfer", "currency": "NGN", "amount": 500,
        "options": {"accountNumber": "0123456789", "bankCode": "058"},
    }),
    "bills": ("/payments/bill", {
        "product": "bp.2cbc123456", "inputs": {"phoneNumber": "08055429186", "amount": "40000"},
    }),
    "/cards": ("/cards", {"customer": CIROMA}),
}  # fmt: skip


@pytest.mark.parametrize("noun", BODIES)
async def test_what_has_a_reference_is_found_by_it_and_made_once(
    allawee: Caller, noun: str
) -> None:
    path, body = BODIES[noun]
    if noun == "/cards":
        fields = {"name": "Virtual", "network": "verve", "type": "virtual", "currency": "NGN"}
        program = await allawee.send("POST", "/card-programs", json=fields)
        body = body | {"program": program.json["data"]["id"]}
    listed = "/" + path.split("/")[1]
    assert await found(allawee, listed, "reference|eq|salary-7") == []
    created = await allawee.send("POST", path, json=body | {"reference": "salary-7"})
    again = await allawee.send("POST", path, json=body | {"reference": "salary-7"})

    assert created.status in (200, 201)
    assert (again.status, again.json["code"]) == (409, "duplicate-reference")
    expected = [created.json["data"]["id"]]
    assert await found(allawee, listed, "reference|eq|salary-7") == expected
    assert await found(allawee, listed, "reference:salary-7") == expected
    assert await found(allawee, listed, "reference|in|salary-6,salary-7,salary-8") == expected


async def test_failed_events_are_found_by_time_and_sent_again(allawee: Caller) -> None:
    state, names = allawee.sandbox.state, ("a", "b", "c")
    hook = allawee.sandbox.add_webhook("http://example.com/")
    ids = [state.emit(name, {"id": name}) for name in names]
    await allawee.sandbox.deliver()  # not to addresses of others
    events = (await allawee.get("/events", filter="status:failed")).json["data"]
    assert [event["id"] for event in events] == ids[::-1]

    later = events[1]["createdAt"]
    assert await found(allawee, "/events", f"status:failed createdAt|gted|{later}") == ids[:0:-1]
    assert await found(allawee, "/events", f"status:failed createdAt|ltd|{later}") == ids[:1]
    assert await found(allawee, "/events", f"webhook.id:{hook['id']}") == ids[::-1]
    again = (await allawee.send("POST", f"/events/{ids[0]}/retry", json={})).json["data"]
    assert (again["id"], again["status"]) == (ids[0], "pending")
    await allawee.sandbox.deliver()
    (event,) = (await allawee.get("/events", filter=f"id:{ids[0]}")).json["data"]
    assert (event["status"], len(event["attempts"])) == ("failed", 2)
