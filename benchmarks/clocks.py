"""What a piece of work costs this process."""

import gc
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

_STATUS = Path("/proc/self/status")


class Cost(NamedTuple):
    """Seconds of work of the process, and seconds that went by."""

    cpu: float
    wall: float


async def cost_of(work: Callable[[], Awaitable[object]]) -> Cost:
    """Run `work` once; what earlier work left to collect is collected before."""
    gc.collect()
    cpu, wall = process_time(), perf_counter()
    await work()
    return Cost(process_time() - cpu, perf_counter() - wall)


def peak_memory_mib() -> float:
    """The most memory this process ever held.

    `ru_maxrss` comes second: on Linux it starts with what the parent held before the fork.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
