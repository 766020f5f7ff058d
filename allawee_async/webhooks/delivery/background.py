"""Tasks that nobody waits for: handlers that do not end when they are cancelled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine

TO_CLOSE: Final = 5.0
"""Seconds that tasks get to end by themselves, and again when they are cancelled."""


class Background:
    """Holds tasks until they end."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def keep(self, task: asyncio.Task[object]) -> None:
        """Hold a task."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def start(self, work: Coroutine[object, object, object]) -> None:
        """Do something that nobody waits for."""
        self.keep(asyncio.get_running_loop().create_task(work))

    async def close(self, patience: float = TO_CLOSE) -> None:
        """Wait for the tasks of the running loop; cancel those that do not end in time."""
        if tasks := self._here():
            await asyncio.wait(tasks, timeout=patience)
        if tasks := self._here():
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=patience)

    def _here(self) -> set[asyncio.Task[object]]:
        loop = asyncio.get_running_loop()
        return {task for task in self._tasks if task.get_loop() is loop}

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # so that it counts as seen: what matters is in the log
