"""What can go wrong with the file itself: each a clear error, nothing lost, nothing deleted."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import pickle
import resource
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from allawee_async.errors import AllaweeError, ConfigurationError, ServerError
from allawee_async.export import ExportError, export, exporting
from allawee_async.export.arrow import Parquet
from allawee_async.export.files import Lock, PartFile, write_whole
from tests.support.exports import (
    FORMATS,
    FakeList,
    beside,
    contents,
    customers,
    failing_at,
    ids_in,
    rewritten,
)
from tests.support.properties import LONG, more_in_the_long_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENTS = customers(45)
IDS = [document["id"] for document in DOCUMENTS]

formats = pytest.mark.parametrize("kind", FORMATS)


async def interrupted(target: Path, **options: Any) -> None:
    """Leave an unfinished export of 20 rows."""
    failing = FakeList(DOCUMENTS, before_page=failing_at(3, ServerError("down", status=500)))
    with pytest.raises(ServerError):
        await export(failing.pager(), target, **options)


# Files in the way.


async def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    target.write_text("mine")
    asked = FakeList(DOCUMENTS)

    with pytest.raises(
        ConfigurationError, match="is there already: name another file, or overwrite it"
    ):
        await export(asked.pager(), target)

    assert asked.asked == []
    assert contents(tmp_path) == {"customers.csv": b"mine"}


@formats
async def test_it_is_replaced_if_that_is_wanted_and_not_before_the_end(
    tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    target.write_text("mine")

    await interrupted(target, overwrite=True)
    assert target.read_text() == "mine"
    await export(FakeList(DOCUMENTS).pager(), target, resume=True)

    assert ids_in(target) == IDS
    assert beside(target) == set()


async def test_an_unfinished_export_is_not_thrown_away(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    await interrupted(target)
    before = contents(tmp_path)

    with pytest.raises(
        ConfigurationError,
        match=r"unfinished export.*resume it \(resume=True\), or begin anew \(overwrite=True\)",
    ):
        await export(FakeList(DOCUMENTS).pager(), target)
    assert contents(tmp_path) == before


async def test_an_unfinished_export_can_be_begun_anew(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    await interrupted(target)
    target.with_name(f"{target.name}.finished").write_text("half of another")
    anew = FakeList(DOCUMENTS[:15])

    result = await export(anew.pager(filter="status|eq|active"), target, overwrite=True)

    assert "after" not in anew.asked[0]
    assert result.rows == 15
    assert ids_in(target) == IDS[:15]
    assert beside(target) == set()


async def test_a_part_file_without_a_checkpoint_may_be_somebody_elses(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    (tmp_path / "customers.csv.part").write_text("mine")

    for resume in (False, True):
        with pytest.raises(ConfigurationError, match="belongs to no checkpoint: move it away"):
            await export(FakeList(DOCUMENTS).pager(), target, resume=resume)
    assert contents(tmp_path) == {"customers.csv.part": b"mine"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
async def test_a_file_that_somebody_makes_meanwhile_is_not_replaced(
    tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    await interrupted(target)
    target.write_text("mine")

    with pytest.raises(ConfigurationError, match="made by somebody else in the meantime"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert target.read_text() == "mine"
    target.rename(tmp_path / "elsewhere")
    await export(FakeList(DOCUMENTS).pager(), target, resume=True)

    assert ids_in(target) == IDS


@pytest.mark.parametrize("kind", ["csv", "parquet"])
async def test_resuming_may_replace_it_if_that_is_wanted(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    await interrupted(target)
    target.write_text("mine")

    await export(FakeList(DOCUMENTS).pager(), target, resume=True, overwrite=True)

    assert ids_in(target) == IDS


async def test_resuming_and_overwriting_makes_a_finished_file_anew(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    target.write_text("yesterday's")

    result = await export(FakeList(DOCUMENTS).pager(), target, resume=True, overwrite=True)

    assert not result.was_finished
    assert ids_in(target) == IDS


@pytest.mark.parametrize("resume", [False, True])
async def test_a_directory_in_the_way_or_none_at_all(tmp_path: Path, resume: bool) -> None:
    (tmp_path / "customers.csv").mkdir()
    with pytest.raises(ConfigurationError, match=r"customers.csv is a directory; name the file"):
        await export(FakeList(DOCUMENTS).pager(), tmp_path / "customers.csv", resume=resume)
    with pytest.raises(ConfigurationError, match=r"there is no directory .*nowhere; make it first"):
        await export(FakeList(DOCUMENTS).pager(), tmp_path / "nowhere" / "c.csv", resume=resume)


# Checkpoints that are damaged.


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: text[: len(text) // 2], "it is not JSON"),
        (lambda _: "", "it is not JSON"),
        (lambda _: "\0" * 100, "it is not JSON"),
        (lambda _: "[]", "it is no JSON object"),
        (lambda text: text.replace('"rows": 20', '"rows": 10'), "does not fit its checksum"),
        (lambda text: text.replace('"cursor"', '"cursors"'), "does not fit its checksum"),
        (lambda text: text.replace('"sha256": "', '"sha256": "0'), "does not fit its checksum"),
        (lambda text: text.replace('"checksum"', '"check"'), "does not fit its checksum"),
        (lambda text: text.replace('"version": 2', '"version": 3'), "of version 3, and this is 2"),
        (lambda _: '{"version": 1, "rows": 20}', "of version 1, and this is 2"),
    ],
)
async def test_a_damaged_checkpoint_is_told_and_nothing_is_deleted(
    tmp_path: Path, damage: Any, told: str
) -> None:
    target = tmp_path / "customers.csv"
    await interrupted(target)
    checkpoint = tmp_path / "customers.csv.checkpoint"
    good = checkpoint.read_text()
    checkpoint.write_text(damage(good))
    before = contents(tmp_path)

    with pytest.raises(ExportError, match=told) as caught:
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert "nothing was deleted" in str(caught.value)
    assert contents(tmp_path) == before

    checkpoint.write_text(good)  # as the message says
    await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert ids_in(target) == IDS


async def test_a_checkpoint_that_lacks_something_is_told(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    await interrupted(target)
    checkpoint = tmp_path / "customers.csv.checkpoint"
    checkpoint.write_bytes(rewritten(checkpoint, parts=[{"rows": "many"}]))

    with pytest.raises(ExportError, match="it lacks what this version needs"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)


@formats
async def test_a_part_file_that_is_too_short_is_told(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    await interrupted(target)
    part = tmp_path / f"customers.{kind}.part"
    good = part.read_bytes()
    part.write_bytes(good[:-1])

    with pytest.raises(ExportError, match="shorter than the checkpoint says; nothing was deleted"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    part.write_bytes(good)
    await export(FakeList(DOCUMENTS).pager(), target, resume=True)

    assert ids_in(target) == IDS


@pytest.mark.parametrize(
    "damage",
    [
        lambda good: b"x" * len(good),
        lambda good: b"\0" * len(good),
        lambda good: good[:2000] + b"\xff" * (len(good) - 2000),
        lambda good: good[: len(good) // 2] * 2,
    ],
)
async def test_a_damaged_part_file_is_told(tmp_path: Path, damage: Any) -> None:
    target = tmp_path / "customers.parquet"
    await interrupted(target)
    part = tmp_path / "customers.parquet.part"
    good = part.read_bytes()
    part.write_bytes(damage(good).ljust(len(good), b"\0")[: len(good)])

    with pytest.raises(ExportError, match=r"customers.parquet.part is damaged"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert not target.exists()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
async def test_rows_that_are_gone_are_told(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    target.write_text("mine")
    (tmp_path / "somebody").mkdir()
    await interrupted(target, overwrite=True)
    checkpoint = tmp_path / f"customers.{kind}.checkpoint"
    (part,) = json.loads(checkpoint.read_text())["parts"]
    checkpoint.write_bytes(rewritten(checkpoint, parts=[part | {"readAll": True}]))
    (tmp_path / f"customers.{kind}.part").unlink()
    target.unlink()

    with pytest.raises(ExportError, match=rf"customers.{kind}.part is gone; nothing was deleted"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert checkpoint.exists()


# A full disk.


def full(_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@formats
@pytest.mark.parametrize("portion", [1, 3, 10_000])
async def test_a_full_disk_is_told_and_the_export_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, portion: int
) -> None:
    monkeypatch.setattr(exporting, "_PORTION_BYTES", portion)
    target = tmp_path / f"customers.{kind}"
    with pytest.MonkeyPatch.context() as patch:
        synced = iter(range(1000))
        sync = os.fsync
        patch.setattr(os, "fsync", lambda fd: sync(fd) if next(synced) < 7 else full(fd))
        with pytest.raises(ExportError, match="No space left on device") as caught:
            await export(FakeList(DOCUMENTS).pager(), target)

    assert "make room, then resume" in str(caught.value)
    assert caught.value.can_resume
    assert not target.exists()
    await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert ids_in(target) == IDS


MOMENTS = [(kind, at) for kind in ("csv", "parquet") for at in range(1, 24, 2)]


async def test_a_disk_that_is_full_while_the_file_is_made_keeps_its_parts(tmp_path: Path) -> None:
    target = tmp_path / "customers.parquet"

    def torn(_: Parquet, parts: object, finished: BinaryIO) -> Iterator[int]:
        finished.write(b"PAR1")
        yield 5
        full(parts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parquet, "finish", torn)
        with pytest.raises(ExportError, match="make room, then resume"):
            await export(FakeList(DOCUMENTS).pager(), target)
    assert beside(target) == {".part", ".rejected.jsonl.part", ".checkpoint"}
    resumed = FakeList(DOCUMENTS)
    await export(resumed.pager(), target, resume=True)

    assert (resumed.asked, ids_in(target)) == ([], IDS)


@more_in_the_long_run
@pytest.mark.usefixtures("no_thread")
@pytest.mark.parametrize(("kind", "at"), MOMENTS if LONG else MOMENTS[:12:2] + MOMENTS[13::2])
async def test_a_disk_that_is_full_for_a_moment_loses_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, at: int
) -> None:
    """What could not be written must not count as written by what is kept on the way out."""
    monkeypatch.setattr(exporting, "_PORTION_BYTES", 1)
    target = tmp_path / f"customers.{kind}"
    synced, sync = iter(range(1, 1000)), os.fsync
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: full(fd) if next(synced) == at else sync(fd))
        with pytest.raises(ExportError, match="No space left on device"):
            await export(FakeList(DOCUMENTS).pager(), target)

    await export(FakeList(DOCUMENTS).pager(), target, resume=True)

    assert ids_in(target) == IDS


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond 20 KiB, which the system itself sees to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
async def test_a_file_that_grows_too_large_is_told(
    tmp_path: Path, small_files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PORTION_BYTES", 1)
    target = tmp_path / "customers.jsonl"

    with pytest.raises(ExportError, match=r"File too large.*make room, then resume"):
        await export(FakeList(DOCUMENTS).pager(), target)
    resource.setrlimit(
        resource.RLIMIT_FSIZE,
        (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_FSIZE)[1]),
    )
    resumed = FakeList(DOCUMENTS)
    await export(resumed.pager(), target, resume=True)

    assert "after" in resumed.asked[0]
    assert ids_in(target) == IDS


async def test_what_is_kept_on_the_way_out_does_not_hide_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that came is to be written, and the disk is full, too."""
    target = tmp_path / "customers.csv"
    append = PartFile.append

    def refuse_rows(file: PartFile, data: bytes) -> None:
        full(file) if file.kept.length else append(file, data)

    monkeypatch.setattr(PartFile, "append", refuse_rows)
    failing = FakeList(DOCUMENTS, before_page=failing_at(2, ServerError("down", status=500)))

    with pytest.raises(ServerError):
        await export(failing.pager(), target)


