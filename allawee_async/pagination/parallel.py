"""Windows of time: how a list is cut into them, and walked along several of them at once.

Windows are half open: what was created at the time of a border belongs to one side of it alone.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar

import attrs

from allawee_async.errors import ConfigurationError, DecodeError
from allawee_async.models.schema import camel
from allawee_async.pagination.pages import (
    CURSORS,
    PageWalk,
    Source,
    cancel_anywhere,
    is_of_item,
    wire_value,
)
from allawee_async.query.times import Time, timestamp, utc
from allawee_async.transport.request import settled, together

T = TypeVar("T")

_COUNTS_FOR_A_PART: Final = 6
_NARROWEST: Final = timedelta(milliseconds=2)
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_ENTRIES: Final = 10**12
"""A server that counts more does not count."""
_ABOUT_PAGES: Final = ("limit", "sort", "select", "expand", "countTotal")
_SHORTEST: Final = 0.001  # seconds, the precision of most times
_SURELY_SORTED: Final = 20
"""So many entries in order, and none that is not, are no chance."""
_NEVER: Final = 10**18
_RUNNING: Final = set[asyncio.Task[None]]()
"""The loop knows tasks by weak references: one that is thrown away while it waits complains."""


@attrs.frozen(kw_only=True)
class Window:
    """A span of time.

    Attributes:
        since: Its beginning; None is the beginning of the list.
        until: Its end, which is no part of it.
        floor: The time before which there is nothing in it, as far as is known.
        count: How many entries it holds; None if that is not known.
    """

    since: datetime | None
    until: datetime
    floor: datetime
    count: int | None = None

    @property
    def size(self) -> int:
        """How many entries it holds, as far as that is known."""
        return self.count or 0

    def holds(self, time: datetime) -> bool:
        """Return whether a time is in it."""
        return (self.since is None or self.since <= time) and time < self.until

    def conditions(self, wire: str) -> str:
        """Return the filter for what is in it, by a field of time."""
        end = f"{wire}|ltd|{timestamp(wire, self.until)}"
        return end if self.since is None else f"{wire}|gted|{timestamp(wire, self.since)} {end}"

    def cut(self, at: datetime) -> tuple[Window, Window]:
        """Return the windows before and behind a time."""
        return (
            attrs.evolve(self, until=at, count=None),
            attrs.evolve(self, since=at, floor=at, count=None),
        )

    def middle(self) -> datetime | None:
        """Return the time in the middle; None if it is too narrow to be cut."""
        width = self.until - self.floor
        return in_milliseconds(self.floor + width / 2) if width >= _NARROWEST else None

    def grid(self, parts: int) -> Iterator[Window]:
        """Yield so many windows of the same width, or fewer if it is narrow."""
        width, rest = (self.until - self.floor) / parts, self
        for number in range(1, parts):
            border = in_milliseconds(self.floor + width * number)
            if rest.floor < border < rest.until:
                window, rest = rest.cut(border)
                yield window
        yield rest


def in_milliseconds(moment: datetime) -> datetime:
    """Return a time without what is shorter than a millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Timeline:
    """A list along a field of time.

    Args:
        source: The list.
        by: The field, by its name in Python or on the wire.
        since: What came before is left out.
        until: What came then or later is left out; None is now.

    Raises:
        ConfigurationError: A time has no time zone, or the list begins at a cursor.
    """

    def __init__(
        self, source: Source[Any], by: str, since: Time | None, until: Time | None
    ) -> None:
        if not source.listing.query.keys().isdisjoint(CURSORS):
            raise ConfigurationError(
                "a list that begins at a cursor cannot be cut by time: give created_since or "
                "created_until instead"
            )
        self.wire = camel(by)
        self._source = source
        self._since = None if since is None else utc("since", since)
        self._until = datetime.now(UTC) if until is None else utc("until", until)

    def query_in(self, window: Window) -> Mapping[str, str]:
        """Return the query for the entries in a window."""
        query, conditions = self._source.listing.query, window.conditions(self.wire)
        return {**query, "filter": f"{query.get('filter', '')} {conditions}".lstrip()}

    async def whole(self) -> Window | None:
        """Return the window of the whole list; None if it is empty.

        Raises:
            ConfigurationError: Its entries do not show the field.
        """
        everything = Window(since=self._since, until=self._until, floor=self._until)
        entry = await self._first({**_probe(self.query_in(everything)), "sort": self.wire})
        if entry is None:  # of a field that is not there, nothing is in any window
            entry = await self._first(_probe(self._source.listing.query))
            if entry is None or time_in(wire_value(entry, self.wire)):
                return None
        oldest = time_in(wire_value(entry, self.wire))
        if oldest is None and isinstance(entry, DecodeError):
            oldest = _LONG_AGO  # it may be that record alone
        if oldest is None:
            raise ConfigurationError(
                f"the entries of this list show no {self.wire}, so it cannot be cut by it"
            )
        return attrs.evolve(everything, floor=min(oldest, self._until))

    async def count(self, window: Window) -> int | None:
        """Return how many entries there are in a window; None if the API does not count."""
        probe = _probe(self.query_in(window))
        reply = await self._source.fetch({**probe, "countTotal": "true"})
        total = reply.metadata.get("totalCount")
        return total if type(total) is int and 0 <= total <= _MOST_ENTRIES else None

    async def _first(self, query: Mapping[str, str]) -> object | None:
        source = attrs.evolve(self._source.asking(query), on_invalid=None)
        try:
            page = await anext(PageWalk(source, ahead=False), None)
        except DecodeError as error:
            if not is_of_item(error):
                raise
            return error
        return next(iter(page.items), None) if page else None


