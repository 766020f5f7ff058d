"""What the sandbox receives and answers, as plain values: envelope and error shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

import attrs

from allawee_async.sandbox.core.keys import Key
from allawee_async.sandbox.core.values import Json, JsonObject, to_bytes
from allawee_async.sandbox.query.parameters import QueryPairs

NO_KEY = Key("")
JSON_TYPE = "application/json; charset=utf-8"


@attrs.frozen
class ApiRequest:
    """A request, first as it came, then with what is known of it once it has been let in.

    Attributes:
        method: Its method.
        path: Its path as it was sent.
        pairs: The query.
        body: The body as it was sent.
        id: The path parameter; empty where the path has none.
        key: The key that it came with.
        flags: The names of the headers, in small letters, whose value is `true`.
        request_id: What the answer carries as `x-request-id`; empty outside a server.
        address: The IP address of the caller.
    """

    method: str = "GET"
    path: str = ""
    pairs: QueryPairs = ()
    body: bytes = b""
    id: str = ""
    key: Key = NO_KEY
    flags: frozenset[str] = frozenset()
    request_id: str = ""
    address: str = ""

    @classmethod
    def parse(cls, method: str, target: str) -> ApiRequest:
        """Return the request for a target such as `/customers?filter=status%3Aactive`."""
        path, _, query = target.partition("?")
        return cls(method, path, tuple(parse_qsl(query, keep_blank_values=True)))


@attrs.frozen
class ApiResponse:
    """A status, the bytes of a body, and headers besides those of every answer.

    Attributes:
        status: The status.
        body: The whole body.
        content_type: What it is.
        headers: Further headers.
        later: Makes the answer anew, as long as it waits for what a webhook decides.
        cut_at: After how many bytes of the body the connection is closed, if it is.
    """

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = attrs.Factory(dict[str, str])
    later: Callable[[], ApiResponse] | None = attrs.field(default=None, eq=False)
    cut_at: int | None = None


class RefusalError(Exception):
    """A request that is answered with an error; `reply` is the answer."""

    def __init__(self, reply: ApiResponse) -> None:
        super().__init__(reply.status)
        self.reply = reply


def success(document: Json | bytes, status: int = 200) -> ApiResponse:
    """Return the envelope around one document, or around its JSON text."""
    text = document if isinstance(document, bytes) else to_bytes(document)
    return ApiResponse(status, b'{"code":"success","data":' + text + b"}")


def success_list(
    documents: Sequence[bytes], *, has_more: bool, total_count: int | None = None
) -> ApiResponse:
    """Return the envelope around a page of documents."""
    metadata: JsonObject = {"hasMore": has_more}
    if total_count is not None:
        metadata["totalCount"] = total_count
    parts = b",".join(documents), to_bytes(metadata)
    return ApiResponse(200, b'{"code":"success","data":[%b],"metadata":%b}' % parts)


def failure(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> ApiResponse:
    """Return an error in the envelope's own shape."""
    body: Json = {"code": code, "message": message}
    return ApiResponse(status, to_bytes(body), headers=headers or {})


def failure_for_status(status: int, headers: Mapping[str, str] | None = None) -> ApiResponse:
    """Return an error that says no more than its status does."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown Status"
    return failure(status, phrase.lower().replace(" ", "-"), phrase, headers)


def malformed_parameter(name: str) -> ApiResponse:
    """Return the answer to a query parameter that cannot be read."""
    body: Json = {"statusCode": 400, "message": f"Incorrect format for '{name}' parameter."}
    return ApiResponse(400, to_bytes(body))


def refused(code: str, message: str, status: int = 402) -> RefusalError:
    """Return the refusal of a request; 402 if it is sound, and cannot be done as things are."""
    return RefusalError(failure(status, code, message))


def bad_request(message: str | list[str]) -> RefusalError:
    """Return the refusal of a body that is not JSON, or has invalid fields: a message for each."""
    told: Json = [*message] if isinstance(message, list) else message
    body: Json = {"statusCode": 400, "message": told, "error": "Bad Request"}
    return RefusalError(ApiResponse(400, to_bytes(body)))
