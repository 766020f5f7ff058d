"""Money for cards: where it comes from, where it is, and when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.card_user import CIROMA, NGN_ACCOUNT, USD_ACCOUNT

if TYPE_CHECKING:
    from tests.sandbox.card_user import CardUser

START = 1_000_000_000


def money(user: CardUser, account: str) -> int:
    return user.sandbox.state.ledger.balance(account).balance


async def quote(user: CardUser, amount: int, source: str = "NGN", target: str = "USD") -> Any:
    body = {"from": source, "to": target, "amount": amount}
    return await user.make("POST", "/tools/fx/quotes", body)


async def test_a_card_gets_an_account_of_its_own_with_the_first_money(user: CardUser) -> None:
    card = await user.card()
    assert await user.balance(card["id"]) == (100_000, 0)
    assert money(user, NGN_ACCOUNT) == START - 100_000
    source = await user.get(f"/cards/{card['id']}/funding-source")
    assert source["id"] == (await user.get(f"/cards/{card['id']}"))["fundingSource"]
    assert (source["type"], source["currency"], source["customer"]) == ("sub", "NGN", CIROMA)
    logs = await user.get(f"/accounts/{source['id']}/logs")
    assert [(log["amount"], log["reference"]) for log in logs] == [(100_000, card["id"])]


async def test_more_money_follows(user: CardUser) -> None:
    card = await user.card()
    path = f"/cards/{card['id']}/fund"
    assert (await user.make("POST", path, {"amount": 500}))["id"] == card["id"]
    body = {"amount": 500, "debitSource": NGN_ACCOUNT, "debitCurrency": "NGN"}
    await user.make("POST", path, body)
    assert await user.balance(card["id"]) == (101_000, 0)
    await user.make("POST", f"/cards/{card['id']}/block")
    assert (await user.refused(402, "POST", path, body))["code"] == "card-blocked"


async def test_cards_of_one_account(user: CardUser) -> None:
    program = await user.program(authorization={"fundingSourceType": "settlement-account"})
    card = await user.make("POST", "/cards", {"program": program["id"], "customer": CIROMA})
    source = await user.get(f"/cards/{card['id']}/funding-source")
    assert source["id"] == NGN_ACCOUNT
    answer = await user.refused(402, "POST", f"/cards/{card['id']}/fund", {"amount": 1})
    assert answer["code"] == "same-account"
    other = await user.make("POST", "/accounts", {"name": "O", "currency": "NGN", "type": "sub"})
    body = {"program": program["id"], "customer": CIROMA, "fundingSource": other["id"]}
    card = await user.make("POST", "/cards", body | {"amount": 700})
    assert (await user.get(f"/cards/{card['id']}"))["fundingSource"] == other["id"]
    assert await user.balance(card["id"]) == (700, 0)


@pytest.mark.parametrize("named", [{}, {"debitSource": NGN_ACCOUNT}, {"debitCurrency": "NGN"}])
async def test_a_card_whose_money_is_where_it_is_to_be_is_made(
    user: CardUser, named: dict[str, Any]
) -> None:
    program = await user.program(authorization={"fundingSourceType": "settlement-account"})
    body = {"program": program["id"], "customer": CIROMA, "amount": 5_000} | named
    card = await user.make("POST", "/cards", body)

    assert await user.balance(card["id"]) == (START, 0)
    assert (await user.get(f"/accounts/{NGN_ACCOUNT}/logs", filter="category:card-funding")) == []


async def test_the_documented_cards_are_paid_for_by_the_documented_account(user: CardUser) -> None:
    source = await user.get("/cards/c.2tXPDv41Ri2qewJXL/funding-source")
    assert source["id"] == NGN_ACCOUNT
    balance = await user.get("/cards/c.2tXPDv41Ri2qewJXL/funding-source/balance")
    assert balance == await user.get(f"/accounts/{NGN_ACCOUNT}/balance")


async def test_a_quote_pays_across_currencies_once(user: CardUser) -> None:
    program = await user.program(currency="USD", authorization={"fundingSourceType": "prefunded"})
    rate = await quote(user, 1_100)
    body = {"program": program["id"], "customer": CIROMA, "amount": 1_100, "debitCurrency": "NGN"}
    card = await user.make("POST", "/cards", body | {"fxHash": rate["hash"]})
    assert await user.balance(card["id"]) == (1_100, 0)
    assert money(user, NGN_ACCOUNT) == START - rate["sourceAmount"]
    assert money(user, USD_ACCOUNT) == START

    fund = f"/cards/{card['id']}/fund"
    wish = {"amount": 1_100, "debitSource": NGN_ACCOUNT, "fxHash": rate["hash"]}
    assert (await user.refused(402, "POST", fund, wish))["code"] == "quote-used"
    del wish["fxHash"]
    assert (await user.refused(402, "POST", fund, wish))["code"] == "fx-hash-required"
    wish["fxHash"] = (await quote(user, 1_000))["hash"]
    assert (await user.refused(402, "POST", fund, wish))["code"] == "quote-mismatch"
    wish["fxHash"] = (await quote(user, 1_100, "USD", "NGN"))["hash"]
    assert (await user.refused(402, "POST", fund, wish))["code"] == "quote-mismatch"
    wish["fxHash"] = (await quote(user, 1_100))["hash"]
    user.clock.go_on(seconds=601)
    assert (await user.refused(402, "POST", fund, wish))["code"] == "quote-expired"


@pytest.mark.parametrize("via", ["create", "fund"])
async def test_a_source_that_is_short(user: CardUser, via: str) -> None:
    card = await user.card()
    path = "/cards" if via == "create" else f"/cards/{card['id']}/fund"
    body = {"program": card["program"], "customer": CIROMA, "amount": START}
    answer = await user.refused(402, "POST", path, body)
    assert answer["code"] == "insufficient-funds"
    wrong = body | {"debitSource": USD_ACCOUNT, "debitCurrency": "NGN"}
    assert (await user.refused(402, "POST", path, wrong))["code"] == "currency-mismatch"


async def test_what_pays_must_be_in_the_currency_of_the_card(user: CardUser) -> None:
    program = await user.program()
    body = {"program": program["id"], "customer": CIROMA, "fundingSource": USD_ACCOUNT}
    assert (await user.refused(402, "POST", "/cards", body))["code"] == "currency-mismatch"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "amount must be an integer number"),
        ({"amount": 0}, "amount must not be less than 1"),
        ({"amount": "500"}, "amount must be an integer number"),
        ({"amount": 5, "debitSource": "cus.2tXNjMhytgx7hCxu9"},
         "debitSource must be the id of an account"),
    ],
)  # fmt: skip
async def test_wrong_values_are_told(user: CardUser, body: dict[str, Any], message: str) -> None:
    card = await user.card()
    answer = await user.refused(400, "POST", f"/cards/{card['id']}/fund", body)
    assert answer["message"] == [message]
