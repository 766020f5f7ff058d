"""What an HTTP answer says: one pure function reads every one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import msgspec

from allawee_async.codec.json import NotJSON, Raw, dumps, field, loads, parts, scanned
from allawee_async.errors import (
    AllaweeError,
    APIError,
    Attempt,
    DecodeError,
    RequestAccepted,
    error_class,
)
from allawee_async.transport.retry import read_http_date, read_retry_after

if TYPE_CHECKING:
    from allawee_async.types import JSONObject, JSONValue

ENVELOPE: Final = frozenset({"code", "data", "metadata", "message", "error", "pagination"})
"""The keys of the envelope that most answers come in."""


_ABSENT: Final = Raw(b"null")


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The usual envelope, which C reads in one go."""

    data: Raw = _ABSENT
    code: Any = None
    metadata: Any = None
    message: Any = None
    error: Any = None
    pagination: Any = None


_USUAL: Final = msgspec.json.Decoder(_Envelope)
_ACCEPTED: Final = 202
_REQUEST_ACCEPTED: Final = "request-accepted"
_MOST_TEXT_KEPT: Final = 2_000


class Answer:
    """What a call was answered.

    Attributes:
        status: The HTTP status.
        request_id: The API's id of the request, if it told one.
        elapsed: Seconds that the attempt took.
        failures: The attempts before it.
    """

    __slots__ = ()
    status: int
    request_id: str | None
    elapsed: float
    failures: tuple[Attempt, ...]

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What was tried, oldest first; the successful attempt is the last."""
        return (*self.failures, self.attempt(None))

    def attempt(self, error: AllaweeError | None) -> Attempt:
        """Return the attempt that led to this answer, and perhaps failed later."""
        return Attempt(
            number=len(self.failures) + 1,
            status=self.status,
            error=None if error is None else f"{type(error).__name__}: {error.message}",
            request_id=self.request_id,
            elapsed=self.elapsed,
            pause=None,
        )


@attrs.define
class Reply(Answer):
    """The answer of a call, read and found good.

    Attributes:
        status: The HTTP status, 200 to 299.
        headers: The headers; names in any case.
        request_id: The API's id of the request, if it told one.
        code: The API's code, `success` in lower case, or None if it sent none.
        raw: What the envelope holds, or the whole body if there is no envelope; None if neither.
            It is JSON text that nobody has read yet, or what it says.
        metadata: The envelope's metadata; of a list `hasMore` and, if asked for, `totalCount`.
        message: What the envelope says in words, if it says something.
        elapsed: Seconds that the successful attempt took.
        failures: The attempts before it.
        model: What a verb returns, if that was read with it; None for `allawee.request`.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    request_id: str | None = None
    code: str | None = None
    raw: Raw | JSONValue = attrs.field(default=None, repr=False)
    metadata: JSONObject = attrs.field(factory=cast("Callable[[], JSONObject]", dict))
    message: str | None = None
    elapsed: float = 0.0
    failures: tuple[Attempt, ...] = ()
    model: object = attrs.field(default=None, repr=False, eq=False)

    @property
    def data(self) -> JSONValue:
        """What the text of `raw` says.

        Raises:
            DecodeError: It cannot be read.
        """
        text = self.raw
        if not isinstance(text, Raw):
            return text
        try:
            value: JSONValue = loads(text)
            self.raw = value
        except NotJSON:
            problem = _not_json(self, text)
        else:
            return value
        raise problem


def read_response(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: Callable[[], float] = time.time,
) -> Reply:
    """Return what an HTTP answer says; this is the only place that looks into one.

    Args:
        status: The HTTP status; it decides the class of an error, never the text.
        headers: The headers, with names in any case.
        body: The whole body.
        now: The wall clock, to which a `Retry-After` date is compared.

    Raises:
        APIError: The status is not 2xx.
        RequestAccepted: 202 with the code `request-accepted`.
        DecodeError: The status is 2xx and the body is not JSON.
    """
    if not 200 <= status <= 299:
        raise _read_error(status, headers, body, now)
    reply = Reply(status, headers, _request_id(headers))
    if not body or body.isspace():
        return reply
    try:
        envelope = _envelope(body)
        if envelope is None:
            reply.raw = loads(body)  # the bare resource
    except NotJSON:
        problem = _not_json(reply, body)
    else:
        if status == _ACCEPTED:
            _refuse_queued(reply, loads(body))
        if envelope is not None:
            _open_envelope(reply, envelope)
            if envelope.data is _ABSENT and reply.code is None:
                reply.raw = loads(body)  # nothing says that this is an envelope
        return reply
    raise problem


def _envelope(body: bytes) -> _Envelope | None:
    """Return an envelope, its data not read yet; None if this is none."""
    try:
        return _USUAL.decode(body)
    except (ValueError, RecursionError):
        pass
    found = _fields(body)
    if not isinstance(found, dict) or not found.keys() <= ENVELOPE:
        return None
    fields = cast("dict[str, Raw]", found)
    read: Any = {name: text if name == "data" else loads(text) for name, text in fields.items()}
    return _Envelope(**read)


