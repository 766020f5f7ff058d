"""Entries that cannot be decoded: beside the file, with the reason, and counted."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.errors import DecodeError, PaginationError, ServerError
from allawee_async.export import export, exporting
from allawee_async.export.formats import JsonLines
from allawee_async.models import Event, Fee, Payment
from tests.support.exports import (
    FORMATS,
    FakeList,
    beside,
    customers,
    ids_in,
    read_rows,
    rejected_in,
)
from tests.support.properties import LONG, few_of, more_in_the_long_run
from tests.support.serving import answers, raw_server

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async import AllaweeClient
    from allawee_async.sandbox import Sandbox

DOCUMENTS = customers(35)
IDS = [document["id"] for document in DOCUMENTS]
BVN = "22489035167"

pytestmark = pytest.mark.usefixtures("no_thread")
formats = pytest.mark.parametrize("kind", FORMATS)


def with_broken(**broken: Any) -> list[Any]:
    """Return the documents with others in the places that the names tell: `at_3=…`."""
    found: list[Any] = list(DOCUMENTS)
    for name, document in broken.items():
        found[int(name.removeprefix("at_"))] = document
    return found


def nameless(place: int, **fields: Any) -> dict[str, Any]:
    return {**DOCUMENTS[place], "name": 5, **fields}


async def test_an_entry_that_is_no_json_is_rejected_with_its_text(tmp_path: Path) -> None:
    target, record = tmp_path / "customers.jsonl", b'{"id": "x", "name": NaN}'
    good = json.dumps(DOCUMENTS[0]).encode()
    body = b'{"data": [%s, %s], "metadata": {"hasMore": false}}' % (record, good)
    async with raw_server(answers(body)) as (allawee, _):
        result = await export(allawee.customers.list(), target)

    assert ids_in(target) == IDS[:1]
    assert (result.rows, result.rejected) == (1, 1)
    assert [line["document"] for line in rejected_in(target)] == [record.decode()]


@formats
async def test_a_broken_entry_is_beside_the_file_and_all_others_in_it(
    tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"customers.{kind}"

    result = await export(FakeList(with_broken(at_13=nameless(13))).pager(), target)

    assert ids_in(target) == IDS[:13] + IDS[14:]
    assert (result.rows, result.rejected) == (34, 1)
    assert result.rejected_path == tmp_path / f"customers.{kind}.rejected.jsonl"
    assert beside(target) == {".rejected.jsonl"}
    (line,) = rejected_in(target)
    assert line["entry"] == 14
    assert line["reason"] == "expected a text, found a number"
    assert line["path"] == "name"
    assert line["document"]["id"] == IDS[13]


async def test_the_reason_is_that_of_the_walk(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path
) -> None:
    claims = {"individualInformation": {"dateOfBirth": 19991231}}
    sandbox.add_customer({"claims": claims, "name": "Ada"})  # type: ignore[dict-item]
    with pytest.raises(DecodeError) as walked:
        await allawee.customers.list(limit=100).to_list()
    target = tmp_path / "customers.csv"

    result = await export(allawee.customers.list(limit=100), target)

    (line,) = rejected_in(target)
    assert f"data[0].{line['path']}" == walked.value.path
    assert line["reason"] == walked.value.message
    assert (result.rows, result.rejected) == (50, 1)


NO_ENTRIES: list[Any] = [
    None,
    5,
    "cus.1",
    ["cus.1"],
    {},
    {"id": "cus.1"},
    {**DOCUMENTS[0], "createdAt": "yesterday"},
    {**DOCUMENTS[0], "claims": "none"},
    {**DOCUMENTS[0], "verifications": [{"type": None}]},
    {**DOCUMENTS[0], "metadata": ["a"]},
    {**DOCUMENTS[0], "status": True},
]


@more_in_the_long_run
@pytest.mark.parametrize(
    ("entry", "place"),
    [*product(NO_ENTRIES, (0, 4, 9, 10, 34))]
    if LONG
    else [*product(NO_ENTRIES, (9,)), *product((None, {"id": "cus.1"}), (0, 4, 10, 34))],
    ids=str,
)
async def test_whatever_an_entry_is_it_is_rejected_once(
    tmp_path: Path, entry: Any, place: int
) -> None:
    """Nothing is lost or repeated, even if the entry has no id and stands at the end of a page."""
    if isinstance(entry, dict) and entry.get("id") == IDS[0]:
        entry = {**entry, "id": IDS[place]}
    target = tmp_path / "customers.jsonl"

    result = await export(FakeList(with_broken(**{f"at_{place}": entry})).pager(), target)

    assert ids_in(target) == IDS[:place] + IDS[place + 1 :]
    assert (result.rows, result.rejected) == (34, 1)
    (line,) = rejected_in(target)
    assert line["entry"] == place + 1


@pytest.mark.parametrize("count", [1, 2, 4, 8])
@pytest.mark.parametrize("first", [5, 8, 9])
async def test_several_entries_without_an_id_around_the_end_of_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, count: int
) -> None:
    last = first + count
    monkeypatch.setattr(exporting, "_PORTION_BYTES", 1)
    broken = {f"at_{place}": {"n": place} for place in range(first, last)}
    target = tmp_path / "customers.jsonl"
    pages = iter(range(100))

    def fail_at_third() -> None:
        if next(pages) == 2:
            raise ServerError("down", status=500)

    listed = FakeList(with_broken(**broken), before_page=fail_at_third)
    with pytest.raises(ServerError):
        await export(listed.pager(), target)
    result = await export(FakeList(with_broken(**broken)).pager(), target, resume=True)

    assert ids_in(target) == IDS[:first] + IDS[last:]
    assert [line["document"]["n"] for line in rejected_in(target)] == list(range(first, last))
    assert result.rejected == count


async def test_a_page_without_any_id_cannot_be_gone_on_from(tmp_path: Path) -> None:
    broken = {f"at_{place}": {"n": place} for place in range(10)}

    with pytest.raises(PaginationError, match="has no id"):
        await export(FakeList(with_broken(**broken)).pager(), tmp_path / "customers.csv")


async def test_what_is_no_list_ends_the_export(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path
) -> None:
    sandbox.faults.garbage(
        b'{"code":"success","data":{"id":"cus.1"}}', content_type="application/json"
    )
    with pytest.raises(DecodeError, match="expected a list"):
        await export(allawee.customers.list(), tmp_path / "customers.csv")

    result = await export(allawee.customers.list(), tmp_path / "customers.csv", resume=True)

    assert result.rows == 50


@formats
async def test_a_number_of_more_than_64_bits_is_only_too_large_for_parquet(
    tmp_path: Path, kind: str
) -> None:
    documents = [
        {"id": "p.1", "amount": 2**63},
        {"id": "p.2", "amount": 2**63 - 1},
        {"id": "p.3", "amount": -(2**63)},
    ]
    target = tmp_path / f"payments.{kind}"

    result = await export(FakeList(documents, model=Payment).pager(), target)

    if kind == "parquet":
        assert [row["amount"] for row in read_rows(target)] == [2**63 - 1, -(2**63)]
        (line,) = rejected_in(target)
        assert line["reason"] == "amount has more than 64 bits"
    else:
        assert result.rejected == 0
        assert [int(row["amount"]) for row in read_rows(target)] == [2**63, 2**63 - 1, -(2**63)]


@formats
async def test_a_whole_number_that_a_double_cannot_hold_is_only_too_large_for_parquet(
    tmp_path: Path, kind: str
) -> None:
    values = [2**53 + 1, 10**400, 2**53, -(2**53), 1e300, 2.5]
    documents = [{"id": f"fee.{value}", "value": value} for value in values]
    target = tmp_path / f"fees.{kind}"

    result = await export(FakeList(documents, model=Fee).pager(), target)

    if kind == "parquet":
        assert [row["value"] for row in read_rows(target)] == values[2:]
        reasons = [line["reason"] for line in rejected_in(target)]
        assert reasons == ["value has more than 53 bits"] * 2
    else:
        assert (result.rows, result.rejected) == (len(values), 0)


@pytest.mark.parametrize(
    "entry",
    [
        nameless(0, claims={"individualIdentity": {"id": BVN}}),
        nameless(0, claims={"individualIdentity": {"id": int(BVN)}}),
        nameless(0, claims={"individualIdentity": BVN}),
        nameless(0, claims={"individualIdentity": [{"id": BVN}]}),
        nameless(0, claims=BVN),
        nameless(0, metadata={"bvn": BVN}),
        nameless(0, new={"pan": BVN}),
        BVN,
        [BVN],
    ],
    ids=str,
)
async def test_rejected_entries_are_masked_too(tmp_path: Path, entry: Any) -> None:
    listed = FakeList(with_broken(at_3=entry))

    await export(listed.pager(), tmp_path / "masked.csv")
    await export(listed.pager(), tmp_path / "shown.csv", reveal=True)

    assert BVN not in (tmp_path / "masked.csv.rejected.jsonl").read_text()
    assert BVN in (tmp_path / "shown.csv.rejected.jsonl").read_text()


async def test_a_page_that_is_left_in_the_middle_is_read_again_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours behind some rows of a page must not let these rows come twice."""
    target = tmp_path / "customers.jsonl"
    add, added = JsonLines.add, iter(range(100))

    def fail_late(rows: JsonLines, sheet: Any) -> None:
        if next(added) == 4:  # a page, then three entries of the one with the broken one
            raise RuntimeError("a mistake")
        add(rows, sheet)

    with monkeypatch.context() as patch:
        patch.setattr(JsonLines, "add", fail_late)
        with pytest.raises(RuntimeError, match="a mistake"):
            await export(FakeList(with_broken(at_15=nameless(15))).pager(), target)
    await export(FakeList(with_broken(at_15=nameless(15))).pager(), target, resume=True)

    assert ids_in(target) == IDS[:15] + IDS[16:]


