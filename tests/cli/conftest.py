"""A clean environment, and two ways to run the command line: in this process or another."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allawee_async.cli.app import app

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("ALLAWEE_", "PYTHONIOENCODING", "NO_COLOR", "FORCE_COLOR", "COLUMNS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def run():
    """Run a command in this process."""

    def invoke(*arguments, **environ):
        return CliRunner().invoke(app, arguments, env=environ, prog_name="allawee")

    return invoke


@pytest.fixture
def spawn():
    """Run `python -m allawee_async` in a process of its own and return what became of it."""

    def start(*arguments, **environ):
        return subprocess.run(
            [sys.executable, "-m", "allawee_async", *arguments],
            capture_output=True,
            env={**os.environ, **environ},
            timeout=60,
            check=False,
        )

    return start
