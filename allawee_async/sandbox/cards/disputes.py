"""Disputes about card authorizations: opened, described, closed for good."""

from __future__ import annotations

from allawee_async.sandbox.api.documents import changed, created, reads, shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.core.state import State

OPEN, CLOSED = "open", "closed"
REASONS = ("fraudulent", "duplicate", "value-not-received", "general")
_CHANGEABLE = ("text", "documents", "user")


def create_dispute(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /disputes`."""
    with read_body(call.body) as body:
        body.choice("reason", REASONS)
        body.document("source", state.card_authorizations)
        _check_changeable(body)
    fields = body.given("reason", "source", *_CHANGEABLE)
    return created(state, state.disputes, fields | {"status": OPEN})


def update_dispute(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /disputes/:id`: what is not sent stays as it is."""
    dispute = stored(state.disputes, call.id)
    with read_body(call.body) as body:
        _check_changeable(body)
    if dispute["status"] != OPEN:
        raise refused("dispute-closed", "This dispute is closed.")
    return changed(state, state.disputes, dispute, body.given(*_CHANGEABLE))


def close_dispute(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /disputes/:id/close`: there is no way back."""
    dispute = stored(state.disputes, call.id)
    if dispute["status"] == CLOSED:  # a PUT may be sent twice
        return shown(state.disputes, call.id)
    return changed(state, state.disputes, dispute, {"status": CLOSED})


def _check_changeable(body: RequestBody) -> None:
    body.text("text", required=False)
    body.texts("documents", required=False)
    body.text("user", required=False)


ROUTES = (
    *reads("/disputes", lambda state: state.disputes),
    Endpoint("POST", "/disputes", create_dispute),
    Endpoint("PUT", "/disputes/:id", update_dispute),
    Endpoint("PUT", "/disputes/:id/close", close_dispute, scope="disputes:update:status"),
)
