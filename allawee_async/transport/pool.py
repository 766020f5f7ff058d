"""The only room that touches aiohttp's client: one exchange over a pool of connections."""

from __future__ import annotations

import asyncio
import warnings
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from functools import partial
from http.cookies import BaseCookie, SimpleCookie
from typing import Any, Final, TypeVar

import aiohttp
import attrs
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

from allawee_async.errors import AllaweeError, ConfigurationError, DecodeError, TransportError
from allawee_async.transport.lines import Line, UnaskedError
from allawee_async.transport.rate import Turns
from allawee_async.transport.request import Request, within
from allawee_async.transport.retry import is_number
from allawee_async.transport.streaming import (
    FAILURES,
    StreamedResponse,
    closed_meanwhile,
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
    if not is_number(timeout) or not 0 < timeout < _FOR_EVER:
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


class _NoCookies(aiohttp.DummyCookieJar):
    """Keeps nothing, and makes nothing for each request either."""

    _none: Final = SimpleCookie()

    def filter_cookies(self, request_url: URL) -> BaseCookie[str]:  # noqa: ARG002 - as aiohttp's
        """Return no cookies."""
        return self._none


class _Request(aiohttp.ClientRequest):
    """A request of our own session: it takes no connection with which something is wrong."""

    DEFAULT_HEADERS = {}  # noqa: RUF012 - ours are all there, so that none is looked for

    def update_headers(self, headers: Any) -> None:
        """Take the headers all at once."""
        self.headers = CIMultiDict({"Host": self.url.host_port_subcomponent or ""})
        self.headers.extend(headers)

    # not async: that would be one coroutine more for each request
    def send(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, conn: Connection
    ) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        Line.asked(conn, self.method, is_ours=True)
        return super().send(conn)


@attrs.define(eq=False, repr=False)
class Turn:
    """The use of one connection for one attempt, until it is ended.

    Attributes:
        home: What the client has in this event loop.
        max_bytes: The longest body that is read, after decompression.
    """

    home: _Home = attrs.field(repr=False)  # Rich shows fields, whatever the class's own repr is
    max_bytes: int
    _answer: Any = attrs.field(default=None, init=False, repr=False)
    _is_over: bool = attrs.field(default=False, init=False)

    def end(self, error: AllaweeError | None = None) -> None:
        """Let the next one have the place, but no connection with an answer that makes no sense."""
        if isinstance(error, DecodeError):
            protocol = getattr(self._answer, "_protocol", None)
            transport: asyncio.Transport | None = getattr(protocol, "transport", None)
            line = transport and transport.get_protocol()
            if isinstance(line, Line):
                line.give_up()
        if not self._is_over:
            self._is_over = True
            self.home.turns.give_back()

    def exchange(
        self, request: Request, headers: Mapping[str, str], timeout: aiohttp.ClientTimeout
    ) -> Awaitable[tuple[int, Mapping[str, str], bytes]]:
        """Send one request; return status, headers and the whole body of the answer.

        Raises:
            TransportError: No usable answer came.
            RequestTimeoutError: None came in time.
            ConfigurationError: The client is closed, or the session cannot be used for this.
        """
        return self._ask(request, headers, timeout, self._read)

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
                return await self._ask(request, headers, limits, self._begin)
        except AllaweeError:
            raise
        except TimeoutError as error:
            raise transport_error(error) from None

    async def _ask(
        self,
        request: Request,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp applies it
        use: Callable[[], Awaitable[T]],
    ) -> T:
        session = self.home.session
        middlewares: tuple[aiohttp.ClientMiddlewareType, ...] = ()
        if self.home.keeper is None:
            headers, middlewares = _borrowing(session, headers)
        while True:
            try:
                # it gets no name, so that no traceback with local variables shows it
                self._answer = await session.request(
                    request.method,
                    request.url or "",
                    headers=headers,
                    data=request.body,
                    timeout=timeout,
                    allow_redirects=False,
                    raise_for_status=False,
                    auto_decompress=False,
                    middlewares=middlewares,
                )
                return await use()
            except UnaskedError as error:  # it is closed, and nothing was sent: take the next
                if error.is_new:
                    raise TransportError(str(error), sent=False) from None
            except AllaweeError:
                raise
            except FAILURES as error:
                raise translated(error, session) from None

    async def _read(self) -> tuple[int, Mapping[str, str], bytes]:
        """Read the body to its end, which gives the connection back; anything else closes it."""
        status, content = self._answer.status, self._answer.content
        try:  # headers are in no local variable: a traceback may show cookies then
            size = content.total_bytes
            is_plain = not size or "Content-Encoding" not in self._answer.headers
            if content.is_eof() and is_plain and size <= self.max_bytes:
                return status, self._answer.headers, content.read_nowait()  # it came with its head
            body = await StreamedResponse(self._answer, self.max_bytes).read()
            return status, self._answer.headers, body
        finally:
            if not self._answer.closed:
                self._answer.close()

    async def _begin(self) -> StreamedResponse:
        answer = StreamedResponse(self._answer, self.max_bytes)
        await answer.start()
        if self._answer.connection is None:
            self.end()
        else:
            self._answer.connection.add_callback(self.end)
        return answer


def _borrowing(
    session: aiohttp.ClientSession, headers: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[aiohttp.ClientMiddlewareType, ...]]:
    """Return headers and middlewares by which a caller's session does what our own does."""
    key: str | None = None
    if session.trust_env:  # aiohttp takes a .netrc file for a second key, and refuses both
        headers = dict(headers)
        key = headers.pop("Authorization")

    async def on_a_line(
        sent: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if key is not None:
            sent.headers["Authorization"] = key
        sent.send = partial(_send, sent)  # type: ignore[method-assign]
        try:
            return await handler(sent)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            # for these aiohttp would send a read once more, uncounted
            raise transport_error(error) from None

    return headers, (*getattr(session, "_middlewares", ()), on_a_line)


def _send(
    sent: aiohttp.ClientRequest, connection: Connection
) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
    del sent.send  # a ring of references would keep all of it for the collector
    Line.asked(connection, sent.method, is_ours=False)
    return sent.send(connection)


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
        if home is None or not home.turns.take_free():
            return None
        return Turn(home, self._max_response_bytes)

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
        late = f"no connection was free (max_connections={self._max_connections})"
        await within(seconds, home.turns.take(), late)
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
        cookie_jar=_NoCookies(),
        request_class=_Request,
    )
    # else aiohttp sends a read once more, uncounted
    session._retry_connection = False  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    try:
        yield session
    finally:
        await session.close()
