"""What results look like: tables, JSON, CSV; masked secrets; terminals of all kinds."""

import asyncio
import csv
import io
import itertools
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import Request, urlopen

import pytest

from allawee_async import from_dict, to_dict
from allawee_async.cli.errors import CommandError
from allawee_async.cli.operations.output import OutputOptions
from allawee_async.cli.operations.run import VerbCall
from allawee_async.cli.output.cells import cell, currency_of, is_money, money
from allawee_async.cli.output.columns import all_columns, chosen_columns
from allawee_async.cli.output.tables import TableWriter
from allawee_async.cli.output.writers import Format, writer_for
from allawee_async.models import (
    ActionResult,
    Bank,
    Card,
    CardProgram,
    Customer,
    FxQuote,
    Payment,
    PaymentConfiguration,
)
from allawee_async.resources.verbs import verbs_of
from tests.cli.conftest import Call, Run
from tests.support.tables import for_each

ADA = "cus.2tXNjMhytgx7hCxu9"
ACCOUNT = "ac.2tVZczWw7m6Teoeb7"
PAYMENTS: list[dict[str, Any]] = [
    {
        "id": "p.2wcj2CxxhnpcWAc4z",
        "amount": 5_000_000,
        "currency": "NGN",
        "fees": 1075,
        "feeBreakdown": [{"amount": 1075, "group": "platform"}],
        "status": "completed",
        "type": "pay-out",
        "account": "ac.2tVZczWw7m6Teoeb7",
        "method": "bank-transfer",
        "reference": "invoice 17",
        "createdAt": "2026-03-14T23:21:12.882Z",
        "updatedAt": "2026-03-14T23:21:12.882Z",
        "object": "payment",
    },
    {
        "id": "p.2wcj2CxxhnpcWAc5a",
        "amount": -99,
        "currency": "USD",
        "fees": 0,
        "status": "failed",
        "failureReason": "insufficient-funds",
        "type": "pay-out",
        "account": "ac.2tVZczWw7m6Teoeb8",
        "method": "fx-transfer",
        "createdAt": "2026-03-15T00:00:00Z",
        "object": "payment",
    },
]

AT_200 = """\
id                                    amount              fees  status     failureReason       \
type     account               method         reference   createdAt
p.2wcj2CxxhnpcWAc4z  NGN 50,000.00 (5000000)  NGN 10.75 (1075)  completed  -                   \
pay-out  ac.2tVZczWw7m6Teoeb7  bank-transfer  invoice 17  2026-03-14 23:21Z
p.2wcj2CxxhnpcWAc5a          USD -0.99 (-99)      USD 0.00 (0)  failed     insufficient-funds  \
pay-out  ac.2tVZczWw7m6Teoeb8  fx-transfer    -           2026-03-15 00:00Z
total                NGN 50,000.00 (5000000)  NGN 10.75 (1075)
totals leave out 1 that came to nothing
"""
AT_80 = """\
id                          amount  status     reference   createdAt
p.2wcj2CxxhnpcWAc4z  NGN 50,000.00  completed  invoice 17  2026-03-14 23:21Z
p.2wcj2CxxhnpcWAc5a      USD -0.99  failed     -           2026-03-15 00:00Z
total                NGN 50,000.00
totals leave out 1 that came to nothing
"""
AT_40 = """\
p.2wcj2CxxhnpcWAc4z
  amount         NGN 50,000.00 (5000000)
  fees           NGN 10.75 (1075)
  status         completed
  type           pay-out
  account        ac.2tVZczWw7m6Teoeb7
  method         bank-transfer
  reference      invoice 17
  createdAt      2026-03-14 23:21Z
p.2wcj2CxxhnpcWAc5a
  amount         USD -0.99 (-99)
  fees           USD 0.00 (0)
  status         failed
  failureReason  insufficient-funds
  type           pay-out
  account        ac.2tVZczWw7m6Teoeb8
  method         fx-transfer
  createdAt      2026-03-15 00:00Z
total amount  NGN 50,000.00 (5000000)
total fees    NGN 10.75 (1075)
totals leave out 1 that came to nothing
"""


