"""Webhooks in aiohttp's own server, over real sockets."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from allawee_async.webhooks import Approve, Event, WebhookDispatcher
from allawee_async.webhooks.adapters import aiohttp as aiohttp_adapter
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
    event,
)
from tests.support.web_servers import aiohttp_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GENEROUS = 10.0
"""Seconds that a busy machine may take for what takes none."""


@asynccontextmanager
async def serving(webhooks: WebhookDispatcher, **options: Any) -> AsyncIterator[int]:
    """Serve a dispatcher as an application does, and yield the port."""

    async def live(app: web.Application) -> AsyncIterator[None]:
        async with webhooks:
            yield

    app = web.Application(**options)
    app.router.add_post("/hooks", webhooks.aiohttp_handler)
    app.router.add_route("*", "/any", webhooks.aiohttp_handler)
    app.cleanup_ctx.append(live)
    # aiohttp would read on for 10 s what a client may still send after its answer
    async with aiohttp_server(app, lingering_time=0) as port:
        yield port


async def post(port: int, body: bytes, **headers: str) -> Answer:
    """Send a delivery on a connection of its own."""
    fields = {HEADER: signature_of(body), "Content-Length": len(body), **headers}
    async with connection(port) as line:
        await line.send(head("/hooks", **fields) + body)  # type: ignore[arg-type]
        return await line.answer()


def content(answer: Answer) -> tuple[int, object]:
    assert answer.headers["content-type"] == "application/json"
    return answer.status, json.loads(answer.body)


async def test_a_decision_goes_over_the_wire() -> None:
    webhooks = WebhookDispatcher(KEY)
    webhooks.on(REQUEST)(Seen(Approve()))

    async with serving(webhooks) as port:
        assert content(await post(port, event())) == (200, APPROVE)
        assert content(await post(port, event(CLOSED))) == (200, SUCCESS)


@pytest.mark.parametrize("name", [HEADER.upper(), HEADER.lower()])
async def test_the_name_of_the_header_may_be_in_any_case(name: str) -> None:
    async with serving(WebhookDispatcher(KEY)) as port, connection(port) as line:
        body = event(CLOSED)
        fields = {name: signature_of(body), "Content-Length": len(body)}
        await line.send(head("/hooks", **fields) + body)  # type: ignore[arg-type]

        assert (await line.answer()).status == 200


@pytest.mark.parametrize("signature", ["0" * 128, "\u00e9", ""])
async def test_a_bad_signature_is_refused(signature: str) -> None:
    async with serving(WebhookDispatcher(KEY)) as port:
        answer = await post(port, event(), **{HEADER: signature})

    assert content(answer) == (400, {"error": "Invalid Signature"})


async def test_without_a_signature_it_is_refused() -> None:
    async with serving(WebhookDispatcher(KEY)) as port, connection(port) as line:
        await line.send(head("/hooks", Content_Length=2) + b"{}")

        assert content(await line.answer()) == (400, {"error": "Invalid Signature"})


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_other_methods_than_post_are_refused(method: str) -> None:
    webhooks = WebhookDispatcher(KEY)
    seen = webhooks.on("*")(Seen(None))

    async with serving(webhooks) as port, aiohttp.ClientSession() as session:
        body = event(CLOSED)
        async with session.request(
            method,
            f"http://127.0.0.1:{port}/any",
            data=None if method in ("GET", "HEAD") else body,
            headers={HEADER: signature_of(body)},
        ) as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")

    assert seen == []


async def test_a_handler_gets_the_request_of_aiohttp_with_its_body() -> None:
    webhooks = WebhookDispatcher(KEY)
    got: list[object] = []

    @webhooks.on(CLOSED)
    async def handle(event: Event, request: web.Request) -> None:
        got.extend([request.path, request.headers["X-Tenant"], await request.read()])

    body = event(CLOSED)
    async with serving(webhooks) as port:
        await post(port, body, **{"X-Tenant": "t.1"})

    assert got == ["/hooks", "t.1", body]


async def test_a_handler_finds_the_application_and_what_a_middleware_left() -> None:
    webhooks = WebhookDispatcher(KEY)
    name, user = web.AppKey("name", str), web.RequestKey("user", str)
    got: list[str] = []

    @webhooks.on(CLOSED)
    async def handle(event: Event, request: web.Request) -> None:
        got.extend([request.app[name], request[user]])

    @web.middleware
    async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
        request[user] = "allawee"
        response: web.StreamResponse = await handler(request)
        return response

    app = web.Application(middlewares=[middleware])
    app[name] = "bank"
    app.router.add_post("/hooks", webhooks.aiohttp_handler)
    async with aiohttp_server(app) as port:
        assert (await post(port, event(CLOSED))).status == 200

    assert got == ["bank", "allawee"]


async def test_a_middleware_may_have_read_the_body() -> None:
    webhooks = WebhookDispatcher(KEY, max_body=500)
    webhooks.on(REQUEST)(Seen(Approve()))

    @web.middleware
    async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
        await request.read()
        response: web.StreamResponse = await handler(request)
        return response

    async with serving(webhooks, middlewares=[middleware]) as port:
        assert content(await post(port, event())) == (200, APPROVE)
        assert (await post(port, event(padding="x" * 500))).status == 413


# Bodies


async def test_a_body_in_chunks_is_read_whole() -> None:
    webhooks = WebhookDispatcher(KEY)
    webhooks.on(REQUEST)(Seen(Approve()))
    body = event()

    async with serving(webhooks) as port, connection(port) as line:
        await line.send(
            head("/hooks", **{HEADER: signature_of(body), "Transfer-Encoding": "chunked"})
        )
        for at in range(0, len(body), 50):
            await line.send(chunk(body[at : at + 50]))
        await line.send(LAST_CHUNK)

        assert content(await line.answer()) == (200, APPROVE)


@pytest.mark.parametrize("of_application", [10, 10_000_000])
async def test_our_limit_for_bodies_counts_and_not_the_applications(of_application: int) -> None:
    webhooks = WebhookDispatcher(KEY, max_body=1_000)
    seen = webhooks.on("*")(Seen(None))
    fits, too_long = event(CLOSED, padding="x" * 500), event(CLOSED, padding="x" * 1_000)

    async with serving(webhooks, client_max_size=of_application) as port:
        assert (await post(port, fits)).status == 200
        assert content(await post(port, too_long)) == (413, {"error": "The body is too large"})

    assert len(seen) == 1


async def test_a_body_in_chunks_that_does_not_end_is_refused_at_the_limit() -> None:
    async with (
        serving(WebhookDispatcher(KEY, max_body=1_000)) as port,
        connection(port) as line,
    ):
        await line.send(
            head("/hooks", **{HEADER: "0" * 128, "Transfer-Encoding": "chunked"})
            + chunk(b"x" * 2_000)
        )

        assert (await line.answer()).status == 413


async def test_the_time_to_decide_begins_before_the_body_has_come() -> None:
    arrivals = Arrivals()
    webhooks = WebhookDispatcher(KEY, request_deadline=0.5, margin=0.2, on_incident=arrivals)
    stubborn = webhooks.on(REQUEST)(Stubborn())
    body = event()

    async with serving(webhooks) as port, connection(port) as line:
        await line.send(head("/hooks", **{HEADER: signature_of(body), "Content-Length": len(body)}))  # type: ignore[arg-type]
        await asyncio.sleep(0.2)
        body_sent = asyncio.get_running_loop().time()
        await line.send(body)
        assert content(await line.answer()) == (200, DECLINE)
        stubborn.may_end.set()

    assert arrivals[0] < body_sent


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert aiohttp_adapter.BODY_PATIENCE == 30  # type: ignore[attr-defined]
    monkeypatch.setattr(aiohttp_adapter, "BODY_PATIENCE", 0.1)
    async with serving(WebhookDispatcher(KEY)) as port, connection(port) as line:
        await line.send(head("/hooks", Content_Length=100) + b"{")

        assert content(await line.answer()) == (408, {"error": "The body took too long"})


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_client_that_leaves_in_the_middle_of_the_body_harms_nothing(
    is_chunked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    webhooks = WebhookDispatcher(KEY)
    seen = webhooks.on("*")(Seen(None))
    body = event(CLOSED)
    length = {"Transfer-Encoding": "chunked"} if is_chunked else {"Content-Length": len(body)}

    async with serving(webhooks) as port:
        async with connection(port) as line:
            part = chunk(body[:20]) if is_chunked else body[:20]
            await line.send(head("/hooks", **{HEADER: signature_of(body)}, **length) + part)
            await asyncio.sleep(0.05)
        assert (await post(port, body)).status == 200

    assert len(seen) == 1
    assert webhooks.stats.received == 1
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_body_that_is_cut_up_wrongly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiohttp tells the handler nothing of it, so the time for the body has to run out."""
    monkeypatch.setattr(aiohttp_adapter, "BODY_PATIENCE", 0.1)
    webhooks = WebhookDispatcher(KEY)

    async with serving(webhooks) as port:
        async with connection(port) as line:
            await line.send(head("/hooks", Transfer_Encoding="chunked"))
            await asyncio.sleep(0.02)
            await line.send(b"zz\r\nnot a chunk\r\n")
            assert (await line.answer()).status in (400, 408)
        assert (await post(port, event(CLOSED))).status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_body_that_is_not_compressed_as_it_says_is_refused(coding: str) -> None:
    async with serving(WebhookDispatcher(KEY)) as port:
        answer = await post(port, b"not compressed", **{"Content-Encoding": coding})

    assert content(answer) == (400, {"error": "The body cannot be read"})


