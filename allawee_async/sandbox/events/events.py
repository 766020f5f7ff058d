"""Events: what was sent to webhooks, each attempt and its answer, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import RefusalError, failure, success
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.events import queue as outbox

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject


def list_events(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /events`."""
    return answer_list(state.events, call.pairs)


def get_event(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /events/:id`."""
    return _shown(state, str(_stored(state, call.id)["id"]))


def retry_event(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /events/:id/retry`: it goes out again, to the webhook that gets it now."""
    event = _stored(state, call.id)
    outbox.send_again(state, event)
    return _shown(state, call.id)


def _stored(state: State, id: str) -> JsonObject:
    event = state.events.get(id)
    if event is None:
        raise RefusalError(failure(404, "not-found", f"No event has the id {id[:64]!r}."))
    return event


def _shown(state: State, id: str) -> ApiResponse:
    return success(state.events.shown_at(state.events.position_of(id) or 0))


ROUTES = (
    Endpoint("GET", "/events", list_events),
    Endpoint("GET", "/events/:id", get_event),
    Endpoint("POST", "/events/:id/retry", retry_event),
)
