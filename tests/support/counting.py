"""A pytest plugin: lines are counted by the tests that are there to run them, and by no others.

Counting costs as much as a third of what runs. What comes from outside the tests, pytest itself
and the collection, is never counted; nor are tests that are there to find faults: pages and
examples, what goes through the whole package, what runs hundreds of times, and long tables.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections import Counter
from contextlib import suppress
from fnmatch import fnmatch
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from coverage import Coverage

import allawee_async

if TYPE_CHECKING:
    from collections.abc import Generator

ROWS: Final = 20
"""How many rows of a table of cases are counted."""

UNCOUNTED: Final = (
    # pages and examples
    *("README.md", "docs/*", "tests/docs/*", "tests/examples/*", "*/test_documented_requests.py"),
    # sequences of calls, documents and servers made at random
    *("*/test_*_machine.py", "*/test_machine.py", "*/test_fuzz.py", "*/test_stores_model.py"),
    *("*/test_random_servers.py", "*/test_round_trip.py", "*/test_walk.py"),
    # processes and a browser
    *("*/test_kills.py", "*/test_processes.py", "*/test_exactly_once.py", "*/test_browser.py"),
    "*/test_dlt.py",
    # the same again for every file, model, fault or format
    *("tests/test_floors.py", "tests/test_openapi.py", "tests/cli/test_pages.py"),
    *("tests/codec/test_compiled.py", "tests/codec/test_reading.py", "tests/models/*"),
    *("tests/transport/test_faults.py", "tests/export/test_parallel.py"),
    *("tests/export/test_integrity.py", "tests/export/test_sheets.py"),
)

UNCOUNTED_MARKS: Final = {"hypothesis", "long", "no_cover"}
IS_UNCOUNTED: Final = pytest.StashKey[bool]()

FOR_OTHERS: Final = ("allawee_async.integrations.dask", "allawee_async.integrations.dlt")
"""What is counted in the session `engines`, and takes long to import."""


def _counter(config: pytest.Config) -> Any:
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)


@cache
def _is_uncounted(file: str) -> bool:
    return any(fnmatch(file, pattern) for pattern in UNCOUNTED)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Count what imports run, once for all workers; then count nothing until a test begins."""
    counter = _counter(session.config)
    if counter is None:
        return
    is_first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    if is_first and not session.config.pluginmanager.hasplugin("dsession"):
        for module in pkgutil.walk_packages(allawee_async.__path__, "allawee_async."):
            if module.name not in FOR_OTHERS:
                with suppress(ImportError):  # of an extra that is not installed
                    importlib.import_module(module.name)
    counter.pause()
    # In a worker pytest-cov has begun twice, and the first count would go on where the other ends.
    while (forgotten := Coverage.current()) is not None:
        forgotten.stop()


@pytest.hookimpl(trylast=True)  # Hypothesis marks its tests before
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note what is not counted, beside what is marked so: the mark alone counts fixtures."""
    rows = Counter[str]()
    for item in items:
        test = item.nodeid.partition("[")[0]
        rows[test] += 1
        item.stash[IS_UNCOUNTED] = (
            rows[test] > ROWS
            or _is_uncounted(test.partition("::")[0])
            or not UNCOUNTED_MARKS.isdisjoint(mark.name for mark in item.iter_markers())
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Count lines from the first fixture of a test to the last, where they are counted."""
    counter = _counter(item.config)
    if counter is None:
        return (yield)
    if not item.stash[IS_UNCOUNTED]:
        counter.resume()
    try:
        return (yield)
    finally:
        counter.pause()
