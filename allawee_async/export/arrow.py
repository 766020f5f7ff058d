"""Rows as Parquet, and lists as batches of Arrow: for engines that take them, typed and masked.

The rows of a Parquet file wait as Arrow streams, and are encoded once, at the end.

A Parquet file ends with the list of its row groups, so it cannot be continued. An Arrow IPC stream
is written in a fraction of the time: each portion of rows is one, and the part file is a sequence
of them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, suppress
from functools import cache, reduce
from importlib import import_module
from itertools import chain, repeat
from typing import Any, BinaryIO, Final, Never

import attrs

from allawee_async.codec.json import dumps, dumps_lines, loads
from allawee_async.errors import ConfigurationError, DecodeError
from allawee_async.export.checkpoint import ExportError, Job, PartState
from allawee_async.export.columns import EXTRA
from allawee_async.export.formats import Rows
from allawee_async.export.reading import Intake, documents_of, model_of
from allawee_async.export.sheets import Sheet, Table, Unwritable
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind
from allawee_async.pagination.pages import Source
from allawee_async.version import install_command

_ROW_GROUP_BYTES: Final = 8 * 1024 * 1024
_ROW_GROUP_ROWS: Final = 1_000_000
_SMALL_PAGES: Final = {"dictionary_pagesize_limit": 256 * 1024, "data_page_size": 256 * 1024}
_BATCH_ROWS: Final = 1_000
_BATCH_BYTES: Final = 1024 * 1024
_WHOLE: Final = {
    Kind.WHOLE_NUMBER: (64, range(-(1 << 63), 1 << 63)),
    Kind.NUMBER: (53, range(-(1 << 53), (1 << 53) + 1)),  # what a double holds exactly
}
"""How many bits of a whole number a column has, and which numbers these are."""

# pyarrow ships no types; what comes from it stays in this file.


@cache
def _arrow() -> Any:
    try:
        return import_module("pyarrow")
    except ImportError:
        raise ConfigurationError(
            f"Parquet and Arrow need pyarrow: {install_command('export')}"
        ) from None


class Parquet(Rows):
    """Rows with typed columns, of which the finished file has one for each of the table's.

    Args:
        model: What the items are.
        job: Which columns.

    Attributes:
        schema: The names and types of the columns, as Arrow has them.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """

    is_final = False

    def __init__(self, model: type[Model], job: Job) -> None:
        self._table = Table(model, job)
        self.schema = _schema(self._table)
        self._cells: list[list[Any]] = [[] for _ in self._table.columns]
        self._count = 0
        self._cell_bytes = 0
        self._batches: list[Any] = []
        self._batch_bytes = 0

    @property
    def waiting(self) -> int:
        """How many bytes, about, were added and not taken."""
        return self._batch_bytes + self._cell_bytes

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page, all or none.

        Raises:
            Unwritable: A number is too large, or a text that is no date has no place.
        """
        found = self._table.cells(sheet)
        for index, (column, values) in enumerate(zip(self._table.columns, found, strict=True)):
            kind = column.field.kind
            if kind in _WHOLE:
                bits, fitting = _WHOLE[kind]
                if not all(number in fitting for number in values or () if type(number) is int):
                    raise Unwritable(f"{column.name} has more than {bits} bits")
            elif kind is Kind.DATE and any(type(day) is str for day in values or ()):
                self._move_to_extra(found, index)
        count = len(sheet.documents)
        if count:  # one entry stands for the others of its page
            self._cell_bytes += count * len(dumps_lines(sheet.documents[:1]))
        for cells, values in zip(self._cells, found, strict=True):
            cells.extend(repeat(None, count) if values is None else values)
        self._count += count
        if self._count >= _BATCH_ROWS or self._cell_bytes >= _BATCH_BYTES:
            self._close_batch()

    def _move_to_extra(self, found: list[Sequence[Any] | None], index: int) -> None:
        """Move the texts in a column of dates, which are none, to the column `extra`."""
        column = self._table.columns[index]
        if EXTRA not in self._table.columns:
            raise Unwritable(f"{column.name} is no date, and there is no column extra to keep it")
        place = self._table.columns.index(EXTRA)
        days: Sequence[Any] = found[index] or ()
        extras: list[Any] = [*(found[place] or [None] * len(days))]
        for row, day in enumerate(days):
            if type(day) is str:
                kept: Any = loads(extras[row] or "{}")
                *steps, last = column.wire
                reduce(lambda inner, step: inner.setdefault(step, {}), steps, kept)[last] = day
                extras[row] = dumps(kept).decode()
        found[index] = [None if type(day) is str else day for day in days]
        found[place] = extras

    def _close_batch(self) -> None:
        arrow = _arrow()
        pairs = zip(self._cells, self.schema.types, strict=True)
        pool = arrow.system_memory_pool()
        arrays = [arrow.array(values, kind, memory_pool=pool) for values, kind in pairs]
        batch = arrow.RecordBatch.from_arrays(arrays, schema=self.schema)
        self._batches.append(batch)
        self._batch_bytes += batch.nbytes
        self._cells, self._count, self._cell_bytes = [[] for _ in self._cells], 0, 0

    def batches(self) -> list[Any]:
        """Return the rows that were added since the last time, as batches of Arrow."""
        if self._count:
            self._close_batch()
        batches, self._batches, self._batch_bytes = self._batches, [], 0
        return batches

    def take(self) -> bytes:
        """Return the rows that were added since the last time, as an Arrow stream."""
        batches = self.batches()
        if not batches:
            return b""
        arrow = _arrow()
        options = arrow.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        sink = arrow.BufferOutputStream()
        with arrow.ipc.new_stream(sink, self.schema, options=options) as writer:
            for batch in batches:
                writer.write_batch(batch)
        stream: bytes = sink.getvalue().to_pybytes()
        return stream

    def finish(self, parts: Iterable[BinaryIO], finished: BinaryIO) -> Iterator[int]:
        """Encode the rows of the part files; yield the number of rows that are done."""
        writer = import_module("pyarrow.parquet").ParquetWriter(
            finished, self.schema, compression="zstd", **_SMALL_PAGES
        )
        _arrow().default_memory_pool().release_unused()
        try:
            done = 0
            for batches in _groups(parts):
                table = _arrow().Table.from_batches(batches)
                writer.write_table(table, row_group_size=_ROW_GROUP_ROWS)
                done += table.num_rows
                yield done
            writer.close()
        except BaseException:
            with suppress(OSError):  # it would only say again that the disk is full
                writer.close()
            raise


