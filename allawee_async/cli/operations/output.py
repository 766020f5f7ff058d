"""What is asked of a command beside the call: the format, the columns, where a file goes."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import attrs
import typer

from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.operations.confirmations import confirm_replacing
from allawee_async.cli.operations.values import whole_number
from allawee_async.cli.options import flag, option
from allawee_async.cli.output.writers import Format, Output, Writer, somebody_reads, writer_for
from allawee_async.models.base import Model
from allawee_async.transport.downloads import Download

MaxItems = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="Stop after so many; else all.")
]


@attrs.frozen(kw_only=True)
class OutputOptions:
    """What is asked for beside the call: an option for each attribute that suits the verb."""

    output: Output = None
    columns: str | None = option("What a table or CSV shows: id,name,claims.type.", metavar="NAMES")
    reveal: bool = flag("Show secrets instead of ***; on a terminal only.")
    yes: bool = flag("Do not ask first.", "--yes", "-y")
    wait: bool = flag("If the API queues it (202), wait until it is done.")
    max_items: MaxItems = None
    no_pager: bool = flag("Write a list to the terminal itself, not into PAGER or less.")
    out: Path | None = option("Where to save it; - for stdout.", metavar="FILE")
    overwrite: bool = flag("Replace the file if there is one already.")

    def check(self) -> None:
        """Refuse what cannot be done, before anything is sent.

        Raises:
            CommandError: Secrets would not end on a terminal, or there are no columns to choose.
        """
        if self.reveal and not somebody_reads():
            raise UsageError(
                "--reveal is for a terminal only, so that no secret ends in a file or a log"
            )
        if self.columns is not None and self.format not in (Format.TABLE, Format.CSV):
            raise UsageError("--columns is for tables and CSV; --select takes fields out of JSON")
        if self.names() == []:
            raise UsageError("--columns names no column")

    @property
    def format(self) -> Format:
        """The format that was asked for, else the one for who reads."""
        return self.output or (Format.TABLE if somebody_reads() else Format.JSON)

    def names(self, selected: Sequence[str] = ()) -> list[str] | None:
        """Return the columns that were asked for; None leaves the choice to the format.

        Args:
            selected: The fields that the API was asked for.
        """
        if self.columns is not None:
            return self.columns.replace(",", " ").split()
        return [name for name in selected if not name.startswith("-")] or None

    @property
    def most(self) -> int | None:
        """The most items of a list; None is all.

        Raises:
            CommandError: It is no such number.
        """
        return None if self.max_items is None else whole_number("--max-items", self.max_items, 1)

    def writer(self, model: "type[Model] | None", selected: Sequence[str] = ()) -> Writer:
        """Return what writes the results.

        Args:
            model: What they are.
            selected: The fields that the API was asked for.
        """
        return writer_for(self.format, model, self.names(selected))


async def save(file: "Download", out: Path | None, *, overwrite: bool) -> None:
    """Save a file, or write it to stdout if that is no terminal.

    Args:
        file: The file, of which nothing was sent for yet.
        out: Where to; `-` is stdout, and None too, if it is no terminal.
        overwrite: Whether to replace a file without asking.

    Raises:
        CommandError: There is no place for it.
        AllaweeError: It cannot be had.
    """
    if out is None and somebody_reads():
        raise UsageError("this is a file: give --out FILE")
    if out is None or str(out) == "-":
        async with file:
            async for chunk in file:
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
        return
    _check(out, overwrite=overwrite)
    try:
        await file.save_to(out)
    except OSError as error:
        raise CommandError(f"cannot save {out}: {error.strerror or error}") from error
    typer.echo(f"saved {out}", err=True)


def _check(out: Path, *, overwrite: bool) -> None:
    """Refuse a place that cannot be written to, before anything is sent."""
    if out.is_dir():
        raise UsageError(f"{out} is a directory; name the file, too")
    if not out.parent.is_dir():
        raise UsageError(f"there is no directory {out.parent}")
    if out.exists() and not overwrite:
        confirm_replacing(out, "nothing was saved")
