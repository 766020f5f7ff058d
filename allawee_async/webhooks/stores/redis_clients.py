"""Connections to Redis: a client for each event loop, and a transaction over one of them."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, cast
from urllib.parse import urlsplit

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import MASK, SecretText
from allawee_async.version import install_command
from allawee_async.webhooks.stores.base import ClaimLostError, StoreError

try:
    from redis import exceptions as redis_errors
    from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
    from redis.asyncio.connection import parse_url
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
except ImportError as error:
    raise ConfigurationError(f"RedisStore needs redis-py: {install_command('redis')}") from error

__all__ = ["Redis", "RedisCluster", "redis_errors"]

from collections.abc import AsyncGenerator, Awaitable, Callable

from redis.asyncio.client import Pipeline
from redis.asyncio.connection import AbstractConnection

from allawee_async.webhooks.stores.base import Claim

CLAIMED: Final = b"c"
_DONE_IN_TRANSACTION: Final = b"t"
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

_MAX_CONNECTIONS: Final = 100
"""Connections of one event loop; further steps wait for one."""


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


async def _client_until_the_loop_ends(
    url: str,
    timeout: float,  # noqa: ASYNC109 - redis-py applies it
) -> AsyncGenerator[Redis, None]:
    """Make a client; close it when the generator is closed.

    `asyncio.run` closes the generators that are left over before it closes the loop, so that
    connections end in the loop that they belong to.
    """
    client = Redis.from_pool(_pool(url, timeout))
    try:
        yield client
    finally:
        await client.aclose()


def _pool(url: str, timeout: float) -> BlockingConnectionPool:
    options: dict[str, Any] = {
        "max_connections": _MAX_CONNECTIONS,
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
        state: The name of the state of the event.
        lease: The name of its lease.
        keep: Milliseconds for which the answer is kept.
        timeout: Seconds for each step.
        look_up: Reads the state, over another connection.
    """

    pipeline: Pipeline
    claim: Claim
    state: str
    lease: str
    keep: int
    timeout: float
    look_up: Callable[[Claim], Awaitable[bytes]]
    _mine: bytes = attrs.field(
        init=False, factory=lambda: _DONE_IN_TRANSACTION + secrets.token_hex(16).encode()
    )
    _watches_more: bool = attrs.field(init=False, default=False)
    _connection: AbstractConnection | None = attrs.field(init=False, default=None)

    async def begin(self, body: bytes, watched: tuple[str, ...]) -> None:
        """Watch the claim and further keys, and queue the mark of an event that is done.

        Raises:
            ClaimLostError: The claim is not held.
            StoreError: The server cannot be used.
        """
        self._watches_more = bool(watched)
        async with bounded(self.timeout):
            await self.pipeline.watch(self.state, *watched)
            self._connection = cast("AbstractConnection", self.pipeline.connection)
            self._connection.register_connect_callback(self._refuse)  # type: ignore[no-untyped-call]
            state = as_bytes(await self.pipeline.get(self.state) or b"")
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
        _ = self.pipeline.set(self.state, self._mine + body, px=self.keep)
        _ = self.pipeline.set(self.lease, self.claim.digest, px=self.keep)

    async def _find_out(self, error: Exception) -> None:
        """Find out what became of an execution: it was refused, or its answer got lost.

        A claim that is still there is no proof: the server may not have read the commands yet.
        """
        try:
            state = await self.look_up(self.claim)
        except StoreError as another:
            another.outcome_unknown = True
            raise
        if state.startswith(self._mine):
            return
        if state != self._held:
            raise ClaimLostError(_LOST) from None
        if self._watches_more and isinstance(error, redis_errors.WatchError):
            raise error
        unknown = _store_error(error)
        unknown.outcome_unknown = True
        raise unknown from None

    @property
    def _held(self) -> bytes:
        return CLAIMED + self.claim.token.encode()

    async def _refuse(self, connection: object) -> None:
        """Keep redis-py from making a connection anew while it watches: it would watch nothing.

        It does so without a word where a health check fails, or a client was closed.
        """
        if self.pipeline.connection is connection:
            raise redis_errors.ConnectionError("the connection was lost during a transaction")
