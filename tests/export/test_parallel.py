"""Exports that read many parts of a list at a time: the same file, and the same guarantees."""
# ruff: noqa: ASYNC240 - the files are small, and nobody else is in the loop

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.export import ExportError, ExportProgress, export, exporting
from allawee_async.sandbox import Sandbox
from tests.support.exports import FORMATS, beside, ids_in, read_rows, rejected_in
from tests.support.properties import LONG, more_in_the_long_run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from allawee_async import AllaweeClient

QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"sort": "createdAt"},
    {"sort": "-createdAt"},
    {"filter": "type|eq|individual"},
)
CUSTOMERS = 300 if LONG else 150
EACH = [(kind, query) for kind in FORMATS for query in QUERIES]
RESUMED = [(kind, parallel) for kind in FORMATS for parallel in (1, 3, 8)]
"""Everybody's run takes each format and each of the others once."""


@pytest.fixture
def customers() -> int:
    """How many there are."""
    return CUSTOMERS


@pytest.fixture
async def sandbox(customers: int) -> AsyncIterator[Sandbox]:
    async with Sandbox(customers=customers, seed=1) as running:
        yield running


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_PORTION_BYTES", 1)


def with_odd_ones(sandbox: Sandbox) -> None:
    """Add customers that cannot be decoded, at both ends."""
    for moment in ("2020-01-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z"):
        sandbox.add_customer({"name": 5, "createdAt": moment})


@more_in_the_long_run
@pytest.mark.parametrize(("kind", "query"), EACH if LONG else EACH[::5], ids=str)
async def test_the_file_is_the_same(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path, kind: str, query: Any
) -> None:
    with_odd_ones(sandbox)
    one, many = tmp_path / f"one.{kind}", tmp_path / f"many.{kind}"
    alone = await export(allawee.customers.list(limit=20, **query), one)

    result = await export(allawee.customers.list(limit=20, **query), many, parallel=8)

    assert (result.rows, result.rejected) == (alone.rows, alone.rejected)
    assert read_rows(many) == read_rows(one)
    if kind in ("csv", "jsonl"):
        assert many.read_bytes() == one.read_bytes()
    named = [line["document"]["id"] for line in rejected_in(many)]
    assert named == [line["document"]["id"] for line in rejected_in(one)]
    assert len(list(tmp_path.iterdir())) == 6


async def test_no_more_pages_are_read_at_a_time_than_that(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path
) -> None:
    running = most = 0
    pager = allawee.customers.list(limit=5)
    fetch = pager.source.fetch

    async def counted(query: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            await asyncio.sleep(0.002)
            return await fetch(query)
        finally:
            running -= 1

    object.__setattr__(pager.source, "fetch", counted)

    await export(pager, tmp_path / "customers.jsonl", parallel=4)

    assert len(ids_in(tmp_path / "customers.jsonl")) == CUSTOMERS
    assert most == 4


@more_in_the_long_run
@pytest.mark.parametrize(("kind", "parallel"), RESUMED if LONG else [*RESUMED[::4], ("csv", 1)])
async def test_it_is_resumed_with_as_many_at_a_time_as_one_likes(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path, kind: str, parallel: int
) -> None:
    with_odd_ones(sandbox)
    target, whole = tmp_path / f"customers.{kind}", tmp_path / f"whole.{kind}"
    await export(allawee.customers.list(limit=10), whole)

    def refuse(progress: ExportProgress) -> None:
        if progress.rows >= CUSTOMERS // 2:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        await export(allawee.customers.list(limit=10), target, parallel=8, on_progress=refuse)
    assert not target.exists()
    asked = len(sandbox.requests)
    told: list[ExportProgress] = []

    result = await export(
        allawee.customers.list(limit=10),
        target,
        resume=True,
        parallel=parallel,
        on_progress=told.append,
    )

    assert (result.rows, result.rejected) == (CUSTOMERS, 2)
    assert ids_in(target) == ids_in(whole)
    assert len(sandbox.requests) - asked < 25
    assert told[0].resumed >= CUSTOMERS // 2
    assert told[-1].rows == CUSTOMERS
    assert told[-1].saved >= CUSTOMERS // 2
    assert {name for name in beside(target) if "customers" in name} == set()


async def test_an_unfinished_part_is_not_left_behind_by_what_begins_anew(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path
) -> None:
    target = tmp_path / "customers.jsonl"

    def refuse(progress: ExportProgress) -> None:
        if progress.rows >= CUSTOMERS // 3:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        await export(allawee.customers.list(limit=10), target, parallel=8, on_progress=refuse)
    assert len(beside(target)) > 8

    await export(allawee.customers.list(limit=100), target, overwrite=True)

    assert beside(target) == set()
    assert len(ids_in(target)) == CUSTOMERS


@pytest.mark.parametrize("index", ["", "1", "5"])
async def test_a_part_that_was_changed_is_told(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path, index: str
) -> None:
    target = tmp_path / "customers.jsonl"

    def refuse(progress: ExportProgress) -> None:
        if progress.rows >= CUSTOMERS * 2 // 3:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        await export(allawee.customers.list(limit=10), target, parallel=8, on_progress=refuse)
    part = tmp_path / f"customers.jsonl.part{index}"
    part.write_bytes(part.read_bytes().replace(b"cus.", b"cux.", 1))

    with pytest.raises(ExportError, match=f"part{index} is damaged"):
        await export(allawee.customers.list(limit=10), target, resume=True, parallel=8)


async def test_an_error_of_a_part_is_the_error_of_the_export(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path
) -> None:
    target = tmp_path / "customers.csv"
    pages = iter(range(1000))
    sandbox.faults.latency(
        lambda: 0.0 if next(pages) != (60 if LONG else 40) else (sandbox.faults.status(401), 0.0)[1]
    )

    with pytest.raises(AllaweeError, match="HTTP 401"):
        await export(allawee.customers.list(limit=5), target, parallel=8)
    sandbox.faults.clear()
    await export(allawee.customers.list(limit=5), target, parallel=8, resume=True)

    assert len(set(ids_in(target))) == CUSTOMERS


@pytest.mark.parametrize("customers", [0, 1, 3])
async def test_a_short_list_has_few_parts(
    allawee: AllaweeClient, tmp_path: Path, customers: int
) -> None:
    target = tmp_path / "customers.csv"

    result = await export(allawee.customers.list(), target, parallel=8)

    assert result.rows == customers == len(read_rows(target))
    assert beside(target) == set()


@pytest.mark.parametrize(
    ("query", "options", "told"),
    [
        ({}, {"parallel": 0}, "parallel must be a whole number, 1 or more"),
        ({}, {"parallel": True}, "parallel must be a whole number"),
        ({}, {"parallel": 2, "max_items": 5}, "max_items and parallel do not go together"),
        ({"sort": "name"}, {"parallel": 2}, "sort by createdAt or -createdAt"),
        ({"after": "cus.1"}, {"parallel": 2}, "begins at a cursor cannot be cut"),
    ],
)
async def test_what_cannot_be_cut_into_parts_is_told(
    allawee: AllaweeClient, tmp_path: Path, query: Any, options: Any, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        await export(allawee.customers.list(**query), tmp_path / "customers.csv", **options)
    assert list(tmp_path.iterdir()) == []
