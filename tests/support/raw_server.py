"""A scripted HTTP server on a loopback port that sends exactly the bytes it is told to."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import attrs

ABORT_ON_CLOSE = struct.pack("ii", 1, 0)


@attrs.frozen
class RawRequest:
    """What arrived: the target as it stood in the request line, header names in lower case."""

    connection: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """One connection, as a step of the script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(
        self,
        body: object = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        """Send a whole answer; `length` is the Content-Length if it is to be a lie."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content) if length is None else length),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        await self.send(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + content)

    async def chunks(self, *parts: bytes, headers: str = "", end: bool = True) -> None:
        """Send an answer in chunks."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}"
        await self.send(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for part in parts:
            await self.send(b"%x\r\n%b\r\n" % (len(part), part))
        if end:
            await self.send(b"0\r\n\r\n")

    async def hang(self) -> None:
        """Wait until the client has gone away."""
        await self.reader.read()

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT_ON_CLOSE)
        self.writer.transport.abort()


Step = Callable[[Line, RawRequest], Awaitable[None]]


def answers(body: object = b"", **options: Any) -> Step:
    """Return a step that sends a whole answer."""

    async def step(line: Line, _: RawRequest) -> None:
        await line.answer(body, **options)

    return step


def sends(data: bytes) -> Step:
    """Return a step that sends bytes and closes the connection."""

    async def step(line: Line, _: RawRequest) -> None:
        await line.send(data)
        line.close()

    return step


async def hangs(line: Line, _: RawRequest) -> None:
    """Never answer."""
    await line.hang()


async def resets(line: Line, _: RawRequest) -> None:
    """Reset the connection after the request was read."""
    line.reset()


async def closes(line: Line, _: RawRequest) -> None:
    """Close the connection in good order, without an answer."""
    line.close()


def page_of(*ids: str, has_more: bool = False, **metadata: object) -> dict[str, object]:
    """Return a list answer with minimal customers."""
    return {
        "code": "success",
        "data": [customer(each) for each in ids],
        "metadata": {"hasMore": has_more, **metadata},
    }


def one(customer_id: str = "cus.1", **fields: object) -> dict[str, object]:
    """Return the answer that holds one minimal customer."""
    return {"code": "success", "data": customer(customer_id, **fields)}


def customer(customer_id: str, **fields: object) -> dict[str, object]:
    """Return a minimal customer in wire names."""
    return {
        "id": customer_id,
        "name": f"Name of {customer_id}",
        "type": "individual",
        "status": "active",
        "createdAt": "2023-03-14T23:21:12.882Z",
        "updatedAt": "2023-03-14T23:21:12.882Z",
        "object": "customer",
        **fields,
    }


class RawServer:
    """Plays one step for each request; the last step is repeated.

    Args:
        steps: What to do with each request.
        resets_at_once: How many connections are reset before anything is read from them.
    """

    def __init__(self, *steps: Step, resets_at_once: int = 0) -> None:
        self._steps = steps or (answers(one()),)
        self._resets_at_once = resets_at_once
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None], Line] = {}
        self.requests: list[RawRequest] = []
        self.connections = 0
        self.most_open = 0

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return len(self._lines)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        tasks = list(self._lines)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def until(self, condition: Callable[[RawServer], bool]) -> None:
        """Wait until a condition holds; fail after two seconds."""
        async with asyncio.timeout(2):
            while not condition(self):  # noqa: ASYNC110 - what changes is seen in many places
                await asyncio.sleep(0.001)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections += 1
        number, line = self.connections, Line(reader, writer)
        self._lines[task] = line
        self.most_open = max(self.most_open, self.open)
        try:
            if number <= self._resets_at_once:
                line.reset()
            while not writer.is_closing():
                request = await _read_request(number, reader)
                if request is None:
                    break
                self.requests.append(request)
                step = self._steps[min(len(self.requests), len(self._steps)) - 1]
                await step(line, request)
        except ConnectionError:
            pass  # the client has gone away
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()
            del self._lines[task]


async def _read_request(number: int, reader: asyncio.StreamReader) -> RawRequest | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.splitlines()
    method, target, _ = first.split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
        if name
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return RawRequest(number, method, target, headers, body)


def unused_port() -> int:
    """Return a loopback port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def no_tasks_but(before: set[asyncio.Task[Any]]) -> None:
    """Hold that nothing runs that did not run before, but for servers."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() - before if "_serve" not in repr(task)} == set()
