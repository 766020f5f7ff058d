"""What goes over the wire and what comes back, without sending anything: routes and replies."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

import attrs
import orjson

from allawee_async.encoding import write
from allawee_async.errors import (
    APIError,
    ConfigurationError,
    DecodeError,
    RequestAccepted,
    error_class,
)
from allawee_async.names import camel
from allawee_async.retry import Attempt, read_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from allawee_async.types import JSONObject, JSONValue

ENVELOPE: Final = frozenset({"code", "data", "metadata", "message", "error", "pagination"})
"""The keys of the envelope that most answers come in."""

_ACCEPTED: Final = 202
_MOST_TEXT_KEPT: Final = 2_000
_DOTS: Final = frozenset({"", ".", ".."})
_SENT_TWICE_SAFELY: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def may_resend(method: str) -> bool:
    """Return whether a request may be sent again by its method alone (RFC 9110, 9.2.2)."""
    return method in _SENT_TWICE_SAFELY


@attrs.frozen
class Route:
    """One endpoint: what the library has to know of it, in one place.

    Attributes:
        method: The HTTP method.
        template: The path; a part with a colon is a parameter (`/customers/:id`).
        secure: Whether it lives on the host for card numbers and PINs.
        resend: Whether sending it twice does no harm.
    """

    method: str
    template: str
    secure: bool = attrs.field(default=False, kw_only=True)
    resend: bool = attrs.field(
        default=attrs.Factory(lambda route: may_resend(route.method), takes_self=True),
        kw_only=True,
    )

    def path(self, *values: str) -> str:
        """Return the path with its parameters filled in, each encoded as one segment.

        Raises:
            ConfigurationError: A parameter is empty or would lead to another path.
        """
        if not values:
            return self.template
        given = iter(values)
        parts = self.template.split("/")
        return "/".join(_segment(next(given)) if part[:1] == ":" else part for part in parts)


def _segment(value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"an id is a text, not {type(value).__name__}")
    if not _DOTS.isdisjoint(value.replace("\\", "/").split("/")):
        raise ConfigurationError("an id is empty or contains '.', '..' or '//' as a path would")
    return quote(value, safe="")


def checked_path(path: str) -> str:
    """Return a path that a caller wrote, encoded; a key must not leave for another host by it.

    Raises:
        ConfigurationError: It is no path below the host.
    """
    if not path.startswith("/") or not _DOTS.isdisjoint(path[1:].replace("\\", "/").split("/")):
        raise ConfigurationError(
            "path must start with one '/' and have no empty parts and no '..': /customers/cus.1"
        )
    if "?" in path or "#" in path:
        raise ConfigurationError("give the query as query={...}, not inside the path")
    return quote(path, safe="/:@!$&'()*+,;=~%")


def query_string(query: Mapping[str, str]) -> str:
    """Return a query string with a leading `?`, or nothing for an empty query."""
    if not query:
        return ""
    return "?" + "&".join([f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query.items()])


def query_texts(query: Mapping[str, object]) -> dict[str, str]:
    """Return a caller's query with every value as text; what is None is left out.

    Raises:
        ConfigurationError: A value has no obvious text.
    """
    texts: dict[str, str] = {}
    for name, value in query.items():
        match written := write(value):
            case None:
                continue
            case bool():
                texts[name] = "true" if written else "false"
            case str() | int() | float():
                texts[name] = str(written)
            case _:
                raise ConfigurationError(f"the query parameter {name} must be a plain value")
    return texts


def body_of(**fields: object) -> JSONObject:
    """Return a request body: wire names, JSON values, without what is None."""
    return {camel(name): write(value) for name, value in fields.items() if value is not None}


@attrs.define(kw_only=True)
class Reply:
    """The answer of a call, read and found good.

    Attributes:
        status: The HTTP status, 200 to 299.
        headers: The headers; names in any case.
        code: The API's code, `success` in lower case, or None if it sent none.
        data: What the envelope holds, or the whole body if there is no envelope; None if neither.
        metadata: The envelope's metadata; of a list `hasMore` and, if asked for, `totalCount`.
        request_id: The API's id of the request, if it told one.
        attempts: What was tried, the successful attempt last.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    code: str | None
    data: JSONValue = attrs.field(repr=False)
    metadata: JSONObject
    request_id: str | None
    attempts: tuple[Attempt, ...] = ()


def read_reply(
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
    request_id = headers.get("x-request-id")
    if not body.strip():
        return _reply(status, headers, None, request_id)
    try:
        document: JSONValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        kind = headers.get("content-type", "no content type")
        raise DecodeError(
            f"the body of a {status} answer is not JSON, or is cut off ({kind}, {len(body)} bytes)",
            body=_text(body),
            status=status,
            request_id=request_id,
        ) from None
    if not isinstance(document, dict):
        return _reply(status, headers, document, request_id)
    return _read_document(status, headers, document, request_id)


def _read_document(
    status: int, headers: Mapping[str, str], document: JSONObject, request_id: str | None
) -> Reply:
    code = _code(document)
    if status == _ACCEPTED and code == "request-accepted":
        raise RequestAccepted(
            _message(document) or "the API queued the request and has not processed it yet",
            request_id=request_id,
            code=_inner(document, "code") or code,
            body=document,
        )
    if not document.keys() <= ENVELOPE or not ("data" in document or code):
        return _reply(status, headers, document, request_id)
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        metadata = _older_metadata(document.get("pagination"))
    data = document.get("data")
    return _reply(status, headers, data, request_id, code=code, metadata=metadata)


def _reply(
    status: int,
    headers: Mapping[str, str],
    data: JSONValue,
    request_id: str | None,
    *,
    code: str | None = None,
    metadata: JSONObject | None = None,
) -> Reply:
    return Reply(
        status=status,
        headers=headers,
        code=code,
        data=data,
        metadata=metadata or {},
        request_id=request_id,
    )


def _older_metadata(pagination: JSONValue) -> JSONObject:
    """Read the paging data of the older documents: `count` is the total, `lastId` the cursor."""
    if not isinstance(pagination, dict):
        return {}
    return {"totalCount": pagination.get("count"), "lastId": pagination.get("lastId")}


def _read_error(
    status: int, headers: Mapping[str, str], body: bytes, now: Callable[[], float]
) -> APIError:
    try:
        document: JSONValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _text(body)
    facts = document if isinstance(document, dict) else {}
    return error_class(status)(
        _message(facts) or _reason(status),
        status=status,
        code=_code(facts) or _inner(facts, "code"),
        details=_details(facts),
        request_id=headers.get("x-request-id"),
        body=document,
        retry_after=read_retry_after(headers.get("retry-after"), now()),
    )


def error_from(status: int, body: JSONValue) -> APIError:
    """Return the error of an answer that was recorded elsewhere (a queued request's attempt)."""
    return _read_error(status, {}, orjson.dumps(body), lambda: 0.0)


def _code(document: JSONObject) -> str | None:
    code = document.get("code")
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
    return tuple(text if isinstance(text, str) else orjson.dumps(text).decode() for text in message)


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


def json_bytes(body: Mapping[str, object]) -> bytes:
    """Return a request body as JSON.

    Raises:
        ConfigurationError: Something in it has no form in JSON.
    """
    try:
        return orjson.dumps(cast("JSONObject", write(body)))
    except TypeError:  # a number that JSON cannot hold
        raise ConfigurationError("the request body holds a number that JSON cannot") from None
