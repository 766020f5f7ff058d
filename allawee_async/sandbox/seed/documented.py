"""What Allawee's own documents show: customers, accounts, card programs, cards, an authorization.

`documented.json` holds it as it is stored: references, the account in USD, the newest program and
the newest card, which approve and have no limits, are ours, as no document shows them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import part
from allawee_async.sandbox.cards.numbers import number_ending
from allawee_async.sandbox.core.values import from_bytes

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

_PAN, _CVV = "5061462473446064880", "123"


def documented(noun: str) -> list[JsonObject]:
    """Return fresh copies of the documents of one noun, the oldest one first."""
    found: list[JsonObject] = from_bytes(_text())[noun]
    return found


def seed_cards(state: State) -> None:
    """Store programs, cards and the authorization; without the customers they mean, nothing.

    One card has the number that the documents show; the others get one with their last digits.
    """
    cards = documented("cards")
    if any(str(card["customer"]) not in state.customers for card in cards):
        return
    state.card_programs.add_all(documented("card_programs"))
    state.cards.add_all(cards)
    for card in cards:
        last4 = str(part(card, "details")["last4"])
        pan, cvv = _PAN, _CVV
        if not pan.endswith(last4):
            pan, cvv = number_ending("verve", last4, state.new_digits), state.new_digits(3)
        state.card_secrets.add({"id": card["id"], "pan": pan, "cvv": cvv, "pin": None})
    state.card_authorizations.add_all(documented("card_authorizations"))


@cache
def _text() -> bytes:
    return files("allawee_async.sandbox.seed").joinpath("documented.json").read_bytes()
