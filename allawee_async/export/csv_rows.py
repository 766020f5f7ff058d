"""CSV (RFC 4180) that no spreadsheet takes for formulas: the one writer, also of `list -o csv`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final

from allawee_async.codec.json import dumps
from allawee_async.codec.writing import write_timestamp
from allawee_async.export.checkpoint import Job
from allawee_async.export.columns import EXTRA, Column, columns_of, group_of
from allawee_async.export.formats import Text
from allawee_async.export.sheets import Sheet, Table, unnamed
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind
from allawee_async.types import JSONObject, JSONValue

_LINE_END: Final = "\r\n"
_NEEDS_QUOTES: Final = re.compile(r'[,"\r\n]').search
_FIRST_OF_FORMULAS: Final = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_first: Final = itemgetter(0)
_PLAIN_NUMBER: Final = re.compile(r"[+-][0-9][0-9 .]*")
_DIGITS: Final = 15
"""Of a number; spreadsheets put zeros in the place of further ones."""
_MONTH: Final = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_CHANGED_BY_SPREADSHEETS: Final = re.compile(
    r"[-+.(]?[0-9][-+0-9 .,:/%()e]*"
    rf"|[0-9]{{1,4}}[-/., ]*{_MONTH}[-/., ]*[0-9]{{0,4}}|{_MONTH}[-/., ]*[0-9]{{1,4}}|true|false",
    re.IGNORECASE | re.ASCII,
)


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as lines of a CSV; each ends with CRLF, as RFC 4180 has it."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(rows)
    return lines.getvalue()


def csv_cell(value: JSONValue) -> str:
    """Return the cell of a value; what is no plain value is JSON in it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return _no_formula(value)
        case _:
            return dumps(value).decode()


def csv_headings(model: type[Model] | None, paths: Iterable[str] | None) -> list[str]:
    """Return the headings of columns that are named by their paths in the API's documents.

    A field that the model knows has the name of its column in an export. None names all columns of
    an export.
    """
    columns = () if model is None else columns_of(model)
    if paths is None:
        return [column.name for column in columns]
    names = {".".join(column.wire): column.name for column in columns}
    return [names.get(path, path) for path in paths]


def csv_row(document: JSONObject, model: type[Model]) -> list[str]:
    """Return the cells of a document in wire names, below the headings of an export of all."""
    extra = unnamed(document, group_of(model))
    cells = [_cell_at(document, column) for column in columns_of(model) if column is not EXTRA]
    return [*cells, dumps(extra).decode() if extra else ""]


def _cell_at(document: JSONObject, column: Column) -> str:
    value: JSONValue = document
    for step in column.wire:
        value = value.get(step) if isinstance(value, dict) else None
    is_text = column.is_json and value is not None
    return dumps(value).decode() if is_text else csv_cell(value)


class Csv(Text):
    """Rows with commas between their cells, in UTF-8, below a line of column names.

    An empty cell stands for what is absent, and for an empty text. A text that a spreadsheet would
    take for a formula gets an apostrophe in front, and so does one that begins with an apostrophe:
    a program that reads the file drops one apostrophe from the beginning of a cell.

    Args:
        model: What the items are.
        job: Which columns, and whether it is for people with a spreadsheet: then it begins with a
            byte order mark, and what a spreadsheet would change (leading zeros, `+`, dates, more
            than 15 digits) stands in it as a formula that gives just this text, `="0123"`.
    """

    def __init__(self, model: type[Model], job: Job) -> None:
        super().__init__()
        self._table = Table(model, job)
        writers = _WRITERS | _EXCEL_WRITERS if job.excel else _WRITERS
        self._writers = [writers[column.field.kind] for column in self._table.columns]
        heading = csv_lines([job.columns])
        self.start = heading.encode("utf-8-sig" if job.excel else "utf-8")

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page."""
        nothing = [""] * len(sheet.documents)
        columns = [
            nothing if values is None else write(values)
            for values, write in zip(self._table.cells(sheet), self._writers, strict=True)
        ]
        if len(columns) == 1:  # a line with nothing in it would count for none
            self.text += csv_lines(zip(*columns, strict=True)).encode()
        else:
            lines = map(",".join, zip(*map(_quoted, columns), strict=True))
            self.text += _LINE_END.join([*lines, ""]).encode()


def _quoted(cells: Sequence[str]) -> Sequence[str]:
    """Return the cells of a column as the csv module writes them; few columns need that."""
    if not _NEEDS_QUOTES("".join(cells)):
        return cells
    return [_in_quotes(cell) if _NEEDS_QUOTES(cell) else cell for cell in cells]


def _in_quotes(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _texts(texts: Sequence[str | None]) -> list[str]:
    cells = [text or "" for text in texts]
    if _FIRST_OF_FORMULAS.isdisjoint(map(_first, filter(None, cells))):
        return cells
    return [_no_formula(cell) for cell in cells]


def _no_formula(text: str) -> str:
    is_formula = text[:1] in _FIRST_OF_FORMULAS and not _PLAIN_NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def _json_texts(texts: Sequence[str | None]) -> list[str]:
    return [text or "" for text in texts]


def _numbers(numbers: Sequence[float | None]) -> list[str]:
    return ["" if number is None else str(number) for number in numbers]


def _flags(flags: Sequence[bool | None]) -> list[str]:
    return ["" if flag is None else "true" if flag else "false" for flag in flags]


def _moments(moments: Sequence[datetime | None]) -> list[str]:
    """Return timestamps as the API writes them; UTC in milliseconds, the usual, comes quickly."""
    texts = dumps(moments).decode()[1:-1].split(",")
    return [
        ""
        if moment is None
        else f"{text[1:24]}Z"
        if text[24:] == '000Z"'
        else write_timestamp(moment)
        for moment, text in zip(moments, texts, strict=True)
    ]


def _days(days: Sequence[date | str | None]) -> list[str]:
    return _texts([day if day is None or isinstance(day, str) else day.isoformat() for day in days])


_WRITERS: Final[dict[Kind, Callable[[Any], list[str]]]] = {
    Kind.TEXT: _texts,
    Kind.CHOICE: _texts,
    Kind.RELATION: _texts,
    Kind.JSON: _json_texts,
    Kind.MAPPING: _json_texts,
    Kind.LIST: _json_texts,
    Kind.WHOLE_NUMBER: _numbers,
    Kind.NUMBER: _numbers,
    Kind.TRUTH: _flags,
    Kind.TIMESTAMP: _moments,
    Kind.DATE: _days,
}


def _excel_texts(texts: Sequence[str | None]) -> list[str]:
    return [_as_text(text) if text else "" for text in texts]


def _as_text(text: str) -> str:
    is_changed = _CHANGED_BY_SPREADSHEETS.fullmatch(text) is not None
    return f'="{text}"' if is_changed else _no_formula(text)


def _excel_numbers(numbers: Sequence[float | None]) -> list[str]:
    return [f'="{text}"' if len(text) > _DIGITS else text for text in _numbers(numbers)]


_EXCEL_WRITERS: Final[dict[Kind, Callable[[Any], list[str]]]] = {
    Kind.TEXT: _excel_texts,
    Kind.CHOICE: _excel_texts,
    Kind.RELATION: _excel_texts,
    Kind.WHOLE_NUMBER: _excel_numbers,
}
