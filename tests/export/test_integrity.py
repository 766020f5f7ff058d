"""What is kept of an export is trusted only if it is what was written, and only its own."""
# ruff: noqa: ASYNC240 - the files are small, and nobody else is in the loop

from __future__ import annotations

import json
import os
import random
import shutil
import stat
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from allawee_async.errors import AllaweeError, BadRequestError, ConfigurationError, ServerError
from allawee_async.export import ExportConflictError, ExportError, export, exporting
from tests.support.exports import (
    FORMATS,
    FakeList,
    beside,
    contents,
    customers,
    failing_at,
    ids_in,
    record,
    rejected_in,
    rewritten,
)
from tests.support.properties import LONG, few_of, more_in_the_long_run

DOCUMENTS = customers(45)
DOCUMENTS[13]["name"] = 5
DOCUMENTS[31] = {"id": "cus.broken"}
GOOD = [document["id"] for document in DOCUMENTS if isinstance(document.get("name"), str)]
DOWN = ServerError("down", status=500)
REFUSED = BadRequestError("no such filter", status=400)

pytestmark = pytest.mark.usefixtures("no_thread")
formats = pytest.mark.parametrize("kind", FORMATS)

CHANGES = 10 if LONG else 2
LINKS = [(kind, link) for kind in FORMATS for link in ("symbolic", "dangling", "hard")]


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_PORTION_BYTES", 1)


async def interrupted(target: Path, page: int = 5) -> None:
    """Leave an unfinished export of what comes before a page."""
    failing = FakeList(DOCUMENTS, before_page=failing_at(page, DOWN))
    with pytest.raises(ServerError):
        await export(failing.pager(), target)


# Bytes that were changed.


def mutate(path: Path, chance: random.Random) -> None:
    """Change some bytes of a file: flip, cut, add, double, swap or blank."""
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    match chance.randrange(6):
        case 0:
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            del data[at : at + chance.randrange(1, 100)]
        case 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 100))
        case 3:
            data[at:at] = data[at : at + 50]
        case 4:
            other = chance.randrange(len(data))
            data[at], data[other] = data[other], data[at]
        case _:
            data[at : at + 40] = bytes(len(data[at : at + 40]))
    path.write_bytes(data)


@more_in_the_long_run
@pytest.mark.parametrize("stage", ["reading", "read", "made", "placed"])
@formats
async def test_no_change_of_what_is_kept_is_taken_for_the_truth(
    tmp_path: Path, kind: str, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time some bytes of one file are changed: the right file comes of it, or an error."""
    source = tmp_path / "source"
    source.mkdir()
    await _leave_at(stage, source / f"customers.{kind}", monkeypatch)
    kept = [path.name for path in source.iterdir() if path.stat().st_size]
    assert len(kept) >= 2
    chance = random.Random(f"{kind} {stage}")
    refused = 0
    for turn in range(CHANGES):
        folder = tmp_path / str(turn)
        shutil.copytree(source, folder)
        target = folder / f"customers.{kind}"
        mutate(folder / kept[turn % len(kept)], chance)
        names = contents(folder).keys()
        told = ""
        try:
            await export(FakeList(DOCUMENTS).pager(), target, resume=True)
        except AllaweeError as error:
            told = str(error)
        if told:
            refused += 1
            assert "(overwrite=True)" in told
            assert contents(folder).keys() >= names
        else:
            assert ids_in(target) == GOOD
            assert [line["entry"] for line in rejected_in(target)] == [14, 32]
    assert refused >= CHANGES // 2


async def _leave_at(stage: str, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave an export at a stage, as if the process had ended there."""
    if stage == "reading":
        await interrupted(target)
        return
    from allawee_async.export import journal

    place: Any = {"read": "_make", "made": "_place_rejected", "placed": "_remove_parts"}[stage]
    if stage == "read" and not target.name.endswith("parquet"):
        place = "_made_file"
    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, place, _ends if stage != "placed" else _ends_when_made)
        with pytest.raises(KeyboardInterrupt):
            await export(FakeList(DOCUMENTS).pager(), target)


def _ends(*_: object) -> None:
    raise KeyboardInterrupt


def _ends_when_made(journal: Any, *_: object) -> None:
    if journal.checkpoint.finished is not None:
        raise KeyboardInterrupt


