"""Events: what was sent to webhooks, each attempt and its answer, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import RefusalError, failure, success
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Route
from allawee_async.sandbox.events import queue as outbox

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import Call, Reply
    from allawee_async.sandbox.core.jsontypes import JsonObject
    from allawee_async.sandbox.core.state import State


def list_events(state: State, call: Call) -> Reply:
    """Answer `GET /events`."""
    return answer_list(state.events, call.pairs)


def get_event(state: State, call: Call) -> Reply:
    """Answer `GET /events/:id`."""
    return _shown(state, str(_stored(state, call.id)["id"]))


def retry_event(state: State, call: Call) -> Reply:
    """Answer `POST /events/:id/retry`: it goes out again, to the webhook that gets it now."""
    event = _stored(state, call.id)
    outbox.send_again(state, event)
    return _shown(state, call.id)


def _stored(state: State, id: str) -> JsonObject:
    event = state.events.get(id)
    if event is None:
        raise RefusalError(failure(404, "not-found", f"No event has the id {id[:64]!r}."))
    return event


def _shown(state: State, id: str) -> Reply:
    return success(state.events.shown_at(state.events.position_of(id) or 0))


ROUTES = (
    Route("GET", "/events", list_events),
    Route("GET", "/events/:id", get_event),
    Route("POST", "/events/:id/retry", retry_event),
)
