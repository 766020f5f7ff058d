"""Windows of time, and how a list is cut into windows that hold about the same number of entries.

Windows are half open: what was created at the time of a border belongs to one side of it alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from allawee_async.errors import ConfigurationError, DecodeError
from allawee_async.models.schema import camel
from allawee_async.pagination.pages import PageWalk, Source, is_of_item, wire_value
from allawee_async.query.times import Time, timestamp, utc

_COUNTS_FOR_A_PART: Final = 6
_NARROWEST: Final = timedelta(milliseconds=2)
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ABOUT_PAGES: Final = ("limit", "sort", "select", "expand", "countTotal")
_CURSORS: Final = ("after", "before", "lastId", "page")


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
        if any(name in source.query for name in _CURSORS):
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
        given = self._source.query.get("filter")
        conditions = window.conditions(self.wire)
        return {
            **self._source.query,
            "filter": f"{given} {conditions}" if given else conditions,
        }

    async def whole(self) -> Window | None:
        """Return the window of the whole list; None if it is empty.

        Raises:
            ConfigurationError: Its entries do not show the field.
        """
        everything = Window(since=self._since, until=self._until, floor=self._until)
        query = self._probe(everything)
        entry = await self._first({**query, "sort": self.wire})
        if entry is None:  # of a field that is not there, nothing is in any window
            del query["filter"]
            entry = await self._first({**query, **_filter_of(self._source)})
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
        reply = await self._source.fetch({**self._probe(window), "countTotal": "true"})
        total = reply.metadata.get("totalCount")
        return total if type(total) is int and total >= 0 else None

    async def _first(self, query: Mapping[str, str]) -> object | None:
        source = attrs.evolve(self._source, query=query, on_invalid=None)
        try:
            page = await anext(PageWalk(source, ahead=False))
        except DecodeError as error:
            if not is_of_item(error):
                raise
            return error
        return next(iter(page.items), None)

    def _probe(self, window: Window) -> dict[str, str]:
        query = self.query_in(window)
        kept = {name: text for name, text in query.items() if name not in _ABOUT_PAGES}
        return {**kept, "limit": "1"}


def _filter_of(source: Source[Any]) -> Mapping[str, str]:
    return {"filter": given} if (given := source.query.get("filter")) else {}


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
    counter = _Counter(timeline, budget=parts * _COUNTS_FOR_A_PART - 1, at_once=parts)
    pieces = await counter.counted(list(whole.grid(2 * parts)))
    if pieces is None:
        return list(whole.grid(parts))
    share = sum(piece.count or 0 for piece in pieces) / parts
    while True:
        large = sorted(
            (one for one in pieces if (one.count or 0) > max(share / 2, 1) and one.middle()),
            key=lambda one: -(one.count or 0),
        )[: counter.left]
        if not large:
            return _put_together(pieces, parts)
        pieces = await counter.cut(pieces, large)


@attrs.define
class _Counter:
    """Counts the entries of windows, as long as its budget of requests lasts."""

    timeline: Timeline
    budget: int
    at_once: int
    sent: int = 0

    @property
    def left(self) -> int:
        return self.budget - self.sent

    async def counted(self, windows: Sequence[Window]) -> list[Window] | None:
        """Return windows with their counts; None if the API does not count."""
        turns = asyncio.Semaphore(self.at_once)

        async def one(window: Window) -> int | None:
            async with turns:
                return await self.timeline.count(window)

        self.sent += len(windows)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(window)) for window in windows]
        counts = [task.result() for task in tasks]
        if None in counts:
            return None
        return [
            attrs.evolve(window, count=count) for window, count in zip(windows, counts, strict=True)
        ]

    async def cut(self, pieces: Sequence[Window], large: Sequence[Window]) -> list[Window]:
        """Return the pieces with the large ones cut in the middle; one half is counted."""
        halves = [one.cut(middle) for one in large if (middle := one.middle())]
        lower = await self.counted([before for before, _ in halves]) or []
        cut: dict[Window, tuple[Window, ...]] = {}
        for one, before, (_, behind) in zip(large, lower, halves, strict=False):
            rest = max((one.count or 0) - (before.count or 0), 0)
            cut[one] = (before, attrs.evolve(behind, count=rest))
        return [piece for one in pieces for piece in cut.get(one, (one,))]


def _put_together(pieces: Sequence[Window], parts: int) -> list[Window]:
    """Return neighbours as one window, so that the largest of so many is as small as can be."""
    least = max(piece.count or 0 for piece in pieces)
    most = sum(piece.count or 0 for piece in pieces)
    while least < most:
        size = (least + most) // 2
        if len(_packed(pieces, size)) <= parts:
            most = size
        else:
            least = size + 1
    return _packed(pieces, least)


def _packed(pieces: Sequence[Window], size: int) -> list[Window]:
    packed: list[Window] = []
    for piece in pieces:
        last = packed[-1] if packed else None
        if last is not None and (last.count or 0) + (piece.count or 0) <= size:
            count = (last.count or 0) + (piece.count or 0)
            packed[-1] = attrs.evolve(last, until=piece.until, count=count)
        else:
            packed.append(piece)
    return packed
