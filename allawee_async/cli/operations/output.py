"""What is asked of a command beside the call itself: the format, the columns, whether to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.operations.values import whole_number
from allawee_async.cli.output.reports import somebody_reads
from allawee_async.cli.output.writers import Format, writer_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from allawee_async.cli.output.writers import Writer
    from allawee_async.models.base import Model


@attrs.frozen(kw_only=True)
class Wishes:
    """What was asked for.

    Attributes:
        output: The format; None decides by who reads.
        columns: The columns of a table or CSV, with commas.
        reveal: Whether secrets are shown.
        yes: Whether no question is asked.
        wait: Whether to wait for a call that the API queued.
        max_items: The most items of a list; None takes all.
        out: Where a file goes.
        overwrite: Whether it may replace another.
    """

    output: Format | None = None
    columns: str | None = None
    reveal: bool = False
    yes: bool = False
    wait: bool = False
    max_items: str | None = None
    out: Path | None = None
    overwrite: bool = False

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

    def writer(self, model: type[Model] | None, selected: Sequence[str] = ()) -> Writer:
        """Return what writes the results.

        Args:
            model: What they are.
            selected: The fields that the API was asked for.
        """
        names = [name for name in selected if not name.startswith("-")]
        if self.columns is not None:
            names = self.columns.replace(",", " ").split()
        return writer_for(self.format, model, names or None)
