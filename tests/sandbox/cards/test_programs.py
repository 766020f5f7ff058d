"""Card programs over HTTP: made, approved, changed before that, and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.card_user import NGN_ACCOUNT, PARTS, USD_ACCOUNT, sample

if TYPE_CHECKING:
    from tests.sandbox.card_user import CardUser


async def test_the_list_is_the_documented_one(user: CardUser) -> None:
    answer = (await user.send("GET", "/card-programs")).json
    ours, *documented = answer["data"]
    assert ours["authorization"]["timeoutDefault"] == "approve"
    assert answer | {"data": documented} == sample("card-programs.list.response")
    for program in answer["data"]:
        assert await user.get(f"/card-programs/{program['id']}") == program


async def test_a_program_has_two_spellings(user: CardUser) -> None:
    found = await user.get("/card-programs/cp.2tXPDcLLvvXGeTNk9")
    assert found["id"] == "c.prg.2tXPDcLLvvXGeTNk9"


async def test_a_virtual_program_is_live_at_once(user: CardUser) -> None:
    made = await user.make(
        "POST",
        "/card-programs",
        {"name": "Mine", "network": "visa", "type": "virtual", "currency": "USD"},
    )
    assert made == {
        "name": "Mine",
        "network": "visa",
        "currency": "USD",
        "authorization": {
            "fundingSourceType": "settlement-account",
            "settlementAccount": USD_ACCOUNT,
            "feesAccount": USD_ACCOUNT,
        },
        "status": "live",
        "createdAt": "2026-05-13T12:00:00.000Z",
        "updatedAt": "2026-05-13T12:00:00.000Z",
        "id": made["id"],
        "object": "card.program",
    }
    assert made["id"].startswith("c.prg.")


@pytest.mark.parametrize("name", ["create.physical", "create.virtual", "update"])
async def test_documented_bodies_are_taken(user: CardUser, name: str) -> None:
    body = sample(f"card-programs.{name}.request")
    made = await user.make("POST", "/card-programs", body)
    assert made["status"] == ("new" if body["type"] == "physical" else "live")
    assert made["authorization"]["settlementAccount"] == NGN_ACCOUNT
    assert "type" not in made
    found = await user.get("/card-programs", filter=f"type|eq|{body['type']}")
    assert made in found


async def test_rules_for_authorizations_are_kept(user: CardUser) -> None:
    fee_account = await user.make(
        "POST", "/accounts", {"name": "Fees", "currency": "NGN", "type": "sub"}
    )
    fee = await user.make(
        "POST",
        "/fees",
        {"name": "Fee", "structure": "flat", "value": 100, "account": fee_account["id"]},
    )
    rules = {
        "fundingSourceType": "prefunded",
        "settlementAccount": "acct.2tVZczWw7m6Teoeb7",
        "webhook": "https://example.com/hook",
        "timeoutDefault": "approve",
        "transactionFee": fee["id"],
    }
    made = await user.program(authorization=rules)
    assert made["authorization"] == {
        "fundingSourceType": "prefunded",
        "webhook": "https://example.com/hook",
        "settlementAccount": NGN_ACCOUNT,
        "feesAccount": fee_account["id"],
        "timeoutDefault": "approve",
    }


async def test_a_physical_program_waits_for_its_approval(user: CardUser) -> None:
    made = await user.program(type="physical", quantity=3)
    path = f"/card-programs/{made['id']}"
    assert made["status"] == "new"
    body = {"name": "Other", "network": "visa", "type": "physical", "currency": "NGN"} | PARTS
    user.clock.go_on(seconds=1)
    changed = await user.make("PUT", path, body | {"quantity": 2})
    assert (changed["name"], changed["network"], changed["quantity"]) == ("Other", "visa", 2)
    assert changed["createdAt"] == made["createdAt"] < changed["updatedAt"]

    live = await user.make("POST", f"/simulation{path}/go-live", {})

    assert live["status"] == "live"
    cards = await user.get("/cards", filter=f"program|eq|{made['id']}")
    assert [(card["status"], card["type"], "customer" in card) for card in cards] == [
        ("inactive", "physical", False)
    ] * 2
    again = await user.refused(402, "POST", f"/simulation{path}/go-live", {})
    assert again["code"] == "card-program-live"
    refused = await user.refused(402, "PUT", path, body)
    assert refused["code"] == "card-program-approved"


async def test_a_physical_program_needs_its_parts(user: CardUser) -> None:
    body = {"name": "Bare", "network": "verve", "type": "physical", "currency": "NGN"}

    assert (await user.refused(400, "POST", "/card-programs", body))["message"] == [
        "quantity must be an integer number",
        "personalization must be an object",
        "distribution must be an object",
        "authorization must be an object",
    ]


async def test_names_are_unique(user: CardUser) -> None:
    made = await user.program(type="physical")
    await user.program(name="Other", type="physical")
    body = {"name": "Other", "network": "verve", "type": "physical", "currency": "NGN"} | PARTS
    assert (await user.refused(409, "POST", "/card-programs", body))["code"] == "duplicate-name"
    path = f"/card-programs/{made['id']}"
    assert (await user.refused(409, "PUT", path, body))["code"] == "duplicate-name"
    await user.make("PUT", path, body | {"name": "Mine"})


async def test_all_that_is_missing_is_told(user: CardUser) -> None:
    answer = await user.refused(400, "POST", "/card-programs", {})
    assert [message.split()[0] for message in answer["message"]] == [
        "name",
        "network",
        "type",
        "currency",
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"network": "amex"},
            "network must be one of the following values: mastercard, verve, visa",
        ),
        ({"type": "golden"}, "type must be one of the following values: physical, virtual"),
        ({"currency": "EUR"}, "currency must be one of the following values: NGN, USD"),
        ({"quantity": 1_001}, "quantity must not be greater than 1000"),
        ({"quantity": True}, "quantity must be an integer number"),
        ({"description": 7}, "description must be a string"),
        ({"personalization": []}, "personalization must be an object"),
        (
            {"personalization": {"printCardholderName": "yes"}},
            "personalization.printCardholderName must be a boolean value",
        ),
        (
            {"distribution": {"type": "thrown"}},
            "distribution.type must be one of the following values: bulked, individually",
        ),
        (
            {"distribution": {"shippingAddress": {"city": 1}}},
            "distribution.shippingAddress.city must be a string",
        ),
        (
            {"authorization": {"timeoutDefault": "wait"}},
            "authorization.timeoutDefault must be one of the following values: approve, decline",
        ),
        (
            {"authorization": {"settlementAccount": "cus.2tXNjMhytgx7hCxu9"}},
            "authorization.settlementAccount must be the id of an account",
        ),
        (
            {"authorization": {"transactionFee": "fee.nobody"}},
            "authorization.transactionFee must be the id of a fee",
        ),
        ({"authorization": {"webhook": 1}}, "authorization.webhook must be a string"),
    ],
)
async def test_wrong_values_are_told(user: CardUser, fields: dict[str, Any], message: str) -> None:
    body = {"name": "Mine", "network": "verve", "type": "virtual", "currency": "NGN"}
    answer = await user.refused(400, "POST", "/card-programs", body | fields)
    assert answer["message"] == [message]


async def test_the_account_must_be_in_the_currency(user: CardUser) -> None:
    body = {"name": "Mine", "network": "verve", "type": "virtual", "currency": "NGN"}
    rules = {"settlementAccount": USD_ACCOUNT}
    answer = await user.refused(402, "POST", "/card-programs", body | {"authorization": rules})
    assert answer["code"] == "currency-mismatch"


@pytest.mark.parametrize("path", ["/card-programs/c.prg.none", "/card-programs/ac.none"])
async def test_unknown_programs_are_not_found(user: CardUser, path: str) -> None:
    assert (await user.refused(404, "GET", path, None))["code"] == "not-found"
    assert (await user.refused(404, "PUT", path, {}))["code"] == "not-found"
    await user.refused(404, "POST", f"/simulation{path}/go-live", {})
