"""One client in many hands: tasks, event loops, threads, subclasses, and kinds of loops."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from allawee_async import AllaweeClient, ConfigurationError, RetryPolicy
from allawee_async.sandbox import Sandbox
from tests.support.loops import told_in_developers_mode
from tests.support.raw_server import Line, RawRequest, RawServer, answers, one
from tests.support.threads import sandbox_in_thread

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk.test.canary"


# Tasks


async def test_the_last_task_to_leave_closes_the_client() -> None:
    gate = asyncio.Event()

    async def step(line: Line, request: RawRequest) -> None:
        if request.method == "POST":
            await gate.wait()
        await line.answer(one())

    async with RawServer(step) as server:
        client = AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(attempts=1))

        async def write() -> int:
            async with client as allawee:
                return (await allawee.request("POST", "/a")).status

        async def read() -> None:
            async with client as allawee:
                await allawee.customers.get("cus.1")

        writing = asyncio.create_task(write())
        await server.until(lambda server: len(server.requests) == 1)
        await read()
        await read()
        gate.set()

        assert await writing == 200
        await server.until(lambda server: server.open == 0)
        with pytest.raises(ConfigurationError, match="closed"):
            await client.customers.get("cus.1")


async def test_leaving_by_an_error_counts_as_leaving() -> None:
    async with RawServer() as server:
        client = AllaweeClient(KEY, base_url=server.url)
        async with client:
            with pytest.raises(ZeroDivisionError):
                async with client:
                    raise ZeroDivisionError
            await client.customers.get("cus.1")
        await server.until(lambda server: server.open == 0)


async def test_closing_by_hand_closes_for_everybody_and_miscounts_nobody() -> None:
    async with RawServer() as server:
        client = AllaweeClient(KEY, base_url=server.url)
        async with client:
            await client.customers.get("cus.1")
            await client.close()
            await server.until(lambda server: server.open == 0)
            async with client:
                await client.customers.get("cus.1")
            await client.customers.get("cus.1")
            assert server.connections == 2  # the inner block closed nothing
        await server.until(lambda server: server.open == 0)
        async with client, client:
            await client.customers.get("cus.1")
        await server.until(lambda server: server.open == 0)
        assert server.connections == 3


async def test_a_view_does_not_close_its_client() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        async with allawee.with_options(timeout=3) as view, allawee.with_options() as other:
            await view.customers.get("cus.1")
            await other.customers.get("cus.1")
        await allawee.customers.get("cus.1")
        assert server.connections == 1


async def test_a_view_of_a_client_that_nobody_entered_leaves_it_open() -> None:
    async with RawServer() as server:
        allawee = AllaweeClient(KEY, base_url=server.url)
        async with allawee.with_options() as view:
            await view.customers.get("cus.1")
        await allawee.customers.get("cus.1")
        assert server.connections == 1
        await allawee.close()


async def test_who_is_inside_of_a_view_is_not_cut_off_by_its_client() -> None:
    gate = asyncio.Event()

    async def step(line: Line, _: RawRequest) -> None:
        await gate.wait()
        await line.answer(one())

    async with RawServer(step) as server:
        client = AllaweeClient(KEY, base_url=server.url, retry=RetryPolicy(attempts=1))

        async def write() -> int:
            async with client.with_options(timeout=3) as view:
                return (await view.request("POST", "/a")).status

        async with client:
            writing = asyncio.create_task(write())
            await server.until(lambda server: len(server.requests) == 1)
        gate.set()

        assert await writing == 200
        await server.until(lambda server: server.open == 0)
        with pytest.raises(ConfigurationError, match="closed"):
            await client.customers.get("cus.1")


# Loops


def test_a_client_is_closed_from_another_loop_while_its_own_stands_still() -> None:
    """So do fixtures whose loop is another one than that of the test."""
    with sandbox_in_thread() as sandbox:
        client = sandbox.client()
        with asyncio.Runner() as own, asyncio.Runner() as other:
            own.run(client.customers.list().first())
            other.run(client.close())
            other.run(client.close())
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            del client
            gc.collect()
    assert seen == []


def test_a_client_is_closed_from_another_loop_while_its_own_runs_in_a_thread() -> None:
    with sandbox_in_thread() as sandbox:
        client, loop = sandbox.client(), asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        asyncio.run_coroutine_threadsafe(client.customers.list().first(), loop).result(5)

        asyncio.run(client.close())

        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            del client
            gc.collect()
    assert seen == []


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_client_is_closed_after_the_end_of_its_loop() -> None:
    with sandbox_in_thread() as sandbox:
        client, loop = sandbox.client(), asyncio.new_event_loop()
        loop.run_until_complete(client.customers.list().first())
        loop.close()

        asyncio.run(client.close())
        asyncio.run(client.close())
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            del client
            gc.collect()
    assert [str(one.message) for one in seen if "AllaweeClient" in str(one.message)] == []


def test_one_client_serves_loop_after_loop() -> None:
    with sandbox_in_thread() as sandbox:
        client = sandbox.client()

        async def read() -> str | None:
            async with client:
                found = await client.customers.list().first()
            return found and found.id  # type: ignore[return-value]

        assert len({asyncio.run(read()) for _ in range(4)}) == 1


PROGRAM = """
import asyncio
from allawee_async import AllaweeClient, TransportError
from allawee_async.sandbox import Sandbox

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # how fast we are is no matter here
    options = {"max_connections": 4}
    async with Sandbox(customers=30, seed=1) as sandbox, sandbox.client(**options) as client:
        names = [customer.name async for customer in client.customers.list(limit=7)]
        assert len(names) == 30, len(names)
        async for customer in client.customers.list(limit=7):
            break
        found = await asyncio.gather(*(client.customers.list(limit=1).first() for _ in range(40)))
        assert len({each.id for each in found}) == 1
        tasks = [asyncio.create_task(client.customers.list().first()) for _ in range(30)]
        await asyncio.sleep(0.002)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (await client.customers.list().first()).id == found[0].id
        sandbox.faults.reset(method="GET", times=1)
        assert (await client.customers.list().first()).id == found[0].id
        async with client:
            pass
        assert (await client.request("GET", "/customers")).status == 200
