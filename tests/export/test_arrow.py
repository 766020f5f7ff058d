"""Lists as batches of Arrow, which engines take."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest

from allawee_async import ConfigurationError, DecodeError
from allawee_async.export import arrow, export
from allawee_async.export.arrow import Parquet, record_batches
from allawee_async.export.reading import job_of, model_of
from tests.support.exports import FakeList, customers, read_rows


async def table_of(listed: FakeList, columns: Any = None) -> Any:
    source = listed.pager().source
    job = job_of(source, "arrow", columns)
    batches = [batch async for batch in record_batches(source, job)]
    return pa.Table.from_batches(batches, schema=Parquet(model_of(source), job).schema)


async def test_batches_hold_what_an_export_to_parquet_holds(tmp_path: Any) -> None:
    listed = FakeList(customers(95))
    await export(listed.pager(), tmp_path / "customers.parquet")

    table = await table_of(listed)

    assert table.to_pylist() == read_rows(tmp_path / "customers.parquet")
    assert {*table["claims.individual_identity.id"].to_pylist()} <= {"***", None}


async def test_batches_are_small_however_long_the_list_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "_BATCH_BYTES", 10_000)
    source = FakeList(customers(95)).pager().source

    lengths = [len(batch) async for batch in record_batches(source, job_of(source, "arrow", "id"))]

    assert sum(lengths) == 95
    assert len(lengths) > 3


async def test_columns_are_chosen_in_the_order_of_the_caller() -> None:
    assert (await table_of(FakeList(customers(3)), "status id")).column_names == ["status", "id"]


async def test_a_list_without_entries_has_columns() -> None:
    table = await table_of(FakeList([]))

    assert len(table) == 0
    assert table.schema.field("created_at").type == pa.timestamp("us", tz="UTC")


async def test_an_entry_that_cannot_be_read_raises_without_its_data() -> None:
    listed = FakeList([*customers(12), {**customers(1)[0], "id": "cus.odd", "name": 5}])

    with pytest.raises(DecodeError, match="name") as raised:
        await table_of(listed)

    assert raised.value.item is None
    assert raised.value.cursor == "cus.odd"


async def test_an_entry_that_cannot_be_read_is_left_out_where_the_list_says_so() -> None:
    told: list[DecodeError] = []
    odd = {**customers(1)[0], "id": "cus.odd", "name": 5}

    table = await table_of(FakeList([*customers(12), odd], on_invalid=told.append))

    assert len(table) == 12
    assert [error.cursor for error in told] == ["cus.odd"]


def test_a_list_without_a_model_has_no_columns() -> None:
    listed = FakeList(customers(1), model=None)  # type: ignore[arg-type]

    with pytest.raises(ConfigurationError, match=re.escape("a list with select")):
        job_of(listed.pager().source, "arrow", None)
