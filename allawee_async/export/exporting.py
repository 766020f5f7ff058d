"""The export of a list to a file."""

from __future__ import annotations

import errno
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.export.checkpoint import Job
from allawee_async.export.columns import chosen, columns_of
from allawee_async.export.errors import ExportError
from allawee_async.export.files import Lock
from allawee_async.export.formats import format_of, rows_of
from allawee_async.export.journal import Journal, Names
from allawee_async.export.reading import Documents, Intake
from allawee_async.export.results import ExportProgress, ExportResult
from allawee_async.pagination.pager import PageWalk
from allawee_async.transport.downloads import in_thread

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from concurrent.futures import Executor

    from allawee_async.export.checkpoint import Checkpoint
    from allawee_async.export.formats import Format
    from allawee_async.export.rows import Rows
    from allawee_async.models.common import Model
    from allawee_async.pagination.pager import AsyncPager
    from allawee_async.pagination.pages import Page, Source
    from allawee_async.types import JSONValue, Strings

T = TypeVar("T")

_PORTION_BYTES: Final = 4 * 1024 * 1024
_PORTION_SECONDS: Final = 5.0


async def export(
    pager: AsyncPager[Any],
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,
    columns: Strings | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    reveal: bool = False,
    max_items: int | None = None,
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
        resume: Go on with an unfinished export to this file; begin if there is none. If the file
            is there already and nothing is unfinished, there is nothing to do.
        overwrite: Let the new file take the place of one that is there; without `resume`, begin
            anew where an export is unfinished.
        reveal: Show secrets (identity numbers, keys), which are otherwise `***`.
        max_items: The most entries to read.
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
    wanted = chosen(columns_of(model), columns)
    rows = rows_of(name, model, wanted, reveal=reveal)
    job = Job(
        address=source.address,
        key_kind=source.key_kind,
        query=dict(source.query),
        format=name,
        columns=tuple(column.name for column in wanted),
        reveal=reveal,
        max_items=max_items,
    )
    running = _Export(
        source=source,
        model=model,
        rows=rows,
        names=names,
        journal=Journal(names, job, rows),
        on_progress=on_progress,
    )
    return await running.run(resume=resume, overwrite=overwrite)


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
        rows: The format of the file.
        names: Where the files are.
        journal: The files.
        on_progress: Called after each page.
        started: When the run began.
        written: When rows were brought to the disk.
        is_torn: Whether rows are lost to this run, or half a page is added: nothing may be written
            any more.
        thread: Does all work on files. It is one thread, because Arrow keeps memory for each.
    """

    source: Source[Any]
    model: type[Model]
    rows: Rows
    names: Names
    journal: Journal
    on_progress: Callable[[ExportProgress], object] | None
    started: float = attrs.field(factory=time.monotonic)
    written: float = attrs.field(factory=time.monotonic)
    is_torn: bool = False
    thread: Executor = attrs.field(factory=partial(ThreadPoolExecutor, 1))

    async def run(self, *, resume: bool, overwrite: bool) -> ExportResult:
        """Read what is left to read, and make the finished file."""
        with self.thread, self._lock():
            begin = partial(self.journal.begin, resume=resume, overwrite=overwrite)
            try:
                checkpoint = await self._on_disk(begin)
                if checkpoint is None:
                    return await self._on_disk(self._earlier_result)
                if not checkpoint.read_all:
                    checkpoint = await self._read(checkpoint)
                await self._finish(checkpoint)
            finally:
                self.journal.close()
        return self._result(checkpoint.rows, checkpoint.rejected)

    def _lock(self) -> Lock:
        target = self.names.target
        if target.is_dir():
            raise ConfigurationError(f"{target} is a directory; name the file, too")
        if not target.parent.is_dir():
            raise ConfigurationError(f"there is no directory {target.parent}; make it first")
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

    async def _read(self, checkpoint: Checkpoint) -> Checkpoint:
        """Read the list to its end; whatever happens, what has come is kept."""
        intake = Intake(self.source, self.model, self.rows, checkpoint)
        walk = PageWalk(Documents.of(self.source, checkpoint.cursor))
        try:
            async with aclosing(walk):
                async for page in walk:
                    self._take_in(intake, page)
                    self._report_reading(intake.ahead, page.total_count, checkpoint.read)
                    if intake.is_full:
                        break
                    if self._is_due(intake):
                        await self._on_disk(partial(self._write_portion, intake))
        except BaseException:
            if not self.is_torn:
                with suppress(ExportError):
                    await self._on_disk(partial(self._write_portion, intake))
            raise
        intake.ahead = intake.ahead.changed(read_all=True)
        return await self._on_disk(partial(self._write_portion, intake))

    def _take_in(self, intake: Intake, page: Page[JSONValue]) -> None:
        self.is_torn = True  # a page that is left in the middle must not be written
        intake.take_in(page.items, page.cursor)
        self.is_torn = False

    def _is_due(self, intake: Intake) -> bool:
        waiting = self.rows.waiting + len(intake.rejected)
        age = time.monotonic() - self.written
        return waiting >= _PORTION_BYTES or age >= _PORTION_SECONDS

    def _write_portion(self, intake: Intake) -> Checkpoint:
        self.is_torn = True  # what is taken now and cannot be written is lost to this run
        written = self.journal.commit(intake.ahead, self.rows.take(), intake.take())
        self.is_torn = False
        self.written = time.monotonic()
        return written

    async def _finish(self, checkpoint: Checkpoint) -> None:
        steps = self.journal.finish(checkpoint)
        try:
            while (done := await self._on_disk(partial(next, steps, None))) is not None:
                self._report(checkpoint, rows=done, total=checkpoint.rows, stage="finishing")
        finally:
            with suppress(ValueError):  # still at work, if the task was cancelled twice
                steps.close()

    def _report_reading(self, ahead: Checkpoint, total: int | None, resumed: int) -> None:
        most = ahead.job.max_items
        if total is not None and most is not None:
            total = min(total, most)
        self._report(ahead, rows=ahead.rows, total=total, resumed=resumed)

    def _report(
        self,
        checkpoint: Checkpoint,
        *,
        rows: int,
        total: int | None,
        resumed: int = 0,
        stage: Literal["reading", "finishing"] = "reading",
    ) -> None:
        if self.on_progress is not None:
            self.on_progress(
                ExportProgress(
                    rows=rows,
                    rejected=checkpoint.rejected,
                    total=total,
                    resumed=resumed,
                    seconds=self._seconds,
                    stage=stage,
                )
            )

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.started

    def _earlier_result(self) -> ExportResult:
        """Return what came of an earlier run, which left nothing but the finished files."""
        rows = self.rows.count(self.names.target)
        rejected = 0
        if self.names.rejected.exists():
            with self.names.rejected.open("rb") as lines:
                rejected = sum(1 for _ in lines)
        return attrs.evolve(self._result(rows, rejected), was_finished=True)

    def _result(self, rows: int, rejected: int) -> ExportResult:
        return ExportResult(
            rows=rows,
            rejected=rejected,
            path=self.names.target,
            rejected_path=self.names.rejected if rejected else None,
            seconds=self._seconds,
        )