async def test_a_client_that_leaves_before_the_answer_does_not_stop_the_handler() -> None:
    """The event is done all the same; when it is sent again, it gets its answer."""
    webhooks = WebhookDispatcher(KEY)
    started, done = asyncio.Event(), asyncio.Event()

    @webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        started.set()
        await asyncio.sleep(0.1)
        done.set()

    body = event(CLOSED)
    async with serving(webhooks) as port:
        async with connection(port) as line:
            fields = {HEADER: signature_of(body), "Content-Length": len(body)}
            await line.send(head("/hooks", **fields) + body)  # type: ignore[arg-type]
            await started.wait()
        await asyncio.wait_for(done.wait(), 5)
        assert content(await post(port, body)) == (200, SUCCESS)

    assert webhooks.stats.repeats == 1


# Time, load, and the end


async def test_time_counts_for_which_a_new_connection_waits_for_a_blocked_loop() -> None:
    """It waits in the kernel meanwhile; nothing tells the server when it came."""
    arrivals = Arrivals()
    webhooks = WebhookDispatcher(KEY, request_deadline=0.8, margin=0.2, on_incident=arrivals)
    stubborn = webhooks.on(REQUEST)(Stubborn())
    may_send, sent = threading.Event(), threading.Event()

    async with serving(webhooks) as port:
        await post(port, event(CLOSED))  # from the first request on, the clock is looked at
        thread = asyncio.create_task(asyncio.to_thread(_post, port, event(), may_send, sent))
        await asyncio.sleep(0.01)
        blocked = asyncio.get_running_loop().time()
        may_send.set()
        sent.wait(10)
        time.sleep(0.3)  # noqa: ASYNC251 - it is what the test is about
        assert json.loads(await thread) == DECLINE
        stubborn.may_end.set()

    assert arrivals[0] < blocked + 0.1