def _schema(table: Table) -> Any:
    arrow = _arrow()
    types = {
        Kind.WHOLE_NUMBER: arrow.int64(),
        Kind.NUMBER: arrow.float64(),
        Kind.TRUTH: arrow.bool_(),
        Kind.TIMESTAMP: arrow.timestamp("us", tz="UTC"),
        Kind.DATE: arrow.date32(),
    }
    text = arrow.string()
    return arrow.schema(
        [(column.name, types.get(column.field.kind, text)) for column in table.columns]
    )


def _groups(parts: Iterable[BinaryIO]) -> Iterator[list[Any]]:
    """Yield the batches of files of Arrow streams, as many at a time as make a row group."""
    waiting: list[Any] = []
    size = 0
    for batch in chain.from_iterable(map(_batches, parts)):
        waiting.append(batch)
        size += batch.nbytes
        if size >= _ROW_GROUP_BYTES:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _batches(streams: BinaryIO) -> Iterator[Any]:
    arrow = _arrow()
    options = arrow.ipc.IpcReadOptions(use_threads=False)
    pool = arrow.system_memory_pool()
    end = os.fstat(streams.fileno()).st_size
    try:
        while streams.tell() < end:
            with arrow.ipc.open_stream(streams, options=options, memory_pool=pool) as reader:
                for batch in reader:
                    batch.validate(full=True)
                    yield batch
    except (arrow.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise ExportError(
            f"{streams.name} is damaged: put back a good copy of it and resume, or begin anew",
            can_overwrite=True,
        ) from None


async def record_batches(source: Source[Any], job: Job) -> AsyncGenerator[Any, None]:
    """Yield the entries of a list as batches of Arrow.

    Raises:
        DecodeError: An entry cannot be read, and the list has no `on_invalid`.
        AllaweeError: A page could not be had, after its retries.
    """
    source = attrs.evolve(source, on_invalid=source.on_invalid or _raise_without_data)
    rows = Parquet(model_of(source), job)
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
