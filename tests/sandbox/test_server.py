"""Starting, closing, and what belongs to one sandbox alone."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from allawee_async import sandbox as public
from allawee_async.openapi import document
from allawee_async.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, Calling


async def test_what_listens_everywhere_has_an_address_that_works() -> None:
    async with Sandbox(host="0.0.0.0") as sandbox, sandbox.client() as allawee:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert await allawee.customers.list().first() is not None


async def test_the_two_hosts_are_two_ports() -> None:
    async with Sandbox() as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert sandbox.secure_url.startswith("http://127.0.0.1:")
        assert sandbox.url != sandbox.secure_url
        assert sandbox.url in repr(sandbox)
        assert sandbox.api_key not in repr(sandbox)


async def test_it_is_started_and_closed_by_hand_too_and_again(calling: Calling) -> None:
    sandbox = Sandbox()
    for _ in range(2):
        await sandbox.start()
        assert (await calling(sandbox).get("/customers")).status == 200
        await sandbox.close()
        await sandbox.close()
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.url
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.secure_url
    assert "not started" in repr(sandbox)


async def test_it_cannot_be_started_twice(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        await sandbox.start()


async def test_a_used_port_is_told_and_nothing_is_left_open(sandbox: Sandbox) -> None:
    port = int(sandbox.secure_url.rpartition(":")[2])
    other = Sandbox(secure_port=port)

    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
        await other.start()
    with pytest.raises(RuntimeError, match="not running"):
        _ = other.url
    assert len(asyncio.all_tasks()) == 1


async def test_the_address_may_be_of_version_six(calling: Calling) -> None:
    try:
        async with Sandbox(host="::1") as sandbox:
            assert sandbox.url.startswith("http://[::1]:")
            assert (await calling(sandbox).get("/customers")).status == 200
    except OSError:
        pytest.skip("this computer has no IPv6")


def test_a_negative_number_of_customers_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Sandbox(customers=-1)


def test_a_negative_number_of_requests_to_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Sandbox(log_size=-1)


@pytest.mark.parametrize("fault", ["idle", "hang", "latency"])
async def test_closing_does_not_wait_and_leaves_nothing_behind(
    calling: Calling, fault: str
) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    caller = calling(sandbox)
    await caller.get("/customers")
    waiting: asyncio.Task[Any] | None = None
    if fault != "idle":
        if fault == "hang":
            sandbox.faults.hang()
        else:
            sandbox.faults.latency(60)
        waiting = asyncio.create_task(caller.post({}))
        await caller.arrived(2)
    started = time.perf_counter()
    await sandbox.close()

    assert time.perf_counter() - started < 0.5
    if waiting is not None:
        with pytest.raises(aiohttp.ClientError):
            await waiting
    assert len(asyncio.all_tasks()) == 1


async def test_two_sandboxes_share_nothing(calling: Calling, new_customer: dict[str, Any]) -> None:
    async with Sandbox() as one, Sandbox() as other:
        await calling(one).post(new_customer)
        one.faults.status(503)
        one.add_key("sk.test.other")

        assert len(one.state.customers) == 3
        assert len(other.state.customers) == 2
        assert (await calling(other).get("/customers")).status == 200
        with pytest.raises(ValueError, match="cannot be revoked"):
            other.revoke_key("sk.test.other")


async def test_the_same_seed_gives_the_same_sandbox(
    calling: Calling, new_customer: dict[str, Any]
) -> None:
    ids: set[str] = set()
    for _ in range(2):
        async with Sandbox(seed=5) as sandbox:
            answer = await calling(sandbox).post(new_customer)
            ids |= {answer.json["data"]["id"], answer.headers["x-request-id"], sandbox.api_key}

    assert len(ids) == 3
    assert Sandbox(seed=6).api_key != Sandbox(seed=5).api_key
    assert Sandbox(api_key="sk.test.mine").api_key == "sk.test.mine"


async def test_reset_goes_back_to_the_beginning(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any]
) -> None:
    seeded = (await allawee.get("/customers")).json
    first = (await allawee.post(new_customer)).json["data"]
    sandbox.revoke_key(sandbox.api_key)
    sandbox.faults.status(503)
    sandbox.reset()

    assert len(sandbox.requests) == 0
    assert len(sandbox.faults) == 0
    assert (await allawee.get("/customers")).json == seeded
    assert (await allawee.post(new_customer)).json["data"]["id"] == first["id"]


async def test_customers_can_be_planted_unchecked(allawee: Caller, sandbox: Sandbox) -> None:
    plain = sandbox.add_customer()
    odd = sandbox.add_customer({"id": "odd", "status": "frozen", "name": None, "extra": [1]})

    assert (await allawee.get(f"/customers/{plain['id']}")).json["data"]["name"] == "Ada Obi"
    stored = (await allawee.get("/customers/odd")).json["data"]
    assert stored == {name: value for name, value in odd.items() if name != "reference"}
    with pytest.raises(ValueError, match="same id"):
        sandbox.add_customer({"id": "odd"})


def test_the_state_can_be_looked_through() -> None:
    sandbox = Sandbox(customers=10)

    assert [customer["object"] for customer in sandbox.state.customers] == ["customer"] * 10
    assert "cus.2tXNjMhytgx7hCxu9" in sandbox.state.customers


async def test_a_new_id_is_never_one_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox()
    drawn = iter(["cus.2tXNjMhytgx7hCxu9", "cus.fresh"])
    monkeypatch.setattr("allawee_async.sandbox.core.values.IdSource.new", lambda *_: next(drawn))

    assert sandbox.add_customer()["id"] == "cus.fresh"


async def test_the_client_is_pointed_at_the_sandbox(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    from types import ModuleType

    class Spy:
        def __init__(self, key: str, **options: object) -> None:
            self.given = (key, options)

    module = ModuleType("allawee_async.client")
    module.__dict__["AllaweeClient"] = Spy
    monkeypatch.setitem(sys.modules, "allawee_async.client", module)
    given: Any = sandbox.client(timeout=5)

    assert given.given == (
        sandbox.api_key,
        {"base_url": sandbox.url, "secure_url": sandbox.secure_url, "timeout": 5},
    )


def test_what_is_public_is_sorted_and_there() -> None:
    assert public.__all__ == sorted(public.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(public, name) for name in public.__all__)


async def test_the_log_and_the_mistakes_can_be_cut_like_lists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Sandbox() as sandbox:
        assert sandbox.crashes[-1:] == []
        assert sandbox.requests[-1:] == []
        monkeypatch.setattr(sandbox.state.scheduler, "take_due", None)
        async with aiohttp.ClientSession() as session, session.get(sandbox.url):
            pass

        assert len(sandbox.crashes[-1:]) == len(sandbox.requests[-1:]) == 1


async def test_it_serves_the_description_of_the_api_without_a_key(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{sandbox.url}/openapi.json") as response:
            assert (response.status, response.content_type) == (200, "application/json")
            described = await response.json()
        async with session.post(f"{sandbox.url}/openapi.json") as refused:
            assert refused.status == 401

    assert described == document(base_url=sandbox.url, secure_url=sandbox.secure_url)
