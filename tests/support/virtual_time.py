"""An event loop whose time passes only while everybody waits: deadlines are exact."""

from __future__ import annotations

import asyncio
import functools
import selectors
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Coroutine


class _Selector(selectors.DefaultSelector):
    """Where a loop would sleep, time jumps to the next timer.

    Before it does, a share of that time is waited for real, for what comes over sockets.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.now = 1_000.0
        self._share = share

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(None if timeout is None else timeout * self._share)
        if not found and timeout:
            self.now += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own. Without a timer it waits for real: for threads."""

    def __init__(self, share: float = 0.0) -> None:
        self.selector = _Selector(share)
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now

    def block(self, seconds: float) -> None:
        """Do what `time.sleep` does to a loop."""
        self.selector.now += seconds


def now() -> float:
    return asyncio.get_running_loop().time()


def block(seconds: float) -> None:
    """Block the running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.block(seconds)


async def let_start(thread: threading.Event) -> None:
    """Let no time pass until a thread has said that it runs."""
    while not thread.is_set():  # noqa: ASYNC110 - a sleep would let time pass
        await asyncio.sleep(0)


def in_virtual_time(
    test: Callable[..., Coroutine[Any, Any, None]], *, share: float = 0.0
) -> Callable[..., None]:
    """Run an async test in a loop of its own; it must leave no task behind.

    Args:
        test: What is run.
        share: How much of a pause is waited for real.
    """

    @functools.wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        with asyncio.Runner(loop_factory=functools.partial(VirtualLoop, share)) as runner:
            runner.run(_checked(test(*arguments, **fixtures)))

    return run


in_quick_time = functools.partial(in_virtual_time, share=1 / 20)
"""For tests with sockets: pauses are cut short; while anybody works, no time passes at all."""


async def _checked(test: Coroutine[Any, Any, None]) -> None:
    await test
    for _ in range(3):  # what was cancelled needs a moment to end
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"the test left tasks behind: {left}"
