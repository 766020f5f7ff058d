"""Pages: what a list is and what it is read from, one page of it, the walk from page to page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeAlias, TypeGuard, TypeVar, cast

import attrs

from allawee_async.codec.converter import decode_items, decode_mappings
from allawee_async.errors import APIError, DecodeError, PaginationError
from allawee_async.models.base import Model
from allawee_async.models.schema import fields_of
from allawee_async.transport.request import Request, settled
from allawee_async.types import JSONObject, JSONValue

if TYPE_CHECKING:
    from allawee_async.transport.response import Reply
    from allawee_async.transport.session import SessionManager

T = TypeVar("T")

OnInvalid: TypeAlias = Callable[[DecodeError], object]
"""What is called with the error of each item that cannot be read, where such are left out.

It may be an async function.
"""

_DEFAULT_LIMIT: Final = 20
CURSORS: Final = ("after", "before", "lastId", "page")
_REFUSALS: Final = frozenset({400, 404, 409, 410, 422})
"""What servers answer where the entry that a cursor names is gone."""


@attrs.frozen(kw_only=True)
class Listing:
    """A list, by where it is and what is asked for; without a client, so any machine can read it.

    Attributes:
        path: The encoded path.
        query: The query of the first page.
        model: What an item is; None for plain mappings.
        cursor_field: The wire name of the field that cursors are taken from.
        loose: Whether no document shows the list: then one object counts as a list of one, an
            entry that is no object is kept as `extra["value"]`, and a page is the last unless the
            answer says otherwise.
    """

    path: str
    query: Mapping[str, str] = attrs.field(repr=False, hash=False)
    model: type[Model] | None
    cursor_field: str = "id"
    loose: bool = False

    @property
    def is_backwards(self) -> bool:
        """Whether the pages before an entry are asked for, and not those behind it."""
        return "before" in self.query

    def query_at(self, cursor: str | None) -> Mapping[str, str]:
        """Return the query for the page at a cursor; None is the first page."""
        if cursor is None:
            return self.query
        direction = "before" if self.is_backwards else "after"
        kept = {name: text for name, text in self.query.items() if name not in CURSORS}
        return {**kept, direction: cursor}

    def read_by(self, session: SessionManager, on_invalid: OnInvalid | None) -> Source[Any]:
        """Return the list as a session reads it.

        Args:
            session: Sends the requests.
            on_invalid: Called with the error of each item that cannot be read; None raises it.
        """

        async def fetch(query: Mapping[str, str]) -> Reply:
            request = Request(method="GET", path=self.path, query=query, resend=True)
            reply = await session.send(request)
            if self.loose:
                reply.raw = _as_list(reply.data)
            return reply

        return Source(
            listing=self,
            fetch=fetch,
            decode=self._items,
            on_invalid=on_invalid,
            address=f"{session.hosts.base_url}{self.path}",
            key_kind=repr(session.keys),
        )

    def _items(self, data: Any) -> Sequence[Any]:
        return decode_mappings(data) if self.model is None else decode_items(data, self.model)


def as_object(value: JSONValue) -> JSONObject:
    """Return what is no object as one; nothing is an empty one."""
    if isinstance(value, dict):
        return value
    return {} if value is None else {"value": value}


def _as_list(data: JSONValue) -> list[JSONValue]:
    if isinstance(data, list):
        return [as_object(item) for item in data]
    return [] if data is None else [as_object(data)]


@attrs.frozen(kw_only=True)
class Source(Generic[T]):
    """What a list is read from.

    Attributes:
        listing: The list.
        fetch: Sends the list request with a query.
        decode: Makes the items of a list, which is JSON text (`Raw`) or what it says; an item that
            cannot be read is its `DecodeError`.
        on_invalid: Called with the error of each item that cannot be read, which is then left out.
        address: Where the list is: host and path, without the query.
        key_kind: What kind of key reads it (`test key`), never the key.
    """

    listing: Listing
    fetch: Callable[[Mapping[str, str]], Awaitable[Reply]]
    decode: Callable[[Any], Sequence[T | DecodeError]]
    on_invalid: OnInvalid | None = None
    address: str = ""
    key_kind: str = ""

    def asking(self, query: Mapping[str, str]) -> Self:
        """Return the same with another query."""
        return attrs.evolve(self, listing=attrs.evolve(self.listing, query=query))

    async def batch(self, cursor: str | None) -> Batch[T]:
        """Fetch what is at a cursor.

        Raises:
            AllaweeError: The request failed, after its retries.
            DecodeError: The answer is no list.
        """
        reply = await self.fetch(self.listing.query_at(cursor))
        try:
            entries = self.decode(reply.raw)
        except DecodeError as error:
            error.body = reply.data
            raise _of_reply(error, reply) from None
        ids = self.ids_of(entries)
        for place, entry in enumerate(entries):
            if isinstance(entry, DecodeError):
                _of_reply(entry, reply).cursor = ids[place]
        total = reply.metadata.get("totalCount")
        more = reply.metadata.get("hasMore")
        told = reply.metadata.get("lastId")
        named = filter(None, ids if self.listing.is_backwards else reversed(ids))
        return Batch(
            entries=entries,
            ids=ids,
            says_more=more if isinstance(more, bool) else None,
            is_full=len(entries) >= int(self.listing.query.get("limit", _DEFAULT_LIMIT)),
            reached=next(named, told if isinstance(told, str) and told else None),
            total_count=total if type(total) is int and total >= 0 else None,
            request_id=reply.request_id,
        )

    def ids_of(self, entries: Sequence[T | DecodeError]) -> list[str | None]:
        """Return the cursor of each entry, whatever has become of it."""
        model, wire = self.listing.model, self.listing.cursor_field
        field = fields_of(model).get(wire)
        get: Callable[[Any], Any] = partial(wire_value, wire=wire)
        if field and {*map(type, entries)} == {model}:  # as nearly every page is: all in C
            get = attrgetter(field.attribute)
        values = map(get, entries)
        return [value if value and isinstance(value, str) else None for value in values]


def wire_value(entry: Any, wire: str) -> object:
    """Return what an entry has in a field of the wire's name, whatever has become of it."""
    record = entry.item if isinstance(entry, DecodeError) else entry
    if isinstance(record, Model):
        field = fields_of(type(record)).get(wire)
        return getattr(record, field.attribute) if field else record.extra.get(wire)
    return cast("Mapping[str, object]", record).get(wire) if isinstance(record, dict) else None


