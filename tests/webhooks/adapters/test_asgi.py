"""Webhooks in ASGI applications: as messages, and in uvicorn over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import time
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount, Route

from allawee_async.webhooks import Approve, Event, WebhookDispatcher
from allawee_async.webhooks.adapters import asgi as asgi_adapter
from allawee_async.webhooks.signature import HEADER
from tests.support.deliveries import KEY, signature_of
from tests.support.http_lines import LAST_CHUNK, Answer, chunk, connection, head
from tests.support.receiving import (
    APPROVE,
    CLOSED,
    DECLINE,
    REQUEST,
    SUCCESS,
    Arrivals,
    Seen,
    Stubborn,
    TroubledStore,
    event,
)
from tests.support.web_servers import uvicorn_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GENEROUS = 10.0
"""Seconds that a busy machine may take for what takes none."""


# As messages


class Exchange:
    """A server as an ASGI application sees it."""

    def __init__(self, *messages: dict[str, Any], method: str = "POST", **headers: str) -> None:
        self.left = list(messages)
        self.sent: list[dict[str, Any]] = []
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": "/hooks",
            "query_string": b"",
            "headers": [
                (name.lower().encode(), v.encode("latin-1")) for name, v in headers.items()
            ],
        }

    async def receive(self) -> dict[str, Any]:
        if not self.left:
            await asyncio.sleep(3600)
        return self.left.pop(0)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def run(self, webhooks: WebhookDispatcher) -> None:
        await webhooks.asgi(self.scope, self.receive, self.send)

    @property
    def answer(self) -> tuple[int, Any]:
        start, body = self.sent
        assert start["type"] == "http.response.start"
        assert body["type"] == "http.response.body"
        headers = dict(start["headers"])
        assert headers[b"content-type"] == b"application/json"
        assert headers[b"content-length"] == str(len(body["body"])).encode()
        return start["status"], json.loads(body["body"])


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


async def test_a_delivery_is_answered() -> None:
    webhooks = WebhookDispatcher(KEY)
    webhooks.on(REQUEST)(Seen(Approve()))
    body = event()
    exchange = Exchange(part(body), **{HEADER: signature_of(body)})

    await exchange.run(webhooks)

    assert exchange.answer == (200, APPROVE)


async def test_a_body_may_come_in_parts() -> None:
    body = event(CLOSED)
    parts = [part(body[:10], more=True), {"type": "http.request", "more_body": True}]
    exchange = Exchange(*parts, part(body[10:]), **{HEADER: signature_of(body)})

    await exchange.run(WebhookDispatcher(KEY))

    assert exchange.answer == (200, SUCCESS)


async def test_a_message_without_body_is_an_empty_body() -> None:
    exchange = Exchange({"type": "http.request"}, **{HEADER: signature_of(b"")})

    await exchange.run(WebhookDispatcher(KEY))

    assert exchange.answer == (400, {"error": "Invalid Event"})


@pytest.mark.parametrize("signature", [None, "", "0" * 128, "\xe9" * 128])
async def test_a_bad_signature_is_refused(signature: str | None) -> None:
    exchange = Exchange(part(event()), **({} if signature is None else {HEADER: signature}))

    await exchange.run(WebhookDispatcher(KEY))

    assert exchange.answer == (400, {"error": "Invalid Signature"})


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
async def test_other_methods_than_post_are_refused(method: str) -> None:
    exchange = Exchange(part(b""), method=method)

    await exchange.run(WebhookDispatcher(KEY))

    assert exchange.answer[0] == 405
    assert (b"allow", b"POST") in exchange.sent[0]["headers"]


async def test_a_body_over_the_limit_is_refused_as_soon_as_it_is() -> None:
    endless = [part(b"x" * 60, more=True) for _ in range(10)]
    exchange = Exchange(*endless)

    await exchange.run(WebhookDispatcher(KEY, max_body=100))

    assert exchange.answer == (413, {"error": "The body is too large"})
    assert len(exchange.left) == 8


async def test_a_body_of_just_the_limit_is_not() -> None:
    body = event(CLOSED)
    exchange = Exchange(part(body), **{HEADER: signature_of(body)})

    await exchange.run(WebhookDispatcher(KEY, max_body=len(body)))

    assert exchange.answer == (200, SUCCESS)


@pytest.mark.parametrize("way", ["gzip", "deflate"])
async def test_of_a_compressed_body_the_plain_bytes_are_what_is_signed(way: str) -> None:
    body = event(CLOSED)
    packed = gzip.compress(body) if way == "gzip" else zlib.compress(body)
    headers = {HEADER: signature_of(body), "Content-Encoding": way}
    exchange = Exchange(part(packed), **headers)

    await exchange.run(WebhookDispatcher(KEY))

    assert exchange.answer == (200, SUCCESS)


@pytest.mark.parametrize(
    ("packed", "status"),
    [
        (gzip.compress(b"{}")[:-4], 400),
        (b"{}", 400),
        (gzip.compress(bytes(2_000)), 413),
    ],
    ids=["cut off", "not compressed", "too long"],
)
async def test_a_compressed_body_that_is_none_or_too_long_is_refused(
    packed: bytes, status: int
) -> None:
    headers = {HEADER: signature_of(b"{}"), "Content-Encoding": "gzip"}
    exchange = Exchange(part(packed), **headers)

    await exchange.run(WebhookDispatcher(KEY, max_body=1_000))

    assert exchange.answer[0] == status


async def test_a_client_that_leaves_in_the_middle_gets_no_answer() -> None:
    webhooks = WebhookDispatcher(KEY)
    exchange = Exchange(part(b"{", more=True), GONE)

    await exchange.run(webhooks)

    assert exchange.sent == []
    assert webhooks.stats.received == 0


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asgi_adapter.BODY_PATIENCE == 30  # type: ignore[attr-defined]
    monkeypatch.setattr(asgi_adapter, "BODY_PATIENCE", 0.02)
    exchange = Exchange(part(b"{", more=True))

    await exchange.run(WebhookDispatcher(KEY))

    assert exchange.answer == (408, {"error": "The body took too long"})


async def test_a_websocket_is_closed() -> None:
    exchange = Exchange({"type": "websocket.connect"})
    exchange.scope["type"] = "websocket"

    await exchange.run(WebhookDispatcher(KEY))

    assert exchange.sent == [{"type": "websocket.close", "code": 1000}]


async def test_what_is_no_scope_of_asgi_is_an_error_of_the_server() -> None:
    exchange = Exchange()
    exchange.scope["type"] = "smoke-signal"

    with pytest.raises(ValueError, match="smoke-signal"):
        await exchange.run(WebhookDispatcher(KEY))


async def test_a_server_that_stops_closes_the_dispatcher() -> None:
    store = TroubledStore()
    exchange = Exchange({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    exchange.scope = {"type": "lifespan"}

    await exchange.run(WebhookDispatcher(KEY, store=store))

    assert [message["type"] for message in exchange.sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert store.calls == ["close"]


async def test_a_dispatcher_that_cannot_be_closed_tells_the_server() -> None:
    webhooks = WebhookDispatcher(KEY, store=TroubledStore(close=OSError("disk full")))
    exchange = Exchange({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    exchange.scope = {"type": "lifespan"}

    with pytest.raises(OSError, match="disk full"):
        await exchange.run(webhooks)

    assert exchange.sent[1] == {"type": "lifespan.shutdown.failed", "message": "disk full"}


async def test_a_handler_gets_the_request_of_starlette_with_its_body() -> None:
    webhooks = WebhookDispatcher(KEY)
    got: list[object] = []

    @webhooks.on(CLOSED)
    async def handle(event: Event, request: Request) -> None:
        got.extend([request.headers["x-tenant"], await request.body(), type(request)])

    body = event(CLOSED)
    exchange = Exchange(part(body), **{HEADER: signature_of(body), "X-Tenant": "t.1"})
    await exchange.run(webhooks)

    assert got == ["t.1", body, Request]


async def test_without_starlette_a_handler_gets_the_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "starlette.requests", None)
    asgi_adapter._starlette_request.cache_clear()
    webhooks = WebhookDispatcher(KEY)
    got: list[object] = []

    @webhooks.on(CLOSED)
    async def handle(event: Event, request: object) -> None:
        got.append(request)

    body = event(CLOSED)
    exchange = Exchange(part(body), **{HEADER: signature_of(body)})
    try:
        await exchange.run(webhooks)
    finally:
        asgi_adapter._starlette_request.cache_clear()

    assert got == [exchange.scope]


# In uvicorn


async def post(port: int, body: bytes, path: str = "/hooks/", **headers: str) -> Answer:
    """Send a delivery on a connection of its own."""
    fields = {HEADER: signature_of(body), "Content-Length": len(body), **headers}
    async with connection(port) as line:
        await line.send(head(path, **fields) + body)  # type: ignore[arg-type]
        return await line.answer()


def content(answer: Answer) -> tuple[int, object]:
    return answer.status, json.loads(answer.body)


async def test_it_can_be_the_whole_application() -> None:
    store = TroubledStore()
    webhooks = WebhookDispatcher(KEY, store=store)
    webhooks.on(REQUEST)(Seen(Approve()))

    async with uvicorn_server(webhooks.asgi) as server:
        assert content(await post(server.port, event())) == (200, APPROVE)
        assert "close" not in store.calls

    assert store.calls[-1] == "close"


def mounted(webhooks: WebhookDispatcher) -> FastAPI:
    """Return an application as the documentation shows it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with webhooks:
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/hooks", webhooks.asgi)
    return app


