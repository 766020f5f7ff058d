"""Fees, bills and tools over HTTP: banks, products, configuration, rates, quotes, merchants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.directory.banks import complete, fits
from allawee_async.sandbox.directory.merchants import categories_of, merchants_named

if TYPE_CHECKING:
    from tests.sandbox.conftest import Answer, Caller

NAIRA, DOLLARS = "ac.2tVZczWw7m6Teoeb7", "ac.2tVZczWw7m6Teoeb8"
BILL = {"product": "bp.2cbc123456", "inputs": {"phoneNumber": "08055429186", "amount": "40000"}}


async def post(allawee: Caller, path: str, body: Any) -> Answer:
    return await allawee.send("POST", path, json=body)


def test_check_digits_are_those_of_the_central_bank() -> None:
    assert complete("058", "012345678") == "0123456785"
    assert complete("011", "000001457") == "0000014579"  # the example of the bank's own guidelines
    assert fits("950515", complete("950515", "812345678"))
    assert not fits("058", "012345678X")


async def test_banks_are_listed_and_guessed_by_check_digit(allawee: Caller) -> None:
    banks = (await allawee.get("/tools/banks")).json["data"]
    likely = (await allawee.get("/tools/banks/short-list/0123456785")).json["data"]

    assert {len(bank["code"]) for bank in banks} == {3, 6}
    assert {"name": "GUARANTY TRUST BANK", "code": "058", "nipCode": "000013"} in likely
    assert 0 < len(likely) < len(banks)
    for number in ("123", "012345678X", "\u0660" * 10):
        answer = await allawee.get(f"/tools/banks/short-list/{number}")
        assert answer.json["message"] == ["accountNumber must have ten digits"]


@pytest.mark.parametrize("code", ["058", "000013"])
async def test_an_account_has_always_the_same_name(allawee: Caller, code: str) -> None:
    path = "/tools/banks/resolve"
    answer = await allawee.get(path, accountNumber="0123456785", bankCode=code)
    documented = await allawee.get(path, accountNumber="0123456789", bankCode=code)
    ours = await allawee.get(path, accountNumber="0062622057", bankCode="000")

    assert answer.json["data"] == {
        "accountName": "WANJIRU WILLIAMS", "accountNumber": "0123456785", "bankCode": code,
    }  # fmt: skip
    assert documented.json["data"]["accountName"] == "JOHN DOE"
    assert ours.json["data"]["accountName"] == "Baggy App"


async def test_a_wrong_pair_has_no_name(allawee: Caller) -> None:
    for number, code in (("0123456784", "058"), ("0012345678", "000")):
        answer = await allawee.get("/tools/banks/resolve", accountNumber=number, bankCode=code)
        assert (answer.status, answer.json["code"]) == (404, "account-not-found")
    empty = await allawee.get("/tools/banks/resolve")
    assert (empty.status, empty.json["message"]) == (
        400, ["accountNumber must have ten digits", "bankCode must be the code of a bank"],
    )  # fmt: skip


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


async def test_a_bill_takes_the_configured_fee(allawee: Caller) -> None:
    pot = (await post(allawee, "/accounts", {"name": "P", "currency": "NGN", "type": "sub"})).json
    body = {"name": "Ours", "structure": "flat", "value": 500, "account": pot["data"]["id"]}
    fee = (await post(allawee, "/fees", body)).json["data"]["id"]
    changed = {"fees": {"billPayment": fee}}
    answer = await allawee.send("PUT", "/tools/configuration/payment", json=changed)

    assert answer.json["data"]["payment"]["fees"] == {"billPayment": fee}
    assert (await post(allawee, "/payments/bill", BILL)).json["data"]["fees"] == 11_250


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


async def test_the_configuration_keeps_what_is_left_out(allawee: Caller) -> None:
    path = "/tools/configuration"
    first = (await allawee.get(path)).json["data"]
    await allawee.send("PUT", f"{path}/payment", json={"payOutAccount": DOLLARS})
    await allawee.send("PUT", f"{path}/payment", json={"payInAccount": None})

    assert first == {"payment": {"payInAccount": NAIRA, "payOutAccount": NAIRA, "fees": {}}}
    assert (await allawee.get(path)).json["data"]["payment"] == {
        "payInAccount": NAIRA, "payOutAccount": DOLLARS, "fees": {},
    }  # fmt: skip


async def test_a_wrong_configuration_changes_nothing(allawee: Caller) -> None:
    virtual = {"name": "V", "currency": "NGN", "type": "virtual"}
    account = (await post(allawee, "/accounts", virtual)).json["data"]["id"]
    body = {"payInAccount": account, "payOutAccount": "fee.no", "fees": {"billPayment": "x"}}
    answer = await allawee.send("PUT", "/tools/configuration/payment", json=body)

    assert (answer.status, answer.json["message"]) == (400, [
        "payInAccount must not be a virtual account",
        "payOutAccount must be the id of an account",
        "fees.billPayment must be the id of a fee",
    ])  # fmt: skip
    assert (await allawee.get("/tools/configuration")).json["data"]["payment"]["fees"] == {}


async def test_rates_and_quotes(allawee: Caller) -> None:
    rates = (await allawee.get("/tools/fx/rates")).json["data"]
    some = (await allawee.get("/tools/fx/rates", **{"from": "NGN", "to": "USD"})).json["data"]
    wrong = await allawee.get("/tools/fx/rates", to="EUR")
    body = {"from": "USD", "to": "NGN", "amount": 1_000}
    quoted = (await post(allawee, "/tools/fx/quotes", body)).json["data"]

    assert {(rate["from"], rate["rate"]) for rate in rates} == {("NGN", 1550), ("USD", 1500)}
    assert quoted["rate"] == 1500
    assert some == [{"from": "NGN", "to": "USD", "rate": 1550}]
    assert wrong.json["message"] == ["to must be one of the following values: NGN, USD"]
    assert (quoted["sourceAmount"], quoted["amount"], quoted["status"]) == (1, 1_000, "open")


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({}, [
            "from must be one of the following values: NGN, USD",
            "to must be one of the following values: NGN, USD",
            "amount must be an integer number",
        ]),
        ({"from": "NGN", "to": "NGN", "amount": 5}, ["to must be another currency than from"]),
    ],
)  # fmt: skip
async def test_wrong_quotes_are_told(allawee: Caller, body: Any, messages: list[str]) -> None:
    answer = await post(allawee, "/tools/fx/quotes", body)

    assert (answer.status, answer.json["message"]) == (400, messages)


async def test_merchants_and_their_categories(allawee: Caller) -> None:
    merchants = (await allawee.get("/tools/merchants")).json["data"]
    categories = (await allawee.get("/tools/merchants/categories")).json["data"]
    one = await allawee.get("/tools/merchants/mch.2cbc123456")

    assert one.json["data"] in merchants
    known = {category["id"] for category in categories}
    assert {"airlines", "flight-ticket", "betting", "hospitality"} <= known
    assert all(known.issuperset(merchant["categories"]) for merchant in merchants)
    assert (await allawee.get("/tools/merchants/mch.none")).status == 404


def test_purchases_are_told_by_code_and_descriptor() -> None:
    assert categories_of("4511") == {"airlines", "flight-ticket"}
    assert categories_of(None) == categories_of("45x1") == categories_of("0001") == frozenset()
    assert merchants_named(" netflix LAGOS") == {"mch.2cbc123462"}
    assert merchants_named(None) == merchants_named("Nobody") == frozenset()
