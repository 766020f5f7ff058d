"""What is in an exported file: all that the walk shows, in each format, with secrets masked."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async import from_dict, to_dict
from allawee_async.errors import ConfigurationError, DecodeError
from allawee_async.export import export
from allawee_async.export.columns import columns_of
from allawee_async.export.exporting import rows_of
from allawee_async.export.formats import csv_cell, csv_headings, csv_lines
from allawee_async.export.reading import job_of
from allawee_async.export.sheets import read_sheet
from allawee_async.models import Account, Card, Customer, Dispute, Event, Payment, RequestRecord
from allawee_async.version import install_command
from tests.support.exports import FORMATS, FakeList, beside, contents, customers, ids_in, read_rows
from tests.support.properties import examples
from tests.support.serving import answers, raw_server

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async import AllaweeClient
    from allawee_async.sandbox import Sandbox

BVN = "22489035167"

pytestmark = pytest.mark.usefixtures("no_thread")
formats = pytest.mark.parametrize("kind", FORMATS)
flat = pytest.mark.parametrize("kind", ["parquet", "csv"])


def customer(**fields: Any) -> dict[str, Any]:
    """Return a customer with an identity number and fields of its own."""
    return {
        "id": "cus.1",
        "name": "Ada Obi",
        "type": "individual",
        "status": "active",
        "claims": {"individualIdentity": {"type": "bvn", "id": BVN, "issuingCountry": "NG"}},
        "verifications": [{"type": "tier-1", "status": "verified"}],
        "metadata": {"userId": 2345, "tags": ["a", "b"]},
        "createdAt": "2024-03-31T10:15:00.120Z",
        "updatedAt": "2024-03-31T12:15:00+01:00",
        **fields,
    }


async def exported(
    tmp_path: Path, kind: str, *documents: dict[str, Any], model: Any = Customer, **options: Any
) -> list[dict[str, Any]]:
    """Export documents, and return what the file holds."""
    target = tmp_path / f"rows.{kind}"
    result = await export(FakeList(list(documents), model=model).pager(), target, **options)
    assert result.rows == len(documents)
    assert result.rejected == 0
    return read_rows(target)


def expected_cell(item: Any, name: str) -> Any:
    """Return what a column of Parquet holds for a model, from the model itself."""
    value = item
    for step in name.split("."):
        value = None if value is None else getattr(value, step)
    if isinstance(value, tuple):
        return [to_dict(inner) if hasattr(inner, "extra") else inner for inner in value]
    return value or None if name == "extra" else value


@formats
async def test_a_file_holds_what_the_walk_shows(
    allawee: AllaweeClient, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"customers.{kind}"
    walked = [customer async for customer in allawee.customers.list(limit=20)]

    result = await export(allawee.customers.list(limit=20), target, reveal=True)

    rows = read_rows(target)
    assert (result.rows, result.rejected, result.path) == (50, 0, target)
    assert result.rejected_path is None
    assert beside(target) == set()
    if kind.startswith("jsonl"):
        assert [from_dict(Customer, row) for row in rows] == walked
        return
    for item, row in zip(walked, rows, strict=True):
        for column in columns_of(Customer):
            expected, found = expected_cell(item, column.name), row[column.name]
            if isinstance(expected, list | dict):
                assert json.loads(found) == expected
            elif kind == "parquet":
                assert found == expected
            else:
                assert found == in_csv(expected)


def in_csv(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
    return "" if value is None else str(value)


NOUNS = [
    *("accounts", "billings", "card_authorizations", "card_programs", "card_transactions", "cards"),
    *("customers", "disputes", "events", "fees", "payment_requests", "payments", "requests"),
    *("tools.banks", "tools.merchants", "webhooks"),
]


@formats
async def test_every_noun_can_be_exported(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path, kind: str
) -> None:
    sandbox.add_webhook("http://127.0.0.1:9/hook")
    for noun in NOUNS:
        resource: Any = attrgetter(noun)(allawee)
        walked = await resource.list(limit=100).to_list()
        target = tmp_path / f"{noun}.{kind}"

        result = await export(resource.list(limit=100), target, reveal=True)

        calls = 1 if noun == "requests" else 0  # the walk itself
        assert result.rows == len(walked) + calls == len(read_rows(target)), noun


def test_parquet_has_a_typed_schema(tmp_path: Path) -> None:
    import asyncio

    import pyarrow.parquet as pq

    document = {"id": "p.1", "amount": -5, "currency": "NGN", "createdAt": "2024-01-01T00:00:00Z"}
    asyncio.run(exported(tmp_path, "parquet", document, model=Payment))

    schema = pq.read_schema(tmp_path / "rows.parquet")
    assert {name: str(schema.field(name).type) for name in schema.names} == {
        **dict.fromkeys((column.name for column in columns_of(Payment)), "string"),
        "amount": "int64",
        "fees": "int64",
        "created_at": "timestamp[us, tz=UTC]",
        "updated_at": "timestamp[us, tz=UTC]",
    }
    asyncio.run(export(FakeList(customers(3)).pager(), tmp_path / "customers.parquet"))
    schema = pq.read_schema(tmp_path / "customers.parquet")
    birth = schema.field("claims.individual_information.date_of_birth")
    assert str(birth.type) == "date32[day]"


async def test_timestamps_are_utc_and_dates_need_no_padding(tmp_path: Path) -> None:
    claims = {"individualInformation": {"dateOfBirth": "1997-2-3"}}
    (row,) = await exported(tmp_path, "parquet", customer(claims=claims))

    assert row["created_at"] == datetime(2024, 3, 31, 10, 15, 0, 120_000, tzinfo=UTC)
    assert row["updated_at"] == datetime(2024, 3, 31, 11, 15, tzinfo=UTC)
    assert row["claims.individual_information.date_of_birth"] == date(1997, 2, 3)
    assert json.loads(row["metadata"]) == {"userId": 2345, "tags": ["a", "b"]}


async def test_a_csv_has_utc_timestamps_and_whole_dates(tmp_path: Path) -> None:
    claims = {"individualInformation": {"dateOfBirth": "1997-2-3"}}
    odd = "2024-03-31T10:15:00.123456Z"
    (row,) = await exported(tmp_path, "csv", customer(claims=claims, createdAt=odd))

    assert row["created_at"] == odd
    assert row["updated_at"] == "2024-03-31T11:15:00.000Z"
    assert row["claims.individual_information.date_of_birth"] == "1997-02-03"


ODD = {"individualInformation": {"firstName": "Ada", "dateOfBirth": "13/02/1996"}}


@formats
async def test_a_birth_date_that_is_none_is_kept_in_every_format(tmp_path: Path, kind: str) -> None:
    """It must not cost the row, nor the other rows of the page."""
    usual = {"individualInformation": {"dateOfBirth": "1997-2-13"}}
    odd = [customer(claims=ODD), customer(id="cus.2", claims=ODD, new=1)]
    documents = [*odd, customer(id="cus.3", claims=usual)]
    target = tmp_path / f"rows.{kind}"

    result = await export(FakeList(documents).pager(), target)

    rows = read_rows(target)
    column = "claims.individual_information.date_of_birth"
    assert (result.rows, result.rejected) == (3, 0)
    if kind.startswith("jsonl"):
        assert [row.get("claims") for row in rows[:2]] == [ODD, ODD]
    elif kind.startswith("csv"):
        assert [row[column] for row in rows] == ["13/02/1996", "13/02/1996", "1997-02-13"]
    else:
        text = {"claims": {"individualInformation": {"dateOfBirth": "13/02/1996"}}}
        assert [row[column] for row in rows] == [None, None, date(1997, 2, 13)]
        assert [row["extra"] and json.loads(row["extra"]) for row in rows] == [
            text,
            {"new": 1, **text},
            None,
        ]


async def test_without_a_column_for_it_a_birth_date_that_is_none_is_told(tmp_path: Path) -> None:
    documents = [customer(claims=ODD), customer()]
    columns = ["id", "claims.individual_information.date_of_birth"]

    result = await export(FakeList(documents).pager(), tmp_path / "rows.parquet", columns=columns)

    assert (result.rows, result.rejected) == (1, 1)


@formats
async def test_directors_and_users_that_are_objects_show_no_secrets(
    tmp_path: Path, kind: str
) -> None:
    claims = {"businessDirectors": ["Ada", {"name": "Obi", "bvn": BVN}]}
    (row,) = await exported(tmp_path, kind, customer(claims=claims))
    disputed = {"user": {"pin": BVN}}
    (dispute,) = await exported(tmp_path, kind, disputed, model=Dispute, overwrite=True)

    assert "Obi" in str(row)
    assert BVN not in str(row)
    assert BVN not in str(dispute)


async def test_row_groups_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    from allawee_async.export import arrow, exporting

    monkeypatch.setattr(arrow, "_ROW_GROUP_BYTES", 1)
    monkeypatch.setattr(exporting, "_PORTION_BYTES", 1)
    monkeypatch.setattr(arrow, "_BATCH_ROWS", 10)
    target = tmp_path / "customers.parquet"

    await export(FakeList(customers(45)).pager(), target)

    with pq.ParquetFile(target) as file:
        assert [file.metadata.row_group(n).num_rows for n in range(5)] == [10, 10, 10, 10, 5]


# Secrets.


@formats
async def test_secrets_are_masked(tmp_path: Path, kind: str) -> None:
    await exported(tmp_path, kind, customer())

    assert BVN.encode() not in raw(tmp_path / f"rows.{kind}")
    (row,) = read_rows(tmp_path / f"rows.{kind}")
    masked = "***"
    if kind.startswith("jsonl"):
        assert row["claims"]["individualIdentity"]["id"] == masked
    else:
        assert row["claims.individual_identity.id"] == masked
        assert not row["claims.individual_identity.url"]


@formats
async def test_secrets_are_shown_if_asked_for(tmp_path: Path, kind: str) -> None:
    await exported(tmp_path, kind, customer(), reveal=True)

    assert BVN.encode() in raw(tmp_path / f"rows.{kind}")


HIDDEN_PLACES: dict[type[Any], list[dict[str, Any]]] = {
    Customer: [
        customer(claims={"individualIdentity": {"id": BVN}}),
        customer(claims={"businessIdentity": {"id": BVN, "url": BVN}}),
        customer(metadata={"bvn": BVN}),
        customer(metadata={"deep": [{"BVN": BVN}]}),
        customer(metadata={"note": f"a key: sk.live.{BVN}", "otherIdentity": {"id": BVN}}),
        customer(bvn=BVN),
        customer(claims={"nin": BVN}),
        customer(claims={"otherIdentity": {"id": BVN}}),
        customer(verifications=[{"type": "tier-1", "bvn": BVN}]),
    ],
    Card: [
        {"id": "c.1", "customer": customer()},
        {"id": "c.1", "customer": {"id": "cus.1", "claims": customer()["claims"]}},
    ],
    Account: [{"id": "ac.1", "settlementAccount": {"id": "ac.2", "customer": customer()}}],
    RequestRecord: [
        {"_id": "req_1", "requestBody": {"pan": BVN}},
        {"_id": "req_1", "attempts": [{"statusCode": 200, "responseBody": BVN}]},
        {"_id": "req_1", "initiator": {"signingKey": BVN}},
        {"_id": "req_1", "initiator": [{"signingKey": BVN}]},
    ],
    Payment: [{"id": "p.1", "events": [{"id": "evt.1", "signingKey": BVN}]}],
    Event: [{"id": "evt.1", "payload": {"card": {"pan": BVN}}}],
}


@formats
@pytest.mark.parametrize("model", HIDDEN_PLACES)
async def test_secrets_are_masked_wherever_they_are_and_there_if_asked_for(
    tmp_path: Path, kind: str, model: type[Any]
) -> None:
    documents = HIDDEN_PLACES[model]

    await exported(tmp_path, kind, *documents, model=model)
    assert BVN.encode() not in raw(tmp_path / f"rows.{kind}")

    rows = await exported(tmp_path, kind, *documents, model=model, reveal=True, overwrite=True)
    assert [number for number, row in enumerate(rows) if BVN not in str(row)] == []


def raw(path: Path) -> bytes:
    """Return the bytes of a file, of Parquet those of its cells."""
    if path.suffix == ".parquet":
        return json.dumps(read_rows(path), default=str).encode()
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


# Fields that no document names, relations, and chosen columns.


@flat
async def test_unnamed_fields_are_in_one_column_in_their_places(tmp_path: Path, kind: str) -> None:
    claims = {"individualInformation": {"firstName": "Ada", "nickname": "A"}, "extra": 1}
    new, usual = await exported(
        tmp_path, kind, customer(claims=claims, score=None, region={"a": 1}), customer(id="cus.2")
    )

    assert json.loads(new["extra"]) == {
        "score": None,
        "region": {"a": 1},
        "claims": {"extra": 1, "individualInformation": {"nickname": "A"}},
    }
    assert not usual["extra"]


async def test_json_lines_keep_every_field_and_null(tmp_path: Path) -> None:
    document = customer(score=None, reference=None)
    (row,) = await exported(tmp_path, "jsonl", document, reveal=True)

    assert row == document
    assert list(row) == list(document)


@flat
async def test_a_relation_is_an_id_or_the_object(tmp_path: Path, kind: str) -> None:
    whole, cut = customer(), {"name": "Ada"}
    rows = await exported(
        tmp_path,
        kind,
        {"id": "c.1", "customer": "cus.1"},
        {"id": "c.2", "customer": whole},
        {"id": "c.3", "customer": cut},
        {"id": "c.4"},
        model=Card,
        reveal=True,
    )

    cells = [row["customer"] for row in rows]
    assert cells[0] == "cus.1"
    assert [json.loads(cell) for cell in cells[1:3]] == [whole, cut]
    assert not cells[3]


@flat
async def test_only_the_chosen_columns_are_written(tmp_path: Path, kind: str) -> None:
    await exported(tmp_path, kind, customer(), columns="name,claims.individual_identity,created_at")

    (row,) = read_rows(tmp_path / f"rows.{kind}")
    assert list(row) == [
        "name",
        "claims.individual_identity.type",
        "claims.individual_identity.id",
        "claims.individual_identity.issuing_country",
        "claims.individual_identity.url",
        "created_at",
    ]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("name", {"name": "Ada Obi"}),
        (
            "claims.individual_identity.type,id",
            {"claims": {"individualIdentity": {"type": "bvn"}}, "id": "cus.1"},
        ),
        ("id,extra", {"id": "cus.1", "claims": {"individualIdentity": {"new": 2}}, "new": 1}),
        ("claims.business_address", {}),
    ],
)
async def test_json_lines_are_cut_down_to_columns(
    tmp_path: Path, columns: str, expected: dict[str, Any]
) -> None:
    claims = {"individualIdentity": {"type": "bvn", "id": BVN, "new": 2}}
    (row,) = await exported(tmp_path, "jsonl", customer(claims=claims, new=1), columns=columns)

    row.pop("claims") if row.get("claims") == {} else None
    assert row == expected


# CSV.


async def test_a_csv_is_rfc_4180(tmp_path: Path) -> None:
    names = ['Obi, "Ada"', "two\r\nlines", "Ọláníyì", ""]
    documents = [customer(id=f"cus.{n}", name=name) for n, name in enumerate(names)]
    rows = await exported(tmp_path, "csv", *documents, columns="id,name,reference")

    assert [row["name"] for row in rows] == names
    assert (tmp_path / "rows.csv").read_bytes() == (
        b'id,name,reference\r\ncus.0,"Obi, ""Ada""",\r\ncus.1,"two\r\nlines",\r\n'
        + "cus.2,Ọláníyì,\r\ncus.3,,\r\n".encode()
    )


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("'quoted", "''quoted"),
        ("+2348123456789", "+2348123456789"),
        ("-5", "-5"),
        ("+234 812 345", "+234 812 345"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
async def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path, text: str, cell: str) -> None:
    rows = await exported(
        tmp_path,
        "csv",
        customer(name=text),
        customer(reference=text),
        customer(metadata={"a": text}),
    )

    assert rows[0]["name"] == cell
    assert rows[1]["reference"] == cell
    assert json.loads(rows[2]["metadata"]) == {"a": text}


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\r\nb", 'a"b', "a,b"])
async def test_what_ends_a_line_or_a_cell_is_quoted(tmp_path: Path, text: str) -> None:
    (row,) = await exported(tmp_path, "csv", customer(name=text), columns="id,name")

    assert row["name"] == text
    quoted = text.replace('"', '""')
    assert (tmp_path / "rows.csv").read_bytes() == f'id,name\r\ncus.1,"{quoted}"\r\n'.encode()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        (1.5, "1.5"),
        ("=1+1", "'=1+1"),
        ("+2348123456789", "+2348123456789"),
        ("Ada", "Ada"),
        ([{"a": "=1"}], '[{"a":"=1"}]'),
        ({"a": None}, '{"a":null}'),
    ],
)
def test_a_value_of_a_document_is_a_cell_by_the_same_rules(value: Any, cell: str) -> None:
    assert csv_cell(value) == cell
    assert csv_lines([[cell, ""]]).endswith(",\r\n")