async def test_mounted_in_fastapi_it_takes_everything_below_its_path() -> None:
    webhooks = WebhookDispatcher(KEY)
    webhooks.on(REQUEST)(Seen(Approve()))

    async with uvicorn_server(mounted(webhooks)) as server:
        assert content(await post(server.port, event())) == (200, APPROVE)
        assert content(await post(server.port, event(), "/hooks/live")) == (200, APPROVE)
        assert (await post(server.port, event(), "/other")).status == 404


async def test_mounted_alone_it_does_not_take_its_path_without_the_slash() -> None:
    """Starlette answers with a redirect, which would lose the delivery. See `Route` below."""
    webhooks = WebhookDispatcher(KEY)

    async with uvicorn_server(mounted(webhooks)) as server:
        answer = await post(server.port, event(), "/hooks")

    assert answer.status == 307
    assert answer.headers["location"].endswith("/hooks/")
    assert webhooks.stats.received == 0


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
async def test_with_a_route_too_it_takes_its_path_with_and_without_the_slash(kind: Any) -> None:
    webhooks = WebhookDispatcher(KEY)
    webhooks.on(REQUEST)(Seen(Approve()))
    app = kind()
    app.routes.append(Route("/hooks", webhooks.asgi))
    app.mount("/hooks", webhooks.asgi)

    async with uvicorn_server(app) as server, connection(server.port) as line:
        for path in ("/hooks", "/hooks/"):
            assert content(await post(server.port, event(), path)) == (200, APPROVE)
            await line.send(head(path, method="GET"))
            assert (await line.answer()).status == 405

    assert webhooks.stats.handled == 2


