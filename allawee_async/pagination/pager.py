"""A list that is read as it is used: item after item, page after page, or all at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.pagination.pages import Listing, OnInvalid, Page, PageWalk, Source
from allawee_async.pagination.parallel import ParallelWalk, Timeline, balanced
from allawee_async.query.times import Time

if TYPE_CHECKING:
    from allawee_async.transport.session import SessionManager


T = TypeVar("T")


class ItemWalk(AsyncIterator[T]):
    """The items of one walk, in order; an async iterator that tasks may share, as a `PageWalk`."""

    def __init__(self, pages: PageWalk[T]) -> None:
        self._pages = pages
        self._items: deque[T] = deque()

    async def __anext__(self) -> T:
        """Return the next item."""
        if not self._items:
            async with self._pages.turn():
                while not self._items:
                    self._items.extend((await self._pages.take()).items)
                return self._items.popleft()
        return self._items.popleft()

    async def aclose(self) -> None:
        """End the walk; what was being fetched is cancelled and waited for."""
        self._items.clear()
        await self._pages.aclose()


class Connected(Protocol):
    """What reads a list: a client."""

    _session: SessionManager


@attrs.frozen(kw_only=True)
class Part(Generic[T]):
    """A part of a list: a small value that can be pickled and read on any machine.

    Attributes:
        listing: The list, and what of it.
        since: The beginning of its window of time; None is the beginning of the list.
        until: The end of its window, which is no part of it.
        count: How many entries it held when it was cut; None if the API did not count.
    """

    listing: Listing
    since: datetime | None
    until: datetime
    count: int | None = None

    def pager(self, allawee: Connected, *, on_invalid: OnInvalid | None = None) -> AsyncPager[T]:
        """Return the pager of this part.

        Args:
            allawee: The client that reads it. The part knows neither key nor host.
            on_invalid: As for the list itself.
        """
        session = allawee._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it is ours
        return AsyncPager(self.listing.read_by(session, on_invalid))


class AsyncPager(Generic[T]):
    """A list that is read as it is used; making one sends nothing.

    Use it in one of these ways, as often as you like; each starts at the first page:

    - `async for item in pager`: every item, page after page;
    - `async for page in pager.pages()`: every page;
    - `page = await pager`: the first page;
    - `await pager.to_list()`, `await pager.first()`;
    - `async with pager:` around any of these; when the block is left, nothing is under way any
      more.

    An item that cannot be read raises `DecodeError` where it stands, with the `item` and its
    `cursor`. The same iterator goes on behind it when it is asked again. `list(on_invalid=…)`
    leaves such items out.

    Attributes:
        source: What the list is read from, for those who read it in a way of their own.
    """

    def __init__(self, source: Source[T]) -> None:
        self.source = source
        self._blocks: list[tuple[asyncio.Task[Any] | None, list[PageWalk[T]]]] = []

    def __aiter__(self) -> ItemWalk[T]:
        """Return an iterator over all items."""
        return ItemWalk(self.pages())

    def pages(self) -> PageWalk[T]:
        """Return an async iterator over the pages."""
        walk = PageWalk(self.source)
        self._begun_in_this_task([]).append(walk)
        return walk

    def __await__(self) -> Generator[Any, None, Page[T]]:
        """Fetch the first page."""
        return self._first_page().__await__()

    async def _first_page(self) -> Page[T]:
        page = await anext(PageWalk(self.source), None)
        if page is None:  # all that there is was left out
            return Page(items=(), has_more=False, source=self.source)
        return page

    async def to_list(self, max_items: int | None = None) -> list[T]:
        """Return the items as a list.

        Args:
            max_items: The most items to fetch; None fetches all.

        Raises:
            ConfigurationError: `max_items` is no whole number, or negative.
            DecodeError: An item cannot be read, and the list has no `on_invalid`.
        """
        if max_items is None:
            return [item async for item in self]
        if type(max_items) is not int or max_items < 0:
            raise ConfigurationError("max_items must be a whole number, 0 or more")
        items: list[T] = []
        async with aclosing(ItemWalk(PageWalk(self.source))) as walk:
            with suppress(StopAsyncIteration):
                while len(items) < max_items:
                    items.append(await anext(walk))
        return items

    async def first(self) -> T | None:
        """Return the first item, or None if the list is empty. Sends one request."""
        return next(iter(await self.to_list(1)), None)

    async def split(
        self,
        parts: int,
        *,
        by: str = "created_at",
        since: Time | None = None,
        until: Time | None = None,
    ) -> list[Part[T]]:
        """Cut the list into windows of time that hold about the same number of entries.

        They are found by counting, with a few small requests for each part; where the API does not
        count, they have the same width. Together they are exactly the list up to `until`. An entry
        that is changed or deleted while the parts are read stays in its part, unless `by` is
        `updated_at`.

        Args:
            parts: The most parts; there are fewer where many entries have the same time.
            by: The field of time.
            since: What came before is left out; an aware datetime, or a date.
            until: What came then or later is left out; None is now.

        Raises:
            ConfigurationError: A parameter makes no sense, the list begins at a cursor, or its
                entries do not show the field.
            AllaweeError: A request failed, after its retries.
        """
        timeline = self._timeline(parts, by, since, until)
        return [
            Part(
                listing=attrs.evolve(self.source.listing, query=timeline.query_in(window)),
                since=window.since,
                until=window.until,
                count=window.count,
            )
            for window in await balanced(parts, timeline)
        ]

    def parallel(
        self,
        workers: int,
        *,
        by: str = "created_at",
        since: Time | None = None,
        until: Time | None = None,
    ) -> ParallelWalk[T]:
        """Return an iterator that walks several windows of time at once: items in no order.

        At most so many requests are under way, and twice as many pages in memory. It is otherwise
        used as the iterator of the pager; `aclosing` ends it at once.

        Args:
            workers: How many windows are walked at once.
            by: The field of time.
            since: What came before is left out; an aware datetime, or a date.
            until: What came then or later is left out; None is now.

        Raises:
            ConfigurationError: A parameter makes no sense, or the list begins at a cursor.
        """
        timeline = self._timeline(workers, by, since, until)
        return ParallelWalk(self.source, timeline, workers)

    def _timeline(self, parts: object, by: str, since: Time | None, until: Time | None) -> Timeline:
        if type(parts) is not int or parts < 1:
            raise ConfigurationError("the number of parts must be a whole number, 1 or more")
        return Timeline(self.source, by, since, until)

    async def __aenter__(self) -> Self:
        """Return the pager itself; the end of the block ends the walks that begin in it."""
        self._blocks.append((asyncio.current_task(), []))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cancel what is being fetched and wait until it has ended."""
        walks = self._begun_in_this_task(self._blocks[-1][1])
        self._blocks = [block for block in self._blocks if block[1] is not walks]
        for walk in walks:
            await walk.aclose()

    def _begun_in_this_task(self, default: list[PageWalk[T]]) -> list[PageWalk[T]]:
        """Return the walks of the innermost open block of this task: others may use it, too."""
        task = asyncio.current_task() if self._blocks else None
        return next((walks for owner, walks in reversed(self._blocks) if owner is task), default)

    def __repr__(self) -> str:
        """Say what it is; the query may hold anything, so it is not shown."""
        return f"<{type(self).__name__}>"
