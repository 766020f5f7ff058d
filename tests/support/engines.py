"""A sandbox in a process of its own, for engines whose workers are processes, and a client by name.

`python -m tests.support.engines CUSTOMERS SECONDS` runs one until its stdin ends; each request
takes so many seconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from allawee_async import AllaweeClient
from allawee_async.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
KEY_FILE = "TEST_KEY_FILE"


@contextmanager
def running_sandbox(customers: int, seconds: float) -> Iterator[dict[str, str]]:
    """Yield the variables of the environment by which a sandbox is found."""
    command = [sys.executable, "-m", "tests.support.engines", str(customers), str(seconds)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        found: dict[str, str] = json.loads(run.stdout.readline())
        yield {**found, "PYTHONPATH": str(ROOT)}
        run.communicate()


def client_with_the_key_of_a_file() -> AllaweeClient:
    """Return a client with a key that is not in the environment."""
    return AllaweeClient(Path(os.environ[KEY_FILE]).read_text("utf-8"))


def set_variables(variables: dict[str, str | None]) -> None:
    """Change the environment of a process; None takes a variable out."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


async def _serve(customers: int, seconds: float) -> None:
    async with Sandbox(customers=customers, seed=1) as sandbox:
        sandbox.faults.latency(seconds)
        told = {
            "ALLAWEE_BASE_URL": sandbox.url,
            "ALLAWEE_SECURE_URL": sandbox.secure_url,
            "ALLAWEE_API_KEY": sandbox.api_key,
        }
        print(json.dumps(told), flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
