"""Walking all customers, page by page, and keeping count."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.errors import APIError, DecodeError, RequestTimeoutError, TransportError

if TYPE_CHECKING:
    from allawee_async.models.customers import Customer
    from allawee_async.transport.request import RetryEvent

_SHOWN: Final = 10
_REASONS: Final = (
    (RequestTimeoutError, "timeout"),
    (TransportError, "connection lost"),
    (DecodeError, "cut body"),
)


@attrs.define(kw_only=True)
class Walk:
    """What a walk has found so far.

    Attributes:
        first: The first customers.
        count: How many customers came, repeated ones included.
        ids: Their ids; each once.
        pages: How many pages they came on.
        total: How many customers the API says there are, if it does.
        retries: What the client got over by asking again, and how often.
        started: When the walk began.
        seconds: How long it has taken.
    """

    first: list[Customer] = attrs.field(factory=list["Customer"])
    count: int = 0
    ids: set[str] = attrs.field(factory=set[str])
    pages: int = 0
    total: int | None = None
    retries: Counter[str] = attrs.field(factory=Counter[str])
    started: float = attrs.field(factory=time.perf_counter)
    seconds: float = 0.0

    def add(self, customers: tuple[Customer, ...]) -> None:
        """Count one page."""
        self.first += customers[: _SHOWN - len(self.first)]
        self.count += len(customers)
        self.ids.update(customer.id for customer in customers)
        self.pages += 1
        self.seconds = time.perf_counter() - self.started

    def note_retry(self, event: RetryEvent) -> None:
        """Count one retry; the client calls this before it waits."""
        self.retries[_reason(event.error)] += 1

    @property
    def repeated(self) -> int:
        """How many customers came that had come before."""
        return self.count - len(self.ids)

    @property
    def rate(self) -> float:
        """Customers per second."""
        return self.count / self.seconds if self.seconds else 0.0


class WalkProgress(LiveBar):
    """A live bar of a walk, with its rate and its retries."""

    def __init__(self, max_items: int | None) -> None:
        super().__init__()
        self._max_items = max_items

    def show(self, walk: Walk) -> None:
        """Bring the bar up to date."""
        ends = [end for end in (walk.total, self._max_items) if end is not None]
        retries = walk.retries.total()
        word = "retry" if retries == 1 else "retries"
        self.tell(
            completed=walk.count,
            total=min(ends, default=None),
            details=f"  {walk.rate:,.0f}/s  {retries:,} {word}",
        )


def _reason(error: Exception) -> str:
    if isinstance(error, APIError):
        return str(error.status)
    return next((name for kind, name in _REASONS if isinstance(error, kind)), "other")
