"""How every command ends: this wraps Typer, so that all failures go one way."""

from __future__ import annotations

import io
import logging
import os
import sys
import traceback
from typing import Any, Final, TextIO

import typer
from typer.core import TyperGroup

from allawee_async.cli.color import refuse_color
from allawee_async.cli.failures import ExitCode, exit_code_of, line_of
from allawee_async.cli.leading_options import moved_behind
from allawee_async.cli.sandbox_argument import spelled_out
from allawee_async.hidden import mask

_LOG: Final = logging.getLogger("allawee_async")
_SILENT: Final = logging.NullHandler()


class Run:
    """What is known about one run of the program; commands find it as `context.obj`.

    Attributes:
        debug: Whether to show tracebacks, and what the client logs.
    """

    def __init__(self) -> None:
        self.debug = False


class Program(TyperGroup):
    """The command line as a whole: it turns what a command raises into a line and an exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and leave Python; without `standalone_mode` it returns or raises."""
        leave = options.get("standalone_mode", True)
        options["standalone_mode"] = False
        if not leave:
            return super().main(*args, **options)
        _never_fail_to_encode()
        _LOG.addHandler(_SILENT)  # retries are the client's business; --debug shows them
        refuse_color(refused=False)
        run = Run()
        try:
            code = super().main(*args, obj=run, **options)
        except (KeyboardInterrupt, typer.Abort):
            code = ExitCode.INTERRUPTED
        except Exception as error:  # noqa: BLE001 - whatever it is, a person gets a line
            code = _report(error, debug=run.debug)
        if code == ExitCode.INTERRUPTED:
            _say("interrupted")
        if not _write(sys.stdout, ""):
            code = code or ExitCode.FAILED
        return sys.exit(int(code or ExitCode.DONE))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, spelled as option parsers know them."""
        return super().parse_args(ctx, moved_behind(spelled_out(args, os.path.isfile)))

    def invoke(self, ctx: Any) -> None:
        """Run the command; what it returns is no exit code."""
        super().invoke(ctx)


def set_debug(context: typer.Context, value: bool) -> bool:  # noqa: FBT001 - Typer calls it so
    """Take note of `--debug`, wherever on the line it stands."""
    if value and isinstance(context.obj, Run):
        context.obj.debug = True
        _LOG.removeHandler(_SILENT)
    return value


def set_no_color(value: bool) -> bool:  # noqa: FBT001 - Typer calls it so
    """Take note of `--no-color`, wherever on the line it stands."""
    if value:
        refuse_color(refused=True)
    return value


def _report(error: Exception, *, debug: bool) -> ExitCode:
    if isinstance(error, BrokenPipeError):  # nobody reads any more, as in `allawee … | head`
        return ExitCode.FAILED
    if debug:
        _say(mask("".join(traceback.format_exception(error)).rstrip()))
    _say(line_of(error))
    return exit_code_of(error)


def _say(text: str) -> None:
    _write(sys.stderr, f"{text}\n")


def _write(stream: TextIO | None, text: str) -> bool:
    """Write a text and all that waits before it; return whether somebody could read it."""
    if stream is None:
        return True
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        # Let Python's own last flush go nowhere, instead of ending with a complaint.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return False
    return True


def _never_fail_to_encode() -> None:
    """Let what the encoding of the terminal lacks become `?`: a name must not end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
