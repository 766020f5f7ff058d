"""Waiting for a connection: first come first served, no attempt, and bounded by the deadline."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from allawee_async import AllaweeClient, RequestTimeoutError, RetryPolicy, TransportError
from allawee_async.transport.turns import Turns
from tests.support.raw_server import Line, RawRequest, RawServer, hangs, one

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

KEY = "sk.test.canary"
ONCE = RetryPolicy(attempts=1)


def answers_after(seconds: float) -> Callable[[Line, RawRequest], Awaitable[None]]:
    async def step(line: Line, request: RawRequest) -> None:
        await asyncio.sleep(seconds)
        await line.answer(one(request.path.rpartition("/")[2]))

    return step


async def test_thousands_of_calls_at_once_all_succeed_with_one_request_each() -> None:
    """They wait for much longer than an attempt may take."""
    async with (
        RawServer(answers_after(0.05)) as server,
        AllaweeClient(
            KEY, base_url=server.url, max_connections=50, timeout=1.0, retry=ONCE
        ) as allawee,
    ):
        ids = [f"cus.{number}" for number in range(2_000)]
        found = await asyncio.gather(*map(allawee.customers.get, ids))

        assert [customer.id for customer in found] == ids
        assert len(server.requests) == 2_000
        assert server.connections == server.most_open == 50


async def test_who_waits_is_served_in_the_order_of_coming() -> None:
    async with (
        RawServer(answers_after(0.001)) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1) as allawee,
    ):
        ids = [f"cus.{number}" for number in range(30)]
        await asyncio.gather(*map(allawee.customers.get, ids))

    assert [request.path for request in server.requests] == [f"/customers/{each}" for each in ids]


async def test_waiting_is_no_part_of_an_attempt() -> None:
    """Four calls take their turns over one connection; each attempt is far shorter than all."""
    async with (
        RawServer(answers_after(0.1)) as server,
        AllaweeClient(
            KEY, base_url=server.url, max_connections=1, timeout=0.3, retry=ONCE
        ) as allawee,
    ):
        replies = await asyncio.gather(*(allawee.request("GET", f"/a/{n}") for n in range(5)))

    assert [len(reply.attempts) for reply in replies] == [1] * 5
    assert all(reply.elapsed < 0.3 for reply in replies)


async def test_a_pause_between_attempts_lets_the_others_go_first() -> None:
    turns: list[str] = []

    async def step(line: Line, request: RawRequest) -> None:
        turns.append(request.path)
        failed = request.path == "/first" and turns.count("/first") == 1
        await line.answer(b"", status=503 if failed else 200)

    async with (
        RawServer(step) as server,
        AllaweeClient(
            KEY, base_url=server.url, max_connections=1, retry=RetryPolicy(base_delay=0.05)
        ) as allawee,
    ):
        first = asyncio.create_task(allawee.request("GET", "/first"))
        await server.until(lambda server: len(server.requests) == 1)
        await allawee.request("GET", "/second")
        await first

    assert turns == ["/first", "/second", "/first"]


async def test_the_deadline_bounds_the_waiting_and_says_what_to_do() -> None:
    async with (
        RawServer(hangs) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1, retry=ONCE) as allawee,
    ):
        first = asyncio.create_task(allawee.customers.get("cus.1"))
        await server.until(lambda server: len(server.requests) == 1)
        view = allawee.with_options(retry=RetryPolicy(deadline=0.03))
        with pytest.raises(RequestTimeoutError, match="no connection was free") as caught:
            await view.request("DELETE", "/a")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    assert caught.value.attempts == ()
    assert caught.value.method == "DELETE"
    assert not caught.value.outcome_unknown
    assert len(server.requests) == 1


@pytest.mark.parametrize("connections", [1, 3])
async def test_cancelling_in_the_queue_loses_no_place_and_no_connection(connections: int) -> None:
    async with (
        RawServer(answers_after(0.002)) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=connections) as allawee,
    ):
        for wave in range(8):
            tasks = [asyncio.create_task(allawee.customers.get(f"c.{n}")) for n in range(20)]
            await asyncio.sleep(0.003 * wave / 4)
            for number, task in enumerate(tasks):
                if number % 3 != wave % 3:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(2):
            ids = [f"cus.{number}" for number in range(10)]
            found = await asyncio.gather(*map(allawee.customers.get, ids))
        assert [customer.id for customer in found] == ids
        await server.until(lambda server: server.open <= connections)


async def test_closing_the_client_ends_the_waiting_and_nothing_was_sent() -> None:
    async with RawServer(hangs) as server:
        allawee = AllaweeClient(KEY, base_url=server.url, max_connections=1, retry=ONCE)
        first = asyncio.create_task(allawee.customers.get("cus.1"))
        await server.until(lambda server: len(server.requests) == 1)
        waiting = [asyncio.create_task(allawee.request("POST", "/a")) for _ in range(3)]
        await asyncio.sleep(0)
        await allawee.close()
        outcomes = await asyncio.gather(first, *waiting, return_exceptions=True)

    assert [type(each) for each in outcomes] == [TransportError] * 4
    assert len({id(each) for each in outcomes}) == 4
    assert not any(each.outcome_unknown for each in outcomes if isinstance(each, TransportError))


async def test_a_callers_own_connector_with_fewer_connections_makes_nobody_late() -> None:
    async with (
        RawServer(answers_after(0.05)) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit_per_host=2)) as session,
    ):
        allawee = AllaweeClient(KEY, base_url=server.url, session=session, timeout=0.2, retry=ONCE)
        await asyncio.gather(*(allawee.customers.get("cus.1") for _ in range(20)))

    assert len(server.requests) == 20
    assert server.most_open == 2


async def test_who_is_cancelled_at_the_moment_of_the_turn_passes_it_on() -> None:
    turns = Turns(1)
    await turns.take()
    first, second = asyncio.create_task(turns.take()), asyncio.create_task(turns.take())
    await asyncio.sleep(0)

    turns.give_back()
    first.cancel()

    async with asyncio.timeout(1):
        await second
    assert first.cancelled()
    turns.give_back()
    await turns.take()


async def test_whoever_comes_later_does_not_go_first() -> None:
    turns, order = Turns(1), list[int]()

    async def go(number: int) -> None:
        await turns.take()
        order.append(number)
        await asyncio.sleep(0)
        turns.give_back()

    await asyncio.gather(*map(go, range(50)))

    assert order == [*range(50)]
