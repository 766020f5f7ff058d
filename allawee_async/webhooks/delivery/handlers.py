"""The developer's handlers: which event they are for, what they get, and how they run.

Those of one delivery run in a task of their own, while their claim is kept.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from difflib import get_close_matches
from functools import partial
from typing import Final, NamedTuple

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.delivery.stats import log, shown
from allawee_async.webhooks.events import EVENT_CLASSES, OLD_NAMES, Event, UnknownEvent
from allawee_async.webhooks.responses import Approve, Decision, Decline, checked_decision
from allawee_async.webhooks.stores.base import Claim, ClaimLostError

_EXTRAS: Final = frozenset({"request", "claim"})
"""What a handler gets beside the event, if it has parameters of these names."""

_UNKNOWN: Final = ""
"""Stands for all events that no document describes; none of them has this name."""

_NAME_OF: Final = {cls: name for name, cls in EVENT_CLASSES.items()} | {UnknownEvent: _UNKNOWN}
_ONE_DECIDES: Final = {"card.authorization.request", "card.authorization.update"}


@attrs.frozen
class Handler:
    """A function of the developer.

    Attributes:
        function: What is called.
        name: What the log calls it.
        extras: Which of `request` and `claim` it wants beside the event.
        is_async: Whether it runs in the event loop; it runs in a thread otherwise.
    """

    function: Callable[..., object]
    name: str
    extras: frozenset[str]
    is_async: bool

    @classmethod
    def of(cls, function: Callable[..., object]) -> Handler:
        """Look at a function and return how to call it.

        Raises:
            ConfigurationError: It cannot be called with an event.
        """
        name = getattr(function, "__qualname__", type(function).__qualname__)
        called = type(function).__call__ if not inspect.isroutine(function) else function
        if any(map(inspect.isasyncgenfunction, (function, called))):
            raise ConfigurationError(f"{name} must return its answer, not yield it")
        is_async = any(map(inspect.iscoroutinefunction, (function, called)))
        return cls(function, name, _extras(function, name), is_async)


def _extras(function: Callable[..., object], name: str) -> frozenset[str]:
    """Return which of the extras a function has parameters for."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a function of C that does not tell
        return frozenset()
    first = parameters[0].kind if parameters else None
    if first in (None, inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD):
        raise ConfigurationError(f"the first parameter of {name} must take the event")
    wanted: set[str] = set()
    for parameter in parameters[1:]:
        is_collector = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        can_be_named = not is_collector and parameter.kind is not parameter.POSITIONAL_ONLY
        if parameter.name in _EXTRAS and can_be_named:
            wanted.add(parameter.name)
        elif parameter.default is parameter.empty and not is_collector:
            raise ConfigurationError(
                f"{name} has a parameter {parameter.name!r}, and nobody can tell what to pass: "
                "a handler gets the event and, by these names, `request` and `claim`; "
                "give the parameter a default"
            )
    return frozenset(wanted)


class Chain(NamedTuple):
    """The handlers of one event, in the order in which they run.

    Attributes:
        named: Those for the event by its name or its class.
        others: Those for every event.
    """

    named: tuple[Handler, ...]
    others: tuple[Handler, ...]


class Handlers:
    """All handlers of a dispatcher."""

    def __init__(self) -> None:
        self._registered: list[tuple[str, Handler]] = []

    def add(self, name: str, function: object) -> None:
        """Register a handler for the event of this name, see `event_name`.

        Raises:
            ConfigurationError: The function cannot be called with an event, or the event has a
                handler that decides.
        """
        if not callable(function):
            raise ConfigurationError(
                f"a handler must be a function that takes the event, not {type(function).__name__}"
            )
        handler = Handler.of(function)
        before = [other.name for registered, other in self._registered if registered == name]
        if before and name in _ONE_DECIDES:
            raise ConfigurationError(
                f"{name} has a handler already, {before[0]}: only one can decide"
            )
        alike = get_close_matches(name, EVENT_CLASSES, n=1, cutoff=0.8)
        if alike and name not in EVENT_CLASSES:  # new events are welcome, and look like no other
            told = "no document names the event %r: did you mean %s? else %s may never be called"
            log.warning(told, name, alike[0], handler.name)
        self._registered.append((name, handler))

    def chain(self, event: Event) -> Chain:
        """Return the handlers of an event."""
        names = (event.type, _UNKNOWN) if isinstance(event, UnknownEvent) else (event.type,)
        registered = self._registered
        named = tuple([handler for name, handler in registered if name in names])
        return Chain(named, tuple([handler for name, handler in registered if name == "*"]))


def event_name(event: object) -> str:
    """Return the name of the event that handlers are to be registered for.

    Raises:
        ConfigurationError: It is neither a name nor the class of an event.
    """
    if isinstance(event, type) and event in _NAME_OF:
        return _NAME_OF[event]
    if isinstance(event, str) and event:
        return OLD_NAMES.get(event, event)
    raise ConfigurationError(
        f'{event!r} is no event: use @webhooks.on("card.authorization.closed"), '
        '@webhooks.on(CardAuthorizationClosed), or @webhooks.on("*") for all'
    )