def _probe(query: Mapping[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in query.items() if name not in _ABOUT_PAGES}
    return {**kept, "limit": "1"}


def time_in(value: object) -> datetime | None:
    """Return the time that a field of an entry holds, as it came or as a model has it."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return found if isinstance(found, datetime) and found.tzinfo else None


async def balanced(parts: int, timeline: Timeline) -> list[Window]:
    """Return windows that together are the list, and hold about the same number of entries.

    The list is cut into twice as many windows of the same width, which are counted. As long as one
    holds more than half of its share, it is cut in the middle; then neighbours are put together.
    Where the API does not count, the windows have the same width.

    Args:
        parts: The most windows.
        timeline: The list.
    """
    whole = await timeline.whole()
    if whole is None or parts == 1:
        return [] if whole is None else [whole]
    turns = asyncio.Semaphore(parts)

    async def counted(window: Window) -> Window:
        async with turns:
            return attrs.evolve(window, count=await timeline.count(window))

    pieces = await together(map(counted, whole.grid(2 * parts)))
    if any(piece.count is None for piece in pieces):
        return list(whole.grid(parts))
    left = parts * _COUNTS_FOR_A_PART - 1 - len(pieces)
    while large := _large(pieces, parts)[:left]:
        left -= len(large)
        halves = [piece.cut(middle) for piece in large if (middle := piece.middle())]
        lower = await together(counted(before) for before, _ in halves)
        for piece, before, (_, behind) in zip(large, lower, halves, strict=True):
            rest = max(piece.size - before.size, 0)
            place = pieces.index(piece)
            pieces[place : place + 1] = [before, attrs.evolve(behind, count=rest)]
    return _put_together(pieces, parts)


def _large(pieces: Sequence[Window], parts: int) -> list[Window]:
    """Return the windows that hold more than half of a share, and can be cut; large ones first."""
    most = max(sum(piece.size for piece in pieces) / parts / 2, 1)
    large = [piece for piece in pieces if piece.size > most and piece.middle()]
    return sorted(large, key=lambda piece: -piece.size)


def _put_together(pieces: Sequence[Window], parts: int) -> list[Window]:
    """Return neighbours as one window, so that the largest of so many is as small as can be."""
    counts = [piece.size for piece in pieces]
    sizes = range(max(counts), sum(counts) + 1)
    place = bisect_left(sizes, True, key=lambda most: len(_joined(pieces, most)) <= parts)  # noqa: FBT003
    return _joined(pieces, sizes[place])


def _joined(pieces: Sequence[Window], most: int) -> list[Window]:
    """Return neighbours as one window, as long as it holds no more than so many entries."""
    joined = [*pieces[:1]]
    for piece in pieces[1:]:
        size = joined[-1].size + piece.size
        if size <= most:
            joined[-1] = attrs.evolve(joined[-1], until=piece.until, count=size)
        else:
            joined.append(piece)
    return joined


class ParallelWalk(AsyncIterator[T]):
    """The items of a list, in no order, each once; an async iterator that tasks may share.

    After an error it can be asked again: behind an item that cannot be read it goes on, and a page
    that failed is fetched anew. It belongs to one event loop.
    """

    def __init__(self, source: Source[T], timeline: Timeline, workers: int) -> None:
        self._run = _Run(source, timeline, workers)
        self._items: deque[T] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __anext__(self) -> T:
        """Return the next item that came.

        Raises:
            ConfigurationError: The walk was begun in another event loop.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._run.run())
            _RUNNING.add(self._task)
            self._task.add_done_callback(_RUNNING.discard)
        elif self._task.get_loop() is not asyncio.get_running_loop():
            raise ConfigurationError(
                "a parallel walk belongs to the event loop in which it was begun; begin another, "
                "or walk the parts of split() one by one"
            )
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


