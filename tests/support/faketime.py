"""Time that passes only when somebody sleeps."""

from __future__ import annotations

import asyncio
from typing import Any


class FakeTime:
    """A clock and a sleep for `AllaweeClient`, and a `random` that gives no jitter."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        """Let time pass while somebody works."""
        self.now += seconds

    @property
    def seams(self) -> dict[str, Any]:
        """The arguments for `AllaweeClient`."""
        return {"clock": self.clock, "sleep": self.sleep, "random": lambda: 1.0}
