"""What generated customers have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.cards.numbers import is_valid
from allawee_async.sandbox.directory.banks import fits

if TYPE_CHECKING:
    from tests.sandbox.conftest import Calling

DOCUMENTED_CARDS, DOCUMENTED_ACCOUNTS = 4, 2


def seeded(count: int, seed: int = 1) -> Any:
    return Sandbox(customers=count, seed=seed).state


@pytest.mark.parametrize(
    ("customers", "cards", "accounts"), [(3, 1, 0), (50, 10, 3), (500, 100, 30)]
)
def test_more_customers_have_more_cards_and_accounts(
    customers: int, cards: int, accounts: int
) -> None:
    state = seeded(customers)

    assert len(state.cards) - DOCUMENTED_CARDS >= cards
    assert len(state.accounts) - DOCUMENTED_ACCOUNTS >= accounts


def test_very_many_customers_do_not_make_the_start_slow() -> None:
    assert len(seeded(2_000).cards) < 400


def test_cards_are_of_active_customers_and_have_numbers_of_their_own() -> None:
    state = seeded(500)
    cards = list(state.cards)
    customers = [state.customers.get(card["customer"]) for card in cards]
    numbers = [secrets["pan"] for secrets in state.card_secrets]

    assert {customer["status"] for customer in customers} == {"active"}
    assert all(map(is_valid, numbers))
    assert len(set(numbers)) == len(cards)
    assert {card["status"] for card in cards} == {"active", "inactive", "blocked"}
    assert (cards[-1]["status"], "controls" in cards[-1]) == ("active", False)


def test_accounts_have_money_and_a_number() -> None:
    state = seeded(500)
    for account in list(state.accounts)[DOCUMENTED_ACCOUNTS:]:
        (channel,) = account["depositChannels"]
        assert fits("000", channel["accountNumber"])
        assert state.bank_accounts.get(channel["accountNumber"])["owner"] == account["id"]
        assert state.ledger.available(account["id"]) > 0
    assert sum(balance.balance for _, balance in state.ledger.accounts()) == 0


def test_the_same_seed_gives_the_same_and_another_seed_others() -> None:
    assert list(seeded(60).cards) == list(seeded(60).cards)
    assert list(seeded(60).accounts) == list(seeded(60).accounts)
    assert list(seeded(60).cards) != list(seeded(60, 2).cards)


async def test_a_generated_card_can_be_used(calling: Calling) -> None:
    async with Sandbox(customers=40) as sandbox:
        allawee = calling(sandbox)
        (card,) = (await allawee.get("/cards", limit="1", expand="customer")).json["data"]
        path = f"/simulation/cards/{card['id']}/request-authorization/capture"
        body = {"amount": 5_000, "fees": 0, "channel": "pos"}
        made = (await allawee.send("POST", path, json=body)).json["data"]

    assert card["customer"]["name"] == card["details"]["cardHolderName"]
    assert made["status"] == "approved"
