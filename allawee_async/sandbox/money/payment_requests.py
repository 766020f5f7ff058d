"""Payment requests: an account number for one payment of exactly one amount."""

from __future__ import annotations

from allawee_async.sandbox.api.documents import fresh, reads, refuse_double
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, given
from allawee_async.sandbox.money.accounts import funding_account, open_channel
from allawee_async.sandbox.money.configuration import default_account
from allawee_async.sandbox.money.payments import method_field
from allawee_async.sandbox.money.payouts import METHODS


def create_request(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payment-requests`."""
    with read_body(call.body) as body:
        method = body.choice("method", METHODS)
        currency = body.choice("currency", CURRENCIES)
        body.whole("amount", least=1)
        body.common()
        options = body.object("options")
        name = options.text("name")
        options.text("bank", required=False)
        body.reference("customer", state.customers)
        named = body.reference("account", state.accounts)
    refuse_double(state.payment_requests, body.fields)
    named = named or default_account(state, "payInAccount", currency)
    account = funding_account(state, named, currency)
    request = fresh(state, state.payment_requests)
    channel = open_channel(state, state.ids, request, name, request["createdAt"])
    request |= body.given("method", "currency", "amount", "reference", "customer", "metadata")
    shown = given(channel, "accountName", "accountNumber", "bankName", "bankCode", "partner")
    return success(state.payment_requests.add({
        **request,
        "status": "pending", "account": account["id"], "methodData": {method_field(method): shown},
        "options": options.given("name", "bank"),
    }))  # fmt: skip


ROUTES = (
    *reads("/payment-requests", lambda state: state.payment_requests),
    Endpoint("POST", "/payment-requests", create_request),
)