async def test_a_model_without_required_fields_takes_any_object(tmp_path: Path) -> None:
    documents = [{"id": "evt.1", "anything": 1}, {}, {"id": "evt.2"}]

    result = await export(FakeList(documents, model=Event).pager(), tmp_path / "events.parquet")

    assert (result.rows, result.rejected) == (3, 0)


async def test_the_rejected_entries_of_an_older_export_do_not_stay(tmp_path: Path) -> None:
    target = tmp_path / "customers.csv"
    await export(FakeList(with_broken(at_1=nameless(1))).pager(), target)

    await export(FakeList(DOCUMENTS).pager(), target, overwrite=True)

    assert beside(target) == set()


ENDS = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-01:00"]


@more_in_the_long_run
@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("moment", "field"), few_of([*product(ENDS, ("createdAt", "updatedAt"))], 3)
)
async def test_a_timestamp_at_the_end_of_the_calendar_stops_nothing(
    tmp_path: Path, kind: str, moment: str, field: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    documents = customers(25)
    documents[13][field] = moment

    result = await export(FakeList(documents).pager(), target)

    assert (result.rows, result.rejected) == (24, 1)
    assert len(read_rows(target)) == 24
    (line,) = rejected_in(target)
    assert line["entry"] == 14
    assert "end of the calendar" in line["reason"]
    assert line["document"][field] == moment


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz"])
@pytest.mark.parametrize("moment", ENDS)
async def test_json_lines_keep_a_timestamp_as_it_came(
    tmp_path: Path, kind: str, moment: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    documents = customers(3)
    documents[1]["createdAt"] = moment

    await export(FakeList(documents).pager(), target)

    assert read_rows(target)[1]["createdAt"] == moment


@more_in_the_long_run
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("levels", [200, 300, 600, 900] if LONG else [200, 300, 900])
async def test_an_entry_that_is_nested_too_deeply_stops_nothing(
    tmp_path: Path, kind: str, levels: int
) -> None:
    documents = customers(12)
    documents[5]["metadata"] = "DEEP"
    page = json.dumps({"data": documents}).replace('"DEEP"', '{"a":' * levels + "1" + "}" * levels)
    target = tmp_path / f"customers.{kind}"

    async with raw_server(answers(page.encode(), kind="application/json")) as (allawee, _):
        result = await export(allawee.customers.list(), target)

    assert result.rows + result.rejected == 12
    assert result.rejected <= (levels > 250)
    if not kind.startswith("jsonl"):  # which keeps what came, as long as it can be looked through
        assert result.rejected == (levels > 250)
    assert len(ids_in(target)) == result.rows


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("place", [0, 1])
async def test_what_is_not_exported_may_be_nested_too_deeply_wherever_it_stands(
    tmp_path: Path, kind: str, place: int
) -> None:
    documents = customers(3)
    documents[place]["metadata"] = "DEEP"
    page = json.dumps({"data": documents}).replace('"DEEP"', '{"a":' * 300 + "1" + "}" * 300)
    target = tmp_path / f"customers.{kind}"

    async with raw_server(answers(page.encode(), kind="application/json")) as (allawee, _):
        result = await export(allawee.customers.list(), target, columns=["id"])

    assert (result.rows, result.rejected) == (3, 0)


@pytest.mark.parametrize("kind", FORMATS)
async def test_on_invalid_is_told_of_each_rejected_entry(tmp_path: Path, kind: str) -> None:
    documents: list[Any] = [*customers(25)]
    documents[3]["name"] = 5
    documents[14] = "no object"
    told: list[DecodeError] = []
    pager = FakeList(documents, on_invalid=told.append).pager()

    result = await export(pager, tmp_path / f"customers.{kind}")

    assert (result.rows, result.rejected) == (23, 2)
    assert [error.item for error in told] == [documents[3], "no object"]
    assert [error.cursor for error in told] == [documents[3]["id"], None]
