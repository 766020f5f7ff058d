"""`allawee payments reconcile`: what matches, and each way in which it does not."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from allawee_async.sandbox.server import running_in_a_thread
from tests.cli.conftest import Call

MAIN = "ac.2tVZczWw7m6Teoeb7"
SUB = "ac.2xj4H6dbAEEV9Crv0"
PAYOUT = (
    *("payments", "create-payout", "--method", "bank-transfer", "--currency", "NGN", "--yes"),
    *("--options.accountNumber", "0123456789", "--options.bankCode", "058", "-o", "json"),
)
RECONCILE = ("payments", "reconcile", "--since", "1h")


@pytest.fixture(scope="module")
def _paid() -> Iterator[Any]:
    """A sandbox with two payouts, one that failed, a bill, a transfer and a pay-in."""
    with running_in_a_thread(customers=30, seed=1) as sandbox:
        call = Call(sandbox)
        ids = [_id(call(*PAYOUT, "--amount", "1000", "--reference", f"r{n}")) for n in (1, 2)]
        call(*PAYOUT, "--amount", "99999999999999", "--reference", "too much")
        call("payments", "create-payout", "--method", "transfer", "--currency", "NGN", "--yes",
             "--amount", "500", "--options.destination", SUB)  # fmt: skip
        call("payments", "pay-bill", "--product", "bp.2cbc123459", "--reference", "bill",
             "--inputs.phoneNumber", "08030000000", "--yes")  # fmt: skip
        call("simulation", "pay-in", "--method", "bank-transfer", "--account-number", "0062622048")
        yield call, ids


@pytest.fixture
def paid(_paid: Any) -> Any:
    _paid[0].sandbox.faults.clear()
    return _paid


def _id(result: Any) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)["id"]


def logged(call: Any, change: Any) -> None:
    """Let the next answer with the main account's log be another one."""
    entries = json.loads(call("accounts", "logs", MAIN, "-o", "json").stdout)
    body = {"code": "success", "data": change(entries), "metadata": {"hasMore": False}}
    call.sandbox.faults.status(200, body=body, path=f"/accounts/{MAIN}/logs", times=1)


def differences(call: Any, *options: Any) -> Any:
    result = call(*RECONCILE, "-o", "json", *options)
    report = json.loads(result.stdout)
    assert result.exit_code == (1 if report["differences"] else 0)
    return report["differences"]


def test_what_the_sandbox_paid_matches_its_logs(paid: Any) -> None:
    call, _ = paid
    before = len(call.sandbox.requests)
    result = call(*RECONCILE, "-o", "json")
    report = json.loads(result.stdout)

    assert (result.exit_code, report["differences"]) == (0, [])
    assert report["payments"] == 5
    (total,) = report["totals"]
    assert total["dueAmount"] == total["debitedAmount"] > 2000
    assert result.stderr == "5 payments compared, no difference found\n"
    assert {one.method for one in [*call.sandbox.requests][before:]} == {"GET"}


def test_a_payment_without_an_entry(paid: Any) -> None:
    call, (first, _) = paid
    logged(call, lambda entries: [one for one in entries if one["reference"] != first])
    (found,) = differences(call)

    assert found["finding"] == "no log entry"
    assert (found["payment"], found["reference"], found["account"]) == (first, "r1", MAIN)
    assert (found["dueAmount"], found["debitedAmount"]) == (2075, 0)
    assert found["differenceAmount"] == -2075


@pytest.mark.parametrize("reference", ["p.unknown1", "salary-17", None])
def test_an_entry_without_a_payment(paid: Any, reference: Any) -> None:
    call, _ = paid

    def planted(entries: Any) -> Any:
        entry = entries[0] | {"id": "ac.log.planted", "reference": reference, "amount": 77}
        return [entry | {"type": "debit"}, *entries]

    logged(call, planted)
    (found,) = differences(call)

    assert (found["finding"], found["payment"]) == ("no payment", None)
    assert found["reference"] == (reference or "entry ac.log.planted")
    assert (found["dueAmount"], found["debitedAmount"]) == (0, 77)


@pytest.mark.parametrize("wrong", [{"amount": 999}, {"type": "credit"}])
def test_amounts_that_differ(paid: Any, wrong: Any) -> None:
    call, (_, second) = paid

    def planted(entries: Any) -> Any:
        return [
            one | wrong if one["reference"] == second and one["amount"] == 1000 else one
            for one in entries
        ]

    logged(call, planted)
    (found,) = differences(call)

    assert (found["finding"], found["payment"]) == ("amounts differ", second)
    assert found["debitedAmount"] == 1075 + (999 if "amount" in wrong else -1000)


def test_a_payment_that_failed_must_have_cost_nothing(paid: Any) -> None:
    call, _ = paid
    failed = json.loads(call("payments", "list", "--filter", "status:failed", "-o", "json").stdout)
    kept = {"reference": failed[0]["id"], "type": "debit", "amount": 5, "currency": "NGN"}
    logged(call, lambda entries: [entries[0] | kept, *entries])
    (found,) = differences(call)

    assert (found["finding"], found["status"]) == ("amounts differ", "failed")
    assert (found["dueAmount"], found["debitedAmount"]) == (0, 5)


def test_entries_are_found_by_the_reference_as_well(paid: Any) -> None:
    call, (first, _) = paid

    def renamed(entries: Any) -> Any:
        return [one | {"reference": "r1"} if one["reference"] == first else one for one in entries]

    logged(call, renamed)

    assert differences(call) == []


def test_what_was_paid_at_another_time_is_no_difference(paid: Any) -> None:
    """The log has entries of payments that the span leaves out."""
    call, _ = paid
    call.sandbox.faults.status(200, body={"code": "success", "data": []}, path="/payments", times=1)

    assert differences(call) == []


def test_only_one_account(paid: Any) -> None:
    call, _ = paid
    result = call(*RECONCILE, "--account", SUB, "-o", "json")

    assert (result.exit_code, json.loads(result.stdout)["payments"]) == (0, 0)


def test_a_table_and_a_csv(paid: Any) -> None:
    call, (first, _) = paid

    def without(entries: Any) -> Any:
        return [one for one in entries if one["reference"] != first]

    logged(call, without)
    table = call(*RECONCILE, "-o", "table", COLUMNS="200")
    logged(call, without)
    rows = call(*RECONCILE, "-o", "csv")
    (row,) = csv.DictReader(io.StringIO(rows.stdout))

    assert table.exit_code == rows.exit_code == 1
    assert table.stderr == "error: 5 payments compared, 1 difference found\n"
    assert table.stdout.split()[:3] == ["finding", "payment", "reference"]
    assert "no log entry" in table.stdout
    assert "NGN -20.75 (-2075)" in table.stdout
    assert (row["finding"], row["payment"], row["dueAmount"]) == ("no log entry", first, "2075")


def test_what_is_no_time_is_told(paid: Any) -> None:
    result = paid[0]("payments", "reconcile", "--since", "soon")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: --since: write a time as")
