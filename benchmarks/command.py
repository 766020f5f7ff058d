"""The command: measure, print one table, and perhaps write a JSON file."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.measures import MEASURES, Measure, Row, row_of
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.processes import MeasurementError, serving
from benchmarks.report import document, machine, table
from benchmarks.rounds import Runner

GROUPS = ("walk", "read", "flight", "leisure", "decode", "memory", "imports")


def main() -> int:
    arguments = _arguments()
    plan = QUICK if arguments.quick else FULL
    if arguments.rounds:
        plan = replace(plan, rounds=arguments.rounds)
    try:
        rows = _measure(plan, arguments.only or GROUPS, arguments.json)
    except MeasurementError as failed:
        print(f"a measurement failed: {failed}", file=sys.stderr)
        return 2
    missed = any(row.measure.limit is not None and not row.passed for row in rows)
    return 1 if arguments.check and missed else 0


def _measure(plan: Plan, chosen: tuple[str, ...], target: Path | None) -> list[Row]:
    datasets = plan.datasets()
    with serving(list(datasets.values())) as urls:
        runner = Runner(plan, dict(zip(datasets, urls, strict=True)), chosen)
        runner.run()
    rows = [row_of(measure, runner.samples) for measure in MEASURES if _is_in(measure, chosen)]
    print(table(rows))
    print(f"\n{plan.rounds} rounds; {json.dumps(machine())}")
    for contestant, reason in runner.unavailable.items():
        print(f"{contestant} was not measured: {reason}")
    if target:
        target.write_text(json.dumps(document(plan, rows, runner.samples), indent=2) + "\n")
    return rows


def _is_in(measure: Measure, chosen: tuple[str, ...]) -> bool:
    return measure.figure.partition(".")[0].partition("_")[0] in chosen


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two small rounds, to see it work")
    parser.add_argument("--rounds", type=int, metavar="N", help="how many rounds (default 5)")
    parser.add_argument("--only", nargs="+", choices=GROUPS, help="leave the other measures out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to a file")
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 if a target is missed or not measured"
    )
    return parser.parse_args()
