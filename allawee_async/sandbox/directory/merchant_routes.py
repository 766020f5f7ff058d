"""Merchants over HTTP: all of them, one, and the categories that spending controls know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import unknown
from allawee_async.sandbox.api.messages import success, success_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.core.values import to_bytes
from allawee_async.sandbox.directory.merchants import CATEGORIES, MERCHANTS, Merchant, categories_of

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject


def list_merchants(_state: State, _call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/merchants`."""
    return success_list([to_bytes(_shown(merchant)) for merchant in MERCHANTS], has_more=False)


def get_merchant(_state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/merchants/:id`."""
    for merchant in MERCHANTS:
        if merchant.id == call.id:
            return success(to_bytes(_shown(merchant)))
    raise unknown(call.id, "merchant")


def list_categories(_state: State, _call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/merchants/categories`."""
    shown = [to_bytes({"id": name, "name": title}) for name, title, _ in CATEGORIES]
    return success_list(shown, has_more=False)


def _shown(merchant: Merchant) -> JsonObject:
    return {
        "id": merchant.id, "object": "merchant", "name": merchant.name, "mcc": merchant.mcc,
        "categories": [*sorted(categories_of(merchant.mcc))],
    }  # fmt: skip


ROUTES = (
    Endpoint("GET", "/tools/merchants", list_merchants),
    Endpoint("GET", "/tools/merchants/categories", list_categories),
    Endpoint("GET", "/tools/merchants/:id", get_merchant),
)
