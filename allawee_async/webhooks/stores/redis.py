"""Claims in Redis: for the processes of many machines.

An event has two keys. One holds its state: a letter, the token of the claim (or of the transaction
that ended it) and, once it is done, the answer. The other is there while the lease of the claim
runs, and goes by itself; so renewing a claim does not touch the state, which transactions watch.
Of an event that is done it holds the digest of the delivery; older versions leave it out.

All scripts may run twice, because an answer that got lost is asked for again.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, cast
from urllib.parse import urlsplit

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import MASK, SecretText, secret_text
from allawee_async.version import needing
from allawee_async.webhooks.stores import base
from allawee_async.webhooks.stores.base import Claim, ClaimLostError, StoreError

with needing("redis-py", "redis"):
    from redis import exceptions as redis_errors
    from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
    from redis.asyncio.client import Pipeline
    from redis.asyncio.connection import AbstractConnection, parse_url
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

URL: Final = "redis://localhost:6379/0"
PREFIX: Final = "allawee:webhooks:"
TIMEOUT: Final = 1.0
"""Seconds for one step. A decision must not wait longer for a server that hangs."""

_SET_POLICY: Final = "set maxmemory-policy noeviction, and give it more memory"

_ODD: Final = 60.0
"""Seconds by which the clock of the server may jump before anybody is told."""

_ABANDONED: Final = 24 * 3600.0
"""Seconds for which a claim can still be finished after its lease, if nobody takes it over."""


_CLAIM: Final = """
local state = redis.call('GET', KEYS[1])
if state then
    if string.sub(state, 1, 1) ~= 'c' then
        return {string.sub(state, 34), redis.call('GET', KEYS[2]) or ''}
    end
    if state ~= 'c' .. ARGV[1] and redis.call('EXISTS', KEYS[2]) == 1 then
        return 0
    end
