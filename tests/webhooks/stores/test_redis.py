"""What is special to the store in Redis, against a real server: its failures, and lost answers."""

from __future__ import annotations

import asyncio
import gc
import re
import subprocess
import sys
import time
import uuid
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs
import pytest
import redis
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ResponseError, WatchError

from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.version import install_command
from allawee_async.webhooks.responses import SUCCESS
from allawee_async.webhooks.stores.base import Busy, Claim, ClaimLostError, Done, StoreError
from allawee_async.webhooks.stores.redis import RedisStore, Server
from tests.support import nursery
from tests.support.canaries import locals_text, traceback_text
from tests.support.redis_proxy import ANSWER_LOST, NOT_SENT, SENT_LATE, redis_proxy
from tests.support.redis_server import MISSING, PROGRAM, free_port, running_redis

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from redis.asyncio.client import Pipeline

    from tests.support.redis_server import RedisServer

    Meanwhile = Callable[[Pipeline], Awaitable[object]]

ROOT = Path(__file__).parents[3]
PASSWORD = "pass-word-of-the-server"

needs_redis = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


@pytest.fixture
def prefix() -> str:
    return f"test:{uuid.uuid4().hex}:"


@pytest.fixture
async def store(redis_server: RedisServer, prefix: str) -> AsyncIterator[RedisStore]:
    opened = RedisStore(redis_server.url, prefix=prefix)
    yield opened
    await opened.close()


@pytest.fixture
async def client(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """A client of the developer's own."""
    async with Redis.from_url(redis_server.url) as opened:
        yield opened


async def claimed(store: RedisStore, key: str = "key", lease: float = 60.0) -> Claim:
    claim = await store.claim(key, lease=lease)
    assert isinstance(claim, Claim)
    return claim


async def end(
    store: RedisStore, claim: Claim, count: str, meanwhile: Meanwhile | None = None, **options: Any
) -> None:
    """Do one transaction, and something else before its block is left."""
    async with store.transaction(claim, **options) as pipe:
        pipe.incr(count)
        if meanwhile is not None:
            await meanwhile(pipe)


# How it is made.


def test_the_default_is_the_server_of_this_machine() -> None:
    shown = "RedisStore('redis://localhost:6379/0', prefix='allawee:webhooks:')"

    assert repr(RedisStore()) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"redis://user:{PASSWORD}@host:1/2", "redis://***@host:1/2"),
        (f"rediss://:{PASSWORD}@host", "rediss://***@host"),
        (f"redis://host/0?password={PASSWORD}&db=3", "redis://host/0"),
        (f"unix://user:{PASSWORD}@/run/redis.sock", "unix://***@/run/redis.sock"),
    ],
)
def test_what_is_shown_of_a_url_holds_no_password(url: str, shown: str) -> None:
    store = RedisStore(url, prefix="p:")

    assert repr(store) == f"RedisStore({shown!r}, prefix='p:')"
    assert PASSWORD not in repr(vars(store)) + repr(vars(store._clients))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://host",
        f"redis://user:{PASSWORD}/x@host:port/0",
        "redis://host?nonsense=1",
        "redis://host?db=x",
        7,
        b"redis:",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_and_not_quoted(url: Any) -> None:
    with pytest.raises(ConfigurationError, match="url must be like redis://host:6379/0") as caught:
        RedisStore(url)

    assert PASSWORD not in traceback_text(caught.value) + locals_text(caught.value)


async def test_there_is_either_a_url_or_a_client() -> None:
    with pytest.raises(ConfigurationError, match="a url or a client, not both"):
        RedisStore("redis://localhost", client=Redis())
    with pytest.raises(ConfigurationError, match="client must be a Redis or a RedisCluster"):
        RedisStore(client=cast("Any", redis.Redis()))


def test_without_redis_py_there_is_advice() -> None:
    program = (
        "import sys; sys.modules['redis'] = None\n"
        "import allawee_async.webhooks as webhooks\n"
        "webhooks.MemoryStore, webhooks.SQLiteStore\n"
        "try: webhooks.RedisStore\n"
        "except webhooks.StoreError: raise\n"
        "except ValueError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program]
    printed = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=60).stdout

    assert install_command("redis").encode() in printed


# Keys.


