"""Waiting: for a connection, for the rate; and what bounds the retries of all calls."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    ConfigurationError,
    RateLimitError,
    RequestTimeoutError,
    RetryEvent,
    RetryPolicy,
    TransportError,
)
from allawee_async.transport.rate import LocalRate, Turns
from allawee_async.transport.request import Clock
from allawee_async.transport.retry import Quota
from tests.support.faketime import FakeTime
from tests.support.properties import LONG, more_in_the_long_run
from tests.support.raw_server import Line, RawRequest, RawServer, answers, hangs, one
from tests.support.virtual_time import in_quick_time, now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

KEY = "sk.test.canary"
ONCE = RetryPolicy(attempts=1)


def answers_after(seconds: float) -> Callable[[Line, RawRequest], Awaitable[None]]:
    async def step(line: Line, request: RawRequest) -> None:
        await asyncio.sleep(seconds)
        await line.answer(one(request.path.rpartition("/")[2]))

    return step


@more_in_the_long_run
@in_quick_time
async def test_many_hundred_calls_at_once_all_succeed_with_one_request_each() -> None:
    """They wait for much longer than an attempt may take."""
    calls, most = (2_000, 50) if LONG else (800, 20)
    async with (
        RawServer(answers_after(0.06)) as server,
        AllaweeClient(
            KEY, base_url=server.url, max_connections=most, timeout=2.0, retry=ONCE
        ) as allawee,
    ):
        ids = [f"cus.{number}" for number in range(calls)]
        found = await asyncio.gather(*map(allawee.customers.get, ids))

        assert [customer.id for customer in found] == ids
        assert len(server.requests) == calls
        assert server.connections == server.most_open == most


async def test_who_waits_is_served_in_the_order_of_coming() -> None:
    async with (
        RawServer(answers_after(0.001)) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1) as allawee,
    ):
        ids = [f"cus.{number}" for number in range(30)]
        await asyncio.gather(*map(allawee.customers.get, ids))

    assert [request.path for request in server.requests] == [f"/customers/{each}" for each in ids]


@in_quick_time
async def test_waiting_is_no_part_of_an_attempt() -> None:
    """Calls take their turns over one connection; each attempt is far shorter than all."""
    async with (
        RawServer(answers_after(0.15)) as server,
        AllaweeClient(
            KEY, base_url=server.url, max_connections=1, timeout=1.0, retry=ONCE
        ) as allawee,
    ):
        replies = await asyncio.gather(*(allawee.request("GET", f"/a/{n}") for n in range(8)))

    assert [len(reply.attempts) for reply in replies] == [1] * 8
    assert all(reply.elapsed < 1.0 for reply in replies)


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
        async with asyncio.timeout(10):
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


@in_quick_time
async def test_a_callers_own_connector_with_fewer_connections_makes_nobody_late() -> None:
    async with (
        RawServer(answers_after(0.1)) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit_per_host=2)) as session,
    ):
        allawee = AllaweeClient(KEY, base_url=server.url, session=session, timeout=0.8, retry=ONCE)
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


async def test_an_attempt_that_the_deadline_forbids_gives_its_place_back() -> None:
    time = FakeTime()

    async def oversleep(seconds: float) -> None:
        time.pass_by(seconds + 60)

    options: dict[str, Any] = {**time.seams, "sleep": oversleep, "max_connections": 1}
    async with (
        RawServer(answers(b"{}", status=503)) as server,
        AllaweeClient(
            KEY, base_url=server.url, retry=RetryPolicy(deadline=10), **options
        ) as allawee,
        asyncio.timeout(5),
    ):
        for _ in range(3):
            with pytest.raises(RequestTimeoutError):
                await allawee.request("GET", "/a")
            with pytest.raises(RequestTimeoutError):
                await allawee.payments.receipt_pdf("pay.1").read()

    assert len(server.requests) == 6


@in_quick_time
async def test_a_call_that_is_cancelled_while_it_waits_for_the_rate_gives_its_place_back() -> None:
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url, rate=1, max_connections=2, clock=now) as allawee,
        asyncio.timeout(5),
    ):
        await allawee.customers.get("cus.1")
        waiting = [asyncio.create_task(allawee.customers.get("cus.1")) for _ in range(4)]
        await asyncio.sleep(0.01)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await allawee.customers.get("cus.1")

    assert len(server.requests) == 2


# The rate


class Server:
    """A server that notes when requests arrive, by the clock of the test."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.starts: list[float] = []
        self.refusals: dict[int, str] = {}

    async def __call__(self, line: Line, _: RawRequest) -> None:
        self.starts.append(self.time.now)
        retry_after = self.refusals.get(len(self.starts))
        if retry_after is None:
            await line.answer(one())
        else:
            await line.answer(b"{}", status=429, headers={"Retry-After": retry_after})


