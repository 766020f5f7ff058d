"""The client: one attribute for each noun of the API."""

from __future__ import annotations

import os
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Self, cast

from allawee_async.codec.writing import write_mapping
from allawee_async.errors import RequestAccepted
from allawee_async.redaction import SecretObject, named_secrets
from allawee_async.resources import Resources
from allawee_async.transport import routes
from allawee_async.transport.config import Hosts, KeySource, hidden
from allawee_async.transport.pool import MAX_CONNECTIONS, MAX_RESPONSE_BYTES, TIMEOUT, Pool
from allawee_async.transport.queued import outcome_of_accepted
from allawee_async.transport.rate import checked_rate
from allawee_async.transport.request import Clock, Request, RetryEvent
from allawee_async.transport.retry import RetryPolicy
from allawee_async.transport.session import SessionManager

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import aiohttp

    from allawee_async.transport.config import APIKey
    from allawee_async.transport.rate import Rate
    from allawee_async.transport.response import Reply
    from allawee_async.types import FreeForm, JSONObject

_DEFAULT_RETRY = RetryPolicy()
_DEFAULT_CLOCK = Clock()


class AllaweeClient(Resources):
    """An async client of the Allawee API.

    Use it as `async with AllaweeClient(key) as allawee:`, or call `await allawee.close()` at the
    end. One client serves any number of tasks at once; make one for the life of your application.

    Args:
        api_key: The secret key; or a function, async or not, that returns it. A function is asked
            before each request, and once more after a 401. None takes `ALLAWEE_API_KEY`.
        base_url: The host of the API; None takes `ALLAWEE_BASE_URL`, else the documented one.
        secure_url: The host for card numbers and PINs; None takes `ALLAWEE_SECURE_URL`, else the
            documented one. Plain http is refused for both, but for loopback hosts. Name both or
            none: with only one, calls to the other are refused.
        session: Your own `aiohttp.ClientSession`: used, never closed. None opens one on the first
            request, inside the running loop.
        timeout: Seconds for one attempt (30), or an `aiohttp.ClientTimeout`, whose `total` may be
            None or 0: no limit. Three quarters of them, 10 at most, are for connecting. Waiting
            for one of `max_connections` is no part of an attempt.
        retry: How often and how long to retry (3 attempts), and the deadline of a whole call.
        max_connections: The most connections at a time (100); further requests wait for one, first
            come first served, for as long as the `deadline` of the policy allows.
        max_response_bytes: The longest body that is read, after decompression (64 MiB).
        rate: The most requests that are started in a second by all tasks and views of this client;
            or a `RedisRate`, for all processes that name it. A 429 pauses everybody who shares it
            for its `Retry-After`. None sets no bound.
        headers: Further headers for each request.
        on_retry: Called with a `RetryEvent` before a call waits and is sent again; may be async.
        clock: Seconds of a clock that only runs forward; tests pass their own.
        sleep: Waits so many seconds; tests pass their own.
        random: A number from 0 to 1, for the jitter; tests pass their own.

    Raises:
        ConfigurationError: There is no key, a host is unsafe, or an option makes no sense.
    """

    def __init__(
        self,
        api_key: APIKey | None = None,
        *,
        base_url: str | None = None,
        secure_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        timeout: float | aiohttp.ClientTimeout = TIMEOUT,
        retry: RetryPolicy = _DEFAULT_RETRY,
        max_connections: int = MAX_CONNECTIONS,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        rate: float | Rate | None = None,
        headers: Mapping[str, str] | None = None,
        on_retry: Callable[[RetryEvent], object] | None = None,
        clock: Callable[[], float] = _DEFAULT_CLOCK.monotonic,
        sleep: Callable[[float], Awaitable[object]] = _DEFAULT_CLOCK.sleep,
        random: Callable[[], float] = _DEFAULT_CLOCK.random,
    ) -> None:
        # a traceback with local variables would show it
        api_key = cast("APIKey | None", hidden(api_key))
        keys = KeySource(api_key, os.environ)
        self._is_view = False
        time = Clock(monotonic=clock, sleep=sleep, random=random)
        self._session = SessionManager(
            pool=Pool(
                session, max_connections=max_connections, max_response_bytes=max_response_bytes
            ),
            hosts=Hosts.choose(base_url, secure_url, os.environ),
            keys=keys,
            timeout=timeout,
            retry=retry,
            headers={} if headers is None else headers,
            on_retry=on_retry,
            clock=time,
            rate=checked_rate(rate, time),
        )

    def with_options(
        self,
        *,
        timeout: float | aiohttp.ClientTimeout | None = None,
        retry: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        wait_for_accepted: float | None = None,
    ) -> Self:
        """Return a view of this client with other options. It costs next to nothing.

        The view shares the connections; closing it, or leaving `async with` on it, does not close
        them. A client that is left waits with that for those who are inside `async with` on a view.

        Args:
            timeout: Seconds for one attempt; None keeps what this client has.
            retry: The policy; None keeps what this client has.
            headers: Further headers, added to those of this client.
            wait_for_accepted: Seconds to wait for the outcome of a write that the API queued
                (202, guaranteed processing), instead of raising `RequestAccepted`: the call
                then returns what the API's last attempt answered, or raises its error. The
                write is not sent again; when the time is over, `RequestTimeoutError` tells the
                `request_id`. 0 does not wait; None keeps what this client has.

        Raises:
            ConfigurationError: An option makes no sense.
        """
        session = self._session.with_options(
            timeout=timeout, retry=retry, headers=headers, wait_for_accepted=wait_for_accepted
        )
        view = copy(self)
        for name in [*vars(view)]:  # what was made for the options of this client
            if isinstance(getattr(type(view), name, None), cached_property):
                del vars(view)[name]
        view._session, view._is_view = session, True  # noqa: SLF001 - of our own class
        return view

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: FreeForm | None = None,
        json: FreeForm | None = None,
        secure: bool = False,
    ) -> Reply:
        """Call an endpoint that has no method of its own; auth, retries and errors are the same.

        Args:
            method: The HTTP method. GET, HEAD, PUT and DELETE are retried like reads; all others
                are never sent again if they may have taken effect.
            path: The path below the host: `/customers/cus.1`.
            query: Query parameters; None values are left out.
            json: The body, in wire names.
            secure: Send it to the host for card numbers and PINs.

        Returns:
            The reply: `status`, `headers`, `code`, `data`, `metadata`, `request_id`, `attempts`.

        Raises:
            RequestAccepted: The API queued the request; `await error.wait()` returns the reply of
                its last attempt.
            AllaweeError: As for any other call.
        """
        query = query or {}
        if isinstance(json, dict):  # a traceback with local variables would show it
            json = SecretObject(cast("JSONObject", json))
        request = Request(
            method=routes.checked_method(method),
            path=routes.checked_path(path),
            query=routes.query_texts(query),
            body=None if json is None else routes.json_bytes(json),
            secrets=tuple(named_secrets([write_mapping(query), write_mapping(json or {})])),
            secure=secure,
            resend=routes.may_resend(method.upper()),
        )
        del query  # as above
        try:
            return await self._session.send(request)
        except RequestAccepted as accepted:
            return await outcome_of_accepted(accepted, request, self._session, lambda late: late)

    async def close(self) -> None:
        """Close the connections. A borrowed session stays open, and so does the pool of a view."""
        if not self._is_view:
            await self._session.pool.close()

    async def __aenter__(self) -> Self:
        """Return the client itself; several tasks may do so, and the last one closes it."""
        self._session.pool.enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the client, if nobody else is inside `async with`."""
        await self._session.pool.leave(is_owner=not self._is_view)

    def __repr__(self) -> str:
        """Show the host and what kind of key it is, never the key."""
        session = getattr(self, "_session", None)
        if session is None:  # half made, in a traceback
            return f"<{type(self).__name__}>"
        host = session.hosts.base_url or session.hosts.secure_url
        return f"<{type(self).__name__} {host} ({session.keys!r})>"
