"""The session manager: the key on each request, timeouts, retries, the deadline, the log."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, TypeVar

import attrs
from multidict import CIMultiDict
from yarl import URL

from allawee_async.errors import (
    AllaweeError,
    AuthenticationError,
    ConfigurationError,
    RequestTimeoutError,
)
from allawee_async.redaction import SecretText
from allawee_async.transport.config import checked_headers, checked_retry, checked_wait
from allawee_async.transport.pool import client_timeout
from allawee_async.transport.request import Clock, Request, RetryEvent
from allawee_async.transport.response import Reply, read_response
from allawee_async.transport.retry import (
    MAY_HAVE_TAKEN_EFFECT,
    Outcome,
    RetryPolicy,
    outcome_of,
)
from allawee_async.transport.retry_state import RetryState, log, log_attempt, without_secrets
from allawee_async.transport.routes import query_string
from allawee_async.version import __version__

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import aiohttp

    from allawee_async.transport.config import Hosts, KeySource
    from allawee_async.transport.pool import Pool
    from allawee_async.transport.request import Clock, Request
    from allawee_async.transport.streaming import StreamedResponse

T = TypeVar("T")

USER_AGENT: Final = f"allawee_async/{__version__}"
_JSON: Final = {"Content-Type": "application/json"}
# What is not compressed on the way tells its length, so that a part of it is known as such.
_ANY_FILE: Final = {"Accept": "*/*", "Accept-Encoding": "identity"}


class SessionManager:
    """Sends calls: one instance for each set of options, all over one pool.

    Args:
        pool: The connections.
        hosts: The two hosts that get the key.
        keys: Where the key comes from.
        timeout: Seconds for one attempt.
        retry: The policy.
        headers: Further headers for each request.
        on_retry: Told of each retry, before the pause.
        seams: What a test replaces.
        wait_for_accepted: Seconds to wait for the outcome of a request that the API queued; 0
            does not wait.
    """

    def __init__(
        self,
        pool: Pool,
        hosts: Hosts,
        keys: KeySource,
        *,
        timeout: float | aiohttp.ClientTimeout,
        retry: RetryPolicy,
        headers: Mapping[str, str] | None,
        on_retry: Callable[[RetryEvent], object] | None,
        clock: Clock,
        wait_for_accepted: float = 0.0,
    ) -> None:
        self.pool = pool
        self.hosts = hosts
        self.keys = keys
        self.timeout = client_timeout(timeout)
        self.retry = checked_retry(retry)
        self.headers = checked_headers(headers or {})
        self.on_retry = on_retry
        self.clock = clock
        self.wait_for_accepted = checked_wait(wait_for_accepted)
        self._base_url = URL(hosts.base_url, encoded=True)
        self._secure_url = URL(hosts.secure_url, encoded=True)
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **self.headers}
        self._fixed = None if keys.fixed is None else self._with_key(keys.fixed)

    def with_options(
        self,
        *,
        timeout: float | aiohttp.ClientTimeout | None = None,
        retry: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        wait_for_accepted: float | None = None,
    ) -> SessionManager:
        """Return a manager over the same pool; None keeps what this one has."""
        wait = self.wait_for_accepted if wait_for_accepted is None else wait_for_accepted
        return SessionManager(
            self.pool,
            self.hosts,
            self.keys,
            timeout=self.timeout if timeout is None else timeout,
            retry=self.retry if retry is None else retry,
            headers={**self.headers, **checked_headers({} if headers is None else headers)},
            on_retry=self.on_retry,
            clock=self.clock,
            wait_for_accepted=wait,
        )

    async def send(self, request: Request) -> Reply:
        """Send a call until it succeeds or the policy gives up.

        Raises:
            AllaweeError: The error of the last attempt, with the history of all.
        """
        now = self.clock.monotonic
        request.url = self._url(request)
        state: RetryState | None = None
        started = now()
        headers = self._fixed or self._with_key(await self._ask(started))
        began = now()
        while True:
            try:
                exchange = self.pool.exchange(
                    request,
                    headers if request.body is None else CIMultiDict(headers, **_JSON),
                    self.timeout if self.retry.deadline is None else self._time_left(started),
                )
                # the body gets no name, so that no traceback with local variables shows it
                reply = read_response(*await exchange, now=self.clock.time)
            except AllaweeError as error:
                state = state or RetryState(started)
                headers = await self._after_failure(request, state, error, headers, began)
                began = now()
            else:
                reply.elapsed = now() - began
                if state is not None:
                    reply.failures = tuple(state.attempts)
                if log.isEnabledFor(logging.DEBUG):
                    log_attempt(logging.DEBUG, request, reply.attempts[-1])
                return reply

    def _url(self, request: Request) -> URL:
        host = self._secure_url if request.secure else self._base_url
        if request.query:
            return URL(f"{host}{request.path}{query_string(request.query)}", encoded=True)
        # a third of the time of parsing a text
        return host.with_path(host.raw_path.rstrip("/") + request.path, encoded=True)

    async def _ask(self, started: float) -> SecretText:
        """Ask for the key, within the deadline of the call."""
        if self.retry.deadline is None:
            return await self.keys.ask()
        try:
            async with asyncio.timeout(started + self.retry.deadline - self.clock.monotonic()):
                return await self.keys.ask()
        except TimeoutError:
            late = "the deadline passed while the API key was asked for"
            raise RequestTimeoutError(late, sent=False) from None

    def _with_key(self, key: str) -> CIMultiDict[str]:
        return CIMultiDict({"Authorization": SecretText(f"Bearer {key}"), **self._headers})

    def _time_left(self, started: float) -> aiohttp.ClientTimeout:
        left = started + (self.retry.deadline or 0.0) - self.clock.monotonic()
        if left <= 0:
            raise RequestTimeoutError("the deadline has passed", sent=False)
        total = self.timeout.total
        if total is not None and total <= left:
            return self.timeout
        limits = client_timeout(left)
        return attrs.evolve(
            self.timeout, total=left, connect=limits.connect, sock_connect=limits.sock_connect
        )

    async def stream(self, request: Request, use: Callable[[StreamedResponse], Awaitable[T]]) -> T:
        """Send a call until somebody could use the body of the answer, or the policy gives up.

        Args:
            request: What is sent.
            use: Uses the answer. If it fails with an error of ours, the call may be sent again;
                if it returns, whatever is left of the answer is its own to close.

        Raises:
            AllaweeError: The error of the last attempt, with the history of all.
        """
        now = self.clock.monotonic
        state = RetryState(now())
        headers = self._fixed or self._with_key(await self._ask(state.started))
        while True:
            began = now()
            try:
                response = await self._open(request, headers, state)
                result = await self._used(response, use, state.started)
            except AllaweeError as error:
                headers = await self._after_failure(request, state, error, headers, began)
            else:
                response.elapsed = now() - began
                if log.isEnabledFor(logging.DEBUG):
                    log_attempt(logging.DEBUG, request, response.attempts[-1])
                return result

    async def _open(
        self, request: Request, headers: CIMultiDict[str], state: RetryState
    ) -> StreamedResponse:
        """Open the answer of a call; its status is good."""
        limited = self.retry.deadline is not None
        timeout = self._time_left(state.started) if limited else self.timeout
        asking = headers.copy()
        asking.update(_ANY_FILE)
        request.url = self._url(request)
        response = await self.pool.open(request, asking, timeout)
        response.failures = tuple(state.attempts)
        if not 200 <= response.status <= 299:
            body = await response.read()
            read_response(response.status, response.headers, body, now=self.clock.time)
        return response

    async def _used(
        self,
        response: StreamedResponse,
        use: Callable[[StreamedResponse], Awaitable[T]],
        started: float,
    ) -> T:
        """Use an answer within the deadline; close it if that fails."""
        deadline = self.retry.deadline
        left = None if deadline is None else started + deadline - self.clock.monotonic()
        limit = asyncio.timeout(left)
        try:
            async with limit:
                return await use(response)
        except TimeoutError:
            response.close()
            if not limit.expired():
                raise
            raise RequestTimeoutError("the deadline has passed") from None
        except BaseException:
            response.close()
            raise

    async def _after_failure(
        self,
        request: Request,
        state: RetryState,
        error: AllaweeError,
        headers: CIMultiDict[str],
        began: float,
    ) -> CIMultiDict[str]:
        """Wait and return the headers for the next attempt, or raise the error."""
        outcome = outcome_of(error)
        if request.confidential:
            without_secrets(error, request)
        if request.writes and outcome in MAY_HAVE_TAKEN_EFFECT:
            state.outcome_unknown = True
        elapsed = self.clock.monotonic() - began
        try:
            fresh = await self._fresh_key(state, error, headers)
        except (ConfigurationError, RequestTimeoutError) as failed:
            state.note(request, error, None, elapsed)
            raise state.last_word(request, failed) from None
        pause = 0.0 if fresh else self._pause(request, state, error, outcome)
        attempt = state.note(request, error, pause, elapsed)
        if pause is None:
            raise state.last_word(request, error)
        if fresh:
            return fresh
        if self.on_retry is not None:
            event = RetryEvent(
                method=request.method, path=request.path, attempt=attempt, error=error
            )
            self.on_retry(event)
        await self.clock.sleep(pause)
        try:
            return headers if self._fixed else self._with_key(await self._ask(state.started))
        except (ConfigurationError, RequestTimeoutError) as failed:
            raise state.last_word(request, failed) from None

    async def _fresh_key(
        self, state: RetryState, error: AllaweeError, headers: CIMultiDict[str]
    ) -> CIMultiDict[str] | None:
        """Return headers with a newer key after a 401, once in a call."""
        refused = isinstance(error, AuthenticationError) and self.keys.changes
        if not refused or state.asked_again:
            return None
        state.asked_again = True
        newer = self._with_key(await self._ask(state.started))
        return newer if newer["Authorization"] != headers["Authorization"] else None

    def _pause(
        self, request: Request, state: RetryState, error: AllaweeError, outcome: Outcome
    ) -> float | None:
        state.failures += 1
        return self.retry.pause_after(
            state.failures,
            outcome,
            resend=request.resend,
            elapsed=self.clock.monotonic() - state.started,
            retry_after=getattr(error, "retry_after", None),
            jitter=self.clock.random(),
        )
