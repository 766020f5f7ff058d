"""Fixtures for tests of applications: `allawee_sandbox` and `allawee_client`.

Pytest loads this module in every run of an environment that has the package, so it imports nothing
that is slow: the sandbox comes with the first test that asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient
    from allawee_async.sandbox import Sandbox


@pytest.fixture(scope="session")
def _allawee_sandbox_of_all_tests() -> Iterator[Sandbox]:
    """Run one sandbox in a thread of its own, so that tests with and without a loop can use it."""
    from allawee_async.sandbox.server import running_in_a_thread  # noqa: PLC0415

    with running_in_a_thread() as sandbox:
        yield sandbox


@pytest.fixture
def allawee_sandbox(_allawee_sandbox_of_all_tests: Sandbox) -> Sandbox:
    """Return a running Allawee of one's own, as new for each test."""
    _allawee_sandbox_of_all_tests.reset()
    return _allawee_sandbox_of_all_tests


async def _allawee_client(allawee_sandbox: Sandbox) -> AsyncIterator[AllaweeClient]:
    """Yield a client of `allawee_sandbox`, and close it after the test."""
    async with allawee_sandbox.client() as client:
        yield client


def pytest_configure(config: pytest.Config) -> None:
    """Add `allawee_client` for whichever plugin takes care of async fixtures.

    That is pytest-asyncio if it is at work, in either of its modes; it wants its own decorator.
    AnyIO's plugin, for one, takes plain ones.
    """
    found: Any = sys.modules.get("pytest_asyncio")
    fixture = pytest.fixture if found is None else found.fixture
    holder: Any = ModuleType("allawee_client")
    holder.allawee_client = fixture(name="allawee_client")(_allawee_client)
    config.pluginmanager.register(holder, "allawee_client")
