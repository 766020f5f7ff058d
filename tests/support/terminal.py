"""Runs what a document shows of the command line, as a terminal would."""

import io
import re
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest

ENVIRONMENT = {
    "COLUMNS": "100",
    "NO_COLOR": "1",
    "PAGER": "",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",  # nobody's own is touched
    "TERM": "dumb",
}

_CODE = re.compile(r"^\$ echo \$\?\n(\d+)\n*\Z", re.MULTILINE)
_PROMPT = re.compile(r"^\$ allawee ((?:.*\\\n)*.*)\n?", re.MULTILINE)


class Terminal(io.TextIOWrapper):
    """A terminal that keeps what it is to show."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), "utf-8", write_through=True)

    def isatty(self) -> Any:
        return True

    @property
    def shown(self) -> Any:
        """What it shows, without spaces at the ends of lines."""
        lines = self.buffer.getvalue().decode().splitlines()  # type: ignore[attr-defined]
        return "\n".join(map(str.rstrip, lines)).strip()


def check_session(session: Any) -> None:
    """Run the commands of a session, and compare what they show with what is written below.

    `$ echo $?` and a number end what is written below a command that is to end with that number.
    """
    before, *parts = _PROMPT.split(session)
    if before or not parts:
        pytest.fail("a session begins with `$ allawee`")
    for arguments, written in zip(parts[::2], parts[1::2], strict=True):
        *_, code = ("0", *_CODE.findall(written))
        shown = run(arguments.replace("\\\n", " "), int(code))
        wanted = _CODE.sub("", written).strip()
        if wanted and not re.fullmatch(_pattern(wanted), shown, re.DOTALL):
            pytest.fail(f"allawee {arguments}\nshows\n{shown}")


def run(arguments: str, expected: int = 0) -> Any:
    """Run a command in this process, and return what a terminal shows; nobody types."""
    from allawee_async.cli.app import app

    terminal, code = Terminal(), None
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr(sys, "argv", ["allawee", *shlex.split(arguments)])
        with redirect_stdout(terminal), redirect_stderr(terminal):
            try:
                app(sys.argv[1:], prog_name="allawee")
            except SystemExit as ending:
                code = ending.code
    if (code or 0) != expected:
        pytest.fail(f"allawee {arguments}\nexit code {code}\n{terminal.shown}")
    return terminal.shown


def _pattern(written: Any) -> Any:
    """Return what is written as a pattern in which `…` stands for anything."""
    return re.escape(written.strip()).replace("…", ".*")
