"""One attempt is one request, and bytes that nobody asked for are nobody's answer."""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from allawee_async import AllaweeClient, AllaweeError, DecodeError, RetryPolicy, TransportError
from tests.support.raw_server import (
    Line,
    RawRequest,
    RawServer,
    answers,
    closes,
    customer,
    one,
    resets,
)
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

KEY = "sk.test.canary"
ONCE = RetryPolicy(attempts=1)
READS = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")

FOREIGN = b'{"code": "success", "data": {"id": "pay.foreign", "reference": "foreign"}}'
SURPLUS = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(FOREIGN) + FOREIGN


@pytest.fixture(params=["own", "borrowed"])
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., AllaweeClient]]:
    """Make clients, with a session of their own or with the caller's."""
    made: list[AllaweeClient] = []
    async with aiohttp.ClientSession() as session:

        def client(server: RawServer, **options: Any) -> AllaweeClient:
            if request.param == "borrowed":
                options["session"] = session
            made.append(AllaweeClient(KEY, base_url=server.url, retry=ONCE, **options))
            return made[-1]

        yield client
        for each in made:
            await each.close()


# One attempt, one request


@for_each("failure", [resets, closes])
@for_each("method", READS)
async def test_one_attempt_is_one_request(
    method: str,
    failure: Callable[[Line, RawRequest], Awaitable[None]],
    connect: Callable[..., AllaweeClient],
) -> None:
    async with RawServer(failure) as server:
        allawee = connect(server)
        with pytest.raises(TransportError) as caught:
            await allawee.request(method, "/a")

    assert [request.method for request in server.requests] == [method]
    assert len(caught.value.attempts) == 1


@for_each("method", READS)
async def test_nor_is_there_another_one_over_a_connection_that_was_used_before(
    method: str, connect: Callable[..., AllaweeClient]
) -> None:
    async with RawServer(answers(b"{}"), resets) as server:
        allawee = connect(server)
        await allawee.request("GET", "/a")
        with pytest.raises(TransportError):
            await allawee.request(method, "/a")

    assert len(server.requests) == 2


@pytest.mark.parametrize("attempts", [1, 2, 5])
async def test_the_policy_counts_every_request_that_the_server_sees(attempts: int) -> None:
    policy = RetryPolicy(attempts=attempts, base_delay=0)
    async with (
        RawServer(resets) as server,
        AllaweeClient(KEY, base_url=server.url, retry=policy) as allawee,
    ):
        with pytest.raises(TransportError) as caught:
            await allawee.customers.get("cus.1")

    assert len(server.requests) == len(caught.value.attempts) == attempts


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_kept_connection_that_was_closed_meanwhile_costs_no_attempt(
    method: str, connect: Callable[..., AllaweeClient]
) -> None:
    """Its end has arrived, though no task has had the time to notice it."""

    async def answers_and_closes(line: Line, _: RawRequest) -> None:
        await line.answer(b"{}")
        line.close()

    async with RawServer(answers_and_closes) as server:
        allawee = connect(server)
        for _ in range(5):
            reply = await allawee.request(method, "/a")
            assert len(reply.attempts) == 1

    assert len(server.requests) == server.connections == 5


# Bytes that nobody asked for


def sends_later(data: bytes) -> Callable[[Line, RawRequest], Awaitable[None]]:
    """Answer the first request; then, when the answer has long been read, say something more."""

    async def step(line: Line, _: RawRequest) -> None:
        await line.answer(one())
        await asyncio.sleep(0.02)
        await line.send(data)

    return step


def sends_at_once(data: bytes) -> Callable[[Line, RawRequest], Awaitable[None]]:
    """Say more than the answer in the same breath."""

    async def step(line: Line, _: RawRequest) -> None:
        body = b'{"code": "success", "data": {}}'
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        await line.send(head + body + data)

    return step


def chunks_and(data: bytes) -> Callable[[Line, RawRequest], Awaitable[None]]:
    """Say more than an answer in chunks, in the same breath."""

    async def step(line: Line, _: RawRequest) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        await line.send(head + b"2\r\n{}\r\n0\r\n\r\n" + data)

    return step


