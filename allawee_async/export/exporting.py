"""The export of a list to a file."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.export.checkpoint import Checkpoint, ExportError, Job, PartState
from allawee_async.export.files import Lock
from allawee_async.export.formats import TEXTS, Format, Rows, format_of
from allawee_async.export.journal import Journal, Names
from allawee_async.export.reading import Intake, documents_of, job_of, model_of
from allawee_async.pagination.pages import Source
from allawee_async.pagination.parallel import Timeline, balanced
from allawee_async.transport.downloads import check_target, in_thread
from allawee_async.transport.request import together
from allawee_async.types import Strings

if TYPE_CHECKING:
    from allawee_async.pagination.pager import AsyncPager

T = TypeVar("T")

_PORTION_BYTES: Final = 4 * 1024 * 1024
_PORTION_SECONDS: Final = 2.0
_SMALLEST: Final = 1024 * 1024
_OLDEST_FIRST: Final = "createdAt"
_NEWEST_FIRST: Final = "-createdAt"
_NEVER: Final = datetime.max.replace(microsecond=0, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class ExportProgress:
    """How far an export is; `on_progress` is called with it after each page.

    Attributes:
        rows: Rows that have come, those of earlier runs included.
        rejected: Entries that could not be decoded, those of earlier runs included.
        total: How many entries there are, if the list was asked with `count_total=True`.
        resumed: How many of the entries came in earlier runs.
        seconds: How long this run has taken.
        stage: `reading`, or `finishing` while the finished file is written; then `rows` are those
            that are in it.
        saved: How many of the entries are safe on the disk: a run that is killed now goes on
            behind them.
    """

    rows: int
    rejected: int
    total: int | None
    resumed: int
    seconds: float
    stage: Literal["reading", "finishing"] = "reading"
    saved: int = 0


@attrs.frozen(kw_only=True)
class ExportResult:
    """What came of an export.

    Attributes:
        rows: Rows in the file.
        rejected: Entries that could not be decoded.
        path: The file.
        rejected_path: The file with the rejected entries; None if there are none.
        seconds: How long this run took.
        was_finished: Whether there was nothing to do: an earlier run had finished the file.
    """

    rows: int
    rejected: int
    path: Path
    rejected_path: Path | None
    seconds: float
    was_finished: bool = False


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
    parallel: int = 1,
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
        parallel: How many pages are read at a time, at most. The list is cut by time of creation
            into parts that hold about the same number of entries. The file is the same, for lists
            in the order of time; an entry without a time of creation is in no part.
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
    _check(pager.source, max_items, parallel)
    kind = format_of(names.target, format)
    if excel and kind != "csv":
        raise ConfigurationError(f"excel is for a CSV, and this is a file of format {kind}")
    job = job_of(pager.source, kind, columns, reveal=reveal, excel=excel, max_items=max_items)
    running = _Export(
        source=pager.source,
        job=job,
        journal=Journal(names, Checkpoint(job=job, replaces=overwrite, parts=()), mode),
        parallel=parallel,
        on_progress=on_progress,
    )
    return await running.run(resume=resume, overwrite=overwrite)


def rows_of(source: Source[Any], job: Job) -> Rows:
    """Return what writes rows in the format of an export.

    Raises:
        ConfigurationError: pyarrow is not installed, and the format needs it.
    """
    model = model_of(source)
    if job.format in TEXTS:
        return TEXTS[job.format](model, job)
    from allawee_async.export.arrow import Parquet  # noqa: PLC0415 - pyarrow is large

    return Parquet(model, job)


def _check(source: Source[Any], max_items: object, parallel: object) -> None:
    if max_items is not None and (type(max_items) is not int or max_items < 1):
        raise ConfigurationError("max_items must be a whole number, 1 or more")
    if type(parallel) is not int or parallel < 1:
        raise ConfigurationError("parallel must be a whole number, 1 or more")
    if parallel > 1 and max_items is not None:
        raise ConfigurationError("max_items and parallel do not go together: leave one of them out")
    sort = source.listing.query.get("sort", _NEWEST_FIRST)
    if parallel > 1 and sort not in (_NEWEST_FIRST, _OLDEST_FIRST):
        raise ConfigurationError(
            f"parallel reads parts by time of creation: sort by {_OLDEST_FIRST} or {_NEWEST_FIRST}"
        )


@attrs.define(kw_only=True, eq=False)
class _Export:
    """One run of an export.

    Attributes:
        source: The list.
        job: What is exported.
        journal: The files.
        parallel: How many parts are read at a time, at most.
        on_progress: Called after each page.
        started: When the run began.
        resumed: How many entries came in earlier runs.
        intakes: What takes in the pages of each part.
        thread: Does all work on files. It is one thread, because Arrow keeps memory for each.
    """

    source: Source[Any]
    job: Job
    journal: Journal
    parallel: int
    on_progress: Callable[[ExportProgress], object] | None
    started: float = attrs.field(factory=time.monotonic)
    resumed: int = 0
    intakes: tuple[Intake, ...] = ()
    thread: Executor = attrs.field(factory=partial(ThreadPoolExecutor, 1))

    async def run(self, *, resume: bool, overwrite: bool) -> ExportResult:
        """Read what is left to read, and make the finished file."""
        journal, rows = self.journal, rows_of(self.source, self.job)
        with self.thread, self._lock():
            find = partial(journal.find, resume=resume, overwrite=overwrite)
            state = await self._on_disk(find)
            if state != "finished":
                parts = await self._parts() if state == "new" else None
                try:
                    await self._on_disk(partial(journal.open, rows.start, parts))
                    self.resumed = journal.checkpoint.read
                    await self._read()
                    await self._finish(rows)
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
            path=journal.names.target,
            rejected_path=journal.names.rejected if rejected else None,
            seconds=self._seconds,
            was_finished=state == "finished",
        )

    async def _parts(self) -> tuple[PartState, ...]:
        """Return the parts of the list, in its order."""
        if self.parallel == 1:
            return (PartState(),)
        timeline = Timeline(self.source, _OLDEST_FIRST, None, None)
        windows = await balanced(self.parallel, timeline)
        if len(windows) < 2:
            return (PartState(),)
        windows[-1] = attrs.evolve(windows[-1], until=_NEVER)  # our clock may be slow
        if self.source.listing.query.get("sort") != _OLDEST_FIRST:
            windows.reverse()
        queries = map(timeline.query_in, windows)
        return tuple(PartState(query={"filter": query["filter"]}) for query in queries)

    def _lock(self) -> Lock:
        check_target(self.journal.names.target)
        try:
            return Lock(self.journal.names.lock)
        except OSError as error:
            raise self._told(error) from error

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """Do something with files, away from the event loop."""
        try:
            return await in_thread(work, self.thread)
        except OSError as error:
            raise self._told(error) from error

    def _told(self, error: OSError) -> ExportError:
        target = self.journal.names.target
        if isinstance(error, BlockingIOError):
            return ExportError(
                f"another export to {target} is running: wait for it, or name another file"
            )
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        is_kept = os.path.lexists(self.journal.names.checkpoint)
        told = ExportError(
            f"{target} cannot be written ({error.strerror or error})"
            f"{'; what was exported so far is kept' if is_kept else ''}: "
            f"{'make room' if is_full else 'mend that'}, "
            f"{'then resume' if is_kept else 'or name a file in another folder'}"
        )
        told.can_resume = is_kept
        return told

    async def _read(self) -> None:
        """Read the list to its end; whatever happens, what has come is kept."""
        self.intakes = tuple(
            Intake(self.source, rows_of(self.source, self.job), self.job, part)
            for part in self.journal.checkpoint.parts
        )
        turns = asyncio.Semaphore(self.parallel)
        await together(
            self._read_part(index, intake, turns)
            for index, intake in enumerate(self.intakes)
            if not intake.ahead.read_all
        )

    async def _read_part(self, index: int, intake: Intake, turns: asyncio.Semaphore) -> None:
        written = time.monotonic()
        portion = max(_PORTION_BYTES // len(self.intakes), min(_PORTION_BYTES, _SMALLEST))
        async with turns, aclosing(documents_of(self.source, intake.ahead)) as walk:
            try:
                async for page in walk:
                    intake.take_in(page)
                    self._report()
                    if intake.is_full:
                        break
                    if intake.waiting >= portion or time.monotonic() - written >= _PORTION_SECONDS:
                        await self._on_disk(partial(self._write_portion, index, intake))
                        written = time.monotonic()
            except BaseException:
                if not intake.is_torn:
                    with suppress(ExportError):
                        await self._on_disk(partial(self._write_portion, index, intake))
                raise
        intake.ahead = attrs.evolve(intake.ahead, read_all=True)
        await self._on_disk(partial(self._write_portion, index, intake))

    def _write_portion(self, index: int, intake: Intake) -> None:
        intake.is_torn = True  # what is taken now and cannot be written is lost to this run
        self.journal.commit(index, intake.ahead, intake.rows.take(), intake.take())
        intake.is_torn = False

    async def _finish(self, rows: Rows) -> None:
        steps = self.journal.finish(rows)
        try:
            while (done := await self._on_disk(partial(next, steps, None))) is not None:
                self._report(done)
        finally:
            with suppress(ValueError):  # still at work, if the task was cancelled twice
                steps.close()

    def _report(self, finished_rows: int | None = None) -> None:
        """Tell how far it is: with what has come, or with the rows of the finished file."""
        if self.on_progress is None:
            return
        safe = come = self.journal.checkpoint
        total: int | None = safe.rows
        if finished_rows is None:
            come = attrs.evolve(safe, parts=tuple(intake.ahead for intake in self.intakes))
            totals = [intake.total for intake in self.intakes]
            total = None if None in totals else sum(filter(None, totals))
            if total is not None and self.job.max_items is not None:
                total = min(total, self.job.max_items)
        self.on_progress(
            ExportProgress(
                rows=come.rows if finished_rows is None else finished_rows,
                rejected=come.rejected,
                total=total,
                resumed=self.resumed,
                seconds=self._seconds,
                stage="reading" if finished_rows is None else "finishing",
                saved=safe.read,
            )
        )

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.started
