"""Walking lists: page after page, the next one fetched while the caller works on this one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.pagination.pages import Page, Source, needed_cursor, standstill

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator
    from types import TracebackType


T = TypeVar("T")


class PageWalk(Generic[T]):
    """The pages of one walk, in order; an async iterator.

    After an error it can be asked again, and goes on with the page that failed. From the second
    page on, the page behind the one that was handed out is already being fetched.
    """

    def __init__(self, source: Source[T]) -> None:
        self._source = source
        self._page: Page[T] | None = None
        self._ahead: asyncio.Task[Page[T]] | None = None
        self._seen: set[str] = set()
        self._ended = False

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> Page[T]:
        """Return the next page that is not empty."""
        last = self._page
        if self._ended or (last is not None and not last.leads_on):
            raise StopAsyncIteration
        page = await self._next(last)
        if not page.items and last is not None:
            self._ended = True
            raise StopAsyncIteration
        if page.cursor is not None and page.cursor in self._seen:
            raise standstill(page.cursor)
        self._page = page
        if page.leads_on:
            self._seen.add(needed_cursor(page.cursor))
            if last is not None:
                self._fetch_ahead(page)
        return page

    async def _next(self, last: Page[T] | None) -> Page[T]:
        if last is None:
            return await self._source.page(None)
        if self._ahead is None:
            return await self._source.page(last.cursor)
        ahead = self._ahead
        try:
            # Cancelling the caller cancels the task; a failed page is fetched anew when asked for.
            return await ahead
        finally:
            self._ahead = None

    def _fetch_ahead(self, page: Page[T]) -> None:
        self._ahead = asyncio.ensure_future(self._source.page(page.cursor))
        self._ahead.add_done_callback(_look_at)

    async def aclose(self) -> None:
        """End the walk; what was being fetched is cancelled and waited for."""
        self._ended = True
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.cancel()
            await asyncio.wait([ahead])

    def __del__(self) -> None:
        """Cancel what was being fetched for a loop that was left early."""
        if self._ahead is not None and not self._ahead.get_loop().is_closed():
            self._ahead.cancel()


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of a failure, so that asyncio does not report one that nobody waited for."""
    if not task.cancelled():
        task.exception()


class _ItemWalk(Generic[T]):
    """The items of one walk, in order; an async iterator."""

    def __init__(self, pages: PageWalk[T]) -> None:
        self._pages = pages
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        for item in self._items:
            return item
        page = await self._pages.__anext__()
        self._items = iter(page.items)
        for item in self._items:
            return item
        raise StopAsyncIteration


@attrs.define(eq=False)
class _Block(Generic[T]):
    """An `async with` block over a pager, and the walks that began in it."""

    task: asyncio.Task[Any] | None
    walks: list[PageWalk[T]] = attrs.field(factory=list["PageWalk[T]"])


class AsyncPager(Generic[T]):
    """A list that is read as it is used; making one sends nothing.

    Use it in one of these ways, as often as you like; each starts at the first page:

    - `async for item in pager`: every item, page after page;
    - `async for page in pager.pages()`: every page;
    - `page = await pager`: the first page;
    - `await pager.to_list()`, `await pager.first()`;
    - `async with pager:` around any of these; when the block is left, nothing is under way any
      more.
    """

    def __init__(self, source: Source[T]) -> None:
        self._source = source
        self._blocks: list[_Block[T]] = []

    def __aiter__(self) -> AsyncIterator[T]:
        """Return an iterator over all items."""
        return _ItemWalk(self.pages())

    @property
    def source(self) -> Source[T]:
        """What the list is read from, for those who read it in a way of their own."""
        return self._source

    def pages(self) -> PageWalk[T]:
        """Return an async iterator over the pages."""
        walk = PageWalk(self._source)
        block = self._block_of_this_task()
        if block is not None:
            block.walks.append(walk)
        return walk

    def __await__(self) -> Generator[Any, None, Page[T]]:
        """Fetch the first page."""
        return self._source.page(None).__await__()

    async def to_list(self, max_items: int | None = None) -> list[T]:
        """Return the items as a list.

        Args:
            max_items: The most items to fetch; None fetches all.

        Raises:
            ConfigurationError: `max_items` is no whole number, or negative.
        """
        if max_items is None:
            return [item async for item in self]
        if type(max_items) is not int or max_items < 0:
            raise ConfigurationError("max_items must be a whole number, 0 or more")
        items: list[T] = []
        if max_items == 0:
            return items
        pages = PageWalk(self._source)
        try:
            async for item in _ItemWalk(pages):
                items.append(item)
                if len(items) == max_items:
                    break
        finally:
            await pages.aclose()
        return items

    async def first(self) -> T | None:
        """Return the first item, or None if the list is empty. Sends one request."""
        page = await self
        return page.items[0] if page.items else None

    async def __aenter__(self) -> Self:
        """Return the pager itself; the end of the block ends the walks that begin in it."""
        self._blocks.append(_Block(asyncio.current_task()))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cancel what is being fetched and wait until it has ended."""
        block = self._block_of_this_task() or self._blocks[-1]
        self._blocks.remove(block)
        for walk in block.walks:
            await walk.aclose()

    def _block_of_this_task(self) -> _Block[T] | None:
        """Return the innermost open block of this task: other tasks may use the pager, too."""
        if not self._blocks:
            return None
        task = asyncio.current_task()
        return next((block for block in reversed(self._blocks) if block.task is task), None)

    def __repr__(self) -> str:
        """Say what it is; the query may hold anything, so it is not shown."""
        return f"<{type(self).__name__}>"
