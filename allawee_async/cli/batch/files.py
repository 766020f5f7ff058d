"""The rows of a file as they stand in it: CSV, TSV, JSON Lines or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from allawee_async.cli.errors import UsageError
from allawee_async.codec.json import NotJSON, dumps, loads
from allawee_async.version import install_command

if TYPE_CHECKING:
    from pathlib import Path

_DELIMITERS: Final = ",;\t|"


@attrs.frozen
class Row:
    """One row.

    Attributes:
        place: Where it stands, for errors: `line 12`.
        cells: Its texts by column; what is empty is left out.
    """

    place: str
    cells: dict[str, str]


def rows_in(file: Path) -> Iterator[Row]:
    """Yield the rows of a file; the ending of its name tells what it is.

    Raises:
        CommandError: It cannot be read, or is not what its name says.
    """
    readers = {
        **dict.fromkeys((".csv", ".tsv", ".txt"), _table),
        **dict.fromkeys((".jsonl", ".ndjson"), _lines),
        ".parquet": _parquet,
    }
    read = readers.get(file.suffix.lower())
    if read is None:
        raise UsageError(f"{file} must end in .csv, .tsv, .jsonl or .parquet")
    try:
        yield from read(file)
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8; save it as such") from None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from None


def _table(file: Path) -> Iterator[Row]:
    # utf-8-sig skips a byte order mark.
    with file.open(encoding="utf-8-sig", newline="") as opened:
        heading = opened.readline()
        opened.seek(0)
        delimiter = max(_DELIMITERS, key=heading.count)
        lines = csv.reader(opened, delimiter=delimiter, strict=True)
        names: list[str] | None = None
        before = 0
        try:
            for cells in lines:
                place, before = f"line {before + 1}", lines.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                if names is None:
                    names = _names(file, cells)
                elif len(cells) != len(names):
                    raise UsageError(
                        f"{file}: {place} has {len(cells)} cells, and the heading {len(names)}"
                    )
                else:
                    found = zip(names, cells, strict=True)
                    yield Row(place, {name: text.strip() for name, text in found if text.strip()})
        except csv.Error as error:
            raise UsageError(f"{file}: line {lines.line_num} is no CSV: {error}") from None


def _names(file: Path, cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if "" in names:
        raise UsageError(f"{file}: column {names.index('') + 1} has no name")
    if twice:
        raise UsageError(f"{file} has a column twice: {', '.join(twice)}")
    return names


def _lines(file: Path) -> Iterator[Row]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if not line.strip():
                continue
            value: Any
            try:
                value = loads(line)
            except NotJSON:
                value = None
            if not isinstance(value, dict):
                raise UsageError(f"{file}: line {number} is no JSON object")
            yield Row(f"line {number}", _texts(cast("dict[str, Any]", value)))


def _parquet(file: Path) -> Iterator[Row]:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError(f"Parquet needs pyarrow: {install_command('export')}") from None
    number = 0
    try:
        with parquet.ParquetFile(file) as opened:
            for batch in opened.iter_batches():
                for found in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", _texts(found))
    except arrow.ArrowException:
        raise UsageError(f"{file} is no Parquet file, or a damaged one") from None


def _texts(found: dict[str, Any]) -> dict[str, str]:
    """Return values as they would be typed; nothing is left out."""
    return {name: _text(value) for name, value in found.items() if value not in (None, "")}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return dumps(value).decode() if type(value) in (dict, list) else str(value)
