"""Exports of 200,000 customers against the plain walk: CPU, time, and the most memory held.

`python -m benchmarks.export` runs the walk and one export of each format, each in a process of its
own, side by side in each round. Other work on the machine only adds to CPU time, so the lowest of
all rounds counts; of memory the highest. With `--check` it exits with 1 if a target is missed.

`python -m benchmarks.export --parallel 8 --kills 20` exports as many in parts, from a server whose
answers wait for 20 ms, and kills the process 20 times (kill -9) at random moments: each customer
must be in the file once. Beside it stands an export of one page after the other.
"""

import argparse
import asyncio
import csv
import gzip
import io
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from allawee_async import AllaweeClient
from allawee_async.export import FORMATS, export
from benchmarks.clocks import Cost, cost_of, peak_memory_mib
from benchmarks.contestants.base import API_KEY
from benchmarks.contestants.ours import Ours
from benchmarks.dataset import PAGE_SIZE
from benchmarks.processes import MeasurementError, killable, listening, run_code, serving
from benchmarks.report import machine

WALK = "walk"
MOST_CPU = 3.0
MOST_MIB = 150.0
MOST_MIB_IN_PARTS = 200.0
LATENCY = 0.02

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


async def _export(url: str, path: Path, total: int, parallel: int = 1) -> None:
    async with AllaweeClient(API_KEY, base_url=url, secure_url=url) as client:
        customers = client.customers.list(limit=PAGE_SIZE)
        result = await export(customers, path, resume=True, parallel=parallel)
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


def export_in_parts(url: str, path: str, total: int, parallel: int) -> None:
    """Export in the format that the name tells, and print what it cost."""
    cost = asyncio.run(cost_of(partial(_export, url, Path(path), total, parallel)))
    print(json.dumps(_sample(cost, total)))


def _in_parts(arguments: argparse.Namespace) -> int:
    """Export in parts and in one, killed and not; return the exit code."""
    total, random, is_good = arguments.customers, Random(arguments.kills), True
    server = ("--serve", "even", "--customers", str(total), "--latency", str(LATENCY))
    with listening("benchmarks.parts", *server) as (port,), tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{port}"
        alone = Path(folder, "alone.jsonl")
        samples = {"one after the other": _run_to_the_end(url, alone, total, 1)}
        expected = _ids_in(alone)
        for name in arguments.formats:
            path = Path(folder, f"customers.{name}")
            kills = sum(
                _is_killed(url, path, total, arguments.parallel, random)
                for _ in range(arguments.kills)
            )
            label = f"{name}, {arguments.parallel} parts, killed {kills} times"
            samples[label] = _run_to_the_end(url, path, total, arguments.parallel)
            is_good = is_good and _ids_in(path) == expected
            path.unlink()
            label = f"{name}, {arguments.parallel} parts"
            samples[label] = _run_to_the_end(url, path, total, arguments.parallel)
            is_good = is_good and _ids_in(path) == expected
    for label, sample in samples.items():
        is_good = is_good and sample["peak_mib"] <= MOST_MIB_IN_PARTS
        print(
            f"{label:40} {sample['per_second']:8,.0f} a second {sample['cpu_us']:6.1f} µs "
            f"{sample['peak_mib']:5.0f} MiB"
        )
    print("each customer once, in the same order" if is_good else "a target was missed")
    return int(arguments.check and not is_good)


def _run_to_the_end(url: str, path: Path, total: int, parallel: int) -> Sample:
    return run_code(_program(url, path, total, parallel))


def _is_killed(url: str, path: Path, total: int, parallel: int, random: Random) -> bool:
    """Kill an export at a random moment; return whether it was still running."""
    with killable(_program(url, path, total, parallel)) as process:
        time.sleep(random.uniform(0.4, 1.0))
        return process.poll() is None


def _program(url: str, path: Path, total: int, parallel: int) -> str:
    call = f"export_in_parts({url!r}, {str(path)!r}, {total}, {parallel})"
    return f"from benchmarks.export import export_in_parts; {call}"


def _ids_in(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        from pyarrow.parquet import read_table  # noqa: PLC0415 - pyarrow is large

        ids: list[str] = read_table(path, columns=["id"]).column(0).to_pylist()
        return ids
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.suffix == ".csv":
        return [row["id"] for row in csv.DictReader(io.StringIO(text.decode(), newline=""))]
    return [json.loads(line)["id"] for line in text.splitlines()]


def main() -> int:
    arguments = _arguments()
    if arguments.parallel:
        return _in_parts(arguments)
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
    parser.add_argument("--parallel", type=int, metavar="N", help="export in N parts instead")
    parser.add_argument("--kills", type=int, default=0, help="how often to kill each of these")
    parser.add_argument(
        "--check", action="store_true", help=f"CPU ≤ {MOST_CPU:g} walks, memory ≤ {MOST_MIB:g} MiB"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
