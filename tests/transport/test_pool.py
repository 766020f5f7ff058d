"""The pool: when it opens, whom it belongs to, what it bounds, and what it lets go of."""

import asyncio
import gc
import gzip
import json
import logging
import warnings
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    APIError,
    ConfigurationError,
    RequestTimeoutError,
    RetryPolicy,
    ServerError,
    TransportError,
)
from tests.support.faketime import FakeTime
from tests.support.raw_server import (
    Line,
    RawRequest,
    RawServer,
    answers,
    customer,
    hangs,
    one,
    page_of,
    resets,
)
from tests.support.tables import for_each
from tests.support.threads import sandbox_in_thread
from tests.support.virtual_time import in_quick_time

KEY = "sk.test.canary"
ONCE = RetryPolicy(attempts=1)


async def failure(call: Awaitable[object]) -> AllaweeError:
    with pytest.raises(AllaweeError) as caught:
        await call
    return caught.value


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Opening and closing


def test_a_client_can_be_made_outside_of_a_loop_and_thrown_away_unused() -> None:
    client = AllaweeClient(KEY)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        del client
        gc.collect()
    assert seen == []


def test_no_session_is_opened_before_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    session = aiohttp.ClientSession
    monkeypatch.setattr(
        aiohttp, "ClientSession", lambda **options: opened.append(1) or session(**options)
    )

    async def idle() -> None:
        async with AllaweeClient(KEY) as allawee:
            allawee.customers.list()
            allawee.with_options(timeout=1)

    async def busy(url: str) -> None:
        async with AllaweeClient(KEY, base_url=url, retry=ONCE) as allawee:
            await allawee.request("GET", "/customers")

    asyncio.run(idle())
    assert opened == []
    with sandbox_in_thread() as sandbox, pytest.raises(AllaweeError):
        asyncio.run(busy(sandbox.url))
    assert opened == [1]


async def test_closing_is_harmless_twice_and_before_anything_was_opened() -> None:
    async with RawServer() as server:
        client = AllaweeClient(KEY, base_url=server.url)
        await client.close()
        assert (await client.customers.get("cus.1")).id == "cus.1"
        assert server.open == 1
        await client.close()
        await client.close()
        await server.until(lambda server: server.open == 0)
        assert server.connections == 1


async def test_a_closed_client_opens_again_when_it_is_used() -> None:
    async with RawServer() as server:
        client = AllaweeClient(KEY, base_url=server.url)
        for _ in range(2):
            async with client:
                await client.customers.get("cus.1")
        assert server.connections == 2


def test_one_client_serves_two_loops_one_after_the_other_when_each_closes_it() -> None:
    with sandbox_in_thread() as sandbox:
        client = sandbox.client()

        async def names() -> list[str | None]:
            async with client:
                return [found.name for found in await client.customers.list().to_list()]

        assert asyncio.run(names()) == asyncio.run(names())


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_one_client_serves_two_loops_one_after_the_other_with_only_a_final_close() -> None:
    """What the first loop left open died with it."""
    with sandbox_in_thread() as sandbox:
        client = sandbox.client()

        async def names(*, close: bool) -> list[str | None]:
            found = [each.name for each in await client.customers.list().to_list()]
            if close:
                await client.close()
            return found  # type: ignore[return-value]

        first = asyncio.run(names(close=False))
        second = asyncio.run(names(close=False))
        third = asyncio.run(names(close=True))
        assert first == second == third
        gc.collect()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_many_calls_at_once_in_a_second_loop_open_one_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[object] = []
    session = aiohttp.ClientSession
    with sandbox_in_thread() as sandbox:
        client = sandbox.client()
        monkeypatch.setattr(
            aiohttp, "ClientSession", lambda **options: opened.append(1) or session(**options)
        )

        async def many() -> None:
            await asyncio.gather(*(client.customers.list().first() for _ in range(10)))

        async def many_and_close() -> None:
            await many()
            await client.close()

        asyncio.run(many())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            asyncio.run(many_and_close())
            gc.collect()
    assert len(opened) == 2


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_a_loop_that_was_closed_without_ceremony_leaves_a_client_that_still_works() -> None:
    """`loop.close()` alone does not end what `asyncio.run` would have ended."""
    with sandbox_in_thread() as sandbox:
        client = sandbox.client()

        async def many_and_close() -> list[object]:
            found = await asyncio.gather(*(client.customers.list().first() for _ in range(5)))
            await client.close()
            return [*found]

        first = asyncio.new_event_loop()
        first.run_until_complete(client.customers.list().first())
        first.close()
        found = asyncio.run(many_and_close())
        gc.collect()
    assert len(found) == 5
    assert None not in found