async def test_routes_of_starlette_take_it_as_well() -> None:
    webhooks = WebhookDispatcher(KEY)
    routes = [Route("/hooks", webhooks.asgi), Mount("/all", webhooks.asgi)]

    async with uvicorn_server(Starlette(routes=routes)) as server:
        assert (await post(server.port, event(CLOSED), "/hooks")).status == 200
        assert (await post(server.port, event(CLOSED), "/all/of/it")).status == 200


async def test_a_body_in_chunks_is_read_whole() -> None:
    webhooks = WebhookDispatcher(KEY)
    webhooks.on(REQUEST)(Seen(Approve()))
    body = event()

    async with uvicorn_server(mounted(webhooks)) as server, connection(server.port) as line:
        await line.send(
            head("/hooks/", **{HEADER: signature_of(body), "Transfer-Encoding": "chunked"})
        )
        for at in range(0, len(body), 50):
            await line.send(chunk(body[at : at + 50]))
        await line.send(LAST_CHUNK)

        assert content(await line.answer()) == (200, APPROVE)


async def test_a_body_over_the_limit_is_refused_before_it_has_come() -> None:
    webhooks = WebhookDispatcher(KEY, max_body=1_000)

    async with uvicorn_server(mounted(webhooks)) as server:
        async with connection(server.port) as line:
            await line.send(head("/hooks/", Content_Length=1_000_000) + b"x" * 2_000)
            assert (await line.answer()).status == 413
        assert (await post(server.port, event(CLOSED))).status == 200


