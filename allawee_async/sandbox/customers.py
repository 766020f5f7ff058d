"""Customers: what a request must hold, what it changes, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import (
    ApiRequest,
    ApiResponse,
    RefusalError,
    failure,
    success,
)
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.collection import DuplicateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

PREFIX = "cus."
TYPES = frozenset({"individual", "business"})

_ADDRESS = ("city", "state", "countryCode", "addressLineOne", "addressLineTwo", "postalCode")
_IDENTITY = ("type", "id", "url", "issuingCountry")
_SECTIONS: dict[str, tuple[str, ...]] = {
    "individualInformation": (
        "firstName", "lastName", "middleName", "title", "gender", "email", "phoneNumber",
        "dateOfBirth", "nationalityCode",
    ),
    "individualAddress": _ADDRESS,
    "individualIdentity": _IDENTITY,
    "businessInformation": ("registrationName", "phoneNumber", "email"),
    "businessIdentity": _IDENTITY,
    "businessAddress": _ADDRESS,
}  # fmt: skip


def list_customers(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /customers`."""
    return answer_list(state.customers, call.pairs)


def get_customer(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /customers/:id`."""
    position = state.customers.position_of(call.id)
    if position is None:
        raise _unknown(call.id)
    return success(state.customers.shown_at(position))


def create_customer(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /customers`."""
    body = _read_customer(call.body)
    now = state.now()
    document: JsonObject = {
        "name": "", "type": "", "status": "active", "claims": {}, "verifications": [],
        "metadata": {}, "createdAt": now, "updatedAt": now,
        "id": state.new_id(PREFIX, state.customers), "object": "customer",
    }  # fmt: skip
    document |= _sent(body)
    return _store(state, document, is_new=True)


def update_customer(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /customers/:id`: the body takes the place of what was sent before."""
    stored = state.customers.get(call.id)
    if stored is None:
        raise _unknown(call.id)
    body = _read_customer(call.body)
    document = stored | _sent(body) | {"updatedAt": state.now()}
    return _store(state, document, is_new=False)


def complete_document(state: State, fields: Mapping[str, Json]) -> JsonObject:
    """Return a customer as it is stored, with defaults for the fields that are not given.

    Nothing is checked, so that tests can plant customers that the API would not take.
    """
    now = state.now()
    fresh = state.new_id(PREFIX, state.customers)
    defaults: JsonObject = {
        "name": "Ada Obi", "type": "individual", "status": "active", "claims": {},
        "verifications": [], "metadata": {}, "createdAt": now, "updatedAt": now,
        "id": fresh, "object": "customer", "reference": f"reference-of-{fresh}",
    }  # fmt: skip
    return defaults | dict(fields)


def _read_customer(body: bytes) -> JsonObject:
    customer = read_body(body)
    checks = Checks()
    checks.text(customer, "name")
    checks.text(customer, "reference")
    checks.choice(customer, "type", TYPES)
    claims = checks.object(customer, "claims")
    if claims is not None:
        _check_claims(checks, claims)
    checks.texts(customer, "verifications", required=False)
    checks.object(customer, "metadata", required=False)
    checks.refuse_if_any()
    return customer


def _check_claims(checks: Checks, claims: JsonObject) -> None:
    for section, fields in _SECTIONS.items():
        inner = checks.object(claims, section, "claims.", required=False)
        for field in fields if inner is not None else ():
            checks.text(inner or {}, field, f"claims.{section}.", required=False)
    checks.texts(claims, "businessDirectors", "claims.", required=False)


def _sent(body: JsonObject) -> JsonObject:
    """Return the fields of a customer that a request sets."""
    sent = {
        name: body[name]
        for name in ("name", "reference", "type", "claims", "metadata")
        if body.get(name) is not None
    }
    tiers = body.get("verifications")
    if isinstance(tiers, list):
        sent["verifications"] = [{"type": tier, "status": "verified"} for tier in tiers]
    return sent


def _store(state: State, document: JsonObject, *, is_new: bool) -> ApiResponse:
    try:
        position = (state.customers.add if is_new else state.customers.replace)(document)
    except DuplicateError:
        message = "A customer with this reference exists already."
        raise RefusalError(failure(409, "duplicate-reference", message)) from None
    return success(state.customers.shown_at(position))


def _unknown(id: str) -> RefusalError:
    return RefusalError(failure(404, "not-found", f"No customer has the id {id[:64]!r}."))


ROUTES = (
    Endpoint("GET", "/customers", list_customers),
    Endpoint("POST", "/customers", create_customer),
    Endpoint("GET", "/customers/:id", get_customer),
    Endpoint("PUT", "/customers/:id", update_customer),
)
