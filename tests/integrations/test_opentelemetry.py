"""Spans and metrics of calls and deliveries; what they tell, and what never."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import baggage, context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from allawee_async import AllaweeClient, AllaweeError, ConfigurationError, F
from allawee_async.integrations.opentelemetry import instrument
from allawee_async.webhooks import Approve, WebhookDispatcher
from tests.support.deliveries import KEY
from tests.support.raw_server import RawServer, answers, customer
from tests.support.receiving import CLOSED, REQUEST, deliver, event

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox
    from tests.support.faketime import FakeTime

PAYOUT = {
    "method": "bank-transfer",
    "currency": "NGN",
    "amount": 10_000,
    "options": {"accountNumber": "0123456789", "bankCode": "058"},
}


class Telemetry:
    """Where spans and metrics go."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader])

    def watch(self, target: AllaweeClient | WebhookDispatcher) -> None:
        instrument(target, tracer_provider=self.tracers, meter_provider=self.meters)

    @property
    def spans(self) -> list[Any]:
        return [*self._exporter.get_finished_spans()]

    def points(self, name: str) -> list[Any]:
        data = self._reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def everything(self) -> str:
        names = (
            "http.client.request.duration",
            "http.client.active_requests",
            "allawee.client.failed_attempts",
            "allawee.client.wait.duration",
        )
        return str([span.to_json() for span in self.spans] + [self.points(name) for name in names])


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
async def watched(allawee: AllaweeClient, telemetry: Telemetry) -> AllaweeClient:
    telemetry.watch(allawee)
    return allawee


# Calls.


async def test_a_call_is_a_span(
    watched: AllaweeClient, telemetry: Telemetry, sandbox: Sandbox
) -> None:
    found = await watched.customers.list().first()
    assert found is not None

    await watched.customers.get(found.id)

    listed, read = telemetry.spans
    assert listed.name == "GET /customers"
    assert (read.name, read.kind) == ("GET /customers/:id", SpanKind.CLIENT)
    assert dict(read.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.template": "/customers/:id",
        "url.path": f"/customers/{found.id}",
        "server.address": "127.0.0.1",
        "server.port": int(sandbox.url.rpartition(":")[2]),
        "allawee.request_id": read.attributes["allawee.request_id"],
    }
    assert read.status.status_code is StatusCode.UNSET


async def test_views_and_files_are_watched_as_well(
    watched: AllaweeClient, telemetry: Telemetry
) -> None:
    account = await watched.with_options(timeout=5).accounts.list().first()
    assert account is not None

    await watched.accounts.logs_csv(account.id).read()

    assert [span.name for span in telemetry.spans] == [
        "GET /accounts",
        "GET /accounts/:id/logs/csv",
    ]


async def test_attempts_and_pauses_are_events(
    watched: AllaweeClient, telemetry: Telemetry, sandbox: Sandbox, time: FakeTime
) -> None:
    sandbox.faults.status(503, times=2)

    await watched.customers.list().first()

    (span,) = telemetry.spans
    assert span.attributes["http.request.resend_count"] == 2
    assert [event.name for event in span.events] == ["attempt failed", "attempt failed"]
    assert [event.attributes["error.type"] for event in span.events] == ["503", "503"]
    assert [event.attributes["allawee.attempt.pause"] for event in span.events] == time.slept
    (point,) = telemetry.points("allawee.client.failed_attempts")
    assert (point.value, point.attributes["allawee.sent_again"]) == (2, True)


async def test_an_unknown_outcome_is_told(
    watched: AllaweeClient, telemetry: Telemetry, sandbox: Sandbox
) -> None:
    sandbox.faults.reset(after_effect=True, method="POST")

    with pytest.raises(AllaweeError):
        await watched.payments.create_payout(**PAYOUT)  # type: ignore[arg-type]

    (span,) = telemetry.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["allawee.outcome_unknown"] is True
    assert span.attributes["error.type"] == "TransportError"