def most_in_a_second(starts: list[float]) -> int:
    return max(sum(start <= other < start + 1 for other in starts) for start in starts)


@more_in_the_long_run
async def test_the_rate_holds_in_every_second_and_is_used() -> None:
    """64 tasks with a clock that only the limiter moves on."""
    time, seconds = FakeTime(), 60 if LONG else 15
    limiter = LocalRate(50, Clock(monotonic=time.clock, sleep=time.sleep))
    began, starts = time.now, list[float]()

    async def work() -> None:
        while time.now < began + seconds:
            await limiter.take(lambda _: None)
            starts.append(time.now)
            await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(64)))

    within = [start for start in starts if start < began + seconds]
    assert most_in_a_second(within) <= 50
    assert len(within) >= 47 * seconds


async def test_a_client_and_its_views_share_one_rate(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "allawee_async")
    time = FakeTime()
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url, rate=5, **time.seams) as allawee,
    ):
        began = time.now
        for client in (allawee, allawee.with_options(timeout=5)) * 10:
            await client.customers.get("cus.1")

    assert 3.0 <= time.now - began <= 4.2
    assert "GET /customers/cus.1 waited 0.1" in caplog.text


async def test_a_rate_that_cannot_be_told_of_a_429_stops_no_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Unreachable(LocalRate):
        async def pause(self, seconds: float) -> None:
            raise TransportError(f"cannot pause for {seconds:.0f} s")

    time = FakeTime()
    rate = Unreachable(50, Clock(monotonic=time.clock, sleep=time.sleep))
    steps = [answers(b"{}", status=429, headers={"Retry-After": "2"}), answers(one())]
    async with (
        RawServer(*steps) as server,
        AllaweeClient(KEY, base_url=server.url, rate=rate, **time.seams) as allawee,
    ):
        assert (await allawee.customers.get("cus.1")).id == "cus.1"

    assert "cannot pause for 2 s" in caplog.text


@pytest.mark.parametrize(("rate", "most", "seconds"), [(1, 1, 1.0), (0.5, 1, 2.0), (2.5, 2, 1.0)])
async def test_small_rates_and_fractions_hold_as_well(
    rate: float, most: int, seconds: float
) -> None:
    time = FakeTime()
    limiter = LocalRate(rate, Clock(monotonic=time.clock, sleep=time.sleep))
    starts: list[float] = []
    for _ in range(20):
        await limiter.take(lambda _: None)
        starts.append(time.now)

    gaps = [later - earlier for earlier, later in zip(starts, starts[most:], strict=False)]
    assert min(gaps) >= seconds
    assert max(gaps) <= seconds * 1.05


async def test_who_waits_for_the_rate_is_served_in_the_order_of_coming() -> None:
    time = FakeTime()
    async with (
        RawServer(answers_after(0)) as server,
        AllaweeClient(KEY, base_url=server.url, rate=3, max_connections=1, **time.seams) as allawee,
    ):
        ids = [f"cus.{number}" for number in range(15)]
        await asyncio.gather(*map(allawee.customers.get, ids))

    assert [each.path for each in server.requests] == [f"/customers/{each}" for each in ids]


async def test_a_429_pauses_everybody_who_shares_the_rate(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "allawee_async")
    starts, events = list[float](), list[RetryEvent]()

    async def step(line: Line, _: RawRequest) -> None:
        starts.append(monotonic())
        if len(starts) == 3:
            await line.answer(b"{}", status=429, headers={"Retry-After": "0.3"})
        else:
            await line.answer(one())

    async with (
        RawServer(step) as server,
        AllaweeClient(
            KEY, base_url=server.url, rate=100, max_connections=1, on_retry=events.append
        ) as allawee,
    ):
        await asyncio.gather(*(allawee.customers.get("cus.1") for _ in range(6)))

    assert [start - starts[2] >= 0.29 for start in starts] == [False] * 3 + [True] * 4
    assert [event.waits_for_rate for event in events].count(False) == 1
    told = [event for event in events if event.waits_for_rate]
    assert told
    assert all(0 < (event.attempt.pause or 0) <= 0.3 for event in told)
    assert all(type(event.error) is RateLimitError for event in events)
    assert "s for the rate: another call of the same rate was asked to wait" in caplog.text


async def test_nobody_waits_for_longer_than_a_single_call_would() -> None:
    time = FakeTime()
    server = Server(time)
    server.refusals = {1: "3600"}
    async with (
        RawServer(server) as raw,
        AllaweeClient(KEY, base_url=raw.url, rate=100, **time.seams) as allawee,
    ):
        with pytest.raises(RateLimitError):
            await allawee.customers.get("cus.1")
        await allawee.customers.get("cus.1")

    assert 60 <= server.starts[1] - server.starts[0] < 61


