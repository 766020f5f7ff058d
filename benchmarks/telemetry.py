"""What a span for each call costs, with an exporter in memory: `python -m benchmarks.telemetry`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from allawee_async.integrations.opentelemetry import instrument
from allawee_async.sandbox import Sandbox

if TYPE_CHECKING:
    from allawee_async import AllaweeClient

TURNS: Final = 40
CALLS: Final = 100


async def main() -> None:
    """Read one customer with and without a span, in turns, and print the lowest CPU per call."""
    spans = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    lowest: dict[str, float] = {}
    async with Sandbox() as sandbox, sandbox.client() as plain, sandbox.client() as watched:
        meters = MeterProvider([InMemoryMetricReader()])
        instrument(watched, tracer_provider=tracers, meter_provider=meters)
        customer = (await plain.customers.list()).items[0]

        async def measure(name: str, client: AllaweeClient) -> None:
            began = time.process_time()
            for _ in range(CALLS):
                await client.customers.get(customer.id)
            cost = (time.process_time() - began) / CALLS * 1e6
            lowest[name] = min(lowest.get(name, cost), cost)

        for _ in range(TURNS):
            await measure("plain", plain)
            await measure("watched", watched)
            spans.clear()
    print(f"a call, with the sandbox that answers it: {lowest['plain']:.0f} µs")
    print(f"a span more: {lowest['watched'] - lowest['plain']:.0f} µs")


if __name__ == "__main__":
    asyncio.run(main())
