"""A pager for lists on a terminal, as git has one: what PAGER names, else less."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final, cast

from allawee_async.cli.errors import CommandError
from allawee_async.cli.output.writers import somebody_reads

_LESS: Final = {"LESS": "FRX"}  # end at once if it fits the screen, show colours, leave it there

_NO_SUCH_PROGRAM: Final = (126, 127)  # what a shell answers


class _Pipe(io.TextIOWrapper):
    """What goes to the pager is shown on the terminal, so it has a terminal's colours and width."""

    def isatty(self) -> bool:
        return True


@contextmanager
def paged(*, wanted: bool = True) -> Generator[None]:
    """Send what the block writes to stdout through a pager, if it would go to a terminal.

    Whoever leaves the pager early ends the block with `BrokenPipeError`, as `head` does.

    Args:
        wanted: Whether there is to be one at all.
    """
    command = os.environ.get("PAGER", shutil.which("less") or "")
    if not wanted or not somebody_reads() or command in ("", "cat"):
        yield
        return
    process = subprocess.Popen(  # noqa: S602 - PAGER is the user's own, and may be `less -S`
        command, shell=True, stdin=subprocess.PIPE, env=_LESS | os.environ
    )
    terminal, into = sys.stdout, cast("BinaryIO", process.stdin)
    sys.stdout = pipe = _Pipe(into, encoding=terminal.encoding, errors="replace")
    try:
        yield
    finally:
        sys.stdout = terminal
        with suppress(OSError):
            pipe.close()
        while process.poll() is None:
            with suppress(KeyboardInterrupt):  # which is the pager's: it ends when it is left
                process.wait()
        if process.returncode in _NO_SUCH_PROGRAM:
            raise CommandError(f"PAGER is {command!r}, which cannot be run; give --no-pager")
