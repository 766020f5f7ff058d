"""Exports in processes that are killed at any moment (kill -9), and started again."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.server import running_in_a_thread
from tests.support import nursery
from tests.support.exports import FORMATS, beside, ids_in, rejected_in
from tests.support.properties import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allawee_async.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
CUSTOMERS = 1_000
KILLS = 3 if LONG else 2
QUICK, SLOW = 0.003, 0.05
EACH = [*((kind, 1) for kind in FORMATS), ("jsonl", 8), ("parquet", 8)]


class Pace:
    """How long each answer takes: so long that no run ends before it is killed."""

    seconds = QUICK

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def pace() -> Pace:
    return Pace()


@pytest.fixture(scope="module")
def busy(pace: Pace) -> Iterator[Sandbox]:
    """Run a sandbox whose answers take a moment, with one customer that cannot be decoded."""
    with running_in_a_thread(customers=CUSTOMERS, seed=1) as sandbox:
        sandbox.add_customer({"name": 5, "createdAt": "2024-01-01T00:00:00.000Z"})
        sandbox.faults.latency(pace)
        yield sandbox
        assert not sandbox.crashes


@pytest.fixture
def start(busy: Sandbox, pace: Pace) -> Any:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "ALLAWEE_API_KEY": busy.api_key,
        "ALLAWEE_BASE_URL": busy.url,
        "ALLAWEE_SECURE_URL": busy.secure_url,
    }

    def begin(target: Path, parallel: int, seconds: float) -> nursery.Process:
        pace.seconds = seconds
        command = ("-m", "tests.support.export_child", str(target), str(parallel))
        return nursery.python(*command, env=environment, stderr=nursery.PIPE)

    return begin


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
@pytest.mark.parametrize(("kind", "parallel"), EACH if LONG else [("csv", 1), ("parquet", 8)])
def test_a_killed_export_loses_and_repeats_nothing(
    tmp_path: Path, busy: Sandbox, start: Any, kind: str, parallel: int
) -> None:
    """Each run is killed some time after it made its first progress, the last one never."""
    target = tmp_path / f"customers.{kind}"
    chance = random.Random(f"{kind} {parallel}")
    killed = 0
    for _ in range(KILLS):
        killed += _run_and_kill(start, target, parallel, after=chance.uniform(0, 0.15))
    with start(target, parallel, QUICK) as last:
        _, said = last.communicate(timeout=60)
    assert last.returncode == 0, said.decode()

    expected = [row["id"] for row in busy.state.customers if row["name"] != 5]
    found = ids_in(target)
    assert len(found) == CUSTOMERS
    assert sorted(found) == sorted(expected)
    assert len(rejected_in(target)) == 1
    assert beside(target) == {".rejected.jsonl"}
    assert killed == KILLS


def _run_and_kill(start: Any, target: Path, parallel: int, after: float) -> bool:
    """Kill a run so many seconds after its first new checkpoint; return whether it was running."""
    checkpoint = target.with_name(f"{target.name}.checkpoint")
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    with start(target, parallel, SLOW) as process:
        until = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until:
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns != before:
                break
            time.sleep(0.005)
        time.sleep(after)
        process.kill()
        process.communicate(timeout=10)
    return process.returncode == -signal.SIGKILL  # type: ignore[no-any-return]
