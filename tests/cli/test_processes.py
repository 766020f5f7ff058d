"""The command line in processes of its own: what only shows there."""

import asyncio
import os
import re
import signal
import struct
import subprocess
import sys
from typing import Any

import pytest

from allawee_async.sandbox import Sandbox
from tests.cli.conftest import Spawn

SMALL = ("demo", "--customers", "300")


def test_the_demo_with_faults(spawn: Spawn) -> None:
    done = spawn(*SMALL)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    assert "✓ each of the sandbox's 300 customers came exactly once" in done.stdout.decode()


@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1", "COLUMNS": "40"},
    ],
)
def test_an_encoding_that_lacks_most_characters(spawn: Spawn, environ: str) -> None:
    done = spawn("demo", "--customers", "30", **environ)  # type: ignore[arg-type]
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"exactly once" in done.stdout.replace(b"\n", b" ")


def test_wrong_use(spawn: Spawn) -> None:
    done = spawn("demo", "--live")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: no API key")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_ends_the_demo_at_once() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "allawee_async", "demo", "--page-size", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout.readline().startswith(b"Sandbox at")  # type: ignore[union-attr]  # it has begun
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
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-m", "allawee_async", "demo", "--live"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **hosts, "ALLAWEE_API_KEY": sandbox.api_key},
        )
        async with asyncio.timeout(30):
            while not sandbox.requests:  # noqa: ASYNC110 - another process ends the wait
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, told = await process.communicate()
    # With -X dev Python would complain of a task, a socket or a session that was left open. It also
    # tells of slow turns of the loop, which are the machine's affair.
    complaints = [line for line in told.splitlines() if not line.startswith(b"Executing <")]
    assert (process.returncode, complaints) == (130, [b"interrupted"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_that_nobody_reads_is_silent() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "allawee_async", "demo", "--customers", "3"],
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize("no_color", [False, True])
def test_on_a_terminal_there_is_a_bar_and_colour(no_color: Any) -> None:
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color", **({"NO_COLOR": "1"} if no_color else {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "allawee_async", *SMALL, "--page-size", "10"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
    )
    os.close(theirs)
    text = read_all(ours).decode()
    os.close(ours)
    assert process.wait() == 0
    assert re.search(r"━+.*\d+/300", text)
    assert "exactly once" in text
    assert ("\x1b[36m" in text) is not no_color  # the ids


def read_all(terminal: Any) -> Any:
    parts = []  # type: ignore[var-annotated]
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # how Linux tells that the other side has closed
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)


def test_help_imports_no_more_than_it_needs() -> None:
    code = (
        "import sys; sys.argv = ['allawee', '--help']\n"
        "from allawee_async.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'aiohttp', 'rich', 'cattrs', 'msgspec', 'allawee_async.sandbox'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stderr.strip() == b"[]"