def drips_chunks_and(data: bytes) -> Callable[[Line, RawRequest], Awaitable[None]]:
    """Say more than an answer in chunks, with the last of them."""

    async def step(line: Line, _: RawRequest) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
        await asyncio.sleep(0.01)
        await line.send(b"1\r\n}\r\n0\r\n\r\n" + data)

    return step


def drips_and(data: bytes) -> Callable[[Line, RawRequest], Awaitable[None]]:
    """Say more than an answer that comes in two parts, with the second of them."""

    async def step(line: Line, _: RawRequest) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{")
        await asyncio.sleep(0.01)
        await line.send(b"}" + data)

    return step


UNASKED = {
    "an answer": SURPLUS,
    "two answers": SURPLUS * 2,
    "the beginning of an answer": SURPLUS[:20],
    "the head of an answer": SURPLUS[: SURPLUS.index(b"{")],
    "a body": FOREIGN,
    "a line end": b"\r\n",
    "a timeout": b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("speaks", [sends_later, sends_at_once])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_nobody_asked_for_is_nobodys_answer(
    method: str,
    speaks: Callable[[bytes], Callable[[Line, RawRequest], Awaitable[None]]],
    connect: Callable[..., AllaweeClient],
) -> None:
    async def answer_after(data: bytes) -> tuple[object, int, list[str], int]:
        mine = answers({"code": "success", "data": {"mine": 1}})
        async with RawServer(speaks(data), mine) as server:
            allawee = connect(server)
            await allawee.request("GET", "/first")
            await asyncio.sleep(0.05)
            reply = await allawee.request(method, "/second")
            paths = [request.path for request in server.requests]
            return reply.data, len(reply.attempts), paths, server.connections

    found = await asyncio.gather(*map(answer_after, UNASKED.values()))

    right = ({"mine": 1}, 1, ["/first", "/second"], 2)
    assert dict(zip(UNASKED, found, strict=True)) == dict.fromkeys(UNASKED, right)


@pytest.mark.parametrize(
    "step",
    [chunks_and(SURPLUS), drips_chunks_and(SURPLUS), drips_and(SURPLUS), drips_and(FOREIGN)],
)
async def test_however_the_answer_comes(
    step: Callable[[Line, RawRequest], Awaitable[None]],
) -> None:
    async with (
        RawServer(step, answers({"code": "success", "data": {"mine": 1}})) as server,
        AllaweeClient(KEY, base_url=server.url, retry=ONCE) as allawee,
    ):
        assert (await allawee.request("POST", "/first")).data == {}
        assert (await allawee.request("POST", "/second")).data == {"mine": 1}
        assert [each.connection for each in server.requests] == [1, 2]


async def test_what_has_arrived_and_was_not_read_yet_counts_as_well(
    connect: Callable[..., AllaweeClient],
) -> None:
    """The loop is busy while the bytes arrive, and has not seen them when the next call begins."""
    lines: list[Line] = []

    async def step(line: Line, _: RawRequest) -> None:
        lines.append(line)
        await line.answer(one())

    async with RawServer(step) as server:
        allawee = connect(server)
        await allawee.customers.get("cus.1")
        lines[0].writer.transport.write(SURPLUS)  # is on its way at once
        reply = await allawee.request("GET", "/second")

        assert reply.data == customer("cus.1")
        assert [each.connection for each in server.requests] == [1, 2]


async def test_a_connection_of_ours_that_says_something_unasked_is_closed_at_once() -> None:
    async with (
        RawServer(sends_later(SURPLUS)) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        await allawee.customers.get("cus.1")
        assert server.open == 1
        await server.until(lambda server: server.open == 0)


async def test_a_server_that_greets_is_told_and_was_sent_nothing() -> None:
    class Late(aiohttp.TCPConnector):
        """Gives the bytes the time to arrive."""

        async def connect(self, *args: Any, **options: Any) -> Any:
            connection = await super().connect(*args, **options)
            await asyncio.sleep(0.05)
            return connection

    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(SURPLUS)
        got.append(await reader.read())
        writer.close()
        done.set()

    got, done = list[bytes](), asyncio.Event()
    async with (
        await asyncio.start_server(greets, "127.0.0.1", 0) as server,
        aiohttp.ClientSession(connector=Late()) as session,
    ):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        allawee = AllaweeClient(KEY, base_url=url, session=session, retry=ONCE)
        with pytest.raises(TransportError, match="before it was asked") as caught:
            await allawee.request("POST", "/a")
        await done.wait()

    assert not caught.value.outcome_unknown
    assert got == [b""]


async def test_it_is_noticed_without_poll_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has none."""
    monkeypatch.delattr(select, "poll")
    lines: list[Line] = []

    async def step(line: Line, _: RawRequest) -> None:
        lines.append(line)
        await line.answer(one())

    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        for _ in range(3):
            await allawee.customers.get("cus.1")
        assert server.connections == 1
        lines[0].writer.transport.write(SURPLUS)
        assert (await allawee.request("GET", "/second")).data == customer("cus.1")
        assert server.connections == 2


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_long_body_waits_for_a_server_that_reads_slowly() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)  # by then, nothing more fits in between
        got.append(len(await reader.readexactly(8_000_011)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        writer.close()

    got: list[int] = []
    async with await asyncio.start_server(slow, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with AllaweeClient(KEY, base_url=url, retry=ONCE) as allawee:
            reply = await allawee.request("POST", "/a", json={"text": "x" * 8_000_000})

    assert reply.status == 200
    assert got == [8_000_011]


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_without_a_body_counts_whatever_follows(status: int, method: str) -> None:
    async def step(line: Line, _: RawRequest) -> None:
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(FOREIGN)}\r\n\r\n"
        await line.send(head.encode() + FOREIGN)

    async with (
        RawServer(step, answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, retry=ONCE) as allawee,
    ):
        if status == 204:
            assert (await allawee.request(method, "/a")).status == 204
        else:
            with pytest.raises(AllaweeError, match="304"):
                await allawee.request(method, "/a")
        assert (await allawee.customers.get("cus.1")).id == "cus.1"
        assert [each.connection for each in server.requests] == [1, 2]


async def test_the_answer_to_a_head_request_has_no_body_whatever_follows() -> None:
    async with (
        RawServer(answers(FOREIGN), answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, retry=ONCE) as allawee,
    ):
        assert (await allawee.request("HEAD", "/a")).data is None
        assert (await allawee.customers.get("cus.1")).id == "cus.1"
        assert [each.connection for each in server.requests] == [1, 2]


async def test_a_late_body_closes_the_connection() -> None:
    async def step(line: Line, _: RawRequest) -> None:
        await line.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        await asyncio.sleep(0.02)
        await line.send(FOREIGN)

    async with (
        RawServer(step, answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, retry=ONCE) as allawee,
    ):
        assert (await allawee.request("POST", "/a")).status == 204
        await server.until(lambda server: server.open == 0)
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


async def test_a_good_connection_is_kept() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        for _ in range(20):
            await allawee.customers.get("cus.1")
            await asyncio.sleep(0)

        assert server.connections == 1


async def test_many_tasks_keep_their_connections() -> None:
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=4) as allawee,
    ):
        for _ in range(5):
            await asyncio.gather(*(allawee.customers.get("cus.1") for _ in range(40)))

        assert server.connections == 4
        assert len(server.requests) == 200


# Another one's answer


async def test_an_answer_about_something_else_closes_the_connection() -> None:
    async with (
        RawServer(answers(one("cus.2"))) as server,
        AllaweeClient(KEY, base_url=server.url, retry=ONCE) as allawee,
    ):
        with pytest.raises(DecodeError, match=r"its id is cus\.2, not cus\.1") as caught:
            await allawee.customers.get("cus.1")

        assert caught.value.path == "data.id"
        await server.until(lambda server: server.open == 0)
