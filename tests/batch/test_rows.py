"""Which rows can be sent, and what is told of those that cannot."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async import AllaweeClient, PayoutOptions
from allawee_async.batch import BatchRowsError, check_rows, run_batch
from allawee_async.batch.rows import odd_account_number
from allawee_async.errors import ConfigurationError
from tests.support.batch_child import payouts
from tests.support.canaries import PAN
from tests.support.tables import for_each

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async.sandbox import Sandbox

CLIENT = AllaweeClient("sk.test.rows")
PAY = CLIENT.payments.create_payout


@for_each(
    ("change", "said"),
    [
        ({"amount": "1500"}, "amount must be a whole number in minor units (kobo, cents), not str"),
        ({"amount": 1500.0}, "not float"),
        ({"amount": True}, "not bool"),
        ({"amount": -1}, "cannot be negative"),
        ({"amount": None}, "amount is missing"),
        ({"salary": 5}, "no such argument: salary"),
        ({"reference": " "}, "a reference of its own"),
        ({"reference": "\ud800"}, "form in JSON"),
        ({"options": {"bankCode": float("nan")}}, "form in JSON"),
        ({"options": "058"}, "options must be an object"),
    ],
)
def test_a_row_that_cannot_be_sent_is_named(change: dict[str, Any], said: str) -> None:
    rows = payouts(2)

    with pytest.raises(BatchRowsError) as refused:
        check_rows(PAY, [rows[0], rows[1] | change])

    (problem,) = refused.value.problems
    assert problem.number == 2
    assert said in problem.text


def test_all_problems_are_told_and_ten_are_shown() -> None:
    with pytest.raises(BatchRowsError, match="and 2 more") as refused:
        check_rows(PAY, [*({} for _ in range(11)), 5])  # type: ignore[list-item]

    assert len(refused.value.problems) == 12
    assert len(pickle.loads(pickle.dumps(refused.value)).problems) == 12


def test_a_reference_is_there_once() -> None:
    with pytest.raises(BatchRowsError, match="row 1 has the reference 'salary-0' already"):
        check_rows(PAY, payouts(1) * 2)


def test_a_model_is_the_same_as_a_mapping() -> None:
    (row,) = payouts(1)
    options = PayoutOptions(account_number="0123456789", bank_code="058")

    plans = [check_rows(PAY, [row]), check_rows(PAY, [row | {"options": options}])]

    assert plans[0].rows[0].digest == plans[1].rows[0].digest
    assert "check digit" in str(plans[1].warnings[0])


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_the_digest_tells_amounts_apart(one: int, other: int) -> None:
    (row,) = payouts(1)
    first, second = (check_rows(PAY, [row | {"amount": n}]).rows[0] for n in (one, other))

    assert (first.digest == second.digest) == (one == other)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True), st.from_regex(r"[0-9]{3}", fullmatch=True))
def test_one_last_digit_fits_a_bank(serial: str, bank: str) -> None:
    accounts = [{"accountNumber": f"{serial}{digit}", "bankCode": bank} for digit in range(10)]

    assert sum(odd_account_number(account) is None for account in accounts) == 1


@for_each(
    ("bank", "number", "told"),
    [
        ("011", "0000014579", None),  # the example of the Central Bank
        ("011", "0000014578", "does not fit the check digit of bank 011"),
        ("058", "0000014579", "does not fit the check digit of bank 058"),
        ("011", "000014579", "has 10 digits"),
        ("011", "00000145790", "has 10 digits"),
        ("011", "000001457x", "has 10 digits"),
        ("000014", "0000014578", None),
        ("000014", "14578", "has 10 digits; zeros in front are lost"),
        ("58", "0000014579", "has 3 digits or 6; zeros in front are lost"),
        ("14", "14579", "has 3 digits or 6; zeros in front are lost"),
        ("01x", "0000014578", None),
        (None, "0000014578", None),
        ("011", None, None),
    ],
)
def test_an_account_number_has_the_check_digit_of_its_bank(
    bank: str | None, number: str | None, told: str | None
) -> None:
    odd = odd_account_number({"bankCode": bank, "accountNumber": number})

    assert odd is None if told is None else told in str(odd)


def test_what_rows_come_to_is_told_by_currency() -> None:
    naira, dollars = payouts(2), payouts(4)[2:]
    rows = naira + [row | {"currency": "USD"} for row in dollars]

    plan = check_rows(PAY, rows)

    assert [row.amount for row in plan.rows] == [100_000, 100_001, 100_002, 100_003]
    assert plan.total == {"NGN": 200_001, "USD": 200_005}


def test_rows_without_money_come_to_nothing() -> None:
    row = {"reference": "c", "type": "individual", "name": "Ada Obi", "claims": {}}
    assert check_rows(CLIENT.customers.create, [row]).total == {}


@pytest.mark.parametrize("method", [CLIENT.cards.get, CLIENT.events.list, print, len])
def test_only_methods_with_a_reference_fit(method: Any) -> None:
    with pytest.raises(ConfigurationError, match="takes a reference"):
        check_rows(method, [])


async def test_no_card_number_is_kept(
    sandbox: Sandbox, allawee: AllaweeClient, tmp_path: Path
) -> None:
    row = {"pan": PAN, "reference": "card-1", "customer": next(iter(sandbox.state.customers))["id"]}
    plan = check_rows(allawee.cards.link_by_pan, [row])
    journal = tmp_path / "cards.journal"

    report = await run_batch(allawee.cards.link_by_pan, plan, journal=journal)

    assert PAN not in f"{plan!r} {plan.rows!r} {report!r} {content_of(journal)}"
    assert all(PAN not in f"{one.error} {one.error!r}" for one in report)


def content_of(path: Path) -> str:
    return path.read_text()


def test_options_in_the_names_of_python_are_refused_before_anything_is_sent(
    allawee: AllaweeClient,
) -> None:
    (row,) = payouts(1)
    wrong = {**row, "options": {"account_number": "0123456789", "bank_code": "058"}}

    with pytest.raises(BatchRowsError, match=r"options.account_number is options.accountN"):
        check_rows(allawee.payments.create_payout, [wrong])
