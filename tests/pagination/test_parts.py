"""Lists in parts: exact at the borders, balanced by counting; and walked at once."""

from __future__ import annotations

import asyncio
import gc
import pickle
import random
from collections import Counter
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async import (
    AllaweeClient,
    ConfigurationError,
    DecodeError,
    F,
    PaginationError,
    Part,
    RetryPolicy,
    ServerError,
)
from allawee_async.pagination.parallel import Window
from allawee_async.sandbox import Sandbox
from tests.support.properties import LONG, examples, more_in_the_long_run
from tests.support.raw_server import RawServer, answers, no_tasks_but
from tests.support.tables import for_each
from tests.support.timed_list import EPOCH, TimedList
from tests.support.virtual_time import in_quick_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = "sk.test.canary"
YEAR = 365 * 24 * 3600.0


def evenly(count: int) -> list[float]:
    return [YEAR * number / count for number in range(count)]


def skewed(count: int) -> list[float]:
    """A hundredth of the time holds half of all."""
    chance = random.Random(1)
    dense = [YEAR * (0.5 + 0.01 * chance.random()) for _ in range(count // 2)]
    return dense + [YEAR * chance.random() for _ in range(count - len(dense))]


@asynccontextmanager
async def serving(listed: TimedList) -> AsyncIterator[AllaweeClient]:
    async with RawServer(listed) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        yield allawee


async def ids_of(parts: list[Part[Any]], allawee: AllaweeClient) -> list[list[str]]:
    return [[each.id async for each in part.pager(allawee)] for part in parts]


# Parts


SPLIT = [(1, 1), (1, 16), (2, 2), (2, 8), (7, 1), (7, 2), (7, 16), (100, 1), (100, 8), (1000, 16)]
"""So many entries, in so many parts, in everybody's run."""


@more_in_the_long_run
@for_each(("count", "parts"), [*product((1, 2, 7, 100, 1000), (1, 2, 8, 16))] if LONG else SPLIT)
async def test_the_parts_are_together_the_list(count: int, parts: int) -> None:
    listed = TimedList.of(*evenly(count))
    async with serving(listed) as allawee:
        cut = await allawee.customers.list(limit=100).split(parts)
        found = await ids_of(cut, allawee)

    assert 1 <= len(cut) <= parts
    assert sorted(name for part in found for name in part) == sorted(listed.times)


@pytest.mark.parametrize("spread", [evenly, skewed])
async def test_the_parts_are_balanced_by_a_few_counts(spread: Any) -> None:
    listed = TimedList.of(*spread(20_000))
    async with serving(listed) as allawee:
        cut = await allawee.customers.list(limit=100).split(16)

    counts = [part.count or 0 for part in cut]
    assert len(cut) == 16
    assert sum(counts) == 20_000
    assert max(counts) <= 1.35 * 20_000 / 16
    assert listed.counting <= 6 * 16
    assert len(listed.queries) <= listed.counting + 1


@pytest.mark.parametrize(("width", "middle"), [(1, None), (2, 1), (3, 1), (4, 2)])
def test_milliseconds_are_cut_between_whole_ones(width: int, middle: int | None) -> None:
    window = Window(since=None, floor=EPOCH, until=EPOCH + timedelta(milliseconds=width))

    assert window.middle() == (middle and EPOCH + timedelta(milliseconds=middle))


async def test_what_lies_in_one_second_of_a_year_is_cut_as_long_as_the_counts_last() -> None:
    listed = TimedList.of(0, *(YEAR / 3 + number / 100 for number in range(100)), YEAR)
    async with serving(listed) as allawee:
        cut = await allawee.customers.list(limit=100).split(2)

    assert sum(part.count or 0 for part in cut) == 102
    assert listed.counting == 6 * 2 - 1


@examples(20, 400)
@given(
    offsets=st.lists(st.integers(0, 40).map(lambda n: n / 1000), min_size=1, max_size=60),
    parts=st.integers(1, 9),
    counts=st.booleans(),
)
def test_no_entry_is_lost_or_doubled_at_a_border(
    offsets: list[float], parts: int, counts: bool
) -> None:
    """Many entries share a millisecond, which is as narrow as windows become."""

    async def main() -> list[str]:
        async with serving(listed) as allawee:
            cut = await allawee.customers.list(limit=7).split(parts)
            assert len(cut) <= parts
            return [name for part in await ids_of(cut, allawee) for name in part]

    listed = TimedList.of(*offsets, counts=counts)
    assert sorted(asyncio.run(main())) == sorted(listed.times)


async def test_where_the_api_does_not_count_the_windows_have_one_width() -> None:
    listed = TimedList.of(*evenly(1000), counts=False)
    async with serving(listed) as allawee:
        cut = await allawee.customers.list(limit=100).split(8, until=EPOCH + timedelta(days=365))
        found = await ids_of(cut, allawee)

    assert [part.count for part in cut] == [None] * 8
    assert [len(part) for part in found] == [125] * 8


async def test_what_is_created_meanwhile_belongs_to_no_part() -> None:
    listed = TimedList.of(*evenly(50))
    async with serving(listed) as allawee:
        cut = await allawee.customers.list().split(4)
        before = dict(listed.times)
        listed.times["cus.new"] = datetime.now(UTC) + timedelta(seconds=1)
        found = await ids_of(cut, allawee)

    assert sorted(name for part in found for name in part) == sorted(before)


async def test_a_count_that_fails_raises_its_own_error() -> None:
    listed = TimedList.of(*evenly(50))

    async def step(line: Any, request: Any) -> None:
        if "countTotal" in request.target:
            await line.answer({"message": "down"}, status=503)
        else:
            await listed(line, request)

    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(attempts=1)) as allawee,
    ):
        with pytest.raises(ServerError):
            await allawee.customers.list().split(4)


