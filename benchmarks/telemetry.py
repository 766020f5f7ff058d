"""What it costs to watch a call, with an exporter in memory: `python -m benchmarks.telemetry`.

Once in a loop around work that does nothing, which is what the code of a span costs; and once
between real calls, where each call finds that code cold in the processor's cache, as it finds the
SDK's own: a bare span without any attribute is measured there as well.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import process_time
from typing import Final

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from allawee_async.integrations.opentelemetry import instrument
from allawee_async.sandbox import Sandbox
from allawee_async.transport.request import Request

TURNS: Final = 40
CALLS: Final = 100
LIMIT: Final = 40.0


async def main() -> bool:
    """Print the lowest CPU per call of many turns; return whether it is within the limit."""
    spans = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    tracer = tracers.get_tracer("bare")
    async with Sandbox() as sandbox, sandbox.client() as plain, sandbox.client() as watched:
        meters = MeterProvider([InMemoryMetricReader()])
        instrument(watched, tracer_provider=tracers, meter_provider=meters)
        observer = watched._session.observer  # noqa: SLF001
        customer = (await plain.customers.list()).items[0]
        request = Request(method="GET", path=f"/customers/{customer.id}")

        async def nothing() -> None:
            await plain_work()

        async def plain_work() -> None:
            pass

        async def watched_work() -> None:
            assert observer is not None
            await observer.call(request, plain_work())

        async def with_a_bare_span() -> None:
            span = tracer.start_span("GET")
            await plain.customers.get(customer.id)
            span.end()

        works: dict[str, Callable[[], Awaitable[object]]] = {
            "nothing": nothing,
            "watched": watched_work,
            "call": lambda: plain.customers.get(customer.id),
            "bare": with_a_bare_span,
            "watched call": lambda: watched.customers.get(customer.id),
        }
        lowest = dict.fromkeys(works, float("inf"))
        for _ in range(TURNS):
            for name, work in works.items():
                began = process_time()
                for _ in range(CALLS):
                    await work()
                lowest[name] = min(lowest[name], (process_time() - began) / CALLS * 1e6)
                spans.clear()
    in_a_loop = lowest["watched"] - lowest["nothing"]
    print(f"in a loop: {in_a_loop:.0f} µs (at most {LIMIT:.0f})")
    print(f"between real calls: {lowest['watched call'] - lowest['call']:.0f} µs")
    print(f"a bare span of the SDK there: {lowest['bare'] - lowest['call']:.0f} µs")
    return in_a_loop <= LIMIT


if __name__ == "__main__":
    met = asyncio.run(main())
    if "--check" in sys.argv and not met:
        sys.exit(1)
