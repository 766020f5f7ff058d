"""A list of customers with times of creation, as the API serves one."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import attrs

from tests.support.raw_server import customer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.raw_server import Line, RawRequest

EPOCH = datetime(2023, 1, 1, tzinfo=UTC)


def written(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


@attrs.define
class TimedList:
    """The step of a `RawServer` that answers from a list.

    Attributes:
        times: When each entry was created, by id.
        counts: Whether it tells how many there are.
        latency: Seconds until it answers.
        before: Called before an answer, with the query.
        queries: What was asked for.
        at_once: The most requests that were under way at a time.
    """

    times: dict[str, datetime]
    counts: bool = True
    latency: float = 0.0
    before: Callable[[dict[str, str]], None] = lambda _: None
    queries: list[dict[str, str]] = attrs.field(factory=list)
    at_once: int = 0
    _under_way: int = 0
    _in_order: list[tuple[datetime, str]] = attrs.field(factory=list)

    @classmethod
    def of(cls, *offsets: float, **options: Any) -> TimedList:
        """Return a list whose entries were created so many seconds after the epoch."""
        moments = [EPOCH + timedelta(seconds=offset) for offset in offsets]
        return cls({f"cus.{n:06}": moment for n, moment in enumerate(moments)}, **options)

    async def __call__(self, line: Line, request: RawRequest) -> None:
        query = dict(parse_qsl(request.target.partition("?")[2]))
        self.queries.append(query)
        self._under_way += 1
        self.at_once = max(self.at_once, self._under_way)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            self.before(query)
            await line.answer(self.answer(query))
        finally:
            self._under_way -= 1

    def answer(self, query: dict[str, str]) -> dict[str, object]:
        since, until = self._window(query.get("filter", ""))
        if len(self._in_order) != len(self.times):
            self._in_order = sorted((at, name) for name, at in self.times.items())
        first, last = (bisect_left(self._in_order, at, key=itemgetter(0)) for at in (since, until))
        found = self._in_order[first:last]
        if query.get("sort", "-createdAt").startswith("-"):
            found.reverse()
        begin = 0
        if "after" in query:
            begin = found.index((self.times[query["after"]], query["after"])) + 1
        limit = int(query.get("limit", "20"))
        page = found[begin : begin + limit]
        metadata: dict[str, object] = {"hasMore": len(page) == limit}
        if self.counts and "countTotal" in query:
            metadata["totalCount"] = len(found)
        data = [customer(name, createdAt=written(at)) for at, name in page]
        return {"code": "success", "data": data, "metadata": metadata}

    def _window(self, conditions: str) -> tuple[datetime, datetime]:
        since, until = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        for condition in conditions.split():
            path, operator, value = condition.split("|")
            assert path == "createdAt"
            moment = datetime.fromisoformat(value)
            if operator == "gted":
                since = max(since, moment)
            if operator == "ltd":
                until = min(until, moment)
        return since, until

    @property
    def counting(self) -> int:
        """How many requests only counted."""
        return sum("countTotal" in query for query in self.queries)