async def test_bounds_and_filters_are_kept() -> None:
    listed = TimedList.of(*evenly(365))
    async with serving(listed) as allawee:
        pager = allawee.customers.list(filter=F.created_at >= date(2023, 3, 1), limit=50)
        cut = await pager.split(4, since=date(2023, 2, 1), until=date(2023, 4, 1))
        found = await ids_of(cut, allawee)

    names = [name for part in found for name in part]
    assert len(names) == len(set(names)) == 31
    assert {(EPOCH + timedelta(days=int(name[-6:]))).month for name in names} == {3}
    assert cut[0].since == datetime(2023, 2, 1, tzinfo=UTC)
    assert cut[-1].until == datetime(2023, 4, 1, tzinfo=UTC)


async def test_an_empty_list_has_no_parts() -> None:
    async with serving(TimedList.of()) as allawee:
        assert await allawee.customers.list().split(4) == []


async def test_a_part_is_a_small_value_without_a_key() -> None:
    listed = TimedList.of(*evenly(100))
    async with serving(listed) as allawee:
        part = (await allawee.customers.list(limit=10).split(4))[1]
        stored = pickle.dumps(part)
        again = pickle.loads(stored)
        assert again == part
        assert hash(again) == hash(part)
        assert len(stored) < 1_500
        assert KEY.encode() not in stored
        assert b"127.0.0.1" not in stored
        assert await ids_of([again], allawee) == await ids_of([part], allawee)