def test_headings_are_the_names_of_columns() -> None:
    paths = ["id", "claims.individualInformation.firstName", "metadata.userId", "new"]

    assert csv_headings(Customer, paths) == [
        *("id", "claims.individual_information.first_name", "metadata.userId", "new")
    ]
    assert csv_headings(None, ["createdAt"]) == ["createdAt"]


@examples(20, 2_000)
@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=5))
def test_any_text_comes_back_out_of_a_csv(names: list[str]) -> None:
    source = FakeList([]).pager().source
    rows = rows_of(source, job_of(source, "csv", "name,reference"))
    documents: Any = [customer(name=name, reference=name) for name in names]
    rows.add(read_sheet(documents, Customer))

    written = io.StringIO((rows.start + rows.take()).decode(), newline="")
    heading, *found = csv.reader(written, strict=True)

    assert heading == ["name", "reference"]
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [[n, n] for n in names]
    for row in found:
        assert re.match(r"['\w\s]|[+-]\d|$|[^=+@\-\t\r\n\uff1d\uff0b\uff0d\uff20]", row[0])


@examples(20, 2_000)
@given(
    cells=st.lists(
        st.lists(st.text('a,"\r\n=', max_size=4), min_size=2, max_size=2), min_size=1, max_size=4
    )
)
def test_a_page_is_written_as_the_csv_module_writes_its_rows(cells: list[list[str]]) -> None:
    source = FakeList([]).pager().source
    rows = rows_of(source, job_of(source, "csv", "name,reference"))
    documents: Any = [customer(name=name, reference=reference) for name, reference in cells]

    rows.add(read_sheet(documents, Customer))

    written = csv_lines([[csv_cell(cell) for cell in row] for row in cells])
    assert rows.take().decode() == written


