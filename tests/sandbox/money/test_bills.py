"""Bills: their products, validated and paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.money_calls import NAIRA, post

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller

BILL = {"product": "bp.2cbc123456", "inputs": {"phoneNumber": "08055429186", "amount": "40000"}}


async def test_a_bill_is_validated_and_paid(allawee: Caller) -> None:
    checked = (await post(allawee, "/payments/bill/validate", BILL)).json["data"]
    assert (await allawee.get("/payments")).ids == []
    paid = (await post(allawee, "/payments/bill", BILL | {"reference": "bill-1"})).json["data"]
    again = await post(allawee, "/payments/bill", BILL | {"reference": "bill-1"})

    assert (checked["valid"], checked["amount"], checked["fees"]) == (True, 40_000, 10_750)
    assert (paid["type"], paid["method"], paid["amount"]) == ("bill-payment", "billing", 40_000)
    assert paid["methodData"]["billing"]["inputs"] == BILL["inputs"]
    assert (again.status, again.json["code"]) == (409, "duplicate-reference")
    balance = (await allawee.get(f"/accounts/{NAIRA}/balance")).json["data"]["balance"]
    assert balance == 1_000_000_000 - 50_750


async def test_a_product_may_have_a_price(allawee: Caller) -> None:
    body = {"product": "bp.2cbc123459", "inputs": {"phoneNumber": "08055429186", "extra": 1}}

    assert (await post(allawee, "/payments/bill", body)).json["data"]["amount"] == 80_000


async def test_products_tell_their_inputs(allawee: Caller) -> None:
    products = (await allawee.get("/tools/bills/products")).json["data"]
    categories = (await allawee.get("/tools/bills/categories")).json["data"]
    one = (await allawee.get("/tools/bills/products/bp.2cbc123456")).json["data"]

    assert {product["category"] for product in products} == {entry["id"] for entry in categories}
    assert one in products
    assert [field["name"] for field in one["inputs"]] == ["phoneNumber", "amount"]
    assert (await allawee.get("/tools/bills/products/bp.none")).status == 404


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"product": None, "inputs": None}, [
            "product must be the id of a bill product", "inputs must be an object",
        ]),
        ({"inputs": {}}, [
            "inputs.phoneNumber must be a string", "inputs.amount must be a string",
        ]),
        ({"inputs": {"phoneNumber": "0805", "amount": 40_000}}, [
            "inputs.phoneNumber must have 11 digits", "inputs.amount must be a string",
        ]),
        ({"inputs": {"phoneNumber": "08055429186", "amount": "000"}}, [
            "inputs.amount must not be less than 1",
        ]),
        ({"inputs": {"phoneNumber": "08055429186", "amount": "12.5"}}, [
            "inputs.amount must have 1 to 12 digits",
        ]),
        ({"customer": "cus.none", "debitSource": "cus.none"}, [
            "customer must be the id of a customer", "debitSource must be the id of an account",
        ]),
    ],
)  # fmt: skip
async def test_wrong_inputs_are_all_told(
    allawee: Caller, changes: dict[str, Any], messages: list[str]
) -> None:
    for path in ("/payments/bill", "/payments/bill/validate"):
        answer = await post(allawee, path, BILL | changes)
        assert (answer.status, answer.json["message"]) == (400, messages)
    assert (await allawee.get("/payments")).ids == []


async def test_a_bill_takes_the_configured_fee(allawee: Caller) -> None:
    pot = (await post(allawee, "/accounts", {"name": "P", "currency": "NGN", "type": "sub"})).json
    body = {"name": "Ours", "structure": "flat", "value": 500, "account": pot["data"]["id"]}
    fee = (await post(allawee, "/fees", body)).json["data"]["id"]
    changed = {"fees": {"billPayment": fee}}
    answer = await allawee.send("PUT", "/tools/configuration/payment", json=changed)

    assert answer.json["data"]["payment"]["fees"] == {"billPayment": fee}
    assert (await post(allawee, "/payments/bill", BILL)).json["data"]["fees"] == 11_250
