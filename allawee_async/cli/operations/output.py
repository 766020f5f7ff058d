"""What is asked of a command beside the call itself: the format, the columns, whether to ask."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.operations.values import whole_number
from allawee_async.cli.output.reports import somebody_reads
from allawee_async.cli.output.writers import Format, Writer, writer_for

if TYPE_CHECKING:
    from allawee_async.models.base import Model

Output = Annotated[
    Format | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table, json, jsonl or csv; json if stdout is no terminal, else table.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns", metavar="NAMES", help="What a table or CSV shows: id,name,claims.type."
    ),
]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show secrets instead of ***; on a terminal only.")
]
MaxItems = Annotated[
    str | None, typer.Option("--max-items", metavar="NUMBER", help="Stop after so many; else all.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="If the API queues it (202), wait until it is done.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to save it; - for stdout.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the file if there is one already.")
]


@attrs.frozen(kw_only=True)
class OutputOptions:
    """What is asked for beside the call: an option for each attribute that suits the verb."""

    output: Output = None
    columns: Columns = None
    reveal: Reveal = False
    yes: Yes = False
    wait: Wait = False
    max_items: MaxItems = None
    out: Out = None
    overwrite: Overwrite = False

    def check(self) -> None:
        """Refuse what cannot be done, before anything is sent.

        Raises:
            CommandError: Secrets would not end on a terminal, or there are no columns to choose.
        """
        if self.reveal and not somebody_reads():
            raise CommandError(
                "--reveal is for a terminal only, so that no secret ends in a file or a log",
                ExitCode.WRONG_USE,
            )
        if self.columns is not None and self.format not in (Format.TABLE, Format.CSV):
            raise CommandError(
                "--columns is for tables and CSV; --select takes fields out of JSON",
                ExitCode.WRONG_USE,
            )

    @property
    def format(self) -> Format:
        """The format that was asked for, else the one for who reads."""
        return self.output or (Format.TABLE if somebody_reads() else Format.JSON)

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
        names = [name for name in selected if not name.startswith("-")]
        if self.columns is not None:
            names = self.columns.replace(",", " ").split()
        return writer_for(self.format, model, names or None)