@pytest.mark.parametrize("column", ["reference", "metadata", "updated_at", "extra"])
async def test_an_empty_cell_alone_in_its_row_is_a_row(tmp_path: Path, column: str) -> None:
    rows = await exported(tmp_path, "csv", customer(metadata=None), customer(), columns=column)

    assert len(rows) == 2


async def test_a_negative_amount_is_a_number_in_a_csv(tmp_path: Path) -> None:
    (row,) = await exported(tmp_path, "csv", {"id": "p.1", "amount": -500}, model=Payment)

    assert row["amount"] == "-500"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *[
            (text, f'="{text}"')
            for text in (
                *("00123", "+2348123456789", "1.50", "12345678901234567890", "1-2", "1/2", "1E5"),
                *("2024-03-31", "12:30", "-5", "(5)", "50%", "MAR1", "1 Dec", "5-sep-2024", "TRUE"),
            )
        ],
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ('1"&A1&"', '1"&A1&"'),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("Ada", "Ada"),
        ("Marble Arch 1", "Marble Arch 1"),
        ("", ""),
    ],
)
async def test_a_spreadsheet_changes_nothing_that_was_written_for_it(
    tmp_path: Path, text: str, cell: str
) -> None:
    target = tmp_path / "rows.csv"
    documents = [customer(name=text, reference=text)]

    await export(FakeList(documents).pager(), target, columns="name,reference", excel=True)

    assert target.read_bytes().startswith(b"\xef\xbb\xbfname,reference\r\n")
    with target.open(encoding="utf-8-sig", newline="") as lines:
        assert list(csv.reader(lines))[1] == [cell, cell]


