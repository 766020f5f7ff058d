"""The log of calls, and the requests that guaranteed processing has queued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import ApiResponse, RefusalError, failure
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest
    from allawee_async.sandbox.core.state import State


def list_requests(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /requests`."""
    return answer_list(state.calls.records(state.queued), call.pairs)


def get_request(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /requests/:id` with the bare record, as the documents print it."""
    records = state.calls.records(state.queued)
    position = records.position_of(call.id)
    if position is None:
        message = f"No request has the id {call.id[:64]!r}."
        raise RefusalError(failure(404, "not-found", message))
    return ApiResponse(200, records.shown_at(position))


ROUTES = (
    Endpoint("GET", "/requests", list_requests),
    Endpoint("GET", "/requests/:id", get_request),
)
