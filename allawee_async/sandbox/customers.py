"""Customers: what a request must hold, what it changes, and the routes."""

from __future__ import annotations

from collections.abc import Mapping

from allawee_async.sandbox.api.documents import (
    changed,
    created,
    fresh,
    reads,
    refuse_double,
    stored,
)
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, Json

TIERS = ("tier-1", "tier-2", "tier-3")
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


def create_customer(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /customers`."""
    sent = _read_customer(state, call, own="")
    return created(state, state.customers, _new() | sent)


def update_customer(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /customers/:id`: the body takes the place of what was sent before."""
    customer = stored(state.customers, call.id)
    sent = _read_customer(state, call, own=customer["id"])
    return changed(state, state.customers, customer, sent)


def complete_document(state: State, fields: Mapping[str, Json]) -> Document:
    """Return a customer as it is stored, with defaults for the fields that are not given.

    Nothing is checked, so that tests can plant customers that the API would not take.
    """
    new = fresh(state, state.customers)
    return {**_new(), "reference": f"reference-of-{new['id']}", **new, **fields}


def _new() -> Document:
    """Return what a customer is without anything that was sent."""
    return {
        "name": "Ada Obi", "type": "individual", "status": "active", "claims": {},
        "verifications": [], "metadata": {},
    }  # fmt: skip


def _read_customer(state: State, call: ApiRequest, *, own: str) -> Document:
    """Return the fields of a customer that a request sets."""
    with read_body(call.body) as body:
        body.text("name")
        body.text("reference")
        body.choice("type", ("individual", "business"))
        claims = body.object("claims")
        for section, fields in _SECTIONS.items():
            inner = claims.object(section, required=False)
            for field in fields:
                inner.text(field, required=False)
        claims.texts("businessDirectors", required=False, or_objects=True)
        tiers = body.texts("verifications", required=False, allowed=TIERS)
        body.object("metadata", required=False)
    refuse_double(state.customers, body.fields, own=own)
    sent = body.given("name", "reference", "type", "claims", "metadata")
    if body.given("verifications"):
        sent["verifications"] = [{"type": tier, "status": "verified"} for tier in tiers]
    return sent


ROUTES = (
    *reads("/customers", lambda state: state.customers),
    Endpoint("POST", "/customers", create_customer),
    Endpoint("PUT", "/customers/:id", update_customer),
)