end
redis.call('SET', KEYS[1], 'c' .. ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
return 1
"""
"""`ARGV[2]` is the lease, `ARGV[3]` how long the state is kept. Returns the answer and the digest
of an event that is done, else 1 if the claim holds, and 0 if somebody else's does."""

_RENEW: Final = """
if redis.call('GET', KEYS[1]) == 'c' .. ARGV[1] then
    return redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
end
"""
"""`ARGV[2]` is the lease. Returns nothing if the claim is lost."""

_FINISH: Final = """
local state = redis.call('GET', KEYS[1])
if state and string.sub(state, 1, 1) ~= 'c' then
    return string.sub(state, 34)
end
if not state or state == 'c' .. ARGV[1] then
    redis.call('SET', KEYS[1], 'd' .. ARGV[1] .. ARGV[2], 'PX', ARGV[3])
    redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[3])
end
return ARGV[2]
"""
"""`ARGV[2]` is the answer, `ARGV[3]` how long it is kept, `ARGV[4]` the digest. Returns the answer
that counts."""

_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == 'c' .. ARGV[1] then
    redis.call('DEL', KEYS[1], KEYS[2])
end
"""
"""Gives a claim back if it is held."""


class RedisStore:
    """A store in Redis, for all processes that reach the server.

    A handler that keeps its own records on the same server can make its changes and mark the event
    as done in one `transaction`: then its effect happens exactly once, whatever is killed when.

    That holds as long as the server keeps what it has confirmed. A primary that dies before its
    replica has heard of a write takes the write with it, and so does a server without
    `appendonly yes` and `appendfsync always` that loses power. Set `maxmemory-policy noeviction`,
    so that events are not forgotten early.

    Args:
        url: The server: `redis://host:6379/0`, `rediss://…` with TLS, or `unix://…`.
        client: A client of your own (`redis.asyncio`), in the place of a url. It is not closed,
            and belongs to one event loop. A `RedisCluster` can claim, but has no transactions.
        prefix: What the names of all keys start with.
        keep: Seconds for which events that are done are remembered.
        timeout: Seconds to wait for the server in each step.

    Raises:
        ConfigurationError: There is both a url and a client, the url cannot be read, or a number
            is not positive. Importing it raises this, too, where redis-py is not installed.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        client: Redis | RedisCluster | None = None,
        prefix: str = PREFIX,
        keep: float = base.KEEP,
        timeout: float = TIMEOUT,
    ) -> None:
        url = None if url is None else secret_text(url)
        self._prefix = prefix
        self._borrowed = client
        self._server = "a client of your own"
        self._known: Server | None = None
        if url is not None and client is not None:
            raise ConfigurationError("give RedisStore a url or a client, not both")
        if not isinstance(cast("object", client), Redis | RedisCluster | None):
            raise ConfigurationError("client must be a Redis or a RedisCluster of redis.asyncio")
        self._timeout = base.checked_seconds("timeout", timeout)
        self._clients = RedisClients(URL if url is None else url, self._timeout)
        if client is None:
            self._server = repr(str(self._clients))
        self._keep = _milliseconds(base.checked_seconds("keep", keep))

    def __repr__(self) -> str:
        """Show the server, without user and password."""
        return f"RedisStore({self._server}, prefix={self._prefix!r})"

    async def claim(self, key: str, *, lease: float) -> base.ClaimResult:
        """Claim a key; see `Store.claim`."""
        claim = Claim(key, secrets.token_hex(16))
        kept = _milliseconds(lease + _ABANDONED)
        found = await self._run(_CLAIM, claim, _milliseconds(lease), kept)
        if found == 1:
            return claim
        if found == 0:
            return base.Busy()
        body, digest = found
        return base.Done(as_bytes(body), as_bytes(digest).decode())

    async def is_done(self, key: str) -> bool:
        """Return whether an event is done; see `AskableStore.is_done`."""
        state = await self._state(key)
        return bool(state) and not state.startswith(_CLAIMED)

    async def trouble(self) -> str | None:
        """Return what the server has lost, or may lose; see `WatchedStore.trouble`.

        The nodes of a cluster are not asked.
        """
        async with bounded(self._timeout):
            client = await self._client()
            if not isinstance(client, Redis):
                return None
            found = await Server.of(client, f"{self._prefix}generation")
        known, self._known = self._known, found
        return found.trouble(known)

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        """Let a claim hold on; see `Store.renew`."""
        return bool(await self._run(_RENEW, claim, _milliseconds(lease)))

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        """Record the answer; see `Store.finish`."""
        return as_bytes(await self._run(_FINISH, claim, body, self._keep, claim.digest))

    async def release(self, claim: Claim) -> None:
        """Give a claim back; see `Store.release`."""
        await self._run(_RELEASE, claim)

    async def close(self) -> None:
        """Close the connections of the running loop. A closed store opens others when used."""
        await self._clients.close()

    @asynccontextmanager
    async def transaction(
        self, claim: Claim, decision: base.Answer = None, *, watch: Iterable[str] = ()
    ) -> AsyncGenerator[Pipeline]:
        """Make changes on the server, and mark the event as done, in one step.

        What you call on the pipeline is queued, and runs when the block is left, all of it or
        nothing. Redis undoes nothing, though: a command that is wrong for its key (`INCR` of a
        list) raises, while the others have had their effect and the event is done.

        Args:
            claim: The claim that the handler was given.
            decision: What is answered, as the handler returns it; None where the event wants no
                decision. A decision that is found inside of the block can be given as a function,
                which is called at the end of the block.
            watch: Keys of yours that you read inside of the block, with a client of your own, to
                decide what to do.

        Yields:
            A pipeline for your commands. Do not execute it: leaving the block does.

        Raises:
            ClaimLostError: The claim is not held any more. Nothing has happened.
            WatchError: A key in `watch` was changed by somebody else (`redis.WatchError`). Nothing
                has happened; do the whole block again.
            StoreError: The server cannot be used. With `outcome_unknown` the commands may have
                run, and the event is done then.
            ConfigurationError: The block executed the pipeline itself, the decision is none, or
                the client is one of a cluster.
        """
        client = await self._client()
        if not isinstance(client, Redis):
            raise ConfigurationError("a transaction needs the client of one server, not a cluster")
        first = base.first_body(decision)
        pipeline = client.pipeline(transaction=True)
        names = self._names(claim.key)
        transaction = RedisTransaction(
            pipeline, claim, names, tuple(watch), self._keep, self._timeout, self._state
        )
        try:
            await transaction.begin(first)
            yield pipeline
            await transaction.end(base.last_body(decision))
        finally:
            await transaction.leave()

    async def _run(self, script: str, claim: Claim, *arguments: bytes | str | int) -> Any:
        values = (*self._names(claim.key), claim.token, *arguments)
        async with bounded(self._timeout):
            client = await self._client()
            answer: Awaitable[Any] = client.eval(script, 2, *values)
            return await answer

    async def _state(self, key: str) -> bytes:
        async with bounded(self._timeout):
            client = await self._client()
            return as_bytes(await client.get(self._names(key)[0]) or b"")

    async def _client(self) -> Redis | RedisCluster:
        return self._borrowed or await self._clients.get()

    def _names(self, key: str) -> tuple[str, str]:
        """Return the names of the state and the lease, which are in one slot of a cluster."""
        state = f"{self._prefix}{{{key}}}"
        return state, f"{state}:lease"


