"""Claims in Redis: for the processes of many machines.

An event has two keys. One holds its state: a letter, the token of the claim (or of the transaction
that ended it) and, once it is done, the answer. The other is there while the lease of the claim
runs, and goes by itself; so renewing a claim does not touch the state, which transactions watch.
Of an event that is done it holds the digest of the delivery; older versions leave it out.

All scripts may run twice, because an answer that got lost is asked for again.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from hashlib import sha1
from typing import Any, Final, cast

import attrs
from redis.asyncio.client import Pipeline

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import secret_text
from allawee_async.webhooks.stores.base import (
    KEEP,
    Answer,
    Busy,
    Claim,
    ClaimResult,
    Done,
    checked_seconds,
    first_body,
    last_body,
)
from allawee_async.webhooks.stores.redis_clients import (
    CLAIMED,
    Redis,
    RedisClients,
    RedisCluster,
    RedisTransaction,
    as_bytes,
    bounded,
    redis_errors,
)

URL: Final = "redis://localhost:6379/0"
PREFIX: Final = "allawee:webhooks:"
TIMEOUT: Final = 1.0
"""Seconds for one step. A decision must not wait longer for a server that hangs."""

_SET_POLICY: Final = "set maxmemory-policy noeviction, and give it more memory"

_ODD: Final = 60.0
"""Seconds by which the clock of the server may jump before anybody is told."""

_ABANDONED: Final = 24 * 3600.0
"""Seconds for which a claim can still be finished after its lease, if nobody takes it over."""


class _Script:
    """What the server does in one step: a program in Lua.

    `KEYS` are the state and the lease, `ARGV[1]` is the token of the claim.

    Attributes:
        text: The script.
        digest: The name under which the server keeps it once it has seen it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


_CLAIM: Final = _Script("""
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
""")
"""`ARGV[2]` is the lease, `ARGV[3]` how long the state is kept. Returns the answer and the digest
of an event that is done, else 1 if the claim holds, and 0 if somebody else's does."""

_RENEW: Final = _Script("""
if redis.call('GET', KEYS[1]) ~= 'c' .. ARGV[1] then
    return 0
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
return 1
""")
"""`ARGV[2]` is the lease. Returns 1 if the claim holds on."""

_FINISH: Final = _Script("""
local state = redis.call('GET', KEYS[1])
if state and string.sub(state, 1, 1) ~= 'c' then
    return string.sub(state, 34)
end
if not state or state == 'c' .. ARGV[1] then
    redis.call('SET', KEYS[1], 'd' .. ARGV[1] .. ARGV[2], 'PX', ARGV[3])
    redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[3])
end
return ARGV[2]
""")
"""`ARGV[2]` is the answer, `ARGV[3]` how long it is kept, `ARGV[4]` the digest. Returns the answer
that counts."""

_RELEASE: Final = _Script("""
if redis.call('GET', KEYS[1]) == 'c' .. ARGV[1] then
    redis.call('DEL', KEYS[1], KEYS[2])
end
return 1
""")
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
        keep: float = KEEP,
        timeout: float = TIMEOUT,
    ) -> None:
        url = None if url is None else secret_text(url)
        self._prefix = prefix
        self._server = "a client of your own"
        self._borrowed = client
        if url is not None and client is not None:
            raise ConfigurationError("give RedisStore a url or a client, not both")
        if not isinstance(cast("object", client), Redis | RedisCluster | None):
            raise ConfigurationError("client must be a Redis or a RedisCluster of redis.asyncio")
        self._timeout = checked_seconds("timeout", timeout)
        self._clients = RedisClients(URL if url is None else url, self._timeout)
        if client is None:
            self._server = repr(str(self._clients))
        self._keep = _milliseconds(checked_seconds("keep", keep))
        self._known: Server | None = None

    def __repr__(self) -> str:
        """Show the server, without user and password."""
        return f"RedisStore({self._server}, prefix={self._prefix!r})"

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        """Claim a key; see `Store.claim`."""
        claim = Claim(key, secrets.token_hex(16))
        kept = _milliseconds(lease + _ABANDONED)
        found = await self._run(_CLAIM, claim, _milliseconds(lease), kept)
        match found:
            case 1:
                return claim
            case 0:
                return Busy()
            case _:
                body, digest = found
                return Done(as_bytes(body), as_bytes(digest).decode())

    async def is_done(self, key: str) -> bool:
        """Return whether an event is done; see `AskableStore.is_done`."""
        state = await self._state(Claim(key, ""))
        return bool(state) and not state.startswith(CLAIMED)

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
        self, claim: Claim, decision: Answer = None, *, watch: Iterable[str] = ()
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
        first = first_body(decision)
        pipeline = client.pipeline(transaction=True)
        transaction = RedisTransaction(
            pipeline, claim, *self._keys(claim), self._keep, self._timeout, self._state
        )
        try:
            await transaction.begin(first, tuple(watch))
            yield pipeline
            await transaction.end(last_body(decision))
        finally:
            await transaction.leave()

    async def _run(self, script: _Script, claim: Claim, *arguments: bytes | str | int) -> Any:
        values = (*self._keys(claim), claim.token, *arguments)
        async with bounded(self._timeout):
            client = await self._client()
            try:
                return await client.evalsha(script.digest, 2, *values)
            except redis_errors.NoScriptError:
                return await client.eval(script.text, 2, *values)

    async def _state(self, claim: Claim) -> bytes:
        async with bounded(self._timeout):
            client = await self._client()
            return as_bytes(await client.get(self._keys(claim)[0]) or b"")

    async def _client(self) -> Redis | RedisCluster:
        return self._borrowed or await self._clients.get()

    def _keys(self, claim: Claim) -> tuple[str, str]:
        """Return the names of the state and the lease, which are in one slot of a cluster."""
        state = f"{self._prefix}{{{claim.key}}}"
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
        info: dict[str, Any]
        try:
            info = await cast("Any", client).info()
        except redis_errors.ResponseError:  # not everybody may ask
            info = {}
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
