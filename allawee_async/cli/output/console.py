"""The two streams that a command writes to: results on stdout, progress on stderr."""

from __future__ import annotations

import os
import sys
from typing import Final, NoReturn

from rich.console import Console

_WIDTH_OF_A_FILE: Final = 120


def output_console() -> Console:
    """Return the console for results. Where nobody watches, lines may be long."""
    console = _console(stderr=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = max(console.width, _WIDTH_OF_A_FILE)
    return console


def progress_console() -> Console:
    """Return the console for what passes by."""
    return _console(stderr=True)


def someone_watches() -> bool:
    """Return whether stderr is a terminal, so that progress is worth showing."""
    return sys.stderr is not None and sys.stderr.isatty()


def is_unicode(console: Console) -> bool:
    """Return whether more than ASCII can be written."""
    return not console.options.ascii_only


class _Console(Console):
    """A console that tells, as a plain stream does, when nobody reads any more."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def _console(*, stderr: bool) -> Console:
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
