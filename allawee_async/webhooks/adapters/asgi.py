"""Webhooks in any ASGI application: from a scope and its messages to an answer."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import TypeAlias, cast

from allawee_async.webhooks import responses
from allawee_async.webhooks.delivery.timing import BODY_PATIENCE
from allawee_async.webhooks.responses import Receiver, WebhookReply
from allawee_async.webhooks.signature import HEADER

Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class _TooLarge(Exception):  # noqa: N818 - an answer, not an error
    """The body is longer than it may be."""


class AsgiApp:
    """An ASGI application that answers deliveries, whatever the path.

    It is an object and no function, so that a `Route` of Starlette takes it for an application.
    """

    def __init__(self, webhooks: Receiver) -> None:
        self._webhooks = webhooks

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or follow the life of the server."""
        match scope["type"]:
            case "http":
                reply = await self._answer(scope, receive)
                if reply is not None:
                    await _send(reply, send)
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1000})
            case other:
                raise ValueError(f"no ASGI scope that is known here: {other}")

    async def _answer(self, scope: Message, receive: Receive) -> WebhookReply | None:
        """Return the answer to a request; None if nobody waits for it any more."""
        webhooks = self._webhooks
        arrived = webhooks.arrival()
        if scope["method"] != "POST":
            return responses.NOT_POST
        headers = cast("list[tuple[bytes, bytes]]", scope["headers"])
        try:
            async with asyncio.timeout_at(arrived + BODY_PATIENCE):
                body = await _read(receive, webhooks.max_body)
            if body is None:
                return None
            if _header(headers, b"content-encoding").lower() in {b"gzip", b"deflate"}:
                body = _plain(body, webhooks.max_body)
        except TimeoutError:
            return responses.TOO_SLOW
        except _TooLarge:
            return responses.TOO_LARGE
        except zlib.error:
            return responses.UNREADABLE
        signature = _header(headers, HEADER.lower().encode()) or None
        request = _request(scope, body)
        return await webhooks.dispatch(body, signature, received_at=arrived, request=request)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Close the dispatcher when the server stops, if it serves this application alone."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        try:
            await self._webhooks.close()
        except Exception as error:
            await send({"type": "lifespan.shutdown.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.shutdown.complete"})


async def _read(receive: Receive, max_body: int) -> bytes | None:
    """Return the body; None if the client has disconnected."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += cast("bytes", message.get("body", b""))
        if len(body) > max_body:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(body)


def _plain(body: bytes, max_body: int) -> bytes:
    """Return what was compressed, as aiohttp's server does: that is what is signed.

    Raises:
        zlib.error: It is damaged, or cut off.
    """
    reader = zlib.decompressobj(32 + zlib.MAX_WBITS)  # gzip or zlib
    plain = reader.decompress(body, max_body + 1)
    if len(plain) > max_body:
        raise _TooLarge
    if not reader.eof:
        raise zlib.error("cut off")
    return plain


def _header(headers: list[tuple[bytes, bytes]], name: bytes) -> bytes:
    return next((value for key, value in headers if key.lower() == name), b"")


async def _send(reply: WebhookReply, send: Send) -> None:
    fields = {"Content-Type": reply.content_type, **reply.headers}
    headers = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _request(scope: Message, body: bytes) -> object:
    """Return what handlers get as the request: one of Starlette's, which still has the body."""
    make = _starlette_request()
    if make is None:
        return scope
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return left.pop() if left else {"type": "http.disconnect"}

    return make(scope, receive)


@cache
def _starlette_request() -> Callable[[Message, Receive], object] | None:
    try:
        from starlette.requests import Request  # noqa: PLC0415 - it may not be installed
    except ImportError:
        return None
    return Request
