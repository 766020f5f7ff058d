"""Ratios to the floor, in one process and in turns: `python -m benchmarks.turns [--check]`.

Each measure is the lowest CPU time of many turns, ours and the floor's one after the other, so
that neither a busy machine nor the layout of one process favours anybody. What is decoded and
walked are the customers of the other benchmarks, once as they are and once with a field in each
record that no model knows.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import process_time

from benchmarks.contestants.bare import Bare
from benchmarks.contestants.ours import Ours
from benchmarks.dataset import PAGE_SIZE, customer_id, page_body
from benchmarks.processes import serving

_PAGES = 20
_WALKED = 20_000
_READ = 500


@dataclass(frozen=True, slots=True)
class Ratio:
    """What was measured, and what it cost us and the floor, in µs for each customer."""

    title: str
    ours: float
    floor: float
    limit: float

    @property
    def value(self) -> float:
        return self.ours / self.floor


def decode_ratio(title: str, limit: float, turns: int, *, unknown: bool) -> Ratio:
    """From the bytes of pages to customers, against `orjson.loads` to dicts."""
    bodies = [page_body(page, has_more=True, unknown=unknown) for page in range(_PAGES)]

    async def decode(work: Callable[[bytes], object]) -> None:
        for body in bodies:
            work(body)

    costs = asyncio.run(_lowest(turns, lambda: decode(Ours.decode), lambda: decode(Bare.decode)))
    return _ratio(title, costs, _PAGES * PAGE_SIZE, limit)


async def walk_ratio(title: str, limit: float, turns: int, url: str) -> Ratio:
    """A walk over the loopback, against bare aiohttp and `orjson.loads`."""
    expected = (_WALKED, customer_id(_WALKED - 1))

    async def walk(client: Ours | Bare) -> None:
        if await client.walk() != expected:
            raise AssertionError("a client that loses a customer must not look fast")

    async with Ours(url) as ours, Bare(url) as bare:
        costs = await _lowest(turns, lambda: walk(ours), lambda: walk(bare))
    return _ratio(title, costs, _WALKED, limit)


async def read_ratio(title: str, limit: float, turns: int, url: str, in_flight: int) -> Ratio:
    """Single reads, by so many tasks at a time."""

    async def read(client: Ours | Bare) -> None:
        identifiers = iter([customer_id(number) for number in range(_READ)])

        async def some() -> None:
            for identifier in identifiers:
                if await client.read(identifier) != identifier:
                    raise AssertionError("another customer came")

        await asyncio.gather(*(some() for _ in range(in_flight)))

    async with Ours(url) as ours, Bare(url) as bare:
        costs = await _lowest(turns, lambda: read(ours), lambda: read(bare))
    return _ratio(title, costs, _READ, limit)


async def _lowest(turns: int, *works: Callable[[], Awaitable[None]]) -> list[float]:
    lowest = [float("inf")] * len(works)
    for _ in range(turns):
        for number, work in enumerate(works):
            started = process_time()
            await work()
            lowest[number] = min(lowest[number], process_time() - started)
    return lowest


def _ratio(title: str, costs: list[float], customers: int, limit: float) -> Ratio:
    ours, floor = (cost / customers * 1e6 for cost in costs)
    return Ratio(title, ours, floor, limit)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turns", description=__doc__)
    parser.add_argument("--turns", type=int, default=40, help="how many of each (default 40)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    arguments = parser.parse_args()
    turns = arguments.turns
    with serving([f"{_WALKED}:0", f"{_WALKED}:0:unknown"]) as (plain, unknown):
        ratios = [
            decode_ratio("decode", 2.0, turns, unknown=False),
            decode_ratio("decode, an unknown field in each", 2.0, turns, unknown=True),
            asyncio.run(walk_ratio("walk", 1.7, turns, plain)),
            asyncio.run(walk_ratio("walk, an unknown field in each", 2.0, turns, unknown)),
            asyncio.run(read_ratio("single reads", 1.25, turns, plain, 1)),
            asyncio.run(read_ratio("single reads, 64 in flight", 1.25, turns, plain, 64)),
        ]
    for ratio in ratios:
        print(
            f"{ratio.title:<34} {ratio.ours:6.2f} µs  {ratio.floor:6.2f} µs  "
            f"ratio {ratio.value:.2f}  (at most {ratio.limit})"
        )
    return int(arguments.check and any(ratio.value > ratio.limit for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main())