def is_of_item(error: Exception) -> TypeGuard[DecodeError]:
    """Return whether an error is about one item, and not about its page."""
    return isinstance(error, DecodeError) and error.path.startswith("data[")


def _of_reply(error: DecodeError, reply: Reply) -> DecodeError:
    error.status, error.request_id = reply.status, reply.request_id
    error.attempts, error.method = reply.attempts, "GET"
    return error


@attrs.frozen(kw_only=True)
class Batch(Generic[T]):
    """What came with one request.

    Attributes:
        entries: The items, and errors in the places of those that cannot be read.
        ids: The id of each entry, or None.
        says_more: What the server says about further entries; None if it says nothing.
        is_full: Whether as many came as were asked for.
        reached: The cursor to go on from: of the last entry, or told beside the list.
        total_count: The number of all entries, if it was asked for.
        request_id: The API's id of the request.
    """

    entries: Sequence[T | DecodeError]
    ids: Sequence[str | None]
    says_more: bool | None = None
    is_full: bool = False
    reached: str | None = None
    total_count: int | None = None
    request_id: str | None = None


@attrs.frozen(kw_only=True)
class Place:
    """Where in a list a page ends, and another one begins.

    Attributes:
        cursor: The entry that the next page begins behind; None is the beginning of the list.
        known: The ids of the entries before it, as far as they may come again.
        nameless: How many entries without an id stand behind the cursor and are known.
        came_from: The cursor before.
    """

    cursor: str | None = None
    known: Sequence[str | None] = ()
    nameless: int = 0
    came_from: str | None = None

    def earlier(self, *, is_backwards: bool) -> Iterator[str | None]:
        """Yield cursors to go on from where the last one is gone: near ones, then wider steps."""
        named = [one for one in self.known if one is not None]
        if is_backwards:
            named.reverse()
        step = 1
        while step < len(named):
            yield named[-1 - step]
            step *= 2
        yield self.came_from


_START: Final = Place()


