"""Waiting for one's turn: for a connection, and for the rate."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.transport.request import Clock, settled
from allawee_async.transport.retry import is_number

PERIOD: Final = 1.03
"""Seconds in which no more may start than the rate allows in one.

What starts within a second may arrive within less than one, by the time that a connection takes.
"""

_MOMENTS: Final = 50
_EAGER: Final = 0.8
"""The share of its time after which the next may start, to catch up with one that was late."""


class Turns:
    """So many may go at a time; all others stand in one queue, first come first served.

    Whoever leaves the queue early, cancelled or out of time, loses nobody's turn.

    Args:
        number: How many.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._queue: deque[asyncio.Future[None]] = deque()

    def take_free(self) -> bool:
        """Take a turn if one is free, and then nobody waits; return whether one was."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Wait for a turn."""
        if self.take_free():
            return
        mine = asyncio.get_running_loop().create_future()
        self._queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled() and mine.exception() is None:  # it came at the same moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """End a turn; the next in the queue has it."""
        while self._queue:
            first = self._queue.popleft()
            if not first.done():
                first.set_result(None)
                return
        self._free += 1

    def refuse(self, error: Callable[[], Exception]) -> None:
        """Let everybody in the queue fail."""
        for each in self._queue:
            if not each.done():
                each.set_exception(error())
        self._queue.clear()


class Rate(ABC):
    """What bounds how many requests are started in a second.

    Those who wait in one event loop stand in one queue; only the first of them asks.

    Args:
        sleep: Waits so many seconds.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[object]]) -> None:
        self._sleep = sleep
        self._turns = Turns(1)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def take(self, on_pause: Callable[[float], object]) -> None:
        """Wait until a request may be started.

        Args:
            on_pause: Told the seconds, if it waits because a server asked everybody to.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # nobody waits in a loop that is no more
            self._loop, self._turns = loop, Turns(1)
        turns, is_told = self._turns, False
        await turns.take()
        try:
            while True:
                wait, is_pause = await self.ask()
                if wait <= 0:
                    return
                if is_pause and not is_told:
                    await settled(on_pause(wait))
                    is_told = True
                await self._sleep(wait)
        finally:
            turns.give_back()

    @abstractmethod
    async def ask(self) -> tuple[float, bool]:
        """Start a request if that is allowed now.

        Returns:
            0; or the seconds to wait before one asks again, and whether a server wants it so.
        """

    @abstractmethod
    async def pause(self, seconds: float) -> None:
        """Let nobody start a request for so long, because a server asked for that."""


class LocalRate(Rate):
    """A rate for all tasks and views of one client.

    Args:
        per_second: The most requests that are started in a second.
        clock: The time.

    Raises:
        ConfigurationError: It is no positive number.
    """

    def __init__(self, per_second: float, clock: Clock) -> None:
        super().__init__(clock.sleep)
        self._window = window = RateWindow.of(per_second)
        self._starts: deque[float] = deque(maxlen=window.most)
        self._now = clock.monotonic
        self._paused_until = -math.inf

    async def ask(self) -> tuple[float, bool]:
        """Start a request if that is allowed now; see `Rate.ask`."""
        now, starts, window = self._now(), self._starts, self._window
        allowed = self._paused_until
        if len(starts) >= window.few:
            allowed = max(allowed, starts[-window.few] + window.moment)
        if len(starts) == window.most:
            allowed = max(allowed, starts[0] + window.period)
        wait = allowed - now
        if wait <= 0:
            starts.append(now)
        return wait, self._paused_until > now

    async def pause(self, seconds: float) -> None:
        """Let nobody start a request for so long; see `Rate.pause`."""
        self._paused_until = max(self._paused_until, self._now() + seconds)


def checked_rate(rate: object, clock: Clock) -> Rate | None:
    """Return the rate of a client.

    Raises:
        ConfigurationError: It is neither a positive number nor one that is shared.
    """
    if isinstance(rate, int | float):
        return LocalRate(rate, clock)
    if rate is not None and not isinstance(rate, Rate):
        raise ConfigurationError("rate must be a number of requests a second, or a RedisRate")
    return rate


@attrs.frozen
class RateWindow:
    """How many requests may be started in how many seconds.

    They do not start all at once: what is spread over the second arrives as it was sent.

    Attributes:
        most: The most in a period.
        period: Seconds.
        few: The most in a moment.
        moment: Seconds.
    """

    most: int
    period: float
    few: int
    moment: float

    @classmethod
    def of(cls, per_second: object) -> RateWindow:
        """Return the window of a rate.

        Raises:
            ConfigurationError: It is no positive number.
        """
        if not is_number(per_second) or not 0 < per_second < 1e9:
            raise ConfigurationError("rate must be a positive number of requests a second")
        most = max(1, math.floor(per_second))
        period = PERIOD * max(1.0, most / per_second)
        few = max(1, most // _MOMENTS)
        return cls(most, period, few, _EAGER * period * few / most)
