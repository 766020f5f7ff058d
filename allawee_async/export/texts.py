"""Rows as text: JSON Lines and CSV."""

from __future__ import annotations

import csv
import gzip
import io
import re
from datetime import UTC
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import orjson

from allawee_async.encoding import write_timestamp
from allawee_async.export.columns import Kind, columns_of, group_of
from allawee_async.export.documents import Picker, hide_secrets
from allawee_async.export.errors import not_of_this_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from allawee_async.export.columns import Column
    from allawee_async.export.sheets import Sheet
    from allawee_async.export.table import Table
    from allawee_async.models.common import Model

_GZIP_LEVEL: Final = 1

_FIRST_OF_FORMULAS: Final = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_PLAIN_NUMBER: Final = re.compile(r"[+-][0-9][0-9 .]*")


class _Text:
    """Text that waits to be taken."""

    start = b""

    def __init__(self) -> None:
        self._text = bytearray()

    @property
    def waiting(self) -> int:
        """How many bytes were added and not taken."""
        return len(self._text)

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        text, self._text = bytes(self._text), bytearray()
        return text

    def finish(self, part: Path, finished: Path) -> Iterator[int]:
        """Make the finished file of the part file, which holds all of it already."""
        part.replace(finished)
        yield from ()

    def count(self, path: Path) -> int:
        """Return how many rows a finished file has."""
        with path.open("rb") as lines:
            return sum(1 for _ in lines)


class JsonLines(_Text):
    """One object in a line, as the API sent it, but for its secrets.

    Args:
        model: What the items are.
        columns: The fields to write.
        reveal: Whether secrets are shown.
    """

    def __init__(self, model: type[Model], columns: Sequence[Column], *, reveal: bool) -> None:
        super().__init__()
        self._group = group_of(model)
        self._reveal = reveal
        is_whole = set(columns) == set(columns_of(model))
        self._pick = None if is_whole else Picker(self._group, columns)

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page."""
        if not self._reveal:
            hide_secrets(sheet, self._group)
        shown = sheet.documents if self._pick is None else map(self._pick, sheet.documents)
        self._text += b"\n".join([*map(orjson.dumps, shown), b""])


class GzipLines(JsonLines):
    """The same, compressed. Each portion is a gzip member of its own; a file may have many."""

    start = gzip.compress(b"", mtime=0)  # so that a file without rows is one of gzip's, too

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        text = super().take()
        return gzip.compress(text, _GZIP_LEVEL, mtime=0) if text else text

    def count(self, path: Path) -> int:
        """Return how many rows a finished file has."""
        try:
            with gzip.open(path) as lines:
                return sum(1 for _ in lines)
        except (gzip.BadGzipFile, EOFError):
            raise not_of_this_kind(path) from None


class Csv(_Text):
    """Rows with commas between their cells (RFC 4180), in UTF-8, below a line of column names.

    An empty cell stands for what is absent, and for an empty text. A text that a spreadsheet would
    take for a formula gets an apostrophe in front, and so does one that begins with an apostrophe:
    a program that reads the file drops one apostrophe from the beginning of a cell.

    Args:
        table: Takes items apart into cells.
    """

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._writers = [_WRITERS.get(column.kind) for column in table.columns]
        self.start = _csv_text([[column.name for column in table.columns]])

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page."""
        columns: list[Iterable[object]] = []
        for values, write in zip(self._table.cells(sheet), self._writers, strict=True):
            if values is None:
                columns.append(repeat(None, len(sheet.documents)))
            else:
                columns.append(values if write is None else write(values))
        self._text += _csv_text(zip(*columns, strict=True))

    def count(self, path: Path) -> int:
        """Return how many rows a finished file has."""
        with path.open(encoding="utf-8", errors="replace", newline="") as text:
            rows = csv.reader(text)
            if next(rows, None) != [column.name for column in self._table.columns]:
                raise not_of_this_kind(path)
            return sum(1 for _ in rows)


def _csv_text(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _no_formulas(texts: Sequence[str | None]) -> Sequence[str | None]:
    if _FIRST_OF_FORMULAS.isdisjoint({text[:1] for text in texts if text}):
        return texts
    return [text and _no_formula(text) for text in texts]


def _no_formula(text: str) -> str:
    if text[0] not in _FIRST_OF_FORMULAS or _PLAIN_NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def _flags(flags: Sequence[bool | None]) -> list[str | None]:
    return [None if flag is None else "true" if flag else "false" for flag in flags]


def _moments(moments: Sequence[datetime | None]) -> list[str | None]:
    return [None if moment is None else _moment(moment) for moment in moments]


def _moment(moment: datetime) -> str:
    if moment.tzinfo is UTC and not moment.microsecond % 1000:  # as a rule, and ten times as fast
        return moment.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"
    return write_timestamp(moment)


def _days(days: Sequence[date | None]) -> list[str | None]:
    return [None if day is None else day.isoformat() for day in days]


_WRITERS: Final[dict[Kind, Callable[[Any], Iterable[str | None]]]] = {
    Kind.TEXT: _no_formulas,
    Kind.RELATION: _no_formulas,
    Kind.FLAG: _flags,
    Kind.MOMENT: _moments,
    Kind.DAY: _days,
}
