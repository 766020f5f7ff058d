"""Guaranteed processing: following a request that the API queued until it has an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from allawee_async.calls import Call
from allawee_async.errors import (
    AllaweeError,
    ConfigurationError,
    DecodeError,
    RequestAccepted,
    RequestTimeoutError,
)
from allawee_async.replies import error_from
from allawee_async.wire import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.session import SessionManager
    from allawee_async.types import JSONObject, JSONValue

_GET: Final = Route("GET", "/requests/:id")
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0
_GROWTH: Final = 1.5


def follow(
    accepted: RequestAccepted, session: SessionManager, decode: Callable[[JSONValue], object]
) -> None:
    """Make `accepted.wait()` follow the request over a session.

    Args:
        accepted: The outcome "queued".
        session: Where the request was sent.
        decode: Makes the call's own result of the data of a good answer.
    """

    async def wait(timeout: float | None) -> object:  # noqa: ASYNC109 - polling, not one await
        record = await _finished_record(accepted, session, timeout)
        return decode(_result(record, accepted.request_id))

    accepted.attach(wait)


async def _finished_record(
    accepted: RequestAccepted,
    session: SessionManager,
    timeout: float | None,  # noqa: ASYNC109
) -> JSONObject:
    request_id = accepted.request_id
    if request_id is None:
        raise ConfigurationError("the API told no request id, so the request cannot be followed")
    seams = session.seams
    call = Call(method=_GET.method, path=_GET.path(request_id), resend=True)
    started, pause = seams.clock(), _FIRST_PAUSE
    while True:
        data = (await session.send(call)).data
        if not isinstance(data, dict):
            raise DecodeError("expected a request record, found something else", path="data")
        if data.get("status") in ("completed", "cancelled"):
            return data
        left = float("inf") if timeout is None else timeout - (seams.clock() - started)
        if left <= 0:
            raise RequestTimeoutError(
                f"request {request_id} is still queued; it may yet be processed, so wait again"
            )
        await seams.sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def _result(record: JSONObject, request_id: str | None) -> JSONValue:
    """Return the data of the last attempt, or raise its error: completed may mean failed."""
    if record.get("status") == "cancelled":
        raise AllaweeError(f"request {request_id} was cancelled before it was processed")
    attempts = record.get("attempts")
    last = attempts[-1] if isinstance(attempts, list) and attempts else None
    last = last if isinstance(last, dict) else {}
    status, body = last.get("statusCode"), last.get("responseBody")
    if type(status) is not int:
        raise DecodeError("expected the status of an attempt", path="attempts[-1].statusCode")
    if not 200 <= status <= 299:
        raise error_from(status, body)
    return body["data"] if isinstance(body, dict) and {"code", "data"} <= body.keys() else body