async def test_the_deadline_bounds_the_waiting_for_the_rate() -> None:
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url, rate=1) as allawee,
    ):
        await allawee.customers.get("cus.1")
        view = allawee.with_options(retry=RetryPolicy(deadline=0.05))
        with pytest.raises(RequestTimeoutError, match="the rate allowed no request") as caught:
            await view.request("POST", "/a")

    assert not caught.value.outcome_unknown
    assert caught.value.attempts == ()
    assert len(server.requests) == 1


async def test_cancelling_who_waits_for_the_rate_keeps_nobody_waiting() -> None:
    time = FakeTime()
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url, rate=1, **time.seams) as allawee,
    ):
        tasks = [asyncio.create_task(allawee.customers.get("cus.1")) for _ in range(1_000)]
        await server.until(lambda server: len(server.requests) >= 1)
        for task in tasks[3:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        before = time.now
        await allawee.customers.get("cus.1")

    assert time.now - before < 2
    assert len(server.requests) < 10


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), True, "50", object()])
def test_a_rate_that_makes_no_sense_is_refused(rate: Any) -> None:
    with pytest.raises(ConfigurationError, match="rate must be"):
        AllaweeClient(KEY, rate=rate)


# The quota of retries


async def outage(quota: int | None, *, rounds: int = 5) -> tuple[int, list[AllaweeError]]:
    """Let 64 tasks go on calling a server that is down; return the requests, and the errors."""
    time, errors = FakeTime(), list[AllaweeError]()
    policy = RetryPolicy(quota=quota, base_delay=0)
    async with (
        RawServer(answers(b"{}", status=503)) as server,
        AllaweeClient(KEY, base_url=server.url, retry=policy, **time.seams) as allawee,
    ):

        async def work(client: AllaweeClient) -> None:
            for _ in range(rounds):
                with pytest.raises(AllaweeError) as caught:
                    await client.customers.get("cus.1")
                errors.append(caught.value)

        view = allawee.with_options(timeout=9, retry=RetryPolicy(quota=quota, base_delay=0))
        await asyncio.gather(*(work(view if n % 2 else allawee) for n in range(64)))
    return len(server.requests), errors


@more_in_the_long_run
async def test_with_a_quota_an_outage_is_not_met_with_three_times_the_load() -> None:
    quota, rounds = (500, 20) if LONG else (200, 5)
    requests, errors = await outage(quota, rounds=rounds)

    assert len(errors) == 64 * rounds
    assert requests == len(errors) + quota // 5
    assert f"the quota of {quota} is used up" in str(errors[-1].attempts[-1].error)
    assert errors[-1].attempts[-1].pause is None


async def test_without_a_quota_every_call_is_tried_three_times() -> None:
    requests, errors = await outage(None, rounds=2)

    assert requests == 3 * len(errors)
    assert "quota" not in str(errors[-1].attempts)


def test_a_timeout_costs_twice_and_a_success_gives_back() -> None:
    quota = Quota(20)

    assert quota.take(RequestTimeoutError("late")) == 10
    assert quota.take(TransportError("lost")) == 5
    assert quota.take(RequestTimeoutError("late")) is None
    assert quota.take(TransportError("lost")) == 5
    assert quota.take(TransportError("lost")) is None
    for _ in range(4):
        quota.give_back(0)  # a success that needed no retry
    assert quota.take(TransportError("lost")) is None
    quota.give_back(10)
    assert quota.take(RequestTimeoutError("late")) == 10
    for _ in range(100):
        quota.give_back(10)
    assert [quota.take(TransportError("lost")) for _ in range(5)] == [5, 5, 5, 5, None]


def test_the_last_tokens_buy_a_retry_and_a_success_without_one_gives_one_token() -> None:
    quota = Quota(5)

    assert quota.take(TransportError("lost")) == 5
    for _ in range(5):
        assert quota.take(TransportError("lost")) is None
        quota.give_back(0)
    assert quota.take(TransportError("lost")) == 5


async def test_a_success_after_a_retry_gives_back_what_it_took() -> None:
    steps = [answers(b"{}", status=503), answers(one())] * 30
    time = FakeTime()
    async with (
        RawServer(*steps) as server,
        AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(quota=5), **time.seams) as a,
    ):
        for _ in range(30):
            await a.customers.get("cus.1")
        assert len(server.requests) == 60


async def test_a_write_that_is_never_sent_again_takes_nothing() -> None:
    time = FakeTime()
    async with (
        RawServer(answers(b"{}", status=503), answers(b"{}", status=503), answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(quota=5), **time.seams) as a,
    ):
        with pytest.raises(AllaweeError):
            await a.request("POST", "/a")
        assert (await a.customers.get("cus.1")).id == "cus.1"


@pytest.mark.parametrize("quota", [-1, 1.5, "5", True])
def test_a_quota_that_makes_no_sense_is_refused(quota: Any) -> None:
    with pytest.raises(ConfigurationError, match="quota"):
        RetryPolicy(quota=quota)