async def test_every_key_goes_by_itself(store: RedisStore, client: Redis, prefix: str) -> None:
    async def lives() -> dict[str, float]:
        names = [key.decode() async for key in client.scan_iter(f"{prefix}*")]
        return {name.removeprefix(prefix): await client.pttl(name) / 1000 for name in names}

    claim = await claimed(store, "one", lease=60)
    first = await lives()
    assert first.keys() == {"{one}", "{one}:lease"}
    assert 59 < first["{one}:lease"] <= 60
    assert 24 * 3600 < first["{one}"] <= 24 * 3600 + 60

    await store.finish(claim, b"x")
    done = await lives()
    assert done.keys() == {"{one}", "{one}:lease"}  # the second one holds the digest now
    assert all(6.9 * 24 * 3600 < left <= 7 * 24 * 3600 for left in done.values())

    await end(store, await claimed(store, "two"), f"{prefix}count")
    after = await lives()
    assert after.keys() == {*done, "{two}", "{two}:lease", "count"}
    assert 6.9 * 24 * 3600 < after["{two}"] <= 7 * 24 * 3600
    assert 6.9 * 24 * 3600 < after["{two}:lease"] <= 7 * 24 * 3600

    await store.release(await claimed(store, "three"))
    assert (await lives()).keys() == after.keys()


async def test_what_an_older_version_has_written_is_read(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    """It knew no digests, and took the second key away."""
    for letter in "dt":
        await client.set(f"{prefix}{{{letter}}}", letter + "0" * 32 + "answer", px=60_000)

        found = await store.claim(letter, lease=60)

        assert isinstance(found, Done)
        assert (found.body, found.digest) == (b"answer", "")


# What the server loses.


async def test_a_server_that_keeps_everything_is_no_trouble(store: RedisStore) -> None:
    assert [await store.trouble() for _ in range(3)] == [None] * 3


async def test_a_server_that_may_throw_keys_away_is_told_at_the_start(
    store: RedisStore, client: Redis
) -> None:
    await client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert "noeviction" in str(await store.trouble())
        assert await store.trouble() is None
    finally:
        await client.config_set("maxmemory-policy", "noeviction")


async def test_a_server_that_has_lost_its_data_is_noticed_by_everybody_once(
    store: RedisStore, redis_server: RedisServer, client: Redis, prefix: str
) -> None:
    other = RedisStore(redis_server.url, prefix=prefix)
    assert [await store.trouble(), await other.trouble()] == [None, None]

    await client.delete(*[key async for key in client.scan_iter(f"{prefix}*")])

    for one in (store, other):
        assert "has lost its data" in str(await one.trouble())
        assert await one.trouble() is None
    await other.close()


BEFORE = Server(b"1", "noeviction", evicted=5, ahead=100.0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"evicted": 8}, "has thrown away 3 keys"),
        ({"evicted": 0}, None),  # the server was started anew
        ({"ahead": 86_500.0}, r"has jumped by \+86400 s"),
        ({"ahead": -86_300.0}, r"has jumped by -86400 s"),
        ({"ahead": 159.0}, None),
        ({"ahead": float("nan")}, None),
        ({"policy": ""}, None),
    ],
)
def test_what_a_server_tells_of_itself(changes: dict[str, Any], told: str | None) -> None:
    trouble = attrs.evolve(BEFORE, **changes).trouble(BEFORE)

    assert trouble is None if told is None else re.search(told, str(trouble))


async def test_who_may_not_ask_for_its_state_learns_of_lost_data_all_the_same(
    redis_server: RedisServer, client: Redis, prefix: str
) -> None:
    user = prefix.split(":")[1]
    await client.acl_setuser(
        user,
        enabled=True,
        passwords=["+pass"],
        keys=["*"],
        categories=["+@all"],
        commands=["-info"],
    )
    store = RedisStore(f"redis://{user}:pass@127.0.0.1:{redis_server.port}/0", prefix=prefix)
    assert await store.trouble() is None
    await client.delete(f"{prefix}generation")

    assert "has lost its data" in str(await store.trouble())
    await store.close()
    await client.acl_deluser(user)


async def test_a_lease_ends_by_the_clock_of_the_server(store: RedisStore) -> None:
    await claimed(store, lease=0.05)
    give_up = time.monotonic() + 10
    while (found := await store.claim("key", lease=60)) == Busy():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)

    assert isinstance(found, Claim)


async def test_what_it_writes_survives_the_scripts_of_the_server(
    store: RedisStore, client: Redis
) -> None:
    """A server that was started anew, or another one after a failover, knows no scripts."""
    claim = await claimed(store)
    await client.script_flush()
    assert await store.finish(claim, b"x") == b"x"
    await client.script_flush()

    assert await store.claim("key", lease=60) == Done(b"x")