class Workers:
    """Threads for handlers that are not async, started when the first of them runs.

    Args:
        most: How many there may be at a time; further handlers wait for one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._pool: ThreadPoolExecutor | None = None

    def start(self, function: Callable[[], object]) -> Future[object]:
        """Run a function in a thread, in a copy of the present context."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._most, thread_name_prefix="allawee-webhooks")
        return self._pool.submit(contextvars.copy_context().run, _run, function)

    def close(self) -> None:
        """Let the threads end, each with what it is doing."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _run(function: Callable[[], object]) -> object:
    try:
        return function()
    except StopIteration as error:  # asyncio could not hand it over, and would wait for ever
        raise RuntimeError("a handler raised StopIteration") from error


TO_CLOSE: Final = 5.0
"""Seconds that tasks get to end by themselves, and again when they are cancelled."""


class BackgroundTasks:
    """Holds tasks until they end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def keep(self, task: asyncio.Task[object]) -> None:
        """Hold a task."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def start(self, work: Coroutine[object, object, object]) -> None:
        """Do something that nobody waits for."""
        self.keep(asyncio.get_running_loop().create_task(work))

    async def close(self) -> None:
        """Wait for the tasks of the running loop; cancel those that do not end in time."""
        if tasks := self._here():
            await asyncio.wait(tasks, timeout=TO_CLOSE)
        if tasks := self._here():
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=TO_CLOSE)

    def _here(self) -> set[asyncio.Task[object]]:
        loop = asyncio.get_running_loop()
        return {task for task in self._tasks if task.get_loop() is loop}

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # so that it counts as seen: what matters is in the log


FAILURES: Final = (Exception, asyncio.CancelledError)
"""What a handler may raise; all else ends the program."""

TO_STOP: Final = 1.0
"""Seconds that handlers get to end when they are cancelled, where nothing is waiting for them."""


class HandlerRun:
    """The handlers of one delivery.

    Args:
        event: The event that they get.
        claim: The right to handle it.
        chain: The handlers.
        request: The request that a handler may want.
        workers: Where handlers run that are not async.

    Attributes:
        task: In which they run; it raises nothing.
        failures: The names of the handlers that failed so far: that raised, or answered what
            cannot be sent. Each with its error.
        decision: What was decided so far.
        decided_at: When that was, by the loop's clock.
        is_lost: Whether somebody else has taken over the claim.
        was_last: Whether the handler that was called last was the last one, and none decides.
    """

    def __init__(
        self, event: Event, claim: Claim, chain: Chain, request: object, workers: Workers
    ) -> None:
        self.event = event
        self.claim = claim
        self.failures: list[tuple[str, BaseException]] = []
        self.decision: Decision | None = None
        self.decided_at = 0.0
        self.is_lost = False
        self._chain = chain
        self._extras = {"request": request, "claim": claim}
        self._workers = workers
        self._is_abandoned = False
        self.was_last = False
        self._thread: Future[object] | None = None
        self.task = asyncio.get_running_loop().create_task(self._run_all())

    @property
    def has_succeeded(self) -> bool:
        """Whether the event is done: decided upon, or handled by all of them."""
        if self.event.wants_decision:
            return self.decision is not None
        return self.task.done() and not self.was_stopped and not self.failures

    @property
    def crash(self) -> BaseException | None:
        """What has ended them that no handler should raise: no `Exception`."""
        ended = self.task.done() and not self.task.cancelled()
        return self.task.exception() if ended else None

    @property
    def was_stopped(self) -> bool:
        """Whether they were ended before their end: cancelled, or by a crash."""
        return self.task.cancelled() or self.crash is not None

    @property
    def running_thread(self) -> Future[object] | None:
        """The thread of a handler that still runs; it cannot be stopped."""
        return self._thread if self._thread is not None and self._thread.running() else None

    def abandon(self) -> None:
        """Cancel them, and do not wait; the log tells if they fail after that."""
        self._is_abandoned = True
        self.task.cancel()
        if self._thread is not None:
            self._thread.add_done_callback(self._thread_ended)

    async def stop(self) -> None:
        """Cancel them, and wait a moment until they end."""
        self.task.cancel()
        await asyncio.wait({self.task}, timeout=TO_STOP)

    async def _run_all(self) -> None:
        """Run the handlers one after the other.

        Where a decision is wanted, all of them run: the answer of the named one counts, or the
        first of the others. Otherwise the first failure ends it: the event will be sent again, to
        all of them.
        """
        named, wants_decision = self._chain.named, self.event.wants_decision
        handlers = (*named, *self._chain.others)
        for place, handler in enumerate(handlers, 1):
            self.was_last = place == len(handlers) and not wants_decision
            try:
                answer = await self._call(handler)
                may_decide = not named and self.decision is None
                is_one = may_decide and isinstance(answer, Approve | Decline)
                if wants_decision and (place <= len(named) or is_one):
                    self.decision = checked_decision(self.event, answer, handler.name)
                    self.decided_at = asyncio.get_running_loop().time()
            except FAILURES as error:
                self._failed(handler, error)
                if not wants_decision:
                    return

    async def _call(self, handler: Handler) -> object:
        """Call a handler, one that is not async in a thread, and return its answer."""
        wanted = {name: self._extras[name] for name in handler.extras}
        if handler.is_async:
            answer = handler.function(self.event, **wanted)
        else:
            self._thread = self._workers.start(partial(handler.function, self.event, **wanted))
            answer = await asyncio.wrap_future(self._thread)
        if inspect.isawaitable(answer):
            waiting: Awaitable[object] = answer
            return await waiting
        return answer

    def _failed(self, handler: Handler, error: BaseException) -> None:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise error  # it is we who are cancelled, and not something that the handler awaits
        if self._is_abandoned:
            _log_late(self.event, error)
        self.failures.append((handler.name, error))

    def _thread_ended(self, thread: Future[object]) -> None:
        error = None if thread.cancelled() else thread.exception()
        if error is not None:
            _log_late(self.event, error)


def _log_late(event: Event, error: BaseException) -> None:
    if isinstance(error, ClaimLostError):
        log.info("%s: a handler that was too late has had no effect: %s", shown(event), error)
    else:
        log.warning("%s: a handler raised after its time", shown(event), exc_info=error)
