"""What bills can be paid: categories, products, and the inputs that each product wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from allawee_async.sandbox.money.rates import NGN

if TYPE_CHECKING:
    from allawee_async.sandbox.api.validation import Checks
    from allawee_async.sandbox.core.values import Json, JsonObject

_MOST_DIGITS = 12


class Input(NamedTuple):
    """One input: its name, and how many digits it has; none for any text."""

    name: str
    label: str
    digits: tuple[int, int] | None = None


class Product(NamedTuple):
    """Something to pay for: at a price, or for an amount among the inputs."""

    id: str
    name: str
    category: str
    inputs: tuple[Input, ...]
    price: int | None = None

    def shown(self) -> JsonObject:
        """Return the product as answers show it."""
        inputs: list[Json] = [
            {"name": name, "label": label, "type": "string", "required": True}
            for name, label, _ in self.inputs
        ]
        return {
            "id": self.id, "object": "bill.product", "name": self.name, "category": self.category,
            "currency": NGN, "amount": self.price, "inputs": inputs,
        }  # fmt: skip


_AMOUNT = Input("amount", "Amount in kobo", (1, _MOST_DIGITS))
_PHONE = Input("phoneNumber", "Phone number", (11, 11))
_METER = Input("meterNumber", "Meter number", (11, 13))
_CARD = Input("smartCardNumber", "Smart card number", (10, 11))

CATEGORIES: tuple[tuple[str, str], ...] = (
    ("airtime", "Airtime"),
    ("data", "Mobile data"),
    ("electricity", "Electricity"),
    ("television", "Television"),
)
PRODUCTS = (
    Product("bp.2cbc123456", "MTN airtime", "airtime", (_PHONE, _AMOUNT)),
    Product("bp.2cbc123457", "Airtel airtime", "airtime", (_PHONE, _AMOUNT)),
    Product("bp.2cbc123458", "Glo airtime", "airtime", (_PHONE, _AMOUNT)),
    Product("bp.2cbc123459", "MTN 1 GB, 7 days", "data", (_PHONE,), 80_000),
    Product("bp.2cbc123460", "Airtel 10 GB, 30 days", "data", (_PHONE,), 400_000),
    Product("bp.2cbc123461", "Eko Electricity, prepaid", "electricity", (_METER, _AMOUNT)),
    Product("bp.2cbc123462", "Ikeja Electric, prepaid", "electricity", (_METER, _AMOUNT)),
    Product("bp.2cbc123463", "DStv Compact, 1 month", "television", (_CARD,), 1_900_000),
    Product("bp.2cbc123464", "GOtv Jolli, 1 month", "television", (_CARD,), 580_000),
)
_BY_ID = {product.id: product for product in PRODUCTS}


def find_product(id: object) -> Product | None:
    """Return the product with an id, or None."""
    return _BY_ID.get(id) if isinstance(id, str) else None


def check_inputs(checks: Checks, product: Product, inputs: JsonObject) -> None:
    """Check that the inputs of a bill are those that its product wants."""
    for name, _, digits in product.inputs:
        before = len(checks.messages)
        checks.text(inputs, name, "inputs.")
        text = inputs.get(name)
        if digits is None or len(checks.messages) > before or not isinstance(text, str):
            continue
        least, most = digits
        if not (text.isascii() and text.isdecimal() and least <= len(text) <= most):
            wanted = str(least) if least == most else f"{least} to {most}"
            checks.messages.append(f"inputs.{name} must have {wanted} digits")
    amount = inputs.get(_AMOUNT.name)
    if product.price is None and isinstance(amount, str) and amount and not amount.strip("0"):
        checks.messages.append("inputs.amount must not be less than 1")


def price_of(product: Product, inputs: JsonObject) -> int:
    """Return what a bill costs, in minor units; its inputs have been checked."""
    return int(str(inputs[_AMOUNT.name])) if product.price is None else product.price
