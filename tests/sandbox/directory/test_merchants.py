"""Merchants, their categories, and how purchases tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.directory.merchants import categories_of, merchants_named

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller


async def test_merchants_and_their_categories(allawee: Caller) -> None:
    merchants = (await allawee.get("/tools/merchants")).json["data"]
    categories = (await allawee.get("/tools/merchants/categories")).json["data"]
    one = await allawee.get("/tools/merchants/mch.2cbc123456")

    assert one.json["data"] in merchants
    known = {category["id"] for category in categories}
    assert {"airlines", "flight-ticket", "betting", "hospitality"} <= known
    assert all(known.issuperset(merchant["categories"]) for merchant in merchants)
    assert (await allawee.get("/tools/merchants/mch.none")).status == 404


def test_purchases_are_told_by_code_and_descriptor() -> None:
    assert categories_of("4511") == {"airlines", "flight-ticket"}
    assert categories_of(None) == categories_of("45x1") == categories_of("0001") == frozenset()
    assert merchants_named(" netflix LAGOS") == {"mch.2cbc123462"}
    assert merchants_named(None) == merchants_named("Nobody") == frozenset()
