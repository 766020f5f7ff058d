"""`--from FILE`: checked, asked once, sent, and told row by row."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT, BANK = "0123456789", "058"
PAY = ("payments", "create-payout", "--currency", "NGN", "--method", "bank-transfer")
TO = ("--options.bankCode", BANK, "--map", "options.accountNumber=Account", "--ignore", "Name")


@pytest.fixture
def salaries(tmp_path: Path) -> Path:
    file = tmp_path / "salaries.csv"
    rows = [f"pay-{number},{number}000,{ACCOUNT},John Doe" for number in range(1, 6)]
    file.write_text("\n".join(["reference,amount,Account,Name", *rows]))
    return file


def outcomes(salaries: Path) -> list[dict[str, str]]:
    with salaries.with_suffix(".outcome.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def paid(call: Any) -> list[str]:
    return sorted(one["reference"] for one in json.loads(call("payments", "list").stdout))


def test_each_row_is_sent(call: Any, salaries: Path) -> None:
    result = call(*PAY, *TO, "--from", str(salaries), "--yes")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "5 done" in result.stderr
    assert f"{salaries.with_suffix('.outcome.csv')} tells of each" in result.stderr
    assert [row["state"] for row in outcomes(salaries)] == ["done"] * 5
    assert sorted(row["reference"] for row in outcomes(salaries)) == paid(call)
    assert all(row["id"].startswith("p.") for row in outcomes(salaries))
    assert salaries.with_suffix(".outcome.csv").stat().st_mode & 0o077 == 0


def test_the_same_command_again_pays_nobody_twice(call: Any, salaries: Path) -> None:
    for _ in range(2):
        assert call(*PAY, *TO, "--from", str(salaries), "--yes").exit_code == 0

    assert paid(call) == [f"pay-{number}" for number in range(1, 6)]
    assert len(outcomes(salaries)) == 5


def test_a_dry_run_sends_nothing(call: Any, salaries: Path) -> None:
    result = call(*PAY, *TO, "--from", str(salaries), "--dry-run")

    assert (result.exit_code, call.sandbox.requests[:]) == (0, [])
    assert result.stderr.endswith("\n5 rows, NGN 150.00 (15000) can be sent; nothing was\n")
    assert result.stderr.startswith("warning: line 2: the account number does not fit")
    assert not salaries.with_suffix(".journal").exists()


def test_without_a_yes_nothing_is_sent(call: Any, salaries: Path) -> None:
    result = call(*PAY, *TO, "--from", str(salaries))

    assert (result.exit_code, call.sandbox.requests[:]) == (2, [])
    assert "payments create-payout pays money out, once for each row, with a test key" in (
        result.stderr
    )


def test_one_question_tells_count_and_total(
    call: Any, salaries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allawee_async.cli.operations.confirmations.somebody_answers", lambda: True)
    result = call(*PAY, *TO, "--from", str(salaries), typed="y\n")

    assert result.exit_code == 0
    assert result.stderr.count("[y/N]") == 1
    assert "5 rows, NGN 150.00 (15000)" in result.stderr


def test_a_wrong_row_stops_all(call: Any, salaries: Path) -> None:
    salaries.write_text(salaries.read_text().replace("3000", "30.00"))
    result = call(*PAY, *TO, "--from", str(salaries), "--yes")

    assert (result.exit_code, call.sandbox.requests[:]) == (2, [])
    assert "1 row cannot be sent, so nothing was: line 4: --amount takes" in result.stderr


def test_warnings_that_are_not_shown_are_counted(call: Any, salaries: Path) -> None:
    rows = [f"pay-{number},1000,123456789,John Doe" for number in range(14)]
    salaries.write_text("\n".join(["reference,amount,Account,Name", *rows]))
    result = call(*PAY, *TO, "--from", str(salaries), "--dry-run")

    assert result.stderr.count("zeros in front are lost") == 10
    assert "warning: 4 more rows like these" in result.stderr


def test_all_columns_that_are_no_options_are_told_at_once(call: Any, salaries: Path) -> None:
    salaries.write_text(f"reference,Salary,Account Number\npay-1,1000,{ACCOUNT}\n")
    result = call(*PAY, "--options.bankCode", BANK, "--from", str(salaries), "--dry-run")

    assert result.exit_code == 2
    assert "use --map OPTION=Salary, or --ignore Salary to leave it out" in result.stderr
    assert "use --map 'OPTION=Account Number', or --ignore 'Account Number'" in result.stderr


def test_major_units(call: Any, salaries: Path) -> None:
    words = ("--amounts", "major", "--dry-run")
    result = call(*PAY, *TO, "--from", str(salaries), *words)

    assert "NGN 15,000.00 (1500000)" in result.stderr


def test_a_payment_that_failed_is_no_success(call: Any, salaries: Path) -> None:
    salaries.write_text(salaries.read_text().replace("5000", "99999999999999"))
    result = call(*PAY, *TO, "--from", str(salaries), "--yes")
    states = {row["reference"]: row["status"] for row in outcomes(salaries)}

    assert result.exit_code == 1
    assert "4 done, 1 failed; NGN 100.00 (10000)" in result.stderr
    assert "`allawee payments list --filter status:failed` tells why" in result.stderr
    assert states["pay-5"] == "failed"


def test_a_row_that_is_refused_hides_no_other(call: Any, salaries: Path) -> None:
    salaries.write_text(salaries.read_text().replace(f"4000,{ACCOUNT}", "4000,1"))
    result = call(*PAY, *TO, "--from", str(salaries), "--yes")
    (refused,) = [row for row in outcomes(salaries) if row["state"] == "refused"]

    assert result.exit_code == 1
    assert refused["reference"] == "pay-4"
    assert refused["error"]
    assert len(paid(call)) == 4


def test_names_of_the_bank_stand_beside_those_of_the_file(call: Any, salaries: Path) -> None:
    salaries.write_text(salaries.read_text().replace("John Doe", "Eve Obi", 1))
    result = call(*PAY, *TO, "--from", str(salaries), "--check-names", "--dry-run")
    rows = [line.split() for line in result.stdout.splitlines()]

    assert result.exit_code == 0, result.stderr
    assert rows[0] == ["reference", "account", "nameOfTheBank", "nameOfTheFile", "same"]
    assert (rows[1][0], rows[1][-1]) == ("pay-1", "no")
    assert "warning: 1 row without the bank's name, 0 accounts not found" in result.stderr
    assert [row[-1] for row in rows[2:]] == ["yes"] * 4
    assert {request.method for request in call.sandbox.requests} <= {"GET", "POST"}
    assert not [one for one in call.sandbox.requests if one.path == "/payments/payouts"]


def test_rows_whose_outcome_is_not_known_are_told_and_looked_up(call: Any, salaries: Path) -> None:
    call.sandbox.faults.reset(after_effect=True, method="POST", path="/payments/payouts")
    call.sandbox.faults.status(500, times=None, method="GET", path="/payments*")
    words = (*PAY, *TO, "--from", str(salaries), "--yes", "--concurrency", "1")
    first = call(*words)

    assert first.exit_code == 6
    assert "of 1 row it is not known whether they took effect; the same command" in first.stderr
    call.sandbox.faults.clear()
    assert call(*words).exit_code == 0
    assert paid(call) == [f"pay-{number}" for number in range(1, 6)]
    assert {row["state"] for row in outcomes(salaries)} <= {"done", "skipped"}


def test_a_row_that_has_changed_is_refused(call: Any, salaries: Path) -> None:
    words = (*PAY, *TO, "--from", str(salaries), "--yes")
    assert call(*words).exit_code == 0
    salaries.write_text(salaries.read_text().replace("3000", "3001"))
    again = call(*words)

    assert again.exit_code == 2
    assert "it was sent with other values in an earlier run" in again.stderr


def test_other_verbs_take_files_as_well(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "customers.jsonl"
    names = ("Ada", "Eve")
    file.write_text("\n".join(
        json.dumps({"name": name, "reference": name, "type": "individual", "claims": {}})
        for name in names
    ))  # fmt: skip
    result = call("customers", "create", "--from", str(file), "--yes")

    assert result.exit_code == 0, result.stderr
    assert call("customers", "find", "--reference", "Eve").exit_code == 0


def test_a_single_call_needs_its_options_as_ever(run: Any) -> None:
    assert "Missing option '--method'" in run("payments", "create-payout").stderr
    assert "--from" not in run("cards", "block", "--help").stdout


def test_a_file_without_rows(call: Any, tmp_path: Path) -> None:
    (tmp_path / "no.csv").write_text("reference,amount\n")
    result = call(*PAY, "--from", str(tmp_path / "no.csv"), "--yes")

    assert result.exit_code == 2
    assert "has no rows" in result.stderr


def test_a_map_that_is_none(call: Any, salaries: Path) -> None:
    result = call(*PAY, "--from", str(salaries), "--map", "amount")

    assert result.exit_code == 2
    assert "--map takes OPTION=COLUMN" in result.stderr


def test_outcomes_that_cannot_be_written_are_no_failure_to_repeat(
    call: Any, salaries: Path
) -> None:
    salaries.with_suffix(".outcome.csv").mkdir()
    result = call(*PAY, *TO, "--from", str(salaries), "--yes")

    assert result.exit_code == 7
    assert "the rows were sent, but" in result.stderr
    assert "the same command sends nothing twice" in result.stderr
    assert len(paid(call)) == 5


def test_outcomes_are_written_through_no_link_and_for_nobody_else(
    call: Any, salaries: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    outcomes = salaries.with_suffix(".outcome.csv")
    outcomes.symlink_to(mine)
    result = call(*PAY, *TO, "--from", str(salaries), "--yes")

    assert result.exit_code == 0
    assert mine.read_text() == "mine"
    assert outcomes.stat().st_mode & 0o777 == 0o600


def test_names_are_of_bank_accounts(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    row = {"name": "Ada", "reference": "r", "type": "individual", "claims": {}}
    file.write_text(json.dumps(row))
    result = call("customers", "create", "--from", str(file), "--check-names", "--yes")

    assert result.exit_code == 2
    assert "--check-names is for payouts to bank accounts" in result.stderr
    assert not call.sandbox.requests


def test_an_account_that_no_bank_knows_is_shown(call: Any, salaries: Path) -> None:
    salaries.write_text(salaries.read_text().replace(ACCOUNT, "0123456780", 1))
    result = call(*PAY, *TO, "--from", str(salaries), "--check-names", "--dry-run", COLUMNS="160")

    assert result.exit_code == 0
    assert "not found: " in result.stdout.splitlines()[1]


def test_the_command_goes_on_after_it_was_ended(call: Any, salaries: Path) -> None:
    words = (*PAY, *TO, "--from", str(salaries), "--yes")
    refused = call(*words, ALLAWEE_API_KEY="sk.test.nobody")
    journal = salaries.with_suffix(".journal")

    assert refused.exit_code == 3
    assert f"the same command goes on; {journal} knows what was sent" in refused.stderr
    outcomes = salaries.with_suffix(".outcome.csv")
    assert f"ended before; {outcomes} tells of each" in refused.stderr
    assert ",refused,,," in outcomes.read_text()


def test_a_batch_that_cannot_begin_knows_of_nothing_sent(
    call: Any, salaries: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").touch()
    salaries.with_suffix(".journal.lock").symlink_to(tmp_path / "elsewhere")
    result = call(*PAY, *TO, "--from", str(salaries), "--yes")

    assert result.exit_code == 1
    assert "nothing was sent; mend that, or keep it in another folder" in result.stderr
    assert "the same command" not in result.stderr
    assert not salaries.with_suffix(".outcome.csv").exists()
