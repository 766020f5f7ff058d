"""A clean environment, and two ways to run the command line: in this process or another."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from allawee_async.cli.app import app
from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.server import running_in_a_thread

Run = Callable[..., Result]
Spawn = Callable[..., subprocess.CompletedProcess[bytes]]

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("ALLAWEE_", "PYTHONIOENCODING", "NO_COLOR", "FORCE_COLOR", "COLUMNS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Nobody's own keyring is touched; tests that need one bring it along.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


class Call:
    """Runs commands in this process against a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(self, *arguments: str, typed: str | None = None, **environ: str) -> Result:
        hosts = {
            "ALLAWEE_BASE_URL": self.sandbox.url,
            "ALLAWEE_SECURE_URL": self.sandbox.secure_url,
        }
        environ = {"ALLAWEE_API_KEY": self.sandbox.api_key, **hosts, **environ}
        return CliRunner().invoke(app, arguments, input=typed, env=environ, prog_name="allawee")


@pytest.fixture
def run() -> Run:
    """Run a command in this process."""

    def invoke(*arguments: str, **environ: str) -> Result:
        return CliRunner().invoke(app, arguments, env=environ, prog_name="allawee")

    return invoke


@pytest.fixture
def call() -> Iterator[Call]:
    """Run commands in this process against a sandbox that lives as long as the test."""
    with running_in_a_thread(customers=5, seed=1, grp_enabled=True) as sandbox:
        yield Call(sandbox)


@pytest.fixture
def spawn() -> Spawn:
    """Run `python -m allawee_async` in a process of its own and return what became of it."""

    def start(*arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "allawee_async", *arguments],
            capture_output=True,
            env={**os.environ, **environ},
            timeout=60,
            check=False,
        )

    return start
