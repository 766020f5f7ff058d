"""What a Redis server does for a store in one step: by scripts, and in transactions.

An event has two keys. One holds its state: a letter, the token of the claim (or of the transaction
that ended it) and, once it is done, the answer. The other is there while the lease of the claim
runs, and goes by itself; so renewing a claim does not touch the state, which transactions watch.
Of an event that is done it holds the digest of the delivery; older versions leave it out.

All scripts may run twice, because an answer that got lost is asked for again.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from hashlib import sha1
from typing import TYPE_CHECKING, Final, cast

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.stores.base import ClaimLostError, StoreError
from allawee_async.webhooks.stores.redis_clients import (
    FAILURES,
    RedisConnectionError,
    RedisTimeoutError,
    WatchError,
    as_bytes,
    bounded,
    store_error,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import Protocol, TypeAlias

    from redis.asyncio.client import Pipeline

    from allawee_async.webhooks.stores.base import Claim

    Refusal: TypeAlias = Callable[[object], Awaitable[None]]

    class Connection(Protocol):
        """A connection of redis-py, with the types that it lacks."""

        def register_connect_callback(self, callback: Refusal, /) -> None:
            """Let a method be called when the connection is made anew."""

        def deregister_connect_callback(self, callback: Refusal, /) -> None:
            """Do not call it any more."""


CLAIMED: Final = b"c"
DONE_IN_TRANSACTION: Final = b"t"


class Script:
    """A Lua script. `KEYS` are the state and the lease, `ARGV[1]` is the token of the claim.

    Attributes:
        text: The script.
        digest: The name under which the server keeps it once it has seen it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


CLAIM: Final = Script("""
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

RENEW: Final = Script("""
if redis.call('GET', KEYS[1]) ~= 'c' .. ARGV[1] then
    return 0
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
return 1
""")
"""`ARGV[2]` is the lease. Returns 1 if the claim holds on."""

FINISH: Final = Script("""
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

RELEASE: Final = Script("""
if redis.call('GET', KEYS[1]) == 'c' .. ARGV[1] then
    redis.call('DEL', KEYS[1], KEYS[2])
end
return 1
""")
"""Gives a claim back if it is held."""


_LOST: Final = "the claim of this event is not held any more"


class RedisTransaction:
    """One transaction.

    Args:
        pipeline: Where the commands are queued.
        claim: The claim that it needs.
        keys: The names of the state and the lease of the event.
        keep: Milliseconds for which the answer is kept.
        timeout: Seconds for each step.
        look_up: Reads the state, over another connection.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        claim: Claim,
        keys: tuple[str, str],
        *,
        keep: int,
        timeout: float,
        look_up: Callable[[Claim], Awaitable[bytes]],
    ) -> None:
        self.pipeline = pipeline
        self._claim = claim
        self._held = CLAIMED + claim.token.encode()
        self._mine = DONE_IN_TRANSACTION + secrets.token_hex(16).encode()
        self._state, self._lease = keys
        self._keep = keep
        self._timeout = timeout
        self._look_up = look_up
        self._guard = _Guard(pipeline)

    async def begin(self, body: bytes, watch: Iterable[str]) -> None:
        """Watch the claim and further keys, and queue the mark of an event that is done.

        Raises:
            ClaimLostError: The claim is not held.
            StoreError: The server cannot be used.
        """
        watched = tuple(watch)
        self._watches_more = bool(watched)
        async with bounded(self._timeout):
            await self.pipeline.watch(self._state, *watched)
            self._guard.start()
            state = as_bytes(await self.pipeline.get(self._state) or b"")
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
            async with asyncio.timeout(self._timeout):
                await self.pipeline.execute()
        except (WatchError, RedisConnectionError, RedisTimeoutError, OSError) as error:
            await self._find_out(error)

    async def leave(self) -> None:
        """Give the connection back."""
        self._guard.stop()
        with suppress(*FAILURES):
            await self.pipeline.aclose()

    def _mark(self, body: bytes) -> None:
        _ = self.pipeline.set(self._state, self._mine + body, px=self._keep)
        _ = self.pipeline.set(self._lease, self._claim.digest, px=self._keep)

    async def _find_out(self, error: Exception) -> None:
        """Find out what became of an execution: it was refused, or its answer got lost.

        A claim that is still there is no proof: the server may not have read the commands yet.
        """
        try:
            state = await self._look_up(self._claim)
        except StoreError as another:
            another.outcome_unknown = True
            raise
        if state.startswith(self._mine):
            return
        if state != self._held:
            raise ClaimLostError(_LOST) from None
        if self._watches_more and isinstance(error, WatchError):
            raise error
        unknown = store_error(error)
        unknown.outcome_unknown = True
        raise unknown from None


class _Guard:
    """Keeps redis-py from making a connection anew while it watches: then it would watch nothing.

    redis-py does so without a word where a health check fails, or a client was closed.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._connection: Connection | None = None

    def start(self) -> None:
        self._connection = cast("Connection | None", self._pipeline.connection)
        if self._connection is not None:
            self._connection.register_connect_callback(self.refuse)

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.deregister_connect_callback(self.refuse)

    async def refuse(self, connection: object) -> None:
        if self._pipeline.connection is connection:
            raise RedisConnectionError("the connection was lost during a transaction")
