"""Traces and metrics of calls and of webhooks, by the semantic conventions of OpenTelemetry.

from allawee_async.integrations.opentelemetry import instrument

instrument(allawee)    # a client: a span for each call
instrument(webhooks)   # a dispatcher: a span for each delivery

No attribute holds a key, a query, a body or what a body says; ids in paths are masked where they
may be secret.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Final, TypeVar, cast

from allawee_async.client import AllaweeClient
from allawee_async.errors import AllaweeError, Attempt, ConfigurationError
from allawee_async.redaction import printable
from allawee_async.transport.request import Request
from allawee_async.transport.response import Reply
from allawee_async.version import __version__, needing
from allawee_async.webhooks.delivery.stats import DeliveryObserver, Incident
from allawee_async.webhooks.dispatcher import WebhookDispatcher
from allawee_async.webhooks.events import Event
from allawee_async.webhooks.responses import WebhookReply

with needing("OpenTelemetry", "opentelemetry"):
    from opentelemetry import context, metrics, trace
    from opentelemetry.metrics import Histogram, MeterProvider
    from opentelemetry.trace import Span, SpanKind, StatusCode, TracerProvider
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
    from opentelemetry.util.types import AttributeValue

__all__ = ["instrument"]

T = TypeVar("T")

_SCOPE: Final = "allawee_async"
_AN_ID: Final = re.compile(r"(?<=/)(?:[^/]*[._:%][^/]*|\d+)(?=/|$)")
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The limits of the buckets, as the conventions want them for HTTP."""

_TRACE_CONTEXT: Final = TraceContextTextMapPropagator()

_Attributes = dict[str, AttributeValue]


