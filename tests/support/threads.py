"""A sandbox in a thread of its own, for tests that call `asyncio.run` themselves."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from allawee_async.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sandbox_in_thread(**options: Any) -> Iterator[Sandbox]:
    """Run a sandbox in another thread and loop."""
    sandbox, loop = Sandbox(**options), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result(5)
        yield sandbox
    finally:
        asyncio.run_coroutine_threadsafe(sandbox.close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