@pytest.mark.parametrize(("amount", "cell"), [(5, "5"), (10**15, '="1000000000000000"')])
async def test_a_spreadsheet_keeps_all_digits_of_an_amount(
    tmp_path: Path, amount: int, cell: str
) -> None:
    target = tmp_path / "rows.csv"
    documents = [{"id": "p.1", "amount": amount}]

    await export(FakeList(documents, model=Payment).pager(), target, columns="amount", excel=True)

    with target.open(encoding="utf-8-sig", newline="") as lines:
        assert list(csv.reader(lines))[1] == [cell]


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "jsonl.gz"])
async def test_only_a_csv_is_for_spreadsheets(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigurationError, match=f"excel is for a CSV.*{kind}"):
        await export(FakeList([customer()]).pager(), tmp_path / f"rows.{kind}", excel=True)


# Whole numbers of any length, and texts of all kinds.


@formats
async def test_whole_numbers_are_exact_however_long(tmp_path: Path, kind: str) -> None:
    long = {"userId": 12345678901234567890123, "low": -(2**63) - 1, "in": [2**64]}
    (row,) = await exported(tmp_path, kind, customer(metadata=long, score=2**80))

    if kind.startswith("jsonl"):
        assert (row["metadata"], row["score"]) == (long, 2**80)
    else:
        assert json.loads(row["metadata"]) == long
        assert json.loads(row["extra"]) == {"score": 2**80}