async def test_the_time_to_decide_begins_before_the_body_has_come() -> None:
    arrivals = Arrivals()
    webhooks = WebhookDispatcher(KEY, request_deadline=0.5, margin=0.2, on_incident=arrivals)
    stubborn = webhooks.on(REQUEST)(Stubborn())
    body = event()

    async with uvicorn_server(mounted(webhooks)) as server, connection(server.port) as line:
        await line.send(
            head("/hooks/", **{HEADER: signature_of(body), "Content-Length": len(body)})  # type: ignore[arg-type]
        )
        await asyncio.sleep(0.2)
        body_sent = asyncio.get_running_loop().time()
        await line.send(body)
        assert content(await line.answer()) == (200, DECLINE)
        stubborn.may_end.set()

    assert arrivals[0] < body_sent


async def test_a_client_that_leaves_in_the_middle_of_the_body_harms_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    webhooks = WebhookDispatcher(KEY)
    body = event(CLOSED)

    async with uvicorn_server(mounted(webhooks)) as server:
        async with connection(server.port) as line:
            fields = {HEADER: signature_of(body), "Content-Length": len(body)}
            await line.send(head("/hooks/", **fields) + body[:20])  # type: ignore[arg-type]
            await asyncio.sleep(0.05)
        assert (await post(server.port, body)).status == 200

    assert webhooks.stats.received == 1
    assert [record for record in caplog.records if record.levelname != "INFO"] == []


async def test_200_hanging_handlers_at_once_all_get_the_default() -> None:
    webhooks = WebhookDispatcher(KEY, request_deadline=0.3, update_deadline=0.3, margin=0.1)
    stubborn = webhooks.on(REQUEST)(Stubborn())

    async with uvicorn_server(mounted(webhooks)) as server:
        began = time.monotonic()
        answers = await asyncio.gather(*(post(server.port, event()) for _ in range(200)))
        seconds = time.monotonic() - began
        stubborn.may_end.set()

    assert {answer.body for answer in answers} == {b'{"action":"decline"}'}
    assert webhooks.stats.defaults_sent == 200
    assert seconds < GENEROUS


async def test_when_the_server_stops_a_request_in_flight_gets_its_answer() -> None:
    webhooks = WebhookDispatcher(KEY)
    started = asyncio.Event()

    @webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        started.set()
        await asyncio.sleep(0.3)
        return Approve()

    async with uvicorn_server(mounted(webhooks)) as server:
        port = server.port
        in_flight = asyncio.create_task(post(port, event()))
        await started.wait()

    assert content(await in_flight) == (200, APPROVE)
    with pytest.raises(ConnectionRefusedError):
        await post(port, event())


async def test_when_the_server_does_not_wait_the_event_can_be_handled_elsewhere() -> None:
    webhooks = WebhookDispatcher(KEY)
    started = asyncio.Event()
    seen: list[str] = []

    @webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        seen.append("started")
        started.set()
        await asyncio.sleep(0 if len(seen) > 1 else 60)
        seen.append("done")

    body = event(CLOSED)
    async with uvicorn_server(mounted(webhooks), timeout_graceful_shutdown=0.2) as server:
        in_flight = asyncio.create_task(post(server.port, body))
        await started.wait()

    assert (await in_flight).status == 500
    async with uvicorn_server(mounted(webhooks)) as server:
        assert content(await post(server.port, body)) == (200, SUCCESS)
    assert seen == ["started", "started", "done"]
