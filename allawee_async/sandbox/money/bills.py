"""Bills: which can be paid, what each wants to know, and payments of them, made like payouts."""

from __future__ import annotations

from typing import NamedTuple

from allawee_async.sandbox.api.documents import catalogue, fixed, refuse_double
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import NGN, Document, Json, given, to_bytes
from allawee_async.sandbox.money.accounts import funding_account
from allawee_async.sandbox.money.configuration import default_account, default_fee
from allawee_async.sandbox.money.payments import MoneyPlan
from allawee_async.sandbox.money.payouts import new_payment, start

_MOST_DIGITS = 12


class BillInput(NamedTuple):
    """One input: its name, and how many digits it has; none for any text."""

    name: str
    label: str
    digits: tuple[int, int] | None = None


class ListedProduct(NamedTuple):
    """Something to pay for: at a price, or for an amount among the inputs."""

    id: str
    name: str
    category: str
    inputs: tuple[BillInput, ...]
    price: int | None = None

    def shown(self) -> bytes:
        """Return the product as answers show it."""
        inputs: list[Json] = [
            {"name": name, "label": label, "type": "string", "required": True}
            for name, label, _ in self.inputs
        ]
        return to_bytes({
            "id": self.id, "object": "bill.product", "name": self.name, "category": self.category,
            "currency": NGN, "amount": self.price, "inputs": inputs,
        })  # fmt: skip


_AMOUNT = BillInput("amount", "Amount in kobo", (1, _MOST_DIGITS))
_PHONE = BillInput("phoneNumber", "Phone number", (11, 11))
_METER = BillInput("meterNumber", "Meter number", (11, 13))
_CARD = BillInput("smartCardNumber", "Smart card number", (10, 11))

CATEGORIES: tuple[tuple[str, str], ...] = (
    ("airtime", "Airtime"),
    ("data", "Mobile data"),
    ("electricity", "Electricity"),
    ("television", "Television"),
)
PRODUCTS = (
    ListedProduct("bp.2cbc123456", "MTN airtime", "airtime", (_PHONE, _AMOUNT)),
    ListedProduct("bp.2cbc123457", "Airtel airtime", "airtime", (_PHONE, _AMOUNT)),
    ListedProduct("bp.2cbc123458", "Glo airtime", "airtime", (_PHONE, _AMOUNT)),
    ListedProduct("bp.2cbc123459", "MTN 1 GB, 7 days", "data", (_PHONE,), 80_000),
    ListedProduct("bp.2cbc123460", "Airtel 10 GB, 30 days", "data", (_PHONE,), 400_000),
    ListedProduct("bp.2cbc123461", "Eko Electricity, prepaid", "electricity", (_METER, _AMOUNT)),
    ListedProduct("bp.2cbc123462", "Ikeja Electric, prepaid", "electricity", (_METER, _AMOUNT)),
    ListedProduct("bp.2cbc123463", "DStv Compact, 1 month", "television", (_CARD,), 1_900_000),
    ListedProduct("bp.2cbc123464", "GOtv Jolli, 1 month", "television", (_CARD,), 580_000),
)


def pay_bill(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/bill`."""
    payment = _read_bill(state, call.body)
    refuse_double(state.payments, payment)
    return start(state, payment)


def validate_bill(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/bill/validate`: what the payment would be; nothing changes."""
    payment = _read_bill(state, call.body)
    told = given(payment["methodData"]["billing"], "product", "productName", "inputs")
    told |= given(payment, "amount", "currency", "account", "fees", "feeBreakdown")
    return success(told | {"valid": True})


def _read_bill(state: State, sent: bytes) -> Document:
    """Return the payment that a request asks for."""
    with read_body(sent) as body:
        found = next((one for one in PRODUCTS if one.id == body.fields.get("product")), None)
        if found is None:
            body.refuse("product", "must be the id of a bill product")
        inputs = body.object("inputs")
        if found is not None and isinstance(body.fields.get("inputs"), dict):
            _check_inputs(inputs, found)
        body.common()
        body.reference("customer", state.customers)
        source = body.reference("debitSource", state.accounts)
    product = found or PRODUCTS[0]  # None is refused above
    amount = product.price or int(str(inputs.fields[_AMOUNT.name]))
    account = funding_account(state, source or default_account(state, "payOutAccount", NGN), NGN)
    data: Document = {
        "product": product.id, "productName": product.name, "category": product.category,
        "inputs": inputs.fields,
    }  # fmt: skip
    planned, fee = (MoneyPlan(takes=amount), data), default_fee(state, "billPayment")
    return new_payment(body, account, planned, fee, {
        "amount": amount, "currency": NGN, "type": "bill-payment", "method": "billing",
    })  # fmt: skip


def _check_inputs(inputs: RequestBody, product: ListedProduct) -> None:
    """Check that the inputs of a bill are those that its product wants."""
    for name, _, digits in product.inputs:
        text = inputs.text(name)
        if digits is None or not text.strip():
            continue
        least, most = digits
        if not (text.isascii() and text.isdecimal() and least <= len(text) <= most):
            wanted = str(least) if least == most else f"{least} to {most}"
            inputs.refuse(name, f"must have {wanted} digits")
    amount = inputs.fields.get(_AMOUNT.name)
    if product.price is None and isinstance(amount, str) and amount and not amount.strip("0"):
        inputs.refuse(_AMOUNT.name, "must not be less than 1")


ROUTES = (
    fixed(
        "/tools/bills/categories",
        (to_bytes({"id": name, "name": title}) for name, title in CATEGORIES),
    ),
    *catalogue("/tools/bills/products", "bill product", {one.id: one.shown() for one in PRODUCTS}),
    Endpoint("POST", "/payments/bill", pay_bill),
    Endpoint("POST", "/payments/bill/validate", validate_bill),
)