@formats
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
async def test_a_half_character_and_a_byte_order_mark_stop_nothing(
    tmp_path: Path, kind: str, mark: bytes
) -> None:
    halves = json.dumps({"data": [customer(name="HALF", metadata={"HALF": "HALF"})]})
    body = mark + halves.replace("HALF", "caf\\ud83d").encode()
    target = tmp_path / f"rows.{kind}"
    async with raw_server(answers(body, kind="application/json")) as (allawee, _):
        result = await export(allawee.customers.list(), target)

    assert (result.rows, result.rejected) == (1, 0)
    (row,) = read_rows(target)
    assert row["name"] == "caf\ufffd"


# Nothing at all, and names of files.


@formats
async def test_an_empty_list_is_a_file_without_rows(tmp_path: Path, kind: str) -> None:
    assert await exported(tmp_path, kind) == []
    if kind == "csv":
        text = (tmp_path / "rows.csv").read_text("utf-8")
        assert next(csv.reader(io.StringIO(text)))[:2] == ["id", "name"]


@pytest.mark.parametrize("name", ["ROWS.CSV", "rows.backup.csv"])
async def test_the_name_tells_the_format(tmp_path: Path, name: str) -> None:
    await export(FakeList([customer()]).pager(), tmp_path / name)

    assert (tmp_path / name).read_bytes().startswith(b"id,name")


