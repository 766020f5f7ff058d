"""Guaranteed processing: following a request that the API queued until it has an outcome."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from allawee_async.codec.json import dumps
from allawee_async.errors import (
    AllaweeError,
    ConfigurationError,
    DecodeError,
    RequestAccepted,
    RequestTimeoutError,
)
from allawee_async.redaction import mask
from allawee_async.transport.request import Request
from allawee_async.transport.response import Reply, check_subject, error_from, read_response
from allawee_async.transport.retry import MAY_HAVE_TAKEN_EFFECT, outcome_of
from allawee_async.transport.retry_state import without_secrets
from allawee_async.transport.routes import Route

if TYPE_CHECKING:
    from allawee_async.models.requests import RequestRecord
    from allawee_async.transport.session import SessionManager

R = TypeVar("R")

_GET: Final = Route("GET", "/requests/:id")
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0
_GROWTH: Final = 1.5
_TIME_OF_LAST_LOOK: Final = 1.0


async def outcome_of_accepted(
    accepted: RequestAccepted, request: Request, session: SessionManager, read: Callable[[Reply], R]
) -> R:
    """Raise `accepted`, ready to be waited for; or wait at once, if the session's options say so.

    The request itself is never sent again: what is waited for is the API's record of it.

    Args:
        accepted: The outcome "queued".
        request: The request that was queued.
        session: Where it was sent.
        read: Makes the call's own result of a good answer.

    Returns:
        What the call itself would have returned.

    Raises:
        RequestAccepted: The session's options do not say to wait.
        AllaweeError: As `RequestAccepted.wait`.
    """

    async def wait(timeout: float | None) -> R:  # noqa: ASYNC109 - polling, not one await
        try:
            record = await _finished_record(accepted, session, timeout)
            return read(_last_reply(record, accepted, request))
        except AllaweeError as error:
            if not request.confidential:
                raise
            raise without_secrets(error, request).with_traceback(None) from None

    accepted.attach(wait)
    if not session.wait_for_accepted:
        raise accepted
    return await wait(session.wait_for_accepted)


async def _finished_record(
    accepted: RequestAccepted,
    session: SessionManager,
    timeout: float | None,  # noqa: ASYNC109
) -> RequestRecord:
    if accepted.request_id is None:
        raise ConfigurationError("the API told no request id, so the request cannot be followed")
    if timeout == inf:
        timeout = None
    clock = session.clock
    started, pause = clock.monotonic(), _FIRST_PAUSE
    left = timeout
    while True:
        try:
            record = await _record(accepted.request_id, session, left)
        except AllaweeError as error:
            raise _about(error, accepted) from error.__cause__
        if record.status in ("completed", "cancelled"):
            return record
        if timeout is not None:
            left = timeout - (clock.monotonic() - started)
            if left <= 0:
                too_late = RequestTimeoutError(
                    f"request {accepted.request_id} is still queued; it may yet be processed, "
                    "so wait again"
                )
                raise _about(too_late, accepted)
        await clock.sleep(pause if left is None else min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


async def _record(request_id: str, session: SessionManager, left: float | None) -> RequestRecord:
    """Read the record of a request, within the seconds that are left."""
    from allawee_async.codec.converter import decode
    from allawee_async.models.requests import RequestRecord

    if left is not None:
        deadline = max(left, _TIME_OF_LAST_LOOK)
        if session.retry.deadline is None or deadline < session.retry.deadline:
            session = session.with_options(retry=attrs.evolve(session.retry, deadline=deadline))
    request = Request(method=_GET.method, path=_GET.path(request_id), resend=_GET.resend)
    return decode((await session.send(request)).data, RequestRecord)


def _about(
    error: AllaweeError, accepted: RequestAccepted, *, is_unknown: bool = True
) -> AllaweeError:
    """Return an error, which now tells of the request that was waited for, not of the waiting."""
    error.outcome_unknown = is_unknown
    error.request_id = accepted.request_id
    error.method = error.method or accepted.method
    return error


def _last_reply(record: RequestRecord, accepted: RequestAccepted, request: Request) -> Reply:
    """Return the answer of the last attempt, or raise its error: completed may mean failed."""
    if record.status == "cancelled":
        cancelled = f"request {accepted.request_id} was cancelled before it was processed"
        raise _about(AllaweeError(cancelled), accepted, is_unknown=False)
    last = record.attempts[-1] if record.attempts else None
    if last is None or last.status_code is None:
        unclear = DecodeError("expected the status of an attempt", path="attempts[-1].statusCode")
        raise _about(unclear, accepted)
    if not 200 <= last.status_code <= 299:
        error = error_from(last.status_code, last.response_body)
        error.path = mask(record.path or "")
        raise _about(error, accepted, is_unknown=outcome_of(error) in MAY_HAVE_TAKEN_EFFECT)
    try:
        reply = read_response(last.status_code, {}, dumps(last.response_body))
        check_subject(reply, request.expected)
    except DecodeError as error:
        raise _about(error, accepted) from None
    except RequestAccepted:
        unclear = DecodeError("expected an outcome, found a request that is still queued")
        raise _about(unclear, accepted) from None
    reply.request_id = accepted.request_id
    return reply
