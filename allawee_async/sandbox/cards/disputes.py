"""Disputes about card authorizations: what a request must hold, what it changes, the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import (
    added,
    fresh,
    given,
    read_reference,
    refused,
    replaced,
    shown,
    stored,
)
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "dsp."
KIND = "dispute"
OPEN, CLOSED = "open", "closed"
REASONS = frozenset({"fraudulent", "duplicate", "value-not-received", "general"})
_CHANGEABLE = ("text", "documents", "user")


def list_disputes(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /disputes`."""
    return answer_list(state.disputes, call.pairs)


def get_dispute(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /disputes/:id`."""
    return shown(state.disputes, call.id, KIND)


def create_dispute(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /disputes`."""
    body = read_body(call.body)
    checks = Checks()
    checks.choice(body, "reason", REASONS)
    read_reference(
        checks, body, "source", state.card_authorizations, "a card authorization", required=True
    )
    _check_changeable(checks, body)
    checks.refuse_if_any()
    document = fresh(state, PREFIX, state.disputes, "dispute")
    document["status"] = OPEN
    document |= given(body, "reason", "source", *_CHANGEABLE)
    return added(state.disputes, document)


def update_dispute(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /disputes/:id`: what is not sent stays as it is."""
    dispute = stored(state.disputes, call.id, KIND)
    body = read_body(call.body)
    checks = Checks()
    _check_changeable(checks, body)
    checks.refuse_if_any()
    _check_open(dispute)
    changed = given(body, *_CHANGEABLE) | {"updatedAt": state.now()}
    return replaced(state.disputes, dispute | changed)


def close_dispute(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /disputes/:id/close`: there is no way back."""
    dispute = stored(state.disputes, call.id, KIND)
    if dispute["status"] == CLOSED:  # a PUT may be sent twice
        return replaced(state.disputes, dispute)
    changed: JsonObject = {"status": CLOSED, "updatedAt": state.now()}
    return replaced(state.disputes, dispute | changed)


def _check_changeable(checks: Checks, body: JsonObject) -> None:
    checks.text(body, "text", required=False)
    checks.texts(body, "documents", required=False)
    checks.text(body, "user", required=False)


def _check_open(dispute: JsonObject) -> None:
    if dispute["status"] != OPEN:
        raise refused("dispute-closed", "This dispute is closed.")


ROUTES = (
    Endpoint("GET", "/disputes", list_disputes),
    Endpoint("POST", "/disputes", create_dispute),
    Endpoint("GET", "/disputes/:id", get_dispute),
    Endpoint("PUT", "/disputes/:id", update_dispute),
    Endpoint("PUT", "/disputes/:id/close", close_dispute),
)
