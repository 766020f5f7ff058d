"""Making cards: the plastic ones of a program at once, the virtual ones when they are asked for."""

from __future__ import annotations

from datetime import datetime

from allawee_async.sandbox.api.documents import fresh, refused
from allawee_async.sandbox.cards.numbers import expiry_for, new_number
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, part

INACTIVE, ACTIVE, BLOCKED, TERMINATED = "inactive", "active", "blocked", "terminated"


def check_status(card: Document, *allowed: str) -> None:
    """Refuse what cannot be done with a card as it is.

    Raises:
        RefusalError: 402.
    """
    status = card["status"]
    if status not in allowed:
        raise refused(f"card-{status}", f"This card is {status}.")


def make_card(state: State, program: Document, holder: str = "") -> Document:
    """Store a card that nobody has yet, with its secrets, and return it."""
    network = program["network"]
    while state.card_secrets.find("pan", number := new_number(network, state.new_digits)):
        pass
    new = fresh(state, state.cards)
    expiry = expiry_for(datetime.fromisoformat(new["createdAt"]))
    card: Document = {
        **new, "type": program["type"], "network": network, "status": INACTIVE,
        "currency": program["currency"], "program": program["id"], "metadata": {},
        "details": {"last4": number[-4:], "expiry": expiry, "cardHolderName": holder},
    }  # fmt: skip
    state.cards.add(card)
    cvv = state.new_digits(3)
    state.card_secrets.add({"id": card["id"], "pan": number, "cvv": cvv, "pin": None})
    return card


def make_stock(state: State, program: Document) -> None:
    """Store the physical cards of a program, linked to nobody."""
    holder = part(program, "personalization").get("defaultCardholderName")
    quantity = program.get("quantity", 1)
    for _ in range(quantity if isinstance(quantity, int) else 0):
        make_card(state, program, str(holder or ""))


def obtain_card(state: State, program: Document) -> Document:
    """Return a card that nobody has: made at once, or the oldest one in the stock.

    Raises:
        RefusalError: 402, the stock is empty.
    """
    if program["type"] != "physical":
        return make_card(state, program)
    free = [
        card
        for card in state.cards.group(program["id"])
        if card["status"] == INACTIVE and card.get("customer") is None
    ]
    if not free:
        raise refused("out-of-stock", "All cards of this program belong to somebody.")
    return free[-1]
