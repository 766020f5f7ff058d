"""What Allawee's own documents show: customers, accounts, card programs, cards, an authorization.

`documented.json` holds it as it is stored: references, the account in USD, the newest program and
the newest card, which approve and have no limits, and all numbers of cards but one are ours, as no
document shows them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, from_bytes, to_bytes


def documented(noun: str) -> list[Document]:
    """Return fresh copies of the documents of one noun, the oldest one first."""
    found: list[Document] = from_bytes(_texts()[noun])
    return found


def seed_cards(state: State) -> None:
    """Store programs, cards and the authorization; without the customers they mean, nothing."""
    cards = documented("cards")
    if any(card["customer"] not in state.customers for card in cards):
        return
    state.card_programs.add_all(documented("card_programs"))
    state.cards.add_all(cards)
    state.card_secrets.add_all(documented("card_secrets"))
    state.card_authorizations.add_all(documented("card_authorizations"))


@cache
def _texts() -> dict[str, bytes]:
    text = files("allawee_async.sandbox.seed").joinpath("documented.json").read_bytes()
    return {noun: to_bytes(documents) for noun, documents in from_bytes(text).items()}
