"""What can go wrong on the way, each fault as a value: here a new one is added.

A fault is a class with what it does differently from `Fault`. It is ordered by
`sandbox.faults.order(…)`, by a method of `Faults` if it deserves one, and from the sandbox's page
if it is among `CHOICES`. Nothing here touches a socket; the HTTP adapter carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import attrs

from allawee_async.sandbox.api.messages import JSON_TYPE, ApiResponse, failure_for_status
from allawee_async.sandbox.core.values import Json, to_bytes
from allawee_async.sandbox.query.parameters import CURSORS, QueryPairs

HTML_TYPE = "text/html; charset=utf-8"
GATEWAY_PAGE = (
    b"<html><head><title>Gateway</title></head>"
    b"<body><h1>The upstream is taking a rest.</h1></body></html>"
)


@attrs.frozen
class Fault:
    """What happens to a request that a fault hits: nothing, unless a kind says otherwise.

    Attributes:
        after_effect: Whether the request is carried out before it goes wrong.
        label: What the log of requests calls it, if that is always the same.
        holds: Whether the request waits until the sandbox is closed.
        needs_cursor: Whether only requests for a page beside a cursor are hit.
    """

    after_effect: bool = attrs.field(default=True, kw_only=True)
    label: ClassVar[str] = ""
    holds: ClassVar[bool] = False
    needs_cursor: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What the log of requests calls it."""
        return self.label

    def rewrite(self, pairs: QueryPairs, previous: Callable[[], QueryPairs | None]) -> QueryPairs:
        """Return the query that is answered; `previous` finds that of the request before."""
        del previous
        return pairs

    def answer(self, response: ApiResponse | None) -> ApiResponse | None:
        """Return what is sent: None resets the connection. There is no response before effect."""
        return response


@attrs.frozen
class Latency(Fault):
    """Waits before the request is handled; a callable is asked anew for each request."""

    seconds: float | Callable[[], float]
    label: ClassVar[str] = "latency"

    def delay(self) -> float:
        """Return the seconds to wait now."""
        return self.seconds() if callable(self.seconds) else self.seconds


@attrs.frozen
class StatusFault(Fault):
    """Answers with a status of its own: with its envelope, a page of HTML, or any JSON."""

    status: int
    headers: Mapping[str, str] = attrs.Factory(dict[str, str])
    body: Json | bytes = None
    after_effect: bool = attrs.field(default=False, kw_only=True)

    @property
    def name(self) -> str:
        """What the log of requests calls it."""
        return f"status {self.status}"

    def answer(self, response: ApiResponse | None) -> ApiResponse:
        """Return the scripted answer."""
        del response
        if self.body is None:
            return failure_for_status(self.status, self.headers)
        if isinstance(self.body, bytes):
            return ApiResponse(self.status, self.body, HTML_TYPE, self.headers)
        return ApiResponse(self.status, to_bytes(self.body), JSON_TYPE, self.headers)


@attrs.frozen
class Garbage(Fault):
    """Answers 200 with something that is not the API's."""

    body: bytes = GATEWAY_PAGE
    content_type: str = HTML_TYPE
    label: ClassVar[str] = "garbage"

    def answer(self, response: ApiResponse | None) -> ApiResponse:
        """Return the garbage."""
        del response
        return ApiResponse(200, self.body, self.content_type)


@attrs.frozen
class CutJson(Fault):
    """Sends a complete HTTP body that holds only the given share of the JSON."""

    share: float = 0.5
    label: ClassVar[str] = "cut json"

    def answer(self, response: ApiResponse | None) -> ApiResponse | None:
        """Return the answer with the end of its JSON cut off."""
        body = b"" if response is None else response.body
        return response and attrs.evolve(response, body=body[: int(len(body) * self.share)])


@attrs.frozen
class CutBody(Fault):
    """Announces the whole body, sends the given share of it, and closes the connection."""

    share: float = 0.5
    label: ClassVar[str] = "cut body"

    def answer(self, response: ApiResponse | None) -> ApiResponse | None:
        """Return the answer with the place where the connection is closed."""
        return response and attrs.evolve(response, cut_at=int(len(response.body) * self.share))


