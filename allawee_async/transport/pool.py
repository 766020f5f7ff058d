"""The only room that touches aiohttp's client: one exchange over a pool of connections."""

from __future__ import annotations

import asyncio
import warnings
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final, TypeVar

import aiohttp
import attrs
from aiohttp.connector import Connection

from allawee_async.errors import (
    AllaweeError,
    ConfigurationError,
    DecodeError,
    RequestTimeoutError,
    TransportError,
)
from allawee_async.transport.lines import Line, UnaskedError
from allawee_async.transport.rate import Turns
from allawee_async.transport.request import Request
from allawee_async.transport.streaming import (
    FAILURES,
    StreamedResponse,
    closed_meanwhile,
    too_large,
    translated,
    transport_error,
)

T = TypeVar("T")

MAX_CONNECTIONS: Final = 100
MAX_RESPONSE_BYTES: Final = 64 * 1024 * 1024
TIMEOUT: Final = 30.0

_LONGEST_CONNECT: Final = 10.0
_FOR_EVER: Final = 1e9
"""Seconds; clocks of event loops do not count so far."""
_SHARE_TO_CONNECT: Final = 0.75


def client_timeout(timeout: object) -> aiohttp.ClientTimeout:
    """Return the timeout of one attempt.

    Connecting gets a part of the time only, so that it is known of an attempt that ran out of
    time there that it never sent anything.

    Raises:
        ConfigurationError: It is no positive number.
    """
    if isinstance(timeout, aiohttp.ClientTimeout):
        if not timeout.total or timeout.total < 0:  # all mean "no limit" to aiohttp
            return attrs.evolve(timeout, total=None)
        if timeout.connect is not None:
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


@attrs.define(eq=False)
class _Home:
    """What a client has in one event loop.

    Attributes:
        session: Sends.
        turns: As many as there may be connections.
        keeper: Closes the session, if it is our own.
        loop: The loop.
    """

    session: aiohttp.ClientSession
    turns: Turns
    keeper: AsyncGenerator[aiohttp.ClientSession, None] | None
    loop: asyncio.AbstractEventLoop


class _Request(aiohttp.ClientRequest):
    """A request of our own session: it takes no connection with which something is wrong."""

    # not async: that would be one coroutine more for each request
    def send(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, conn: Connection
    ) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        Line.asked(conn, self.method, is_ours=True)
        return super().send(conn)


class _Response(aiohttp.ClientResponse):
    """An answer to our own session.

    Attributes:
        transport: What it came over; aiohttp forgets it at the end of the answer.
    """

    transport: asyncio.Transport | None = None

    def start(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, connection: Connection
    ) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        self.transport = connection.transport
        return super().start(connection)


