"""Real servers on loopback ports: aiohttp's own, and uvicorn."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def aiohttp_server(app: web.Application, **options: Any) -> AsyncIterator[int]:
    """Serve an application by aiohttp, and yield the port."""
    runner = web.AppRunner(app, access_log=None, **options)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class Uvicorn(uvicorn.Server):
    """A server within the process."""

    @property
    def port(self) -> int:
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


@asynccontextmanager
async def uvicorn_server(app: Any, **options: Any) -> AsyncIterator[Uvicorn]:
    """Serve an application by uvicorn."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, **options)
    server = Uvicorn(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if serving.done():
                await serving
                raise RuntimeError("the application did not start")
            await asyncio.sleep(0.005)
        yield server
    finally:
        server.should_exit = True
        await serving
