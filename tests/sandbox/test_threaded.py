"""A sandbox in a thread of its own, as the fixtures of the pytest plugin start it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestServer

from allawee_async.sandbox.server import running_in_a_thread

if TYPE_CHECKING:
    from aiohttp.web import Request, Response


async def test_events_are_delivered_to_a_server_in_another_loop() -> None:
    got: list[str] = []

    async def take(request: Request) -> Response:
        got.append((await request.json())["event"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/events", take)
    async with TestServer(app) as server:
        with running_in_a_thread() as sandbox:
            sandbox.add_webhook(str(server.make_url("/events")))
            sandbox.state.emit("card.transaction.created", {"id": "c.txn.1"})
            await sandbox.deliver()

    assert got == ["card.transaction.created"]