async def test_parts_keep_select_and_leave_out_what_cannot_be_read() -> None:
    told: list[DecodeError] = []
    async with Sandbox(customers=40, seed=3) as sandbox, sandbox.client() as allawee:
        cut = await allawee.customers.list(select="name").split(3)
        pagers = [part.pager(allawee, on_invalid=told.append) for part in cut]
        found = [item for pager in pagers for item in await pager.to_list()]
        logs = await allawee.accounts.logs("ac.2tVZczWw7m6Teoeb7").split(2)
        entries = [item for part in logs for item in await part.pager(allawee).to_list()]
        expected = await allawee.accounts.logs("ac.2tVZczWw7m6Teoeb7").to_list()

    assert len({item["id"] for item in found}) == len(found) == 40
    assert found[0].keys() == {"id", "name"}
    assert len(entries) == len(expected) > 0
    assert told == []


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda a: a.customers.list().split(0), "1 or more"),
        (lambda a: a.customers.list().split(True), "1 or more"),
        (lambda a: a.customers.list(after="cus.1").split(2), "begins at a cursor"),
        (lambda a: a.customers.list().split(2, by="nothing"), "show no nothing"),
        (lambda a: a.customers.list().split(2, until=datetime(2026, 1, 1)), "no time zone"),  # noqa: DTZ001
        (lambda a: a.customers.list().split(2, since="2026-01-01"), "aware datetime"),
    ],
)
async def test_what_cannot_be_cut_is_told(ask: Any, told: str) -> None:
    async with Sandbox(customers=3, seed=1) as sandbox, sandbox.client() as allawee:
        with pytest.raises(ConfigurationError, match=told):
            await ask(allawee)


# At once


@more_in_the_long_run
@for_each("counts", [True, False])
@for_each("spread", [evenly, skewed])
@for_each("workers", [1, 3, 16])
async def test_a_parallel_walk_yields_each_item_once(
    workers: int, spread: Any, counts: bool
) -> None:
    count = 2_000 if LONG else 500
    listed = TimedList.of(*spread(count), counts=counts, latency=0.0005)
    async with serving(listed) as allawee:
        found = [each.id async for each in allawee.customers.list(limit=10).parallel(workers)]

    assert len(found) == count
    assert set(found) == set(listed.times)
    assert listed.at_once <= workers


@more_in_the_long_run
@pytest.mark.parametrize("descending", [True, False])
async def test_a_server_that_sorts_as_it_likes_is_walked_exactly(descending: bool) -> None:
    chance = random.Random(5)

    class Unsorted(TimedList):
        def answer(self, query: dict[str, str]) -> dict[str, object]:
            return super().answer({**query, "sort": "-createdAt" if descending else "createdAt"})

    count = 600 if LONG else 300
    listed = Unsorted.of(*skewed(count), latency=0.001)
    listed.times = dict(chance.sample([*listed.times.items()], count))
    async with serving(listed) as allawee:
        async with asyncio.timeout(30):
            found = [each.id async for each in allawee.customers.list(limit=10).parallel(5)]
    assert Counter(found) == Counter(listed.times.keys())


@pytest.mark.parametrize("spread", [evenly, skewed])
@in_quick_time
async def test_no_worker_is_left_with_most_of_the_work(spread: Any) -> None:
    """A hundred pages by ten workers: about ten turns, and some more to find the dense times."""
    listed = TimedList.of(*spread(2_000), latency=0.05)
    async with serving(listed) as allawee:
        begun = asyncio.get_running_loop().time()
        found = [each.id async for each in allawee.customers.list(limit=20).parallel(10)]
        took = asyncio.get_running_loop().time() - begun

    assert len(set(found)) == 2_000
    assert len(listed.queries) < 200
    assert took < 100 * 0.05 * 0.6


async def test_entries_with_one_time_are_walked_by_one_worker() -> None:
    listed = TimedList.of(*[1.0] * 300, 2.0, 3.0)
    async with serving(listed) as allawee:
        found = [each.id async for each in allawee.customers.list(limit=10).parallel(6)]
    assert Counter(found) == Counter(listed.times.keys())


async def test_tasks_may_share_a_parallel_walk() -> None:
    listed = TimedList.of(*evenly(500))
    async with serving(listed) as allawee:
        walk = allawee.customers.list(limit=10).parallel(4)
        taken: list[str] = []

        async def work() -> None:
            async for each in walk:
                taken.append(each.id)
                await asyncio.sleep(0)

        async with asyncio.timeout(30):
            await asyncio.gather(*(work() for _ in range(7)))
        assert await anext(walk, None) is None
    assert Counter(taken) == Counter(listed.times.keys())


