"""Guaranteed processing: requests that fail downstream are queued; and the log of requests.

In the sandbox nothing fails downstream by itself. Five simulated endpoints and two headers play it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import attrs

from allawee_async.sandbox.api.documents import unknown
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, RefusalError, refused
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, Json, from_bytes, to_bytes
from allawee_async.sandbox.requests.calls import Called, attempt, bare
from allawee_async.sandbox.rules.values import QUEUE_SECONDS

JOB = "queued-request"
RETRY, HARD_STOP = "x-grp-force-retry", "x-grp-force-hard-stop"
FLAGS = frozenset({RETRY, HARD_STOP})

_ERROR: Document = {"code": "service-unavailable", "message": "Service temporarily unavailable"}
_ACCEPTED: Document = {
    "code": "request-accepted",
    "message": "Request accepted and will be processed asynchronously",
    "error": _ERROR,
}


def with_queue(routes: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Return endpoints that obey the two headers, and those that simulate a failure downstream."""
    queued = [route for route in routes if route.is_queueable]
    obeying = {route: attrs.evolve(route, handler=partial(_obey, route)) for route in queued}
    simulated = [
        Endpoint(
            "POST", f"/simulation/grp{route.path}", partial(_simulate, route), scope=route.scope
        )
        for route in queued
    ]
    return (*(obeying.get(route, route) for route in routes), *simulated)


def make_job(routes: Iterable[Endpoint]) -> Callable[[State, str], None]:
    """Return the job that does a queued request."""
    return partial(_process, {route.path: route for route in routes if route.is_queueable})


def _obey(route: Endpoint, state: State, call: ApiRequest) -> ApiResponse:
    """Do a request, or play the failure that a header asks for."""
    return _simulate(route, state, call) if call.flags & FLAGS else route.handler(state, call)


def _simulate(route: Endpoint, state: State, call: ApiRequest) -> ApiResponse:
    """Check a request like the real endpoint, then fail downstream: queue it, or say so at once."""
    route.handler(state.trial(), call)  # raises what is wrong with it
    if HARD_STOP in call.flags or not call.key.grp_enabled:
        raise refused(_ERROR["code"], _ERROR["message"], 503)
    return _queue(route, state, call)


def _queue(route: Endpoint, state: State, call: ApiRequest) -> ApiResponse:
    number = call.request_id or state.new_id(state.queued)
    reply = ApiResponse(202, to_bytes(_ACCEPTED), headers={"x-request-id": number})
    called = Called(
        state.clock(), route.method, route.path.replace(":id", call.id), reply.status, number,
        call.key.id, call.address, call.body, reply.body,
    )  # fmt: skip
    job: Document = {
        "route": route.path, "id": call.id, "body": call.body.decode(errors="replace"),
        "failures": 1 if RETRY in call.flags else 0,
    }  # fmt: skip
    state.queued.add({**called.record(), "status": "pending", "job": job})
    state.later(QUEUE_SECONDS, JOB, number)
    return reply


def _process(routes: Mapping[str, Endpoint], state: State, number: str) -> None:
    """Make the next attempt of a queued request."""
    record = state.queued.get(number)
    if record is None or record["job"] is None:
        return
    job: Document = record["job"]
    if not job["failures"]:
        status, body = _run(routes[job["route"]], state, job)
        record |= {"status": "completed", "job": None}
    else:
        status, body = 503, _ERROR
        job["failures"] -= 1
    record["attempts"].append(attempt(status, body, state.now()))
    state.queued.replace(record)
    if record["job"] is not None:
        state.later(QUEUE_SECONDS, JOB, number)
    else:
        told = ("_id", "status", "path", "method", "attempts")
        state.emit("request.completed", {name: record[name] for name in told})


def _run(route: Endpoint, state: State, job: Document) -> tuple[int, Json]:
    """Do the request at last, and return the status and the bare resource, or the error."""
    request = ApiRequest(id=job["id"], body=job["body"].encode())
    try:
        reply = route.handler(state, request)
    except RefusalError as refusal:
        reply = refusal.reply
    return reply.status, bare(from_bytes(reply.body))


def list_requests(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /requests`."""
    return answer_list(state.calls.records(state.queued), call.pairs)


def get_request(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /requests/:id` with the bare record, as the documents print it."""
    records = state.calls.records(state.queued)
    position = records.position_of(call.id)
    if position is None:
        raise unknown(call.id, "request")
    return ApiResponse(200, records.shown_at(position))


ROUTES = (
    Endpoint("GET", "/requests", list_requests),
    Endpoint("GET", "/requests/:id", get_request),
)
