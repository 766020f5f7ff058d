"""Exports of 200,000 customers against the plain walk: CPU, time, and the most memory held.

`python -m benchmarks.export` runs the walk and one export of each format, each in a process of its
own, side by side in each round. Other work on the machine only adds to CPU time, so the lowest of
all rounds counts; of memory the highest. With `--check` it exits with 1 if a target is missed.
"""

import argparse
import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from allawee_async import AllaweeClient
from allawee_async.export import FORMATS, export
from benchmarks.clocks import Cost, cost_of, peak_memory_mib
from benchmarks.contestants.base import API_KEY
from benchmarks.contestants.ours import Ours
from benchmarks.dataset import PAGE_SIZE
from benchmarks.processes import MeasurementError, run_code, serving
from benchmarks.report import machine

WALK = "walk"
MOST_CPU = 2.0
MOST_MIB = 150.0

Sample = dict[str, float]


async def measure(name: str, url: str, total: int) -> Sample:
    """Walk, or export in the format `name`, once."""
    if name == WALK:
        async with Ours(url) as client:
            cost = await cost_of(partial(_walk, client, total))
    else:
        with tempfile.TemporaryDirectory() as folder:
            cost = await cost_of(partial(_export, url, Path(folder, f"customers.{name}"), total))
    return _sample(cost, total)


async def _walk(client: Ours, total: int) -> None:
    seen, _ = await client.walk()
    _check(seen, total)


async def _export(url: str, path: Path, total: int) -> None:
    async with AllaweeClient(API_KEY, base_url=url, secure_url=url) as client:
        result = await export(client.customers.list(limit=PAGE_SIZE), path)
    _check(result.rows, total)


def _sample(cost: Cost, total: int) -> Sample:
    return {
        "cpu_us": cost.cpu / total * 1e6,
        "per_second": total / cost.wall,
        "peak_mib": peak_memory_mib(),
    }


def _check(found: int, expected: int) -> None:
    if found != expected:
        raise AssertionError(f"expected {expected} rows, got {found}")


def main() -> int:
    arguments = _arguments()
    names = [WALK, *arguments.formats]
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    try:
        with serving([f"{arguments.customers}:0"]) as (url,):
            for number in range(arguments.rounds):
                for name in names:
                    print(f"round {number + 1}/{arguments.rounds}  {name}", file=sys.stderr)
                    samples[name].append(_measured(name, url, arguments.customers))
    except MeasurementError as failed:
        print(f"a measurement failed: {failed}", file=sys.stderr)
        return 2
    rows = [_row(name, samples[name], samples[WALK]) for name in names]
    print(_table(rows))
    print(
        f"\n{arguments.customers:,} customers, {arguments.rounds} rounds; {json.dumps(machine())}"
    )
    missed = [row for row in rows if row["ratio"] > MOST_CPU or row["peak_mib"] > MOST_MIB]
    return 1 if arguments.check and missed else 0


def _measured(name: str, url: str, total: int) -> Sample:
    call = f"measure({name!r}, {url!r}, {total})"
    return run_code(
        "import asyncio, json; from benchmarks.export import measure; "
        f"print(json.dumps(asyncio.run({call})))"
    )


def _row(name: str, samples: list[Sample], walks: list[Sample]) -> dict[str, Any]:
    cpu = min(sample["cpu_us"] for sample in samples)
    return {
        "name": name,
        "cpu_us": cpu,
        "ratio": cpu / min(walk["cpu_us"] for walk in walks),
        "per_second": max(sample["per_second"] for sample in samples),
        "peak_mib": max(sample["peak_mib"] for sample in samples),
    }


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| | CPU, µs a row | to the walk | rows a second | most memory, MiB |",
        "|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['name']} | {row['cpu_us']:.1f} | {row['ratio']:.2f} | {row['per_second']:,.0f} "
        f"| {row['peak_mib']:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export", description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument(
        "--check", action="store_true", help=f"CPU ≤ {MOST_CPU:g} walks, memory ≤ {MOST_MIB:g} MiB"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
