"""The processes of a run: one server, and one fresh client for every measurement."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

_WORKER_SECONDS = 180
_STOP_SECONDS = 5


class MeasurementError(Exception):
    """A client process ended badly; the text is what it said."""


@contextmanager
def serving(datasets: Sequence[str]) -> Iterator[list[str]]:
    """Run the loopback server; the base URL of each dataset, in their order."""
    with listening("benchmarks.server", *datasets) as ports:
        yield [f"http://127.0.0.1:{port}" for port in ports]


@contextmanager
def listening(module: str, *arguments: str) -> Iterator[Any]:
    """Run a server until it is no longer needed; what it printed first, which is JSON."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise MeasurementError(f"{module} did not start")
        yield json.loads(line)
    finally:
        _stop(process)


def run_worker(contestant: str, task: str, options: dict[str, str]) -> dict[str, Any]:
    """Measure one task of one contestant."""
    flags = [text for name, value in options.items() for text in (f"--{name}", value)]
    return _answer_of(["-m", "benchmarks.worker", contestant, task, *flags])


def run_module(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module of ours in a fresh interpreter; it prints one line of JSON."""
    return _answer_of(["-m", module, *arguments])


def run_code(code: str) -> dict[str, Any]:
    """Run a small program in a fresh interpreter; it prints one line of JSON."""
    return _answer_of(["-c", code])


@contextmanager
def killable(code: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a small program in a fresh interpreter; it is killed (kill -9) at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _answer_of(arguments: list[str]) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=_WORKER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise MeasurementError(str(late)) from None
    if done.returncode:
        raise MeasurementError(f"{' '.join(arguments)}\n{done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _environment() -> dict[str, str]:
    """The caller's, but without proxies, keys, and what keeps compiled modules from disk."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME", "PYTHONASYNCIODEBUG")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped
        and not name.lower().endswith("_proxy")
        and not name.startswith("ALLAWEE_")
    }
    return kept | {"PYTHONPATH": str(ROOT)}


def _stop(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
