"""Bill payments: validated, then paid like a payout; and the products to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from allawee_async.sandbox.api.documents import (
    check_common,
    check_reference,
    given,
    read_reference,
    unknown,
)
from allawee_async.sandbox.api.messages import success, success_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.values import JsonObject, to_bytes
from allawee_async.sandbox.directory.bills import (
    CATEGORIES,
    PRODUCTS,
    Product,
    check_inputs,
    find_product,
    price_of,
)
from allawee_async.sandbox.money.accounts import purse
from allawee_async.sandbox.money.configuration import default_account, default_fee
from allawee_async.sandbox.money.payment_flow import Plan, fee_fields
from allawee_async.sandbox.money.payouts import start, with_fee
from allawee_async.sandbox.money.rates import NGN, platform_fee

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State


@attrs.frozen
class Bill:
    """A request that can be carried out: what is paid, from where, and what it costs."""

    body: JsonObject
    product: Product
    inputs: JsonObject
    amount: int
    account: JsonObject
    plan: Plan


def pay_bill(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/bill`."""
    bill = _read_bill(state, call.body)
    check_reference(state.payments, bill.body, "payment")
    product = bill.product
    data: JsonObject = {
        "product": product.id, "productName": product.name, "category": product.category,
        "sourceAccountName": bill.account["name"], "inputs": bill.inputs,
    }  # fmt: skip
    payment: JsonObject = {
        "amount": bill.amount, "currency": NGN, "type": "bill-payment",
        "account": bill.account["id"], "fundingSource": bill.account["id"], "method": "billing",
        "methodData": {"billing": data},
    }  # fmt: skip
    payment |= given(bill.body, "reference", "customer", "metadata")
    return start(state, payment, bill.plan)


def validate_bill(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/bill/validate`: what the payment would be; nothing changes."""
    bill = _read_bill(state, call.body)
    checked: JsonObject = {
        "valid": True, "product": bill.product.id, "productName": bill.product.name,
        "inputs": bill.inputs, "amount": bill.amount, "currency": NGN,
        "account": bill.account["id"],
    }  # fmt: skip
    return success(to_bytes(checked | fee_fields(bill.plan)))


def list_categories(_state: State, _call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/bills/categories`."""
    shown = [to_bytes({"id": name, "name": title}) for name, title in CATEGORIES]
    return success_list(shown, has_more=False)


def list_products(_state: State, _call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/bills/products`."""
    return success_list([to_bytes(product.shown()) for product in PRODUCTS], has_more=False)


def get_product(_state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/bills/products/:id`."""
    product = find_product(call.id)
    if product is None:
        raise unknown(call.id, "bill product")
    return success(to_bytes(product.shown()))


def _read_bill(state: State, body: bytes) -> Bill:
    bill = read_body(body)
    checks = Checks()
    product = find_product(bill.get("product"))
    if product is None:
        checks.messages.append("product must be the id of a bill product")
    inputs = checks.object(bill, "inputs") or {}
    if product is not None and isinstance(bill.get("inputs"), dict):
        check_inputs(checks, product, inputs)
    check_common(checks, bill)
    read_reference(checks, bill, "customer", state.customers, "a customer")
    source = read_reference(checks, bill, "debitSource", state.accounts, "an account")
    checks.refuse_if_any()
    product = product or PRODUCTS[0]
    amount = price_of(product, inputs)
    account = purse(state, source or default_account(state, "payOutAccount", NGN), NGN)
    plan = Plan(takes=amount, platform_fee=platform_fee("billing", amount, NGN))
    plan = with_fee(plan, default_fee(state, "billPayment"), amount, NGN)
    return Bill(bill, product, inputs, amount, account, plan)


ROUTES = (
    Endpoint("POST", "/payments/bill", pay_bill),
    Endpoint("POST", "/payments/bill/validate", validate_bill),
    Endpoint("GET", "/tools/bills/categories", list_categories),
    Endpoint("GET", "/tools/bills/products", list_products),
    Endpoint("GET", "/tools/bills/products/:id", get_product),
)
