"""The developer's handlers: which event they are for, what they get, how they are called."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.events import EVENT_CLASSES, OLD_NAMES, UnknownEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Future

    from allawee_async.webhooks.events import (
        Event,
    )

EVERY_EVENT: Final = "*"

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
    if not parameters or parameters[0].kind in (
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    ):
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


@attrs.frozen
class Chain:
    """The handlers of one event, in the order in which they run.

    Attributes:
        named: Those for the event by its name or its class.
        others: Those for every event.
    """

    named: tuple[Handler, ...]
    others: tuple[Handler, ...]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.named or self.others)


class Handlers:
    """All handlers of a dispatcher."""

    def __init__(self) -> None:
        self._registered: list[tuple[str, Handler]] = []

    def add(self, event: object, function: Callable[..., object]) -> None:
        """Register a handler.

        Raises:
            ConfigurationError: There is no such event, the function cannot be called with it, or
                the event has a handler that decides.
        """
        name = _event_name(event)
        handler = Handler.of(_checked(function))
        if name in _ONE_DECIDES:
            for other_name, other in self._registered:
                if other_name == name:
                    raise ConfigurationError(
                        f"{name} has a handler already, {other.name}: only one can decide"
                    )
        self._registered.append((name, handler))

    def chain(self, event: Event) -> Chain:
        """Return the handlers of an event."""
        names = (event.type, _UNKNOWN) if isinstance(event, UnknownEvent) else (event.type,)
        registered = self._registered
        return Chain(
            tuple([handler for name, handler in registered if name in names]),
            tuple([handler for name, handler in registered if name == EVERY_EVENT]),
        )


def _checked(function: object) -> Callable[..., object]:
    if not callable(function):
        raise ConfigurationError(
            f"a handler must be a function that takes the event, not {type(function).__name__}"
        )
    return function


def _event_name(event: object) -> str:
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


async def call(
    handler: Handler,
    event: Event,
    extras: dict[str, object],
    start: Callable[[Callable[[], object]], Future[object]],
) -> object:
    """Call a handler and return its answer.

    Args:
        handler: What is called.
        event: What it gets.
        extras: What it may get by name.
        start: Runs a function in a thread.
    """
    wanted = {name: extras[name] for name in handler.extras}
    if handler.is_async:
        answer = handler.function(event, **wanted)
    else:
        ready = partial(handler.function, event, **wanted)
        answer = await asyncio.wrap_future(start(ready))
    if inspect.isawaitable(answer):
        waiting: Awaitable[object] = answer
        return await waiting
    return answer
