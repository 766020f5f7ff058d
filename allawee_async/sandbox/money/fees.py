"""Fees of the business itself: what a request must hold, what a fee adds, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import (
    added,
    fresh,
    given,
    read_reference,
    refused,
    shown,
    whole,
)
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import MAX_AMOUNT, Checks, read_body
from allawee_async.sandbox.money.rates import CURRENCIES, own_fee

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "fee."
STRUCTURES = frozenset({"flat", "percentage"})


def list_fees(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /fees`."""
    return answer_list(state.fees, call.pairs)


def get_fee(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /fees/:id`."""
    return shown(state.fees, call.id, "fee")


def create_fee(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /fees`."""
    body = read_body(call.body)
    checks = Checks()
    checks.text(body, "name")
    checks.choice(body, "structure", STRUCTURES)
    checks.whole(body, "value", most=100 if body.get("structure") == "percentage" else MAX_AMOUNT)
    checks.whole(body, "cap", required=False)
    checks.text(body, "description", required=False)
    checks.choice(body, "currency", CURRENCIES, required=False)
    checks.object(body, "metadata", required=False)
    account = read_reference(checks, body, "account", state.accounts, "an account", required=True)
    checks.refuse_if_any()
    account = account or {}
    if account.get("type") == "virtual":
        raise refused("virtual-account", "A virtual account holds nothing, no fees either.")
    currency = body.get("currency") or account.get("currency")
    if currency != account.get("currency"):
        raise refused("currency-mismatch", "The account has another currency than the fee.")
    document = given(
        body, "name", "description", "structure", "value", "cap", "metadata"
    ) | {"account": account["id"], "currency": currency, "status": "active"}  # fmt: skip
    return added(state.fees, document | fresh(state, PREFIX, state.fees, "fee"))


def amount_of(fee: JsonObject, amount: int, currency: str) -> int:
    """Return what a fee adds to an amount.

    Raises:
        RefusalError: 402, the fee is in another currency.
    """
    if fee["currency"] != currency:
        raise refused("currency-mismatch", f"The fee {fee['id']} is not in {currency}.")
    cap = fee.get("cap")
    limit = None if cap is None else whole(cap)
    return own_fee(str(fee["structure"]), whole(fee["value"]), limit, amount)


ROUTES = (
    Endpoint("GET", "/fees", list_fees),
    Endpoint("POST", "/fees", create_fee),
    Endpoint("GET", "/fees/:id", get_fee),
)
