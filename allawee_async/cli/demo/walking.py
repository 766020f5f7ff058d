"""Walking all customers, page by page, and keeping count."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.errors import APIError, DecodeError, RequestTimeoutError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.client import AllaweeClient
    from allawee_async.models.customers import Customer
    from allawee_async.transport.request import RetryEvent

_SHOWN: Final = 10


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


async def walk_customers(
    client: AllaweeClient,
    walk: Walk,
    *,
    page_size: int,
    max_items: int | None,
    after_page: Callable[[Walk], object],
) -> None:
    """Walk the customers until the last one, or until so many have come.

    Args:
        client: Where they come from.
        walk: Where they are counted.
        page_size: Customers on a page.
        max_items: Where to stop; None walks all.
        after_page: Called when a page has been counted.

    Raises:
        AllaweeError: A page could not be had, after its retries.
    """
    limit = page_size if max_items is None else min(page_size, max_items)
    async with aclosing(client.customers.list(limit=limit, count_total=True).pages()) as pages:
        async for page in pages:
            walk.total = page.total_count if walk.total is None else walk.total
            left = None if max_items is None else max_items - walk.count
            walk.add(page.items[:left])
            after_page(walk)
            if walk.count == max_items:
                break


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
    match error:
        case APIError(status=status):
            return str(status)
        case RequestTimeoutError():
            return "timeout"
        case TransportError():
            return "connection lost"
        case DecodeError():
            return "cut body"
        case _:
            return "other"