"""


def test_in_developers_mode_nothing_warns_in_any_loop() -> None:
    assert told_in_developers_mode(PROGRAM) == (0, "done\n")


# Subclasses


class Desk(AllaweeClient):
    """A client with a memory of its own."""

    def __init__(self, key: str, *, name: str, **options: Any) -> None:
        super().__init__(key, **options)
        self.name = name
        self.seen: list[str] = []

    async def look(self, customer_id: str) -> str | None:
        self.seen.append(customer_id)
        return (await self.customers.get(customer_id)).name


async def test_a_view_of_a_subclass_is_one_with_all_its_attributes() -> None:
    step = answers(one())
    async with RawServer(step) as server, Desk(KEY, name="front", base_url=server.url) as desk:
        await desk.look("cus.1")
        view = desk.with_options(headers={"X-View": "yes"})
        assert await view.look("cus.1") == "Name of cus.1"

    assert type(view) is Desk
    assert view.name == "front"
    assert view.seen is desk.seen
    assert [each.headers.get("x-view") for each in server.requests] == [None, "yes"]


# Sessions of the caller


async def test_our_key_wins_over_a_netrc_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password canary-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with RawServer() as server, aiohttp.ClientSession(trust_env=True) as session:
        allawee = AllaweeClient(KEY, base_url=server.url, session=session)
        await allawee.customers.get("cus.1")
        await allawee.request("POST", "/a")
        async with session.get(server.url) as response:
            assert response.status == 200

    sent = [each.headers["authorization"] for each in server.requests]
    assert sent[:2] == [f"Bearer {KEY}"] * 2
    assert sent[2].startswith("Basic ")


async def test_the_middlewares_of_a_callers_session_run_as_before() -> None:
    seen: list[str] = []

    async def note(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        seen.append(request.method)
        response: aiohttp.ClientResponse = await handler(request)
        return response

    async with RawServer() as server, aiohttp.ClientSession(middlewares=(note,)) as session:
        await AllaweeClient(KEY, base_url=server.url, session=session).customers.get("cus.1")

    assert seen == ["GET"]


# Hosts


async def test_a_call_to_a_host_that_was_not_named_is_refused_before_anything_is_sent() -> None:
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url) as without_secure,
        AllaweeClient(KEY, secure_url=server.url) as without_base,
    ):
        with pytest.raises(ConfigurationError, match="secure_url"):
            await without_secure.cards.secrets("c.1")
        with pytest.raises(ConfigurationError, match="secure_url"):
            await without_secure.request("GET", "/a", secure=True)
        with pytest.raises(ConfigurationError, match="base_url"):
            await without_base.customers.list()
        assert server.requests == []
        await without_secure.customers.get("cus.1")
        await without_base.request("GET", "/a", secure=True)
        assert len(server.requests) == 2


@pytest.mark.parametrize("argument", ["base_url", "secure_url"])
@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u00a0"])
def test_an_empty_host_is_a_mistake_and_never_the_live_one(argument: str, value: str) -> None:
    options: dict[str, Any] = {argument: value}
    with pytest.raises(ConfigurationError, match=argument):
        AllaweeClient("sk.live.canary", **options)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLAWEE_BASE_URL", "")
    monkeypatch.setenv("ALLAWEE_SECURE_URL", "")
    assert "https://api.allawee.com" in repr(AllaweeClient(KEY))


# Time


@pytest.mark.parametrize("total", [None, 0, 0.0, -1])
async def test_no_limit_for_an_attempt_leaves_the_deadline(total: float | None) -> None:
    async def never(line: Line, _: RawRequest) -> None:
        await line.hang()

    timeout = aiohttp.ClientTimeout(total=total)
    policy = RetryPolicy(attempts=1, deadline=0.3)
    async with (
        asyncio.timeout(5),
        RawServer(never) as server,
        AllaweeClient(KEY, base_url=server.url, timeout=timeout) as allawee,
    ):
        with pytest.raises(TimeoutError, match="no answer in time"):
            await allawee.with_options(retry=policy).customers.get("cus.1")


async def test_no_limit_for_an_attempt_lets_files_through(tmp_path: Path) -> None:
    timeout = aiohttp.ClientTimeout(total=0)
    async with (
        RawServer(answers(b"%PDF", headers={"Content-Type": "application/pdf"})) as server,
        AllaweeClient(KEY, base_url=server.url, timeout=timeout) as allawee,
    ):
        await allawee.payments.receipt_pdf("pay.1").save_to(tmp_path / "receipt.pdf")

    assert (tmp_path / "receipt.pdf").read_bytes() == b"%PDF"


async def test_a_file_holds_its_place_until_it_is_closed() -> None:
    async def step(line: Line, request: RawRequest) -> None:
        if request.path == "/a":
            await line.answer(b"{}")
        else:
            await line.answer(b"x" * 5_000_000, headers={"Content-Type": "application/pdf"})

    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, max_connections=1) as allawee,
    ):
        async with allawee.payments.receipt_pdf("pay.1") as file:
            waiting = asyncio.create_task(allawee.request("GET", "/a"))
            await asyncio.sleep(0.01)
            assert not waiting.done()
            assert file.content_type == "application/pdf"
        assert (await asyncio.wait_for(waiting, 2)).status == 200
        for _ in range(3):
            assert len(await allawee.payments.receipt_pdf("pay.1").read()) == 5_000_000


async def test_the_sandbox_names_both_hosts() -> None:
    async with Sandbox(seed=1) as sandbox, sandbox.client() as allawee:
        card = await allawee.cards.list().first()
        assert card is not None
        assert (await allawee.cards.secrets(card.id)).pan