class Terminal(io.StringIO):
    """A terminal that shows colours."""

    def isatty(self) -> Any:
        return True


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Write records as a table so wide, and return it without the blanks at the ends of lines."""

    def write(records: Any, model: Any = Payment, names: Any = None, width: Any = 80) -> Any:
        monkeypatch.setenv("COLUMNS", str(width))
        table = TableWriter(model, names)
        table.page(records)
        table.end()
        return "".join(f"{line.rstrip()}\n" for line in capsys.readouterr().out.splitlines())

    return write


@pytest.mark.parametrize(("width", "table"), [(200, AT_200), (80, AT_80), (40, AT_40)])
def test_a_list_fits_the_terminal(shown: Any, width: Any, table: Any) -> None:
    assert shown(PAYMENTS, width=width) == table
    assert max(map(len, table.splitlines())) <= width


@pytest.mark.parametrize(
    ("words", "headings"),
    [
        (("payments", "list"), ["id", "amount", "status", "receiver", "reference", "createdAt"]),
        (("cards", "list"), ["id", "status", "customer", "last4", "cardHolderName"]),
        (("accounts", "list"), ["id", "name", "type", "status", "balance"]),
        (("accounts", "logs", ACCOUNT), ["amount", "balanceAfter", "reference", "createdAt"]),
    ],
)
def test_a_narrow_table_has_what_people_look_for_in_the_order_of_the_model(
    call: Call, words: Any, headings: Any
) -> None:
    paid = call(
        *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN", "--yes"),
        *("--amount", "100", "--reference", "r", "--options.accountNumber", "0123456789"),
        *("--options.bankCode", "058"),
    )
    assert paid.exit_code == 0

    assert (
        call(*words, "--output", "table", COLUMNS="82").stdout.splitlines()[0].split() == headings
    )


def test_a_column_that_was_asked_for_has_its_whole_name(call: Call) -> None:
    column = "claims.individualInformation.firstName"
    shown = call("customers", "list", "--output", "table", "--columns", f"id,{column}").stdout

    assert shown.split()[:2] == ["id", column]


@pytest.mark.parametrize("width", range(20, 220, 10))
def test_no_line_is_longer_than_the_terminal(shown: Any, width: Any) -> None:
    assert max(map(len, shown(PAYMENTS, width=width).splitlines())) <= width


def test_long_texts_give_way_to_ids(shown: Any) -> None:
    customers = [
        {"id": ADA, "name": "A very long name of a very large company", "status": "active"},
        {"id": "cus.2tVZh8GkvSJu6xgRJ", "name": "Ada", "status": "active"},
    ]

    assert shown(customers, Customer, width=50) == (
        "id                     name                 status\n"
        f"{ADA}  A very long name o…  active\n"
        "cus.2tVZh8GkvSJu6xgRJ  Ada                  active\n"
    )


def test_later_pages_keep_the_columns_of_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = TableWriter(Payment, None)
    table.page(PAYMENTS[:1])
    table.page(PAYMENTS[1:])
    first, second, third = capsys.readouterr().out.splitlines()

    assert first.startswith("id ")
    assert second.index("completed") == third.index("failed") == first.index("status")
    assert second.index("000.00") + 6 == third.index("-0.99") + 5 == first.index("amount") + 6


HUGE = PAYMENTS[0] | {"amount": 999_999_999_999}


def test_later_pages_get_the_room_that_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    table = TableWriter(Payment, ["id", "amount", "status"])
    table.page(PAYMENTS[1:])
    table.page([HUGE])
    table.page(PAYMENTS[1:])
    lines = capsys.readouterr().out.splitlines()

    assert [line.rstrip() for line in lines] == [
        "id                            amount  status",
        "p.2wcj2CxxhnpcWAc5a  USD -0.99 (-99)  failed",
        "p.2wcj2CxxhnpcWAc4z  NGN 9,999,999,999.99 (999999999999)  completed",
        "p.2wcj2CxxhnpcWAc5a                      USD -0.99 (-99)  failed",
    ]


def test_no_amount_is_cut_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "45")
    table = TableWriter(Payment, ["id", "amount"])
    table.page(PAYMENTS[1:])
    table.page([HUGE])
    lines = capsys.readouterr().out.splitlines()

    assert "".join(line[19:] for line in lines[2:]).split() == [
        *("NGN", "9,999,999,999.99", "(999999999999)"),
    ]


@pytest.mark.parametrize("width", [24, 30, 40])
def test_no_value_is_cut_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: Any
) -> None:
    note = "somebody.with.a.long.name@a-long-domain.example.com"
    record = {"id": "p.1", "currency": "NGN", "amount": 999_999_999_999, "note": note}
    monkeypatch.setenv("COLUMNS", str(width))
    TableWriter(Payment, None).one(record)  # type: ignore[arg-type]
    TableWriter(Payment, ["id", "amount", "note", "currency"]).page([record])  # type: ignore[list-item]
    text = "".join(capsys.readouterr().out.split())

    assert text.count("amountNGN9,999,999,999.99(999999999999)") == 2
    assert text.count(f"note{note}") == 2


def test_names_are_bold_and_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    TableWriter(Payment, None).one({"id": "p.1", "reference": "invoice 17"})
    TableWriter(Payment, None).page(PAYMENTS[:1])

    assert "\x1b[1mreference" in out.getvalue()
    assert "\x1b[1minvoice" not in out.getvalue()
    assert re.search(
        r"\x1b\[1mreference *(\x1b\[0m)(\x1b\[1m *\x1b\[0m)?invoice 17", out.getvalue()
    )


def test_the_id_of_an_object_is_first_and_its_timestamps_are_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    record = {"object": "card", "createdAt": "2026-03-15T00:00:00Z", "status": "blocked",
              "id": "c.1", "updatedAt": "2026-03-15T00:00:00Z", "type": "virtual"}  # fmt: skip
    TableWriter(ActionResult, None).one(record)  # type: ignore[arg-type]
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]

    assert names == ["id", "status", "type", "createdAt", "updatedAt", "object"]


def test_columns_are_those_that_were_asked_for(shown: Any) -> None:
    table = shown(PAYMENTS, names=["status", "failure_reason", "feeBreakdown"])

    assert table.splitlines()[0].split() == ["status", "failureReason", "feeBreakdown"]


def test_an_expanded_relation_is_its_id(shown: Any) -> None:
    payment = {**PAYMENTS[0], "account": {"id": "ac.2tVZczWw7m6Teoeb7", "name": "Baggy"}}
    table = shown([payment], names=["id", "account", "account.name"])

    assert table.splitlines()[1].split() == [payment["id"], "ac.2tVZczWw7m6Teoeb7", "Baggy"]


def test_an_empty_list(shown: Any) -> None:
    assert shown([]) == "none\n"


def test_what_no_model_knows_is_shown_too(shown: Any) -> None:
    banks = [{"name": "Wema", "code": "035", "nipCode": "000017", "id": "b.1"}]

    assert shown(banks, Bank) == "id   name  code  nipCode\nb.1  Wema  035   000017\n"


def test_one_object_is_a_list_of_its_fields(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    TableWriter(Payment, None).one(PAYMENTS[0])
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]

    assert ["amount", "NGN 50,000.00 (5000000)"] in [[a, b.strip()] for a, b in lines]
    assert ["feeBreakdown.0.amount", "NGN 10.75 (1075)"] in [[a, b.strip()] for a, b in lines]
    assert ["createdAt", "2026-03-14 23:21:12Z"] in [[a, b.strip()] for a, b in lines]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "NGN 0.00 (0)"),
        (5, "NGN 0.05 (5)"),
        (-5, "NGN -0.05 (-5)"),
        (123_456_789, "NGN 1,234,567.89 (123456789)"),
        (10**17, "NGN 1,000,000,000,000,000.00 (100000000000000000)"),
    ],
)
def test_money_has_its_currency_and_its_minor_units(amount: Any, text: Any) -> None:
    assert money(amount, "NGN") == text


@for_each(
    ("path", "model", "currency"),
    [
        ("amount", None, "NGN"),
        ("balanceAfter", None, "NGN"),
        ("quantity", None, None),
        ("amount", Payment, "NGN"),
        ("feeBreakdown.0.amount", Payment, "NGN"),
        ("fees", PaymentConfiguration, None),
        ("quantity", CardProgram, None),
        ("controls.spendingLimits.0.amount", Card, "NGN"),
        ("amount", FxQuote, "USD"),
        ("balanceAfter", Payment, "NGN"),
    ],
)
def test_the_model_says_what_is_money_and_names_where_none_knows(
    path: Any, model: Any, currency: Any
) -> None:
    assert is_money(path, model) is (currency is not None)
    assert currency_of(path, model, [{"to": "USD"}, {"currency": "NGN"}]) == currency


@pytest.mark.parametrize(
    ("name", "value", "currency", "text"),
    [
        ("amount", 100, "NGN", "NGN 1.00 (100)"),
        ("quantity", 100, None, "100"),
        ("reserved", True, "NGN", "yes"),
        ("reserved", None, "NGN", "-"),
        ("createdAt", "2023-03-14T23:21:12.882Z", None, "2023-03-14 23:21:12Z"),
        ("createdAt", "some day", None, "some day"),
        ("events", ["a", "b"], None, "a, b"),
        ("name", "Ada\x1b[2J\nObi", None, "Ada?[2J Obi"),
    ],
)
def test_values_as_people_read_them(name: Any, value: Any, currency: Any, text: Any) -> None:
    assert cell(name, value, currency).plain == text


@for_each(
    ("name", "value", "style"),
    [
        ("id", ADA, "cyan"),
        ("customer", "cus_2tXNjMhytgx7hCxu9", "cyan"),
        ("status", "active", "green"),
        ("status", "pending", "yellow"),
        ("status", "failed", "red"),
        ("status", "whatever", ""),
        ("name", "active", ""),
        ("name", "Ada", ""),
        ("event", "card.authorization.closed", ""),
        ("object", "card_transaction", ""),
    ],
)
def test_ids_and_states_have_colours(name: Any, value: Any, style: Any) -> None:
    assert str(cell(name, value, None).style) == style


def test_an_unknown_column_is_told_with_the_known_ones() -> None:
    with pytest.raises(CommandError) as caught:
        chosen_columns(["id", "statsu"], Payment, PAYMENTS)

    assert caught.value.code == 2
    assert str(caught.value).startswith("unknown column 'statsu'; did you mean status? known: id,")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("created_at", "createdAt"),
        ("method_data.bankTransfer.x", "methodData.bankTransfer.x"),
        ("account.name", "account.name"),
        ("feeBreakdown", "feeBreakdown"),
        ("metadata.user_id", "metadata.user_id"),
    ],
)
def test_columns_are_found_under_either_spelling(name: Any, column: Any) -> None:
    assert chosen_columns([name], Payment, []) == [column]


@pytest.mark.parametrize("name", ["account.nope", "id.nope", "metadata2", "feeBreakdown.amount"])
def test_columns_that_cannot_be(name: Any) -> None:
    with pytest.raises(CommandError, match="unknown column"):
        chosen_columns([name], Payment, PAYMENTS)


def test_what_came_is_known_as_well() -> None:
    rows = [{"id": "b.1", "more": {"deep": 1}}]

    assert chosen_columns(["more.deep"], Bank, rows) == ["more.deep"]  # type: ignore[arg-type]
    assert all_columns(Bank, rows) == ["id", "name", "code", "more"]  # type: ignore[arg-type]
    with pytest.raises(CommandError, match="as there are no rows"):
        chosen_columns(["x"], None, [])


@pytest.mark.parametrize("form", list(Format))
def test_an_unknown_column_of_a_list_is_told_in_every_format(call: Call, form: Any) -> None:
    result = call("customers", "list", "--select", "id,nmae", "--output", form)

    assert result.exit_code == 2
    assert "unknown column 'nmae'; did you mean name? known: id, name, type" in result.stderr


def test_json_is_what_is_on_the_wire(call: Call) -> None:
    url = f"{call.sandbox.url}/customers/{ADA}"
    request = Request(url, headers={"Authorization": f"Bearer {call.sandbox.api_key}"})
    with urlopen(request) as reply:
        sent = to_dict(from_dict(Customer, json.load(reply)["data"]))
    sent["claims"]["individualIdentity"]["id"] = "***"  # type: ignore[call-overload, index]

    assert json.loads(call("customers", "get", ADA, "--output", "json").stdout) == sent


def test_a_list_in_json_is_one_array_with_an_object_on_each_line(call: Call) -> None:
    text = call("customers", "list", "--limit", "2").stdout
    lines = text.splitlines()

    assert (lines[0], lines[-1]) == ("[", "]")
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == json.loads(text)


def test_an_empty_list_in_each_format(call: Call) -> None:
    def written(form: Any) -> Any:
        return call("customers", "list", "--filter", "name:nobody", "--output", form).stdout

    assert written("json") == "[]\n"
    assert written("jsonl") == ""
    assert written("csv").startswith(
        "id,name,type,status,claims.individual_information.first_name,"
    )
    assert written("csv").count("\n") == 1
    assert written("table") == "none\n"


def test_a_list_in_json_lines(call: Call) -> None:
    lines = call("customers", "list", "--output", "jsonl").stdout.splitlines()

    assert len({json.loads(line)["id"] for line in lines}) == 5


def test_a_list_in_csv(call: Call) -> None:
    text = call("customers", "list", "--output", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))

    assert len(rows) == 5
    assert rows[0].keys() >= {"id", "claims.individual_information.email", "verifications"}
    assert json.loads(rows[0]["verifications"])[0]["type"].startswith("tier-")
    assert {row["claims.individual_identity.id"] for row in rows} <= {"", "***"}


def test_an_object_in_csv(call: Call) -> None:
    rows = list(csv.DictReader(io.StringIO(call("cards", "list", "--output", "csv").stdout)))
    one = call("cards", "get", rows[0]["id"], "--output", "csv").stdout

    assert next(csv.DictReader(io.StringIO(one)))["details.last4"] == rows[0]["details.last4"]


def test_a_csv_has_a_row_for_each_object_and_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    writer = writer_for(Format.CSV, Bank, ["id", "name"])
    writer.page([{"id": "b.1", "name": "two\rlines"}, {"id": "b.2", "name": '=HYPERLINK("x")'}])
    writer.end()
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))

    assert rows == [["id", "name"], ["b.1", "two\rlines"], ["b.2", '\'=HYPERLINK("x")']]


def test_a_csv_on_a_terminal_has_no_codes_that_it_obeys(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr("sys.stdout", shown)
    writer = writer_for(Format.CSV, Bank, ["name"])
    writer.page([{"name": "Ada\x1b]0;title\x07\x9b2J"}])

    assert shown.getvalue() == "name\r\nAda?]0;title??2J\r\n"


def test_columns_of_csv_in_their_order(call: Call) -> None:
    text = call("customers", "list", "--output", "csv", "--columns", "status,id").stdout

    assert text.splitlines()[0] == "status,id"
    assert text.splitlines()[1].startswith("active,cus.")


def test_fields_that_come_too_late_for_csv_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    writer = writer_for(Format.CSV, None, None)
    writer.page([{"id": "b.1", "first": 1}])
    writer.page([{"id": "b.2", "late": True}])
    writer.end()
    written, told = capsys.readouterr()

    assert written == "id,first\r\nb.1,1\r\nb.2,\r\n"
    assert told.startswith("warning: not in the CSV, as they came later: late; --output jsonl")


def test_what_a_model_does_not_know_is_in_one_column_as_in_an_export(
    capsys: pytest.CaptureFixture[str],
) -> None:
    writer = writer_for(Format.CSV, Bank, None)
    writer.page([{"id": "b.1", "first": 1}])
    writer.page([{"id": "b.2", "late": True}])
    writer.end()

    assert capsys.readouterr() == (
        'id,name,code,extra\r\nb.1,,,"{""first"":1}"\r\nb.2,,,"{""late"":true}"\r\n',
        "",
    )


@pytest.mark.parametrize("noun", ["customers", "accounts", "cards", "payments", "events"])
def test_a_list_in_csv_is_what_an_export_writes(call: Call, tmp_path: Path, noun: str) -> None:
    target = tmp_path / "exported.csv"
    call(noun, "export", "--out", str(target))

    assert call(noun, "list", "--output", "csv", "--limit", "100").stdout_bytes == (
        target.read_bytes()
    )


def test_the_format_follows_who_reads(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("customers", "get", ADA)

    assert json.loads(call(*arguments).stdout)["id"] == ADA
    monkeypatch.setattr("allawee_async.cli.operations.output.somebody_reads", lambda: True)
    assert call(*arguments).stdout.startswith("id ")
    assert json.loads(call(*arguments, "--output", "json").stdout)["id"] == ADA


@pytest.mark.parametrize("name", ["Adé Ọbí", "Ada 𝄞", "Ada\x9b2J"])
def test_json_survives_an_encoding_that_lacks_it(
    monkeypatch: pytest.MonkeyPatch, name: Any
) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    monkeypatch.setattr("sys.stdout", stream)
    writer_for(Format.JSONL, None, None).page([{"name": name}])

    assert json.loads(raw.getvalue()) == {"name": name}
    assert raw.getvalue().isascii()
    stream.detach()


def test_json_has_no_control_codes_for_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    writer_for(Format.JSON, None, None).one({"name": "a\x1b[2J\x9b2J\x7f"})
    text = capsys.readouterr().out

    assert json.loads(text) == {"name": "a\x1b[2J\x9b2J\x7f"}
    assert not {"\x1b", "\x9b", "\x7f"} & set(text)


SECRETS = ("cards", "secrets", "c.2tXPDv41Ri2qewJXL")


@pytest.mark.parametrize("form", list(Format))
def test_secrets_are_masked_in_every_format(call: Call, form: Any) -> None:
    text = call(*SECRETS, "--output", form).stdout

    assert "***" in text
    assert not any(part.isdigit() and len(part) > 8 for part in text.replace('"', " ").split())


def test_secrets_are_shown_on_a_terminal_if_asked(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allawee_async.cli.operations.output.somebody_reads", lambda: True)
    pan = json.loads(call(*SECRETS, "--reveal", "--output", "json").stdout)["pan"]

    assert pan.isdigit()
    assert len(pan) >= 12
    assert pan not in call(*SECRETS, "--output", "json").stdout


@pytest.mark.parametrize("form", list(Format))
def test_secrets_do_not_leave_the_terminal(call: Call, form: Any) -> None:
    result = call(*SECRETS, "--reveal", "--output", form)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: --reveal is for a terminal only")
    assert not call.sandbox.requests


@pytest.mark.parametrize("select", [[], ["--select", "id,claims"], ["--select", "claims"]])
def test_identity_numbers_are_masked_in_whole_and_selected_objects(call: Call, select: Any) -> None:
    found = json.loads(call("customers", "list", *select).stdout)
    kinds = ("individualIdentity", "businessIdentity")
    shown = [item["claims"][kind]["id"] for item in found for kind in kinds
             if kind in item["claims"]]  # fmt: skip

    assert shown
    assert set(shown) == {"***"}


def test_new_keys_are_masked(call: Call) -> None:
    result = call("secret-keys", "create", "--name", "k", "--scopes", "cards:create", "--yes")

    assert json.loads(result.stdout)["key"] == "***"
    assert "sk.test." not in result.output


def test_signing_keys_are_masked(call: Call) -> None:
    created = call("webhooks", "create", "--name", "w", "--url", "https://example.com/h",
                   "--events", "request.completed", "--signing-key", "very secret")  # fmt: skip
    secret = call("webhooks", "secret", json.loads(created.stdout)["id"])

    assert "very secret" not in created.output
    assert set(json.loads(secret.stdout).values()) == {"***"}


def test_an_action_without_an_answer_says_that_it_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verb = next(verb for verb in verbs_of("cards") if verb.name == "block")

    class Cards:
        async def block(self, _: Any) -> Any:
            return ActionResult()

    client = SimpleNamespace(cards=Cards())
    asyncio.run(VerbCall(verb, {"card_id": "c.1"}, OutputOptions(output=Format.TABLE))(client))  # type: ignore[arg-type]

    assert tuple(capsys.readouterr()) == ("", "done\n")


def test_no_network_is_a_line(run: Run) -> None:
    result = run("customers", "list", "--base-url", "http://127.0.0.1:9",
                 ALLAWEE_API_KEY="sk.test.x")  # fmt: skip

    assert (result.exit_code, result.stdout) == (1, "")
    assert "check the network and the host, then try again" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_key_that_expires_in_the_middle_of_a_list(call: Call) -> None:
    requests = itertools.count(1)

    def expire_at_the_third() -> Any:
        if next(requests) == 3:
            call.sandbox.state.keys.revoke(call.sandbox.api_key)
        return 0.0

    call.sandbox.faults.latency(expire_at_the_third)
    result = call("customers", "list", "--limit", "1", "--output", "jsonl")

    assert result.exit_code == 3
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.startswith("error: Invalid Authorization Key")


@pytest.mark.parametrize("form", list(Format))
def test_an_entry_that_cannot_be_read_hides_no_other(call: Call, form: Any) -> None:
    second = json.loads(call("customers", "list").stdout)[1]
    call.sandbox.state.customers.replace({**second, "createdAt": "never"})
    result = call("customers", "list", "--output", form, "--columns" if form in ("table", "csv")
                  else "--sort", "id")  # fmt: skip

    assert result.exit_code == 1
    assert result.stdout.count("cus.") == 4
    assert second["id"] not in result.stdout
    warning, error = result.stderr.splitlines()
    assert warning.startswith(f"warning: {second['id']}: ")
    assert "createdAt" in warning
    assert error == (
        "error: 1 entry could not be read, and so not shown; --select takes fields as they come"
    )
    assert second["id"] in call("customers", "list", "--select", "id,name").stdout