def test_the_error_pickles() -> None:
    error = ExportError("x")
    error.can_resume = True
    copy: ExportError = pickle.loads(pickle.dumps(error))

    assert (copy.message, copy.can_resume) == ("x", True)
    assert isinstance(copy, AllaweeError)


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ExportError, match="Permission denied"):
            asyncio.run(export(FakeList(DOCUMENTS).pager(), tmp_path / "customers.csv"))
    finally:
        tmp_path.chmod(0o700)


# Two exports to one file.


async def test_a_second_export_to_the_same_file_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    arrived, rest = asyncio.Event(), asyncio.Event()

    class Slow(FakeList):
        async def _answer(self, query: Any) -> Any:
            arrived.set()
            await rest.wait()
            return await super()._answer(query)

    first = asyncio.ensure_future(export(Slow(DOCUMENTS).pager(), target))
    await arrived.wait()
    for options in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(ExportError, match=r"another export to .* is running") as caught:
            await export(FakeList(DOCUMENTS).pager(), target, **options)  # type: ignore[arg-type]
        assert not caught.value.can_resume
    rest.set()
    await first

    assert ids_in(target) == IDS
    assert beside(target) == set()


def test_a_lock_that_was_left_behind_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"")

    with Lock(tmp_path / "lock"), pytest.raises(BlockingIOError):
        Lock(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()


def test_a_lock_on_a_file_that_was_removed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening and locking, whoever held it removes the file, and another makes it anew."""
    from allawee_async.export import files

    lock, path, removed = files._lock, tmp_path / "lock", []  # type: ignore[var-annotated]

    def lock_late(descriptor: int) -> None:
        if not removed:
            removed.append(path.unlink())
        lock(descriptor)

    monkeypatch.setattr(files, "_lock", lock_late)
    with Lock(path):
        monkeypatch.undo()
        with pytest.raises(BlockingIOError):
            Lock(path)


def test_a_file_that_cannot_take_its_place_is_not_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "there"
    (target / "mine").mkdir(parents=True)

    with pytest.raises(OSError, match="there"):
        write_whole(target, [b"text"])
    assert list(tmp_path.iterdir()) == [target]
