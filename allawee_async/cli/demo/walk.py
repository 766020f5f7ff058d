"""Walking all customers, page by page, and keeping count."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.cli.wording import counted
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
        most: After how many it stops; None is never.
        known: The ids of all customers that there are; None where nobody but the API knows.
        count: How many customers came, repeated ones included.
        ids: Their ids; each once.
        pages: How many pages they came on.
        total: How many customers the API says there are, if it does.
        retries: What the client got over by asking again, and how often.
        started: When the walk began.
        seconds: How long it has taken.
    """

    first: list[Customer] = attrs.field(factory=list["Customer"])
    most: int | None = None
    known: frozenset[str] | None = None
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

    @property
    def objection(self) -> str | None:
        """What is wrong with a walk that has ended, or None."""
        if self.known is None:
            told = f"{counted(self.repeated, 'customer')} came more than once"
            return told if self.repeated else None
        wanted = min(len(self.known), self.most or len(self.known))
        strangers = len(self.ids - self.known)
        if self.repeated:
            return f"{self.repeated:,} of {self.count:,} customers came more than once"
        if strangers:
            return f"{counted(strangers, 'customer')} came that the sandbox does not have"
        if self.count != wanted:
            return f"{counted(self.count, 'customer')} came, and {wanted:,} should have"
        return None

    @property
    def praise(self) -> str:
        """What was checked, of a walk without objection."""
        if self.known is None:
            told = "" if self.total is None else f"; the API counts {self.total:,}"
            return f"{counted(self.count, 'customer')} came, none of them twice{told}"
        known = len(self.known)
        if self.count == known == 1:
            return "the sandbox's only customer came exactly once"
        if self.count == known:
            return f"each of the sandbox's {known:,} customers came exactly once"
        return f"stopped after {self.count:,} of {counted(known, 'customer')}; none came twice"

    def show(self, bar: LiveBar) -> None:
        """Tell a bar how far the walk is, its rate and its retries."""
        ends = [end for end in (self.total, self.most) if end is not None]
        retries = self.retries.total()
        word = "retry" if retries == 1 else "retries"
        bar.tell(
            completed=self.count,
            total=min(ends, default=None),
            details=f"  {self.rate:,.0f}/s  {retries:,} {word}",
        )


def _reason(error: Exception) -> str:
    if isinstance(error, APIError):
        return str(error.status)
    return next((name for kind, name in _REASONS if isinstance(error, kind)), "other")
