"""What `allawee <noun> export` does, from the first question to the last line."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import attrs
import typer

from allawee_async import errors
from allawee_async.cli.access.connection import run_with_client
from allawee_async.cli.access.credentials import STDIN
from allawee_async.cli.errors import CommandError, UsageError, exit_code_of, warn
from allawee_async.cli.operations.conditions import doubts
from allawee_async.cli.operations.confirmations import confirm_replacing, somebody_answers
from allawee_async.cli.operations.help_texts import PAGE_SIZE, option_of
from allawee_async.cli.operations.values import arguments_of, whole_number
from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.cli.wording import command_words, listed
from allawee_async.export import FORMATS, ExportError, ExportProgress, ExportResult, export
from allawee_async.export.checkpoint import read_checkpoint
from allawee_async.export.columns import EXTRA, columns_of
from allawee_async.export.formats import format_of
from allawee_async.export.journal import Names
from allawee_async.resources.verbs import Verb

if TYPE_CHECKING:
    from allawee_async.cli.export.command import ExportOptions
    from allawee_async.client import AllaweeClient


# What comes again whenever the same command is repeated.
_REFUSED: Final = (
    *(CommandError, errors.ConfigurationError),
    *(errors.BadRequestError, errors.NotFoundError, errors.UnprocessableEntityError),
)


def run_export(verb: Verb, given: Mapping[str, Any]) -> None:
    """Export a list, and say what came of it.

    Args:
        verb: The noun, and the parameters of its list.
        given: The values of all options, by Python name.

    Raises:
        CommandError: A file is in the way, or some entries could not be decoded.
        AllaweeError: The export ended; what came before is kept.
    """
    options, connection = given["options"], given["connection"]
    if options.out == STDIN:
        _export_to_stdout(verb, given)
        return
    command = ExportCommand(verb, given, options)
    words = listed(verb)
    try:
        result = run_with_client(connection, command)
    except (Exception, KeyboardInterrupt) as error:
        _say_how_to_go_on(command, words, error)
        if isinstance(error, ExportError) and error.can_overwrite:
            raise CommandError(f"{error.what} (--overwrite)", exit_code_of(error)) from error
        raise
    _report(result, words)


def _export_to_stdout(verb: Verb, given: Mapping[str, Any]) -> None:
    """Export a list to a file that is gone afterwards, and write that to stdout."""
    options: ExportOptions = given["options"]
    if options.resume or options.overwrite:
        raise UsageError(
            "on stdout nothing can be resumed or replaced: leave --resume and --overwrite out"
        )
    if options.format is None:
        raise UsageError(f"--out - needs --format, one of {', '.join(FORMATS)}")
    with TemporaryDirectory(prefix="allawee-") as folder:
        file = Path(folder, "export")
        command = ExportCommand(verb, given, attrs.evolve(options, out=file))
        result = run_with_client(given["connection"], command)
        with file.open("rb") as rows:
            shutil.copyfileobj(rows, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        _report(attrs.evolve(result, path=Path("stdout"), rejected_path=None), listed(verb))


class ExportCommand:
    """One export.

    Attributes:
        out: Where it goes.
        times: The moments that were asked for, by option.

    Args:
        verb: The noun, and the parameters of its list.
        given: The values of those parameters, by Python name.
        options: How the list becomes a file.

    Raises:
        CommandError: A value cannot be one of its option, or a file is in the way.
    """

    def __init__(self, verb: Verb, given: Mapping[str, Any], options: ExportOptions) -> None:
        self._call = verb.call
        self.out = options.out
        values = arguments_of(verb.parameters, given)
        warn(*doubts(verb, values))
        self.times = {
            option_of(one): values[one.name]
            for one in verb.parameters
            if isinstance(values[one.name], datetime)
        }
        typed = options.max_items
        most = None if typed is None else whole_number("--max-items", typed, 1)
        self._query = {name: value for name, value in values.items() if value is not None}
        self._query.setdefault("limit", min(PAGE_SIZE, most or PAGE_SIZE))
        if options.reveal and not somebody_answers():
            # A person may ask for secrets, and no script that somebody has set up once.
            raise UsageError(
                "--reveal is for a person at a terminal; in a program, use "
                "allawee_async.export.export(…, reveal=True)"
            )
        _warn_of_one_column(verb, options)
        self._settings: dict[str, Any] = {
            **attrs.asdict(options),
            "max_items": most,
            "parallel": whole_number("--parallel", options.parallel or "1", 1),
            "overwrite": _may_overwrite(options),
        }
        del self._settings["out"]

    async def __call__(self, client: AllaweeClient) -> ExportResult:
        """Export the list.

        Raises:
            AllaweeError: The export ended; what came before is kept.
        """
        if self._settings["reveal"]:
            typer.echo("note: secrets are written as they are", err=True)
        pager = attrgetter(self._call)(client)(**self._query)
        with LiveBar(words="reading") as bar:
            return await export(pager, self.out, on_progress=partial(show, bar), **self._settings)


def _warn_of_one_column(verb: Verb, options: ExportOptions) -> None:
    if verb.model is None or columns_of(verb.model) != (EXTRA,):
        return
    if format_of(options.out, options.format) in ("csv", "parquet"):
        told = f"no document names the fields of {listed(verb)}: each is JSON in one column"
        warn(f"{told}; `allawee {command_words(verb.call)} -o csv` writes columns")


def _may_overwrite(options: ExportOptions) -> bool:
    """Return whether a file may be replaced; ask if there is somebody to answer."""
    out = options.out
    if options.overwrite or options.resume:
        return options.overwrite
    if Names(out).checkpoint.exists():
        raise UsageError(
            f"an unfinished export to {out} is there: add --resume to go on with it, or "
            "--overwrite to begin anew"
        )
    if not out.is_file():
        return False
    confirm_replacing(out, "nothing was exported")
    return True


def show(bar: LiveBar, told: ExportProgress) -> None:
    """Tell a bar how far an export is."""
    is_reading = told.stage == "reading"
    bar.tell(
        words="reading" if is_reading else "writing",
        completed=told.rows + told.rejected if is_reading else told.rows,
        total=told.total,
        details=details(told) if is_reading else "",
    )


def details(told: ExportProgress) -> str:
    """Return the rate, the time left if that is known, what is safe, and what was rejected."""
    entries = told.rows + told.rejected
    rate = (entries - told.resumed) / told.seconds if told.seconds else 0.0
    text = f"  {rate:,.0f}/s"
    if told.total is not None and rate:
        left = timedelta(seconds=round(max(0, told.total - entries) / rate))
        text += f"  {left} left"
    text += f"  {told.saved:,} safe on the disk" if told.saved < entries else ""
    return text + (f"  {told.rejected:,} rejected" if told.rejected else "")


def _report(result: ExportResult, words: str) -> None:
    count = f"{result.rows:,} {words}"
    if result.was_finished:
        typer.echo(
            f"{result.path} is there already, with {count}, and nothing is left to resume; "
            "--overwrite exports them anew",
            err=True,
        )
    else:
        rate = result.rows / result.seconds if result.seconds else 0.0
        typer.echo(
            f"exported {count} to {result.path} in {result.seconds:.1f} s ({rate:,.0f} a second)",
            err=True,
        )
    if result.rejected:
        where = result.rejected_path or "an export to a file"
        raise CommandError(
            f"{result.rejected:,} of {result.rows + result.rejected:,} {words} could not be "
            f"decoded; {where} tells why"
        )


def _say_how_to_go_on(command: ExportCommand, words: str, error: BaseException) -> None:
    """Say how to resume, if that would go on with what has come."""
    if isinstance(error, _REFUSED) or (isinstance(error, ExportError) and not error.can_resume):
        return
    with suppress(OSError, ValueError):  # there is no checkpoint, or none that can be read
        kept = read_checkpoint(Names(command.out).checkpoint.read_bytes()).read
        typed = [word for word in sys.argv[1:] if word != "--resume"]
        again = shlex.join(["allawee", *with_moments(typed, command.times), "--resume"])
        told = f"{kept:,} {words} are kept; " if kept else ""
        typer.echo(f"{told}go on with: {again}", err=True)


def with_moments(words: Sequence[str], moments: Mapping[str, datetime]) -> list[str]:
    """Return what was typed with moments by option: later, `3h` means another one."""
    texts = {option: moment.isoformat() for option, moment in moments.items()}
    fixed: list[str] = []
    for before, word in pairwise(["", *words]):
        option, equals, _ = word.partition("=")
        joined = f"{option}={texts[option]}" if equals and option in texts else word
        fixed.append(texts.get(before, joined))
    return fixed