async def test_the_format_may_be_named(tmp_path: Path) -> None:
    await export(FakeList([customer()]).pager(), str(tmp_path / "rows.txt"), format="jsonl")

    assert ids_in(tmp_path / "rows.txt") == ["cus.1"]


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("rows", {}, "rows does not tell the format: let it end in one of parquet, jsonl"),
        ("rows.json", {}, "does not tell the format"),
        ("rows.csv", {"format": "excel"}, "there is no format 'excel'; there are parquet, jsonl"),
        ("rows.csv", {"columns": ["nam"]}, "there is no column 'nam'; did you mean name"),
        ("rows.csv", {"max_items": 0}, "max_items must be a whole number, 1 or more"),
        ("rows.csv", {"max_items": True}, "max_items must be a whole number"),
    ],
)
async def test_wrong_options_leave_nothing_behind(
    tmp_path: Path, name: str, options: Any, told: str
) -> None:
    asked = FakeList([customer()])
    with pytest.raises(ConfigurationError, match=told):
        await export(asked.pager(), tmp_path / name, **options)
    assert asked.asked == []
    assert contents(tmp_path) == {}


async def test_an_on_invalid_that_nobody_would_await_is_refused(
    allawee: AllaweeClient, tmp_path: Path
) -> None:
    async def note(error: DecodeError) -> None:
        raise error

    with pytest.raises(ConfigurationError, match="async on_invalid"):
        await export(allawee.customers.list(on_invalid=note), tmp_path / "rows.csv")
    assert contents(tmp_path) == {}


async def test_a_list_with_select_is_refused(allawee: AllaweeClient, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="name columns instead"):
        await export(allawee.customers.list(select="name"), tmp_path / "rows.csv")


async def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from allawee_async.export import arrow

    arrow._arrow.cache_clear()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=re.escape(install_command("export"))):
        await export(FakeList([customer()]).pager(), tmp_path / "rows.parquet")
    assert contents(tmp_path) == {}
