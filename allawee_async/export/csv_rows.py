"""Rows as CSV (RFC 4180), which no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from allawee_async.codec.writing import write_timestamp
from allawee_async.export.columns import Kind
from allawee_async.export.errors import not_of_this_kind
from allawee_async.export.texts import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from allawee_async.export.sheets import Sheet
    from allawee_async.export.table import Table

_LINE_END: Final = "\r\n"
_EMPTY_LINE: Final = '""'
_FIRST_OF_FORMULAS: Final = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_PLAIN_NUMBER: Final = re.compile(r"[+-][0-9][0-9 .]*")
_first: Final = itemgetter(0)


class Csv(Text):
    """Rows with commas between their cells, in UTF-8, below a line of column names.

    An empty cell stands for what is absent, and for an empty text. A text that a spreadsheet would
    take for a formula gets an apostrophe in front, and so does one that begins with an apostrophe:
    a program that reads the file drops one apostrophe from the beginning of a cell.

    Args:
        table: Takes items apart into cells.
    """

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._writers = [_WRITERS[column.kind] for column in table.columns]
        self.start = f"{','.join(column.name for column in table.columns)}{_LINE_END}".encode()

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page."""
        nothing = [""] * len(sheet.documents)
        cells = self._table.cells(sheet)
        columns = [
            nothing if values is None else write(values)
            for values, write in zip(cells, self._writers, strict=True)
        ]
        if len(columns) == 1:  # a line with nothing in it would count for none
            columns = [[cell or _EMPTY_LINE for cell in columns[0]]]
        lines = map(",".join, zip(*columns, strict=True))
        self.text += _LINE_END.join([*lines, ""]).encode()

    def count(self, path: Path) -> int:
        """Return how many rows a finished file has."""
        with path.open(encoding="utf-8", errors="replace", newline="") as text:
            rows = csv.reader(text)
            if next(rows, None) != [column.name for column in self._table.columns]:
                raise not_of_this_kind(path)
            return sum(1 for _ in rows)


def _texts(texts: Sequence[str | None]) -> list[str]:
    cells = [text or "" for text in texts]
    if not _FIRST_OF_FORMULAS.isdisjoint(map(_first, filter(None, cells))):
        cells = [_no_formula(cell) for cell in cells]
    return _json_texts(cells) if _is_quoted("".join(cells)) else cells


def _no_formula(cell: str) -> str:
    is_formula = cell[:1] in _FIRST_OF_FORMULAS and not _PLAIN_NUMBER.fullmatch(cell)
    return f"'{cell}" if is_formula else cell


def _json_texts(texts: Sequence[str | None]) -> list[str]:
    return [_quoted(text or "") for text in texts]


def _quoted(cell: str) -> str:
    if not _is_quoted(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _is_quoted(text: str) -> bool:
    """Return whether a cell must be quoted; four searches beat a regular expression by far."""
    return "," in text or '"' in text or "\n" in text or "\r" in text


def _numbers(numbers: Sequence[float | None]) -> list[str]:
    return ["" if number is None else str(number) for number in numbers]


def _flags(flags: Sequence[bool | None]) -> list[str]:
    return ["" if flag is None else "true" if flag else "false" for flag in flags]


def _moments(moments: Sequence[datetime | None]) -> list[str]:
    """Return timestamps as the API writes them; UTC in milliseconds, the usual, comes quickly."""
    return [
        ""
        if moment is None
        else f"{text[:23]}Z"
        if (text := moment.isoformat())[23:] == "000+00:00"
        else write_timestamp(moment)
        for moment in moments
    ]


def _days(days: Sequence[date | None]) -> list[str]:
    return ["" if day is None else day.isoformat() for day in days]


_WRITERS: Final[dict[Kind, Callable[[Any], list[str]]]] = {
    Kind.TEXT: _texts,
    Kind.RELATION: _texts,
    Kind.JSON: _json_texts,
    Kind.WHOLE: _numbers,
    Kind.NUMBER: _numbers,
    Kind.FLAG: _flags,
    Kind.MOMENT: _moments,
    Kind.DAY: _days,
}
