"""Which format a file has, and what writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from allawee_async.errors import ConfigurationError
from allawee_async.export.csv_rows import Csv
from allawee_async.export.table import Table
from allawee_async.export.texts import GzipLines, JsonLines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from allawee_async.export.columns import Column
    from allawee_async.export.rows import Rows
    from allawee_async.models.common import Model

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


def rows_of(name: Format, model: type[Model], columns: Sequence[Column], *, reveal: bool) -> Rows:
    """Return what writes rows in a format.

    Raises:
        ConfigurationError: pyarrow is not installed, and the format needs it.
    """
    if name == "jsonl":
        return JsonLines(model, columns, reveal=reveal)
    if name == "jsonl.gz":
        return GzipLines(model, columns, reveal=reveal)
    table = Table(model, columns, reveal=reveal)
    if name == "csv":
        return Csv(table)
    from allawee_async.export.parquet import Parquet  # noqa: PLC0415 - pyarrow is large

    return Parquet(table)