async def test_all_who_wait_when_a_parallel_walk_ends_are_told() -> None:
    listed = TimedList.of(*evenly(1), latency=0.01)
    async with serving(listed) as allawee:
        walk = allawee.customers.list(limit=10).parallel(2)

        async with asyncio.timeout(5):
            found = await asyncio.gather(*(anext(walk, None) for _ in range(5)))

    assert [each.id for each in found if each is not None] == ["cus.000000"]


async def test_memory_is_bounded_where_the_caller_is_slow() -> None:
    listed = TimedList.of(*evenly(5_000))
    async with serving(listed) as allawee:
        walk = allawee.customers.list(limit=10).parallel(4, until=EPOCH + timedelta(days=365))
        await anext(walk)
        await asyncio.sleep(0.3)
        assert len(listed.queries) <= 1 + 2 * 4 + 1
        await walk.aclose()


@pytest.mark.parametrize("how", ["break", "aclosing", "never begun"])
async def test_leaving_early_leaves_nothing_behind(how: str) -> None:
    listed = TimedList.of(*evenly(500), latency=0.01)
    async with serving(listed) as allawee:
        before = asyncio.all_tasks()
        walk = allawee.customers.list(limit=10).parallel(4)
        if how == "break":
            async for _ in walk:
                break
        elif how == "aclosing":
            async with aclosing(walk):
                await anext(walk)
            assert await anext(walk, None) is None
        del walk
        gc.collect()
        await no_tasks_but(before)


LIMITS = [1, 3, 9, 25, 50] if LONG else [1, 9, 25]


class Spoilt(TimedList):
    """A list of which some records cannot be read."""

    BAD = frozenset({"cus.000007", "cus.000033", "cus.000199" if LONG else "cus.000059"})

    def answer(self, query: dict[str, str]) -> dict[str, object]:
        told = super().answer(query)
        data: Any = told["data"]
        for each in data:
            if each["id"] in self.BAD:
                each["status"] = 5
        return told


@more_in_the_long_run
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("left_out", [True, False])
async def test_an_item_that_cannot_be_read_is_told_once_and_the_rest_comes(
    left_out: bool, limit: int
) -> None:
    listed = Spoilt.of(*evenly(200 if LONG else 60))
    errors: list[DecodeError] = []
    found = []
    async with serving(listed) as allawee:
        pager = allawee.customers.list(limit=limit, on_invalid=errors.append if left_out else None)
        walk = pager.parallel(4)
        async with asyncio.timeout(20):
            while True:
                try:
                    found.append((await anext(walk)).id)
                except StopAsyncIteration:
                    break
                except DecodeError as error:
                    assert not left_out
                    errors.append(error)
    assert sorted(str(error.cursor) for error in errors) == sorted(Spoilt.BAD)
    assert Counter(found) == Counter(listed.times.keys() - Spoilt.BAD)


class Misdated(TimedList):
    """A list of which some records show another time, or none, than the server goes by."""

    SHOWN = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-01:00", "never")

    def answer(self, query: dict[str, str]) -> dict[str, object]:
        told = super().answer(query)
        data: Any = told["data"]
        for each in data:
            number = int(each["id"][-2:])
            if number < len(self.SHOWN):
                each["createdAt"] = self.SHOWN[number]
        return told


@more_in_the_long_run
@pytest.mark.parametrize("limit", LIMITS)
async def test_an_item_with_an_impossible_time_comes_once(limit: int) -> None:
    listed = Misdated.of(*evenly(220 if LONG else 120))
    errors: list[DecodeError] = []
    async with serving(listed) as allawee:
        walk = allawee.customers.list(limit=limit, on_invalid=errors.append).parallel(4)
        found = Counter([each.id async for each in walk])
    found.update(str(error.cursor) for error in errors)
    assert found == Counter(listed.times.keys())