def _number(items: tuple[object, ...]) -> str:
    return f"<{len(items)}>"  # with `select` the items are plain, and hide nothing of themselves


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: What is on it. An item that cannot be read ends a page; what stands behind it comes
            as a page of its own.
        has_more: Whether there may be another page behind it.
        total_count: The number of all entries, if `count_total` was asked for.
        request_id: The API's id of the request.
        place: Where in the list it ends.
    """

    items: tuple[T, ...] = attrs.field(repr=_number)
    has_more: bool
    total_count: int | None = None
    request_id: str | None = None
    place: Place = attrs.field(default=_START, repr=False, eq=False)
    _source: Source[T] = attrs.field(alias="source", repr=False, eq=False)

    @property
    def cursor(self) -> str | None:
        """Where to go on: `list(after=page.cursor)`; None for an empty page."""
        return self.place.cursor

    async def next_page(self) -> Page[T] | None:
        """Fetch the page behind this one.

        Returns:
            The next page, or None if there is none.

        Raises:
            DecodeError: The item behind this page cannot be read; its `cursor` tells where to go
                on.
            PaginationError: The server ignores the cursor, or the entry that it names is gone.
            AllaweeError: The request failed, after its retries.
        """
        if not self.has_more:
            return None
        if self.cursor is None:
            raise PaginationError("the last entry has no id to go on from; keep the id in select")
        return await anext(PageWalk(self._source, self.place), None)


class PageWalk(AsyncIterator[Page[T]]):
    """The pages of one walk, in order; an async iterator.

    After an error it can be asked again: a page that failed is fetched anew, and behind an item
    that cannot be read it goes on. Any number of tasks may share it, each page is handed out once;
    it may be used in several event loops, one after the other. From the second page on, the page
    behind the one that was handed out is already being fetched.

    Args:
        source: The list.
        place: Where to begin.
        ahead: Whether to fetch a page before it is asked for.
    """

    def __init__(self, source: Source[T], place: Place = _START, *, ahead: bool = True) -> None:
        self._source = source
        self._begin = self._place = place
        self._fetches_ahead = ahead
        self._batches = 0
        query = source.listing.query
        self._seen = {query[name] for name in CURSORS if name in query}
        if place.cursor is not None:
            self._seen.add(place.cursor)
        self._pieces: deque[Page[T] | DecodeError] = deque()
        self._is_last = False
        self._ahead: asyncio.Task[Batch[T]] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()

    async def __anext__(self) -> Page[T]:
        """Return the next page that is not empty; the first may be."""
        async with self.turn():
            return await self.take()

    def turn(self) -> asyncio.Lock:
        """Return the lock that those who share the walk wait for."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._turn = loop, asyncio.Lock()
            if self._ahead is not None and not self._ahead.done():
                self._ahead = None  # it ended with its loop, and is fetched anew
        return self._turn

    async def take(self) -> Page[T]:
        """Return the next page; for those whose `turn` it is."""
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                if isinstance(piece, Page):
                    return piece
                if self._source.on_invalid is None:
                    raise piece
                await settled(self._source.on_invalid(piece))
            if self._is_last:
                raise StopAsyncIteration
            if self._batches and self._place.cursor is None:
                raise PaginationError(
                    "the last entry has no id to go on from; keep the id in select"
                )
            batch = await self._next_batch()
            if not self._is_last:  # nobody has closed it meanwhile
                self._go_on(batch)

    async def _next_batch(self) -> Batch[T]:
        try:
            return await self._fetched()
        except APIError as error:
            if error.status not in _REFUSALS or not self._place.known:  # the query of the caller
                raise
            refused = error
        for cursor in self._place.earlier(is_backwards=self._source.listing.is_backwards):
            try:
                return await self._source.batch(cursor)
            except APIError as error:
                if error.status not in _REFUSALS:
                    raise
        raise PaginationError(
            "the server takes none of the last entries as a cursor: they were deleted meanwhile, "
            "it seems; read the rest by its time, list(created_until=…) with the created_at of the "
            "last entry that you have",
            cursor=self._place.cursor,
        ) from refused

    async def _fetched(self) -> Batch[T]:
        ahead = self._ahead
        if ahead is None or ahead.cancelled():
            self._ahead = None
            return await self._source.batch(self._place.cursor)
        try:
            # Cancelling the caller cancels the task; a failed page is fetched anew when asked for.
            return await ahead
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not ahead.cancelled() or (task is not None and task.cancelling()):
                raise
            if self._is_last:  # it was closed
                raise StopAsyncIteration from None
            return await self._source.batch(self._place.cursor)  # somebody else cancelled it
        finally:
            self._ahead = None

    def _go_on(self, batch: Batch[T]) -> None:
        """Cut what came into pages, and find out where the next request begins."""
        reached = batch.reached
        fresh = self._fresh(batch)
        more = self._is_more(batch)
        if more is None:
            self._is_last = True
            return
        is_again = reached in self._seen and (more or batch.ids)
        if is_again or (more and batch.ids and not fresh):
            raise PaginationError(
                "the server answered with a page that was there before, so it ignores the cursor; "
                "going on would not end",
                cursor=reached,
            )
        if more and not batch.ids and reached is None:
            raise PaginationError(
                "an empty page announces more and tells no cursor: ask again later, or cut the "
                "list by time, with created_since and created_until"
            )
        place = self._place
        if batch.ids:
            may_come_again = any(batch.ids) and not self._source.listing.is_backwards
            place = Place(
                cursor=reached,
                known=batch.ids,
                nameless=_leading_nameless(batch.ids[::-1]) if may_come_again else 0,
                came_from=self._place.cursor,
            )
        self._pieces.extend(self._cut(batch, fresh, place, has_more=more))
        self._place = attrs.evolve(place, cursor=reached)
        self._batches += 1
        self._is_last = not more
        if more and reached is not None:
            self._seen.add(reached)
            if self._batches > 1 and self._fetches_ahead:
                self._fetch_ahead(reached)

    def _is_more(self, batch: Batch[T]) -> bool | None:
        """Return whether there may be more; None if nothing new came, and nobody announced any.

        Where the server does not say, there may be more behind any entry: some servers give less
        than they were asked for. Others give all that they have, whatever the cursor.
        """
        if batch.says_more is not None:
            return batch.says_more
        if self._source.listing.loose or not batch.ids:
            return False
        if batch.is_full:
            return True
        is_again = batch.reached in self._seen and (self._batches or self._begin.cursor)
        return None if is_again else batch.reached is not None

    def _fresh(self, batch: Batch[T]) -> list[tuple[T | DecodeError, str | None]]:
        """Return the entries that did not come with the page before."""
        known = set(self._place.known)
        again = min(_leading_nameless(batch.ids), self._place.nameless)
        pairs = list(zip(batch.entries, batch.ids, strict=True))[again:]
        if known.isdisjoint(batch.ids):
            return pairs
        return [pair for pair in pairs if pair[1] is None or pair[1] not in known]

    def _cut(
        self,
        batch: Batch[T],
        fresh: list[tuple[T | DecodeError, str | None]],
        place: Place,
        *,
        has_more: bool,
    ) -> Iterator[Page[T] | DecodeError]:
        page = partial(
            Page[T], total_count=batch.total_count, request_id=batch.request_id, source=self._source
        )
        items: list[T] = []
        cursor: str | None = None
        is_due = not (self._batches or self._begin.cursor or has_more)  # a list that is empty
        if DecodeError not in {type(entry) for entry, _ in fresh}:
            items, fresh = cast("list[T]", [entry for entry, _ in fresh]), []
        for entry, found in fresh:
            if not isinstance(entry, DecodeError):
                items.append(entry)
                cursor = found or cursor
                continue
            if items and self._source.on_invalid is None:
                known = Place(cursor=None if self._source.listing.is_backwards else cursor)
                yield page(items=tuple(items), has_more=True, place=known)
                items = []
            is_due = False
            yield entry
        if items or is_due:
            yield page(items=tuple(items), has_more=has_more, place=place)

    def _fetch_ahead(self, cursor: str) -> None:
        self._ahead = asyncio.ensure_future(self._source.batch(cursor))
        self._ahead.add_done_callback(_look_at)

    async def aclose(self) -> None:
        """End the walk; what was being fetched is cancelled and waited for."""
        self._is_last = True
        self._pieces.clear()
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.done():
            return
        if ahead.get_loop() is asyncio.get_running_loop():
            ahead.cancel()
            await asyncio.wait([ahead])
        else:
            cancel_anywhere(ahead)

    def __del__(self) -> None:
        """Cancel what was being fetched for a loop that was left early."""
        if self._ahead is not None and not self._ahead.done():
            cancel_anywhere(self._ahead)


def cancel_anywhere(task: asyncio.Task[Any]) -> None:
    """Cancel a task from wherever one is: the collector may run in any thread."""
    with suppress(RuntimeError):  # its loop is closed
        task.get_loop().call_soon_threadsafe(task.cancel)


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of a failure, so that asyncio does not report one that nobody waited for."""
    if not task.cancelled():
        task.exception()


def _leading_nameless(ids: Sequence[str | None]) -> int:
    return sum(1 for _ in takewhile(lambda one: one is None, ids))
