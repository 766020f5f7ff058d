"""A sandbox with a thread and a loop of its own, for code that has no running loop."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from allawee_async.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def running_in_a_thread(**options: Any) -> Generator[Sandbox]:
    """Return a running sandbox that answers while the block lasts, whatever the block does.

    Args:
        options: The arguments of `Sandbox`.
    """
    sandbox = Sandbox(**options)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="allawee sandbox", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result()
        yield sandbox
    finally:
        asyncio.run_coroutine_threadsafe(sandbox.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