async def test_a_refusal_is_an_error_whose_outcome_is_known(
    watched: AllaweeClient, telemetry: Telemetry
) -> None:
    with pytest.raises(AllaweeError):
        await watched.customers.get("cus.none")

    (span,) = telemetry.spans
    assert span.attributes["http.response.status_code"] == 404
    assert (span.attributes["error.type"], span.attributes["allawee.outcome_unknown"]) == (
        "404",
        False,
    )
    (point,) = telemetry.points("http.client.request.duration")
    assert point.attributes["error.type"] == "404"


async def test_a_cancelled_call_ends_its_span(
    watched: AllaweeClient, telemetry: Telemetry, sandbox: Sandbox
) -> None:
    sandbox.faults.hang()
    call = asyncio.ensure_future(watched.customers.get("cus.1"))
    await asyncio.sleep(0.05)

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    (span,) = telemetry.spans
    assert span.attributes["error.type"] == "CancelledError"
    assert [point.value for point in telemetry.points("http.client.active_requests")] == [0]


async def test_waits_for_a_turn_are_measured(telemetry: Telemetry) -> None:
    async with (
        RawServer(*[answers(customer("cus.1"))] * 3) as server,
        AllaweeClient("sk.test.1", base_url=server.url, max_connections=1) as allawee,
    ):
        await allawee.customers.get("cus.1")
        telemetry.watch(allawee)
        await asyncio.gather(allawee.customers.get("cus.1"), allawee.customers.get("cus.1"))

    (point,) = telemetry.points("allawee.client.wait.duration")
    assert (point.count, dict(point.attributes)) == (1, {"allawee.wait.for": "connection"})
    waits = [event for span in telemetry.spans for event in span.events]
    assert [event.name for event in waits] == ["waited"]


async def test_the_trace_goes_on_in_every_attempt(telemetry: Telemetry, time: FakeTime) -> None:
    async with (
        RawServer(answers({}, status=503), answers(customer("cus.1"))) as server,
        AllaweeClient("sk.test.1", base_url=server.url, **time.seams) as allawee,
    ):
        telemetry.watch(allawee)
        await allawee.customers.get("cus.1")

    (span,) = telemetry.spans
    trace, own = format_trace_id(span.context.trace_id), format_span_id(span.context.span_id)
    sent = [request.headers["traceparent"] for request in server.requests]
    assert [each.rpartition("-")[0] for each in sent] == [f"00-{trace}-{own}"] * 2


async def test_no_baggage_goes_out(telemetry: Telemetry) -> None:
    token = context.attach(baggage.set_baggage("user", "22345678901"))
    async with (
        RawServer(answers(customer("cus.1"))) as server,
        AllaweeClient("sk.test.1", base_url=server.url) as allawee,
    ):
        telemetry.watch(allawee)
        await allawee.customers.get("cus.1")
    context.detach(token)

    assert "traceparent" in server.requests[0].headers
    assert "22345678901" not in str(server.requests[0].headers)


async def test_without_it_nothing_goes_out(allawee: AllaweeClient, sandbox: Sandbox) -> None:
    async with (
        RawServer(answers(customer("cus.1"))) as server,
        AllaweeClient("sk.test.1", base_url=server.url) as client,
    ):
        await client.customers.get("cus.1")

    assert "traceparent" not in server.requests[0].headers


async def test_no_secret_no_query_and_no_body_is_told(
    watched: AllaweeClient, telemetry: Telemetry, sandbox: Sandbox
) -> None:
    identity: dict[str, Any] = {"type": "bvn", "id": "22345678901"}
    card = await watched.cards.list().first()
    assert card is not None

    await watched.customers.list(filter=F["claims.individualIdentity.id"] == "22345678902").first()
    await watched.customers.create(
        name="Ada Obi",
        reference="r",
        type="individual",
        claims={"individualIdentity": identity},
    )
    secrets = await watched.cards.secrets(card.id)
    with pytest.raises(AllaweeError):
        await watched.request("GET", "/customers/22345678903")

    told = telemetry.everything()
    assert secrets.pan
    for hidden in ("2234567890", secrets.pan, sandbox.api_key, "Ada Obi", "individualIdentity"):
        assert hidden not in told


