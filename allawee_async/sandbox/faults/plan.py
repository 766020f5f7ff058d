"""`sandbox.faults`: which requests are hit by which fault, in the order given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random
from typing import TypedDict, Unpack

import attrs

from allawee_async.sandbox.api.messages import ApiRequest
from allawee_async.sandbox.core.values import Json
from allawee_async.sandbox.faults import kinds
from allawee_async.sandbox.faults.kinds import RECOVERABLE, Fault, Latency
from allawee_async.sandbox.query.parameters import CURSORS


@attrs.frozen
class AppliedFault:
    """What hits one request: seconds of delay, at most one fault, and the names for the log."""

    delay: float = 0.0
    fault: Fault | None = None
    names: tuple[str, ...] = ()


class FaultLimits(TypedDict, total=False):
    """Which requests a fault hits: the keyword arguments that all faults share.

    `times` is how many requests are hit (None: all from now on), `method` and `path` say which
    ones; a `path` that ends in `*` stands for all paths that begin so.
    """

    times: int | None
    method: str | None
    path: str | None


def fits_pattern(pattern: str | None, text: str) -> bool:
    """Return whether a text fits: None fits all, a pattern that ends in `*` what begins so."""
    if pattern is None or not pattern.endswith("*"):
        return pattern in (None, text)
    return text.startswith(pattern[:-1])


def check_chance(rate: float, kinds: Sequence[str], known: Collection[str]) -> None:
    """Refuse what cannot be drawn.

    Raises:
        ValueError: The rate is no share, or a kind is unknown.
    """
    unknown = set(kinds).difference(known)
    if unknown or not kinds:
        raise ValueError(f"kinds are names of {', '.join(known)}, not {sorted(unknown)}")
    if not 0 <= rate <= 1:
        raise ValueError("rate is a share from 0 to 1")


def check_times(times: int | None, hit: str) -> int | None:
    """Return how often something is hit, None for ever.

    Raises:
        ValueError: It is less than once.
    """
    if times is not None and times < 1:
        raise ValueError(f"times is at least 1, or None for all {hit}")
    return times


class Faults:
    """Faults to come. Of those that fit a request the one given first hits; delays add up.

    Each takes `times`, `method` and `path` of `FaultLimits`. A fault hits one request unless its
    docstring says otherwise.
    """

    def __init__(self) -> None:
        self._pending: list[PendingFault] = []

    def __len__(self) -> int:
        """Return how many faults have not worn off."""
        return len(self._pending)

    def clear(self) -> None:
        """Take back all faults."""
        self._pending.clear()

    def pending(self) -> Sequence[PendingFault]:
        """Return the faults that have not worn off, in the order in which they hit."""
        return tuple(self._pending)

    def order(self, fault: Fault, **limits: Unpack[FaultLimits]) -> None:
        """Let a fault of any kind hit; the methods below do so for the kinds that there are.

        Raises:
            ValueError: `times` is less than 1, or `path` does not begin with a slash.
        """

        def choose(request: ApiRequest) -> Fault | None:
            has_cursor = any(name in CURSORS for name, _ in request.pairs)
            return fault if has_cursor or not fault.needs_cursor else None

        self._arm(fault, choose, limits)

    def latency(self, seconds: float | Callable[[], float], **limits: Unpack[FaultLimits]) -> None:
        """Wait before requests are handled, beside any other fault; all requests by default."""
        limits.setdefault("times", None)
        self.order(Latency(seconds), **limits)

    def status(
        self,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        body: Json | bytes = None,
        after_effect: bool = False,
        **limits: Unpack[FaultLimits],
    ) -> None:
        """Answer with a status; a body of bytes is sent as HTML, any other as JSON."""
        told = dict(headers or {})
        self.order(kinds.StatusFault(status, told, body, after_effect=after_effect), **limits)

    def reset(self, *, after_effect: bool = False, **limits: Unpack[FaultLimits]) -> None:
        """Reset the connection; `after_effect` says whether the request is carried out first."""
        self.order(kinds.Reset(after_effect=after_effect), **limits)

    def cut_body(self, *, share: float = 0.5, **limits: Unpack[FaultLimits]) -> None:
        """Send a share of the announced body and close; the request has taken effect."""
        self.order(kinds.CutBody(share), **limits)

    def cut_json(self, *, share: float = 0.5, **limits: Unpack[FaultLimits]) -> None:
        """Send a complete body with a share of the JSON; the request has taken effect."""
        self.order(kinds.CutJson(share), **limits)

    def garbage(
        self,
        body: bytes = kinds.GATEWAY_PAGE,
        *,
        content_type: str = kinds.HTML_TYPE,
        after_effect: bool = True,
        **limits: Unpack[FaultLimits],
    ) -> None:
        """Answer 200 with bytes that are not the API's: a gateway's page by default."""
        self.order(kinds.Garbage(body, content_type, after_effect=after_effect), **limits)

    def hang(self, *, after_effect: bool = False, **limits: Unpack[FaultLimits]) -> None:
        """Do not answer until the sandbox is closed."""
        self.order(kinds.Hang(after_effect=after_effect), **limits)

    def stuck_cursor(self, **limits: Unpack[FaultLimits]) -> None:
        """Ignore the cursors of list requests, of all by default; others are not counted."""
        limits.setdefault("times", None)
        self.order(kinds.StuckCursor(), **limits)

    def repeated_page(self, **limits: Unpack[FaultLimits]) -> None:
        """Answer a list request with a cursor by the page that the request before was for."""
        self.order(kinds.RepeatedPage(), **limits)

    def random(
        self,
        rate: float,
        seed: int = 0,
        *,
        kinds: Sequence[str] = tuple(RECOVERABLE),
        in_a_row: int = 2,
        **limits: Unpack[FaultLimits],
    ) -> None:
        """Hit requests by chance, the same ones for the same seed, for ever by default.

        Args:
            rate: Share of the requests, from 0 to 1.
            seed: Where chance starts.
            kinds: Names of `RECOVERABLE`; one of them is drawn for each hit.
            in_a_row: How often the same URL may be hit before it is let through once, so that a
                client with more attempts than this always arrives.
            limits: See `FaultLimits`.

        Raises:
            ValueError: The rate is no share, or a kind is unknown.
        """
        check_chance(rate, kinds, RECOVERABLE)
        limits.setdefault("times", None)
        drawn = [RECOVERABLE[kind] for kind in kinds]
        chance = Random(seed)  # noqa: S311 - faults need to be repeatable, not unpredictable
        streaks: dict[object, int] = {}

        def choose(request: ApiRequest) -> Fault | None:
            url = (request.method, request.path, *request.pairs)
            streak = streaks.pop(url, 0)
            if chance.random() >= rate or streak >= in_a_row:
                return None
            streaks[url] = streak + 1
            return chance.choice(drawn)

        self._arm(None, choose, limits)

    def apply(self, request: ApiRequest) -> AppliedFault:
        """Return what hits a request, and count it off."""
        if not self._pending:
            return AppliedFault()
        delay, names = 0.0, list[str]()
        fault: Fault | None = None
        for pending in self._pending:
            is_delay = isinstance(pending.fault, Latency)
            hit = pending.hit(request) if fault is None or is_delay else None
            if isinstance(hit, Latency):
                delay += hit.delay()
            else:
                fault = fault or hit
            names += [] if hit is None else [hit.name]
        self._pending = [pending for pending in self._pending if pending.left != 0]
        return AppliedFault(delay, fault, tuple(names))

    def _arm(
        self, fault: Fault | None, choose: Callable[[ApiRequest], Fault | None], limits: FaultLimits
    ) -> None:
        left = check_times(limits.get("times", 1), "requests")
        method, path = limits.get("method"), limits.get("path")
        if path is not None and not path.startswith(("/", "*")):
            raise ValueError(
                f"path begins with a slash, as in /customers: {path!r} would hit nothing"
            )
        self._pending.append(
            PendingFault(fault, choose, left, method.upper() if method else None, path)
        )


@attrs.define
class PendingFault:
    """A fault that waits for its requests; as a text it says in words what it will do.

    Attributes:
        fault: The fault; None for one by chance.
        left: How many requests it still hits; None if it never wears off.
        method: Which method they have; None for any.
        path: Which path they have; None for any.
    """

    fault: Fault | None
    _choose: Callable[[ApiRequest], Fault | None] = attrs.field(repr=False)
    left: int | None
    method: str | None
    path: str | None

    def __str__(self) -> str:
        what = "a fault by chance" if self.fault is None else self.fault.name
        if isinstance(self.fault, Latency) and not callable(self.fault.seconds):
            what = f"delay of {self.fault.seconds:g} s"
        if isinstance(self.fault, kinds.StatusFault | kinds.Hang) and self.fault.after_effect:
            what += " after effect"
        many = "all requests" if self.left is None else f"the next {self.left:,} requests"
        hits = "the next request" if self.left == 1 else many
        where = " ".join(part for part in (self.method, self.path) if part)
        return f"{what}: {hits}, {where}" if where else f"{what}: {hits}"

    def hit(self, request: ApiRequest) -> Fault | None:
        """Return the fault if it hits a request, and count that off."""
        if self.method not in (None, request.method) or not fits_pattern(self.path, request.path):
            return None
        fault = self._choose(request)
        if fault is not None and self.left is not None:
            self.left -= 1
        return fault
