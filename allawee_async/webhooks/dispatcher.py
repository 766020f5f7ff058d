"""The receiver of webhooks: verified, typed, on time, and once each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, Literal, Self, TypeVar, cast, overload

import attrs

from allawee_async.errors import DecodeError, SignatureError
from allawee_async.webhooks import events, responses
from allawee_async.webhooks.adapters.asgi import AsgiApp
from allawee_async.webhooks.delivery import stats as reporting
from allawee_async.webhooks.delivery.delivery import Delivery, DeliveryContext
from allawee_async.webhooks.delivery.handlers import event_name
from allawee_async.webhooks.delivery.missed import CatchUpReport, catch_up
from allawee_async.webhooks.delivery.timing import LoopClock
from allawee_async.webhooks.responses import Decision, Decline, WebhookReply
from allawee_async.webhooks.signature import Body, raw_body
from allawee_async.webhooks.stores.base import LEASE, Store
from allawee_async.webhooks.stores.memory import MemoryStore
from allawee_async.webhooks.verifier import MAX_BODY, WebhookVerifier

if TYPE_CHECKING:
    from aiohttp import web

    from allawee_async.client import AllaweeClient

    # What handlers must take and may return; the registration judges their further parameters.
    E = TypeVar("E")
    R = TypeVar("R")
    Takes = Callable[Concatenate[E, ...], R]
    Request = TypeVar(
        "Request", bound=Takes[events.CardAuthorizationRequest, Decision | Awaitable[Decision]]
    )
    Update = TypeVar(
        "Update",
        bound=Takes[events.CardAuthorizationUpdate, Decision | Awaitable[Decision | None] | None],
    )
    Closed = TypeVar("Closed", bound=Takes[events.CardAuthorizationClosed, object])
    Settled = TypeVar("Settled", bound=Takes[events.CardTransactionCreated, object])
    Completed = TypeVar("Completed", bound=Takes[events.RequestCompleted, object])
    Unknown = TypeVar("Unknown", bound=Takes[events.UnknownEvent, object])
    Every = TypeVar("Every", bound=Takes[events.Event, object])
    Some = TypeVar("Some", bound=Callable[..., Any])


class WebhookDispatcher:
    """Receives webhooks: checks them, calls your handlers, and answers in time.

    Register handlers with `on`, and serve it with `aiohttp_handler`, with `asgi`, or from any other
    framework with `dispatch`. Use it as `async with webhooks:` for the life of your application, or
    call `close` at its end.

    Args:
        verifier: A `WebhookVerifier`; or the signing key of the webhook, or several in a list.
        store: Remembers which events are done: `MemoryStore()` for one process (the default),
            `SQLiteStore(path)` for the processes of one machine, `RedisStore(url)` for many.
        default: What is decided where no handler decides in time. A default approval declines
            checks if it tells no balance and name.
        request_deadline: Seconds within which Allawee wants to know whether to approve. They count
            from when the headers of its request are there, or the loop was blocked.
        update_deadline: The same, where the network has changed the amount.
        margin: Seconds of both that are kept for the way of the answer. Handlers have the rest.
        event_timeout: Seconds that handlers of other events have before they are cancelled, and
            Allawee is told to send the event again.
        lease: Seconds after which the event of a process that has died may be handled by another.
        sync_workers: How many threads there are for handlers that are not async. A handler that is
            too late keeps its thread until it returns.
        max_body: The longest body that `aiohttp_handler` and `asgi` read, in bytes.
        on_incident: Is called, in the event loop, with what you want to know at once; see
            `Incident`. It must not block.

    Raises:
        ConfigurationError: A value makes no sense.
    """

    def __init__(
        self,
        verifier: WebhookVerifier | str | Sequence[str],
        *,
        store: Store | None = None,
        default: Decision = Decline(),  # noqa: B008 - a frozen value
        request_deadline: float = 2.0,
        update_deadline: float = 4.0,
        margin: float = 0.25,
        event_timeout: float = 60.0,
        lease: float = LEASE,
        sync_workers: int = 32,
        max_body: int = MAX_BODY,
        on_incident: Callable[[reporting.Incident], object] | None = None,
    ) -> None:
        if isinstance(verifier, WebhookVerifier):
            self._verifier = verifier
        else:
            keys = [verifier]
            del verifier  # a traceback with local variables would show them
            self._verifier = WebhookVerifier(keys.pop(), max_body=max_body)
        self._clock = LoopClock()
        self._reporter = reporting.Reporter(on_incident)
        self._context = DeliveryContext(
            store=MemoryStore() if store is None else store,
            default=responses.DefaultDecision(default),
            request_deadline=request_deadline,
            update_deadline=update_deadline,
            margin=margin,
            event_timeout=event_timeout,
            lease=lease,
            sync_workers=sync_workers,
            max_body=max_body,
            reporter=self._reporter,
        )

    @overload
    def on(
        self, event: type[events.CardAuthorizationRequest] | Literal["card.authorization.request"]
    ) -> Callable[[Request], Request]: ...
    @overload
    def on(
        self, event: type[events.CardAuthorizationUpdate] | Literal["card.authorization.update"]
    ) -> Callable[[Update], Update]: ...
    @overload
    def on(
        self, event: type[events.CardAuthorizationClosed] | Literal["card.authorization.closed"]
    ) -> Callable[[Closed], Closed]: ...
    @overload
    def on(
        self, event: type[events.CardTransactionCreated] | Literal["card.transaction.created"]
    ) -> Callable[[Settled], Settled]: ...
    @overload
    def on(
        self, event: type[events.RequestCompleted] | Literal["request.completed"]
    ) -> Callable[[Completed], Completed]: ...
    @overload
    def on(self, event: type[events.UnknownEvent]) -> Callable[[Unknown], Unknown]: ...
    @overload
    def on(self, event: Literal["*"]) -> Callable[[Every], Every]: ...
    @overload
    def on(self, event: str) -> Callable[[Some], Some]: ...
    def on(self, event: object) -> Callable[[Some], Some]:
        """Register a handler: `@webhooks.on("card.authorization.request")`.

        A handler is called with the event. If it has parameters named `request` and `claim`, it
        also gets the request of the web framework, and the `Claim` for the transaction of a store.
        One that is not async runs in a thread.

        Handlers of `card.authorization.request`, and of `card.authorization.update` for an
        authorization that is pending, must return `Approve(…)` or `Decline(…)`; there can be one of
        each. What handlers of other events return does not matter. These may be several: they run
        one after the other in the order in which they were registered. When one raises, the others
        are not run; Allawee sends the event again, and then all of them are.

        Handlers for `"*"` run after those, for every event. Where no other handler is registered,
        the first decision that one of them returns counts.

        Args:
            event: The name of the event, its class, or `"*"` for all. `UnknownEvent` stands for all
                events that the documents do not describe.

        Returns:
            A decorator that returns the handler as it is.

        Raises:
            ConfigurationError: There is no such event, the handler cannot be called with it, or
                another one decides already.
        """
        name = event_name(event)  # before there is a handler: `@webhooks.on` lacks its event

        def register(handler: Some) -> Some:
            self._context.handlers.add(name, handler)
            return handler

        return register

    async def dispatch(
        self,
        body: Body,
        signature: str | bytes | None,
        *,
        received_at: float | None = None,
        request: object = None,
    ) -> WebhookReply:
        """Handle a delivery, and return what to answer. Whatever came, it raises nothing.

        Args:
            body: The body as it came, byte for byte: not parsed, not decoded.
            signature: The value of the header `Allawee-Signature`; None if there was none.
            received_at: When the request came: what `arrival` returned when your
                framework first called you. None takes the present moment.
            request: What handlers get that want the `request`.
        """
        arrived = self._clock.arrival()
        if received_at is not None:
            arrived = min(arrived, received_at)
        self._reporter.stats.received += 1
        raw = cast("bytes", raw_body(body))  # the verifier says so of what is no bytes
        del body  # a traceback with local variables would show it
        work = self._answer(raw, signature, arrived, request)
        return await self._reporter.observer.delivery(work)

    async def _answer(
        self, raw: bytes, signature: str | bytes | None, arrived: float, request: object
    ) -> WebhookReply:
        try:
            event = self._verifier.parse(raw, signature)
        except SignatureError as error:
            self._reporter.stats.invalid_signatures += 1
            reporting.log.warning("refused a delivery: %s", error)
            return responses.INVALID_SIGNATURE
        except DecodeError as error:
            self._reporter.stats.invalid_events += 1
            elapsed = asyncio.get_running_loop().time() - arrived
            incident = reporting.Incident("invalid-event", None, error, elapsed)
            self._reporter.tell(incident, "Allawee signed it, but it is no event that we can read")
            if not events.wants_decision(error.body):
                return responses.INVALID_EVENT
            self._reporter.default_sent()
            return self._context.default.reply_to(None)
        self._reporter.observer.event(event)
        chain = self._context.handlers.chain(event)
        return await Delivery(self._context, event, chain, arrived, request).answer()

    async def catch_up(
        self, allawee: AllaweeClient, *, since: datetime, most: int = 1000
    ) -> CatchUpReport:
        """Have the events sent again that were missed, for instance while your server was down.

        It asks the API for its events since then, and the store which of them are done. The others
        are sent again, to your server as always, if a handler is registered for them. Those that
        wanted a decision are left alone: it is too late for one. What the records of the API do not
        tell is asked for once more rather than lost; an event that is done runs no handler again.

        Args:
            allawee: A client.
            since: The time of the first event; it must have a time zone.
            most: How many are sent again at most, the oldest ones first.

        Returns:
            What was found and done. It does not wait for the deliveries.

        Raises:
            ConfigurationError: `since` or `most` makes no sense.
            AllaweeError: The events could not be listed. One that cannot be sent again stands in
                the report.
            StoreError: The store cannot be used.
        """
        return await catch_up(allawee, since, most, self._context)

    def observe(self, observer: reporting.DeliveryObserver | None) -> None:
        """Have each delivery watched; see `allawee_async.integrations.opentelemetry`."""
        self._reporter.observer = observer or reporting.DeliveryObserver()

    def arrival(self) -> float:
        """Return when the request that you are called for may have come, at the earliest.

        That is now, by the clock of the running loop; or, if the loop has just been blocked, when
        that began. Pass it to `dispatch` if you read the body yourself.
        """
        return self._clock.arrival()

    @property
    def max_body(self) -> int:
        """The longest body to read, in bytes."""
        return self._context.max_body

    @property
    def stats(self) -> reporting.DispatchStats:
        """What was counted so far."""
        return attrs.evolve(self._reporter.stats)

    async def aiohttp_handler(self, request: web.Request) -> web.Response:
        """Answer a request of aiohttp: `app.router.add_post("/hooks", webhooks.aiohttp_handler)`.

        Handlers that want the `request` get the `aiohttp.web.Request`.
        """
        from allawee_async.webhooks.adapters.aiohttp import respond  # noqa: PLC0415 - aiohttp is slow

        return await respond(self, request)

    @cached_property
    def asgi(self) -> AsgiApp:
        """The ASGI application, for instance for `Route("/hooks", webhooks.asgi)` of Starlette.

        Handlers that want the `request` get the `starlette.requests.Request`; where Starlette is
        not installed, they get the scope.

        With Starlette or FastAPI: `app.routes.append(Route("/hooks", webhooks.asgi))`. A mount,
        `app.mount("/hooks", webhooks.asgi)`, takes `/hooks/` and all below it, and a POST to
        `/hooks` is answered with a redirect, so that the delivery may be lost.
        """
        return AsgiApp(self)

    async def close(self) -> None:
        """Wait for handlers that still run, then cancel them, and close the store.

        Stop your server first. Handlers in threads cannot be stopped; the interpreter waits for
        them when it ends. A dispatcher that is closed opens again when it is used.
        """
        self._clock.stop()
        await self._context.background.close()
        self._context.workers.close()
        await self._context.store.close()

    async def __aenter__(self) -> Self:
        """Return the dispatcher itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()

    def __repr__(self) -> str:
        """Show what was received, and no key; a traceback shows one that could not be made."""
        received = self.stats.received if "_reporter" in vars(self) else 0
        return f"<WebhookDispatcher: {received} received>"
