"""Files of all kinds as the arguments of calls, and what is refused before anything is sent."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.cli.batch.files import rows_in
from allawee_async.cli.batch.options import Amounts, takes_files
from allawee_async.cli.batch.rows import Reading, plan_of
from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.redaction import SecretText
from allawee_async.resources.verbs import all_verbs
from allawee_async.version import install_command

if TYPE_CHECKING:
    from pathlib import Path

VERBS = {verb.call: verb for verb in all_verbs()}
PAYOUT = VERBS["payments.create_payout"]
HEADING = "reference,amount,currency,method,options.accountNumber,options.bankCode"
ROW = "pay-1,150050,NGN,bank-transfer,0123456789,058"
CALL = {
    "reference": "pay-1",
    "amount": 150_050,
    "currency": "NGN",
    "method": "bank-transfer",
    "options": {"accountNumber": "0123456789", "bankCode": "058"},
}


def calls(file: Path, verb: Any = PAYOUT, **reading: Any) -> list[dict[str, Any]]:
    plan = plan_of(verb, [*rows_in(file)], Reading(**{"columns": {}, **reading}))
    return [dict(row.values) for row in plan.rows]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def written(content: str | bytes, name: str = "salaries.csv") -> Path:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return written


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (f"{HEADING}\n{ROW}\n", "salaries.csv"),
        (f"\ufeff{HEADING}\r\n{ROW}\r\n", "salaries.csv"),
        (f"{HEADING}\n{ROW}".replace(",", ";"), "salaries.csv"),
        (f"{HEADING}\n{ROW}".replace(",", "\t"), "salaries.tsv"),
        (f"\n{HEADING}\n\n  \n{ROW}\n,,,,,\n", "salaries.csv"),
        (f" {HEADING} \n pay-1 ,150050, NGN,bank-transfer,0123456789,058", "salaries.csv"),
        (HEADING.replace("options.accountNumber", "options.account-number") + f"\n{ROW}", "s.csv"),
        (json.dumps(CALL), "salaries.jsonl"),
        (json.dumps({**CALL, "options.bankCode": None, "options": CALL["options"]}), "s.jsonl"),
    ],
)
def test_files_of_all_kinds(write: Any, content: str, name: str) -> None:
    assert calls(write(content, name)) == [CALL]


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    flat = {**CALL, "note": None}
    del flat["options"]
    table = pyarrow.Table.from_pylist([{**flat, "options": CALL["options"]}])
    parquet.write_table(table, tmp_path / "salaries.parquet")

    assert calls(tmp_path / "salaries.parquet", ignored=frozenset({"note"})) == [CALL]


def test_a_damaged_parquet(write: Any) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(CommandError, match="is no Parquet file"):
        calls(write(b"PAR1nothing", "salaries.parquet"))


def test_a_quoted_line_end_is_in_a_cell_and_places_are_lines(write: Any) -> None:
    file = write('name,reference,type,claims\n"Ada\nObi",r1,individual,{}\nEve,r1,individual,{}\n')
    places = [row.place for row in rows_in(file)]

    assert places == ["line 2", "line 4"]
    with pytest.raises(CommandError, match=r"line 4: row 1 has the reference 'r1' already"):
        calls(file, VERBS["customers.create"])


def test_columns_of_other_names_and_values_for_all_rows(write: Any) -> None:
    file = write("Ref,Salary,Account,Name\npay-1,1500.50,0123456789,Ada Obi\n")
    columns = {"Ref": "reference", "Salary": "amount", "Account": "options.accountNumber"}
    fixed = {"currency": "NGN", "method": "bank-transfer", "options": [".bankCode=058"]}

    assert calls(
        file,
        columns=columns,
        ignored=frozenset({"Name"}),
        amounts=Amounts.MAJOR,
        fixed=fixed,
    ) == [CALL]
    assert fixed["options"] == [".bankCode=058"]


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1500", 150_000),
        ("1500.5", 150_050),
        ("0.01", 1),
        ("9007199254740993.01", 900719925474099301),
    ],
)
def test_amounts_in_major_units_are_exact(write: Any, text: str, minor: int) -> None:
    file = write(f"{HEADING}\n{ROW.replace('150050', text)}")

    assert calls(file, amounts=Amounts.MAJOR)[0]["amount"] == minor


@pytest.mark.parametrize(
    "text", ["1,500.00", "₦1500", "1500.505", "-1", "1e3", "NaN", "Infinity", "٣", "1 500", "."]
)
def test_what_is_no_amount(write: Any, text: str) -> None:
    file = write(f"{HEADING}\n{ROW.replace('150050', json.dumps(text, ensure_ascii=False))}")

    for amounts in Amounts:
        with pytest.raises(CommandError, match="line 2: --amount takes ") as raised:
            calls(file, amounts=amounts)
        assert raised.value.code is ExitCode.WRONG_USE


def test_minor_units_have_no_point(write: Any) -> None:
    with pytest.raises(CommandError, match=r"minor units, .*--amounts major takes"):
        calls(write(f"{HEADING}\n{ROW.replace('150050', '1500.50')}"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"{HEADING},Name\n{ROW},Ada", r"the column 'Name' is no option .*--ignore Name"),
        (f"{HEADING},amuont\n{ROW},1", r"the column 'amuont' .*did you mean amount\?"),
        (f"{HEADING},amount\n{ROW},1", "has a column twice: amount"),
        (f"{HEADING},\n{ROW},1", "column 7 has no name"),
        (f"{HEADING}\n{ROW},1", "line 2 has 7 cells, and the heading 6"),
        (f"{HEADING}\n,150050,NGN,,,", "line 2: method is missing"),
        (f"{HEADING}\n{ROW}\n{ROW}", "line 3: row 1 has the reference"),
        (f'{HEADING}\n"pay-1,1', "is no CSV"),
        (
            f"{HEADING.replace('options.bankCode', 'options.bnkCode')}\n{ROW}",
            "has no field 'bnkCode'",
        ),
        (f"{HEADING}\n{ROW}".encode("utf-16"), "is not UTF-8"),
        (f"{HEADING},metadata\n{ROW},@/etc/hosts", "line 2: --metadata must be JSON"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(write: Any, content: str | bytes, told: str) -> None:
    with pytest.raises(CommandError, match=told) as raised:
        calls(write(content))
    assert raised.value.code is ExitCode.WRONG_USE


def test_the_first_of_many_wrong_rows_are_told(write: Any) -> None:
    rows = "\n".join(ROW.replace("pay-1", f"p{i}").replace("150050", "x") for i in range(25))
    with pytest.raises(
        CommandError, match=r"^25 rows cannot be sent, so nothing was: line 2: .*"
    ) as e:
        calls(write(f"{HEADING}\n{rows}"))
    assert str(e.value).endswith("; and 15 more")
    assert str(e.value).count("--amount") == 10


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("salaries.xlsx", "x", r"must end in \.csv"),
        ("salaries.jsonl", "[1]", "line 1 is no JSON object"),
        ("salaries.jsonl", "{}\n{", "line 2 is no JSON object"),
    ],
)
def test_files_that_are_none(write: Any, name: str, content: str, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        list(rows_in(write(content, name)))


def test_blank_lines_and_plain_values_of_json_lines(write: Any) -> None:
    file = write('\n{"name": "x", "reference": "r", "type": true, "claims": {}}\n\n', "a.jsonl")
    (row,) = rows_in(file)

    assert (row.place, row.cells["type"], row.cells["claims"]) == ("line 2", "true", "{}")


def test_parquet_without_pyarrow(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CommandError, match=re.escape(install_command("export"))):
        list(rows_in(write(b"PAR1", "salaries.parquet")))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot read .*No such file"):
        list(rows_in(tmp_path / "no.csv"))


def test_a_value_for_all_rows_beside_a_column_is_refused(write: Any) -> None:
    with pytest.raises(CommandError, match="'currency' and --currency say the same"):
        calls(write(f"{HEADING}\n{ROW}"), fixed={"currency": "USD"})


def test_secrets_are_hidden(write: Any) -> None:
    file = write("pan,customer,reference\n5061000000000000011,cus.1,r1")
    (call,) = calls(file, VERBS["cards.link_by_pan"])

    assert isinstance(call["pan"], SecretText)
    assert "5061" not in repr(call)


def test_verbs_that_take_files() -> None:
    assert {call for call, verb in VERBS.items() if takes_files(verb)} == {
        *("accounts.create", "cards.create", "cards.link_by_pan", "customers.create"),
        *("payment_requests.create", "payments.create_payout", "payments.pay_bill"),
        *("cards.link", "customers.update"),
    }