@formats
@pytest.mark.parametrize("ending", ["part", "rejected.jsonl.part", "checkpoint"])
async def test_a_file_that_is_gone_is_told(tmp_path: Path, kind: str, ending: str) -> None:
    target = tmp_path / f"customers.{kind}"
    await interrupted(target)
    gone = tmp_path / f"{target.name}.{ending}"
    gone.unlink()

    with pytest.raises(AllaweeError, match=r"part( is gone|.* belongs to no checkpoint)"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert not target.exists()


async def test_the_parts_of_two_exports_do_not_mix(tmp_path: Path) -> None:
    """Each part file is good by itself."""
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    await interrupted(one)
    await interrupted(other, page=4)
    (tmp_path / "one.jsonl.part").write_bytes((tmp_path / "other.jsonl.part").read_bytes())

    with pytest.raises(ExportError, match=r"one.jsonl.part is shorter"):
        await export(FakeList(DOCUMENTS).pager(), one, resume=True)


async def test_a_checkpoint_of_an_older_version_is_refused_with_a_word(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    await interrupted(target)
    checkpoint = tmp_path / "customers.csv.checkpoint"
    checkpoint.write_bytes(rewritten(checkpoint, version=1))

    with pytest.raises(ExportError, match=r"of version 1, and this is 2\); nothing was deleted"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)


async def test_the_names_in_a_checkpoint_stay(tmp_path: Path) -> None:
    """Who renames one of these makes another version, or orphans what users have on their disks."""
    target = tmp_path / "customers.csv"
    await interrupted(target)
    document = json.loads((tmp_path / "customers.csv.checkpoint").read_bytes())

    assert list(document) == ["version", "job", "replaces", "parts", "finished", "checksum"]
    assert list(document["job"]) == [
        *("address", "keyKind", "query", "format", "columns", "reveal", "excel", "maxItems")
    ]
    (part,) = document["parts"]
    assert list(part) == [
        *("cursor", "known", "skip", "cameFrom", "query", "rows", "rejected"),
        *("part", "rejectedPart", "readAll"),
    ]
    assert list(part["part"]) == ["bytes", "sha256"]


# Finished files.


DIFFERENCES: list[tuple[dict[str, Any], str]] = [
    ({"filter": "status|eq|active"}, r"filter is status\|eq\|active, it was not given"),
    ({"columns": "id"}, "the columns are others"),
    ({"max_items": 3}, "max_items is 3"),
    ({"reveal": True}, "reveal is True"),
    ({"model": "other"}, "the list is https://api.example/cards"),
]


@more_in_the_long_run
@pytest.mark.parametrize(
    ("kind", "change", "told"),
    few_of([(kind, *difference) for kind in FORMATS for difference in DIFFERENCES], 3),
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_file_that_another_export_finished_is_not_taken_for_this_one(
    tmp_path: Path, kind: str, change: dict[str, Any], told: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    await export(FakeList(DOCUMENTS).pager(), target)
    before = contents(tmp_path)
    query = {name: value for name, value in change.items() if name == "filter"}
    options = {name: value for name, value in change.items() if name not in ("filter", "model")}
    address = "https://api.example/" + ("cards" if "model" in change else "customers")

    with pytest.raises(ExportConflictError, match=told) as caught:
        await export(FakeList(DOCUMENTS, address).pager(**query), target, resume=True, **options)
    assert str(caught.value).endswith("(overwrite=True)")
    assert contents(tmp_path) == before


@formats
async def test_a_finished_file_that_was_changed_is_not_finished(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    await export(FakeList(DOCUMENTS).pager(), target)
    good = target.read_bytes()
    for changed in (good[:-1], good[: len(good) // 2], good + b"\n", b"x" + good[1:], b""):
        target.write_bytes(changed)

        with pytest.raises(ExportError, match="was changed since it was exported"):
            await export(FakeList(DOCUMENTS).pager(), target, resume=True)
        assert target.read_bytes() == changed

    result = await export(FakeList(DOCUMENTS).pager(), target, resume=True, overwrite=True)
    assert (result.was_finished, ids_in(target)) == (False, GOOD)


@formats
async def test_a_file_that_is_replaced_has_the_record_of_the_new_one(
    tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    await export(FakeList(DOCUMENTS).pager(), target)
    few = FakeList(DOCUMENTS[:10])

    await export(few.pager(filter="a"), target, overwrite=True)
    again = await export(few.pager(filter="a"), target, resume=True)

    assert (again.was_finished, again.rows) == (True, 10)
    assert beside(target) == set()


async def test_resuming_what_is_finished_may_be_done_with_another_page_size(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    await export(FakeList(DOCUMENTS).pager(), target)

    result = await export(FakeList([]).pager(limit="7", countTotal="true"), target, resume=True)

    assert (result.was_finished, result.rows, result.rejected) == (True, 43, 2)


# Who may read and write what.


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@formats
async def test_nobody_else_may_read_what_is_exported(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    old = os.umask(0o022)
    try:
        await interrupted(target)
        unfinished = {path.name: mode(path) for path in tmp_path.iterdir()}
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    finally:
        os.umask(old)

    assert len(unfinished) == 3
    assert set(unfinished.values()) == {0o600}
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}


@formats
async def test_others_may_read_the_file_if_that_is_wanted(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"

    await export(FakeList(DOCUMENTS).pager(), target, mode=0o644)

    assert mode(target) == 0o644
    assert mode(record(target)) == 0o600


ENDINGS = ["part", "checkpoint", "checkpoint.new", "rejected.jsonl.part", "rejected.jsonl.new"]
ENDINGS += ["finished", "lock", "rejected.jsonl"]


@more_in_the_long_run
@pytest.mark.parametrize(("kind", "kind_of_link"), LINKS if LONG else LINKS[::2])
async def test_links_beside_the_file_are_not_followed(
    tmp_path: Path, kind: str, kind_of_link: str
) -> None:
    theirs = tmp_path / "theirs"
    for ending in ENDINGS:
        folder = tmp_path / f"{ending}-{kind_of_link}"
        folder.mkdir()
        target = folder / f"customers.{kind}"
        theirs.write_text("theirs")
        planted = folder / f"{target.name}.{ending}"
        if kind_of_link == "hard":
            planted.hardlink_to(theirs)
        else:
            planted.symlink_to(theirs if kind_of_link == "symbolic" else tmp_path / "nothing")
        try:
            await export(FakeList(DOCUMENTS).pager(), target)
        except AllaweeError:
            assert not target.exists()
        else:
            assert ids_in(target) == GOOD
        assert theirs.read_text() == "theirs"
        assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("ending", ["part", "rejected.jsonl.part", "checkpoint"])
async def test_a_resumed_export_follows_no_link_either(tmp_path: Path, ending: str) -> None:
    target = tmp_path / "customers.csv"
    await interrupted(target)
    kept = tmp_path / f"customers.csv.{ending}"
    kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()

    with pytest.raises(ExportError, match="is a link, or no plain file"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert (tmp_path / "elsewhere").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
@pytest.mark.parametrize("name", ["customers.csv.part", "customers.csv.checkpoint"])
async def test_a_resumed_export_waits_for_no_pipe(tmp_path: Path, name: str) -> None:
    target = tmp_path / "customers.csv"
    await interrupted(target)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)

    with pytest.raises(ExportError, match="no plain file"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)


@pytest.mark.parametrize("kind_of_link", ["symbolic", "hard"])
async def test_a_record_that_is_a_link_is_not_believed(tmp_path: Path, kind_of_link: str) -> None:
    target = tmp_path / "customers.csv"
    await export(FakeList(DOCUMENTS).pager(), target)
    kept = record(target).rename(tmp_path / "elsewhere")
    if kind_of_link == "hard":
        record(target).hardlink_to(kept)
    else:
        record(target).symlink_to(kept)
    before = kept.read_bytes()

    with pytest.raises(ExportError, match="is a link, or no plain file"):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    await export(FakeList(DOCUMENTS[:10]).pager(), target, overwrite=True)

    assert kept.read_bytes() == before
    assert not record(target).is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"resume": True}])
@pytest.mark.parametrize("kind", ["link", "dangling link", "device", "pipe"])
async def test_nothing_but_a_file_is_replaced(
    tmp_path: Path, kind: str, options: dict[str, Any]
) -> None:
    target = tmp_path / "customers.csv"
    (tmp_path / "mine").write_text("mine")
    match kind:
        case "link":
            target.symlink_to(tmp_path / "mine")
        case "dangling link":
            target.symlink_to(tmp_path / "nothing")
        case "device":
            target = Path("/dev/null")
        case _:
            os.mkfifo(target)
    before = target.lstat()

    with pytest.raises(ConfigurationError, match=r"is a (link|device)"):
        await export(FakeList(DOCUMENTS).pager(), target, format="csv", **options)
    assert os.path.samestat(before, target.lstat())
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("name", ["a\0b.csv", "x" * 300 + ".csv", "x" * 250 + ".csv"])
async def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(AllaweeError, match="cannot be"):
        await export(FakeList(DOCUMENTS).pager(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


# Exports that never began.


@more_in_the_long_run
@pytest.mark.parametrize(
    ("kind", "error", "overwrite"), few_of([*product(FORMATS, (DOWN, REFUSED), (False, True))], 5)
)
async def test_what_has_read_nothing_leaves_nothing(
    tmp_path: Path, kind: str, error: Exception, overwrite: bool
) -> None:
    target = tmp_path / f"customers.{kind}"
    refusing = FakeList(DOCUMENTS, before_page=failing_at(1, error))

    with pytest.raises(type(error)):
        await export(refusing.pager(filter="nonsense"), target, overwrite=overwrite)
    assert list(tmp_path.iterdir()) == []

    await export(FakeList(DOCUMENTS).pager(), target)
    assert ids_in(target) == GOOD


async def test_what_was_there_stays_if_nothing_was_read(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    await export(FakeList(DOCUMENTS).pager(), target)
    before = contents(tmp_path)

    failing = FakeList(DOCUMENTS, before_page=failing_at(1, DOWN))
    with pytest.raises(ServerError):
        await export(failing.pager(), target, overwrite=True)
    assert contents(tmp_path) == before