@pytest.fixture(scope="module")
def cluster_port() -> Any:
    """A cluster of one server, which still refuses steps over several slots."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    with running_redis("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as server:

        async def take_all_slots() -> None:
            async with Redis.from_url(server.url) as client:
                await client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)  # type: ignore[no-untyped-call]

        async def is_ready() -> bool:
            async with Redis.from_url(server.url) as client:
                return b"cluster_state:ok" in await client.execute_command("CLUSTER", "INFO")  # type: ignore[no-untyped-call]

        asyncio.run(take_all_slots())
        give_up = time.monotonic() + 20
        while not asyncio.run(is_ready()):
            assert time.monotonic() < give_up
            time.sleep(0.01)
        yield server.port


@pytest.mark.parametrize("key", ["a", "card.closed|auth|approved|evt", "x}{y", "{z}"])
async def test_it_claims_on_a_cluster(cluster_port: int, key: str) -> None:
    async with RedisCluster(host="127.0.0.1", port=cluster_port) as cluster:
        store = RedisStore(client=cluster)
        claim = await claimed(store, key)
        assert await store.claim(key, lease=60) == Busy()
        assert await store.renew(claim, lease=60)
        await store.release(claim)
        await store.finish(await claimed(store, key), b"x")
        assert await store.claim(key, lease=60) == Done(b"x")

        with pytest.raises(ConfigurationError, match="the client of one server, not a cluster"):
            await end(store, claim, "count")


# Clients.


async def test_a_client_of_your_own_is_used_and_not_closed(
    redis_server: RedisServer, prefix: str
) -> None:
    async with Redis.from_url(redis_server.url, decode_responses=True) as client:
        store = RedisStore(client=client, prefix=prefix)
        claim = await claimed(store)
        await end(store, claim, f"{prefix}count")
        await store.close()

        assert await client.get(f"{prefix}count") == "1"
        assert await store.claim("key", lease=60) == Done(SUCCESS)
        assert repr(store) == f"RedisStore(a client of your own, prefix={prefix!r})"


async def test_more_tasks_than_connections_wait_their_turn(redis_server: RedisServer) -> None:
    store = RedisStore(redis_server.url, prefix=f"test:{uuid.uuid4().hex}:", timeout=20)
    found = await asyncio.gather(*(store.claim(f"key {n}", lease=60) for n in range(400)))

    assert all(isinstance(claim, Claim) for claim in found)
    await store.close()


def test_a_store_that_is_not_closed_is_closed_with_its_loop(redis_server: RedisServer) -> None:
    """A connection that was left open would warn here."""
    store = RedisStore(redis_server.url, prefix=f"test:{uuid.uuid4().hex}:")
    claim = asyncio.run(claimed(store))
    gc.collect()

    assert asyncio.run(store.finish(claim, b"x")) == b"x"
    gc.collect()
    assert len(store._clients._open) == 1  # the loops before are not remembered


# Failures.


async def test_a_server_that_is_not_there(redis_server: RedisServer) -> None:
    store = RedisStore("redis://127.0.0.1:1/0")
    with pytest.raises(StoreError, match="look whether the server runs") as caught:
        await store.claim("key", lease=60)
    with pytest.raises(StoreError, match="look whether the server runs"):
        await end(store, Claim("key", "0" * 32), "count")

    assert isinstance(caught.value, AllaweeError)
    assert caught.value.outcome_unknown is False
    await store.close()


@needs_redis
async def test_a_password_is_needed_and_never_shown() -> None:
    with running_redis("--requirepass", PASSWORD) as server:
        address = server.url.removeprefix("redis://")
        for url in (server.url, f"redis://:{PASSWORD[:-1]}@{address}"):
            store = RedisStore(url)
            with pytest.raises(StoreError) as caught:
                await store.claim("key", lease=60)
            shown = traceback_text(caught.value) + locals_text(caught.value)
            assert PASSWORD[:-1] not in shown
            assert caught.value.__cause__ is None  # frames of redis-py hold it
            assert caught.value.__suppress_context__
            await store.close()

        store = RedisStore(f"redis://:{PASSWORD}@{address}")
        await claimed(store)
        await store.close()


@needs_redis
async def test_a_server_that_is_started_anew() -> None:
    with running_redis() as server:
        store = RedisStore(server.url)
        claim = await claimed(store)
        server.stop()
        with pytest.raises(StoreError):
            await store.renew(claim, lease=60)
        server.start()

        assert not await store.renew(claim, lease=60)  # it kept nothing on a disk
        assert await store.finish(claim, b"x") == b"x"
        await store.close()


@needs_redis
async def test_a_server_that_hangs_is_not_waited_for() -> None:
    with running_redis() as server:
        store = RedisStore(server.url, timeout=0.2)
        claim, other = await claimed(store), await claimed(store, "other")
        server.hang()
        async with asyncio.timeout(10):
            told = await asyncio.gather(
                store.claim("another", lease=60),
                store.renew(claim, lease=60),
                store.finish(claim, b"x"),
                store.release(claim),
                end(store, other, "count"),
                return_exceptions=True,
            )
        for error in told:
            assert isinstance(error, StoreError)
            assert "did not answer in time" in str(error)
        server.go_on()

        assert isinstance(await store.claim("later", lease=60), Claim)
        await store.close()


@needs_redis
async def test_a_patient_client_of_your_own_is_not_waited_for_either() -> None:
    with running_redis() as server:
        async with Redis.from_url(server.url, socket_timeout=30) as client:
            store = RedisStore(client=client, timeout=0.2)
            await claimed(store)
            server.hang()
            with pytest.raises(StoreError, match="did not answer in time"):
                await asyncio.wait_for(store.claim("another", lease=60), 10)
            server.go_on()


@needs_redis
async def test_a_server_that_hangs_in_the_midst_of_a_transaction() -> None:
    with running_redis() as server:
        store = RedisStore(server.url, timeout=0.2)
        claim = await claimed(store)

        async def hang(_: Pipeline) -> None:
            server.hang()

        started = time.monotonic()
        with pytest.raises(StoreError, match="did not answer in time") as caught:
            await end(store, claim, "count", hang)
        assert time.monotonic() - started < 4
        assert caught.value.outcome_unknown
        server.go_on()

        found = await store.claim("key", lease=60)  # the server got the commands after all
        async with Redis.from_url(server.url) as client:
            count = int(await client.get("count") or 0)
        assert (found, count) in [(Done(SUCCESS), 1), (Busy(), 0)]
        await store.close()


@needs_redis
@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (("--replicaof", "127.0.0.1 1"), "this is a replica; give the url of the primary"),
        (("--maxmemory", "1"), "its memory is full"),
    ],
)
async def test_a_server_that_takes_no_writes(options: tuple[str, ...], advice: str) -> None:
    with running_redis(*options) as server:
        store = RedisStore(server.url)
        with pytest.raises(StoreError, match=advice):
            await store.claim("key", lease=60)
        await store.close()


# Transactions.


async def test_nothing_runs_before_the_block_is_left(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    async with store.transaction(await claimed(store)) as pipe:
        pipe.incr(f"{prefix}count")
        assert await client.get(f"{prefix}count") is None

    assert await client.get(f"{prefix}count") == b"1"


async def test_renewing_does_not_disturb_a_transaction(store: RedisStore, prefix: str) -> None:
    claim = await claimed(store)
    async with store.transaction(claim) as pipe:
        pipe.incr(f"{prefix}count")
        assert await store.renew(claim, lease=60)

    assert await store.claim("key", lease=60) == Done(SUCCESS)


@pytest.mark.parametrize("how", ["taken over", "given back", "finished"])
async def test_a_claim_that_is_lost_inside_of_the_block(
    store: RedisStore, client: Redis, prefix: str, how: str
) -> None:
    claim = await claimed(store)

    async def lose(_: Pipeline) -> None:
        match how:
            case "taken over":
                await client.delete(f"{prefix}{{key}}:lease")  # the lease ends
                await claimed(store)
            case "given back":
                await store.release(claim)
            case _:
                await store.finish(claim, b"the default")

    with pytest.raises(ClaimLostError):
        await end(store, claim, f"{prefix}count", lose)

    assert await client.get(f"{prefix}count") is None


async def test_keys_of_your_own_can_be_watched(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    """Read, decide, write: whoever else writes in between lets the block be done again."""
    balance, claim = f"{prefix}balance", await claimed(store)
    await client.set(balance, 100)
    reads: list[int] = []

    async def spend(amount: int) -> None:
        async with store.transaction(claim, watch=[balance]) as pipe:
            reads.append(int(await client.get(balance) or 0))
            if len(reads) == 1:
                await client.decrby(balance, 30)
            pipe.set(balance, reads[-1] - amount)

    with pytest.raises(WatchError):
        await spend(50)
    assert await store.claim("key", lease=60) == Busy()
    await spend(50)

    assert reads == [100, 70]
    assert await client.get(balance) == b"20"
    assert await store.claim("key", lease=60) == Done(SUCCESS)


async def test_a_claim_that_is_lost_is_told_also_where_more_is_watched(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    claim = await claimed(store)

    async def lose(_: Pipeline) -> None:
        await client.set(f"{prefix}balance", 1)
        await store.release(claim)

    with pytest.raises(ClaimLostError):
        await end(store, claim, f"{prefix}count", lose, watch=[f"{prefix}balance"])


@pytest.mark.parametrize("how", ["execute", "reset"])
async def test_a_block_that_executes_by_itself_is_told_so(
    store: RedisStore, client: Redis, prefix: str, how: str
) -> None:
    with pytest.raises(ConfigurationError, match="leave out execute and reset"):
        await end(store, await claimed(store), f"{prefix}count", methodcaller(how))

    executed = how == "execute"
    assert await client.get(f"{prefix}count") == (b"1" if executed else None)
    assert await store.claim("key", lease=60) == (Done(SUCCESS) if executed else Busy())


async def test_redis_undoes_nothing(store: RedisStore, client: Redis, prefix: str) -> None:
    """A command that is wrong for its key fails alone; the documents of the store say so."""
    await client.rpush(f"{prefix}list", 1)

    async def wrong(pipe: Pipeline) -> None:
        pipe.incr(f"{prefix}list")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await end(store, await claimed(store), f"{prefix}count", wrong)

    assert await client.get(f"{prefix}count") == b"1"
    assert await store.claim("key", lease=60) == Done(SUCCESS)


async def test_a_command_that_is_no_command_undoes_all(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    async def nonsense(pipe: Pipeline) -> None:
        pipe.execute_command("NONSENSE")

    with pytest.raises(ResponseError, match="unknown command"):
        await end(store, await claimed(store), f"{prefix}count", nonsense)

    assert await client.get(f"{prefix}count") is None
    assert await store.claim("key", lease=60) == Busy()


@pytest.mark.parametrize("lost", [False, True])
async def test_a_connection_is_not_made_anew_inside_of_a_transaction(
    store: RedisStore, client: Redis, prefix: str, lost: bool
) -> None:
    """It would not watch the claim any more, and execute whoever holds it."""
    claim = await claimed(store)

    async def break_off(pipe: Pipeline) -> None:
        if lost:
            await store.release(claim)
            await claimed(store)
        assert pipe.connection is not None
        await pipe.connection.disconnect()

    with pytest.raises(ClaimLostError if lost else StoreError):
        await end(store, claim, f"{prefix}count", break_off)

    assert await client.get(f"{prefix}count") is None
    assert await store.claim("key", lease=60) == Busy()


async def test_a_store_that_is_closed_inside_of_a_transaction(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    async def close(_: Pipeline) -> None:
        await store.close()

    with pytest.raises(StoreError):
        await end(store, await claimed(store), f"{prefix}count", close)

    assert await client.get(f"{prefix}count") is None


async def test_a_claim_ends_in_one_transaction_only(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    """The second one is told so, although the mark that it finds belongs to the same claim."""
    claim = await claimed(store)

    async def end_it(_: Pipeline) -> None:
        await end(store, claim, f"{prefix}count")

    with pytest.raises(ClaimLostError):
        await end(store, claim, f"{prefix}count", end_it)

    assert await client.get(f"{prefix}count") == b"1"


async def test_cancelling_inside_of_a_transaction_has_no_effect(
    store: RedisStore, client: Redis, prefix: str
) -> None:
    claim = await claimed(store)
    inside = asyncio.Event()

    async def handle() -> None:
        async with store.transaction(claim) as pipe:
            pipe.incr(f"{prefix}count")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(handle())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await client.get(f"{prefix}count") is None
    await end(store, claim, f"{prefix}count")
    assert await client.get(f"{prefix}count") == b"1"


# Answers that get lost.


async def test_a_transaction_of_which_the_answer_got_lost_is_looked_up(
    redis_server: RedisServer, client: Redis, prefix: str
) -> None:
    async with redis_proxy(redis_server.port) as proxy:
        store = RedisStore(proxy.url, prefix=prefix, timeout=5)
        claim = await claimed(store)
        proxy.trouble = ANSWER_LOST
        await end(store, claim, f"{prefix}count")  # raises nothing

        assert await client.get(f"{prefix}count") == b"1"
        assert await store.claim("key", lease=60) == Done(SUCCESS)
        await store.close()


@pytest.mark.parametrize("trouble", [NOT_SENT, SENT_LATE])
async def test_a_transaction_of_which_nobody_knows_the_outcome(
    redis_server: RedisServer, client: Redis, prefix: str, trouble: str
) -> None:
    """Giving the claim back settles it: commands that arrive later do nothing."""
    async with redis_proxy(redis_server.port) as proxy:
        store = RedisStore(proxy.url, prefix=prefix, timeout=5)
        claim = await claimed(store)
        proxy.trouble = trouble
        with pytest.raises(StoreError) as caught:
            await end(store, claim, f"{prefix}count")
        assert caught.value.outcome_unknown

        await store.release(claim)
        proxy.late.set()
        if trouble == SENT_LATE:
            await asyncio.wait_for(proxy.was_late.wait(), 10)
        assert await client.get(f"{prefix}count") is None

        await end(store, await claimed(store), f"{prefix}count")
        assert await client.get(f"{prefix}count") == b"1"
        await store.close()


async def test_commands_that_arrive_late_count_if_nobody_took_the_claim(
    redis_server: RedisServer, client: Redis, prefix: str
) -> None:
    async with redis_proxy(redis_server.port) as proxy:
        store = RedisStore(proxy.url, prefix=prefix, timeout=5)
        claim = await claimed(store)
        proxy.trouble = SENT_LATE
        with pytest.raises(StoreError):
            await end(store, claim, f"{prefix}count")
        proxy.late.set()
        await asyncio.wait_for(proxy.was_late.wait(), 10)

        assert await client.get(f"{prefix}count") == b"1"
        assert await store.finish(claim, b"the default") == SUCCESS
        await store.close()


async def test_a_step_of_which_the_answer_got_lost_is_done_again(
    redis_server: RedisServer, prefix: str
) -> None:
    async with redis_proxy(redis_server.port) as proxy:
        store = RedisStore(proxy.url, prefix=prefix, timeout=5)
        await store.finish(await claimed(store, "first"), b"x")
        proxy.command = b"EVAL\r\n"

        proxy.trouble = ANSWER_LOST
        claim = await claimed(store)
        proxy.trouble = ANSWER_LOST
        assert await store.renew(claim, lease=60)
        proxy.trouble = ANSWER_LOST
        assert await store.finish(claim, b"x") == b"x"
        assert proxy.trouble is None
        await store.close()  # type: ignore[unreachable]


async def test_a_connection_that_was_closed_is_made_anew(store: RedisStore, client: Redis) -> None:
    """An idle connection that the server closed is noticed when it is used."""
    claim = await claimed(store)
    await client.client_kill_filter(skipme=True, _type="normal")

    assert await store.renew(claim, lease=60)
    await client.client_kill_filter(skipme=True, _type="normal")
    assert await store.finish(claim, b"x") == b"x"


# Processes.

RACER = """
import asyncio, sys, warnings
warnings.simplefilter("error")
from allawee_async.webhooks import Claim, RedisStore

async def race():
    store = RedisStore(sys.argv[1], prefix=sys.argv[2], timeout=20)
    for number in range(100):
        claim = await store.claim(f"key {number}", lease=60)
        if isinstance(claim, Claim):
            async with store.transaction(claim) as pipe:
                pipe.incr(f"{sys.argv[2]}count {number}")
            print(number)
    await store.close()

asyncio.run(race())
"""


async def test_processes_share_the_server(
    redis_server: RedisServer, client: Redis, prefix: str
) -> None:
    command = ("-c", RACER, redis_server.url, prefix)
    racers = [nursery.python(*command, stdout=nursery.PIPE) for _ in range(2)]
    ends = (asyncio.to_thread(racer.communicate) for racer in racers)
    printed = await asyncio.wait_for(asyncio.gather(*ends), 60)

    assert [racer.returncode for racer in racers] == [0, 0]
    winners = sorted(int(number) for output, _ in printed for number in output.split())
    assert winners == list(range(100))
    counts = await client.mget([f"{prefix}count {number}" for number in range(100)])
    assert counts == [b"1"] * 100