def test_only_a_client_or_a_dispatcher_can_be_instrumented() -> None:
    with pytest.raises(ConfigurationError, match="an AllaweeClient or a WebhookDispatcher"):
        instrument(object())  # type: ignore[arg-type]


# Deliveries.


async def test_a_delivery_is_a_span(telemetry: Telemetry) -> None:
    async with WebhookDispatcher(KEY) as webhooks:
        telemetry.watch(webhooks)

        @webhooks.on(CLOSED)
        async def close(event: object) -> None:
            del event

        await deliver(webhooks, event(CLOSED, id="evt.1"))

    (span,) = telemetry.spans
    assert (span.name, span.kind) == (f"process {CLOSED}", SpanKind.CONSUMER)
    assert dict(span.attributes) == {
        "messaging.system": "allawee",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": CLOSED,
        "messaging.message.id": "evt.1",
        "http.response.status_code": 200,
    }
    (point,) = telemetry.points("messaging.process.duration")
    assert point.attributes["messaging.destination.name"] == CLOSED
    assert telemetry.points("allawee.webhook.decisions") == []


@pytest.mark.parametrize("outcome", ["approve", "decline", "default"])
async def test_decisions_are_counted_by_outcome(telemetry: Telemetry, outcome: str) -> None:
    from allawee_async.webhooks import Decline

    async with WebhookDispatcher(KEY) as webhooks:
        telemetry.watch(webhooks)

        @webhooks.on(REQUEST)
        async def decide(event: object) -> Approve | Decline:
            del event
            if outcome == "default":
                raise RuntimeError("22345678901")
            return Approve() if outcome == "approve" else Decline()

        await deliver(webhooks)

    (span,) = telemetry.spans
    assert span.attributes["allawee.decision"] == outcome
    (point,) = telemetry.points("allawee.webhook.decisions")
    assert (point.value, dict(point.attributes)) == (1, {"allawee.decision": outcome})
    assert "22345678901" not in span.to_json()


async def test_a_deadline_that_is_missed_is_counted(telemetry: Telemetry) -> None:
    async with WebhookDispatcher(KEY, request_deadline=0.02, margin=0.01) as webhooks:
        telemetry.watch(webhooks)

        @webhooks.on(REQUEST)
        async def decide(event: object) -> Approve:
            del event
            await asyncio.Event().wait()
            return Approve()

        await deliver(webhooks)

    (span,) = telemetry.spans
    assert [event.attributes["allawee.incident"] for event in span.events] == ["late"]
    points = telemetry.points("allawee.webhook.incidents")
    assert [point.attributes["allawee.incident"] for point in points] == ["late"]
    assert span.attributes["allawee.decision"] == "default"


async def test_what_nobody_signed_is_an_error(telemetry: Telemetry) -> None:
    async with WebhookDispatcher(KEY) as webhooks:
        telemetry.watch(webhooks)
        await webhooks.dispatch(b"{}", "00")

    (span,) = telemetry.spans
    assert (span.name, span.status.status_code) == ("process webhook", StatusCode.ERROR)
    assert span.attributes["http.response.status_code"] == 400


async def test_what_a_handler_calls_belongs_to_its_delivery(
    watched: AllaweeClient, telemetry: Telemetry
) -> None:
    async with WebhookDispatcher(KEY) as webhooks:
        telemetry.watch(webhooks)

        @webhooks.on(CLOSED)
        async def close(event: object) -> None:
            del event
            await watched.customers.list().first()

        await deliver(webhooks, event(CLOSED))

    call, delivery = telemetry.spans
    assert call.parent is not None
    assert call.parent.span_id == delivery.context.span_id
