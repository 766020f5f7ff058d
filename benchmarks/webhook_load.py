"""Many deliveries at the same moment, each on a connection of its own."""

import asyncio
from time import perf_counter
from typing import NamedTuple

from benchmarks.webhook_deliveries import Delivery

_PATIENCE = 30.0
_HEAD_END = b"\r\n\r\n"


class Answered(NamedTuple):
    """When the answer was there, in seconds after the first byte of the request; and what it is."""

    seconds: float
    body: bytes


async def deliver_at_once(port: int, path: str, sent: list[Delivery]) -> list[Answered]:
    """Open all connections, then send on all of them, and wait for all answers."""
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(_Client, "127.0.0.1", port))[1] for _ in range(len(sent))
    ]
    requests = [one.request(path) for one in sent]
    for client, request in zip(clients, requests, strict=True):
        client.send(request)
    async with asyncio.timeout(_PATIENCE):
        return [await client.answer for client in clients]


async def deliver_on_new_connections(port: int, path: str, sent: list[Delivery]) -> list[Answered]:
    """Connect and send, all at once; the time begins before the connection."""
    loop = asyncio.get_running_loop()

    async def one(request: bytes) -> Answered:
        _, client = await loop.create_connection(
            lambda: _Client(began=perf_counter()), "127.0.0.1", port
        )
        client.send(request)
        return await client.answer

    async with asyncio.timeout(_PATIENCE):
        return await asyncio.gather(*(one(delivery.request(path)) for delivery in sent))


class _Client(asyncio.Protocol):
    """One connection with one request: as little work as can be, not to be what is measured."""

    def __init__(self, began: float | None = None) -> None:
        self.answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._began = began
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self._began = self._began or perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_HEAD_END)
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if found and len(body) == int(length) and not self.answer.done():
            assert self._began is not None
            assert self._transport is not None
            self.answer.set_result(Answered(perf_counter() - self._began, body))
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc or ConnectionError("closed without an answer"))
