"""An application that has webhooks, as far as the sandbox can tell."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable


class Receiver:
    """Keeps what arrives, and answers what it is told to, then 200."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.answer: Callable[[], web.Response] = lambda: web.json_response({"code": "success"})
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        self.hold: asyncio.Event | None = None
        self.url = ""
        self.arrived = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.signatures.append(request.headers["Allawee-Signature"])
        self.arrived.set()
        if self.hold is not None:
            await self.hold.wait()
        return self.answers.pop(0) if self.answers else self.answer()

    def names(self) -> list[str]:
        """Return the names of the events, in the order in which they arrived."""
        return [json.loads(body)["event"] for body in self.bodies]

    def data(self) -> list[Any]:
        return [json.loads(body)["data"] for body in self.bodies]
