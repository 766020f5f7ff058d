"""The session manager: the key on each request, timeouts, retries, the deadline, the log."""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import attrs
from multidict import CIMultiDict
from yarl import URL

from allawee_async.codec.json import Raw
from allawee_async.errors import (
    AllaweeError,
    Attempt,
    AuthenticationError,
    RateLimitError,
    RequestTimeoutError,
    TransportError,
)
from allawee_async.redaction import SecretText, masked_id
from allawee_async.transport.config import checked_headers, checked_retry, checked_wait
from allawee_async.transport.pool import client_timeout
from allawee_async.transport.request import Clock, Request, RetryEvent, settled, within
from allawee_async.transport.response import Reply, check_subject, read_response
from allawee_async.transport.retry import (
    LONGEST_RETRY_AFTER,
    MAY_HAVE_TAKEN_EFFECT,
    AttemptOutcome,
    Quota,
    RetryPolicy,
    outcome_of,
)
from allawee_async.transport.retry_state import RetryState, log, log_attempt, without_secrets
from allawee_async.transport.routes import query_string
from allawee_async.version import __version__

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import aiohttp

    from allawee_async.transport.config import Hosts, KeySource
    from allawee_async.transport.pool import Pool, Turn
    from allawee_async.transport.rate import Rate
    from allawee_async.transport.request import CallObserver
    from allawee_async.transport.streaming import StreamedResponse

    _Attempt: TypeAlias = Callable[[Request, CIMultiDict[str], Turn, RetryState], Awaitable[T]]

USER_AGENT: Final = f"allawee_async/{__version__}"
_JSON: Final = {"Content-Type": "application/json"}
# What is not compressed on the way tells its length, so that a part of it is known as such.
_ANY_FILE: Final = {"Accept": "*/*", "Accept-Encoding": "identity"}


@cache
def _host(url: str) -> URL:
    return URL(url, encoded=True)