def test_a_client_at_work_in_one_loop_is_refused_to_another() -> None:
    with sandbox_in_thread() as sandbox:
        client = sandbox.client()

        async def use() -> None:
            await client.customers.list()

        first = asyncio.new_event_loop()
        try:
            first.run_until_complete(use())
            with pytest.raises(ConfigurationError, match="another event loop"):
                asyncio.run(use())
            first.run_until_complete(client.close())
        finally:
            first.close()


def test_a_client_that_was_not_closed_warns_and_starts_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "asyncio")
    with sandbox_in_thread() as sandbox:

        async def forget() -> None:
            client = sandbox.client()
            await client.customers.list()
            before = asyncio.all_tasks()
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                del client
                gc.collect()
            ours = [each for each in seen if "AllaweeClient was not closed" in str(each.message)]
            assert [each.category for each in ours] == [ResourceWarning]
            for _ in range(3):
                await asyncio.sleep(0)
                assert asyncio.all_tasks() == before

        asyncio.run(forget())


def test_a_view_keeps_the_pool_alive_and_only_the_last_one_warns() -> None:
    with sandbox_in_thread() as sandbox:

        async def use() -> None:
            client = sandbox.client()
            await client.customers.list()
            view = client.with_options()
            pool = client._session.pool
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                del client
                gc.collect()
                assert seen == []
                assert (await view.customers.list()).items
                del view
                del pool
                gc.collect()
            assert "AllaweeClient was not closed" in str(seen[0].message)

        asyncio.run(use())


# A borrowed session


async def test_a_borrowed_session_is_used_and_never_closed() -> None:
    async with RawServer() as server, aiohttp.ClientSession() as session:
        async with AllaweeClient(KEY, base_url=server.url, session=session) as allawee:
            await allawee.customers.get("cus.1")
        assert not session.closed
        async with session.get(server.url) as response:
            assert response.status == 200
        assert server.connections == 1
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert "authorization" not in server.requests[1].headers


async def test_a_borrowed_session_that_is_closed_is_a_mistake_of_the_caller() -> None:
    session = aiohttp.ClientSession()
    await session.close()
    async with RawServer() as server:
        allawee = AllaweeClient(KEY, base_url=server.url, session=session)
        error = await failure(allawee.request("POST", "/a", json={}))
        await allawee.close()

    assert type(error) is ConfigurationError
    assert not error.outcome_unknown
    assert server.requests == []


async def test_a_borrowed_session_that_raises_for_a_status_does_not_do_so_for_us() -> None:
    async with (
        RawServer(answers({"message": "Gone."}, status=404)) as server,
        aiohttp.ClientSession(raise_for_status=True) as session,
    ):
        error = await failure(
            AllaweeClient(KEY, base_url=server.url, session=session).customers.get("cus.1")
        )

    assert isinstance(error, APIError)
    assert error.message == "Gone."


async def test_the_headers_of_a_borrowed_session_do_not_take_the_place_of_the_key() -> None:
    async with (
        RawServer() as server,
        aiohttp.ClientSession(headers={"Authorization": "Basic x", "X-Mine": "1"}) as session,
    ):
        await AllaweeClient(KEY, base_url=server.url, session=session).customers.get("cus.1")

    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.requests[0].headers["x-mine"] == "1"


async def test_a_borrowed_session_with_a_base_url_of_its_own_does_not_change_where_we_talk_to() -> (
    None
):
    async with (
        RawServer() as server,
        aiohttp.ClientSession("http://127.0.0.1:1/elsewhere/") as session,
    ):
        await AllaweeClient(KEY, base_url=server.url, session=session).customers.get("cus.1")

    assert server.requests[0].path == "/customers/cus.1"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_borrowed_session_with_a_password_of_its_own_is_a_mistake_of_the_caller() -> None:
    """aiohttp refuses two ways to authenticate with a bare ValueError."""
    async with (
        RawServer() as server,
        aiohttp.ClientSession(auth=aiohttp.BasicAuth("user", "canary-password")) as session,
    ):
        allawee = AllaweeClient(KEY, base_url=server.url, session=session)
        error = await failure(allawee.customers.get("cus.1"))

    assert type(error) is ConfigurationError
    assert "canary" not in str(error)