@attrs.frozen
class Server:
    """What tells whether a server has kept what it was told.

    Attributes:
        generation: What is lost with everything else.
        policy: What it does when its memory is full; empty if it does not tell.
        evicted: How many keys it has thrown away for that.
        ahead: Seconds by which its clock is ahead of ours, which never jumps.
    """

    generation: bytes
    policy: str
    evicted: int
    ahead: float

    @classmethod
    async def of(cls, client: Redis, name: str) -> Server:
        """Ask a server; the generation stands under a name."""
        await client.set(name, secrets.token_hex(16), nx=True)
        generation = as_bytes(await client.get(name) or b"")
        info: dict[str, Any] = {}
        with suppress(redis_errors.ResponseError):  # not everybody may ask
            info = await cast("Any", client).info()
        ahead = info.get("server_time_usec", math.nan) / 1e6 - time.monotonic()
        policy = str(info.get("maxmemory_policy", ""))
        return cls(generation, policy, int(info.get("evicted_keys", 0)), ahead)

    def trouble(self, before: Server | None) -> str | None:
        """Return what is wrong, or has gone wrong since it was looked at before."""
        if before is None:
            if self.policy in {"", "noeviction"}:
                return None
            return f"Redis may forget events when its memory is full ({self.policy}): {_SET_POLICY}"
        if self.generation != before.generation:
            return "Redis has lost its data: which events are done is forgotten"
        if self.evicted > before.evicted:
            number = self.evicted - before.evicted
            return f"Redis has thrown away {number} keys, perhaps of events: {_SET_POLICY}"
        jump = self.ahead - before.ahead  # no number where it does not tell
        if abs(jump) > _ODD:
            return f"the clock of Redis has jumped by {jump:+.0f} s: claims and events end by it"
        return None


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


_CLAIMED: Final = b"c"
_LOST: Final = "the claim of this event is not held any more"

_FAILURES: Final = (redis_errors.RedisError, redis_errors.RedisClusterException, OSError)
"""What redis-py raises, and the timeouts of asyncio."""

_ADVICE: Final[dict[type[Exception], str]] = {
    redis_errors.ConnectionError: "look whether the server runs, and whether the url is right",
    redis_errors.TimeoutError: "it did not answer in time",
    TimeoutError: "it did not answer in time",
    redis_errors.ReadOnlyError: "this is a replica; give the url of the primary",
    redis_errors.OutOfMemoryError: "its memory is full; give it more",
}


@asynccontextmanager
async def bounded(timeout: float) -> AsyncGenerator[None]:  # noqa: ASYNC109
    """Give a step so many seconds.

    Raises:
        StoreError: It failed, or was not done in time.
    """
    try:
        async with asyncio.timeout(timeout):
            yield
    except _FAILURES as error:
        raise _store_error(error) from None  # redis-py's frames know the password


def as_bytes(value: bytes | str) -> bytes:
    """Return what a client read; it may be one that decodes."""
    return value.encode() if isinstance(value, str) else value


def _store_error(error: Exception) -> StoreError:
    """Return the error of ours for one of redis-py's."""
    advice = next((text for kind, text in _ADVICE.items() if isinstance(error, kind)), "")
    parts = (type(error).__name__, str(error), advice)
    return StoreError("Redis cannot be used: " + ": ".join(part for part in parts if part))


class RedisClients:
    """Gives out a client for the running loop.

    Args:
        url: Where the server is.
        timeout: Seconds for each read and write.

    Raises:
        ConfigurationError: The url cannot be read.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._url = SecretText(url)
        self._timeout = timeout
        self._open: dict[asyncio.AbstractEventLoop, tuple[Redis, AsyncGenerator[Redis, None]]] = {}
        self._shown = _without_secrets(url) if _is_usable(url, timeout) else ""
        if not self._shown:
            raise ConfigurationError(
                "url must be like redis://host:6379/0, rediss://… (TLS) or unix://…, and its "
                "options must be such that redis-py knows"
            )

    def __str__(self) -> str:
        """Return the url without user, password and options."""
        return self._shown

    async def get(self) -> Redis:
        """Return the client of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            for ended in [other for other in list(self._open) if other.is_closed()]:
                del self._open[ended]
            keeper = _client_until_the_loop_ends(self._url, self._timeout)
            self._open[loop] = await anext(keeper), keeper
        return self._open[loop][0]

    async def close(self) -> None:
        """Close the client of the running loop, if there is one."""
        found = self._open.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found[1].aclose()


async def _client_until_the_loop_ends(url: str, seconds: float) -> AsyncGenerator[Redis, None]:
    """Make a client; close it when the generator is closed.

    `asyncio.run` closes the generators that are left over before it closes the loop, so that
    connections end in the loop that they belong to.
    """
    client = Redis.from_pool(_pool(url, seconds))
    try:
        yield client
    finally:
        await client.aclose()


