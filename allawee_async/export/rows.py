"""What every format of an export can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from allawee_async.export.sheets import Sheet


class Unwritable(Exception):  # noqa: N818 - internal; the row goes to the rejected ones
    """A format has no form for a value. The text names the column, not the value."""


class Rows(Protocol):
    """Makes bytes of rows. What `take` returns is appended to a part file."""

    @property
    def start(self) -> bytes:
        """What the part file begins with."""
        ...

    @property
    def waiting(self) -> int:
        """How many bytes, about, were added and not taken."""
        ...

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page, all or none.

        Raises:
            Unwritable: A value has no form here.
        """
        ...

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        ...

    def finish(self, part: Path, finished: Path) -> Iterator[int]:
        """Make the finished file of the part file, which is gone afterwards.

        What it begins after a crash it does again from the beginning.

        Yields:
            The number of rows that are in the finished file so far.

        Raises:
            OSError: It cannot be written.
        """
        ...

    def count(self, path: Path) -> int:
        """Return how many rows a finished file has.

        Raises:
            ExportError: It is no such file, or has other columns.
            OSError: It cannot be read.
        """
        ...
