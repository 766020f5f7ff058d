"""Rows as Parquet: they wait as Arrow streams, and are encoded once, at the end.

A Parquet file ends with the list of its row groups, so it cannot be continued. An Arrow IPC stream
is written in a fraction of the time: each portion of rows is one, and the part file is a sequence
of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, reduce
from importlib import import_module
from itertools import chain, repeat
from typing import Any, BinaryIO, Final

from allawee_async.codec.json import dumps, loads
from allawee_async.errors import ConfigurationError
from allawee_async.export.columns import EXTRA
from allawee_async.export.formats import Rows, Unwritable
from allawee_async.export.results import ExportError
from allawee_async.export.sheets import Sheet
from allawee_async.export.table import Table
from allawee_async.models.schema import Kind
from allawee_async.version import install_command

_ROW_GROUP_BYTES: Final = 8 * 1024 * 1024
_ROW_GROUP_ROWS: Final = 1_000_000
_SMALL_PAGES: Final = {"dictionary_pagesize_limit": 256 * 1024, "data_page_size": 256 * 1024}
_BATCH_ROWS: Final = 1_000
_BATCH_BYTES: Final = 1024 * 1024
_HALF: Final = 1 << 63

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
        table: Takes items apart into cells.

    Attributes:
        schema: The names and types of the columns, as Arrow has them.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """

    is_final = False

    def __init__(self, table: Table) -> None:
        self._table = table
        self.schema = _schema(table)
        self._wholes = [
            index for index, column in enumerate(table.columns) if column.kind is Kind.WHOLE_NUMBER
        ]
        self._days = [
            index for index, column in enumerate(table.columns) if column.kind is Kind.DATE
        ]
        self._cells: list[list[Any]] = [[] for _ in table.columns]
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
            Unwritable: A number has more than 64 bits, or a text that is no date has no place.
        """
        found = self._table.cells(sheet)
        for index in self._wholes:
            if not all(-_HALF <= number < _HALF for number in found[index] or () if number):
                raise Unwritable(f"{self._table.columns[index].name} has more than 64 bits")
        for index in self._days:
            if any(type(day) is str for day in found[index] or ()):
                self._move_to_extra(found, index)
        count = len(sheet.documents)
        if count:  # one entry stands for the others of its page
            self._cell_bytes += count * len(dumps(sheet.documents[0]))
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
    return arrow.schema([(column.name, types.get(column.kind, text)) for column in table.columns])


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
