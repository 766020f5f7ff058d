"""What a command does with `--from FILE`: check, ask once, send each row, tell what came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from allawee_async.batch import BatchReport, Outcome, run_batch
from allawee_async.cli.access.connection import run_with_client
from allawee_async.cli.batch.files import rows_in
from allawee_async.cli.batch.names import show_names
from allawee_async.cli.batch.options import BatchOptions
from allawee_async.cli.batch.rows import Reading, plan_of
from allawee_async.cli.errors import CommandError, ExitCode, UsageError, warn
from allawee_async.cli.operations.confirmations import confirm
from allawee_async.cli.output.cells import money
from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.cli.wording import command_words, counted
from allawee_async.export.files import write_whole
from allawee_async.export.formats import csv_cell, csv_lines
from allawee_async.redaction import printable
from allawee_async.resources.verbs import Verb

if TYPE_CHECKING:
    from allawee_async.cli.access.options import ConnectionOptions
    from allawee_async.client import AllaweeClient

_FAILED: Final = "failed"
_SHOWN: Final = 10
_HEADING: Final = ("reference", "state", "id", "status", "error")


def run_file(verb: Verb, file: Path, given: Mapping[str, Any]) -> None:
    """Call a verb for each row of a file.

    Args:
        verb: What to call.
        file: The file.
        given: The values of all options, by Python name.

    Raises:
        CommandError: A row cannot be sent, the answer was no, or not every row is done.
        AllaweeError: The batch could not go on.
    """
    options: BatchOptions = given["batch"]
    connection: ConnectionOptions = given["connection"]
    batch = FileBatch(verb, file, given)
    if options.check_names:
        run_with_client(connection, batch.show_names)
    if options.dry_run:
        typer.echo(f"{batch.told} can be sent; nothing was", err=True)
        return
    if not given["yes"]:
        effect = verb.effect.text if verb.effect else "is called"
        does = f"{effect}, once for each row"
        facts = {"file": str(file), "rows": batch.told}
        confirm(command_words(verb.call), does, facts, connection.key_kind)
    try:
        report = run_with_client(connection, batch)
    except BaseException:
        batch.tell_how_to_go_on()
        raise
    batch.tell(report)


class FileBatch:
    """The calls that a file asks for.

    Args:
        verb: What to call.
        file: The file.
        given: The values of all options, by Python name.

    Raises:
        CommandError: A row cannot be sent.
    """

    def __init__(self, verb: Verb, file: Path, given: Mapping[str, Any]) -> None:
        self._journal = file.with_suffix(".journal")
        self._told_in = file.with_suffix(".outcome.csv")
        self._ended: list[Outcome] = []
        self._verb = verb
        self._options: BatchOptions = given["batch"]
        options = self._options
        fixed = {one.name: given[one.name] for one in verb.parameters if given.get(one.name)}
        reading = Reading(
            columns=_mapped(options.map or ()),
            ignored=frozenset(options.ignore or ()),
            amounts=options.amounts,
            fixed=fixed,
        )
        rows = [*rows_in(file)]
        if not rows:
            raise UsageError(f"{file} has no rows")
        self._plan = plan_of(verb, rows, reading)
        column = next((one for one in options.ignore or () if "name" in one.lower()), "")
        self._names = [row.cells.get(column) for row in rows]
        for odd in self._plan.warnings[:_SHOWN]:
            warn(f"{rows[odd.number - 1].place}: {odd.text}")
        if (more := len(self._plan.warnings) - _SHOWN) > 0:
            warn(f"{counted(more, 'more row')} like these")
        self.told = ", ".join([counted(len(rows), "row"), *_sums(self._plan.total)])

    async def show_names(self, client: AllaweeClient) -> None:
        """Show whose accounts are paid."""
        await show_names(client, [row.values for row in self._plan.rows], self._names)

    async def __call__(self, client: AllaweeClient) -> BatchReport:
        """Send what was not sent before, and return what came of all."""
        counts: Counter[str] = Counter()
        started = time.monotonic()

        def tell(outcome: Outcome) -> None:
            self._ended.append(outcome)
            counts[outcome.state] += 1
            told = "".join(f"  {count:,} {state}" for state, count in counts.items())
            count, seconds = counts.total(), time.monotonic() - started
            rate = f"  {count / seconds:,.0f}/s" if seconds else ""
            bar.tell(completed=count, total=len(self._plan.rows), details=told + rate)

        with LiveBar(words="sending") as bar:
            return await run_batch(
                attrgetter(self._verb.call)(client),
                self._plan,
                journal=self._journal,
                concurrency=self._options.concurrency,
                resend_unknown=self._options.resend_unknown,
                on_outcome=tell,
            )

    def tell(self, report: BatchReport) -> None:
        """Write what came of each row beside the file, and say what came of all.

        Raises:
            CommandError: Not every row is done.
        """
        outcomes = [*report]
        self._write(outcomes)
        counts = Counter(_FAILED if one.has_failed else one.state.value for one in outcomes)
        told = ", ".join(f"{count:,} {state}" for state, count in counts.most_common())
        sums = ", ".join(_sums(report.total))
        typer.echo(f"{told}{f'; {sums}' if sums else ''}; {self._told_in} tells of each", err=True)
        if report.unknown:
            raise CommandError(
                f"of {counted(report.unknown, 'row')} it is not known whether they took effect",
                ExitCode.UNKNOWN,
                advice="the same command looks them up; --resend-unknown sends what is not there",
            )
        if report.failed or report.refused:
            nouns = command_words(self._verb.noun)
            why = f"`allawee {nouns} list --filter status:{_FAILED}` tells why"
            raise CommandError(
                f"not every row is done: {told}", advice=why if report.failed else None
            )

    def tell_how_to_go_on(self) -> None:
        """Say what is known of a batch that did not come to its end."""
        if self._ended:
            with suppress(CommandError):  # the error that ended the batch is told
                self._write(self._ended)
                count = counted(len(self._ended), "row")
                typer.echo(f"{count} ended before; {self._told_in} tells of each", err=True)
        if self._journal.exists():
            typer.echo(f"the same command goes on; {self._journal} knows what was sent", err=True)

    def _write(self, outcomes: Sequence[Outcome]) -> None:
        rows = [[csv_cell(_told(getattr(one, name))) for name in _HEADING] for one in outcomes]
        try:
            write_whole(self._told_in, [csv_lines([_HEADING, *rows]).encode()])
        except OSError as error:
            raise CommandError(
                f"the rows were sent, but {printable(str(self._told_in))} cannot be written "
                f"({error.strerror or error})",
                ExitCode.NOT_SHOWN,
                advice="the journal knows what was sent: the same command sends nothing twice",
            ) from error


def _sums(total: Mapping[str, int]) -> list[str]:
    return [money(amount, currency) for currency, amount in total.items() if amount]


def _told(value: object) -> str | None:
    return None if value is None else str(value)


def _mapped(texts: Sequence[str]) -> dict[str, str]:
    """Return the options by column, from `OPTION=COLUMN`."""
    columns: dict[str, str] = {}
    for text in texts:
        option, equals, column = text.partition("=")
        if not (option and equals and column):
            raise UsageError(f"--map takes OPTION=COLUMN, not {text}")
        columns[column] = option
    return columns
