"""`sandbox.faults`: which requests are hit by which fault, in the order given."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypedDict, Unpack

import attrs

from allawee_async.sandbox.faults import kinds as faults
from allawee_async.sandbox.faults.kinds import Break, Fault, Latency, RepeatedPage, StuckCursor
from allawee_async.sandbox.query import CURSORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from allawee_async.sandbox.core.values import Json

RECOVERABLE: Mapping[str, Fault] = {
    "429": faults.StatusFault(429, headers={"Retry-After": "0"}),
    "500": faults.StatusFault(500),
    "502": faults.StatusFault(502, body=faults.GATEWAY_PAGE),
    "503": faults.StatusFault(503, headers={"Retry-After": "0"}),
    "504": faults.StatusFault(504, body=faults.GATEWAY_PAGE),
    "reset": faults.Reset(),
    "reset-after-effect": faults.Reset(after_effect=True),
    "cut-body": faults.CutBody(),
    "cut-json": faults.CutJson(),
    "garbage": faults.Garbage(),
}
"""The kinds that `Faults.random` chooses from: a read that is sent again gets over each."""


@attrs.frozen
class Arrival:
    """What a fault may look at to decide whether it hits a request."""

    method: str
    path: str
    pairs: tuple[tuple[str, str], ...] = ()

    def is_at(self, method: str | None, path: str | None) -> bool:
        """Return whether method and path are the given ones; `*` ends a path that may go on."""
        if method is not None and method != self.method:
            return False
        if path is None or not path.endswith("*"):
            return path is None or path == self.path
        return self.path.startswith(path[:-1])

    def has_cursor(self) -> bool:
        """Return whether the request asks for a page beside a cursor."""
        return any(name in CURSORS for name, _ in self.pairs)


@attrs.frozen
class AppliedFault:
    """What hits one request: seconds of delay, at most one fault, and the names for the log."""

    delay: float = 0.0
    fault: Break | None = None
    names: tuple[str, ...] = ()


class FaultLimits(TypedDict, total=False):
    """Which requests a fault hits: the keyword arguments that all faults share.

    `times` is how many requests are hit (None: all from now on), `method` and `path` say which
    ones; a `path` that ends in `*` stands for all paths that begin so.
    """

    times: int | None
    method: str | None
    path: str | None


@attrs.frozen
class Pending:
    """A fault to come: None for one by chance; `left` is None if it never wears off."""

    fault: Fault | None
    left: int | None
    method: str | None
    path: str | None


NO_FAULT = AppliedFault()


class Faults:
    """Faults to come. Of those that fit a request the one given first hits; delays add up.

    Each takes `times`, `method` and `path` of `FaultLimits`. A fault hits one request unless its
    docstring says otherwise.
    """

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def __len__(self) -> int:
        """Return how many faults have not worn off."""
        return len(self._armed)

    def clear(self) -> None:
        """Take back all faults."""
        self._armed.clear()

    def pending(self) -> list[Pending]:
        """Return the faults that have not worn off, in the order in which they hit."""
        return [armed.told() for armed in self._armed]

    def latency(self, seconds: float | Callable[[], float], **limits: Unpack[FaultLimits]) -> None:
        """Wait before requests are handled, beside any other fault; all requests by default."""
        limits.setdefault("times", None)
        self._arm(_Always(Latency(seconds)), limits)

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
        fault = faults.StatusFault(status, dict(headers or {}), body, after_effect)
        self._arm(_Always(fault), limits)

    def reset(self, *, after_effect: bool = False, **limits: Unpack[FaultLimits]) -> None:
        """Reset the connection; `after_effect` says whether the request is carried out first."""
        self._arm(_Always(faults.Reset(after_effect)), limits)

    def cut_body(self, *, share: float = 0.5, **limits: Unpack[FaultLimits]) -> None:
        """Send a share of the announced body and close; the request has taken effect."""
        self._arm(_Always(faults.CutBody(share)), limits)

    def cut_json(self, *, share: float = 0.5, **limits: Unpack[FaultLimits]) -> None:
        """Send a complete body with a share of the JSON; the request has taken effect."""
        self._arm(_Always(faults.CutJson(share)), limits)

    def garbage(
        self,
        body: bytes = faults.GATEWAY_PAGE,
        *,
        content_type: str = faults.HTML_TYPE,
        after_effect: bool = True,
        **limits: Unpack[FaultLimits],
    ) -> None:
        """Answer 200 with bytes that are not the API's: a gateway's page by default."""
        self._arm(_Always(faults.Garbage(body, content_type, after_effect)), limits)

    def hang(self, *, after_effect: bool = False, **limits: Unpack[FaultLimits]) -> None:
        """Do not answer until the sandbox is closed."""
        self._arm(_Always(faults.Hang(after_effect)), limits)

    def stuck_cursor(self, **limits: Unpack[FaultLimits]) -> None:
        """Ignore the cursors of list requests, of all by default; others are not counted."""
        limits.setdefault("times", None)
        self._arm(_Always(faults.StuckCursor()), limits)

    def repeated_page(self, **limits: Unpack[FaultLimits]) -> None:
        """Answer a list request with a cursor by the page that the request before was for."""
        self._arm(_Always(faults.RepeatedPage()), limits)

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
        unknown = set(kinds) - RECOVERABLE.keys()
        if unknown or not kinds:
            raise ValueError(f"kinds are names of {', '.join(RECOVERABLE)}, not {sorted(unknown)}")
        if not 0 <= rate <= 1:
            raise ValueError("rate is a share from 0 to 1")
        limits.setdefault("times", None)
        chance = _Chance(rate, seed, [RECOVERABLE[kind] for kind in kinds], in_a_row)
        self._arm(chance, limits)

    def apply(self, arrival: Arrival) -> AppliedFault:
        """Return what hits a request, and count it off."""
        if not self._armed:
            return NO_FAULT
        delay, names = 0.0, list[str]()
        fault: Break | None = None
        for armed in self._armed:
            hit = armed.hit(arrival) if fault is None or armed.only_delays() else None
            if isinstance(hit, Latency):
                delay += hit.delay()
            elif hit is not None:
                fault = hit
            names += [] if hit is None else [hit.name]
        self._armed = [armed for armed in self._armed if armed.left != 0]
        return AppliedFault(delay, fault, tuple(names))

    def _arm(self, choice: _Always | _Chance, limits: FaultLimits) -> None:
        left = limits.get("times", 1)
        if left is not None and left < 1:
            raise ValueError("times is at least 1, or None for all requests")
        method = limits.get("method")
        armed = _Armed(choice, left, method.upper() if method else None, limits.get("path"))
        self._armed.append(armed)


@attrs.frozen
class _Always:
    """Hits every request that it can hit."""

    fault: Fault

    def choose(self, arrival: Arrival) -> Fault | None:
        needs_cursor = isinstance(self.fault, StuckCursor | RepeatedPage)
        return self.fault if arrival.has_cursor() or not needs_cursor else None


class _Chance:
    """Hits by chance, and never too often one after the other."""

    def __init__(self, rate: float, seed: int, drawn: Sequence[Fault], in_a_row: int) -> None:
        self._rate = rate
        # Faults need to be repeatable, not unpredictable.
        self._random = Random(seed)  # noqa: S311
        self._drawn = drawn
        self._in_a_row = in_a_row
        self._streaks: dict[Arrival, int] = {}

    def choose(self, arrival: Arrival) -> Fault | None:
        streak = self._streaks.pop(arrival, 0)
        if self._random.random() >= self._rate or streak >= self._in_a_row:
            return None
        self._streaks[arrival] = streak + 1
        return self._random.choice(self._drawn)


@attrs.define
class _Armed:
    """A fault that waits for its requests; `left` is None when it never wears off."""

    choice: _Always | _Chance
    left: int | None
    method: str | None
    path: str | None

    def only_delays(self) -> bool:
        return isinstance(self.choice, _Always) and isinstance(self.choice.fault, Latency)

    def told(self) -> Pending:
        fault = self.choice.fault if isinstance(self.choice, _Always) else None
        return Pending(fault, self.left, self.method, self.path)

    def hit(self, arrival: Arrival) -> Fault | None:
        fits = arrival.is_at(self.method, self.path)
        fault = self.choice.choose(arrival) if fits else None
        if fault is not None and self.left is not None:
            self.left -= 1
        return fault
