"""When a request may have come, though the loop sees it now.

A loop that was blocked sees a request late; its sender does not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

BODY_PATIENCE: Final = 30.0
"""Seconds for the body of a request to come."""

TICK: Final = 0.02
"""Seconds between two looks at the clock."""

SLACK: Final = 0.01
"""Seconds by which a look may be late before the loop counts as blocked."""

TURNS: Final = 7
"""Turns of the loop from a connection that waits in the kernel to the handler of its request.

Accept, make the protocol, watch the socket, read, wake the server's task; and two more, where a
server starts a task for each request or the clock was looked at early in its turn.
"""

IDLE: Final = 60.0
"""Seconds without a request after which the clock is no longer looked at."""


class LoopClock:
    """Notices when the event loop was blocked, so that the time counts for requests that waited.

    It looks at the clock every 20 ms by a timer, which is no task, from the first request on until
    there was none for a minute.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ticked = 0.0
        self._used = 0.0
        self._turn = 0
        # When a stretch began in which the loop was blocked, and the last turn that it matters for.
        self._blocked: deque[tuple[float, int]] = deque()

    def arrival(self) -> float:
        """Return the earliest moment at which a request that is seen now may have come.

        That is now; or, if the loop is or has just been blocked, the beginning of that. The moment
        is one of the running loop's own clock.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        if loop is not self._loop or self._timer is None:
            self.stop()
            self._loop = loop
            self._ticked = now
            self._timer = loop.call_later(TICK, self._tick, loop)
        self._used = now
        if self._blocked:
            return self._blocked[0][0]
        return self._ticked if now - self._ticked > TICK + SLACK else now

    def stop(self) -> None:
        """Stop looking; the next request starts it again."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop = None
        self._blocked.clear()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        if now - self._ticked > TICK + SLACK:
            if not self._blocked:
                loop.call_soon(self._next_turn, loop)
            self._blocked.append((self._ticked, self._turn + TURNS))
        self._ticked = now
        if now - self._used > IDLE:
            self._timer = None
        else:
            self._timer = loop.call_later(TICK, self._tick, loop)

    def _next_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._turn += 1
        while self._blocked and self._blocked[0][1] < self._turn:
            self._blocked.popleft()
        if self._blocked and loop is self._loop:
            loop.call_soon(self._next_turn, loop)
