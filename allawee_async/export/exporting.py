"""The export of a list to a file."""

from __future__ import annotations

import errno
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.export.checkpoint import Checkpoint, Job, PartState
from allawee_async.export.columns import chosen, columns_of
from allawee_async.export.csv_rows import Csv
from allawee_async.export.files import Lock
from allawee_async.export.journal import Journal, Names
from allawee_async.export.reading import Intake, documents_of
from allawee_async.export.results import ExportError, ExportProgress, ExportResult
from allawee_async.export.rows import GzipLines, JsonLines, format_of
from allawee_async.export.table import Table
from allawee_async.transport.downloads import check_target, in_thread

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from allawee_async.export.columns import Column
    from allawee_async.export.rows import Format, Rows
    from allawee_async.models.base import Model
    from allawee_async.pagination.pager import AsyncPager
    from allawee_async.pagination.pages import Source
    from allawee_async.types import Strings

T = TypeVar("T")

_PORTION_BYTES: Final = 4 * 1024 * 1024
_PORTION_SECONDS: Final = 2.0


async def export(
    pager: AsyncPager[Any],
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,
    columns: Strings | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    reveal: bool = False,
    excel: bool = False,
    max_items: int | None = None,
    mode: int = 0o600,
    on_progress: Callable[[ExportProgress], object] | None = None,
) -> ExportResult:
    """Export a list to a file: Parquet, JSON Lines (also compressed) or CSV.

    Memory stays the same however long the list is. A checkpoint beside the file (`….checkpoint`)
    and the rows so far (`….part`) make an export resumable after whatever ended it: an error, a
    cancelled task, a killed process, a lost machine. With `resume=True` it goes on there, and each
    entry is in the file exactly once. The finished file appears by a rename.

    Args:
        pager: The list: `allawee.customers.list(limit=100)`. Large pages need fewer requests.
        path: The file; its directory must exist.
        format: `parquet`, `jsonl`, `jsonl.gz` or `csv`; None takes it from the name of the file.
        columns: Names of columns, or of fields that stand for all below them (`claims`); None
            exports all.
        resume: Go on with an unfinished export to this file; begin if there is none. If the same
            export has finished the file already, there is nothing to do.
        overwrite: Let the new file take the place of one that is there; without `resume`, begin
            anew where an export is unfinished.
        reveal: Show secrets (identity numbers, keys), which are otherwise `***`.
        excel: Write a CSV for people with a spreadsheet: with a byte order mark, and leading zeros
            and `+` kept. A program reads the plain one more easily.
        max_items: The most entries to read.
        mode: The permissions of the finished file; by default nobody else may read it.
        on_progress: Called after each page.

    Returns:
        How many rows the file has, and how many entries could not be decoded. These are in
        `….rejected.jsonl`, each with the reason.

    Raises:
        ConfigurationError: The file or an unfinished export is in the way, the unfinished export
            is another one, there is no such column or directory, or pyarrow is not installed.
        ExportError: The disk is full, the checkpoint is damaged, or another process writes the
            same file.
        AllaweeError: A page could not be had, after its retries. What came before is kept.
    """
    names = Names(Path(path))
    source = pager.source
    model = _checked(source, max_items)
    name = format_of(names.target, format)
    if excel and name != "csv":
        raise ConfigurationError(f"excel is for a CSV, and this is a file of format {name}")
    wanted = chosen(columns_of(model), columns)
    rows = rows_of(name, model, wanted, reveal=reveal, excel=excel)
    job = Job(
        address=source.address,
        key_kind=source.key_kind,
        query=dict(source.query),
        format=name,
        columns=tuple(column.name for column in wanted),
        reveal=reveal,
        excel=excel,
        max_items=max_items,
    )
    running = _Export(
        source=source,
        model=model,
        job=job,
        rows=rows,
        names=names,
        journal=Journal(names, Checkpoint(job=job, replaces=overwrite, parts=(PartState(),)), mode),
        on_progress=on_progress,
    )
    return await running.run(resume=resume, overwrite=overwrite)


def rows_of(
    name: Format,
    model: type[Model],
    columns: Sequence[Column],
    *,
    reveal: bool,
    excel: bool = False,
) -> Rows:
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
        return Csv(table, excel=excel)
    from allawee_async.export.parquet import Parquet  # noqa: PLC0415 - pyarrow is large

    return Parquet(table)


def _checked(source: Source[Any], max_items: object) -> type[Model]:
    """Return the class of the items of a list that can be exported."""
    if source.model is None:
        raise ConfigurationError("a list with select has no typed rows; name columns instead")
    if max_items is not None and (type(max_items) is not int or max_items < 1):
        raise ConfigurationError("max_items must be a whole number, 1 or more")
    return source.model


