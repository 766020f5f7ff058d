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
from allawee_async.pagination.pages import CURSORS, PageWalk, Source, is_of_item, wire_value
from allawee_async.query.times import Time, timestamp, utc
from allawee_async.transport.request import together

_COUNTS_FOR_A_PART: Final = 6
_NARROWEST: Final = timedelta(milliseconds=2)
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ABOUT_PAGES: Final = ("limit", "sort", "select", "expand", "countTotal")


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
        return total if type(total) is int and total >= 0 else None

    async def _first(self, query: Mapping[str, str]) -> object | None:
        source = attrs.evolve(self._source.asking(query), on_invalid=None)
        try:
            page = await anext(PageWalk(source, ahead=False))
        except DecodeError as error:
            if not is_of_item(error):
                raise
            return error
        return next(iter(page.items), None)


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
    """Return neighbours as one window: those whose middle entries are in the same share."""
    share = sum(piece.size for piece in pieces) / parts or 1
    joined: dict[int, Window] = {}
    before = 0
    for piece in pieces:
        place = min(int((before + piece.size / 2) / share), parts - 1)
        first = joined.get(place, attrs.evolve(piece, count=0))
        joined[place] = attrs.evolve(first, until=piece.until, count=first.size + piece.size)
        before += piece.size
    return list(joined.values())
