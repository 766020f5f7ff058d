"""Exports that end in the middle, wherever that is, and are resumed: each row exactly once."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ServerError,
)
from allawee_async.export import ExportError, ExportProgress, export, exporting
from tests.support.exports import (
    FORMATS,
    Crash,
    FakeList,
    Lifetime,
    beside,
    contents,
    customers,
    failing_at,
    ids_in,
    rejected_in,
)
from tests.support.properties import LONG, more_in_the_long_run

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async import AllaweeClient
    from allawee_async.sandbox import Sandbox

COUNT = 45
DOCUMENTS = customers(COUNT)
IDS = [document["id"] for document in DOCUMENTS]
BROKEN = 23


def with_a_broken_one() -> list[Any]:
    """Return the documents with one among them that cannot be decoded."""
    broken = {**DOCUMENTS[BROKEN], "name": 5}
    return [*DOCUMENTS[:BROKEN], broken, *DOCUMENTS[BROKEN + 1 :]]


GOOD_IDS = [document["id"] for document in with_a_broken_one() if document["name"] != 5]


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring each page to the disk as a portion of its own."""
    monkeypatch.setattr(exporting, "_PORTION_BYTES", 1)
    monkeypatch.setattr(exporting, "_PORTION_SECONDS", 0)


pytestmark = pytest.mark.usefixtures("no_thread")
formats = pytest.mark.parametrize("kind", FORMATS)