async def test_a_borrowed_session_that_does_not_decompress_is_told_apart_from_a_broken_answer() -> (
    None
):
    async def step(line: Line, request: RawRequest) -> None:
        plain = b'{"code":"success","data":{}}'
        if "gzip" in request.headers.get("accept-encoding", ""):
            await line.answer(gzip.compress(plain), headers={"Content-Encoding": "gzip"})
        else:
            await line.answer(plain)

    async with (
        RawServer(step) as server,
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        allawee = AllaweeClient(KEY, base_url=server.url, session=session)
        reply = await allawee.request("GET", "/a")

    assert reply.data == {}


# Connections


@pytest.mark.parametrize("most", [1, 3])
async def test_connections_are_bounded_and_further_requests_wait(most: int) -> None:
    gate = asyncio.Event()

    async def wait(line: Line, _: RawRequest) -> None:
        await gate.wait()
        await line.answer(one())

    async with (
        RawServer(wait) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=most) as allawee,
    ):
        tasks = [asyncio.create_task(allawee.customers.get("cus.1")) for _ in range(10)]
        await server.until(lambda server: len(server.requests) == most)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(server.requests) == most
        gate.set()
        await asyncio.gather(*tasks)
        assert server.most_open == server.connections == most
        assert len(server.requests) == 10


@for_each(
    "options",
    [
        {"max_connections": 0},
        {"max_connections": -1},
        {"max_connections": 1.5},
        {"max_connections": True},
        {"max_connections": None},
        {"max_response_bytes": 0},
        {"max_response_bytes": "1"},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": True},
        {"timeout": "5"},
        {"timeout": None},
    ],
)
def test_bounds_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        AllaweeClient(KEY, **options)


async def test_waiting_for_a_free_connection_counts_as_not_sent(time: FakeTime) -> None:
    """A write that ran out of time in our own queue never left, so it is in no doubt."""
    async with (
        RawServer(hangs) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1, retry=ONCE) as allawee,
    ):
        first = asyncio.create_task(allawee.customers.get("cus.1"))
        await server.until(lambda server: len(server.requests) == 1)
        view = allawee.with_options(retry=RetryPolicy(deadline=0.05))
        error = await failure(view.request("POST", "/a", json={}))
        await cancelled(first)

    assert type(error) is RequestTimeoutError
    assert "max_connections=1" in str(error)
    assert len(server.requests) == 1
    assert error.attempts == ()
    assert not error.outcome_unknown


async def test_no_cookie_is_sent_back() -> None:
    step = answers(one(), headers={"Set-Cookie": "session=1; Path=/"})
    async with RawServer(step) as server:
        # cookies are never kept for a bare IP address, so this needs a name
        url = f"http://localhost:{server.port}"
        async with AllaweeClient(KEY, base_url=url) as allawee:
            await allawee.customers.get("cus.1")
            await allawee.customers.get("cus.1")

    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


@for_each("status", [301, 302, 303, 307, 308])
@for_each("method", ["GET", "POST"])
async def test_a_redirect_is_not_followed_and_the_key_stays_here(status: int, method: str) -> None:
    async with RawServer() as elsewhere:
        step = answers(status=status, headers={"Location": f"{elsewhere.url}/customers/cus.1"})
        async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
            error = await failure(allawee.request(method, "/customers"))

    assert type(error) is APIError
    assert error.status == status
    assert "redirect" in error.message
    assert len(server.requests) == 1
    assert elsewhere.connections == 0


async def test_each_host_gets_its_own_calls() -> None:
    async with (
        RawServer() as server,
        RawServer() as safe,
        AllaweeClient(KEY, base_url=server.url, secure_url=safe.url) as allawee,
    ):
        await allawee.request("GET", "/cards/c.1/pan", secure=True)
        await allawee.request("GET", "/cards/c.1")

    assert [request.path for request in safe.requests] == ["/cards/c.1/pan"]
    assert [request.path for request in server.requests] == ["/cards/c.1"]
    assert safe.requests[0].headers["authorization"] == f"Bearer {KEY}"


# Bodies


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_compressed_body_is_read(encoding: str, chunked: bool) -> None:
    plain = json.dumps(one()).encode()
    packed = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)

    async def step(line: Line, _: RawRequest) -> None:
        if chunked:
            header = f"Content-Encoding: {encoding}\r\n"
            await line.chunks(packed[:9], packed[9:], headers=header)
        else:
            await line.answer(packed, headers={"Content-Encoding": encoding})

    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