@attrs.define(eq=False)
class _Stretch(Generic[T]):
    """A window that a worker walks, from its end to its beginning.

    Attributes:
        window: The window; its beginning moves when somebody else takes over what is before it.
        whole: What the window was at first.
        walk: The pages of that.
        read: The earliest time that was read.
        density: How many entries there are in a second, by the last page.
    """

    window: Window
    whole: Window
    walk: PageWalk[T]
    read: datetime
    density: float = 0.0

    @property
    def left(self) -> float:
        """How many entries are left, about."""
        return self.density * (self.read - self.window.floor).total_seconds()

    def note(self, times: Sequence[datetime]) -> None:
        """Take note of the times of a page."""
        earliest = min(times, default=self.read)
        seconds = max((self.read - earliest).total_seconds(), _SHORTEST)
        self.density = len(times) / seconds
        self.read = min(self.read, earliest)

    def give(self, page_size: int) -> Window | None:
        """Give half of what is behind the next page away, from its beginning; None if it is little.

        That page is on its way. What it holds of the given half is left out when it comes.
        """
        left = self.left
        if left <= 1.5 * page_size:
            return None
        share = (left - page_size) / 2 / left
        border = in_milliseconds(self.window.floor + (self.read - self.window.floor) * share)
        if not self.window.floor < border < self.read:
            return None
        given, self.window = self.window.cut(border)
        return given


