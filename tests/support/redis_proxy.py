"""A proxy in front of Redis that cuts connections at the worst moment."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ANSWER_LOST = "the server executes, and the client never hears of it"
NOT_SENT = "the connection breaks before the server hears of it"
SENT_LATE = "the connection of the client breaks, and the server hears of it later"


class RedisProxy:
    """Passes everything on until it sees a command, and then does what `trouble` says, once."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self.port = 0
        self.trouble: str | None = None
        self.command = b"EXEC\r\n"
        self.late: asyncio.Event = asyncio.Event()
        """Set it to send on what was held back."""
        self.was_late: asyncio.Event = asyncio.Event()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, outside = await asyncio.open_connection("127.0.0.1", self._server_port)
        back = asyncio.create_task(_copy(inside, writer))
        try:
            while data := await reader.read(65536):
                if self.command in data and self.trouble is not None:
                    trouble, self.trouble = self.trouble, None
                    await self._cut(trouble, data, back, writer, outside)
                    break
                outside.write(data)
        finally:
            back.cancel()
            for one in (writer, outside):
                one.close()

    async def _cut(
        self,
        trouble: str,
        data: bytes,
        back: asyncio.Task[None],
        writer: asyncio.StreamWriter,
        outside: asyncio.StreamWriter,
    ) -> None:
        back.cancel()
        if trouble == NOT_SENT:
            return
        if trouble == SENT_LATE:
            writer.close()
            await self.late.wait()
        outside.write(data)
        await outside.drain()
        await asyncio.sleep(0.05)  # the server reads it
        self.was_late.set()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def redis_proxy(server_port: int) -> AsyncIterator[RedisProxy]:
    """Run a proxy in front of a server."""
    proxy = RedisProxy(server_port)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(proxy.serve(reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
