"""What can go wrong on the way: each fault as a value, with what it makes of an answer.

Nothing here touches a socket; `adapter.py` carries out what a fault asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

import attrs

from allawee_async.sandbox.api.messages import JSON_TYPE, ApiResponse, failure_for_status
from allawee_async.sandbox.core.values import Json, to_bytes
from allawee_async.sandbox.query import CURSORS, QueryPairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HTML_TYPE = "text/html; charset=utf-8"
GATEWAY_PAGE = (
    b"<html><head><title>Gateway</title></head>"
    b"<body><h1>The upstream is taking a rest.</h1></body></html>"
)


@attrs.frozen
class Latency:
    """Waits before the request is handled; a callable is asked anew for each request."""

    seconds: float | Callable[[], float]
    name: ClassVar[str] = "latency"

    def delay(self) -> float:
        """Return the seconds to wait now."""
        return self.seconds() if callable(self.seconds) else self.seconds


@attrs.frozen
class StatusFault:
    """Answers with a status of its own, before or after the request has taken effect."""

    status: int
    headers: Mapping[str, str] = attrs.Factory(dict[str, str])
    body: Json | bytes = None
    after_effect: bool = False

    @property
    def name(self) -> str:
        """Return the name in the log."""
        return f"status {self.status}"

    def reply(self) -> ApiResponse:
        """Return the scripted answer; without a body it is the envelope of its status."""
        if self.body is None:
            return failure_for_status(self.status, self.headers)
        if isinstance(self.body, bytes):
            return ApiResponse(self.status, self.body, HTML_TYPE, self.headers)
        return ApiResponse(self.status, to_bytes(self.body), JSON_TYPE, self.headers)


@attrs.frozen
class Garbage:
    """Answers 200 with something that is not the API's."""

    body: bytes = GATEWAY_PAGE
    content_type: str = HTML_TYPE
    after_effect: bool = True
    name: ClassVar[str] = "garbage"

    def reply(self) -> ApiResponse:
        """Return the garbage as an answer."""
        return ApiResponse(200, self.body, self.content_type)


@attrs.frozen
class CutJson:
    """Sends a complete HTTP body that holds only the given share of the JSON."""

    share: float = 0.5
    name: ClassVar[str] = "cut json"
    after_effect: ClassVar[bool] = True

    def alter(self, reply: ApiResponse) -> ApiResponse:
        """Return the answer with the end of its JSON cut off."""
        return attrs.evolve(reply, body=reply.body[: int(len(reply.body) * self.share)])


@attrs.frozen
class CutBody:
    """Announces the whole body, sends the given share of it, and closes the connection."""

    share: float = 0.5
    name: ClassVar[str] = "cut body"
    after_effect: ClassVar[bool] = True


@attrs.frozen
class Reset:
    """Resets the connection, before or after the request has taken effect."""

    after_effect: bool = False

    @property
    def name(self) -> str:
        """Return the name in the log."""
        return "reset after effect" if self.after_effect else "reset"


@attrs.frozen
class Hang:
    """Never answers, until the sandbox is closed."""

    after_effect: bool = False
    name: ClassVar[str] = "hang"


@attrs.frozen
class StuckCursor:
    """Lists as if no cursor had been sent."""

    name: ClassVar[str] = "stuck cursor"
    after_effect: ClassVar[bool] = True

    def rewrite(self, pairs: QueryPairs) -> QueryPairs:
        """Return the query without its cursors."""
        return tuple(pair for pair in pairs if pair[0] not in CURSORS)


@attrs.frozen
class RepeatedPage:
    """Lists the page again that the request before was for."""

    name: ClassVar[str] = "repeated page"
    after_effect: ClassVar[bool] = True


Break: TypeAlias = (
    StatusFault | Garbage | CutJson | CutBody | Reset | Hang | StuckCursor | RepeatedPage
)
Fault: TypeAlias = Break | Latency