BIG = b'"' + b"x" * 20_000 + b'"'


async def announced(line: Line, _: RawRequest) -> None:
    await line.answer(BIG)


async def in_chunks(line: Line, _: RawRequest) -> None:
    await line.chunks(*[BIG[start : start + 500] for start in range(0, len(BIG), 500)])


async def packed(line: Line, _: RawRequest) -> None:
    await line.answer(gzip.compress(BIG), headers={"Content-Encoding": "gzip"})


async def packed_in_chunks(line: Line, _: RawRequest) -> None:
    await line.chunks(gzip.compress(BIG), headers="Content-Encoding: gzip\r\n")


async def until_the_end(line: Line, _: RawRequest) -> None:
    await line.send(b"HTTP/1.1 200 OK\r\n\r\n" + BIG)
    line.close()


TOO_LARGE = [announced, in_chunks, packed, packed_in_chunks, until_the_end]


@pytest.mark.parametrize("step", TOO_LARGE)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_body_that_is_too_large_is_not_read_and_not_asked_for_again(
    step: Callable[[Line, RawRequest], Awaitable[None]], method: str, time: FakeTime
) -> None:
    async with (
        RawServer(step, answers(one())) as server,
        AllaweeClient(
            KEY, base_url=server.url, max_response_bytes=5_000, max_connections=1, **time.seams
        ) as allawee,
    ):
        error = await failure(allawee.request(method, "/a"))
        assert type(error) is TransportError
        assert "longer than 5,000 bytes" in str(error)
        assert error.outcome_unknown is (method == "POST")
        assert len(server.requests) == 1
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


@pytest.mark.parametrize("step", TOO_LARGE)
async def test_a_body_of_exactly_the_limit_is_read(
    step: Callable[[Line, RawRequest], Awaitable[None]],
) -> None:
    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, max_response_bytes=len(BIG)) as allawee,
    ):
        assert len(str((await allawee.request("GET", "/a")).data)) == len(BIG) - 2


async def test_an_error_with_a_body_that_is_too_large_is_still_that_error(time: FakeTime) -> None:
    async with (
        RawServer(answers(BIG, status=404), answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, max_response_bytes=5_000, **time.seams) as allawee,
    ):
        error = await failure(allawee.customers.get("cus.1"))
        assert isinstance(error, APIError)
        assert error.status == 404
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