def instrument(
    target: AllaweeClient | WebhookDispatcher,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Trace and measure a client or a dispatcher from now on.

    A client: a span of kind CLIENT for each call, with its attempts and its waits as events; also
    of its views that are made later. The trace goes on in `traceparent`, to the two hosts only.

    A dispatcher: a span of kind CONSUMER for each delivery, with its incidents as events.

    Args:
        target: The client or the dispatcher.
        tracer_provider: Where the spans go; None takes the global one.
        meter_provider: Where the metrics go; None takes the global one.

    Raises:
        ConfigurationError: It is neither a client nor a dispatcher.
    """
    tracer = trace.get_tracer(_SCOPE, __version__, tracer_provider)
    meter = metrics.get_meter(_SCOPE, __version__, meter_provider)
    if isinstance(target, AllaweeClient):
        session = target._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - it is ours
        session.observer = _Calls(tracer, meter)
    elif isinstance(target, WebhookDispatcher):  # pyright: ignore[reportUnnecessaryIsInstance]
        target.observe(_Deliveries(tracer, meter))
    else:
        raise ConfigurationError("instrument takes an AllaweeClient or a WebhookDispatcher")


def _duration(meter: metrics.Meter, name: str, description: str) -> Histogram:
    return meter.create_histogram(
        name,
        unit="s",
        description=description,
        explicit_bucket_boundaries_advisory=_SECONDS,
    )


class _Calls:
    """Watches the calls of a client."""

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter) -> None:
        self._tracer = tracer
        self._active = 0
        self._durations = _duration(
            meter, "http.client.request.duration", "How long calls took, retries included."
        )
        meter.create_observable_up_down_counter(
            "http.client.active_requests",
            callbacks=[lambda _: [metrics.Observation(self._active)]],
            unit="{request}",
            description="Calls under way.",
        )
        self._failed = meter.create_counter(
            "allawee.client.failed_attempts",
            unit="{attempt}",
            description="Attempts that failed, whether or not another one followed.",
        )
        self._waits = _duration(
            meter, "allawee.client.wait.duration", "How long calls waited for a turn."
        )

    async def call(self, request: Request, work: Coroutine[Any, Any, T]) -> T:
        """Do the work of a call inside of a span."""
        template = _AN_ID.sub(":id", request.path)
        facts: _Attributes = {"http.request.method": request.method, "url.template": template}
        more: _Attributes = {}
        began = time.perf_counter()
        self._active += 1
        # by hand: the SDK's own block costs a third more
        span = self._tracer.start_span(
            f"{request.method} {template}", kind=SpanKind.CLIENT, attributes=facts
        )
        token = context.attach(trace.set_span_in_context(span))
        try:
            result = await work
        except BaseException as error:
            more |= _failure(span, error)
            raise
        else:
            if isinstance(result, Reply):
                more["http.response.status_code"] = result.status
                _tell_attempts(span, len(result.failures) + 1, result.request_id)
            return result
        finally:
            context.detach(token)
            self._active -= 1
            if request.url is not None:
                more["server.address"] = request.url.host or ""
                more["server.port"] = request.url.port or 0
            span.set_attributes({**more, "url.path": request.shown_path})
            span.end()
            self._durations.record(time.perf_counter() - began, facts | more)

    def failed(self, attempt: Attempt, error: AllaweeError) -> None:
        """Add a failed attempt to the span, and count it."""
        facts: _Attributes = {
            "error.type": _kind_of(error),
            "allawee.attempt.number": attempt.number,
            "allawee.attempt.elapsed": attempt.elapsed,
        }
        if attempt.pause is not None:
            facts["allawee.attempt.pause"] = attempt.pause
        trace.get_current_span().add_event("attempt failed", facts)
        again = attempt.pause is not None
        self._failed.add(1, {"error.type": _kind_of(error), "allawee.sent_again": again})

    def waited(self, what: str, seconds: float) -> None:
        """Add a wait to the span, and measure it."""
        facts: _Attributes = {"allawee.wait.for": what}
        span = trace.get_current_span()
        span.add_event("waited", {**facts, "allawee.wait.seconds": seconds})
        self._waits.record(seconds, facts)

    def headers(self) -> Mapping[str, str]:
        """Return the headers by which the trace goes on; a program's baggage stays here."""
        carrier: dict[str, str] = {}
        _TRACE_CONTEXT.inject(carrier)
        return carrier


def _tell_attempts(span: Span, count: int, request_id: str | None) -> None:
    if count > 1:
        span.set_attribute("http.request.resend_count", count - 1)
    if request_id:
        span.set_attribute("allawee.request_id", request_id)


def _kind_of(error: BaseException) -> str:
    status = getattr(error, "status", None)
    return type(error).__name__ if status is None else str(status)


def _failure(span: Span, error: BaseException) -> _Attributes:
    """Mark a span as failed, and return what is measured of it."""
    span.set_status(StatusCode.ERROR, type(error).__name__)
    facts: _Attributes = {"error.type": _kind_of(error)}
    if isinstance(error, AllaweeError):
        _tell_attempts(span, len(error.attempts), error.request_id)
        span.set_attribute("allawee.outcome_unknown", error.outcome_unknown)
        status = getattr(error, "status", None)
        if status is not None:
            facts["http.response.status_code"] = status
    return facts


_FACTS: Final = context.create_key("allawee-delivery")
_DECISION: Final = "allawee.decision"


def _facts() -> _Attributes:
    """Return what is known of the delivery that is being handled."""
    return cast("_Attributes", context.get_value(_FACTS))


class _Deliveries(DeliveryObserver):
    """Watches the deliveries to a dispatcher."""

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter) -> None:
        self._tracer = tracer
        self._durations = _duration(
            meter, "messaging.process.duration", "How long deliveries took to be answered."
        )
        self._decisions = meter.create_counter(
            "allawee.webhook.decisions",
            unit="{decision}",
            description="Authorizations: approved, declined, or answered with the default.",
        )
        self._incidents = meter.create_counter(
            "allawee.webhook.incidents",
            unit="{incident}",
            description="What a developer wants to know; `late` are deadlines that were missed.",
        )

    async def delivery(self, work: Coroutine[Any, Any, WebhookReply]) -> WebhookReply:
        """Do the work on a delivery inside of a span."""
        facts: _Attributes = {
            "messaging.system": "allawee",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
        }
        began = time.perf_counter()
        span = self._tracer.start_span("process webhook", kind=SpanKind.CONSUMER)
        token = context.attach(trace.set_span_in_context(span, context.set_value(_FACTS, facts)))
        try:
            reply = await work
        except BaseException as error:
            facts |= _failure(span, error)
            raise
        else:
            facts["http.response.status_code"] = reply.status
            if reply.status >= 400:
                facts["error.type"] = str(reply.status)
                span.set_status(StatusCode.ERROR)
            self._decided(span, facts.pop(_DECISION, None), reply)
            return reply
        finally:
            context.detach(token)
            span.set_attributes(facts)
            span.end()
            self._durations.record(time.perf_counter() - began, facts)

    def _decided(self, span: Span, default: object, reply: WebhookReply) -> None:
        action = json.loads(reply.body).get("action")
        if action is not None:
            outcome = str(default or action)
            span.set_attributes({_DECISION: outcome, "allawee.decision.action": action})
            self._decisions.add(1, {_DECISION: outcome})

    def event(self, event: Event) -> None:
        """Name the span by the event."""
        span, name = trace.get_current_span(), printable(event.type)[:100]
        span.update_name(f"process {name}")
        span.set_attribute("messaging.message.id", printable(event.id or "")[:100])
        _facts()["messaging.destination.name"] = name

    def incident(self, incident: Incident) -> None:
        """Add an incident to the span, and count it."""
        facts: _Attributes = {"allawee.incident": incident.kind}
        if incident.error is not None:
            facts["error.type"] = type(incident.error).__name__
        trace.get_current_span().add_event("incident", facts)
        self._incidents.add(1, facts)

    def default_sent(self) -> None:
        """Note that nobody decided in time, or at all."""
        _facts()[_DECISION] = "default"
