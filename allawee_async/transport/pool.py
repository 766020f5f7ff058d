"""The only room that touches aiohttp's client: one exchange over a pool of connections."""

from __future__ import annotations

import asyncio
import warnings
import weakref
from typing import TYPE_CHECKING, Final

import aiohttp
import attrs

from allawee_async.errors import AllaweeError, ConfigurationError, TransportError
from allawee_async.transport.streaming import FAILURES, StreamedResponse, too_large, translated

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from allawee_async.transport.request import Request


MAX_CONNECTIONS: Final = 100
MAX_RESPONSE_BYTES: Final = 64 * 1024 * 1024
TIMEOUT: Final = 30.0

_LONGEST_CONNECT: Final = 10.0
_FOR_EVER: Final = 1e9
"""Seconds; clocks of event loops do not count so far."""
_SHARE_TO_CONNECT: Final = 0.75


def client_timeout(timeout: object) -> aiohttp.ClientTimeout:
    """Return the timeout of one attempt.

    Waiting for a connection gets a part of the time only, so that it is known of an attempt that
    ran out of time there that it never sent anything.

    Raises:
        ConfigurationError: It is no positive number.
    """
    if isinstance(timeout, aiohttp.ClientTimeout):
        if timeout.total is None or timeout.connect is not None:
            return timeout
        return attrs.evolve(timeout, connect=_SHARE_TO_CONNECT * timeout.total)
    if (
        isinstance(timeout, bool)
        or not isinstance(timeout, int | float)
        or not 0 < timeout < _FOR_EVER
    ):
        raise ConfigurationError("timeout must be a positive number of seconds")
    connect = _SHARE_TO_CONNECT * timeout
    return aiohttp.ClientTimeout(
        total=timeout, connect=connect, sock_connect=min(_LONGEST_CONNECT, connect)
    )


class Pool:
    """Connections, opened lazily in the running loop and shared by a client and its views.

    Args:
        session: The caller's session: used, never closed. None opens one of our own.
        max_connections: The most connections at a time; further requests wait for one.
        max_response_bytes: The longest body that is read, after decompression.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession | None,
        *,
        max_connections: int,
        max_response_bytes: int,
    ) -> None:
        for name, value in (
            ("max_connections", max_connections),
            ("max_response_bytes", max_response_bytes),
        ):
            if type(value) is not int or value < 1:
                raise ConfigurationError(f"{name} must be a whole number of at least 1")
        self._borrowed = session
        self._own: aiohttp.ClientSession | None = None
        self._keeper: AsyncGenerator[aiohttp.ClientSession, None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed_in: weakref.ref[asyncio.AbstractEventLoop] | None = None
        self._max_connections = max_connections
        self._max_response_bytes = max_response_bytes

    async def exchange(
        self,
        request: Request,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp applies it
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request; return the status, headers and whole body of the answer.

        Raises:
            TransportError: No usable answer came.
            RequestTimeoutError: None came in time.
            ConfigurationError: The client is closed, or the session cannot be used for this.
        """
        session = self._borrowed or self._own
        if session is None or session.closed or self._is_elsewhere():
            session = await self._open()
        try:
            response = await session.request(
                request.method,
                request.url or "",
                headers=headers,
                data=request.body,
                timeout=timeout,
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=True,
            )
            return response.status, response.headers, await self._read(response)
        except AllaweeError:
            raise
        except FAILURES as error:
            raise translated(error, session) from None

    async def open(
        self,
        request: Request,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - see below
    ) -> StreamedResponse:
        """Send one request; return the answer as soon as the first part of its body is there.

        The total of the timeout ends there; from then on it is the longest pause between two
        parts, because a file takes as long as it takes, and its reader, too.

        Raises:
            TransportError: No usable answer came.
            RequestTimeoutError: None came in time.
            ConfigurationError: The client is closed, or the session cannot be used for this.
        """
        session = self._borrowed or self._own
        if session is None or session.closed or self._is_elsewhere():
            session = await self._open()
        pause = timeout.total if timeout.sock_read is None else timeout.sock_read
        try:
            async with asyncio.timeout(timeout.total):
                response = await session.request(
                    request.method,
                    request.url or "",
                    headers=headers,
                    timeout=attrs.evolve(timeout, total=None, sock_read=pause),
                    allow_redirects=False,
                    raise_for_status=False,
                    auto_decompress=True,
                )
                answer = StreamedResponse(response, self._max_response_bytes)
                await answer.start()
        except AllaweeError:
            raise
        except FAILURES as error:
            raise translated(error, session) from None
        return answer

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """Read the body to its end, which gives the connection back; anything else closes it."""
        try:
            length = response.content_length
            if length is None or "Content-Encoding" in response.headers:
                return await self._read_in_parts(response)
            if length > self._max_response_bytes and response.method != "HEAD":
                raise too_large(self._max_response_bytes)
            return await response.read()
        except (aiohttp.ClientError, TransportError, TimeoutError, OSError):
            if 200 <= response.status <= 299:
                raise
            return b""  # the status alone decides what an error is
        finally:
            if not response.closed:
                response.close()

    async def _read_in_parts(self, response: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > self._max_response_bytes:
                raise too_large(self._max_response_bytes)
        return b"".join(parts)

    def _is_elsewhere(self) -> bool:
        return self._borrowed is None and asyncio.get_running_loop() is not self._loop

    async def _open(self) -> aiohttp.ClientSession:
        if self._borrowed is not None:
            raise ConfigurationError("the aiohttp session that you passed is closed")
        if self._closed_in is not None and self._closed_in() is asyncio.get_running_loop():
            raise ConfigurationError(
                "the client is closed; make another, or use this one in 'async with' again"
            )
        if self._own is not None and not self._own.closed:
            if self._loop is not None and not self._loop.is_closed():
                raise ConfigurationError(
                    "this client is at work in another event loop; use one client for each loop"
                )
            await self._own.close()
        self._loop = asyncio.get_running_loop()
        self._keeper = _session_until_the_loop_ends(self._max_connections)
        self._own = await anext(self._keeper)
        return self._own

    def reopen(self) -> None:
        """Allow to be used again in a loop in which it was closed."""
        self._closed_in = None

    async def close(self) -> None:
        """Close our own session, if one is open. A borrowed session stays open."""
        self._own, keeper, self._keeper = None, self._keeper, None
        if keeper is not None:
            self._closed_in = weakref.ref(asyncio.get_running_loop())
            await keeper.aclose()

    def __del__(self) -> None:
        """Warn of a client that was not closed."""
        if getattr(self, "_own", None) is not None:
            warnings.warn(
                "an AllaweeClient was not closed; use 'async with AllaweeClient(…)' "
                "or 'await client.close()'",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )


async def _session_until_the_loop_ends(
    max_connections: int,
) -> AsyncGenerator[aiohttp.ClientSession, None]:
    """Open a session; close it when the generator is closed.

    `asyncio.run` closes the generators that are left over before it closes the loop, so that the
    connections of a client that outlives its loop end in the loop that they belong to.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=max_connections),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    try:
        yield session
    finally:
        await session.close()
