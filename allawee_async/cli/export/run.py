"""What `allawee <noun> export` does, from the first question to the last line."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import attrs
import typer

from allawee_async.cli.access.connection import run_with_client
from allawee_async.cli.errors import CommandError, UsageError, exit_code_of
from allawee_async.cli.operations.conditions import doubts, warn_of
from allawee_async.cli.operations.confirmations import ask, somebody_answers
from allawee_async.cli.operations.help_texts import PAGE_SIZE, option_of
from allawee_async.cli.operations.values import arguments_of, whole_number
from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.cli.wording import command_words, listed
from allawee_async.errors import (
    BadRequestError,
    ConfigurationError,
    NotFoundError,
    UnprocessableEntityError,
)
from allawee_async.export import FORMATS, ExportError, ExportProgress, ExportResult, export
from allawee_async.export.checkpoint import read_checkpoint
from allawee_async.export.columns import EXTRA, columns_of
from allawee_async.export.formats import format_of
from allawee_async.export.journal import Names
from allawee_async.resources.verbs import Verb

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient


_REFUSED: Final = (
    *(CommandError, ConfigurationError),
    *(BadRequestError, NotFoundError, UnprocessableEntityError),
)
"""What comes again whenever the same command is repeated."""


_OPTIONS: Final = ("format", "columns", "resume", "overwrite", "reveal", "excel")


def run_export(verb: Verb, given: Mapping[str, Any]) -> None:
    """Export a list, and say what came of it.

    Args:
        verb: The noun, and the parameters of its list.
        given: The values of all options, by Python name.

    Raises:
        CommandError: A file is in the way, or some entries could not be decoded.
        AllaweeError: The export ended; what came before is kept.
    """
    if str(given["out"]) == "-":
        _export_to_stdout(verb, given)
        return
    command = ExportCommand(verb, given)
    words = listed(verb)
    try:
        result = run_with_client(given["connection"], command)
    except (Exception, KeyboardInterrupt) as error:
        _say_how_to_go_on(command, words, error)
        if isinstance(error, ExportError) and error.can_overwrite:
            raise CommandError(f"{error.what} (--overwrite)", exit_code_of(error)) from error
        raise
    _report(result, words)


def _export_to_stdout(verb: Verb, given: Mapping[str, Any]) -> None:
    """Export a list to a file that is gone afterwards, and write that to stdout."""
    if given["resume"] or given["overwrite"]:
        raise UsageError(
            "on stdout nothing can be resumed or replaced: leave --resume and --overwrite out"
        )
    if given["format"] is None:
        raise UsageError(f"--out - needs --format, one of {', '.join(FORMATS)}")
    with TemporaryDirectory(prefix="allawee-") as folder:
        file = Path(folder, "export")
        result = run_with_client(given["connection"], ExportCommand(verb, {**given, "out": file}))
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
        given: The values of all options, by Python name.

    Raises:
        CommandError: A value cannot be one of its option, or a file is in the way.
    """

    def __init__(self, verb: Verb, given: Mapping[str, Any]) -> None:
        self._call = verb.call
        own = {parameter.name: given.get(parameter.name) for parameter in verb.parameters}
        values = arguments_of(verb.parameters, own)
        warn_of(doubts(verb, values))
        self._query = {name: value for name, value in values.items() if value is not None}
        self.times = {
            option_of(one): values[one.name]
            for one in verb.parameters
            if isinstance(values[one.name], datetime)
        }
        most = given["max_items"]
        self._most = None if most is None else whole_number("--max-items", most, 1)
        self._query.setdefault("limit", min(PAGE_SIZE, self._most or PAGE_SIZE))
        self.out: Path = given["out"]
        self._options = {name: given[name] for name in _OPTIONS}
        self._options["parallel"] = whole_number("--parallel", given["parallel"] or "1", 1)
        self._check_reveal()
        self._warn_of_one_column(verb)
        self._options["overwrite"] = self._may_overwrite()

    def _warn_of_one_column(self, verb: Verb) -> None:
        if verb.model is None or columns_of(verb.model) != (EXTRA,):
            return
        if format_of(self.out, self._options["format"]) in ("csv", "parquet"):
            told = f"no document names the fields of {listed(verb)}: each is JSON in one column"
            warn_of([f"{told}; `allawee {command_words(verb.call)} -o csv` writes columns"])

    def _check_reveal(self) -> None:
        """Let a person ask for secrets, and no script that somebody has set up once."""
        if self._options["reveal"] and not somebody_answers():
            raise UsageError(
                "--reveal is for a person at a terminal; in a program, use "
                "allawee_async.export.export(…, reveal=True)"
            )

    def _may_overwrite(self) -> bool:
        """Return whether a file may be replaced; ask if there is somebody to answer."""
        names, overwrite = Names(self.out), bool(self._options["overwrite"])
        if overwrite or self._options["resume"]:
            return overwrite
        if names.checkpoint.exists():
            raise UsageError(
                f"an unfinished export to {self.out} is there: add --resume to go on with it, or "
                "--overwrite to begin anew"
            )
        if not self.out.is_file():
            return False
        if not somebody_answers():
            raise UsageError(f"{self.out} is there already; add --overwrite to replace it")
        if not ask(f"{self.out} is there already. Replace it?"):
            raise CommandError("nothing was exported")
        return True

    async def __call__(self, client: AllaweeClient) -> ExportResult:
        """Export the list.

        Raises:
            AllaweeError: The export ended; what came before is kept.
        """
        if self._options["reveal"]:
            typer.echo("note: secrets are written as they are", err=True)
        pager = attrgetter(self._call)(client)(**self._query)
        with ExportBar() as bar:
            return await export(
                pager, self.out, max_items=self._most, on_progress=bar.show, **self._options
            )


class ExportBar(LiveBar):
    """A live bar of an export, with its rate, the time left, and what was rejected."""

    def __init__(self) -> None:
        super().__init__(words="reading")

    def show(self, told: ExportProgress) -> None:
        """Bring the bar up to date."""
        is_reading = told.stage == "reading"
        self.tell(
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
    if isinstance(error, _REFUSED):
        return
    if isinstance(error, ExportError) and not error.can_resume:
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