@more_in_the_long_run
@pytest.mark.no_cover  # hundreds of exports by the same lines
@formats
@pytest.mark.parametrize("completed", [True, False])
@pytest.mark.usefixtures("small_portions")
async def test_after_any_step_an_export_can_be_resumed(
    tmp_path: Path, kind: str, completed: bool
) -> None:
    """Each step of an export in turn is its last one; then the resumed export ends early, too.

    In everybody's run it is each eighth step, each time another one.
    """
    listed, ids = with_a_broken_one()[:25], GOOD_IDS[:24]
    stride = 1 if LONG else 8
    steps = 0 if LONG else 2 * FORMATS.index(kind) + completed - 7
    is_over = True
    while is_over:
        steps += stride
        target = tmp_path / f"{steps}" / f"customers.{kind}"
        target.parent.mkdir()
        pager = FakeList(listed).pager()
        for attempt in (steps, steps // 2):
            with pytest.MonkeyPatch.context() as patch:
                lifetime = Lifetime(patch, attempt, completed=completed)
                with suppress(Crash):
                    await export(pager, target, resume=True)
                is_over = lifetime.is_over if attempt == steps else is_over
        result = await export(pager, target, resume=True)

        assert ids_in(target) == ids
        assert (result.rows, result.rejected) == (24, 1)
        assert [line["entry"] for line in rejected_in(target)] == [BROKEN + 1]
        assert beside(target) == {".rejected.jsonl"}
    assert steps > 30


@formats
async def test_what_stands_behind_the_checkpoint_counts_for_nothing(
    tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    fail = failing_at(5, ServerError("down", status=500))
    with pytest.raises(ServerError):
        await export(FakeList(with_a_broken_one(), before_page=fail).pager(), target)
    for ending in ("part", "rejected.jsonl.part"):
        part = tmp_path / f"{target.name}.{ending}"
        part.write_bytes(part.read_bytes() + b"half a row" * 10_000)

    await export(FakeList(with_a_broken_one()).pager(), target, resume=True)

    assert ids_in(target) == GOOD_IDS
    assert len(rejected_in(target)) == 1


@formats
@pytest.mark.parametrize("page", [1, 2, 4])
async def test_what_came_before_an_error_is_kept(tmp_path: Path, kind: str, page: int) -> None:
    target = tmp_path / f"customers.{kind}"
    failing = FakeList(DOCUMENTS, before_page=failing_at(page, ServerError("down", status=500)))
    with pytest.raises(ServerError):
        await export(failing.pager(), target)
    assert not target.exists()
    resumed = FakeList(DOCUMENTS)

    result = await export(resumed.pager(), target, resume=True)

    assert ids_in(target) == IDS
    assert result.rows == COUNT
    assert resumed.asked[0].get("after") == (IDS[10 * (page - 1) - 1] if page > 1 else None)
    assert beside(target) == set()


async def test_an_expired_key_can_be_replaced_by_a_new_one_of_its_kind(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    expired = failing_at(3, AuthenticationError("expired", status=401))
    with pytest.raises(AuthenticationError):
        await export(FakeList(DOCUMENTS, before_page=expired).pager(), target)

    await export(FakeList(DOCUMENTS, key_kind="key from a function").pager(), target, resume=True)

    assert ids_in(target) == IDS


@formats
@pytest.mark.parametrize("gone", [1, 4, 10])
async def test_it_goes_on_where_the_last_entries_were_deleted_meanwhile(
    tmp_path: Path, kind: str, gone: int
) -> None:
    """A server refuses a cursor that names an entry that is gone."""
    target = tmp_path / f"customers.{kind}"
    failing = FakeList(DOCUMENTS, before_page=failing_at(4, ServerError("down", status=500)))
    with pytest.raises(ServerError):
        await export(failing.pager(), target)

    class Refusing(FakeList):
        async def _answer(self, query: Any) -> Any:
            left = {document["id"] for document in self.documents}
            if query.get("after", IDS[0]) not in left:
                raise BadRequestError("no such cursor", status=400)
            return await super()._answer(query)

    left = [*DOCUMENTS[: 30 - gone], *DOCUMENTS[30:]]
    await export(Refusing(left).pager(), target, resume=True)

    assert ids_in(target) == IDS


@formats
async def test_a_cancelled_task_leaves_what_came(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    arrived = asyncio.Event()
    rest = asyncio.Event()

    class Slow(FakeList):
        async def _answer(self, query: Any) -> Any:
            if query.get("after") == IDS[29]:
                arrived.set()
                await rest.wait()
            return await super()._answer(query)

    task = asyncio.ensure_future(export(Slow(DOCUMENTS).pager(), target))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (
        json.loads((tmp_path / f"{target.name}.checkpoint").read_bytes())["parts"][0]["rows"] >= 20
    )

    await export(FakeList(DOCUMENTS).pager(), target, resume=True)

    assert ids_in(target) == IDS


async def test_what_is_created_meanwhile_comes_before_and_is_not_in_the_file(
    tmp_path: Path,
) -> None:
    target = tmp_path / "customers.jsonl"
    growing = FakeList(list(DOCUMENTS))
    growing.before_page = lambda: growing.documents.insert(0, customers(50, seed=2)[-1])
    growing.documents = list(DOCUMENTS)

    await export(growing.pager(), target)

    assert ids_in(target)[-COUNT:] == IDS


async def test_resuming_without_an_unfinished_export_begins(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"

    result = await export(FakeList(DOCUMENTS).pager(), target, resume=True)

    assert result.rows == COUNT
    assert not result.was_finished


@formats
async def test_resuming_a_finished_export_has_nothing_to_do(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    made = await export(FakeList(with_a_broken_one()).pager(), target)
    before = target.read_bytes()
    untouched = FakeList(DOCUMENTS)

    result = await export(untouched.pager(), target, resume=True)

    assert result.was_finished
    assert (result.rows, result.rejected) == (made.rows, made.rejected) == (COUNT - 1, 1)
    assert result.rejected_path == made.rejected_path
    assert untouched.asked == []
    assert target.read_bytes() == before


@formats
async def test_a_foreign_file_is_no_finished_export(tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"customers.{kind}"
    target.write_text("something,else\r\n1,2\r\n")

    with pytest.raises(
        ExportError, match=r"may be no finished export: \..* is not beside it; name another"
    ):
        await export(FakeList(DOCUMENTS).pager(), target, resume=True)
    assert target.read_text() == "something,else\n1,2\n"


async def test_progress_counts_the_rows_of_earlier_runs(tmp_path: Path) -> None:
    target = tmp_path / "customers.parquet"
    failing = FakeList(
        with_a_broken_one(), before_page=failing_at(4, ServerError("down", status=500))
    )
    with pytest.raises(ServerError):
        await export(failing.pager(), target)
    told: list[ExportProgress] = []

    await export(
        FakeList(with_a_broken_one()).pager(countTotal="true"),
        target,
        resume=True,
        on_progress=told.append,
    )

    reading = [progress for progress in told if progress.stage == "reading"]
    assert [(p.rows, p.rejected, p.total, p.resumed) for p in reading] == [
        (39, 1, COUNT, 30),
        (44, 1, COUNT, 30),
    ]
    finishing = [progress for progress in told if progress.stage == "finishing"]
    assert [(p.rows, p.total) for p in finishing] == [(44, 44)]


async def test_progress_expects_no_more_than_max_items(tmp_path: Path) -> None:
    told: list[ExportProgress] = []

    await export(
        FakeList(DOCUMENTS).pager(countTotal="true"),
        tmp_path / "customers.csv",
        max_items=15,
        on_progress=told.append,
    )

    assert [(progress.rows, progress.total) for progress in told] == [(10, 15), (15, 15)]


async def test_a_list_that_is_read_backwards_can_be_resumed(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path
) -> None:
    target = tmp_path / "customers.csv"
    oldest = [customer.id async for customer in allawee.customers.list(limit=100)][-1]
    expected = [item.id async for item in allawee.customers.list(before=oldest, limit=10)]
    pages = iter(range(100))

    def refuse(_: ExportProgress) -> None:
        if next(pages) == 2:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError):
        await export(allawee.customers.list(before=oldest, limit=10), target, on_progress=refuse)
    await export(allawee.customers.list(before=oldest, limit=10), target, resume=True)

    assert ids_in(target) == expected
    assert len(expected) == 49


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"address": "https://api.example/cards"}, "the list is https://api.example/cards, it was"),
        ({"address": "https://other.example/customers"}, "the list is https://other.example"),
        ({"key_kind": "live key"}, "the key is a live key, it was a test key"),
        ({"filter": "status|eq|active"}, r"filter is status\|eq\|active, it was not given"),
        ({"sort": "name"}, "sort is name, it was not given"),
        ({"format": "jsonl"}, "format is jsonl, it was csv"),
        ({"columns": ["id"]}, "the columns are others"),
        ({"reveal": True}, "reveal is True, it was False"),
        ({"max_items": 3}, "max_items is 3, it was not given"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_another_export_is_not_resumed(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    target = tmp_path / "customers.csv"
    failing = FakeList(DOCUMENTS, before_page=failing_at(3, ServerError("down", status=500)))
    with pytest.raises(ServerError):
        await export(failing.pager(), target)
    before = contents(tmp_path)
    of_list = {name: change[name] for name in ("address", "key_kind") if name in change}
    of_query = {name: change[name] for name in ("filter", "sort") if name in change}
    of_export: Any = {
        name: value
        for name, value in change.items()
        if name not in {**of_list, **of_query}  # type: ignore[misc]
    }

    with pytest.raises(ConfigurationError, match=told):
        await export(
            FakeList(DOCUMENTS, **of_list).pager(**of_query), target, resume=True, **of_export
        )
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("http://127.0.0.1:1234/customers", "http://127.0.0.1:4321/customers"),
        ("http://localhost:1234/customers", "http://[::1]:1234/customers"),
    ],
)
async def test_a_local_server_may_have_another_port(tmp_path: Path, before: str, now: str) -> None:
    target = tmp_path / "customers.csv"
    fail = failing_at(2, ServerError("down", status=500))
    with pytest.raises(ServerError):
        await export(FakeList(DOCUMENTS, before, before_page=fail).pager(), target)

    await export(FakeList(DOCUMENTS, now).pager(limit="7", countTotal="true"), target, resume=True)

    assert ids_in(target) == IDS


@pytest.mark.parametrize("most", [1, 10, 15, 20, 45, 100])
@pytest.mark.parametrize("page", [1, 2, 3])
async def test_max_items_holds_over_several_runs(tmp_path: Path, most: int, page: int) -> None:
    target = tmp_path / "customers.jsonl"
    failing = FakeList(DOCUMENTS, before_page=failing_at(page, ServerError("down", status=500)))
    try:
        await export(failing.pager(), target, max_items=most)
    except ServerError:
        await export(FakeList(DOCUMENTS).pager(), target, max_items=most, resume=True)

    assert ids_in(target) == IDS[:most]


async def test_an_error_of_on_progress_ends_the_export_and_nothing_is_lost(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"

    def refuse(progress: ExportProgress) -> None:
        if progress.rows == 20:
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        await export(FakeList(DOCUMENTS).pager(), target, on_progress=refuse, max_items=20)
    result = await export(FakeList(DOCUMENTS).pager(), target, resume=True, max_items=20)

    assert result.rows == 20
    assert ids_in(target) == IDS[:20]
