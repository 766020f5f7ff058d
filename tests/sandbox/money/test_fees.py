"""Fees of the business itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.money_calls import DOLLARS, NAIRA, post

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller


async def test_a_fee_is_made_and_read(allawee: Caller) -> None:
    body = {
        "name": "Ours", "description": "For us", "structure": "flat", "currency": "NGN",
        "value": 500, "cap": 10_000, "account": NAIRA, "metadata": {"key": "value"},
    }  # fmt: skip
    made = (await post(allawee, "/fees", body)).json["data"]

    assert made == body | {
        "status": "active", "createdAt": made["createdAt"], "updatedAt": made["createdAt"],
        "id": made["id"], "object": "fee",
    }  # fmt: skip
    assert (await allawee.get("/fees")).json["data"] == [made]
    assert (await allawee.get(f"/fees/{made['id']}")).json["data"] == made
    assert (await allawee.get("/fees/fee.none")).status == 404


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"name": None, "structure": None, "value": None, "account": None}, [
            "name must be a string",
            "structure must be one of the following values: flat, percentage",
            "value must be an integer number",
            "account must be the id of an account",
        ]),
        ({"structure": "percentage", "value": 101}, ["value must not be greater than 100"]),
        ({"structure": "percentage", "value": 100.5}, ["value must not be greater than 100"]),
        ({"structure": "percentage", "value": -0.5}, ["value must not be less than 0"]),
        ({"value": 1.5, "cap": "5"}, [
            "value must be an integer number", "cap must be an integer number",
        ]),
        ({"currency": "EUR"}, ["currency must be one of the following values: NGN, USD"]),
    ],
)  # fmt: skip
async def test_wrong_fees_are_all_told(
    allawee: Caller, changes: dict[str, Any], messages: list[str]
) -> None:
    body = {"name": "Ours", "structure": "flat", "value": 500, "account": NAIRA} | changes
    answer = await post(allawee, "/fees", body)

    assert (answer.status, answer.json["message"]) == (400, messages)
    assert (await allawee.get("/fees")).ids == []


@pytest.mark.parametrize(
    ("value", "cap", "fees"), [(1.5, None, 15), (0.25, None, 3), (12.5, 100, 100), (2, None, 20)]
)
async def test_a_percentage_may_have_decimals_and_is_rounded(
    allawee: Caller, value: float, cap: int | None, fees: int
) -> None:
    body = {"name": "Part", "structure": "percentage", "value": value, "account": NAIRA, "cap": cap}
    fee = (await post(allawee, "/fees", body)).json["data"]
    payout = {"method": "billing", "options": {}, "currency": "NGN", "amount": 1_000}
    paid = (await post(allawee, "/payments/payouts", payout | {"fee": fee["id"]})).json["data"]

    assert fee["value"] == value
    assert {"amount": fees, "group": "business", "type": "business-fees"} in paid["feeBreakdown"]


async def test_a_fee_fits_its_account_and_its_payment(allawee: Caller) -> None:
    body = {"name": "Ours", "structure": "flat", "value": 500, "account": DOLLARS}
    virtual = {"name": "V", "currency": "NGN", "type": "virtual"}
    number = (await post(allawee, "/accounts", virtual)).json["data"]["id"]
    fee = (await post(allawee, "/fees", body)).json["data"]["id"]
    payout = {
        "method": "billing", "options": {}, "currency": "NGN", "amount": 5, "fee": fee,
    }  # fmt: skip

    for path, sent, code in (
        ("/fees", body | {"currency": "NGN"}, "currency-mismatch"),
        ("/fees", body | {"account": number}, "virtual-account"),
        ("/payments/payouts", payout, "currency-mismatch"),
    ):
        answer = await post(allawee, path, sent)
        assert (answer.status, answer.json["code"]) == (402, code)
