"""Plants mistakes where money is at stake, and counts how many of them the tests notice.

    python scripts/mutants.py [--each 40] [--seed 1] [--room retry] [--all]

For each room some mistakes are drawn at random: a comparison turned around, a condition denied, a
number off by one, a statement left out, a value not returned. Each is planted alone into a copy of
the project, and the tests of the room run until one fails. What no test notices is printed with its
place. It fails where a room has less than 85 % noticed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
ENOUGH = 0.85
SECONDS, MOST = 60, 600
"""What a test and all tests of a room may take; a mistake that lets one hang is noticed."""

ROOMS = {
    "retry": ("transport/retry.py", "transport/test_retry.py transport/test_rate.py"),
    "session": (
        "transport/session.py transport/retry_state.py",
        "transport/test_session.py transport/test_rate.py test_client.py transport",
    ),
    "pages": (
        "pagination/pages.py",
        "pagination/test_pager.py pagination/test_random_servers.py pagination",
    ),
    "pager": (
        "pagination/pager.py",
        "pagination/test_pager.py pagination/test_sharing.py pagination",
    ),
    "parts": (
        "pagination/parallel.py",
        "pagination/test_parts.py pagination/test_records.py pagination/test_pager.py",
    ),
    "redaction": ("redaction.py", "test_redaction.py models/test_printing.py"),
    "verifier": ("webhooks/verifier.py", "webhooks/test_verifier.py webhooks/test_fuzz.py"),
    "stores": ("webhooks/stores/*.py", "webhooks/stores"),
    "journal": ("export/journal.py export/checkpoint.py", "export/test_resume.py export"),
    "batch": ("batch/*.py", "batch"),
}
"""The files of each room, and the tests that are to notice: the most likely ones first."""

_TURNED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_OTHER = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*"}
_ONLY_SHOW = {"__repr__", "__str__", "__reduce__"}
_LOGS = {"log", "_logger", "logger"}


@dataclass(frozen=True)
class Mutant:
    """A mistake: the text that takes the place of another."""

    path: str
    line: int
    start: int
    end: int
    text: str
    what: str


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mistake that can be planted into a file."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(node: ast.expr | ast.stmt) -> tuple[int, int]:
        begin = starts[node.lineno - 1] + node.col_offset
        return begin, starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def text_of(node: ast.expr | ast.stmt) -> str:
        begin, end = span(node)
        return source[begin:end].decode()

    for node in _looked_into(ast.parse(source)):
        for text in _instead(node, text_of):
            what = f"{' '.join(text_of(node).split())[:60]} → {' '.join(text.split())[:60]}"
            name = path.relative_to(ROOT).as_posix()
            yield Mutant(name, node.lineno, *span(node), text, what)


def _looked_into(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield what a program does: no annotations, docstrings, messages, logs or representations."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef(name=name) if name in _ONLY_SHOW:
                continue
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))) if (
                name in _LOGS
            ):
                continue
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.ImportFrom() | ast.Import():
                continue
            case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Raise() | ast.arguments():
                continue
            case ast.AnnAssign(value=value):
                if value is not None:
                    yield from _looked_into(ast.Tuple([value], ast.Load()))
                continue
            case ast.expr() | ast.stmt():
                yield node
        yield from _looked_into(node)


def _instead(
    node: ast.expr | ast.stmt, text_of: Callable[[ast.expr | ast.stmt], str]
) -> Iterator[str]:
    """Yield what can stand in the place of a part of the program, and is wrong there."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _TURNED:
            yield f"{text_of(left)} {_TURNED[type(op)]} {text_of(right)}"
        case ast.BoolOp(op=op, values=values):
            word = " or " if isinstance(op, ast.And) else " and "
            yield word.join(f"({text_of(value)})" for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({text_of(operand)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OTHER:
            yield f"({text_of(left)}) {_OTHER[type(op)]} ({text_of(right)})"
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() | float() as value):
            yield repr(value + 1)
        case ast.Return(value=ast.expr() as value) if text_of(value) != "None":
            yield "return None"
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign():
            yield "pass"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"{text_of(orelse)} if {text_of(test)} else {text_of(body)}"
        case _:
            pass


def copies(count: int, folder: Path) -> SimpleQueue[Path]:
    """Return so many copies of the project to plant mistakes into."""
    places: SimpleQueue[Path] = SimpleQueue()
    for number in range(count):
        ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
        places.put(shutil.copytree(ROOT, folder / str(number), ignore=ignored))
    return places


def do_fail(tests: list[str], place: Path) -> bool:
    """Return whether one of the tests fails in a copy of the project, or takes too long."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-o", f"timeout={SECONDS}", *tests]
    environment = {**os.environ, "PYTHONPATH": str(place)}
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            command, cwd=place, env=environment, capture_output=True, timeout=MOST, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def is_noticed(mutant: Mutant, tests: list[str], places: SimpleQueue[Path]) -> bool:
    """Return whether a test fails with the mistake."""
    place = places.get()
    path = place / mutant.path
    original = path.read_bytes()
    try:
        path.write_bytes(original[: mutant.start] + mutant.text.encode() + original[mutant.end :])
        return do_fail(tests, place)
    finally:
        path.write_bytes(original)
        places.put(place)


def main() -> int:
    """Draw, plant, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--each", type=int, default=40, help="how many mistakes in each room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--room", action="append", choices=ROOMS, help="only this room")
    parser.add_argument("--all", action="store_true", help="every mistake; this takes hours")
    options = parser.parse_args()
    is_good = True
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(cores) as pool:
        places = copies(cores, Path(folder))
        for room in options.room or ROOMS:
            patterns, names = ROOMS[room]
            tests = [f"tests/{name}" for name in names.split()]
            files = [f for p in patterns.split() for f in (ROOT / "allawee_async").glob(p)]
            found = [mutant for file in sorted(files) for mutant in mutants_of(file)]
            if do_fail(tests, Path(folder, "0")):
                sys.exit(f"{room}: its tests fail without any mistake")
            if not options.all:
                drawn = random.Random(options.seed)  # noqa: S311 - no secret
                found = drawn.sample(found, min(options.each, len(found)))
            count = len(found)
            noticed = list(pool.map(is_noticed, found, [tests] * count, [places] * count))
            is_good = is_good and sum(noticed) >= ENOUGH * count
            print(f"{room}: {sum(noticed)} of {count} noticed", flush=True)
            for mutant, was_noticed in zip(found, noticed, strict=True):
                if not was_noticed:
                    print(f"  {mutant.path}:{mutant.line}: {mutant.what}", flush=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
