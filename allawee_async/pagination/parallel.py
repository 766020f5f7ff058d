"""Walking a list along several windows of time at once."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Self, TypeGuard, TypeVar

import attrs

from allawee_async.errors import DecodeError
from allawee_async.models.base import Model
from allawee_async.models.schema import fields_of
from allawee_async.pagination.pages import PageWalk, as_mapping, cancel_anywhere
from allawee_async.pagination.windows import time_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from allawee_async.pagination.pages import Page, Source
    from allawee_async.pagination.windows import Timeline, Window

T = TypeVar("T")


class ParallelWalk(Generic[T]):
    """The items of a list, in no order, each once; an async iterator that tasks may share.

    After an error it can be asked again: behind an item that cannot be read it goes on, and a page
    that failed is fetched anew. It belongs to one event loop.
    """

    def __init__(self, source: Source[T], timeline: Timeline, workers: int) -> None:
        self._run = _Run(source, timeline, workers)
        self._items: deque[T] = deque()
        self._task: asyncio.Task[None] | None = None

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> T:
        """Return the next item that came."""
        if self._task is None:
            self._task = asyncio.create_task(self._run.run())
        while not self._items:
            self._items.extend(await self._run.next_items())
        return self._items.popleft()

    async def aclose(self) -> None:
        """End the walk; what was being fetched is cancelled and waited for."""
        self._items.clear()
        self._run.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def __del__(self) -> None:
        """Cancel what was being fetched for a loop that was left early."""
        if self._task is not None and not self._task.done():
            cancel_anywhere(self._task)


@attrs.frozen
class _Failure:
    """What went wrong, and whom to tell when somebody has taken note of it."""

    error: Exception
    noted: asyncio.Event = attrs.field(factory=asyncio.Event)


class _Run(Generic[T]):
    """The workers: each walks a window, and shares what is left of it with those who have nothing.

    So they end at about the same time, however the entries are spread. They know nothing of the
    iterator, which may be thrown away while they work.
    """

    def __init__(self, source: Source[T], timeline: Timeline, workers: int) -> None:
        self._source = source
        self._timeline = timeline
        self._workers = workers
        self._idle = 0
        self._windows: deque[tuple[Window, PageWalk[T]]] = deque()
        self._changed = asyncio.Condition()
        self._came: asyncio.Queue[Page[T] | _Failure | None] = asyncio.Queue(workers)
        self._has_ended = False

    def close(self) -> None:
        """Have nothing more for anybody."""
        self._has_ended = True
        while not self._came.empty():
            self._came.get_nowait()
        self._came.put_nowait(None)

    async def next_items(self) -> Iterable[T]:
        """Wait for a page, and return its items.

        Raises:
            StopAsyncIteration: There are no more.
            Exception: What went wrong for a worker, once for each time.
        """
        if self._has_ended:
            raise StopAsyncIteration
        found = await self._came.get()
        if isinstance(found, _Failure):
            found.noted.set()
            raise found.error
        if found is None:
            self._has_ended = True
            self._came.put_nowait(None)  # for others who wait
            raise StopAsyncIteration
        return found.items

    async def run(self) -> None:
        """Walk the whole list."""
        whole = None
        while whole is None:
            try:
                whole = await self._timeline.whole()
            except Exception as error:  # noqa: BLE001 - the caller gets it
                await self._tell(error)
            else:
                break
        if whole is not None:
            self._windows.extend((one, self._walk(one)) for one in whole.grid(self._workers))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._workers):
                    group.create_task(self._work())
        except ExceptionGroup as errors:
            await self._tell(errors.exceptions[0])
        await self._came.put(None)

    def _walk(self, window: Window) -> PageWalk[T]:
        return PageWalk(self._source_in(window), ahead=False)

    def _source_in(self, window: Window) -> Source[T]:
        query = {**self._timeline.query_in(window), "sort": f"-{self._timeline.wire}"}
        return attrs.evolve(self._source, query=query, on_invalid=None)

    async def _tell(self, error: Exception) -> None:
        """Hand an error to the caller, and wait until it is taken."""
        failure = _Failure(error)
        await self._came.put(failure)
        await failure.noted.wait()

    async def _work(self) -> None:
        while True:
            async with self._changed:
                self._idle += 1
                if self._idle == self._workers and not self._windows:
                    self._changed.notify_all()
                await self._changed.wait_for(
                    lambda: self._windows or self._idle == self._workers,
                )
                if not self._windows:
                    return
                self._idle -= 1
                window, walk = self._windows.popleft()
            await self._walk_through(window, walk)

    async def _walk_through(self, window: Window, walk: PageWalk[T]) -> None:
        unread = window.until  # nothing before that was read
        while True:
            try:
                page = await anext(walk)
            except StopAsyncIteration:
                return
            except Exception as error:  # noqa: BLE001 - the caller gets it, and may ask again
                unread = min(unread, self._time_of(error, window))
                await self._leave_out(error)
                continue
            await self._came.put(page)
            unread = min([unread, *(self._time_of(item, window) for item in page.items)])
            if self._idle > len(self._windows) and page.has_more:
                window, walk = await self._shared(window, walk, unread)

    async def _leave_out(self, error: Exception) -> None:
        on_invalid = self._source.on_invalid
        if on_invalid is None or not _is_of_item(error):
            await self._tell(error)
            return
        try:
            on_invalid(error)
        except Exception as problem:  # noqa: BLE001 - it is the caller's
            await self._tell(problem)

    async def _shared(
        self, window: Window, walk: PageWalk[T], unread: datetime
    ) -> tuple[Window, PageWalk[T]]:
        """Give away the time in which nothing was read yet, a piece for each who has nothing.

        Returns what is kept: the latest piece.
        """
        left = attrs.evolve(window, until=max(unread, window.floor))
        *given, last = left.grid(self._idle - len(self._windows) + 1)
        kept = attrs.evolve(window, since=last.since, floor=last.floor)
        rest = walk.resumed(self._source_in(kept)) if given else None
        if rest is None:
            return window, walk
        async with self._changed:
            self._windows.extend((one, self._walk(one)) for one in given)
            self._changed.notify_all()
        return kept, rest

    def _time_of(self, entry: Any, window: Window) -> datetime:
        """Return the time of an item, or of what an error is about.

        Where it shows none, it is the beginning of its window: then there is nothing to share.
        """
        wire = self._timeline.wire
        if isinstance(entry, Exception):
            if not _is_of_item(entry):
                return window.until
            entry = entry.item
        if isinstance(entry, Model):
            field = fields_of(type(entry)).get(wire)
            found = getattr(entry, field.attribute) if field else entry.extra.get(wire)
        else:
            found = as_mapping(entry).get(wire)
        return time_in(found) or window.floor


def _is_of_item(error: Exception) -> TypeGuard[DecodeError]:
    """Return whether an error is about one item, and not about its page."""
    return isinstance(error, DecodeError) and error.path.startswith("data[")
