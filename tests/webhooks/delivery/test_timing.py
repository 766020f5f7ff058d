"""When a request may have come, where the event loop saw it late."""

from __future__ import annotations

import asyncio

import pytest

from allawee_async.webhooks.delivery.timing import IDLE, SLACK, TICK, TURNS, LoopClock
from tests.support.virtual_time import VirtualLoop, block, in_virtual_time, now

ABOUT = 1e-9


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@in_virtual_time
async def test_a_request_came_when_it_was_seen() -> None:
    clock = LoopClock()

    for _ in range(20):
        assert clock.arrival() == now()
        await asyncio.sleep(0.013)

    clock.stop()


@in_virtual_time
async def test_while_the_loop_is_blocked_it_came_when_that_began_at_the_earliest() -> None:
    clock = LoopClock()
    began = clock.arrival()
    block(1.0)

    assert clock.arrival() == began

    clock.stop()


@in_virtual_time
async def test_it_began_at_the_last_look_before_at_the_earliest() -> None:
    clock = LoopClock()
    began = clock.arrival()
    await asyncio.sleep(10 * TICK + 0.003)
    block(1.0)

    assert clock.arrival() - began == pytest.approx(10 * TICK, abs=ABOUT)

    clock.stop()


@in_virtual_time
async def test_after_that_it_counts_for_as_many_turns_as_a_new_connection_needs() -> None:
    clock = LoopClock()
    began = clock.arrival()
    await asyncio.sleep(0)
    block(1.0)
    await asyncio.sleep(0)  # in this turn, the clock is looked at

    for _ in range(TURNS):
        assert clock.arrival() == began
        await asyncio.sleep(0)
    await turns(2)
    assert clock.arrival() == now()

    clock.stop()


@in_virtual_time
async def test_a_little_delay_does_not_count() -> None:
    clock = LoopClock()
    clock.arrival()
    await asyncio.sleep(0)
    block(TICK + SLACK * 0.9)

    assert clock.arrival() == now()
    await asyncio.sleep(0)
    assert clock.arrival() == now()

    clock.stop()


@in_virtual_time
async def test_of_several_blocks_the_first_counts_until_its_turns_are_over() -> None:
    """A connection that waits needs several turns, each of which may be a long one."""
    clock = LoopClock()
    began = clock.arrival()
    block(1.0)
    await turns(2)
    second = now()
    block(0.5)

    seen: list[float] = []
    for _ in range(TURNS + 4):
        if clock.arrival() not in seen:
            seen.append(clock.arrival())
        await asyncio.sleep(0)
    assert seen == [began, second, now()]

    clock.stop()


@in_virtual_time
async def test_a_loop_that_is_always_busy_does_not_add_up() -> None:
    """A request is never older than the last turns."""
    clock = LoopClock()
    clock.arrival()
    for _ in range(100):
        block(0.1)
        await asyncio.sleep(0)

    assert now() - clock.arrival() <= 0.1 * (TURNS + 2)

    clock.stop()


@in_virtual_time
async def test_it_stops_when_there_was_no_request_for_a_while_and_starts_again() -> None:
    clock = LoopClock()
    clock.arrival()
    assert timers() == 1
    await asyncio.sleep(IDLE + 2 * TICK)
    assert timers() == 0

    block(1.0)
    assert clock.arrival() == now()
    block(1.0)
    assert clock.arrival() == now() - 1.0

    clock.stop()


@in_virtual_time
async def test_requests_keep_it_going() -> None:
    clock = LoopClock()
    for _ in range(4):
        clock.arrival()
        await asyncio.sleep(IDLE / 2)

    assert timers() == 1

    clock.stop()


@in_virtual_time
async def test_when_it_is_stopped_nothing_is_left() -> None:
    clock = LoopClock()
    clock.arrival()
    block(1.0)
    await asyncio.sleep(0)

    clock.stop()
    await turns(2)

    assert timers() == 0
    assert clock.arrival() == now()
    clock.stop()


def timers() -> int:
    """Return how many timers of the loop are still to come."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    scheduled: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]
    return sum(not timer.cancelled() for timer in scheduled)


def test_another_loop_has_a_time_of_its_own() -> None:
    clock = LoopClock()

    async def early() -> None:
        clock.arrival()
        await asyncio.sleep(1000)
        clock.arrival()
        block(5)

    async def late() -> None:
        assert clock.arrival() == now()

    for work in (early, late):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(work())