@attrs.define(kw_only=True, eq=False, repr=False, slots=False)
class SessionManager:
    """Sends calls: one instance for each set of options, all over one pool.

    Attributes:
        pool: The connections.
        hosts: The two hosts that get the key.
        keys: Where the key comes from.
        timeout: The limits of one attempt.
        retry: The policy.
        headers: Further headers for each request.
        on_retry: Told of each retry, before the pause.
        clock: Time and chance.
        rate: Bounds how many requests are started in a second.
        wait_for_accepted: Seconds to wait for the outcome of a request that the API queued; 0
            does not wait.
        quota: Bounds the retries of all calls; kept as long as the policy names the same number.
        observer: Told of each call.
    """

    pool: Pool
    hosts: Hosts
    keys: KeySource
    timeout: aiohttp.ClientTimeout = attrs.field(converter=client_timeout)
    retry: RetryPolicy = attrs.field(converter=checked_retry)
    headers: dict[str, str] = attrs.field(converter=checked_headers)
    on_retry: Callable[[RetryEvent], object] | None
    clock: Clock
    rate: Rate | None = None
    wait_for_accepted: float = attrs.field(default=0.0, converter=checked_wait)
    quota: Quota = attrs.field(
        default=attrs.Factory(lambda self: Quota(self.retry.quota), takes_self=True)
    )
    observer: CallObserver | None = None
    _headers: dict[str, str] = attrs.field(init=False)
    _fixed: CIMultiDict[str] | None = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Make what all requests have in common."""
        if self.quota.tokens != self.retry.quota:
            self.quota = Quota(self.retry.quota)
        self._headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            **self.headers,
        }
        self._fixed = None if self.keys.fixed is None else self._with_key(self.keys.fixed)

    def with_options(
        self, *, headers: Mapping[str, str] | None = None, **changes: object
    ) -> SessionManager:
        """Return a manager over the same pool; None keeps what this one has.

        Args:
            headers: Further headers, added to those of this one.
            **changes: Other attributes.
        """
        given: dict[str, Any] = {name: each for name, each in changes.items() if each is not None}
        if headers is not None:
            given["headers"] = {**self.headers, **checked_headers(headers)}
        return attrs.evolve(self, **given)

    def send(self, request: Request) -> Awaitable[Reply]:
        """Send a request until it succeeds or the policy gives up.

        Raises:
            AllaweeError: The error of the last attempt, with the history of all.
        """
        work = self._until_done(request, self._exchange)
        return work if self.observer is None else self.observer.call(request, work)

    async def stream(self, request: Request, use: Callable[[StreamedResponse], Awaitable[T]]) -> T:
        """Send a request until somebody could use the body of the answer, or the policy gives up.

        Args:
            request: What is sent.
            use: Uses the answer. If it fails with an error of ours, the request may be sent again;
                if it returns, whatever is left of the answer is its own to close.

        Raises:
            AllaweeError: The error of the last attempt, with the history of all.
        """

        async def attempt(
            request: Request, headers: CIMultiDict[str], turn: Turn, state: RetryState
        ) -> T:
            asking = headers.copy()
            asking.update(_ANY_FILE)
            response = await turn.open(request, asking, self._timeout(state.started))
            response.failures = state.attempts
            if not 200 <= response.status <= 299:
                body = await response.read()
                read_response(response.status, response.headers, body, now=self.clock.time)
            result = await self._used(response, use, state.started)
            self._succeeded(request, response, state)
            return result

        work = self._until_done(request, attempt)
        return await (work if self.observer is None else self.observer.call(request, work))

    async def _until_done(self, request: Request, attempt: _Attempt[T]) -> T:
        """Make one attempt after the other, and let whatever ends them tell all of them."""
        state = RetryState(self.clock.monotonic())
        try:
            request.url = self._url(request)
            headers = self._fixed or self._with_key(await self._ask(state.started))
            while True:
                turn = None if self.rate else self.pool.free_turn()
                turn = turn or await self._turn(request, state)
                state.began = self.clock.monotonic()
                try:
                    sent = headers
                    if self.observer is not None:
                        sent = CIMultiDict(headers, **self.observer.headers())
                    return await attempt(request, sent, turn, state)
                except AllaweeError as error:
                    turn.end(error)
                    headers = await self._after_failure(request, state, error, headers)
                except BaseException:
                    turn.end()
                    raise
        except AllaweeError as error:
            state.last_word(request, error)
            raise

    async def _turn(self, request: Request, state: RetryState) -> Turn:
        """Wait for a connection, and the rate: no attempt, and only the deadline bounds it."""
        began = self.clock.monotonic()
        turn = await self.pool.turn(self._left(state.started))
        self._note_wait("connection", began)
        if self.rate is not None:
            try:
                await self._wait_for_rate(self.rate, request, state)
            except BaseException:
                turn.end()
                raise
        return turn

    async def _wait_for_rate(self, rate: Rate, request: Request, state: RetryState) -> None:
        async def told(seconds: float) -> None:
            error = RateLimitError("another call of the same rate was asked to wait", status=429)
            log.info(
                "%s %s waits %.3f s for the rate: %s",
                *(request.method, request.shown_path, seconds, error.message),
            )
            attempt = Attempt(len(state.attempts) + 1, None, None, None, 0.0, seconds)
            await self._tell(request, attempt, error, waits_for_rate=True)

        began = self.clock.monotonic()
        late = "the rate allowed no request"
        await within(self._left(state.started), rate.take(told), late)
        waited = self._note_wait("rate", began)
        if waited and log.isEnabledFor(logging.DEBUG):
            place = request.method, request.shown_path
            log.debug("%s %s waited %.3f s for the rate", *place, waited)

    def _note_wait(self, what: str, began: float) -> float:
        waited = self.clock.monotonic() - began
        if self.observer is not None and waited:
            self.observer.waited(what, waited)
        return waited

    async def _tell(
        self, request: Request, attempt: Attempt, error: AllaweeError, *, waits_for_rate: bool
    ) -> None:
        if self.on_retry is not None:
            event = RetryEvent(
                method=request.method,
                path=request.shown_path,
                attempt=attempt,
                error=error,
                waits_for_rate=waits_for_rate,
            )
            await settled(self.on_retry(event))

    async def _exchange(
        self, request: Request, headers: CIMultiDict[str], turn: Turn, state: RetryState
    ) -> Reply:
        if request.body is not None:
            headers = CIMultiDict(headers, **_JSON)
        timeout = self._timeout(state.started)
        # the answer gets no name, so that no traceback with local variables shows it
        reply = read_response(*await turn.exchange(request, headers, timeout), now=self.clock.time)
        if request.read is not None and isinstance(reply.raw, Raw):
            reply.model = request.read(reply.raw)
        check_subject(reply, request.expected)
        turn.end()
        if reply.request_id:
            reply.request_id = masked_id(reply.request_id, request.secrets)
        self._succeeded(request, reply, state)
        return reply

    async def _used(
        self,
        response: StreamedResponse,
        use: Callable[[StreamedResponse], Awaitable[T]],
        started: float,
    ) -> T:
        """Use an answer within the deadline; close it if that fails."""
        limit = asyncio.timeout(self._left(started))
        try:
            async with limit:
                return await use(response)
        except BaseException as error:
            response.close()
            if limit.expired() and isinstance(error, TimeoutError):
                raise RequestTimeoutError("the deadline has passed") from None
            raise

    def _succeeded(
        self, request: Request, answer: Reply | StreamedResponse, state: RetryState
    ) -> None:
        answer.elapsed = self.clock.monotonic() - state.began
        answer.failures = state.attempts
        self.quota.give_back(state.paid)
        if log.isEnabledFor(logging.DEBUG):
            log_attempt(logging.DEBUG, request, answer.attempts[-1])

    def _url(self, request: Request) -> URL:
        host = _host(self.hosts.url(secure=request.secure))
        if request.query:
            return URL(f"{host}{request.path}{query_string(request.query)}", encoded=True)
        # a third of the time of parsing a text
        return host.with_path(host.raw_path.rstrip("/") + request.path, encoded=True)

    async def _ask(self, started: float) -> SecretText:
        """Ask for the key, within the deadline of the call."""
        return await within(self._left(started), self.keys.ask(), "the API key had not come")

    def _with_key(self, key: str) -> CIMultiDict[str]:
        return CIMultiDict({"Authorization": SecretText(f"Bearer {key}"), **self._headers})

    def _left(self, started: float) -> float | None:
        """Return the seconds until the deadline, if there is one."""
        deadline = self.retry.deadline
        return None if deadline is None else started + deadline - self.clock.monotonic()

    def _timeout(self, started: float) -> aiohttp.ClientTimeout:
        """Return the timeout of an attempt that begins now."""
        deadline, total = self.retry.deadline, self.timeout.total
        if deadline is None:
            return self.timeout
        left = started + deadline - self.clock.monotonic()
        if total is not None and total <= left:
            return self.timeout
        if left <= 0:
            raise RequestTimeoutError("the deadline has passed", sent=False)
        limits = client_timeout(left)
        return attrs.evolve(
            self.timeout, total=left, connect=limits.connect, sock_connect=limits.sock_connect
        )

    async def _after_failure(
        self,
        request: Request,
        state: RetryState,
        error: AllaweeError,
        headers: CIMultiDict[str],
    ) -> CIMultiDict[str]:
        """Wait and return the headers for the next attempt, or raise the error."""
        outcome = outcome_of(error)
        without_secrets(error, request, headers["Authorization"].removeprefix("Bearer "))
        if request.writes and outcome in MAY_HAVE_TAKEN_EFFECT:
            state.outcome_unknown = True
        elapsed = self.clock.monotonic() - state.began
        try:
            fresh = await self._fresh_key(state, error, headers)
        except AllaweeError:
            state.note(request, error, None, elapsed)
            raise
        pause, remark = (0.0, "") if fresh else self._pause(request, state, error, outcome)
        attempt = state.note(request, error, pause, elapsed, remark)
        if self.observer is not None:
            self.observer.failed(attempt, error)
        if self.rate is not None and isinstance(error, RateLimitError) and error.retry_after:
            await self._pause_all(self.rate, error.retry_after)
        if pause is None:
            raise error
        if fresh:
            return fresh
        await self._tell(request, attempt, error, waits_for_rate=False)
        await self.clock.sleep(pause)
        return headers if self._fixed else self._with_key(await self._ask(state.started))

    async def _fresh_key(
        self, state: RetryState, error: AllaweeError, headers: CIMultiDict[str]
    ) -> CIMultiDict[str] | None:
        """Return headers with a newer key after a 401, once in a call."""
        refused = isinstance(error, AuthenticationError) and self.keys.fixed is None
        if not refused or state.asked_again:
            return None
        state.asked_again = True
        newer = self._with_key(await self._ask(state.started))
        return newer if newer["Authorization"] != headers["Authorization"] else None

    async def _pause_all(self, rate: Rate, seconds: float) -> None:
        """Let everybody who shares the rate wait; but for so long as any single call only."""
        try:
            await rate.pause(min(seconds, LONGEST_RETRY_AFTER))
        except TransportError as error:
            log.warning("%s", error)

    def _pause(
        self, request: Request, state: RetryState, error: AllaweeError, outcome: AttemptOutcome
    ) -> tuple[float | None, str]:
        """Return the pause before the next attempt, or None; and what the history says of it."""
        state.failures += 1
        pause = self.retry.pause_after(
            state.failures,
            outcome,
            resend=request.resend,
            elapsed=self.clock.monotonic() - state.started,
            retry_after=getattr(error, "retry_after", None),
            jitter=self.clock.random(),
        )
        if pause is None:
            return None, ""
        paid = self.quota.take(error)
        if paid is None:
            return None, f" (not sent again: the quota of {self.retry.quota} is used up)"
        state.paid = paid
        return pause, ""
