"""The formats of an export, what each can do, and those of text: JSON Lines and CSV.

The CSV (RFC 4180) is one that no spreadsheet takes for formulas, also that of `list -o csv`.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, get_args

from allawee_async.codec.json import dumps, dumps_lines
from allawee_async.codec.writing import write_timestamp
from allawee_async.errors import ConfigurationError
from allawee_async.export.checkpoint import Job
from allawee_async.export.columns import EXTRA, Column, columns_of, group_of
from allawee_async.export.sheets import Sheet, Table, hide_secrets, picked, unnamed
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind
from allawee_async.types import JSONObject, JSONValue

_GZIP_LEVEL: Final = 1
_COPIED_AT_ONCE: Final = 1024 * 1024
_FIRST_OF_FORMULAS: Final = frozenset("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_PLAIN_NUMBER: Final = re.compile(r"[+-][0-9][0-9 .]*")
_DIGITS: Final = 15
"""Of a number; spreadsheets put zeros in the place of further ones."""
_MONTH: Final = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_CHANGED_BY_SPREADSHEETS: Final = re.compile(
    r"[-+.(]?[0-9][-+0-9 .,:/%()e]*"
    rf"|[0-9]{{1,4}}[-/., ]*{_MONTH}[-/., ]*[0-9]{{0,4}}|{_MONTH}[-/., ]*[0-9]{{1,4}}|true|false",
    re.IGNORECASE | re.ASCII,
)

Format: TypeAlias = Literal["parquet", "jsonl", "jsonl.gz", "csv"]
"""The format of a file, which is also how its name ends."""

FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def format_of(path: Path, given: str | None) -> Format:
    """Return the format that was given, or else the one that the name of a file tells.

    Raises:
        ConfigurationError: There is no such format, or the name tells none.
    """
    for name in FORMATS:
        if given == name or (given is None and path.name.lower().endswith(f".{name}")):
            return name
    known = ", ".join(FORMATS)
    if given is not None:
        raise ConfigurationError(f"there is no format {given!r}; there are {known}")
    raise ConfigurationError(
        f"the name {path.name} does not tell the format: let it end in one of {known}, or name "
        "the format"
    )


class Rows(ABC):
    """Makes bytes of rows. What `take` returns is appended to a part file.

    Attributes:
        start: What the file begins with.
        is_final: Whether the part files, one behind the other, are the finished file.
    """

    start: bytes = b""
    is_final: bool

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How many bytes, about, were added and not taken."""

    @abstractmethod
    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page, all or none.

        Raises:
            Unwritable: A value has no form here.
        """

    @abstractmethod
    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""

    @abstractmethod
    def finish(self, parts: Iterable[BinaryIO], finished: BinaryIO) -> Iterator[int]:
        """Write the finished file from the part files.

        Yields:
            The number of rows that are in the finished file so far.

        Raises:
            OSError: It cannot be written.
        """


class Text(Rows):
    """Rows of a format whose part files, one behind the other, are the finished file."""

    is_final = True

    def __init__(self) -> None:
        self.text = bytearray()
        """The rows that were added and not taken."""

    @property
    def waiting(self) -> int:
        """How many bytes were added and not taken."""
        return len(self.text)

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        text, self.text = bytes(self.text), bytearray()
        return text

    def finish(self, parts: Iterable[BinaryIO], finished: BinaryIO) -> Iterator[int]:
        """Write the part files one behind the other."""
        for part in parts:
            shutil.copyfileobj(part, finished, _COPIED_AT_ONCE)
        yield from ()


class JsonLines(Text):
    """One object in a line, as the API sent it, but for its secrets.

    Args:
        model: What the items are.
        job: Which fields, and whether secrets are shown.
    """

    def __init__(self, model: type[Model], job: Job) -> None:
        super().__init__()
        self._model = model
        self._reveal = job.reveal
        self._names = frozenset(job.columns)
        self._is_whole = self._names.issuperset(column.name for column in columns_of(model))

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page."""
        if not self._reveal:
            hide_secrets(sheet, self._model)
        shown = sheet.documents
        if not self._is_whole:
            shown = [picked(one, group_of(self._model), self._names) for one in shown]
        self.text += dumps_lines(shown)


class GzipLines(JsonLines):
    """The same, compressed. Each portion is a gzip member of its own; a file may have many."""

    start = gzip.compress(b"", mtime=0)  # so that a file without rows is one of gzip's, too

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        text = super().take()
        return gzip.compress(text, _GZIP_LEVEL, mtime=0) if text else text


def csv_lines(rows: Iterable[Sequence[str | None]]) -> str:
    """Return rows as lines of a CSV; each ends with CRLF, as RFC 4180 has it.

    None is an empty cell.
    """
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
        nothing = (None,) * len(sheet.documents)
        columns = [
            nothing if values is None else write(values)
            for values, write in zip(self._table.cells(sheet), self._writers, strict=True)
        ]
        self.text += csv_lines(zip(*columns, strict=True)).encode()


def _texts(texts: Sequence[str | None]) -> Sequence[str | None]:
    if _FIRST_OF_FORMULAS.isdisjoint(map(itemgetter(0), filter(None, texts))):
        return texts
    return [_no_formula(text) if text else text for text in texts]


def _no_formula(text: str) -> str:
    is_formula = text[:1] in _FIRST_OF_FORMULAS and not _PLAIN_NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def _json_texts(texts: Sequence[str | None]) -> Sequence[str | None]:
    return texts


def _plain_cells(values: Sequence[JSONValue]) -> list[str]:
    return [csv_cell(value) for value in values]


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


def _days(days: Sequence[date | str | None]) -> Sequence[str | None]:
    return _texts([day if day is None or isinstance(day, str) else day.isoformat() for day in days])


_WRITERS: Final[dict[Kind, Callable[[Any], Sequence[str | None]]]] = {
    **dict.fromkeys((Kind.TEXT, Kind.CHOICE, Kind.RELATION), _texts),
    **dict.fromkeys((Kind.JSON, Kind.MAPPING, Kind.LIST), _json_texts),
    **dict.fromkeys((Kind.WHOLE_NUMBER, Kind.NUMBER, Kind.TRUTH), _plain_cells),
    Kind.TIMESTAMP: _moments,
    Kind.DATE: _days,
}


def _excel_texts(texts: Sequence[str | None]) -> list[str]:
    return [_as_text(text) if text else "" for text in texts]


def _as_text(text: str) -> str:
    is_changed = _CHANGED_BY_SPREADSHEETS.fullmatch(text) is not None
    return f'="{text}"' if is_changed else _no_formula(text)


def _excel_numbers(numbers: Sequence[float | None]) -> list[str]:
    return [f'="{text}"' if len(text) > _DIGITS else text for text in _plain_cells(numbers)]


_EXCEL_WRITERS: Final[dict[Kind, Callable[[Any], Sequence[str | None]]]] = {
    **dict.fromkeys((Kind.TEXT, Kind.CHOICE, Kind.RELATION), _excel_texts),
    Kind.WHOLE_NUMBER: _excel_numbers,
}


TEXTS: Final[Mapping[str, Callable[[type[Model], Job], Text]]] = {
    "jsonl": JsonLines,
    "jsonl.gz": GzipLines,
    "csv": Csv,
}
"""The formats of text."""
