"""What bills can be paid: categories, products, the inputs that each wants, and the routes."""

from __future__ import annotations

from typing import NamedTuple

from allawee_async.sandbox.api.documents import catalogue, fixed
from allawee_async.sandbox.api.validation import RequestBody
from allawee_async.sandbox.core.values import Document, Json, to_bytes
from allawee_async.sandbox.money.rates import NGN

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
_BY_ID = {product.id: product for product in PRODUCTS}


def find_product(id: object) -> ListedProduct | None:
    """Return the product with an id, or None."""
    return _BY_ID.get(id) if isinstance(id, str) else None


def check_inputs(inputs: RequestBody, product: ListedProduct) -> None:
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


def price_of(product: ListedProduct, inputs: Document) -> int:
    """Return what a bill costs, in minor units; its inputs have been checked."""
    return int(str(inputs[_AMOUNT.name])) if product.price is None else product.price


ROUTES = (
    fixed(
        "/tools/bills/categories",
        (to_bytes({"id": name, "name": title}) for name, title in CATEGORIES),
    ),
    *catalogue("/tools/bills/products", "bill product", {one.id: one.shown() for one in PRODUCTS}),
)
