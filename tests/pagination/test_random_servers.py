"""Walks through servers that behave as they like: each item once, and in order."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async import AsyncPager, BadRequestError, DecodeError, PaginationError, ServerError
from allawee_async.pagination.pages import Listing, Source
from allawee_async.transport.response import Reply
from tests.support.properties import LONG
from tests.support.timed_list import EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.pagination.pages import OnInvalid


@attrs.define
class Whims:
    """A list, and what its server does with it.

    Attributes:
        random: Decides.
        names: The ids of its entries.
        bad: Those that cannot be read.
        deleted: Those that are there no more, nor as cursors.
    """

    random: Random
    names: list[str] = attrs.field(init=False)
    bad: set[str] = attrs.field(init=False)
    deleted: set[str] = attrs.field(init=False, factory=set)
    _limit: int = attrs.field(init=False)
    _given: int = attrs.field(init=False)
    _tells: bool = attrs.field(init=False)
    _overlap: int = attrs.field(init=False)
    _fails: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        choice, chance = self.random.choice, self.random.random
        self.names = [f"cus.{number}" for number in range(self.random.randrange(60))]
        self.bad = {name for name in self.names if chance() < 0.1}
        self._limit = choice([1, 2, 3, 7, 20])
        self._given = choice([self._limit, self._limit, max(1, self._limit // 2)])
        self._tells = chance() < 0.6
        self._overlap = choice([0, 0, 1, 2])
        self._fails = choice([0.0, 0.2])

    def pager(self) -> AsyncPager[dict[str, Any]]:
        query = {"limit": str(self._limit)}
        listing = Listing(path="/things", query=query, model=None)
        return AsyncPager(Source(listing=listing, fetch=self._fetch, decode=self._decode))

    async def _fetch(self, query: Mapping[str, str]) -> Reply:
        await asyncio.sleep(0)
        if self.random.random() < self._fails:
            raise ServerError("down", status=503)
        after = query.get("after")
        if after in self.deleted:
            raise BadRequestError("no such cursor", status=400)
        there = [name for name in self.names if name not in self.deleted]
        start = there.index(after) + 1 if after else 0
        if after and self.random.random() < 0.3:
            start = max(0, start - min(self._overlap, self._given - 1))
        page = there[start : start + self._given]
        reply = Reply(200, {}, raw=[{"id": name} for name in page])
        if self._tells:
            reply.metadata = {"hasMore": start + self._given < len(there)}
        return reply

    def _decode(self, raw: Any) -> list[dict[str, Any] | DecodeError]:
        found: list[dict[str, Any] | DecodeError] = []
        for place, item in enumerate(raw):
            is_bad = item["id"] in self.bad
            error = DecodeError("odd", path=f"data[{place}]", item=item) if is_bad else None
            found.append(error or item)
        return found


async def taken(walk: Any, whims: Whims, tasks: int, deleting: float) -> tuple[list[str], set[str]]:
    """Return what so many tasks got from one iterator, and which entries were told as errors."""
    got: list[str] = []
    told: list[str] = []

    async def work() -> None:
        while True:
            try:
                found = await anext(walk)
            except StopAsyncIteration:
                return
            except ServerError:
                continue
            except DecodeError as error:
                told.append(str(error.cursor))
                continue
            items = [found] if isinstance(found, dict) else found.items
            got.extend(item["id"] for item in items)
            if whims.random.random() < deleting:
                whims.deleted.add(whims.random.choice(got))
            await asyncio.sleep(0)

    async with asyncio.timeout(10):
        await asyncio.gather(*(work() for _ in range(tasks)))
    assert len(told) == len(set(told))
    return got, set(told)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12 if LONG else 3))
async def test_each_item_comes_once_and_in_order(seed: int) -> None:
    for number in range(40):
        random = Random(f"{seed} {number}")
        whims = Whims(random)
        pager = whims.pager()
        walk: Any = aiter(pager) if random.random() < 0.6 else pager.pages()
        tasks = random.choice([1, 1, 3, 5])
        try:
            got, told = await taken(walk, whims, tasks, random.choice([0.0, 0.0, 0.05]))
        except PaginationError as error:
            assert whims.deleted
            assert "deleted" in str(error)  # noqa: PT017
            continue
        expected = [name for name in whims.names if name not in whims.bad]
        assert (got if tasks == 1 else sorted(got)) == (
            expected if tasks == 1 else sorted(expected)
        )
        assert told == whims.bad


# At once


@attrs.define
class Moody:
    """A list along time, whose server sorts as it likes, fails, and has records that are odd."""

    random: Random
    times: dict[str, datetime] = attrs.field(init=False)
    bad: set[str] = attrs.field(init=False)
    order: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        chance = self.random.random
        span = self.random.choice([0.005, 0.1, 10, 1e6, 3e7])
        self.order = self.random.choice(["as asked", "as asked", "the other way", "by chance"])
        self.times = {
            f"cus.{number}": EPOCH + timedelta(milliseconds=int(1000 * span * place))
            for number in range(self.random.randrange(150))
            for place in [chance() if chance() < 0.5 else 0.5 + chance() / 50]
        }
        self.bad = {name for name in self.times if chance() < 0.05}

    def pager(self, on_invalid: OnInvalid | None) -> AsyncPager[dict[str, Any]]:
        query = {"limit": str(self.random.choice([1, 3, 10, 50]))}
        listing = Listing(path="/things", query=query, model=None)
        source: Source[Any] = Source(
            listing=listing, fetch=self._fetch, decode=self._decode, on_invalid=on_invalid
        )
        return AsyncPager(source)

    async def _fetch(self, query: Mapping[str, str]) -> Reply:
        await asyncio.sleep(self.random.choice([0, 0.0005]))
        if self.random.random() < 0.05:
            raise ServerError("down", status=503)
        found = [*self.times]
        for condition in query.get("filter", "").split():
            _, operator, text = condition.split("|")
            border = datetime.fromisoformat(text)
            found = [one for one in found if (self.times[one] < border) is (operator == "ltd")]
        is_probe = query.get("sort") == "createdAt"
        if is_probe or self.order != "by chance":
            backwards = not is_probe and self.order == "as asked"
            found.sort(key=lambda one: (self.times[one], one), reverse=backwards)
        else:
            found.sort(key=lambda one: int(one[4:]) * 7919 % 151)
        start = found.index(query["after"]) + 1 if "after" in query else 0
        page = found[start : start + int(query["limit"])]
        raw: Any = [{"id": one, "createdAt": self.times[one].isoformat()} for one in page]
        return Reply(200, {}, raw=raw, metadata={"hasMore": len(page) == int(query["limit"])})

    def _decode(self, raw: Any) -> list[dict[str, Any] | DecodeError]:
        return [
            DecodeError("odd", path=f"data[{place}]", item=item) if item["id"] in self.bad else item
            for place, item in enumerate(raw)
        ]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12 if LONG else 3))
async def test_each_item_comes_once_from_many_windows(seed: int) -> None:
    for number in range(10):
        random = Random(f"{seed} {number}")
        moody, told = Moody(random), list[DecodeError]()
        pager = moody.pager(told.append if random.random() < 0.5 else None)
        walk, got = pager.parallel(random.choice([1, 2, 5, 16])), list[str]()
        async with asyncio.timeout(20):
            while True:
                try:
                    got.append((await anext(walk))["id"])
                except StopAsyncIteration:
                    break
                except ServerError:
                    continue
                except DecodeError as error:
                    told.append(error)

        assert sorted(got) == sorted(moody.times.keys() - moody.bad), moody.order
        assert sorted(str(error.cursor) for error in told) == sorted(moody.bad)
