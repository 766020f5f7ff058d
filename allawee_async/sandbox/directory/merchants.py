"""Merchants and their categories, as spending controls name them, and the routes."""

from __future__ import annotations

from typing import NamedTuple

from allawee_async.sandbox.api.documents import catalogue, fixed
from allawee_async.sandbox.core.values import to_bytes


class ListedCategory(NamedTuple):
    """A kind of merchant: its name in spending controls, and the codes that belong to it."""

    name: str
    title: str
    codes: tuple[range, ...]


class ListedMerchant(NamedTuple):
    """A merchant; purchases are known to be from it by the start of their descriptor."""

    id: str
    name: str
    mcc: str

    def shown(self) -> bytes:
        """Return the merchant as answers show it."""
        categories = sorted(categories_of(self.mcc))
        return to_bytes({
            "id": self.id, "object": "merchant", "name": self.name, "mcc": self.mcc,
            "categories": [*categories],
        })  # fmt: skip


def _code(*codes: int) -> tuple[range, ...]:
    return tuple(range(code, code + 1) for code in codes)


CATEGORIES = (
    ListedCategory("airlines", "Airlines", (range(3000, 3300), range(4511, 4512))),
    ListedCategory("betting", "Betting and gambling", _code(7800, 7801, 7802, 7995)),
    ListedCategory("digital-goods", "Digital goods", (range(5815, 5819),)),
    ListedCategory("education", "Education", (range(8211, 8300),)),
    ListedCategory("flight-ticket", "Flight tickets", _code(4511, 4722)),
    ListedCategory("fuel", "Fuel", _code(5541, 5542)),
    ListedCategory("groceries", "Groceries", _code(5411, 5422, 5441, 5451, 5462, 5499)),
    ListedCategory("hospitality", "Hotels and restaurants", (
        range(3501, 4000), range(5811, 5815), range(7011, 7012),
    )),
    ListedCategory("transport", "Transport", _code(4111, 4112, 4121, 4131)),
    ListedCategory("utilities", "Telephone, power, water", _code(4812, 4814, 4899, 4900)),
)  # fmt: skip
MERCHANTS = (
    ListedMerchant("mch.2cbc123456", "Air Peace", "4511"),
    ListedMerchant("mch.2cbc123457", "Bet9ja", "7995"),
    ListedMerchant("mch.2cbc123458", "Bolt", "4121"),
    ListedMerchant("mch.2cbc123459", "Chicken Republic", "5814"),
    ListedMerchant("mch.2cbc123460", "Eko Hotel", "7011"),
    ListedMerchant("mch.2cbc123461", "MTN Nigeria", "4814"),
    ListedMerchant("mch.2cbc123462", "Netflix", "5815"),
    ListedMerchant("mch.2cbc123463", "NNPC Retail", "5541"),
    ListedMerchant("mch.2cbc123464", "Shoprite", "5411"),
    ListedMerchant("mch.2cbc123465", "Wakanow", "4722"),
)


def categories_of(mcc: str | None) -> frozenset[str]:
    """Return the names of the categories that a merchant category code belongs to."""
    if mcc is None or not (mcc.isascii() and mcc.isdecimal()):
        return frozenset()
    code = int(mcc)
    return frozenset(
        category.name for category in CATEGORIES if any(code in codes for codes in category.codes)
    )


def merchants_named(descriptor: str | None) -> frozenset[str]:
    """Return the ids of the merchants that a descriptor, such as `Netflix Lagos`, begins with."""
    text = (descriptor or "").strip().casefold()
    return frozenset(
        merchant.id for merchant in MERCHANTS if text.startswith(merchant.name.casefold())
    )


ROUTES = (
    *catalogue("/tools/merchants", "merchant", {one.id: one.shown() for one in MERCHANTS}),
    fixed(
        "/tools/merchants/categories",
        (to_bytes({"id": name, "name": title}) for name, title, _ in CATEGORIES),
    ),
)
