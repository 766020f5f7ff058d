"""How every command ends: this wraps Typer, so that all failures go one way."""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import traceback
from typing import Annotated, Any, Final, TextIO

import typer
from typer.core import TyperGroup

from allawee_async.cli.arguments import file_advice, moved_behind, spelled_out
from allawee_async.cli.errors import ExitCode, exit_code_of, is_wrong_use, line_of
from allawee_async.redaction import mask

_LOG: Final = logging.getLogger("allawee_async")
_SILENT: Final = logging.NullHandler()


class Run:
    """What is known about one run of the program; commands find it as `context.obj`.

    Attributes:
        debug: Whether to show tracebacks, and what the client logs.
        words: The arguments as they were typed.
    """

    def __init__(self) -> None:
        self.debug = False
        self.words: list[str] = []


class Program(TyperGroup):
    """The command line as a whole: it turns what a command raises into a line and an exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and leave Python; without `standalone_mode` it returns or raises."""
        leave = options.get("standalone_mode", True)
        options["standalone_mode"] = False
        if not leave:
            return super().main(*args, **options)
        _prepare_streams()
        _LOG.addHandler(_SILENT)  # retries are the client's business; --debug shows them
        run = Run()
        try:
            code = super().main(*args, obj=run, **options)
        except (KeyboardInterrupt, typer.Abort):
            code = ExitCode.INTERRUPTED
        except (BrokenPipeError, SystemExit):  # nobody wants more, as in `allawee … | head`
            code = ExitCode.DONE
        except Exception as error:  # noqa: BLE001 - whatever it is, a person gets a line
            code = _report(error, run)
        finally:
            _show_log(shown=False)
        if code == ExitCode.INTERRUPTED:
            # On a line of its own: a terminal has just shown `^C`, or the question.
            on_a_terminal = sys.stderr is not None and sys.stderr.isatty()
            _say("\ninterrupted" if on_a_terminal else "interrupted")
        code = code or _write(sys.stdout, "")
        return sys.exit(int(code or ExitCode.DONE))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, spelled as option parsers know them."""
        if isinstance(ctx.obj, Run):
            ctx.obj.words = list(args)
        return super().parse_args(ctx, moved_behind(spelled_out(args, self._is_file)))

    def invoke(self, ctx: Any) -> None:
        """Run the command; what it returns is no exit code."""
        super().invoke(ctx)

    def _is_file(self, word: str) -> bool:
        """Return whether a word behind `--sandbox` names a file, and no command."""
        # A path object would raise for what is too long for a name.
        return word not in self.commands and os.path.isfile(word)  # noqa: PTH113


def set_debug(context: typer.Context, value: bool) -> bool:  # noqa: FBT001 - Typer calls it so
    """Take note of `--debug`, wherever on the line it stands."""
    if value and isinstance(context.obj, Run):
        context.obj.debug = True
        _show_log(shown=True)
    return value


def set_no_color(value: bool) -> bool:  # noqa: FBT001 - Typer calls it so
    """Take note of `--no-color`, wherever on the line it stands, as Rich knows it."""
    if value:
        os.environ["NO_COLOR"] = "1"
    return value


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        envvar="ALLAWEE_DEBUG",
        callback=set_debug,
        help="Show tracebacks, and each retry as it happens.",
    ),
]
"""`--debug`, for the program and for each command, because people write it at either place."""

NoColor = Annotated[
    bool,
    typer.Option(
        "--no-color", callback=set_no_color, help="Write without colours, as with NO_COLOR."
    ),
]


def _show_log(*, shown: bool) -> None:
    """Let stderr show what the client warns of: each retry. The client itself keeps silent."""
    handler = logging.lastResort
    if handler is not None:
        (_LOG.addHandler if shown else _LOG.removeHandler)(handler)


def _report(error: Exception, run: Run) -> ExitCode:
    if run.debug:
        _say(mask("".join(traceback.format_exception(error)).rstrip()))
    line = line_of(error)
    _say(line + file_advice(run.words, line) if is_wrong_use(error) else line)
    return exit_code_of(error)


def _say(text: str) -> None:
    _write(sys.stderr, f"{text}\n")


def _write(stream: TextIO | None, text: str) -> ExitCode:
    """Write a text and all that waits before it; it is no failure if nobody reads any more."""
    if stream is None:
        return ExitCode.DONE
    try:
        if text:  # a write of nothing fails, too, where there is no room
            stream.write(text)
        stream.flush()
    except OSError as error:
        # Let Python's own last flush go nowhere, instead of ending with a complaint.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return ExitCode.DONE if isinstance(error, BrokenPipeError) else ExitCode.FAILED
    return ExitCode.DONE


class _Closed(io.TextIOBase):
    """Stands for a stdout that was closed before the program began: an answer must not be lost."""

    def write(self, text: str, /) -> int:
        """Fail, if there is anything to write."""
        if text:
            raise OSError(errno.EBADF, "stdout is closed, so nobody can read the answer")
        return 0


def _prepare_streams() -> None:
    """Let what the encoding of the terminal lacks become `?`: a name must not end a command."""
    if sys.stdout is None:
        sys.stdout = _Closed()
    if os.environ.get("COLUMNS") == "0":  # as some terminals without a width say
        os.environ["COLUMNS"] = "80"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
