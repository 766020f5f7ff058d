"""Walking lists: page after page, the next one fetched while the caller works on this one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

import attrs

from allawee_async.errors import ConfigurationError, DecodeError, PaginationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
    from types import TracebackType

    from allawee_async.replies import Reply
    from allawee_async.types import JSONValue

T = TypeVar("T")

_DEFAULT_LIMIT: Final = 20
_CURSORS: Final = ("after", "before", "lastId", "page")


@attrs.frozen(kw_only=True)
class Source(Generic[T]):
    """What a list is read from.

    Attributes:
        fetch: Sends the list request with a query.
        decode: Makes items of the raw ones; their places in errors are seen from the list.
        query: The query of the first page.
        cursor_field: The wire name of the field that cursors are taken from.
    """

    fetch: Callable[[Mapping[str, str]], Awaitable[Reply]]
    decode: Callable[[list[JSONValue]], tuple[T, ...]]
    query: Mapping[str, str]
    cursor_field: str = "id"

    def query_at(self, cursor: str | None) -> Mapping[str, str]:
        """Return the query for the page at a cursor; None is the first page."""
        if cursor is None:
            return self.query
        direction = "before" if "before" in self.query else "after"
        kept = {name: text for name, text in self.query.items() if name not in _CURSORS}
        return {**kept, direction: cursor}

    async def page(self, cursor: str | None) -> Page[T]:
        """Fetch the page at a cursor.

        Raises:
            AllaweeError: The request failed, after its retries.
            DecodeError: The page is not what the documents say.
        """
        query = self.query_at(cursor)
        reply = await self.fetch(query)
        raw = reply.data
        if not isinstance(raw, list):
            raise _decode_error("expected a list, found something else", "data", reply)
        try:
            items = self.decode(raw)
        except DecodeError as error:
            step = "" if error.path.startswith("[") or not error.path else "."
            raise _decode_error(error.message, f"data{step}{error.path}", reply) from None
        total = reply.metadata.get("totalCount")
        return Page(
            items=items,
            has_more=_has_more(reply, len(raw), query),
            total_count=total if isinstance(total, int) else None,
            request_id=reply.request_id,
            cursor=self._cursor_of(raw, reply),
            source=self,
        )

    def _cursor_of(self, raw: list[JSONValue], reply: Reply) -> str | None:
        if not raw:
            return None
        edge = raw[0] if "before" in self.query else raw[-1]
        cursor = edge.get(self.cursor_field) if isinstance(edge, dict) else None
        if isinstance(cursor, str) and cursor:
            return cursor
        last_id = reply.metadata.get("lastId")
        return last_id if isinstance(last_id, str) and last_id else None


def _decode_error(message: str, path: str, reply: Reply) -> DecodeError:
    error = DecodeError(
        message, path=path, body=reply.data, status=reply.status, request_id=reply.request_id
    )
    error.attempts = reply.attempts
    error.method = "GET"
    return error


def _has_more(reply: Reply, found: int, query: Mapping[str, str]) -> bool:
    """Return whether there may be another page.

    Where the server does not say so, a full page may be followed by another; asking once too
    often is better than to lose what follows.
    """
    told = reply.metadata.get("hasMore")
    if isinstance(told, bool):
        return told
    return found >= int(query.get("limit", _DEFAULT_LIMIT))


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: What is on it.
        has_more: Whether there may be another page behind it.
        total_count: The number of all entries, if `count_total` was asked for.
        request_id: The API's id of the request.
        cursor: Where to go on: `list(after=page.cursor)`; None for an empty page.
    """

    items: tuple[T, ...]
    has_more: bool
    total_count: int | None = None
    request_id: str | None = None
    cursor: str | None = None
    _source: Source[T] = attrs.field(alias="source", repr=False, eq=False)

    async def next_page(self) -> Page[T] | None:
        """Fetch the page behind this one.

        Returns:
            The next page, or None if there is none.

        Raises:
            PaginationError: The server ignores the cursor.
            AllaweeError: The request failed, after its retries.
        """
        if not self.leads_on:
            return None
        page = await self._source.page(_needed(self.cursor))
        if page.cursor == self.cursor:
            raise _standstill(page.cursor)
        return page if page.items else None

    @property
    def leads_on(self) -> bool:
        """Whether another page is worth asking for."""
        return self.has_more and bool(self.items)


def _needed(cursor: str | None) -> str:
    if cursor is None:
        raise PaginationError("the last entry has no id to go on from; keep the id in select")
    return cursor


def _standstill(cursor: str | None) -> PaginationError:
    return PaginationError(
        "the server answered with a page that was there before, so it ignores the cursor; "
        "going on would not end",
        cursor=cursor,
    )


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
            raise _standstill(page.cursor)
        self._page = page
        if page.leads_on:
            self._seen.add(_needed(page.cursor))
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
        self._blocks = 0
        self._walks: list[PageWalk[T]] = []

    def __aiter__(self) -> AsyncIterator[T]:
        """Return an iterator over all items."""
        return _ItemWalk(self.pages())

    def pages(self) -> PageWalk[T]:
        """Return an async iterator over the pages."""
        walk = PageWalk(self._source)
        if self._blocks:
            self._walks.append(walk)
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
        async with self:
            async for item in self:
                items.append(item)
                if len(items) == max_items:
                    break
        return items

    async def first(self) -> T | None:
        """Return the first item, or None if the list is empty. Sends one request."""
        page = await self
        return page.items[0] if page.items else None

    async def __aenter__(self) -> Self:
        """Return the pager itself; the end of the block ends the walks that begin in it."""
        self._blocks += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cancel what is being fetched and wait until it has ended."""
        self._blocks -= 1
        if not self._blocks:
            walks, self._walks = self._walks, []
            for walk in walks:
                await walk.aclose()

    def __repr__(self) -> str:
        """Say what it is; the query may hold anything, so it is not shown."""
        return f"<{type(self).__name__}>"
