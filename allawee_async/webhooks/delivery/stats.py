"""What a dispatcher counts, and what it tells its developer at once."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import one_line

if TYPE_CHECKING:
    from allawee_async.webhooks.events import Event
    from allawee_async.webhooks.responses import WebhookReply

log: Final = logging.getLogger("allawee_async.webhooks")

IncidentKind: TypeAlias = Literal[
    "late",
    "failed",
    "invalid-answer",
    "unhandled",
    "invalid-event",
    "changed-body",
    "claim-lost",
    "store",
    "marks-lost",
]


@attrs.define
class DispatchStats:
    """What happened to the deliveries of a dispatcher so far.

    Attributes:
        received: Deliveries, of whatever kind.
        invalid_signatures: Those that Allawee did not sign; answered 400.
        invalid_events: Those that it did sign, but that are no events; answered 400, or with the
            default decision where one is asked for.
        unhandled: Events that no handler is registered for.
        handled: Events of which the handlers have done their work.
        repeats: Deliveries of an event that was done; they got the same answer again.
        busy: Deliveries of an event that somebody else was handling for too long.
        failures: Handlers that raised, or whose answer cannot be sent.
        late: Events of which the handlers were not ready in time.
        defaults_sent: Authorizations that got the default decision, for whatever reason.
        store_failures: Calls of the store that failed, or took too long.
        cancelled: Deliveries that the server cancelled.
    """

    received: int = 0
    invalid_signatures: int = 0
    invalid_events: int = 0
    unhandled: int = 0
    handled: int = 0
    repeats: int = 0
    busy: int = 0
    failures: int = 0
    late: int = 0
    defaults_sent: int = 0
    store_failures: int = 0
    cancelled: int = 0


@attrs.frozen
class Incident:
    """Something that a developer wants to know at once.

    Attributes:
        kind: What happened:
            `late`: the handlers were not ready in time;
            `failed`: a handler raised;
            `invalid-answer`: a handler answered what cannot be sent as a decision;
            `unhandled`: no handler decided on an authorization;
            `invalid-event`: Allawee signed a body that is no event that the documents describe;
            `changed-body`: an event that is done came again with another body, and was answered
            like any repeat;
            `claim-lost`: somebody else took the event over while its handler was at work;
            `store`: the store failed, or took too long;
            `marks-lost`: the store has forgotten events that were done, or may forget some.
        event: The event; None for `invalid-event`.
        error: What was raised, if anything was.
        elapsed: Seconds since the delivery came.
    """

    kind: IncidentKind
    event: Event | None
    error: BaseException | None
    elapsed: float


class DeliveryObserver:
    """Told of each delivery while it is handled, for instance to trace it.

    This one does nothing; derive yours from it.
    """

    def delivery(self, work: Coroutine[Any, Any, WebhookReply]) -> Awaitable[WebhookReply]:
        """Return the work on a delivery, watched; the other methods are called while it runs."""
        return work

    def event(self, event: Event) -> None:
        """Take note of what was delivered; not called where nobody signed it."""

    def incident(self, incident: Incident) -> None:
        """Take note of an incident."""

    def default_sent(self) -> None:
        """Take note that the default decision is the answer."""


def _callback(_: object, __: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and (not callable(value) or inspect.iscoroutinefunction(value)):
        raise ConfigurationError("on_incident must be a function, and not an async one")


@attrs.define
class Reporter:
    """Counts what happens, writes incidents into the log, and hands them to the callback.

    Attributes:
        callback: Is called with each incident, in the event loop.
        stats: What was counted so far.
        observer: Is told of each delivery and incident.
    """

    callback: Callable[[Incident], object] | None = attrs.field(validator=_callback)
    stats: DispatchStats = attrs.Factory(DispatchStats)
    observer: DeliveryObserver = attrs.Factory(DeliveryObserver)

    def default_sent(self) -> None:
        """Take note that the default decision is the answer."""
        self.stats.defaults_sent += 1
        self.observer.default_sent()

    def tell(self, incident: Incident, text: str) -> None:
        """Report an incident; `text` says what it means and what can be done."""
        event, after = shown(incident.event), incident.elapsed
        log.error("%s: %s (after %.3f s)", event, text, after, exc_info=incident.error)
        self.observer.incident(incident)
        if self.callback is None:
            return
        try:
            self.callback(incident)
        except Exception:
            log.exception("on_incident raised; it must not")


def shown(event: Event | None) -> str:
    """Return what a log line says of an event: its name, its id, and the id of its object."""
    if event is None:
        return "a delivery"
    data = event.payload.get("data")
    subject = data.get("id") if isinstance(data, dict) else None
    names = [event.type, event.id, subject]
    return " ".join(one_line(name)[:100] for name in names if isinstance(name, str))
