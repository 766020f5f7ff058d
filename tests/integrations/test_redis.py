"""One rate for many processes: three of them, on a real Redis."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import Redis

from allawee_async import (
    AllaweeClient,
    ConfigurationError,
    RateLimitError,
    RedisRate,
    RetryEvent,
    TransportError,
)
from tests.support import nursery
from tests.support.properties import LONG, more_in_the_long_run
from tests.support.raw_server import Line, RawRequest, RawServer, answers, one, unused_port
from tests.support.redis_server import MISSING, PROGRAM, running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.redis_server import RedisServer

KEY = "sk.test.canary"
NEEDS_REDIS = pytest.mark.skipif(PROGRAM is None, reason=MISSING)

WATCHED = 2.5 if LONG else 1.3
"""For how many seconds a rate is watched: for more than the one that it holds in."""

WORKER = """
import asyncio, sys
from allawee_async import AllaweeClient, RedisRate

async def main(redis, url):
    told_to_end = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    rate = RedisRate(redis, "test", 50)
    async with AllaweeClient("sk.test.canary", base_url=url, rate=rate) as allawee:
        async def work():
            while not told_to_end.done():
                await allawee.customers.get("cus.1")
        await asyncio.gather(*(work() for _ in range(20)))
    await rate.close()

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@NEEDS_REDIS
@more_in_the_long_run
async def test_three_processes_together_keep_to_the_rate(redis: RedisServer) -> None:
    """By the server's own clock, because a computer at its limit starts late what was allowed."""
    starts: list[float] = []
    was_at_the_rate, is_enough = False, asyncio.Event()
    async with (
        RawServer(answers(one())) as server,
        Redis.from_url(redis.url) as client,
        client.monitor() as monitor,
    ):

        async def watch() -> None:
            nonlocal was_at_the_rate
            async for command in monitor.listen():
                if command["command"].startswith("SET the end"):
                    return
                if not command["command"].startswith("RPUSH"):
                    continue
                starts.append(command["time"])
                was_at_the_rate |= sum(start > starts[-1] - 1 for start in starts) >= 47
                if was_at_the_rate and starts[-1] - starts[0] > WATCHED:
                    is_enough.set()

        watching = asyncio.create_task(watch())
        told_to_end, tells_to_end = os.pipe()
        workers = [
            nursery.python("-c", WORKER, redis.url, server.url, stdin=told_to_end) for _ in range(3)
        ]
        os.close(told_to_end)
        try:
            async with asyncio.timeout(80):
                await is_enough.wait()
        finally:
            os.close(tells_to_end)
            await asyncio.gather(*(asyncio.to_thread(worker.wait) for worker in workers))
        await client.set("the end", "of what is watched")
        await watching

    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert len(server.requests) == len(starts)
    in_a_second = [sum(start <= other < start + 1 for other in starts) for start in starts]
    assert 47 <= max(in_a_second) <= 50


@NEEDS_REDIS
async def test_a_429_in_one_client_pauses_the_others(redis: RedisServer) -> None:
    starts: list[float] = []
    events: list[RetryEvent] = []

    async def step(line: Line, _: RawRequest) -> None:
        starts.append(time.monotonic())
        if len(starts) == 1:
            await line.answer(b"{}", status=429, headers={"Retry-After": "1"})
        else:
            await line.answer(one())

    rates = RedisRate(redis.url, "pause", 100), RedisRate(redis.url, "pause", 100)
    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, rate=rates[0]) as first,
        AllaweeClient(KEY, base_url=server.url, rate=rates[1], on_retry=events.append) as second,
    ):
        refused = asyncio.create_task(first.customers.get("cus.1"))
        async with Redis.from_url(redis.url) as client:
            while not await client.exists("allawee:rate:{pause}:paused"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await second.customers.get("cus.1")
        await refused
    for rate in rates:
        await rate.close()

    assert all(start - starts[0] >= 0.99 for start in starts[1:])
    assert [event.waits_for_rate for event in events] == [True]
    assert isinstance(events[0].error, RateLimitError)


@NEEDS_REDIS
def test_one_rate_serves_loop_after_loop(redis: RedisServer) -> None:
    rate = RedisRate(redis.url, "loops", 100)

    async def start() -> str:
        await rate.take(lambda _: None)
        return "started"

    assert [asyncio.run(start()) for _ in range(3)] == ["started"] * 3


@NEEDS_REDIS
async def test_a_rate_of_another_name_is_another_rate(redis: RedisServer) -> None:
    rates = [RedisRate(redis.url, name, 1) for name in ("one", "two", "three")]
    began = time.monotonic()
    await asyncio.gather(*(rate.take(lambda _: None) for rate in rates))
    took = time.monotonic() - began
    for rate in rates:
        await rate.close()

    assert took < 0.9


async def test_a_server_that_is_gone_is_told_and_nothing_is_sent() -> None:
    rate = RedisRate(f"redis://127.0.0.1:{unused_port()}", "gone", 10)
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url, rate=rate) as allawee:
        with pytest.raises(TransportError, match="the rate could not be asked for") as caught:
            await allawee.request("POST", "/a")
        assert server.requests == []

    assert not caught.value.outcome_unknown
    assert not caught.value.sent


@pytest.mark.parametrize(
    ("url", "name", "per_second"),
    [("localhost", "a", 5), ("redis://localhost", "", 5), ("redis://localhost", "a", 0)],
)
def test_what_makes_no_sense_is_refused(url: str, name: str, per_second: float) -> None:
    with pytest.raises(ConfigurationError):
        RedisRate(url, name, per_second)


def test_it_shows_neither_user_nor_password() -> None:
    rate = RedisRate("redis://user:canary-password@localhost:6379/0?password=canary", "a", 5)
    assert "canary" not in f"{rate!r} {rate}"
    assert "localhost:6379" in repr(rate)


def test_it_can_be_named_where_redis_is_not_installed() -> None:
    program = """
        import sys
        sys.modules["redis"] = None
        from allawee_async import *
        from allawee_async import ConfigurationError, RedisRate
        try:
            RedisRate("redis://localhost", "a", 5)
        except ConfigurationError as error:
            print(error)
    """
    done: Any = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert "needs redis-py" in done.stdout
