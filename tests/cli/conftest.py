"""A clean environment, and two ways to run the command line: in this process or another."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.testing
from typer.testing import CliRunner, Result

from allawee_async.cli.app import app
from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.server import running_in_a_thread
from tests.support import nursery

Run = Callable[..., Result]

ROOT = Path(__file__).parents[2]
ALLAWEE = (sys.executable, "-m", "allawee_async")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("ALLAWEE_", "PYTHONIOENCODING", "NO_COLOR", "FORCE_COLOR", "COLUMNS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Nobody's own keyring is touched; tests that need one bring it along.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


program = cache(partial(typer.main.get_command, app))
"""Returns the command of the whole program; what was made of it is kept for a file of tests."""

FOR_MANY = {"--from", "--failed"}
"""With these, a command needs no other option from then on: a process runs only one."""


@pytest.fixture(autouse=True, scope="module")
def _own_program() -> None:
    program.cache_clear()


@pytest.fixture
def new_program() -> Iterator[None]:
    """Make the program anew, for what replaces a part of it, and again afterwards."""
    program.cache_clear()
    yield
    program.cache_clear()


def invoked(*arguments: str, **options: Any) -> Result:
    """Run a command in this process, as typer's own runner does."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(typer.testing, "_get_command", lambda _: program())
        result = CliRunner().invoke(app, arguments, prog_name="allawee", **options)
    if FOR_MANY & {word.partition("=")[0] for word in arguments}:
        program.cache_clear()
    return result


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
        return invoked(*arguments, input=typed, env=environ)


@pytest.fixture
def run() -> Run:
    """Run a command in this process."""

    def invoke(*arguments: str, **environ: str) -> Result:
        return invoked(*arguments, env=environ)

    return invoke


def run_with_streams(*arguments: str, **streams: object) -> int:
    """Run a command in this process as the program itself runs, and return its exit code.

    Args:
        *arguments: What stands behind `allawee`.
        **streams: What stands for `stdin`, `stdout` and `stderr`; others stay.
    """
    command = program()
    with pytest.MonkeyPatch.context() as patched:
        for name, stream in streams.items():
            patched.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as left:
            command.main(list(arguments), prog_name="allawee")
    return int(left.value.code or 0)


def run_in_encoding(encoding: str, *arguments: str) -> tuple[int, bytes]:
    """Run a command whose stdout has an encoding; return its exit code, and what it wrote."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    code = run_with_streams(*arguments, stdout=stream)
    stream.flush()
    return code, written.getvalue()


@contextmanager
def terminal(
    *arguments: str, width: int = 80, anew: bool = False, **environ: str
) -> Iterator[tuple[Any, int]]:
    """Run a command in a process of its own on a terminal; yield it and our side of that.

    A process that is started anew has its arguments where all can see them.
    """
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    options: dict[str, Any] = {
        **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
        "env": {**os.environ, "TERM": "xterm-256color", **environ},
        "start_new_session": True,
    }
    process = (
        subprocess.Popen([*ALLAWEE, *arguments], **options)
        if anew
        else nursery.python("-m", "allawee_async", *arguments, **options)
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        os.close(ours)
        process.kill()
        process.wait()


def run_on_terminal(*arguments: str, typed: str = "") -> tuple[int, str]:
    """Run a command in this process on a terminal; return its exit code, and what was shown."""
    import pty

    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    with os.fdopen(os.dup(theirs)) as stdin, os.fdopen(theirs, "w", buffering=1) as shown:
        code = run_with_streams(*arguments, stdin=stdin, stdout=shown, stderr=shown)
    text = read_until(ours, None)
    os.close(ours)
    return code, text


def read_until(terminal: int, end: str | None) -> str:
    """Return what a terminal shows up to some text, or to its end."""
    text = ""
    while end is None or end not in text:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # how Linux tells that the other side has closed
            part = b""
        if not part:
            break
        text += part.decode()
    return text


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with running_in_a_thread(customers=5, seed=1, grp_enabled=True) as sandbox:
        yield sandbox


@pytest.fixture
def call(_running: Sandbox) -> Call:
    """Run commands in this process against a sandbox that begins anew with the test."""
    _running.reset()
    return Call(_running)