@attrs.frozen
class Reset(Fault):
    """Resets the connection, before or after the request has taken effect."""

    after_effect: bool = attrs.field(default=False, kw_only=True)

    @property
    def name(self) -> str:
        """What the log of requests calls it."""
        return "reset after effect" if self.after_effect else "reset"

    def answer(self, response: ApiResponse | None) -> None:
        """Return None."""


@attrs.frozen
class Hang(Fault):
    """Never answers, until the sandbox is closed."""

    after_effect: bool = attrs.field(default=False, kw_only=True)
    label: ClassVar[str] = "hang"
    holds: ClassVar[bool] = True


@attrs.frozen
class StuckCursor(Fault):
    """Lists as if no cursor had been sent."""

    label: ClassVar[str] = "stuck cursor"
    needs_cursor: ClassVar[bool] = True

    def rewrite(self, pairs: QueryPairs, previous: Callable[[], QueryPairs | None]) -> QueryPairs:
        """Return the query without its cursors."""
        del previous
        return tuple(pair for pair in pairs if pair[0] not in CURSORS)


@attrs.frozen
class RepeatedPage(StuckCursor):
    """Lists the page again that the request before was for."""

    label: ClassVar[str] = "repeated page"

    def rewrite(self, pairs: QueryPairs, previous: Callable[[], QueryPairs | None]) -> QueryPairs:
        """Return the query of the request before."""
        return previous() or pairs


RECOVERABLE: Mapping[str, Fault] = {
    "429": StatusFault(429, headers={"Retry-After": "0"}),
    "500": StatusFault(500),
    "502": StatusFault(502, body=GATEWAY_PAGE),
    "503": StatusFault(503, headers={"Retry-After": "0"}),
    "504": StatusFault(504, body=GATEWAY_PAGE),
    "reset": Reset(),
    "reset-after-effect": Reset(after_effect=True),
    "cut-body": CutBody(),
    "cut-json": CutJson(),
    "garbage": Garbage(),
}
"""The kinds that `Faults.random` chooses from: a read that is sent again gets over each."""


@attrs.frozen
class FaultChoice:
    """A fault that people choose: what they call it, and the fault without further wishes."""

    label: str
    fault: Fault

    def make(self, *, seconds: float, after_effect: bool) -> Fault:
        """Return the fault as somebody wants it; some come after the effect only."""
        if isinstance(self.fault, Latency):
            return Latency(seconds)
        return attrs.evolve(self.fault, after_effect=after_effect or self.fault.after_effect)


CHOICES: Mapping[str, FaultChoice] = {
    "503": FaultChoice("503 Service Unavailable", StatusFault(503)),
    "429": FaultChoice(
        "429 Too Many Requests, try again in 1 s", StatusFault(429, {"Retry-After": "1"})
    ),
    "500": FaultChoice("500 Internal Server Error", StatusFault(500)),
    "502": FaultChoice("502 Bad Gateway, a page of HTML", StatusFault(502, body=GATEWAY_PAGE)),
    "504": FaultChoice("504 Gateway Timeout, a page of HTML", StatusFault(504, body=GATEWAY_PAGE)),
    "401": FaultChoice("401 Unauthorized", StatusFault(401)),
    "403": FaultChoice("403 Forbidden", StatusFault(403)),
    "404": FaultChoice("404 Not Found", StatusFault(404)),
    "delay": FaultChoice("A delay", Latency(2.0)),
    "hang": FaultChoice("No answer, for ever", Hang()),
    "reset": FaultChoice("The connection is reset", Reset()),
    "cut-body": FaultChoice("The answer is cut off", CutBody()),
    "cut-json": FaultChoice("Half of the JSON", CutJson()),
    "garbage": FaultChoice("200 with a page of HTML", Garbage()),
}
"""The faults that the sandbox's page offers, by the value that its form sends; the most usual one
first."""
