"""A running sandbox, and a bare HTTP client that knows nothing of the library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import aiohttp
import pytest
from aiohttp import web

from allawee_async.sandbox import Sandbox
from tests.sandbox.card_user import CardUser, SetClock
from tests.sandbox.event_receiver import Receiver


class Answer(NamedTuple):
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def ids(self) -> list[str]:
        return [item["id"] for item in self.json["data"]]


class Caller:
    """Sends requests with the sandbox's key, and gives whole answers."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.sandbox = sandbox

    async def send(self, method: str, path: str, *, secure: bool = False, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.sandbox.api_key}"} | options.pop("headers", {})
        base = self.sandbox.secure_url if secure else self.sandbox.url
        async with self.session.request(method, base + path, headers=headers, **options) as reply:
            return Answer(reply.status, reply.headers, await reply.text())

    async def arrived(self, count: int) -> None:
        """Wait until the sandbox has received so many requests."""
        while len(self.sandbox.requests) < count:  # noqa: ASYNC110 - it does not tell by itself
            await asyncio.sleep(0.001)

    async def get(self, path: str, **params: str) -> Answer:
        return await self.send("GET", path, params=params)

    async def list(self, **params: str) -> Answer:
        renamed = {name.rstrip("_"): value for name, value in params.items()}
        return await self.send("GET", "/customers", params=renamed)

    async def post(self, body: Any) -> Answer:
        return await self.send("POST", "/customers", json=body)

    async def put(self, id: str, body: Any) -> Answer:
        return await self.send("PUT", f"/customers/{id}", json=body)


Calling: TypeAlias = Callable[[Sandbox], Caller]


class TickingClock:
    """Goes on by a second whenever it is asked."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=TickingClock()) as running:
        yield running
        assert not running.crashes


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def calling(session: aiohttp.ClientSession) -> Calling:
    return partial(Caller, session)


@pytest.fixture
def allawee(calling: Calling, sandbox: Sandbox) -> Caller:
    return calling(sandbox)


@pytest.fixture
def new_customer() -> dict[str, Any]:
    return {
        "name": "Ada Obi",
        "reference": "ada@example.com",
        "type": "individual",
        "claims": {
            "individualInformation": {"firstName": "Ada", "lastName": "Obi", "nickname": "Didi"}
        },
        "verifications": ["tier-1", "tier-2"],
        "metadata": {"userId": 7, "deep": {"er": [1, None]}},
    }


@pytest.fixture
async def user(calling: Calling) -> AsyncIterator[CardUser]:
    clock = SetClock()
    async with Sandbox(clock=clock) as running:
        yield CardUser(calling(running), running, clock)
        assert not running.crashes


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    yield receiver
    if receiver.hold is not None:
        receiver.hold.set()
    await runner.cleanup()
