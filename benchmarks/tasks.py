"""What is measured inside one client process: each task gives a few named figures."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import TypeVar

import orjson

from benchmarks.clocks import Cost, cost_of, peak_memory_mib
from benchmarks.contestants.base import Contestant
from benchmarks.dataset import PAGE_SIZE, customer_id, page_body

Figures = dict[str, float]
_Value = TypeVar("_Value")

_WARM_UP_CALLS = 300
_BLOCKS = 5
_DECODED_PAGES = 20


@dataclass(frozen=True, slots=True)
class Job:
    """One measurement: where the server is, and how much work there is to do."""

    url: str
    total: int
    repeats: int
    calls: int
    in_flight: int
    rest: float


Task = Callable[[type[Contestant], Job], Awaitable[Figures]]


async def walk(kind: type[Contestant], job: Job) -> Figures:
    """Visit every customer, several times in one process; the first time warms up."""
    async with kind(job.url) as client:
        await _walk_once(client, job.total)
        costs = [await cost_of(partial(_walk_once, client, job.total)) for _ in range(job.repeats)]
    return {
        "cpu_us_per_item": _middle_cpu(costs) / job.total * 1e6,
        "items_per_second": job.total / median(cost.wall for cost in costs),
    }


async def read(kind: type[Contestant], job: Job) -> Figures:
    """Single reads, one after the other."""
    async with kind(job.url) as client:
        await _read_all(client, iter(_identifiers(_WARM_UP_CALLS, job.total)))
        costs = [await cost_of(partial(_read_all, client, iter(block))) for block in _blocks(job)]
    return _calls(costs, job)


async def flight(kind: type[Contestant], job: Job) -> Figures:
    """Single reads, many at the same time."""
    async with kind(job.url) as client:
        await _read_together(client, _identifiers(_WARM_UP_CALLS, job.total), job.in_flight)
        costs = [
            await cost_of(partial(_read_together, client, block, job.in_flight))
            for block in _blocks(job)
        ]
    return _calls(costs, job)


async def leisure(kind: type[Contestant], job: Job) -> Figures:
    """A slow server and a slow consumer: does the next page come in the meantime?"""
    async with kind(job.url) as client:
        await client.read(customer_id(0))
        items = await cost_of(partial(_rest_after_items, client, job))
        pages = await cost_of(partial(_rest_after_pages, client, job))
    return {"items_seconds": items.wall, "pages_seconds": pages.wall}


async def decode(kind: type[Contestant], job: Job) -> Figures:
    """From the bytes of a page to its customers, without any network."""
    bodies = [page_body(page, has_more=True) for page in range(_DECODED_PAGES)]
    documents = [orjson.loads(body) for body in bodies]
    for body, document in zip(bodies, documents, strict=True):
        _check(len(kind.decode(body)), PAGE_SIZE)
        _check(len(kind.build(document)), PAGE_SIZE)
    return {
        "bytes_ms": median(_milliseconds(kind.decode, bodies, job.repeats)),
        "parsed_ms": median(_milliseconds(kind.build, documents, job.repeats)),
    }


async def memory(kind: type[Contestant], job: Job) -> Figures:
    """The most memory that the process held, at the end of one walk."""
    async with kind(job.url) as client:
        await _walk_once(client, job.total)
    return {"peak_mib": peak_memory_mib()}


TASKS: dict[str, Task] = {
    "walk": walk,
    "read": read,
    "flight": flight,
    "leisure": leisure,
    "decode": decode,
    "memory": memory,
}


async def _walk_once(client: Contestant, total: int) -> None:
    seen, last = await client.walk()
    _check(seen, total)
    _check(last, customer_id(total - 1))


async def _rest_after_items(client: Contestant, job: Job) -> None:
    _check(await client.walk_items_at_leisure(job.rest), job.total)


async def _rest_after_pages(client: Contestant, job: Job) -> None:
    _check(await client.walk_pages_at_leisure(job.rest), job.total)


async def _read_together(client: Contestant, identifiers: list[str], in_flight: int) -> None:
    shared = iter(identifiers)
    await asyncio.gather(*(_read_all(client, shared) for _ in range(in_flight)))


async def _read_all(client: Contestant, identifiers: Iterator[str]) -> None:
    for identifier in identifiers:
        _check(await client.read(identifier), identifier)


def _identifiers(count: int, total: int) -> list[str]:
    """Identifiers from all over the data: a prime step visits each before any twice."""
    return [customer_id(number * 7919 % total) for number in range(count)]


def _blocks(job: Job) -> list[list[str]]:
    """The calls in a few equal parts, so that one disturbance does not spoil the median."""
    identifiers = _identifiers(job.calls, job.total)
    return [identifiers[part::_BLOCKS] for part in range(_BLOCKS)]


def _calls(costs: list[Cost], job: Job) -> Figures:
    block = job.calls / _BLOCKS
    return {
        "cpu_us_per_call": _middle_cpu(costs) / block * 1e6,
        "calls_per_second": block / median(cost.wall for cost in costs),
    }


def _middle_cpu(costs: list[Cost]) -> float:
    return median(cost.cpu for cost in costs)


def _milliseconds(
    work: Callable[[_Value], object], values: list[_Value], repeats: int
) -> Iterator[float]:
    for _ in range(repeats):
        for value in values:
            started = perf_counter()
            result = work(value)
            yield (perf_counter() - started) * 1000
            del result


def _check(found: object, expected: object) -> None:
    """A client that loses a customer must not look fast."""
    if found != expected:
        raise AssertionError(f"expected {expected!r}, got {found!r}")
