"""How results are written: JSON, JSON lines, CSV or a table; lists page by page.

Reports are small: some facts for a person to read, or one JSON document for a program.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from allawee_async.cli.errors import warn
from allawee_async.cli.output.columns import all_columns, chosen_columns, value_at
from allawee_async.codec.json import dumps, dumps_indented
from allawee_async.models.base import Model
from allawee_async.models.schema import fields_of
from allawee_async.types import JSONObject, JSONValue

if TYPE_CHECKING:
    from allawee_async.cli.output.tables import TableWriter

_CODES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CONTROLS: Final = re.compile("[\x7f-\x9f]")  # JSON need not escape these; terminals obey some
_NOT_ASCII: Final = re.compile("[^\x00-\x7e]")


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"


_OPTION: Final = partial(typer.Option, "--output", "-o", metavar="FORMAT")
Output = Annotated[
    Format | None,
    _OPTION(help="table, json, jsonl or csv; json if stdout is no terminal, else table."),
]
ReportOutput = Annotated[
    ReportFormat | None, _OPTION(help="table or json; json if stdout is no terminal, else table.")
]


def somebody_reads() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


Writer: TypeAlias = "TableWriter | _Json | _JsonLines | _Csv"
"""Writes results to stdout: one object, or a list page by page and then its end."""


def writer_for(form: Format, model: type[Model] | None, names: Sequence[str] | None) -> Writer:
    """Return what writes results in a format.

    Args:
        form: The format.
        model: What the results are.
        names: The columns that were asked for; None leaves the choice to the format.
    """
    match form:
        case Format.JSON:
            return _Json(model, names)
        case Format.JSONL:
            return _JsonLines(model, names)
        case Format.CSV:
            return _Csv(model, names)
        case Format.TABLE:
            from allawee_async.cli.output.tables import TableWriter

            return TableWriter(model, names)


def print_report(
    document: Mapping[str, JSONValue], facts: Mapping[str, str], output: ReportFormat | None
) -> None:
    """Print a report on stdout.

    Args:
        document: What a program gets.
        facts: What a person gets, a line each.
        output: The format; None decides by who reads.
    """
    if is_for_a_program(output):
        print_json(document)
    else:
        print_facts(facts)


def print_facts(facts: Mapping[str, str]) -> None:
    """Print some facts on stdout, a line each."""
    from allawee_async.cli.output.cells import cell
    from allawee_async.cli.output.tables import TableWriter

    TableWriter(None, None).fields([(name, cell(name, text, None)) for name, text in facts.items()])


def is_for_a_program(output: ReportFormat | None) -> bool:
    """Return whether a report is to be JSON."""
    return not somebody_reads() if output is None else output is ReportFormat.JSON


def print_json(document: Mapping[str, JSONValue]) -> None:
    """Print a JSON document on stdout."""
    _Json(None, None).one(dict(document))


def write(text: str) -> None:
    """Write a text to stdout, now: someone may read along, or have gone away."""
    sys.stdout.write(text)
    sys.stdout.flush()


class _Checked:
    """A format that writes objects whole; that they have the fields asked for is checked once."""

    def __init__(self, model: type[Model] | None, names: Sequence[str] | None) -> None:
        self._model = model
        self._unchecked = names

    def _check(self, records: Sequence[JSONObject]) -> None:
        names, self._unchecked = self._unchecked, None
        chosen_columns(names or (), self._model, records)


class _Json(_Checked):
    """One object, or an array with an object on each line."""

    def __init__(self, model: type[Model] | None, names: Sequence[str] | None) -> None:
        super().__init__(model, names)
        self._between = "[\n"

    def one(self, record: JSONObject) -> None:
        self._check([record])
        write(f"{_json(record, indent=True)}\n")

    def page(self, records: Sequence[JSONObject]) -> None:
        self._check(records)
        if records:
            write(self._between + ",\n".join(_json(record) for record in records))
            self._between = ",\n"

    def end(self, _: str | None = None, /) -> None:
        self._check(())
        write("[]\n" if self._between == "[\n" else "\n]\n")


class _JsonLines(_Checked):
    """An object on each line."""

    def one(self, record: JSONObject) -> None:
        self.page([record])

    def page(self, records: Sequence[JSONObject]) -> None:
        self._check(records)
        write("".join(f"{_json(record)}\n" for record in records))

    def end(self, _: str | None = None, /) -> None:
        self._check(())


class _Csv:
    """A heading and a row for each object; a list of what a model describes as in an export."""

    def __init__(self, model: type[Model] | None, names: Sequence[str] | None) -> None:
        self._model = model
        self._names = names
        self._described = model if names is None and fields_of(model) else None
        self._columns: list[str] | None = None
        self._missed: set[str] = set()
        # Into a file go all letters, whatever the locale, and line ends as they are.
        stream = sys.stdout
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", newline="")

    def one(self, record: JSONObject) -> None:
        self._described = None
        self.page([record])

    def page(self, records: Sequence[JSONObject]) -> None:
        from allawee_async.export.formats import csv_cell, csv_headings, csv_lines, csv_row

        columns, model = self._columns, self._described
        is_first = columns is None
        if columns is None:
            columns = self._columns = self._chosen(records)
        elif self._names is None and model is None:
            self._missed.update({*all_columns(self._model, records)} - {*columns})
        if model is not None:
            heading = csv_headings(model, None)
            rows = [csv_row(record, model) for record in records]
        else:
            heading = csv_headings(self._model, columns)
            rows = [[csv_cell(value_at(record, name)) for name in columns] for record in records]
        text = csv_lines([heading, *rows] if is_first else rows)
        write(_CODES.sub("?", text) if sys.stdout.isatty() else text)

    def end(self, _: str | None = None, /) -> None:
        if self._columns is None:
            self.page(())
        if self._missed:
            missed = ", ".join(sorted(self._missed))
            warn(f"not in the CSV, as they came later: {missed}; --output jsonl has them")

    def _chosen(self, records: Sequence[JSONObject]) -> list[str]:
        if self._names is None:
            return all_columns(self._model, records)
        return chosen_columns(self._names, self._model, records)


def _json(value: JSONValue, *, indent: bool = False) -> str:
    """Return JSON; in ASCII where stdout could not write all of it."""
    text = (dumps_indented(value) if indent else dumps(value)).decode()
    writes_all = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    escaped = _CONTROLS if writes_all else _NOT_ASCII
    return escaped.sub(lambda found: json.dumps(found[0])[1:-1], text)
