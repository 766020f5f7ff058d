"""Connections to Redis: a client for each event loop, which is closed with the loop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import MASK, SecretText
from allawee_async.version import install_command
from allawee_async.webhooks.stores.base import StoreError

try:
    from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
    from redis.asyncio.connection import parse_url
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as RedisConnectionError
    from redis.exceptions import (
        NoScriptError,
        OutOfMemoryError,
        ReadOnlyError,
        RedisClusterException,
        RedisError,
        ResponseError,
        WatchError,
    )
    from redis.exceptions import TimeoutError as RedisTimeoutError
except ImportError as error:
    raise ConfigurationError(f"RedisStore needs redis-py: {install_command('redis')}") from error

__all__ = [
    "FAILURES",
    "NoScriptError",
    "Redis",
    "RedisClients",
    "RedisCluster",
    "RedisConnectionError",
    "RedisTimeoutError",
    "ResponseError",
    "WatchError",
    "as_bytes",
    "bounded",
    "store_error",
]

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

FAILURES: Final = (RedisError, RedisClusterException, OSError)
"""What redis-py raises, and the timeouts of asyncio."""

_ADVICE: Final[dict[type[Exception], str]] = {
    RedisConnectionError: "look whether the server runs, and whether the url is right",
    RedisTimeoutError: "it did not answer in time",
    TimeoutError: "it did not answer in time",
    ReadOnlyError: "this is a replica; give the url of the primary",
    OutOfMemoryError: "its memory is full; give it more",
}

MAX_CONNECTIONS: Final = 100
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
    except FAILURES as error:
        raise store_error(error) from None  # redis-py's frames know the password


def as_bytes(value: bytes | str) -> bytes:
    """Return what a client read; it may be one that decodes."""
    return value.encode() if isinstance(value, str) else value


def store_error(error: Exception) -> StoreError:
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
        "max_connections": MAX_CONNECTIONS,
        "timeout": timeout,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        # a connection that the server closed while it was idle is replaced, once and at once
        "retry": Retry(NoBackoff(), 1, (RedisConnectionError,)),
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
