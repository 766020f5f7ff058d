"""Small reports: some facts for a person to read, or one JSON document for a program."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from allawee_async.types import JSONValue


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"


ReportOutput = Annotated[
    ReportFormat | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table or json; json if stdout is no terminal, else table.",
    ),
]


def somebody_reads() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


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

    rows = [(name, cell(name, value, None)) for name, value in facts.items()]
    TableWriter(None, None).fields(rows)


def is_for_a_program(output: ReportFormat | None) -> bool:
    """Return whether a report is to be JSON."""
    return not somebody_reads() if output is None else output is ReportFormat.JSON


def print_json(document: Mapping[str, JSONValue]) -> None:
    """Print a JSON document on stdout."""
    from allawee_async.cli.output.writers import Format, writer_for

    writer_for(Format.JSON, None, None).one(dict(document))
