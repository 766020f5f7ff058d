"""Merchants and their categories, as spending controls name them, and the routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from allawee_async.sandbox.api.documents import catalogue, fixed
from allawee_async.sandbox.core.values import to_bytes


class ListedCategory(NamedTuple):
    """A kind of merchant: its name in spending controls, and the codes that belong to it."""

    name: str
    title: str
    codes: str


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


CATEGORIES = (
    ListedCategory("airlines", "Airlines", "3000-3299, 4511"),
    ListedCategory("betting", "Betting and gambling", "7800-7802, 7995"),
    ListedCategory("digital-goods", "Digital goods", "5815-5818"),
    ListedCategory("education", "Education", "8211-8299"),
    ListedCategory("flight-ticket", "Flight tickets", "4511, 4722"),
    ListedCategory("fuel", "Fuel", "5541-5542"),
    ListedCategory("groceries", "Groceries", "5411, 5422, 5441, 5451, 5462, 5499"),
    ListedCategory("hospitality", "Hotels and restaurants", "3501-3999, 5811-5814, 7011"),
    ListedCategory("transport", "Transport", "4111-4112, 4121, 4131"),
    ListedCategory("utilities", "Telephone, power, water", "4812, 4814, 4899-4900"),
)
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
    """Return the names of the categories that a code of four digits belongs to."""
    return frozenset(one.name for one in CATEGORIES if covers([one.codes], mcc))


def covers(entries: Iterable[str], mcc: str | None) -> bool:
    """Return whether a code of four digits is in one of some lists such as `4511, 7800-7802`."""
    ranges = (code.strip().partition("-") for code in ",".join(entries).split(","))
    return mcc is not None and any(first <= mcc <= (last or first) for first, _, last in ranges)


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