def _pool(url: str, timeout: float) -> BlockingConnectionPool:
    options: dict[str, Any] = {
        "max_connections": 100,  # of one event loop; further steps wait for one
        "timeout": timeout,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        # a connection that the server closed while it was idle is replaced, once and at once
        "retry": Retry(NoBackoff(), 1, (redis_errors.ConnectionError,)),
        "protocol": 2,
        **parse_url(url),
    }
    return BlockingConnectionPool(**options)


def _is_usable(url: str, timeout: float) -> bool:
    """Return whether redis-py can use a url; the error that says no may quote a password."""
    try:
        _pool(url, timeout).make_connection()  # type: ignore[no-untyped-call]  # connects later
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=(MASK if login else "") + at + host, query="").geturl()


@attrs.define(eq=False)
class RedisTransaction:
    """One transaction.

    Attributes:
        pipeline: Where the commands are queued.
        claim: The claim that it needs.
        names: Those of the state of the event and of its lease.
        watched: Further keys that nobody may change meanwhile.
        keep: Milliseconds for which the answer is kept.
        timeout: Seconds for each step.
        look_up: Reads the state, over another connection.
    """

    pipeline: Pipeline
    claim: Claim
    names: tuple[str, str]
    watched: tuple[str, ...]
    keep: int
    timeout: float
    look_up: Callable[[str], Awaitable[bytes]]
    _mine: bytes = attrs.field(init=False, factory=lambda: b"t" + secrets.token_hex(16).encode())
    _connection: AbstractConnection | None = attrs.field(init=False, default=None)

    async def begin(self, body: bytes) -> None:
        """Watch the claim and further keys, and queue the mark of an event that is done.

        Raises:
            ClaimLostError: The claim is not held.
            StoreError: The server cannot be used.
        """
        async with bounded(self.timeout):
            await self.pipeline.watch(self.names[0], *self.watched)
            self._connection = cast("AbstractConnection", self.pipeline.connection)
            self._connection.register_connect_callback(self._refuse)  # type: ignore[no-untyped-call]
            state = as_bytes(await self.pipeline.get(self.names[0]) or b"")
        if state != self._held:
            raise ClaimLostError(_LOST)
        self.pipeline.multi()  # type: ignore[no-untyped-call]
        self._mark(body)  # first: a block that executes by mistake has no effect without the mark

    async def end(self, body: bytes | None) -> None:
        """Execute what was queued, with another answer if there is one.

        Raises:
            ClaimLostError: The claim was lost meanwhile; nothing has happened.
            WatchError: A further key was changed meanwhile; nothing has happened.
            StoreError: The server does not say whether it was executed.
            ConfigurationError: Somebody else executed the pipeline.
        """
        if not self.pipeline.explicit_transaction:
            raise ConfigurationError(
                "the block executed the pipeline of the store: leave out execute and reset; "
                "leaving the block executes, an error throws away what was queued"
            )
        if body is not None:
            self._mark(body)
        try:
            async with asyncio.timeout(self.timeout):
                await self.pipeline.execute()
        except (
            redis_errors.WatchError,
            redis_errors.ConnectionError,
            redis_errors.TimeoutError,
            OSError,
        ) as error:
            await self._find_out(error)

    async def leave(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.deregister_connect_callback(self._refuse)  # type: ignore[no-untyped-call]
        with suppress(*_FAILURES):
            await self.pipeline.aclose()

    def _mark(self, body: bytes) -> None:
        state, lease = self.names
        _ = self.pipeline.set(state, self._mine + body, px=self.keep)
        _ = self.pipeline.set(lease, self.claim.digest, px=self.keep)

    async def _find_out(self, error: Exception) -> None:
        """Find out what became of an execution: it was refused, or its answer got lost.

        A claim that is still there is no proof: the server may not have read the commands yet.
        """
        try:
            state = await self.look_up(self.claim.key)
        except StoreError as another:
            another.outcome_unknown = True
            raise
        if state.startswith(self._mine):
            return
        if state != self._held:
            raise ClaimLostError(_LOST) from None
        if self.watched and isinstance(error, redis_errors.WatchError):
            raise error
        unknown = _store_error(error)
        unknown.outcome_unknown = True
        raise unknown from None

    @property
    def _held(self) -> bytes:
        return _CLAIMED + self.claim.token.encode()

    async def _refuse(self, connection: object) -> None:
        """Keep redis-py from making a connection anew while it watches: it would watch nothing.

        It does so without a word where a health check fails, or a client was closed.
        """
        if self.pipeline.connection is connection:
            raise redis_errors.ConnectionError("the connection was lost during a transaction")
