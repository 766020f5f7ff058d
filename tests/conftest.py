"""What every test gets: a clean environment, no network, and a look at what it left behind."""

from __future__ import annotations

import asyncio
import gc
import inspect
import ipaddress
import json
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import settings

from allawee_async.models.base import Model
from allawee_async.sandbox import Sandbox
from tests.support.faketime import FakeTime
from tests.support.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from allawee_async import AllaweeClient


HERE = Path(__file__).parent

# How long an example takes is the machine's affair. Everybody's run tries the same examples, and
# so never fails by chance; the long run looks for new ones (`nox -s properties`).
settings.register_profile("quick", max_examples=25, deadline=None, derandomize=True, database=None)
settings.register_profile("long", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# Behind `&` or `nohup` SIGINT is ignored, and so it would be by the commands that are interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Keep what was imported out of the collections that each test ends with."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def nobody_cuts_the_power() -> Iterator[None]:
    """Let nothing wait for the disk: only a cut of power would show the difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # which raises as well where there is no such file
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the settings of the person who runs the tests out of the environment."""
    for name in list(os.environ):
        if name.upper().startswith("ALLAWEE_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse connections to, and look-ups of, anything that is not this computer."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise RuntimeError(f"a test tried to connect to {address[0]}")
        connect(self, address)

    def checked_look_up(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None and not _is_loopback(host):
            raise RuntimeError(f"a test tried to look up {host}")
        return look_up(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked_connect)
        patch.setattr(socket, "getaddrinfo", checked_look_up)
        yield


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def leaves_nothing_behind(request: pytest.FixtureRequest) -> None:
    """Look after each async test for tasks, and let unclosed sockets warn."""
    test = getattr(request.function, "hypothesis", None)
    if inspect.iscoroutinefunction(getattr(test, "inner_test", request.function)):
        request.getfixturevalue("no_task_left")


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Fail if there are tasks after the test that were not there before, or open sockets."""
    before = asyncio.all_tasks()
    yield
    for _ in range(3):  # what was cancelled or closed needs a moment to end
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"the test left tasks behind: {left}"
    gc.collect()  # so that what was not closed warns in this test and in no later one
    gc.freeze()  # what pytest remembers of the tests so far need not be looked at again


@pytest.fixture
def time() -> FakeTime:
    """Time that passes only when somebody sleeps."""
    return FakeTime()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox with the two documented customers and 48 generated ones."""
    async with Sandbox(customers=50, seed=1) as running:
        yield running
        assert not running.crashes, list(running.crashes)


@pytest.fixture
async def allawee(sandbox: Sandbox, time: FakeTime) -> AsyncIterator[AllaweeClient]:
    """A client of the sandbox that never waits for real."""
    async with sandbox.client(**time.seams) as client:
        yield client


@pytest.fixture
def wire() -> Wire:
    """A client's pool that keeps what is sent and answers what it was told."""
    return Wire()


@pytest.fixture(scope="session")
def sample() -> Any:
    """Return the function that reads a sample of the documents."""

    def read(name: str) -> Any:
        return json.loads((HERE / "samples" / f"{name}.json").read_text("utf-8"))

    return read


@pytest.fixture(scope="session")
def endpoints() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((HERE / "endpoints.json").read_text("utf-8"))
    return rows


@pytest.fixture(scope="session")
def unknown_fields() -> Any:
    """Return the function that lists what a model, at any depth, keeps as unknown."""
    return _unknown_fields


def _unknown_fields(value: object, path: str = "") -> list[str]:
    if isinstance(value, Model):
        found = [f"{path}.{name}" for name in value.extra]
        for field in attrs.fields(type(value)):
            if field.name != "_extra":
                found += _unknown_fields(getattr(value, field.name), f"{path}.{field.name}")
        return found
    if isinstance(value, tuple):
        return [found for item in value for found in _unknown_fields(item, f"{path}[]")]
    return []
