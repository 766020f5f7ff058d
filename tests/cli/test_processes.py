"""The command line in processes of its own: what only shows there."""

import asyncio
import os
import re
import signal
import sys

import pytest

from allawee_async.sandbox import Sandbox
from tests.cli.conftest import (
    Run,
    read_until,
    run_in_encoding,
    run_on_terminal,
    run_with_streams,
    terminal,
)
from tests.support import nursery

SMALL = ("demo", "--customers", "300")


def test_the_demo_with_faults() -> None:
    process = nursery.python(
        *("-m", "allawee_async", *SMALL), stdout=nursery.PIPE, stderr=nursery.PIPE, text=True
    )
    shown, told = process.communicate(timeout=60)

    assert (process.returncode, told) == (0, "")
    assert "\x1b" not in shown
    assert "✓ each of the sandbox's 300 customers came exactly once" in shown


def test_an_encoding_that_lacks_most_characters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for encoding, columns in (("ascii", None), ("latin-1", "40")):
        if columns:
            monkeypatch.setenv("COLUMNS", columns)
        code, shown = run_in_encoding(encoding, "demo", "--customers", "30")
        assert (code, capsys.readouterr().err) == (0, "")
        assert b"exactly once" in shown.replace(b"\n", b" ")


def test_wrong_use(run: Run) -> None:
    done = run("demo", "--live")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no API key")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_ends_the_demo_at_once() -> None:
    process = nursery.python(
        *("-m", "allawee_async", "demo", "--page-size", "1"),
        stdout=nursery.PIPE,
        stderr=nursery.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout
        assert process.stdout.readline().startswith(b"Sandbox at")  # it has begun
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    # How long a turn of the loop took, which it tells as well, is the machine's affair.
    complaints = [line for line in told.splitlines() if not line.startswith(b"Executing <")]
    assert (process.returncode, complaints) == (130, [b"interrupted"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
async def test_ctrl_c_in_the_middle_of_a_request_leaves_nothing_behind() -> None:
    async with Sandbox(customers=300) as sandbox:
        sandbox.faults.hang()
        hosts = {"ALLAWEE_BASE_URL": sandbox.url, "ALLAWEE_SECURE_URL": sandbox.secure_url}
        process = nursery.python(
            *("-m", "allawee_async", "demo", "--live"),
            flags=("-X", "dev"),
            stdout=nursery.DEVNULL,
            stderr=nursery.PIPE,
            env={**os.environ, **hosts, "ALLAWEE_API_KEY": sandbox.api_key},
        )
        async with asyncio.timeout(30):
            while not sandbox.requests:  # noqa: ASYNC110 - another process ends the wait
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, told = await asyncio.to_thread(process.communicate)
    # With -X dev Python would complain of a task, a socket or a session that was left open. It also
    # tells of slow turns of the loop, which are the machine's affair.
    complaints = [line for line in told.splitlines() if not line.startswith(b"Executing <")]
    assert (process.returncode, complaints) == (130, [b"interrupted"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_that_nobody_reads_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        code = run_with_streams("demo", "--customers", "3", stdout=closed)
    assert (code, capsys.readouterr().err) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_on_a_terminal_there_is_a_bar_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(*SMALL, "--page-size", "10", width=100) as (process, shown):
        text = read_until(shown, None)
        assert process.wait(timeout=60) == 0
    assert re.search(r"━+.*\d+/300", text)
    assert "exactly once" in text
    assert "\x1b[36m" in text  # the ids

    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    code, plain = run_on_terminal("demo", "--customers", "20", "--page-size", "10")
    assert code == 0
    assert re.search(r"━+.*\d+/20", plain)
    assert "exactly once" in plain
    assert "\x1b[36m" not in plain
