"""Bad input and faults, each on a real socket: an error of ours, nothing lost, nothing leaked."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import product
from typing import Any

import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    APIError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    DecodeError,
    PaginationError,
    RequestAccepted,
    RequestTimeoutError,
    RetryPolicy,
    ServerError,
    TransportError,
)
from allawee_async.errors import error_class
from allawee_async.sandbox import Sandbox
from tests.support.faketime import FakeTime
from tests.support.properties import LONG, more_in_the_long_run
from tests.support.raw_server import (
    Line,
    RawRequest,
    RawServer,
    Step,
    answers,
    closes,
    customer,
    hangs,
    one,
    page_of,
    resets,
    sends,
    unused_port,
)
from tests.support.tables import for_each
from tests.support.virtual_time import in_quick_time

KEY = "sk.test.canary"
FIELDS: dict[str, Any] = {
    "name": "Ada Obi",
    "reference": "ref-1",
    "type": "individual",
    "claims": {"individualInformation": {"firstName": "Ada", "lastName": "Obi"}},
    "verifications": [],
    "metadata": {},
}
GATEWAY = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
HTML = {"Content-Type": "text/html"}

Connect = Callable[..., Any]
Call = Callable[[AllaweeClient], Awaitable[object]]


def read(allawee: AllaweeClient) -> Awaitable[object]:
    return allawee.customers.get("cus.1")


def walk(allawee: AllaweeClient) -> Awaitable[object]:
    return allawee.customers.list(limit=1).to_list()


def write(allawee: AllaweeClient) -> Awaitable[object]:
    return allawee.customers.create(**FIELDS)


def replace(allawee: AllaweeClient) -> Awaitable[object]:
    return allawee.customers.update("cus.1", **FIELDS)


CALLS: list[Call] = [read, walk, write, replace]


@pytest.fixture
def talk(time: FakeTime) -> Callable[..., AllaweeClient]:
    """Make a client of a raw server that never waits for real and has one connection."""

    def made(server: RawServer, **options: Any) -> AllaweeClient:
        defaults = {"base_url": server.url, "max_connections": 1, **time.seams}
        return AllaweeClient(KEY, **{**defaults, **options})

    return made


async def failure(call: Awaitable[object]) -> AllaweeError:
    with pytest.raises(AllaweeError) as caught:
        await call
    return caught.value


# The key


async def test_no_key_is_found_out_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError):
        AllaweeClient()


@pytest.mark.parametrize("key", ["sk.test.wrong", "pk.test.wrong", "wrong", "Bearer"])
async def test_a_key_that_the_api_does_not_accept_is_told_and_not_shown(
    key: str, sandbox: Sandbox
) -> None:
    async with AllaweeClient(key, base_url=sandbox.url) as allawee:
        error = await failure(allawee.customers.get("cus.1"))

    assert type(error) is AuthenticationError
    assert "Authorization" in error.message
    assert key not in str(error) or key == "Bearer"
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("option", ["base_url", "secure_url"])
async def test_plain_http_to_a_foreign_host_is_refused_before_anything_is_sent(option: str) -> None:
    with pytest.raises(ConfigurationError, match="plain http"):
        AllaweeClient(KEY, **{option: "http://api.allawee.com"})  # type: ignore[arg-type]


# Ids


def about(allawee: AllaweeClient, method: str, id: str) -> Awaitable[object]:
    """Read or replace the customer with an id."""
    if method == "GET":
        return allawee.customers.get(id)
    return allawee.customers.update(id, **FIELDS)


@for_each(
    ("id", "arrives"),
    [
        ("cus.1", "cus.1"),
        ("a?b=c", "a%3Fb%3Dc"),
        ("a#b", "a%23b"),
        ("a%2Fb", "a%252Fb"),
        ("100%", "100%25"),
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("a\\b", "a%5Cb"),
        ("a\r\nHost: x", "a%0D%0AHost%3A%20x"),
        ("é", "%C3%A9"),
        ("%2e%2e", "%252e%252e"),
        ("a;b=1", "a%3Bb%3D1"),
        ("a:b@c", "a%3Ab%40c"),
        ("...", "..."),
        ("\0", "%00"),
    ],
)
@for_each("method", ["GET", "PUT"])
async def test_an_id_arrives_as_one_part_of_the_path_or_not_at_all(
    method: str, id: str, arrives: str, talk: Connect
) -> None:
    async with RawServer() as server, talk(server) as allawee:
        await about(allawee, method, id)

    (request,) = server.requests
    assert request.target == f"/customers/{arrives}"
    assert request.headers["host"].startswith("127.0.0.1:")


@for_each(
    "id", ["", ".", "..", "../cards", "a/../b", "/", "a/", "//x", "..\\x", "\ud800", None, 5, b"x"]
)
@for_each("method", ["GET", "PUT"])
async def test_an_id_that_would_lead_elsewhere_is_refused(
    method: str, id: Any, talk: Connect
) -> None:
    async with RawServer() as server, talk(server) as allawee:
        assert type(await failure(about(allawee, method, id))) is ConfigurationError
    assert server.connections == 0


# Statuses


@pytest.mark.parametrize("call", CALLS)
async def test_every_status_gives_a_result_or_the_error_of_its_class(
    call: Call, talk: Connect
) -> None:
    status = 200

    async def step(line: Line, _: RawRequest) -> None:
        body = b"" if status in (204, 304) else page_of("cus.1") if call is walk else one()
        await line.answer(body, status=status)

    async with RawServer(step) as server, talk(server) as allawee:
        for status in (*range(201, 600, 21), 300, 302, 304, 400, 404, 429, 500, 503):
            if 200 <= status <= 299:
                assert await call(allawee), status
            else:
                error = await failure(call(allawee))
                assert type(error) is error_class(status)
                assert isinstance(error, APIError)
                assert error.status == status


@pytest.mark.parametrize("status", [600, 700, 999])
async def test_a_status_that_http_does_not_know_is_an_error(status: int, talk: Connect) -> None:
    async with RawServer(answers(one(), status=status)) as server, talk(server) as allawee:
        assert isinstance(await failure(read(allawee)), APIError | TransportError)


async def test_an_answer_of_202_that_is_not_queued_is_a_result(talk: Connect) -> None:
    async with RawServer(answers(one(), status=202)) as server, talk(server) as allawee:
        assert await read(allawee)


async def test_interim_answers_are_passed_over(talk: Connect) -> None:
    body = json.dumps(one()).encode()
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    async with RawServer(sends(interim + final)) as server, talk(server) as allawee:
        assert await read(allawee)


# Bodies


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [200, 502])
async def test_html_from_a_gateway_is_told_apart_from_an_answer(
    status: int, call: Call, talk: Connect
) -> None:
    step = answers(GATEWAY, status=status, headers=HTML)
    async with RawServer(step) as server, talk(server) as allawee:
        error = await failure(call(allawee))

    assert type(error) is (DecodeError if status == 200 else ServerError)
    assert error.outcome_unknown is (call in (write, replace))
    assert len(server.requests) == (1 if call is write else 3)
    assert "<html>" not in str(error)
    assert error.body == GATEWAY.decode()


@pytest.mark.parametrize("call", CALLS)
async def test_an_empty_body_is_no_object(call: Call, talk: Connect) -> None:
    async with RawServer(answers(b"")) as server, talk(server) as allawee:
        error = await failure(call(allawee))
    assert type(error) is DecodeError
    assert error.path.startswith("data")
    assert error.outcome_unknown is (call in (write, replace))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
async def test_a_body_that_is_cut_off_is_a_lost_connection(
    share: float, call: Call, talk: Connect
) -> None:
    body = json.dumps(page_of("cus.1") if call is walk else one()).encode()

    async def step(line: Line, _: RawRequest) -> None:
        await line.answer(body[: int(len(body) * share)], length=len(body))
        line.close()

    async with RawServer(step) as server, talk(server) as allawee:
        error = await failure(call(allawee))

    assert type(error) is TransportError
    assert error.outcome_unknown is (call in (write, replace))
    assert len(server.requests) == (1 if call is write else 3)


@pytest.mark.parametrize("call", CALLS)
async def test_a_chunked_body_without_its_end_is_a_lost_connection(
    call: Call, talk: Connect
) -> None:
    async def step(line: Line, _: RawRequest) -> None:
        await line.chunks(b'{"code":', end=False)
        line.close()

    async with RawServer(step) as server, talk(server) as allawee:
        error = await failure(call(allawee))
    assert type(error) is TransportError
    assert len(server.requests) == (1 if call is write else 3)


@for_each("call", CALLS)
@for_each("body", [b"{", b'{"code":"success","data":{"id":"cu', b"\xff\xfe", b"NaN"])
async def test_json_that_is_cut_off_or_none_is_a_decode_error(
    body: bytes, call: Call, talk: Connect
) -> None:
    async with RawServer(answers(body)) as server, talk(server) as allawee:
        error = await failure(call(allawee))
    assert type(error) is DecodeError
    assert error.outcome_unknown is (call in (write, replace))
    assert len(server.requests) == (1 if call is write else 3)


@more_in_the_long_run
@pytest.mark.parametrize(
    ("status", "depth"),
    [*product((200, 400), (500, 5_000, 200_000))]
    if LONG
    else [(200, 500), (200, 5_000), (200, 100_000), (400, 5_000)],
)
async def test_json_that_is_nested_too_deeply_is_no_crash(
    status: int, depth: int, talk: Connect
) -> None:
    body = b'{"code":"success","data":' + b"[" * depth + b"]" * depth + b"}"
    async with RawServer(answers(body, status=status)) as server, talk(server) as allawee:
        error = await failure(read(allawee))
        assert type(error) is (DecodeError if status == 200 else BadRequestError)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": 5}, "name"),
        ({"type": None}, "type"),
        ({"status": ["active"]}, "status"),
        ({"createdAt": 1678836072}, "createdAt"),
        ({"createdAt": "2023-13-01T00:00:00Z"}, "createdAt"),
        ({"claims": {"individualInformation": "x"}}, "claims.individualInformation"),
        (
            {"claims": {"individualInformation": {"dateOfBirth": 5}}},
            "claims.individualInformation.dateOfBirth",
        ),
        ({"claims": {"individualIdentity": {"id": 22489035167}}}, "claims.individualIdentity.id"),
        ({"verifications": {}}, "verifications"),
        ({"verifications": [{"type": "tier-1", "status": 1}]}, "verifications[0].status"),
    ],
    ids=str,
)
async def test_wrong_types_and_nulls_are_told_with_their_place(
    fields: dict[str, Any], path: str, talk: Connect
) -> None:
    page = page_of("cus.0", "cus.1", "cus.2")
    page["data"].append(customer("cus.3", **fields))  # type: ignore[attr-defined]
    async with (
        RawServer(answers(one(**fields)), answers(page)) as server,
        talk(server) as allawee,
    ):
        error = await failure(read(allawee))
        assert isinstance(error, DecodeError)
        assert error.path == f"data.{path}"
        error = await failure(walk(allawee))
        assert isinstance(error, DecodeError)
        assert error.path == f"data[3].{path}"
        assert "22489035167" not in f"{error}{error!r}"


# Connections


@pytest.mark.parametrize("call", CALLS)
async def test_a_refused_connection_was_never_sent(call: Call, time: FakeTime) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    async with AllaweeClient(KEY, base_url=url, **time.seams) as allawee:
        error = await failure(call(allawee))

    assert type(error) is TransportError
    assert not error.sent
    assert not error.outcome_unknown
    assert len(error.attempts) == 3


async def test_a_host_that_is_not_found_was_never_sent(
    monkeypatch: pytest.MonkeyPatch, time: FakeTime
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with AllaweeClient(KEY, base_url="https://nowhere.invalid", **time.seams) as allawee:
        error = await failure(write(allawee))

    assert type(error) is TransportError
    assert not error.outcome_unknown
    assert len(error.attempts) == 3


async def test_a_server_that_does_not_speak_tls_was_never_sent_anything(time: FakeTime) -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(garbage, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with AllaweeClient(KEY, base_url=url, **time.seams) as allawee:
            error = await failure(write(allawee))

    assert type(error) is TransportError
    assert not error.outcome_unknown
    assert len(error.attempts) == 3


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("step", [resets, closes])
async def test_a_connection_that_ends_instead_of_an_answer(
    step: Step, call: Call, talk: Connect
) -> None:
    async with RawServer(step) as server, talk(server) as allawee:
        error = await failure(call(allawee))

    assert type(error) is TransportError
    assert error.sent
    assert error.outcome_unknown is (call in (write, replace))
    assert len(error.attempts) == (1 if call is write else 3)
    if call is write:
        assert len(server.requests) == 1


async def test_a_write_on_a_connection_that_is_reset_before_it_is_read_is_left_in_doubt(
    talk: Connect,
) -> None:
    """Nobody can tell this from a reset after reading, so it is not sent again."""
    async with RawServer(resets_at_once=1) as server, talk(server) as allawee:
        error = await failure(write(allawee))
        assert type(error) is TransportError
        assert error.outcome_unknown
        assert server.requests == []
        assert await write(allawee)
        assert len(server.requests) == 1


async def test_a_read_gets_over_resets(talk: Connect) -> None:
    async with (
        RawServer(resets, closes, answers(one()), resets_at_once=1) as server,
        talk(server, retry=RetryPolicy(attempts=4)) as allawee,
    ):
        assert await read(allawee)


async def test_an_idle_connection_that_the_server_closed_does_not_double_a_write(
    talk: Connect,
) -> None:
    async def answer_and_close(line: Line, _: RawRequest) -> None:
        await line.answer(one())
        line.close()

    async with RawServer(answer_and_close) as server, talk(server) as allawee:
        for number in range(1, 4):
            await write(allawee)
            assert len(server.requests) == number
            await server.until(lambda server: server.open == 0)
            await asyncio.sleep(0.01)  # let the client hear of it


async def test_an_idle_connection_that_closes_while_a_write_is_on_its_way_does_not_double_it(
    talk: Connect,
) -> None:
    """The server gives the connection up at the moment when the second request arrives."""
    async with RawServer(answers(one()), closes, answers(one())) as server, talk(server) as allawee:
        await write(allawee)
        error = await failure(write(allawee))

        assert server.connections == 1
        assert type(error) is TransportError
        assert error.outcome_unknown
        assert len(server.requests) == 2
        await write(allawee)
        assert len(server.requests) == 3


async def test_a_read_is_sent_again_when_an_idle_connection_closes_in_its_way(
    talk: Connect, time: FakeTime
) -> None:
    async with RawServer(answers(one()), closes, answers(one())) as server, talk(server) as allawee:
        await read(allawee)
        await read(allawee)
    assert time.slept == [0.5]  # by us, as any other attempt


async def test_a_connection_that_the_server_wants_closed_is_not_used_again(talk: Connect) -> None:
    step = answers(one(), headers={"Connection": "close"})
    async with RawServer(step) as server, talk(server) as allawee:
        await write(allawee)
        await write(allawee)
        assert server.connections == 2


@pytest.mark.parametrize("call", CALLS)
@in_quick_time
async def test_a_server_that_hangs_is_given_up(call: Call, talk: Connect) -> None:
    async with RawServer(hangs) as server, talk(server, timeout=0.15) as allawee:
        error = await failure(call(allawee))
        assert type(error) is RequestTimeoutError
        assert isinstance(error, TimeoutError)
        assert error.outcome_unknown is (call in (write, replace))
        assert len(server.requests) == (1 if call is write else 3)
        await server.until(lambda server: server.open == 0)


@in_quick_time
async def test_a_server_that_hangs_in_the_middle_of_a_body_is_given_up(talk: Connect) -> None:
    async def step(line: Line, _: RawRequest) -> None:
        await line.answer(b'{"code":', length=500)
        await line.hang()

    async with RawServer(step) as server, talk(server, timeout=0.2) as allawee:
        assert type(await failure(write(allawee))) is RequestTimeoutError
        await server.until(lambda server: server.open == 0)


@in_quick_time
async def test_a_server_that_drips_is_given_up_after_the_time_of_one_attempt(talk: Connect) -> None:
    async def step(line: Line, _: RawRequest) -> None:
        await line.answer(b"", length=500)
        while True:
            await line.send(b" ")
            await asyncio.sleep(0.005)

    async with RawServer(step) as server, talk(server, timeout=0.2) as allawee:
        async with asyncio.timeout(5):
            assert type(await failure(write(allawee))) is RequestTimeoutError


# What is no HTTP


@for_each(
    "data",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00\xff\x00\xff" * 20,
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Enc",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
)
async def test_what_is_no_answer_in_http_is_an_error_of_ours(data: bytes, talk: Connect) -> None:
    async with RawServer(sends(data)) as server, talk(server, timeout=1) as allawee:
        error = await failure(write(allawee))
        assert isinstance(error, TransportError | DecodeError | APIError)
        assert error.outcome_unknown or isinstance(error, APIError)
        assert len(server.requests) == 1

        for call in (read, walk, replace):
            error = await failure(call(allawee))
            assert isinstance(error, TransportError | DecodeError | APIError), call


@for_each(
    "header",
    [
        b"Content-Type: \xff\xfe",
        b"Content-Type: application/json; charset=nonsense",
        b"Content-Type: ;;;",
        b"Content-Type: text/plain",
        b"Content-Type:",
        b"X-Request-Id: \xff",
        b"Retry-After: \xff",
        b"Set-Cookie: \xff=\xfe; =; ;;",
        b"Date: never",
        b"Content-Encoding: identity",
        b"Content-Encoding: nonsense",
        b"Connection: nonsense",
        b"X-Very-Long: " + b"a" * 5_000,
    ],
)
@for_each("status", [200, 400])
async def test_an_answer_with_odd_headers_is_still_read(
    status: int, header: bytes, talk: Connect
) -> None:
    body = json.dumps(one()).encode()
    data = b"HTTP/1.1 %d X\r\n%b\r\nContent-Length: %d\r\n\r\n%b"
    step = sends(data % (status, header, len(body), body))
    async with RawServer(step) as server, talk(server) as allawee:
        if status == 200:
            assert await read(allawee)
        else:
            error = await failure(read(allawee))
            assert type(error) is error_class(status)
            assert str(error).encode()  # it can be printed


# Lists that do not end


async def test_a_server_that_ignores_the_cursor(sandbox: Sandbox) -> None:
    sandbox.faults.stuck_cursor()
    async with sandbox.client() as allawee:
        error = await failure(allawee.customers.list(limit=5).to_list())
    assert type(error) is PaginationError
    assert len(sandbox.requests) == 2


async def test_a_server_that_repeats_a_page(sandbox: Sandbox) -> None:
    async with sandbox.client() as allawee:
        items = aiter(allawee.customers.list(limit=5))
        found = [(await anext(items)).id for _ in range(5)]
        sandbox.faults.repeated_page()
        assert type(await failure(anext(items))) is PaginationError
        found += [each.id async for each in items]
    assert len(found) == len(set(found)) == 50


# What the sandbox can do to a call


@pytest.mark.parametrize(
    ("fault", "options", "cls"),
    [
        ("status", {"status": 402}, APIError),
        ("status", {"status": 503, "body": GATEWAY}, ServerError),
        ("reset", {}, TransportError),
        ("reset", {"after_effect": True}, TransportError),
        ("cut_body", {}, TransportError),
        ("cut_json", {}, DecodeError),
        ("garbage", {}, DecodeError),
        ("hang", {}, RequestTimeoutError),
        ("hang", {"after_effect": True}, RequestTimeoutError),
    ],
)
async def test_a_write_through_a_fault_arrives_exactly_once(
    fault: str, options: dict[str, Any], cls: type[AllaweeError], sandbox: Sandbox, time: FakeTime
) -> None:
    getattr(sandbox.faults, fault)(**options, times=None, method="POST")
    async with sandbox.client(timeout=0.1, **time.seams) as allawee:
        error = await failure(write(allawee))

    assert isinstance(error, cls)
    assert error.outcome_unknown is not (options.get("status") == 402)
    assert [entry.method for entry in sandbox.requests] == ["POST"]
    assert time.slept == []


async def test_a_write_that_was_limited_is_sent_again_and_takes_effect_once(
    sandbox: Sandbox, time: FakeTime
) -> None:
    sandbox.faults.status(429, headers={"Retry-After": "2"}, times=2, method="POST")
    async with sandbox.client(**time.seams) as allawee:
        await write(allawee)
        found = await allawee.customers.list(filter='name|eq|"Ada Obi"', limit=100).to_list()

    assert len(found) == 1
    assert time.slept == [2.0, 2.0]


async def test_a_queued_write_is_neither_success_nor_failure(talk: Connect) -> None:
    step = answers({"code": "request-accepted"}, status=202, headers={"x-request-id": "req_1"})
    async with RawServer(step) as server, talk(server) as allawee:
        error = await failure(write(allawee))
    assert type(error) is RequestAccepted
    assert len(server.requests) == 1


@pytest.fixture
async def busy(talk: Connect) -> AsyncIterator[tuple[RawServer, AllaweeClient]]:
    """A server that answers one request out of three, and hangs or resets otherwise."""
    turns = [answers(one()), hangs, resets]

    async def step(line: Line, request: RawRequest) -> None:
        await turns[len(server.requests) % 3](line, request)

    options = {"max_connections": 4, "timeout": 0.1, "retry": RetryPolicy(attempts=6)}
    async with RawServer(step) as server, talk(server, **options) as allawee:
        yield server, allawee


async def test_cancelling_at_any_moment_leaves_a_pool_that_serves(
    busy: tuple[RawServer, AllaweeClient],
) -> None:
    server, allawee = busy
    for turns in range(40):
        tasks = [asyncio.ensure_future(read(allawee)) for _ in range(3)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(
            isinstance(result, asyncio.CancelledError) or not isinstance(result, BaseException)
            for result in results
        )
    results = await asyncio.gather(*(read(allawee) for _ in range(8)), return_exceptions=True)
    assert all(
        isinstance(result, AllaweeError) or not isinstance(result, BaseException)
        for result in results
    )
    assert server.most_open <= 4 + 3  # the server sees the end of a connection a moment later
