"""Payment requests: an account number for one payment of exactly one amount, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import (
    added,
    check_common,
    check_reference,
    fresh,
    given,
    read_reference,
    shown,
)
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.money.accounts import purse
from allawee_async.sandbox.money.configuration import default_account
from allawee_async.sandbox.money.deposit_channels import new_channel, new_number, register
from allawee_async.sandbox.money.rates import CURRENCIES

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "p.req."
METHODS = frozenset({"bank-transfer"})


def list_requests(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /payment-requests`."""
    return answer_list(state.payment_requests, call.pairs)


def get_request(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /payment-requests/:id`."""
    return shown(state.payment_requests, call.id, "payment request")


def create_request(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payment-requests`."""
    body = read_body(call.body)
    checks = Checks()
    checks.choice(body, "method", METHODS)
    checks.choice(body, "currency", CURRENCIES)
    checks.whole(body, "amount", least=1)
    check_common(checks, body)
    options = checks.object(body, "options") or {}
    checks.text(options, "name", "options.")
    checks.text(options, "bank", "options.", required=False)
    read_reference(checks, body, "customer", state.customers, "a customer")
    named = read_reference(checks, body, "account", state.accounts, "an account")
    checks.refuse_if_any()
    check_reference(state.payment_requests, body, "payment request")
    currency, name = str(body["currency"]), str(options["name"])
    account = purse(state, named or default_account(state, "payInAccount", currency), currency)
    number = new_number(state)
    document = fresh(state, PREFIX, state.payment_requests, "payment.request")
    channel = new_channel(number, name, str(document["createdAt"]))
    del channel["createdAt"], channel["updatedAt"], channel["type"]
    document |= given(body, "method", "currency", "amount", "reference", "customer", "metadata")
    opened: JsonObject = {
        "status": "pending", "account": account["id"], "methodData": {"bankTransfer": channel},
        "options": given(options, "name", "bank"),
    }  # fmt: skip
    document |= opened
    register(state, number, document, name)
    return added(state.payment_requests, document)


ROUTES = (
    Endpoint("GET", "/payment-requests", list_requests),
    Endpoint("POST", "/payment-requests", create_request),
    Endpoint("GET", "/payment-requests/:id", get_request),
)
