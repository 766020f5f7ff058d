"""Servers for tests: one that records requests and answers JSON, one that sends bytes as told."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
from aiohttp import web

from allawee_async import AllaweeClient

KEY = "sk.test.canary-of-the-key"
SAMPLES = Path(__file__).parents[1] / "samples"


def sample(name: str) -> Any:
    """Return a documented body."""
    return json.loads((SAMPLES / f"{name}.json").read_bytes())


def without_nulls(value: Any) -> Any:
    """Return a document without the members that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@attrs.frozen
class Sent:
    """A request that arrived."""

    host: str
    method: str
    path: str
    query: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@attrs.define
class Recorder:
    """What arrived, and what is answered to whatever comes."""

    sent: list[Sent] = attrs.field(factory=list)
    status: int = 200
    answer: Any = attrs.field(factory=lambda: {"code": "success", "data": {"id": "x.1"}})

    async def handle(self, host: str, request: web.Request) -> web.Response:
        body = await request.read()
        sent = Sent(
            host, request.method, request.raw_path.partition("?")[0], dict(request.query), body
        )
        self.sent.append(sent)
        text = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return web.Response(text=text, status=self.status, content_type="application/json")

    @property
    def last(self) -> Sent:
        return self.sent[-1]


async def _started(host: str, recorder: Recorder) -> tuple[web.AppRunner, str]:
    app = web.Application()

    async def handle(request: web.Request) -> web.Response:
        return await recorder.handle(host, request)

    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@asynccontextmanager
async def recording(**options: Any) -> AsyncIterator[tuple[AllaweeClient, Recorder]]:
    """Run both hosts; yield a client of them and what it sends."""
    recorder = Recorder()
    api, base_url = await _started("api", recorder)
    secure, secure_url = await _started("secure", recorder)

    async def no_sleep(_: float) -> None:
        return None

    client = AllaweeClient(KEY, base_url=base_url, secure_url=secure_url, sleep=no_sleep, **options)
    try:
        async with client:
            yield client, recorder
    finally:
        await api.cleanup()
        await secure.cleanup()


Step = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@attrs.define
class RawServer:
    """Plays one step for each request, then the last one again and again."""

    steps: tuple[Step, ...]
    url: str = ""
    requests: list[bytes] = attrs.field(factory=list)
    open_lines: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_lines += 1
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head)
                step = self.steps[min(len(self.requests), len(self.steps)) - 1]
                await step(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open_lines -= 1
            writer.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - what changes is seen in many places
                await asyncio.sleep(0.001)

    async def until_nobody_is_connected(self) -> None:
        await self.until(lambda: not self.open_lines)


@asynccontextmanager
async def raw_server(
    *steps: Step, **options: Any
) -> AsyncIterator[tuple[AllaweeClient, RawServer]]:
    """Run a server that plays steps; yield a client of it that never waits."""
    played = RawServer(steps)
    server = await asyncio.start_server(played.serve, "127.0.0.1", 0)
    played.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def no_sleep(_: float) -> None:
        return None

    options.setdefault("sleep", no_sleep)
    try:
        async with AllaweeClient(
            KEY, base_url=played.url, secure_url=played.url, **options
        ) as client:
            yield client, played
    finally:
        server.close()
        await played.until_nobody_is_connected()
        await server.wait_closed()


def answers(
    body: bytes,
    *,
    kind: str = "text/csv",
    status: str = "200 OK",
    length: int | None = None,
    headers: str = "",
    then: str = "",
) -> Step:
    """Return a step that answers; `length` is a Content-Length that may be a lie, then `then`."""

    async def step(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = len(body) if length is None else length
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {told}\r\n{headers}\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        if then == "close":
            writer.close()
        elif then == "reset":
            await asyncio.sleep(0.02)  # what was sent before gets there
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif then == "hang":
            await _.read()

    return step


async def closes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close the connection without an answer."""
    writer.close()


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Never answer."""
    await reader.read()
