"""Making cards: the plastic ones of a program at once, the virtual ones when they are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from allawee_async.sandbox.cards.numbers import expiry_for, new_number

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "c."
INACTIVE = "inactive"


def new_card(state: State, program: JsonObject, holder: str) -> tuple[JsonObject, JsonObject]:
    """Return a card that nobody has yet and its secrets; neither is stored."""
    now = state.now()
    number = _unused_number(state, str(program["network"]))
    card: JsonObject = {
        "type": program["type"], "network": program["network"], "status": INACTIVE,
        "currency": program["currency"], "program": program["id"],
        "details": {
            "last4": number[-4:],
            "expiry": expiry_for(datetime.fromisoformat(now)),
            "cardHolderName": holder,
        },
        "createdAt": now, "updatedAt": now, "metadata": {},
        "id": state.new_id(PREFIX, state.cards), "object": "card",
    }  # fmt: skip
    secrets: JsonObject = {
        "id": card["id"], "pan": number, "cvv": state.new_digits(3), "pin": None
    }  # fmt: skip
    return card, secrets


def make_stock(state: State, program: JsonObject) -> None:
    """Store the physical cards of a program, linked to nobody."""
    personalization = program.get("personalization")
    holder = (
        personalization.get("defaultCardholderName") if isinstance(personalization, dict) else ""
    )
    quantity = program.get("quantity", 1)
    for _ in range(quantity if isinstance(quantity, int) else 0):
        card, secrets = new_card(state, program, str(holder or ""))
        state.cards.add(card)
        state.card_secrets.add(secrets)


def take_from_stock(state: State, program: str) -> JsonObject | None:
    """Return a copy of the oldest card of a program that nobody has and nobody blocked, or None."""
    free = [
        card
        for card in state.cards.group(program)
        if card["status"] == INACTIVE and card.get("customer") is None
    ]
    return free[-1] if free else None


def _unused_number(state: State, network: str) -> str:
    while state.card_secrets.find("pan", number := new_number(network, state.new_digits)):
        pass
    return number
