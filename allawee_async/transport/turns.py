"""Waiting for one's turn: first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns:
    """So many may go at a time; all others stand in one queue.

    Whoever leaves the queue early, cancelled or out of time, loses nobody's turn.

    Args:
        number: How many.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._queue: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a turn."""
        if self._free:  # nobody waits while one is free
            self._free -= 1
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
