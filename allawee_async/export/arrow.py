"""Lists as batches of Arrow, for engines that take them: masked and typed as in a Parquet file."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, Never

import attrs

from allawee_async.errors import DecodeError
from allawee_async.export.checkpoint import Job, PartState
from allawee_async.export.columns import chosen, columns_of
from allawee_async.export.parquet import Parquet
from allawee_async.export.reading import Intake, documents_of, model_of
from allawee_async.export.table import Table
from allawee_async.pagination.pages import Source
from allawee_async.types import Strings

_BATCH_BYTES: Final = 4 * 1024 * 1024


def arrow_job(source: Source[Any], columns: Strings | str | None) -> Job:
    """Return what is read of a list, and with what kind of key.

    Raises:
        ConfigurationError: The list has no typed rows, or there is no such column.
    """
    return Job(
        address=source.address,
        key_kind=source.key_kind,
        query=dict(source.query),
        format="arrow",
        columns=tuple(column.name for column in chosen(columns_of(model_of(source)), columns)),
        reveal=False,
    )


def arrow_rows(source: Source[Any], job: Job) -> Parquet:
    """Return what makes batches of Arrow of the entries of a list.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    model = model_of(source)
    return Parquet(Table(model, chosen(columns_of(model), job.columns), reveal=False))


async def record_batches(source: Source[Any], job: Job) -> AsyncGenerator[Any, None]:
    """Yield the entries of a list as batches of Arrow.

    Raises:
        DecodeError: An entry cannot be read, and the list has no `on_invalid`.
        AllaweeError: A page could not be had, after its retries.
    """
    source = attrs.evolve(source, on_invalid=source.on_invalid or _raise_without_data)
    rows = arrow_rows(source, job)
    intake = Intake(source, rows, job, PartState())
    async with aclosing(documents_of(source, intake.ahead)) as walk:
        async for page in walk:
            intake.take_in(page)
            intake.take()  # those that are rejected were told to `on_invalid`
            if rows.waiting >= _BATCH_BYTES:
                for batch in rows.batches():
                    yield batch
    for batch in rows.batches():
        yield batch


def _raise_without_data(error: DecodeError) -> Never:
    """Raise it without the entry: engines send errors from machine to machine, and log them."""
    error.item = error.body = None
    raise error
