"""Requests: what is sent, and what a session is told and asked besides.

A request shows neither query nor body in its `repr`: the frames of a traceback hold requests, and
what is in a query or a body may be an identity number.
"""

from __future__ import annotations

import asyncio
import inspect
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import attrs

from allawee_async.errors import RequestTimeoutError
from allawee_async.redaction import mask

if TYPE_CHECKING:
    from yarl import URL

    from allawee_async.codec.json import Raw
    from allawee_async.errors import AllaweeError, Attempt

T = TypeVar("T")

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def settled(result: object) -> None:
    """Wait for what a function of the caller returned, if it is one to be awaited."""
    if inspect.isawaitable(result):
        await result


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do several things at once. What one raises is raised, and cancels the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]


async def within(seconds: float | None, work: Awaitable[T], late: str) -> T:
    """Wait for what comes before an attempt.

    Raises:
        RequestTimeoutError: It took longer than so many seconds; `late` says what did.
    """
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise RequestTimeoutError(f"the deadline has passed, and {late}", sent=False) from None


@attrs.frozen(kw_only=True)
class Clock:
    """Time and chance, which a test replaces so that nothing waits for real.

    Attributes:
        monotonic: Seconds of a clock that only runs forward.
        sleep: Waits so many seconds.
        random: A number from 0 to 1, for the jitter.
        time: Seconds since the epoch, to which `Retry-After` dates are compared.
    """

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    random: Callable[[], float] = random.random
    time: Callable[[], float] = time.time


@attrs.frozen(kw_only=True)
class RetryEvent:
    """What `on_retry` is told before a call waits and is sent again.

    It is also told when a call waits because another one that shares its `rate` was answered 429.

    Attributes:
        method: The HTTP method.
        path: The path, without the query.
        attempt: The attempt that failed; `attempt.pause` is the wait that follows. Of a call that
            waits for the rate, the attempt that is to begin.
        error: Why it failed.
        waits_for_rate: Whether it did not fail, and waits because of another call.
    """

    method: str
    path: str
    attempt: Attempt
    error: AllaweeError
    waits_for_rate: bool = False


@attrs.define(kw_only=True)
class Request:
    """One request: all that the attempts of a call have in common.

    Attributes:
        method: The HTTP method.
        path: The encoded path.
        query: The query as texts.
        body: The body in JSON.
        secure: Whether it goes to the host for card numbers and PINs.
        resend: Whether it may be sent again although it may have taken effect.
        secrets: What of the body is secret, wherever the API may quote it.
        tells_secret: Whether the answer holds a secret.
        expected: The wire name of a field of the answer that says what it is about, and the value
            that was asked for: `("id", "c.1")`. None, or an answer without it, is not checked.
        read: Reads the usual text of such an answer at once; it returns None for any other.
        url: Where it goes; the session fills it in.
    """

    method: str
    path: str
    query: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    secure: bool = False
    resend: bool = False
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)
    tells_secret: bool = False
    expected: tuple[str, str] | None = attrs.field(default=None, repr=False)
    read: Callable[[Raw], object] | None = attrs.field(default=None, repr=False)
    url: URL | None = attrs.field(default=None, repr=False)

    @property
    def confidential(self) -> bool:
        """Whether what is sent or answered may not be kept in errors."""
        return self.secure or self.tells_secret or bool(self.secrets)

    @property
    def shown_path(self) -> str:
        """The path as errors and the log show it."""
        return mask(self.path)

    @property
    def writes(self) -> bool:
        """Whether it can change anything."""
        return self.method not in _READS


class CallObserver(Protocol):
    """Told of each call of a session while it runs, for instance to trace it."""

    def call(self, request: Request, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        """Return the work of a call, watched; the other methods are called while it runs."""
        ...

    def failed(self, attempt: Attempt, error: AllaweeError) -> None:
        """Take note of an attempt that failed; `attempt.pause` is the wait before the next."""

    def waited(self, what: str, seconds: float) -> None:
        """Take note of a wait for `connection` or `rate`."""

    def headers(self) -> Mapping[str, str]:
        """Return further headers for the attempt that begins now."""
        ...
