"""Payouts over HTTP that are refused, and leave everything as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.money_calls import DOLLARS, NAIRA, START, balance, open_account, payout, post

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller

METHODS = "bank-transfer, billing, fx-charge, fx-transfer, local-transfer, transfer"


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"method": None, "options": None, "currency": None, "amount": None}, [
            f"method must be one of the following values: {METHODS}",
            "currency must be one of the following values: NGN, USD",
            "amount must be an integer number",
            "options must be an object",
        ]),
        ({"amount": 0}, ["amount must not be less than 1"]),
        ({"amount": -5}, ["amount must not be less than 1"]),
        ({"amount": True}, ["amount must be an integer number"]),
        ({"amount": 10.0}, ["amount must be an integer number"]),
        ({"amount": 10**19}, ["amount must not be greater than 1000000000000000"]),
        ({"customer": "cus.none", "fee": NAIRA, "debitSource": "fee.none"}, [
            "customer must be the id of a customer",
            "fee must be the id of a fee",
            "debitSource must be the id of an account",
        ]),
        ({"options": {"method": "transfer"}}, [
            "options.method must be the same as method",
            "options.accountNumber must be a string",
            "options.bankCode must be a string",
        ]),
        ({"options": {"accountNumber": "12", "bankCode": "999", "note": 7}}, [
            "options.note must be a string",
            "options.accountNumber must have ten digits",
            "options.bankCode must be the code of a bank",
        ]),
        ({"method": "transfer", "options": {}}, [
            "options.destination must be the id of an account",
        ]),
        ({"method": "fx-transfer", "options": {"fxCurrency": "EUR"}}, [
            "options.destination must be the id of an account",
            "options.fxCurrency must be one of the following values: NGN, USD",
            "options.fxQuoteHash must be the id of an FX quote",
        ]),
        ({"reference": ["a"], "metadata": "b"}, [
            "reference must be a string", "metadata must be an object",
        ]),
    ],
)  # fmt: skip
async def test_wrong_fields_are_all_told(
    allawee: Caller, changes: dict[str, Any], messages: list[str]
) -> None:
    answer = await post(allawee, "/payments/payouts", payout(**changes))

    assert answer.status == 400
    assert answer.json["message"] == messages
    assert (await allawee.get("/payments")).ids == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "USD"}, "currency-mismatch"),
        ({"debitSource": DOLLARS}, "currency-mismatch"),
        ({"method": "transfer", "options": {"destination": DOLLARS}}, "currency-mismatch"),
        ({"method": "transfer", "options": {"destination": NAIRA}}, "same-account"),
    ],
)
async def test_what_does_not_fit_together_is_refused(
    allawee: Caller, changes: dict[str, Any], code: str
) -> None:
    answer = await post(allawee, "/payments/payouts", payout(**changes))

    assert (answer.status, answer.json["code"]) == (402, code)
    assert await balance(allawee) == START


async def test_a_virtual_account_cannot_pay_nor_be_paid_by_transfer(allawee: Caller) -> None:
    virtual = await open_account(allawee, type="virtual")
    to = {"method": "transfer", "options": {"destination": virtual["id"]}}
    for changes in ({"debitSource": virtual["id"]}, to):
        answer = await post(allawee, "/payments/payouts", payout(**changes))
        assert (answer.status, answer.json["code"]) == (402, "virtual-account")


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""), ("GET", "/generate/pdf"), ("POST", "/requeue"),
        ("POST", "/resend-events/payment-completed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("id", ["p.none", NAIRA])
async def test_unknown_and_foreign_ids_are_not_found(
    allawee: Caller, method: str, rest: str, id: str
) -> None:
    answer = await allawee.send(method, f"/payments/{id}{rest}")

    assert (answer.status, answer.json["code"]) == (404, "not-found")
    assert (await allawee.get(f"/billings/{id}")).status == 404
