"""A list that is read as it is used: item after item, page after page, or all at once."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.pagination.pages import Page, PageWalk, Source

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType


T = TypeVar("T")


class ItemWalk(Generic[T]):
    """The items of one walk, in order; an async iterator that tasks may share, as a `PageWalk`."""

    def __init__(self, pages: PageWalk[T]) -> None:
        self._pages = pages
        self._items: deque[T] = deque()

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

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

    An item that cannot be read raises `DecodeError` where it stands, with the `item` and its
    `cursor`. The same iterator goes on behind it when it is asked again. `list(on_invalid=…)`
    leaves such items out.
    """

    def __init__(self, source: Source[T]) -> None:
        self._source = source
        self._blocks: list[_Block[T]] = []

    def __aiter__(self) -> ItemWalk[T]:
        """Return an iterator over all items."""
        return ItemWalk(self.pages())

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
        return anext(PageWalk(self._source)).__await__()

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
        walk = ItemWalk(PageWalk(self._source))
        try:
            while len(items) < max_items:
                items.append(await anext(walk))
        except StopAsyncIteration:
            pass
        finally:
            await walk.aclose()
        return items

    async def first(self) -> T | None:
        """Return the first item, or None if the list is empty. Sends one request."""
        return next(iter(await self.to_list(1)), None)

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
