"""Billings: what Allawee has charged for its services, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.nouns import fresh
from allawee_async.sandbox.paging import answer_list
from allawee_async.sandbox.references import shown
from allawee_async.sandbox.routing import Route

if TYPE_CHECKING:
    from allawee_async.sandbox.jsontypes import JsonObject
    from allawee_async.sandbox.replies import Call, Reply
    from allawee_async.sandbox.state import State

PREFIX = "bil."


def note_billing(state: State, payment: JsonObject, amount: int) -> None:
    """Record what the platform has charged for a payment."""
    charged: JsonObject = {
        "amount": amount, "currency": payment["currency"], "type": "platform-fees",
        "status": "paid", "account": payment["account"], "payment": payment["id"],
        "description": f"Fees of a {payment['method']}, value added tax included",
    }  # fmt: skip
    state.billings.add(charged | fresh(state, PREFIX, state.billings, "billing"))


def list_billings(state: State, call: Call) -> Reply:
    """Answer `GET /billings`."""
    return answer_list(state.billings, call.pairs)


def get_billing(state: State, call: Call) -> Reply:
    """Answer `GET /billings/:id`."""
    return shown(state.billings, call.id, "billing")


ROUTES = (
    Route("GET", "/billings", list_billings),
    Route("GET", "/billings/:id", get_billing),
)