class _Run(Generic[T]):
    """The workers: each walks a window, and takes over half of one when it has nothing more.

    So they end at about the same time, however the entries are spread. They know nothing of the
    iterator, which may be thrown away while they work.
    """

    def __init__(self, source: Source[T], timeline: Timeline, workers: int) -> None:
        self._source = source
        self._timeline = timeline
        self._workers = workers
        self._idle = 0
        self._page_size = 1
        self._in_order = 0
        self._windows: deque[Window] = deque()
        self._stretches: list[_Stretch[T]] = []
        self._changed = asyncio.Condition()
        self._came: asyncio.Queue[Sequence[T] | _Failure | None] = asyncio.Queue(workers)
        self._has_ended = False
        self._misplaced: set[str] = set()

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
        return found

    async def run(self) -> None:
        """Walk the whole list."""
        whole = await self._whole()
        if whole is not None:
            self._windows.extend(whole.grid(self._workers))
        try:
            await together(self._work() for _ in range(self._workers))
        except Exception as error:  # noqa: BLE001 - the caller gets it
            await self._tell(error)
        await self._came.put(None)

    async def _whole(self) -> Window | None:
        while True:
            try:
                return await self._timeline.whole()
            except Exception as error:  # noqa: BLE001 - the caller gets it, and may ask again
                await self._tell(error)

    async def _tell(self, error: Exception) -> None:
        """Hand an error to the caller, and wait until it is taken."""
        failure = _Failure(error)
        await self._came.put(failure)
        await failure.noted.wait()

    async def _work(self) -> None:
        while (window := await self._next_window()) is not None:
            query = {**self._timeline.query_in(window), "sort": f"-{self._timeline.wire}"}
            source = attrs.evolve(self._source.asking(query), on_invalid=None)
            stretch = _Stretch(window, window, PageWalk(source, ahead=False), window.until)
            self._stretches.append(stretch)
            await self._walk(stretch)
            self._stretches.remove(stretch)

    async def _next_window(self) -> Window | None:
        """Wait for a window to walk; None if there is nothing more to do for anybody."""
        async with self._changed:
            self._idle += 1
            while True:
                window = self._windows.popleft() if self._windows else self._taken_over()
                if window is not None:
                    self._idle -= 1
                    return window
                if self._idle == self._workers:
                    self._changed.notify_all()
                    return None
                await self._changed.wait()

    def _taken_over(self) -> Window | None:
        most = max(self._stretches, key=lambda one: one.left, default=None)
        return None if most is None else most.give(self._page_size)

    async def _walk(self, stretch: _Stretch[T]) -> None:
        while True:
            try:
                page = await anext(stretch.walk)
            except StopAsyncIteration:
                return
            except Exception as error:  # noqa: BLE001 - the caller gets it, and may ask again
                if not is_of_item(error):
                    await self._leave_out(error)
                elif self._is_ours(error, stretch):
                    stretch.read = min(stretch.read, self._time_of(error, stretch))
                    await self._leave_out(error)
                continue
            times = [self._time_of(item, stretch) for item in page.items]
            kept = [item for item in page.items if self._is_ours(item, stretch)]
            self._look_at_order([stretch.read, *times])
            stretch.note(times)
            self._page_size = max(self._page_size, len(times))
            if kept:
                await self._came.put(kept)
            if len(kept) < len(times) and self._in_order >= _SURELY_SORTED:
                return  # else something of ours may come behind what is not
            if self._idle:
                async with self._changed:
                    self._changed.notify_all()

    def _is_ours(self, entry: Any, stretch: _Stretch[T]) -> bool:
        """Return whether this worker hands an entry out, and not who took over its time."""
        time = time_in(wire_value(entry, self._timeline.wire))
        if time is not None and stretch.whole.holds(time):
            return stretch.window.holds(time)
        # what it shows contradicts the window that it came in: who has it first hands it out
        name = wire_value(entry, self._source.listing.cursor_field)
        if not isinstance(name, str):
            return True
        is_first = name not in self._misplaced
        self._misplaced.add(name)
        return is_first

    def _look_at_order(self, times: Sequence[datetime]) -> None:
        """Find out whether the server sorts by time, as it is asked to."""
        for later, earlier in pairwise(times):
            self._in_order += later > earlier
            if later < earlier:
                self._in_order = -_NEVER

    async def _leave_out(self, error: Exception) -> None:
        on_invalid = self._source.on_invalid
        if on_invalid is None or not is_of_item(error):
            await self._tell(error)
            return
        try:
            await settled(on_invalid(error))
        except Exception as problem:  # noqa: BLE001 - it is the caller's
            await self._tell(problem)

    def _time_of(self, entry: Any, stretch: _Stretch[T]) -> datetime:
        """Return the time of an entry; where it shows none, that of the beginning of its window.

        Then there is nothing left to be given away.
        """
        return time_in(wire_value(entry, self._timeline.wire)) or stretch.window.floor
