"""Money that comes in, over HTTP: payment requests and simulated pay-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Answer, Caller

NAIRA, DOLLARS = "ac.2tVZczWw7m6Teoeb7", "ac.2tVZczWw7m6Teoeb8"
START = 1_000_000_000
PAY_IN = "/simulation/payments/pay-in"


def request_body(**changes: Any) -> dict[str, Any]:
    options = {"name": "Invoice 1234", "bank": "providus"}
    return {
        "method": "bank-transfer", "options": options, "currency": "NGN", "amount": 1_500_000,
    } | changes  # fmt: skip


async def post(allawee: Caller, path: str, body: Any) -> Answer:
    return await allawee.send("POST", path, json=body)


async def ask(allawee: Caller, **changes: Any) -> dict[str, Any]:
    answer = await post(allawee, "/payment-requests", request_body(**changes))
    assert answer.status == 200, answer.text
    asked: dict[str, Any] = answer.json["data"]
    return asked


async def balance(allawee: Caller, account: str = NAIRA) -> int:
    return int((await allawee.get(f"/accounts/{account}/balance")).json["data"]["balance"])


def number_of(asked: dict[str, Any]) -> str:
    return str(asked["methodData"]["bankTransfer"]["accountNumber"])


async def test_a_request_opens_a_number_for_one_payment(allawee: Caller) -> None:
    asked = await ask(allawee, reference="inv-1", metadata={"a": 1}, account=NAIRA)

    assert asked == {
        "method": "bank-transfer", "currency": "NGN", "amount": 1_500_000, "status": "pending",
        "account": NAIRA, "reference": "inv-1", "metadata": {"a": 1},
        "options": {"name": "Invoice 1234", "bank": "providus"},
        "methodData": {"bankTransfer": {
            "accountName": "Invoice 1234", "accountNumber": number_of(asked),
            "bankName": "Allawee Sandbox Bank", "bankCode": "000", "partner": "allawee-sandbox",
        }},
        "createdAt": asked["createdAt"], "updatedAt": asked["createdAt"], "id": asked["id"],
        "object": "payment.request",
    }  # fmt: skip
    assert (await allawee.get("/payment-requests")).json["data"] == [asked]
    assert (await allawee.get(f"/payment-requests/{asked['id']}")).json["data"] == asked


async def test_only_the_exact_amount_completes_a_request(allawee: Caller, sandbox: Sandbox) -> None:
    asked = await ask(allawee, customer="cus.2tXNjMhytgx7hCxu9")
    body = {"method": "bank-transfer", "accountNumber": number_of(asked)}
    wrong = (await post(allawee, PAY_IN, body | {"amount": 1_499_999})).json["data"]
    assert (wrong["status"], wrong["failureReason"]) == ("failed", "incorrect-amount")
    assert await balance(allawee) == START
    paid = (await post(allawee, PAY_IN, body)).json["data"]
    late = (await post(allawee, PAY_IN, body)).json["data"]
    done = (await allawee.get(f"/payment-requests/{asked['id']}")).json["data"]

    assert (paid["status"], paid["type"], paid["amount"]) == ("completed", "pay-in", 1_500_000)
    assert (paid["paymentRequest"], paid["customer"]) == (asked["id"], asked["customer"])
    assert (late["status"], late["failureReason"]) == ("failed", "payment-request-closed")
    assert (done["status"], done["payment"]) == ("completed", paid["id"])
    assert await balance(allawee) == START + 1_500_000
    names = [event["event"] for event in sandbox.state.events]
    assert names == ["payment.failed", "payment.completed", "payment.failed"]


async def test_a_pay_in_without_amount_has_a_usual_one(allawee: Caller) -> None:
    paid = await post(allawee, PAY_IN, {"method": "string", "accountNumber": "0062622048"})
    path = f"/payments/{paid.json['data']['id']}"

    assert paid.json["data"]["amount"] == 1_000_000
    assert (await allawee.get(path)).json["data"] == paid.json["data"]
    assert await balance(allawee) == START + 1_000_000
    assert (await allawee.send("POST", f"{path}/requeue")).json["code"] == "payment-not-failed"


async def test_the_configured_account_receives(allawee: Caller) -> None:
    pot = {"name": "Pot", "currency": "NGN", "type": "sub"}
    chosen = (await post(allawee, "/accounts", pot)).json["data"]["id"]
    body = {"payInAccount": chosen}
    await allawee.send("PUT", "/tools/configuration/payment", json=body)

    assert (await ask(allawee))["account"] == chosen
    assert (await ask(allawee, currency="USD"))["account"] == DOLLARS


async def test_an_unknown_number_is_not_found(allawee: Caller) -> None:
    answer = await post(allawee, PAY_IN, {"method": "x", "accountNumber": "0123456789"})

    assert (answer.status, answer.json["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("bank-transfer", "bankTransfer"), ("transfer", "transfer"), ("billing", "billing"),
        ("fx-transfer", "fxTransfer"), ("fx-charge", "fxCharge"),
        ("local-transfer", "localTransfer"),
    ],
)  # fmt: skip
async def test_a_request_has_one_of_six_methods(allawee: Caller, method: str, field: str) -> None:
    asked = await ask(allawee, method=method)
    number = asked["methodData"][field]["accountNumber"]
    await post(allawee, PAY_IN, {"method": "x", "accountNumber": number})

    done = (await allawee.get(f"/payment-requests/{asked['id']}")).json["data"]
    assert (done["method"], done["status"]) == (method, "completed")


ONE_METHOD = (
    "method must be one of the following values: "
    "bank-transfer, billing, fx-charge, fx-transfer, local-transfer, transfer"
)


@pytest.mark.parametrize(
    ("path", "body", "messages"),
    [
        (PAY_IN, {}, ["method must be a string", "accountNumber must be a string"]),
        (PAY_IN, {"method": "x", "accountNumber": "0062622048", "amount": 0}, [
            "amount must not be less than 1",
        ]),
        (PAY_IN, {"method": "x", "accountNumber": "0062622048", "amount": "5"}, [
            "amount must be an integer number",
        ]),
        ("/payment-requests", {}, [
            ONE_METHOD,
            "currency must be one of the following values: NGN, USD",
            "amount must be an integer number",
            "options must be an object",
            "options.name must be a string",
        ]),
        ("/payment-requests", request_body(method="cash", customer=NAIRA, account="p.none"), [
            ONE_METHOD,
            "customer must be the id of a customer",
            "account must be the id of an account",
        ]),
    ],
)  # fmt: skip
async def test_wrong_fields_are_all_told(
    allawee: Caller, path: str, body: Any, messages: list[str]
) -> None:
    answer = await post(allawee, path, body)

    assert answer.status == 400
    assert answer.json["message"] == messages
    assert await balance(allawee) == START


async def test_the_same_reference_asks_once(allawee: Caller) -> None:
    await ask(allawee, reference="inv-1")
    again = await post(allawee, "/payment-requests", request_body(reference="inv-1"))

    assert (again.status, again.json["code"]) == (409, "duplicate-reference")
    assert len((await allawee.get("/payment-requests")).ids) == 1


async def test_money_for_another_currency_is_refused(allawee: Caller) -> None:
    answer = await post(allawee, "/payment-requests", request_body(account=DOLLARS))

    assert (answer.status, answer.json["code"]) == (402, "currency-mismatch")
    assert (await allawee.get("/payment-requests/p.none")).status == 404
