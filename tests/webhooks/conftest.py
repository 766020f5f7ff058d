"""A real Redis server for the tests that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.redis_server import MISSING, PROGRAM, running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.redis_server import RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for all tests; each test has a prefix of its own."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    with running_redis() as server:
        yield server
