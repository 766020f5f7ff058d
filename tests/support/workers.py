"""A pytest plugin: how many workers there are, and which file each of them is given next.

Some tests wait, for a process or a server: with a worker for each core the cores would wait too.
Files of such tests begin early, so that none of them is what everybody waits for in the end.
"""

from __future__ import annotations

import gc
import os
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

TESTS: Final = Path(__file__).parents[1]
MORE_THAN_CORES: Final = 1

WAITING: Final = (
    *("tests/*/test_kills.py", "tests/*/test_*processes.py", "tests/*/test_exactly_once.py"),
    *("tests/*/test_*machine.py", "tests/*/test_browser.py", "tests/examples/test_servers.py"),
    *("tests/integrations/test_redis.py", "tests/integrations/test_dlt.py"),
    *("tests/cli/test_mcp.py", "tests/cli/test_without_docstrings.py"),
    *("tests/test_pytest_plugin.py", "tests/test_floors.py", "tests/test_openapi.py"),
    *("tests/pagination/test_sharing.py", "tests/cli/sandbox/test_sandbox.py"),
)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Let one test more run than there are cores, as some of them wait."""
    cores = yield
    return cores if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else cores + MORE_THAN_CORES


def pytest_configure(config: pytest.Config) -> None:
    """Let each worker collect a different part first: what one has compiled the others read."""
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args != config.getini("testpaths"):
        return
    parts = sorted(part for part in TESTS.iterdir() if part.is_dir() or part.match("test_*.py"))
    first = int(worker["workerid"].removeprefix("gw")) * len(parts) // worker["workercount"]
    config.args[0:1] = map(str, parts[first:] + parts[:first])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Look for no garbage while all modules are imported: nearly everything stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the long files, those of many tests and those that wait in turns."""
    if not hasattr(config, "workerinput"):
        return
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    by_length = sorted(files, key=lambda file: (-len(files[file]), file))
    waiting = [file for file in by_length if any(fnmatch(file, kind) for kind in WAITING)]
    order = [file for file in by_length if file not in waiting]
    for place, file in enumerate(waiting):
        order.insert(3 * place, file)
    items[:] = [item for file in order for item in files[file]]
