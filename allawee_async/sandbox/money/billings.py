"""Billings: what Allawee has charged for its services, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import fresh, shown
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "bil."


def note_billing(state: State, payment: JsonObject, amount: int) -> None:
    """Record what the platform has charged for a payment."""
    charged: JsonObject = {
        "amount": amount, "currency": payment["currency"], "type": "platform-fees",
        "status": "paid", "account": payment["account"], "payment": payment["id"],
        "description": f"Fees of a {payment['method']}, value added tax included",
    }  # fmt: skip
    state.billings.add(charged | fresh(state, PREFIX, state.billings, "billing"))


def list_billings(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /billings`."""
    return answer_list(state.billings, call.pairs)


def get_billing(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /billings/:id`."""
    return shown(state.billings, call.id, "billing")


ROUTES = (
    Endpoint("GET", "/billings", list_billings),
    Endpoint("GET", "/billings/:id", get_billing),
)