async def test_the_answer_to_a_head_request_may_announce_any_length() -> None:
    async with (
        RawServer(answers(length=20_000)) as server,
        AllaweeClient(KEY, base_url=server.url, max_response_bytes=5_000) as allawee,
    ):
        reply = await allawee.request("HEAD", "/a")

    assert (reply.status, reply.data) == (200, None)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_of_65_mebibytes_is_more_than_the_default_allows(chunked: bool) -> None:
    part = b" " * 1024 * 1024

    async def step(line: Line, _: RawRequest) -> None:
        if chunked:
            await line.chunks(*[part] * 65)
        else:
            await line.answer(b"", length=65 * len(part))
            for _ in range(65):  # type: ignore[assignment]
                await line.send(part)

    async with (
        RawServer(step, answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        error = await failure(allawee.customers.get("cus.1"))
        assert type(error) is TransportError
        assert "67,108,864 bytes" in str(error)
        await server.until(lambda server: server.open == 0)
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


@in_quick_time
async def test_an_error_whose_body_is_cut_or_never_ends_is_still_that_error(time: FakeTime) -> None:
    async def cut(line: Line, _: RawRequest) -> None:
        await line.answer(b'{"mess', status=500, length=100)
        line.close()

    async def stuck(line: Line, _: RawRequest) -> None:
        await line.answer(b'{"mess', status=500, length=100)
        await line.hang()

    async with (
        RawServer(cut, stuck) as server,
        AllaweeClient(KEY, base_url=server.url, timeout=0.2, **time.seams) as allawee,
    ):
        for _ in range(2):
            error = await failure(allawee.request("POST", "/a", json={}))
            assert type(error) is ServerError
            assert error.outcome_unknown
        await server.until(lambda server: server.open == 0)


# Cancelling


async def test_cancelling_a_request_lets_go_of_its_connection() -> None:
    async with (
        RawServer(hangs, answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1) as allawee,
    ):
        task = asyncio.create_task(allawee.customers.get("cus.1"))
        await server.until(lambda server: len(server.requests) == 1)
        await cancelled(task)
        await server.until(lambda server: server.open == 0)
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


@pytest.mark.parametrize("chunked", [False, True])
async def test_cancelling_in_the_middle_of_a_body_lets_go_of_its_connection(chunked: bool) -> None:
    begun = asyncio.Event()

    async def step(line: Line, _: RawRequest) -> None:
        if chunked:
            await line.chunks(b'{"co', end=False)
        else:
            await line.answer(b'{"co', length=1_000)
        begun.set()
        await line.hang()

    async with (
        RawServer(step, answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1) as allawee,
    ):
        task = asyncio.create_task(allawee.customers.get("cus.1"))
        await begun.wait()
        await asyncio.sleep(0.01)  # let the part arrive
        await cancelled(task)
        await server.until(lambda server: server.open == 0)
        assert (await allawee.customers.get("cus.1")).id == "cus.1"


async def test_cancelling_a_pause_between_attempts_ends_the_call_at_once() -> None:
    pausing = asyncio.Event()

    async def sleep(_: float) -> None:
        pausing.set()
        await asyncio.Event().wait()

    async with (
        RawServer(answers(status=503), answers(one())) as server,
        AllaweeClient(KEY, base_url=server.url, sleep=sleep, max_connections=1) as allawee,
    ):
        task = asyncio.create_task(allawee.customers.get("cus.1"))
        await pausing.wait()
        await cancelled(task)
        assert (await allawee.customers.get("cus.1")).id == "cus.1"
        assert (server.connections, len(server.requests)) == (1, 2)


async def test_cancelling_a_request_that_waits_for_a_connection_leaves_the_others_alone() -> None:
    gate = asyncio.Event()

    async def step(line: Line, _: RawRequest) -> None:
        await gate.wait()
        await line.answer(one())

    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1) as allawee,
    ):
        first, second, third = (
            asyncio.create_task(allawee.customers.get("cus.1")) for _ in range(3)
        )
        await server.until(lambda server: len(server.requests) == 1)
        await cancelled(second)
        gate.set()
        assert (await first).id == (await third).id == "cus.1"
        assert len(server.requests) == 2


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_cancelling_a_walk_lets_go_of_everything(page: int) -> None:
    async def step(line: Line, request: RawRequest) -> None:
        if len(server.requests) == page:
            await line.hang()
        else:
            await line.answer(page_of(f"cus.{len(server.requests)}", has_more=True))

    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):

        async def walk() -> None:
            async for _ in allawee.customers.list(limit=1):
                pass

        task = asyncio.create_task(walk())
        await server.until(lambda server: len(server.requests) == page)
        await cancelled(task)
        await server.until(lambda server: server.open == 0)
        assert len(server.requests) == page


async def test_a_timeout_of_the_callers_own_ends_a_call_and_stays_the_callers() -> None:
    async with (
        RawServer(hangs) as server,
        AllaweeClient(KEY, base_url=server.url) as allawee,
    ):
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.03):
                await allawee.customers.get("cus.1")
        assert not isinstance(caught.value, AllaweeError)
        await server.until(lambda server: server.open == 0)


async def test_closing_the_client_ends_a_call_under_way_with_an_error_of_ours(
    time: FakeTime,
) -> None:
    async with RawServer(hangs) as server:
        allawee = AllaweeClient(KEY, base_url=server.url, retry=ONCE, max_connections=1)
        tasks = [asyncio.create_task(allawee.customers.get("cus.1")) for _ in range(2)]
        await server.until(lambda server: len(server.requests) == 1)
        await allawee.close()
        async with asyncio.timeout(2):
            for task in tasks:
                with pytest.raises(AllaweeError):
                    await task
        await allawee.close()


@in_quick_time
async def test_failures_leave_the_pool_as_it_was() -> None:
    """After any number of failures of any kind a pool of one connection still serves."""

    async def cut(line: Line, _: RawRequest) -> None:
        await line.answer(b"{", length=50)
        line.close()

    steps = [hangs, resets, cut, answers(status=500), answers(BIG), answers(b"<html>")]
    async with (
        RawServer(*steps, answers(one())) as server,
        AllaweeClient(
            KEY,
            base_url=server.url,
            max_connections=1,
            max_response_bytes=5_000,
            timeout=0.2,
            retry=ONCE,
        ) as allawee,
    ):
        for _ in steps:
            await failure(allawee.request("POST", "/a"))
        assert (await allawee.customers.get("cus.1")).id == customer("cus.1")["id"]
        assert len(server.requests) == len(steps) + 1
