"""Pages and pagers: what they ask for and when, where they end, and that they leave nothing."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    AsyncPager,
    ConfigurationError,
    Customer,
    DecodeError,
    F,
    Page,
    PaginationError,
    RetryPolicy,
    ServerError,
)
from allawee_async.sandbox import Sandbox
from tests.support.faketime import FakeTime
from tests.support.raw_server import (
    Line,
    RawRequest,
    RawServer,
    answers,
    customer,
    no_tasks_but,
    page_of,
)
from tests.support.tables import for_each
from tests.support.threads import sandbox_in_thread

KEY = "sk.test.canary"
ONCE = RetryPolicy(attempts=1)


def ids(customers: Any) -> list[str]:
    return [each["id"] if isinstance(each, dict) else each.id for each in customers]


def query_of(request: RawRequest) -> dict[str, str]:
    return dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))


async def failure(call: Awaitable[object]) -> AllaweeError:
    with pytest.raises(AllaweeError) as caught:
        await call
    return caught.value


def pages(count: int, size: int = 2) -> list[Callable[..., Awaitable[None]]]:
    """Return the answers of a list of so many full pages; the last one says that it is."""
    return [
        answers(
            page_of(
                *(f"cus.{number * size + index}" for index in range(size)),
                has_more=number < count - 1,
            )
        )
        for number in range(count)
    ]


@pytest.fixture
async def three(time: FakeTime) -> AsyncIterator[tuple[RawServer, AllaweeClient]]:
    """A server with three pages of two customers, and its client."""
    async with (
        RawServer(*pages(3)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        yield server, allawee


ALL = [f"cus.{number}" for number in range(6)]
Three = tuple[RawServer, AllaweeClient]


# What costs how much


async def test_making_a_pager_sends_nothing(three: Three) -> None:
    server, allawee = three
    pager = allawee.customers.list()
    assert isinstance(pager, AsyncPager)
    aiter(pager)
    pager.pages()
    async with pager:
        pass
    await asyncio.sleep(0)
    assert server.connections == 0


async def test_awaiting_a_pager_is_one_request_for_the_first_page(three: Three) -> None:
    server, allawee = three
    page = await allawee.customers.list(limit=2)

    assert isinstance(page, Page)
    assert ids(page.items) == ALL[:2]
    assert isinstance(page.items[0], Customer)
    assert page.has_more
    assert page.cursor == "cus.1"
    assert page.total_count is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [page_of("cus.1", "cus.2", has_more=True), page_of()])
async def test_first_is_one_request(answer: dict[str, Any], time: FakeTime) -> None:
    async with (
        RawServer(answers(answer)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        first = await allawee.customers.list().first()
    assert (first.id if first else None) == ("cus.1" if answer["data"] else None)
    assert len(server.requests) == 1


async def test_looking_at_one_page_costs_one_request(three: Three) -> None:
    server, allawee = three
    async for _ in allawee.customers.list().pages():
        await asyncio.sleep(0.02)
        break
    seen = 0
    async for _ in allawee.customers.list():
        seen += 1
        if seen == 2:  # both items of the first page
            await asyncio.sleep(0.02)
            break
    assert len(server.requests) == 2


async def test_looking_at_two_pages_costs_three_requests_at_most(three: Three) -> None:
    server, allawee = three
    number = 0
    async for _ in allawee.customers.list().pages():
        number += 1
        if number == 2:
            await asyncio.sleep(0.02)
            break
    assert 2 <= len(server.requests) <= 3


async def test_the_next_page_is_under_way_while_the_caller_works() -> None:
    """The third page arrives at the server although the caller never lets go of the second."""
    third = asyncio.Event()
    answer = pages(3)

    async def step(line: Line, request: RawRequest) -> None:
        if len(server.requests) == 3:
            third.set()
        await answer[len(server.requests) - 1](line, request)

    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        number, found = 0, []
        async for page in allawee.customers.list().pages():
            number += 1
            if number == 1:
                assert not third.is_set()
            if number == 2:
                async with asyncio.timeout(2):
                    await third.wait()
            found += ids(page.items)
    assert found == ALL
    assert len(server.requests) == 3


async def test_only_one_page_is_fetched_ahead(time: FakeTime) -> None:
    async with RawServer(*pages(6)) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk = allawee.customers.list().pages()
        await anext(walk)
        await anext(walk)
        await server.until(lambda server: len(server.requests) == 3)
        await asyncio.sleep(0.02)
        assert len(server.requests) == 3
        await walk.aclose()


# All of it


async def test_items_come_page_after_page_in_order(three: Three) -> None:
    server, allawee = three
    pager = allawee.customers.list(limit=2, filter=F.status == "active", sort="-name")

    assert ids([each async for each in pager]) == ALL
    first, second, third = (query_of(request) for request in server.requests)
    assert first == {"limit": "2", "filter": "status|eq|active", "sort": "-name"}
    assert second == {**first, "after": "cus.1"}
    assert third == {**first, "after": "cus.3"}


async def test_pages_carry_what_the_server_said() -> None:
    answer = page_of("cus.1", total_count=5, totalCount=128)
    step = answers(answer, headers={"x-request-id": "req_1"})
    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        page = await allawee.customers.list(count_total=True)
        assert query_of(server.requests[0]) == {"countTotal": "true"}

    assert (page.has_more, page.total_count, page.request_id) == (False, 128, "req_1")
    assert "req_1" in repr(page)
    assert await page.next_page() is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("total", ["128", 1.5, None, True, -1, []])
async def test_a_total_that_is_no_count_is_not_passed_on(total: object) -> None:
    async with (
        RawServer(answers(page_of("cus.1", totalCount=total))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        assert (await allawee.customers.list()).total_count is None


async def test_a_pager_can_be_used_again_and_begins_anew(three: Three) -> None:
    server, allawee = three
    pager = allawee.customers.list()

    assert ids(await pager.to_list(2)) == ALL[:2]
    server.requests.clear()  # begins the script anew
    assert ids(await pager.to_list()) == ALL
    server.requests.clear()
    assert ids([each async for each in pager]) == ALL
    server.requests.clear()
    assert ids((await pager).items) == ALL[:2]


async def test_walks_of_one_pager_at_once_do_not_disturb_each_other(
    allawee: AllaweeClient,
) -> None:
    pager = allawee.customers.list(limit=7)
    found = await asyncio.gather(*(pager.to_list() for _ in range(5)))
    assert all(ids(each) == ids(found[0]) for each in found)
    assert len(found[0]) == 50

    async with pager:
        one, two = aiter(pager), aiter(pager)
        both = [(left.id, (await anext(two)).id) async for left in one]
    assert both == [(each, each) for each in ids(found[0])]


async def test_a_walk_is_not_cut_short_by_a_block_or_a_to_list_of_somebody_else(
    allawee: AllaweeClient,
) -> None:
    """Losing the rest of a list without a word would be the worst that a pager can do."""
    pager = allawee.customers.list(limit=5)
    expected = ids(await pager.to_list())

    async def first_three() -> list[Customer]:
        return await pager.to_list(3)

    async def a_block() -> list[Customer]:
        async with pager:
            return [await anext(aiter(pager))]

    results = await asyncio.gather(
        first_three(), pager.to_list(), a_block(), pager.to_list(), first_three()
    )
    assert [ids(each) for each in results] == [
        expected[:3],
        expected,
        expected[:1],
        expected,
        expected[:3],
    ]


async def test_one_iterator_shared_by_many_workers_hands_out_each_item_once(
    allawee: AllaweeClient,
) -> None:
    """Or refuses, as an async generator does; but it never doubles or loses one silently."""
    expected = ids(await allawee.customers.list().to_list())
    walk = aiter(allawee.customers.list(limit=5))
    taken: list[str] = []

    async def work() -> None:
        async for each in walk:
            taken.append(each.id)
            await asyncio.sleep(0)

    results = await asyncio.gather(*(work() for _ in range(4)), return_exceptions=True)

    refused = [each for each in results if each is not None]
    assert all(isinstance(each, RuntimeError | AllaweeError) for each in refused)
    assert len(taken) == len(set(taken))
    assert refused or sorted(taken) == sorted(expected)


# Where it ends


async def test_it_ends_where_the_server_says_that_there_is_no_more() -> None:
    async with (
        RawServer(answers(page_of("cus.1"))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        assert ids(await allawee.customers.list(limit=1).to_list()) == ["cus.1"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("before", [0, 1, 3])
async def test_it_ends_at_an_empty_page_that_announces_nothing(before: int) -> None:
    steps = [answers(page_of(f"cus.{number}", has_more=True)) for number in range(before)]
    empty = {"code": "success", "data": []}
    async with (
        RawServer(*steps, answers(empty)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        assert len(await allawee.customers.list().to_list()) == before
        assert len(server.requests) == before + 1


@pytest.mark.parametrize("before", [0, 1, 3])
async def test_an_empty_page_that_announces_more_is_no_end(before: int) -> None:
    steps = [answers(page_of(f"cus.{number}", has_more=True)) for number in range(before)]
    async with (
        RawServer(*steps, answers(page_of(has_more=True))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        found, error = await found_before(allawee.customers.list())
        assert len(found) == before
        assert "announces more" in str(error)
        assert len(server.requests) == before + 1


async def test_an_empty_page_is_followed_by_the_cursor_that_it_tells() -> None:
    steps = [
        answers(page_of("cus.1", has_more=True)),
        answers(page_of(has_more=True, lastId="cus.5")),
        answers(page_of(has_more=True, lastId="cus.9")),
        answers(page_of("cus.10")),
    ]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        assert ids(await allawee.customers.list().to_list()) == ["cus.1", "cus.10"]
        cursors = [query_of(request).get("after") for request in server.requests]
        assert cursors == [None, "cus.1", "cus.5", "cus.9"]


async def test_empty_pages_that_tell_the_same_cursor_for_ever_are_found_out() -> None:
    steps = [
        answers(page_of("cus.1", has_more=True)),
        answers(page_of(has_more=True, lastId="cus.5")),
    ]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        found, error = await found_before(allawee.customers.list())
    assert (found, error.cursor) == (["cus.1"], "cus.5")


async def test_a_walk_that_ended_at_an_empty_page_does_not_ask_again() -> None:
    steps = [answers(page_of("cus.1", has_more=True)), answers(page_of())]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk = allawee.customers.list().pages()
        await anext(walk)
        for _ in range(3):
            with pytest.raises(StopAsyncIteration):
                await anext(walk)
        assert len(server.requests) == 2


async def test_an_iterator_that_has_ended_stays_ended(three: Three) -> None:
    server, allawee = three
    for walk in (allawee.customers.list().pages(), aiter(allawee.customers.list())):
        server.requests.clear()
        async for _ in walk:
            pass
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await anext(walk)
        assert len(server.requests) == 3


@for_each(
    ("metadata", "limit", "found", "requests"),
    [
        ({}, 2, 2, 2),
        ({}, 3, 2, 2),  # some servers give less than they were asked for
        ({}, None, 2, 2),
        (None, 2, 2, 2),
        ([], 2, 2, 2),
        ({"hasMore": "true"}, 2, 2, 2),
        ({"hasMore": None}, 2, 2, 2),
        ({"hasMore": 0}, 2, 2, 2),
        ({"hasMore": False}, 2, 2, 1),
        ({"hasMore": True}, 3, 2, 2),
    ],
)
async def test_where_the_server_does_not_say_whether_there_is_more_it_is_asked(
    metadata: object, limit: int | None, found: int, requests: int
) -> None:
    first = {"code": "success", "data": [customer("cus.1"), customer("cus.2")]}
    empty = {"code": "success", "data": []}
    async with (
        RawServer(answers({**first, "metadata": metadata}), answers(empty)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        assert len(await allawee.customers.list(limit=limit).to_list()) == found
        assert len(server.requests) == requests


async def test_an_envelope_without_metadata_and_a_bare_list_are_read() -> None:
    for body in ({"data": [customer("cus.1")]}, [customer("cus.1")]):
        async with (
            RawServer(answers(body)) as server,
            AllaweeClient(KEY, base_url=server.url) as allawee,
        ):
            assert ids(await allawee.customers.list().to_list()) == ["cus.1"]


async def test_the_older_envelope_tells_its_own_cursor() -> None:
    """Its entries have no id; the cursor stands beside them."""
    page = {"data": [{"name": "a"}], "pagination": {"count": 2, "lastId": "x"}, "code": "success"}
    last = {"data": [], "pagination": {"count": 2}, "code": "success"}
    async with (
        RawServer(answers(page), answers(last)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        pager = allawee.customers.list(limit=1, select="name")
        assert await pager.to_list() == [{"name": "a"}]
        assert query_of(server.requests[1])["after"] == "x"
        assert (await pager).total_count == 2


# Servers that go in circles


async def found_before(call: Any) -> tuple[list[str], PaginationError]:
    found: list[str] = []
    try:
        async for each in call:
            found.append(each.id)  # noqa: PERF401 - what came before the error counts
    except PaginationError as error:
        return found, error
    pytest.fail(f"no error, but {found}")


async def test_a_server_that_ignores_the_cursor_is_found_out_before_anything_comes_twice() -> None:
    async with (
        RawServer(answers(page_of("cus.1", "cus.2", has_more=True))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        found, error = await found_before(allawee.customers.list())
        assert found == ["cus.1", "cus.2"]
        assert error.cursor == "cus.2"
        assert len(server.requests) == 2
        page = await allawee.customers.list()
        assert type(await failure(page.next_page())) is PaginationError


@pytest.mark.parametrize("has_more", [True, False])
@pytest.mark.parametrize("period", [1, 2, 3, 5])
async def test_a_page_that_comes_back_later_is_found_out_before_anything_comes_twice(
    period: int, has_more: bool
) -> None:
    steps = [answers(page_of(f"cus.{number}", has_more=True)) for number in range(period)]
    again = answers(page_of("cus.0", has_more=has_more))
    async with (
        RawServer(*steps, again) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        found, _ = await found_before(allawee.customers.list())
        assert found == [f"cus.{number}" for number in range(period)]


async def test_going_on_from_a_cursor_that_the_server_ignores_is_found_out_at_once() -> None:
    """The page that ends at the cursor is the one that the caller has already."""
    async with (
        RawServer(answers(page_of("cus.1", "cus.2", has_more=True))) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        found, _ = await found_before(allawee.customers.list(after="cus.2"))
        assert found == []
        assert type(await failure(allawee.customers.list(after="cus.2").first())) is PaginationError


async def test_a_stuck_cursor_of_the_sandbox_is_found_out(sandbox: Sandbox) -> None:
    sandbox.faults.stuck_cursor()
    async with sandbox.client() as allawee:
        found, _ = await found_before(allawee.customers.list(limit=10))
    assert len(found) == len(set(found)) == 10


async def test_a_repeated_page_of_the_sandbox_is_found_out_and_the_walk_can_go_on(
    sandbox: Sandbox,
) -> None:
    async with sandbox.client() as allawee:
        expected = ids(await allawee.customers.list().to_list())
        walk = aiter(allawee.customers.list(limit=10))
        found = [(await anext(walk)).id for _ in range(10)]
        sandbox.faults.repeated_page()
        with pytest.raises(PaginationError):
            await anext(walk)
        found += [each.id async for each in walk]
    assert found == expected


async def test_a_page_without_an_id_to_go_on_from_is_an_error_and_not_an_end() -> None:
    page = {"code": "success", "data": [{"name": "a"}], "metadata": {"hasMore": True}}
    async with (
        RawServer(answers(page)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        pager = allawee.customers.list(select="name")
        with pytest.raises(PaginationError):
            await pager.to_list()
        assert type(await failure((await pager).next_page())) is PaginationError


@pytest.mark.parametrize(("limit", "full"), [(None, 20), (5, 5)])
async def test_a_full_page_without_an_id_is_no_end_and_a_shorter_one_is(
    limit: int | None, full: int, time: FakeTime
) -> None:
    """Where the server does not say whether there is more; without a limit it gives 20."""
    entries = [{"name": f"n{number}"} for number in range(full)]
    steps = [answers({"data": entries}), answers({"data": entries[1:]})]
    async with (
        RawServer(*steps) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        pager = allawee.customers.list(select="name", limit=limit)
        assert type(await failure(pager.to_list())) is PaginationError
        assert len(await pager.to_list()) == full - 1


# Leaving early


@pytest.fixture
async def endless() -> AsyncIterator[tuple[RawServer, AllaweeClient, asyncio.Event]]:
    """A server whose third page never comes; the event says that it was asked for."""
    asked = asyncio.Event()

    async def step(line: Line, _: RawRequest) -> None:
        number = len(server.requests)
        if number == 3:
            asked.set()
            await line.hang()
        await line.answer(page_of(f"cus.{number}", has_more=True))

    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        yield server, allawee, asked


Endless = tuple[RawServer, AllaweeClient, asyncio.Event]


@pytest.mark.parametrize("most", [0, 1, 3])
async def test_a_list_of_so_many_items_is_no_longer(most: int, sandbox: Sandbox) -> None:
    async with sandbox.client() as allawee:
        found = await allawee.customers.list(limit=2).to_list(most)
        assert len(found) == most


@pytest.mark.parametrize("most", [-1, True, 1.0, "3"])
async def test_a_number_of_items_that_makes_no_sense_is_refused(most: Any) -> None:
    async with AllaweeClient(KEY) as allawee:
        with pytest.raises(ConfigurationError, match="max_items"):
            await allawee.customers.list().to_list(most)


async def test_a_walk_that_was_closed_hands_out_nothing_of_what_it_has(sandbox: Sandbox) -> None:
    async with sandbox.client() as allawee:
        walk = aiter(allawee.customers.list(limit=5))
        await anext(walk)
        await walk.aclose()
        assert await anext(walk, None) is None


async def test_a_break_leaves_nothing_under_way(endless: Endless) -> None:
    server, allawee, asked = endless
    before = asyncio.all_tasks()
    async for each in allawee.customers.list(limit=1):
        if each.id == "cus.2":
            await asked.wait()
            break
    await no_tasks_but(before)
    await server.until(lambda server: server.open <= 1)
    assert len(server.requests) == 3


async def test_an_exception_in_the_loop_leaves_nothing_under_way(endless: Endless) -> None:
    server, allawee, asked = endless
    before = asyncio.all_tasks()

    async def walk() -> None:
        async for page in allawee.customers.list(limit=1).pages():
            if ids(page.items) == ["cus.2"]:
                await asked.wait()
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await walk()
    await no_tasks_but(before)
    await server.until(lambda server: server.open <= 1)


@pytest.mark.parametrize("how", ["break", "raise", "return"])
async def test_leaving_the_block_of_a_pager_leaves_nothing_under_way_at_once(
    how: str, endless: Endless
) -> None:
    server, allawee, asked = endless
    before = asyncio.all_tasks()

    async def walk() -> None:
        async with allawee.customers.list(limit=1) as pager:
            async for each in pager:
                if each.id == "cus.2":
                    await asked.wait()
                    if how == "return":
                        return
                    if how == "raise":
                        raise ZeroDivisionError
                    break

    if how == "raise":
        with pytest.raises(ZeroDivisionError):
            await walk()
    else:
        await walk()
    left = {task for task in asyncio.all_tasks() - before if "_serve" not in repr(task)}
    assert left == set()  # without a single turn of the loop
    await server.until(lambda server: server.open <= 1)


@pytest.mark.parametrize("waiting", [True, False])
async def test_cancelling_the_caller_leaves_nothing_under_way(
    waiting: bool, endless: Endless
) -> None:
    server, allawee, asked = endless
    before = asyncio.all_tasks()

    async def walk() -> None:
        async for each in allawee.customers.list(limit=1):
            if each.id == "cus.2" and not waiting:
                await asyncio.Event().wait()

    task = asyncio.create_task(walk())
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await no_tasks_but(before)
    await server.until(lambda server: server.open <= 1)


async def test_a_walk_that_was_cut_short_by_a_timeout_of_the_callers_can_go_on(
    endless: Endless,
) -> None:
    _, allawee, asked = endless
    walk = aiter(allawee.customers.list(limit=1))
    found = [(await anext(walk)).id, (await anext(walk)).id]
    await asked.wait()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await anext(walk)
    found.append((await anext(walk)).id)
    assert found == ["cus.1", "cus.2", "cus.4"]  # the third answer was never sent


async def test_a_closed_walk_has_ended(three: Three) -> None:
    _, allawee = three
    walk = allawee.customers.list().pages()
    await anext(walk)
    await walk.aclose()
    await walk.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(walk)

    async with allawee.customers.list() as pager:
        found = pager.pages()
    with pytest.raises(StopAsyncIteration):
        await anext(found)


async def test_closing_a_walk_over_items_leaves_nothing_under_way(endless: Endless) -> None:
    _, allawee, asked = endless
    before = asyncio.all_tasks()
    walk = aiter(allawee.customers.list(limit=1))
    assert [(await anext(walk)).id for _ in range(2)] == ["cus.1", "cus.2"]
    await asked.wait()

    await walk.aclose()

    await no_tasks_but(before)
    with pytest.raises(StopAsyncIteration):
        await anext(walk)


async def test_the_end_of_a_block_ends_the_walks_of_its_own_task(three: Three) -> None:
    _, allawee = three
    pager = allawee.customers.list()
    is_left = asyncio.Event()

    async def other() -> list[str]:
        async with pager:
            walk = aiter(pager)
            is_begun.set()
            await is_left.wait()
            return [each.id async for each in walk]

    is_begun = asyncio.Event()
    async with pager:
        mine = aiter(pager)
        task = asyncio.create_task(other())
        await is_begun.wait()
    later = aiter(pager)
    is_left.set()

    assert await anext(mine, None) is None
    assert await task == ALL
    assert await anext(later, None) is not None
    await later.aclose()


async def test_a_block_may_be_left_by_another_task(three: Three) -> None:
    """As fixtures do, which begin and end in tasks of their own."""
    _, allawee = three
    pager = await asyncio.create_task(allawee.customers.list().__aenter__())
    async with asyncio.timeout(5):
        await pager.__aexit__(None, None, None)
    assert ids(await pager.to_list()) == ALL


async def test_to_list_with_a_maximum_leaves_nothing_under_way(endless: Endless) -> None:
    server, allawee, _ = endless
    before = asyncio.all_tasks()
    assert ids(await allawee.customers.list(limit=1).to_list(2)) == ["cus.1", "cus.2"]
    await no_tasks_but(before)
    await server.until(lambda server: server.open <= 1)


async def test_a_page_fetched_ahead_that_fails_and_is_never_looked_at_is_not_reported(
    time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    steps = [*pages(3)[:2], answers(status=404)]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        walk = allawee.customers.list().pages()
        await anext(walk)
        await anext(walk)
        await server.until(lambda server: len(server.requests) == 3)
        await asyncio.sleep(0.02)
        del walk
        gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_a_walk_that_outlives_its_loop_is_thrown_away_quietly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    walks: list[Any] = []

    async def begin(url: str, api_key: str) -> None:
        async with AllaweeClient(api_key, base_url=url) as allawee:
            walk = allawee.customers.list(limit=5).pages()
            await anext(walk)
            await anext(walk)
            await asyncio.sleep(0)  # so that the next page is really on its way
            walks.append(walk)

    with sandbox_in_thread(customers=30) as sandbox:
        asyncio.run(begin(sandbox.url, sandbox.api_key))
        walks.clear()
        gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_closing_the_client_under_a_walk_leaves_no_session_open(sandbox: Sandbox) -> None:
    """The page that was just ordered ahead must not open the connections again."""
    async with sandbox.client() as allawee:
        walk = allawee.customers.list(limit=5).pages()
        await anext(walk)
        await anext(walk)
    await asyncio.sleep(0.02)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        del walk, allawee
        gc.collect()
    assert seen == []


# Failing, and going on


async def test_a_page_that_fails_raises_and_the_same_iterator_goes_on(time: FakeTime) -> None:
    good = pages(3)
    steps = [answers(status=500), good[0], answers(status=500), answers(b"<p>"), good[1]]
    steps += [answers(status=502), good[2]]
    async with (
        RawServer(*steps) as server,
        AllaweeClient(KEY, base_url=server.url, retry=ONCE, **time.seams) as allawee,
    ):
        walk, found, failures = aiter(allawee.customers.list()), [], 0
        while True:
            try:
                found.append((await anext(walk)).id)
            except StopAsyncIteration:
                break
            except AllaweeError:
                failures += 1
    assert found == ALL
    assert failures == 4


async def test_a_page_is_retried_before_it_fails(time: FakeTime) -> None:
    good = pages(3)
    bad = answers(status=503)
    async with (
        RawServer(good[0], bad, bad, good[1], bad, bad, bad) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        items = aiter(allawee.customers.list())
        assert [(await anext(items)).id for _ in range(4)] == ALL[:4]
        error = await failure(anext(items))
        assert type(error) is ServerError
        assert len(error.attempts) == 3
        assert len(server.requests) == 7


async def test_a_walk_can_be_taken_up_again_from_the_cursor_of_a_page(
    allawee: AllaweeClient,
) -> None:
    expected = ids(await allawee.customers.list().to_list())
    async for page in allawee.customers.list(limit=7).pages():
        here = expected.index(ids(page.items)[-1]) + 1
        assert page.cursor == expected[here - 1]
        rest = await allawee.customers.list(limit=20, after=page.cursor).to_list()
        assert ids(rest) == expected[here:]


async def test_pages_lead_from_one_to_the_next(allawee: AllaweeClient) -> None:
    expected = ids(await allawee.customers.list().to_list())
    page: Page[Customer] | None = await allawee.customers.list(limit=20)
    found: list[str] = []
    while page is not None:
        found += ids(page.items)
        page = await page.next_page()
    assert found == expected


async def test_a_page_behind_which_nothing_follows_leads_to_none() -> None:
    steps = [answers(page_of("cus.1", has_more=True)), answers(page_of())]
    async with RawServer(*steps) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        page = await allawee.customers.list()
        assert await page.next_page() is None
        assert len(server.requests) == 2


async def test_before_walks_backwards(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    expected = ids(await allawee.customers.list().to_list())
    middle = expected[30]
    found: list[str] = []
    async for page in allawee.customers.list(limit=8, before=middle).pages():
        assert page.cursor == ids(page.items)[0]
        found = ids(page.items) + found
    assert found == expected[:30]


# Parameters


async def test_the_parameters_of_the_older_dialects_go_out_with_the_first_request_only(
    three: Three,
) -> None:
    server, allawee = three
    await allawee.customers.list(limit=2, page=4, last_id="cus.z").to_list()

    assert [query_of(request) for request in server.requests] == [
        {"limit": "2", "page": "4", "lastId": "cus.z"},
        {"limit": "2", "after": "cus.1"},
        {"limit": "2", "after": "cus.3"},
    ]


async def test_the_first_cursor_is_replaced_and_not_added_to(three: Three) -> None:
    server, allawee = three
    await allawee.customers.list(after="cus.z").to_list()
    assert [query_of(request)["after"] for request in server.requests] == [
        "cus.z",
        "cus.1",
        "cus.3",
    ]


async def test_select_gives_plain_mappings_that_keep_their_id(
    allawee: AllaweeClient, sandbox: Sandbox
) -> None:
    found = await allawee.customers.list(limit=20, select=["name", "created_at"]).to_list()

    assert len(found) == 50
    assert all(type(each) is dict for each in found)
    assert {frozenset(each) for each in found} == {frozenset({"name", "createdAt", "id"})}
    assert dict(sandbox.requests[0].query)["select"] == "name createdAt id"


@pytest.mark.parametrize("nothing", [None, "", []])
async def test_an_empty_select_gives_models(nothing: Any, allawee: AllaweeClient) -> None:
    page = await allawee.customers.list(select=nothing, limit=1)
    assert isinstance(page.items[0], Customer)


async def test_a_select_that_drops_the_id_is_refused(allawee: AllaweeClient) -> None:
    with pytest.raises(ConfigurationError):
        _ = allawee.customers.list(select="-id")


async def test_all_parameters_go_out_on_every_page(three: Three) -> None:
    server, allawee = three
    pager = allawee.customers.list(
        limit=2,
        filter="a|eq|1",
        or_=[F.b == 1, F.c == 2],
        nor=F.d == 3,
        and_=F.e == 4,
        sort=["-created_at", "name"],
        expand="program:name",
        count_total=True,
    )
    await pager.to_list()

    kept = {
        "limit": "2",
        "filter": "a|eq|1",
        "or": "b|eq|1 c|eq|2",
        "nor": "d|eq|3",
        "and": "e|eq|4",
        "sort": "-createdAt name",
        "expand": "program:name",
        "countTotal": "true",
    }
    queries = [query_of(request) for request in server.requests]
    assert [query.pop("after", None) for query in queries] == [None, "cus.1", "cus.3"]
    assert queries == [kept] * 3


@pytest.mark.parametrize(
    "options", [{"limit": 0}, {"after": ""}, {"after": "a", "before": "b"}, {"page": -1}]
)
async def test_parameters_that_make_no_sense_are_refused_at_the_call(
    options: dict[str, Any], allawee: AllaweeClient, sandbox: Sandbox
) -> None:
    with pytest.raises(ConfigurationError):
        _ = allawee.customers.list(**options)
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("most", "found", "requests"),
    [(0, 0, 0), (1, 1, 1), (2, 2, 1), (3, 3, 3), (4, 4, 3), (6, 6, 3), (7, 6, 3), (None, 6, 3)],
)
async def test_to_list_takes_so_many_items_and_asks_for_no_more_than_it_needs(
    most: int | None, found: int, requests: int, three: Three
) -> None:
    server, allawee = three
    assert ids(await allawee.customers.list().to_list(most)) == ALL[:found]
    assert len(server.requests) <= requests


@pytest.mark.parametrize("most", [-1, 1.0, "1", True, float("nan")])
async def test_to_list_refuses_a_maximum_that_is_no_count(most: Any, three: Three) -> None:
    server, allawee = three
    assert type(await failure(allawee.customers.list().to_list(most))) is ConfigurationError
    assert server.connections == 0


# Pages that are not what the documents say


@pytest.mark.parametrize(
    "data", [{}, {"id": "cus.1"}, "text", 5, True, None, {"data": []}], ids=repr
)
async def test_data_that_is_no_list_is_told(data: object, time: FakeTime) -> None:
    body = {"code": "success", "data": data}
    step = answers(body, headers={"x-request-id": "req_1"})
    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await failure(allawee.customers.list().to_list())

    assert isinstance(error, DecodeError)
    assert error.path == "data"
    assert (error.request_id, error.status) == ("req_1", 200)
    assert error.body == data


@pytest.mark.parametrize("body", [b"", b"   ", b"{}", b'{"code": "success"}', b"null"])
async def test_an_answer_without_data_is_told(body: bytes) -> None:
    async with RawServer(answers(body)) as server, AllaweeClient(KEY, base_url=server.url) as it:
        assert isinstance(await failure(it.customers.list().to_list()), DecodeError)


BAD_EMAIL = {"claims": {"individualInformation": {"email": 5}}}


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        (BAD_EMAIL, "data[3].claims.individualInformation.email"),
        ({"name": 5}, "data[3].name"),
        ({"claims": []}, "data[3].claims"),
        ({"claims": {"businessAddress": {"city": False}}}, "data[3].claims.businessAddress.city"),
        (
            {"verifications": [{"type": "tier-1"}, {"type": None}]},
            "data[3].verifications[1].type",
        ),
        ({"claims": {"businessDirectors": ["a", 1.5]}}, "data[3].claims.businessDirectors[1]"),
        ({"createdAt": 5}, "data[3].createdAt"),
        ({"id": None}, "data[3].id"),
    ],
    ids=str,
)
async def test_a_wrong_value_is_told_with_its_place_on_the_page(
    bad: dict[str, Any], path: str
) -> None:
    body = page_of("cus.0", "cus.1", "cus.2", "cus.3", "cus.4")
    body["data"][3].update(bad)  # type: ignore[index]
    async with (
        RawServer(answers(body)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        error = await failure(allawee.customers.list().to_list())

    assert isinstance(error, DecodeError)
    assert error.path == path
    assert error.status == 200
    assert [attempt.status for attempt in error.attempts] == [200]
    assert not error.outcome_unknown
    assert error.method == "GET"


@for_each("entry", [None, 5, "cus.1", [], True])
@for_each("select", [None, "name"])
async def test_an_entry_that_is_no_object_is_told_with_its_place(
    entry: object, select: str | None
) -> None:
    body = {"code": "success", "data": [customer("cus.0"), entry]}
    async with (
        RawServer(answers(body)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        error = await failure(allawee.customers.list(select=select).to_list())

    assert isinstance(error, DecodeError)
    assert error.path == "data[1]"


async def test_a_page_is_what_is_on_it_and_shows_no_more(three: Three) -> None:
    _, allawee = three
    page = await allawee.customers.list(limit=2)

    assert repr(page) == "Page(items=<2>, has_more=True, total_count=None, request_id=None)"
    assert page == Page(items=page.items, has_more=True, source=None)  # type: ignore[arg-type]


async def test_a_pager_does_not_show_its_query() -> None:
    client = AllaweeClient(KEY)
    pager = client.customers.list(filter="name|eq|canary")
    assert "canary" not in repr(pager)
    assert "canary" not in repr(aiter(pager))
    assert "canary" not in repr(pager.pages())