def _fields(body: bytes) -> Any:
    try:
        return parts(body)
    except NotJSON:
        found = scanned(body)
        if isinstance(found, dict) and bytes(found.get("data", b"")).lstrip()[:1] == b"[":
            return found  # one of the records of the list is no JSON: it alone is refused
        raise


def check_subject(reply: Reply, expected: tuple[str, str] | None) -> None:
    """Refuse an answer that is about something else than was asked for.

    Args:
        reply: The answer.
        expected: The field that says what it is about, and what it must hold; None checks nothing.
            An id of another kind is none of it: an action may answer with what came of it.

    Raises:
        DecodeError: It holds another text there.
    """
    if expected is None:
        return
    name, value = expected
    if getattr(reply.model, name, None) == value:
        return
    data = reply.raw
    found: object = None
    if isinstance(data, Raw):
        try:
            found = field(data, name)
        except NotJSON:
            data = reply.data  # which says so if it is no JSON
    if isinstance(data, dict):
        found = data.get(name)
    if not isinstance(found, str) or found == value:
        return
    if name == "reference" or _kind_of(found) == _kind_of(value):
        raise DecodeError(
            f"the answer is about another object than the request: its {name} is {found}, "
            f"not {value}",
            path=f"data.{name}",
            status=reply.status,
            request_id=reply.request_id,
        )


def _kind_of(subject: str) -> str:
    """Return what is before the last dot of an id: `c` of `c.2tXPDv41Ri2qewJXL`, a card."""
    return subject.rpartition(".")[0]


def _request_id(headers: Mapping[str, str]) -> str | None:
    request_id = headers.get("x-request-id")
    if request_id is None or (request_id.isascii() and request_id.isprintable()):
        return request_id
    return None  # bytes that are no id could not even be printed


def _open_envelope(reply: Reply, envelope: _Envelope) -> None:
    message, metadata, older = envelope.message, envelope.metadata, envelope.pagination
    reply.code = _code(envelope.code)
    reply.message = message if isinstance(message, str) else None
    reply.raw = None if envelope.data is _ABSENT else envelope.data
    if isinstance(metadata, dict):
        reply.metadata = cast("JSONObject", metadata)
    elif isinstance(older, dict):
        # the older documents: `count` is the number of all entries, `lastId` the cursor
        told = cast("JSONObject", older)
        reply.metadata = {"totalCount": told.get("count"), "lastId": told.get("lastId")}


def _refuse_queued(reply: Reply, document: JSONValue) -> None:
    facts = document if isinstance(document, dict) else {}
    if (_code(facts.get("code")) or "").lower() != _REQUEST_ACCEPTED:
        return
    raise RequestAccepted(
        _message(facts) or "the API queued the request and has not processed it yet",
        request_id=reply.request_id,
        code=_inner(facts, "code") or _REQUEST_ACCEPTED,
        body=facts,
    )


def _not_json(reply: Reply, text: bytes | Raw) -> DecodeError:
    kind = reply.headers.get("content-type", "no content type")
    body = bytes(text)
    return DecodeError(
        f"the body of a {reply.status} answer is not JSON, or is cut off "
        f"({kind}, {len(body)} bytes)",
        body=_text(body),
        status=reply.status,
        request_id=reply.request_id,
    )


def _read_error(
    status: int, headers: Mapping[str, str], body: bytes, now: Callable[[], float]
) -> APIError:
    try:
        document: JSONValue = loads(body)
    except NotJSON:
        document = _text(body)
    facts = document if isinstance(document, dict) else {}
    # a date of the server's is measured by its own clock, if it tells the time
    present = read_http_date(headers.get("date", ""))
    return error_class(status)(
        _message(facts) or _reason(status),
        status=status,
        code=_code(facts.get("code")) or _inner(facts, "code"),
        details=_details(facts),
        request_id=_request_id(headers),
        body=document,
        retry_after=read_retry_after(headers.get("retry-after"), present or now()),
    )


def error_from(status: int, body: JSONValue) -> APIError:
    """Return the error of an answer that was recorded elsewhere (a queued request's attempt)."""
    return _read_error(status, {}, dumps(body), lambda: 0.0)


def _code(code: object) -> str | None:
    if not isinstance(code, str):
        return None
    return "success" if code.lower() == "success" else code


def _inner(document: JSONObject, name: str) -> str | None:
    error = document.get("error")
    value = error.get(name) if isinstance(error, dict) else None
    return value if isinstance(value, str) else None


def _details(document: JSONObject) -> tuple[str, ...]:
    message = document.get("message")
    if not isinstance(message, list):
        return ()
    return tuple(text if isinstance(text, str) else dumps(text).decode() for text in message)


def _message(document: JSONObject) -> str | None:
    """Find the message, wherever the documents put one."""
    message = document.get("message")
    if isinstance(message, str) and message:
        return message
    error = document.get("error")
    return (
        "; ".join(_details(document))
        or (error if isinstance(error, str) else None)
        or _inner(document, "message")
    )


def _reason(status: int) -> str:
    if 300 <= status <= 399:
        return "the server answered with a redirect, which is not followed"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "the server answered with an unknown status"


def _text(body: bytes) -> str:
    return body[:_MOST_TEXT_KEPT].decode("utf-8", "replace")
