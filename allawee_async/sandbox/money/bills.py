"""Bill payments: checked, then paid like a payout."""

from __future__ import annotations

from allawee_async.sandbox.api.documents import refuse_double
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, given, part
from allawee_async.sandbox.directory.bills import PRODUCTS, check_inputs, find_product, price_of
from allawee_async.sandbox.money.accounts import funding_account
from allawee_async.sandbox.money.configuration import default_account, default_fee
from allawee_async.sandbox.money.payments import MoneyPlan
from allawee_async.sandbox.money.payouts import start, with_fee
from allawee_async.sandbox.money.rates import NGN, platform_fee


def pay_bill(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/bill`."""
    payment, plan = _read_bill(state, call.body)
    refuse_double(state.payments, payment)
    return start(state, payment, plan)


def validate_bill(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/bill/validate`: what the payment would be; nothing changes."""
    payment, plan = _read_bill(state, call.body)
    told = given(part(part(payment, "methodData"), "billing"), "product", "productName", "inputs")
    told |= given(payment, "amount", "currency", "account") | {"valid": True}
    return success(told | plan.fee_fields())


def _read_bill(state: State, sent: bytes) -> tuple[Document, MoneyPlan]:
    """Return the payment that a request asks for, and how its money moves."""
    with read_body(sent) as body:
        found = find_product(body.fields.get("product"))
        if found is None:
            body.refuse("product", "must be the id of a bill product")
        inputs = body.object("inputs")
        if found is not None and isinstance(body.fields.get("inputs"), dict):
            check_inputs(inputs, found)
        body.common()
        body.reference("customer", state.customers)
        source = body.reference("debitSource", state.accounts)
    product = found or PRODUCTS[0]  # None is refused above
    amount = price_of(product, inputs.fields)
    account = funding_account(state, source or default_account(state, "payOutAccount", NGN), NGN)
    plan = MoneyPlan(takes=amount, platform_fee=platform_fee("billing", amount, NGN))
    billing: Document = {
        "product": product.id, "productName": product.name, "category": product.category,
        "sourceAccountName": account["name"], "inputs": inputs.fields,
    }  # fmt: skip
    payment: Document = {
        **body.given("reference", "customer", "metadata"),
        "amount": amount, "currency": NGN, "type": "bill-payment", "account": account["id"],
        "fundingSource": account["id"], "method": "billing", "methodData": {"billing": billing},
    }  # fmt: skip
    return payment, with_fee(plan, default_fee(state, "billPayment"), amount, NGN)


ROUTES = (
    Endpoint("POST", "/payments/bill", pay_bill),
    Endpoint("POST", "/payments/bill/validate", validate_bill),
)