@attrs.define(kw_only=True, eq=False)
class _Export:
    """One run of an export.

    Attributes:
        source: The list.
        model: What the items are.
        job: What is exported.
        rows: The format of the file.
        names: Where the files are.
        journal: The files.
        on_progress: Called after each page.
        started: When the run began.
        written: When rows were brought to the disk.
        resumed: How many entries came in earlier runs.
        thread: Does all work on files. It is one thread, because Arrow keeps memory for each.
    """

    source: Source[Any]
    model: type[Model]
    job: Job
    rows: Rows
    names: Names
    journal: Journal
    on_progress: Callable[[ExportProgress], object] | None
    started: float = attrs.field(factory=time.monotonic)
    written: float = attrs.field(factory=time.monotonic)
    resumed: int = 0
    thread: Executor = attrs.field(factory=partial(ThreadPoolExecutor, 1))

    async def run(self, *, resume: bool, overwrite: bool) -> ExportResult:
        """Read what is left to read, and make the finished file."""
        journal = self.journal
        with self.thread, self._lock():
            find = partial(journal.find, resume=resume, overwrite=overwrite)
            state = await self._on_disk(find)
            if state != "finished":
                try:
                    await self._on_disk(partial(journal.open, self.rows.start))
                    self.resumed = journal.checkpoint.read
                    if not journal.checkpoint.read_all:
                        await self._read()
                    await self._finish()
                except BaseException:
                    if state == "new" and not journal.checkpoint.read:
                        with suppress(ExportError):
                            await self._on_disk(journal.discard)
                    raise
                finally:
                    journal.close()
        rejected = journal.checkpoint.rejected
        return ExportResult(
            rows=journal.checkpoint.rows,
            rejected=rejected,
            path=self.names.target,
            rejected_path=self.names.rejected if rejected else None,
            seconds=self._seconds,
            was_finished=state == "finished",
        )

    def _lock(self) -> Lock:
        target = self.names.target
        check_target(target)
        try:
            return Lock(self.names.lock)
        except BlockingIOError:
            raise ExportError(
                f"another export to {target} is running: wait for it, or name another file"
            ) from None
        except OSError as error:
            raise self._told(error) from error

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """Do something with files, away from the event loop."""
        try:
            return await in_thread(work, self.thread)
        except OSError as error:
            raise self._told(error) from error

    def _told(self, error: OSError) -> ExportError:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        told = ExportError(
            f"{self.names.target} cannot be written ({error.strerror or error}); what was exported "
            f"so far is kept: {'make room' if is_full else 'mend that'}, then resume"
        )
        told.can_resume = True
        return told

    async def _read(self) -> None:
        """Read the list to its end; whatever happens, what has come is kept."""
        state = self.journal.checkpoint.parts[0]
        intake = Intake(self.source, self.model, self.rows, self.job, state)
        walk = documents_of(self.source, state)
        try:
            async with aclosing(walk):
                async for page in walk:
                    intake.take_in(page.items, page.cursor)
                    self._report_reading(intake.ahead, page.total_count)
                    if intake.is_full:
                        break
                    if self._is_due(intake):
                        await self._on_disk(partial(self._write_portion, intake))
        except BaseException:
            if not intake.is_torn:
                with suppress(ExportError):
                    await self._on_disk(partial(self._write_portion, intake))
            raise
        intake.ahead = attrs.evolve(intake.ahead, read_all=True)
        await self._on_disk(partial(self._write_portion, intake))

    def _is_due(self, intake: Intake) -> bool:
        age = time.monotonic() - self.written
        return intake.waiting >= _PORTION_BYTES or age >= _PORTION_SECONDS

    def _write_portion(self, intake: Intake) -> None:
        intake.is_torn = True  # what is taken now and cannot be written is lost to this run
        self.journal.commit(0, intake.ahead, self.rows.take(), intake.take())
        intake.is_torn = False
        self.written = time.monotonic()

    async def _finish(self) -> None:
        steps = self.journal.finish(self.rows)
        try:
            while (done := await self._on_disk(partial(next, steps, None))) is not None:
                self._report(rows=done, total=self.journal.checkpoint.rows, stage="finishing")
        finally:
            with suppress(ValueError):  # still at work, if the task was cancelled twice
                steps.close()

    def _report_reading(self, ahead: PartState, total: int | None) -> None:
        most = self.job.max_items
        if total is not None and most is not None:
            total = min(total, most)
        self._report(rows=ahead.rows, rejected=ahead.rejected, total=total)

    def _report(self, *, rows: int, total: int | None, **told: Any) -> None:
        if self.on_progress is not None:
            checkpoint = self.journal.checkpoint
            told = {"rejected": checkpoint.rejected, "resumed": self.resumed} | told
            self.on_progress(
                ExportProgress(
                    rows=rows, total=total, saved=checkpoint.read, seconds=self._seconds, **told
                )
            )

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.started