def _post(port: int, body: bytes, may_send: threading.Event, sent: threading.Event) -> bytes:
    """Send a delivery from a thread, which a blocked loop does not hold up."""
    may_send.wait(10)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("POST", "/hooks", body, {HEADER: signature_of(body)})
    sent.set()
    answer = line.getresponse().read()
    line.close()
    return answer


async def test_500_decisions_at_once_all_go_out() -> None:
    webhooks = WebhookDispatcher(KEY, request_deadline=GENEROUS)

    @webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        await asyncio.sleep(0.05)
        return Approve()

    connector = aiohttp.TCPConnector(limit=0)
    async with serving(webhooks) as port, aiohttp.ClientSession(connector=connector) as session:

        async def one() -> bytes:
            body = event()
            url, headers = f"http://127.0.0.1:{port}/hooks", {HEADER: signature_of(body)}
            async with session.post(url, data=body, headers=headers) as response:
                return await response.read()

        bodies = await asyncio.gather(*(one() for _ in range(500)))

    assert (webhooks.stats.received, webhooks.stats.handled) == (500, 500)
    assert set(bodies) == {b'{"action":"approve"}'}


async def test_200_hanging_handlers_at_once_all_get_the_default() -> None:
    webhooks = WebhookDispatcher(KEY, request_deadline=0.3, update_deadline=0.3, margin=0.1)
    stubborn = webhooks.on(REQUEST)(Stubborn())

    async with serving(webhooks) as port:
        began = time.monotonic()
        answers = await asyncio.gather(*(post(port, event()) for _ in range(200)))
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
        await asyncio.sleep(0.2)
        return Approve()

    app = web.Application()
    app.router.add_post("/hooks", webhooks.aiohttp_handler)
    async with aiohttp_server(app) as port:
        in_flight = asyncio.create_task(post(port, event()))
        await started.wait()

    assert content(await in_flight) == (200, APPROVE)
    with pytest.raises(ConnectionRefusedError):
        await post(port, event())
    await webhooks.close()


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
    app = web.Application()
    app.router.add_post("/hooks", webhooks.aiohttp_handler)
    async with aiohttp_server(app, shutdown_timeout=0.05) as port:
        in_flight = asyncio.create_task(post(port, body))
        await started.wait()

    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await in_flight
    assert seen == ["started"]
    async with serving(webhooks) as port:
        assert content(await post(port, body)) == (200, SUCCESS)
    assert seen == ["started", "started", "done"]