class Turn:
    """The use of one connection for one attempt, until it is ended.

    Args:
        home: What the client has in this event loop.
        max_bytes: The longest body that is read, after decompression.
    """

    def __init__(self, home: _Home, max_bytes: int) -> None:
        self._home = home
        self._max_bytes = max_bytes
        self._is_over = False
        self._transport: asyncio.Transport | None = None

    def end(self) -> None:
        """Let the next one have the place."""
        if not self._is_over:
            self._is_over = True
            self._home.turns.give_back()

    async def exchange(
        self,
        request: Request,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp applies it
        read: Callable[[int, Mapping[str, str], bytes], T],
    ) -> T:
        """Send one request; return what `read` makes of status, headers and body of the answer.

        Raises:
            TransportError: No usable answer came.
            RequestTimeoutError: None came in time.
            ConfigurationError: The client is closed, or the session cannot be used for this.
            AllaweeError: As `read`; if it cannot make sense of an answer, the connection is closed.
        """
        try:
            # the answer gets no name, so that no traceback with local variables shows it
            return read(*await self._read(await self._response(request, headers, timeout)))
        except DecodeError:
            line = None if self._transport is None else self._transport.get_protocol()
            if isinstance(line, Line):
                line.give_up()
            raise
        except AllaweeError:
            raise
        except FAILURES as error:
            raise translated(error, self._home.session) from None
        finally:
            self.end()

    async def open(
        self,
        request: Request,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - see below
    ) -> StreamedResponse:
        """Send one request; return the answer as soon as the first part of its body is there.

        The total of the timeout ends there; from then on it is the longest pause between two
        parts, because a file takes as long as it takes, and its reader, too. The turn ends when
        the answer lets go of its connection.

        Raises:
            TransportError: No usable answer came.
            RequestTimeoutError: None came in time.
            ConfigurationError: The client is closed, or the session cannot be used for this.
        """
        pause = timeout.total if timeout.sock_read is None else timeout.sock_read
        limits = attrs.evolve(timeout, total=None, sock_read=pause)
        try:
            async with asyncio.timeout(timeout.total):
                response = await self._response(request, headers, limits, decompress=False)
                answer = StreamedResponse(response, self._max_bytes)
                await answer.start()
        except AllaweeError:
            raise
        except FAILURES as error:
            raise translated(error, self._home.session) from None
        if response.connection is None:
            self.end()
        else:
            response.connection.add_callback(self.end)
        return answer

    async def _response(
        self,
        request: Request,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp applies it
        *,
        decompress: bool = True,
    ) -> aiohttp.ClientResponse:
        session = self._home.session
        middlewares: tuple[aiohttp.ClientMiddlewareType, ...] = ()
        if self._home.keeper is None:
            headers, middlewares = self._borrowing(session, headers)
        while True:
            try:
                response = await session.request(
                    request.method,
                    request.url or "",
                    headers=headers,
                    data=request.body,
                    timeout=timeout,
                    allow_redirects=False,
                    raise_for_status=False,
                    auto_decompress=decompress,
                    middlewares=middlewares,
                )
            except UnaskedError as error:
                if error.is_new:
                    raise TransportError(str(error), sent=False) from None
                continue  # it is closed, and nothing was sent: take the next
            if isinstance(response, _Response):
                self._transport = response.transport
            return response

    def _borrowing(
        self, session: aiohttp.ClientSession, headers: Mapping[str, str]
    ) -> tuple[Mapping[str, str], tuple[aiohttp.ClientMiddlewareType, ...]]:
        """Return headers and middlewares by which a caller's session does what our own does."""
        key: str | None = None
        if session.trust_env:  # aiohttp takes a .netrc file for a second key, and refuses both
            headers = dict(headers)
            key = headers.pop("Authorization")

        async def on_a_line(  # a method would not survive a mock's deepcopy
            sent: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            if key is not None:
                sent.headers["Authorization"] = key
            sent.send = partial(self._send, sent)  # type: ignore[method-assign]
            try:
                return await handler(sent)
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
                # for these aiohttp would send a read once more, uncounted
                raise transport_error(error) from None

        return headers, (*getattr(session, "_middlewares", ()), on_a_line)

    def _send(
        self, sent: aiohttp.ClientRequest, connection: Connection
    ) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        del sent.send  # a ring of references would keep all of it for the collector
        Line.asked(connection, sent.method, is_ours=False)
        self._transport = connection.transport
        return sent.send(connection)

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[int, Mapping[str, str], bytes]:
        """Read the body to its end, which gives the connection back; anything else closes it."""
        status, headers = response.status, response.headers
        try:
            length = response.content_length
            if length is None or "Content-Encoding" in headers:
                return status, headers, await self._read_in_parts(response)
            if length > self._max_bytes and response.method != "HEAD":
                raise too_large(self._max_bytes)
            if isinstance(response, _Response) and response.content.is_eof():
                return status, headers, response.content.read_nowait()  # it came with its head
            return status, headers, await response.read()
        except (aiohttp.ClientError, TransportError, TimeoutError, OSError):
            if 200 <= status <= 299:
                raise
            return status, headers, b""  # the status alone decides what an error is
        finally:
            if not response.closed:
                response.close()

    async def _read_in_parts(self, response: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > self._max_bytes:
                raise too_large(self._max_bytes)
        return b"".join(parts)


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
        self._home: _Home | None = None
        self._users = 0
        self._is_left = False
        self._closed_in: weakref.ref[asyncio.AbstractEventLoop] | None = None
        self._max_connections = max_connections
        self._max_response_bytes = max_response_bytes

    def free_turn(self) -> Turn | None:
        """Return the use of a connection, if there is one without waiting."""
        home = self._home_here()
        return Turn(home, self._max_response_bytes) if home and home.turns.take_free() else None

    async def turn(self, seconds: float | None) -> Turn:
        """Wait until a connection may be used; this is no part of an attempt.

        Args:
            seconds: How long to wait at most.

        Raises:
            RequestTimeoutError: All were in use for so long.
            TransportError: The client was closed meanwhile.
            ConfigurationError: The client is closed, or at work in another loop.
        """
        home = self._home_here() or await self._open()
        try:
            async with asyncio.timeout(seconds):
                await home.turns.take()
        except TimeoutError:
            raise RequestTimeoutError(
                "the deadline has passed, and no connection was free "
                f"(max_connections={self._max_connections})",
                sent=False,
            ) from None
        return Turn(home, self._max_response_bytes)

    def _home_here(self) -> _Home | None:
        """Return what there is for the running loop."""
        home = self._home
        if home is None or home.session.closed or home.loop is not asyncio.get_running_loop():
            return None
        return home

    async def _open(self) -> _Home:
        loop = asyncio.get_running_loop()
        if self._borrowed is not None:
            if self._borrowed.closed:
                raise ConfigurationError("the aiohttp session that you passed is closed")
            limit = _limit(self._borrowed.connector, self._max_connections)
            self._home = _Home(self._borrowed, Turns(limit), None, loop)
            return self._home
        if self._closed_in is not None and self._closed_in() is loop:
            raise ConfigurationError(
                "the client is closed; make another, or use this one in 'async with' again"
            )
        old = self._home
        if old is not None and not old.session.closed and not old.loop.is_closed():
            raise ConfigurationError(
                "this client is at work in another event loop; use one client for each loop"
            )
        keeper = _session_until_the_loop_ends(self._max_connections)
        session = await anext(keeper)  # does not wait, so that many calls at once open one
        self._home = home = _Home(session, Turns(self._max_connections), keeper, loop)
        if old is not None:
            await old.session.close()
        return home

    def enter(self) -> None:
        """Count a user, and allow to be used again in a loop in which it was closed."""
        self._users += 1
        self._closed_in = None

    async def leave(self, *, is_owner: bool) -> None:
        """Close it, if this was the last user, and any of them the owner."""
        self._users -= 1
        self._is_left = self._is_left or is_owner
        if self._is_left and not self._users:
            self._is_left = False
            await self.close()

    async def close(self) -> None:
        """Close our own session, if one is open. A borrowed session stays open."""
        home = self._home
        if home is None or home.keeper is None:
            return
        self._home = None
        here = asyncio.get_running_loop()
        self._closed_in = weakref.ref(here)
        if home.loop is here:
            await _close(home)
        elif home.loop.is_running():
            there = asyncio.run_coroutine_threadsafe(_close(home), home.loop)
            await asyncio.wrap_future(there)
        elif home.loop.is_closed():
            await home.session.close()
        # else the keeper, which nobody has any more, closes the session when its loop goes on

    def __del__(self) -> None:
        """Warn of a client that was not closed."""
        home = getattr(self, "_home", None)
        if home is not None and home.keeper is not None:
            warnings.warn(
                "an AllaweeClient was not closed; use 'async with AllaweeClient(…)' "
                "or 'await client.close()'",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )


def _limit(connector: Any, most: int) -> int:
    """Return how many connections a caller's connector gives to one host, so that none waits."""
    limits = (most, getattr(connector, "limit", 0), getattr(connector, "limit_per_host", 0))
    return min(limit for limit in limits if limit)


async def _close(home: _Home) -> None:
    home.turns.refuse(partial(closed_meanwhile, sent=False))
    if home.keeper is not None:
        await home.keeper.aclose()


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
        request_class=_Request,
        response_class=_Response,
    )
    # else aiohttp sends a read once more, uncounted
    session._retry_connection = False  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    try:
        yield session
    finally:
        await session.close()