@pytest.mark.parametrize("is_async", [False, True])
async def test_what_on_invalid_raises_is_raised(is_async: bool) -> None:
    def refuse(error: DecodeError) -> object:
        return later() if is_async else 1 / 0

    async def later() -> object:
        return 1 / 0

    async with serving(Spoilt.of(*evenly(60))) as allawee:
        walk = allawee.customers.list(limit=25, on_invalid=refuse).parallel(4)
        with pytest.raises(ZeroDivisionError):
            async for _ in walk:
                pass
        await walk.aclose()


async def test_a_page_that_fails_is_raised_and_fetched_anew() -> None:
    chance = random.Random(4)

    def fail(_: dict[str, str]) -> None:
        if chance.random() < 0.3:
            raise ConnectionResetError

    listed = TimedList.of(*evenly(400), before=fail)

    async def step(line: Any, request: Any) -> None:
        try:
            await listed(line, request)
        except ConnectionResetError:
            await line.answer({"message": "down"}, status=503)

    found, failures = [], 0
    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(attempts=1)) as allawee,
    ):
        walk = allawee.customers.list(limit=10).parallel(5)
        async with asyncio.timeout(20):
            while True:
                try:
                    found.append((await anext(walk)).id)
                except StopAsyncIteration:
                    break
                except ServerError:
                    failures += 1
    assert Counter(found) == Counter(listed.times.keys())
    assert failures > 3


@pytest.mark.parametrize("told", [{"lastId": "cus.000000"}, {}])
async def test_an_empty_page_that_announces_more_loses_nothing(told: dict[str, str]) -> None:
    """The first request looks for the oldest entry."""
    listed = TimedList.of(*evenly(30))
    empty = answers({"code": "success", "data": [], "metadata": {"hasMore": True, **told}})
    async with (
        RawServer(empty, listed) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        walk = allawee.customers.list(limit=5).parallel(3)
        if not told:
            with pytest.raises(PaginationError):
                await anext(walk)
        assert Counter([each.id async for each in walk]) == Counter(listed.times.keys())


@pytest.mark.parametrize("record", [None, "text", {"id": "cus.000000", "createdAt": "never"}])
async def test_an_oldest_entry_that_cannot_be_read_hides_no_other(record: object) -> None:
    listed = TimedList.of(*evenly(30))
    first = answers({"code": "success", "data": [record], "metadata": {"hasMore": True}})
    async with (
        RawServer(first, listed) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        walk = allawee.customers.list(limit=5).parallel(3)
        assert Counter([each.id async for each in walk]) == Counter(listed.times.keys())


async def test_a_walk_that_failed_and_was_dropped_is_no_lost_task(
    caplog: pytest.LogCaptureFixture,
) -> None:
    no_list = answers({"code": "success", "data": None})
    async with (
        RawServer(no_list) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        for _ in range(3):
            with pytest.raises(DecodeError):
                await anext(allawee.customers.list().parallel(2))
            await asyncio.sleep(0.01)
            gc.collect()
    assert not caplog.records


async def test_a_total_that_is_absurd_is_no_count() -> None:
    record = {"id": "cus.1", "createdAt": "2024-01-01T00:00:00Z"}
    body: dict[str, Any] = {
        "data": [record],
        "metadata": {"hasMore": False, "totalCount": 2**63 - 1},
    }
    async with (
        RawServer(answers(body)) as server,
        AllaweeClient("sk.test.parts", base_url=server.url) as allawee,
    ):
        parts = await allawee.customers.list(select=["id", "createdAt"]).split(3)

    assert [part.count for part in parts] == [None] * 3


async def test_a_list_that_is_empty_behind_a_page_that_announced_more_has_no_parts() -> None:
    more = {"data": [], "metadata": {"hasMore": True, "lastId": "cus.z"}}
    end: dict[str, Any] = {"data": [], "metadata": {"hasMore": False}}
    async with (
        RawServer(*map(answers, (more, end) * 4)) as server,
        AllaweeClient("sk.test.parts", base_url=server.url) as allawee,
    ):
        assert await allawee.customers.list().split(2) == []
        before = asyncio.all_tasks()
        walk = allawee.customers.list().parallel(2)
        assert [each async for each in walk] == []
        await no_tasks_but(before)
