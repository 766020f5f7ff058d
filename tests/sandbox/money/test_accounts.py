"""Accounts over HTTP: opened, read, their numbers, balances and logs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.directory.banks import fits

if TYPE_CHECKING:
    from tests.sandbox.conftest import Answer, Caller

NAIRA, DOLLARS = "ac.2tVZczWw7m6Teoeb7", "ac.2tVZczWw7m6Teoeb8"


async def post(allawee: Caller, path: str, body: Any) -> Answer:
    return await allawee.send("POST", path, json=body)


async def open_account(allawee: Caller, **fields: Any) -> dict[str, Any]:
    body = {"name": "Pot", "currency": "NGN", "type": "sub"} | fields
    answer = await post(allawee, "/accounts", body)
    assert answer.status == 200, answer.text
    account: dict[str, Any] = answer.json["data"]
    return account


async def pay_in(allawee: Caller, account: dict[str, Any], amount: int) -> dict[str, Any]:
    number = account["depositChannels"][0]["accountNumber"]
    body = {"method": "bank-transfer", "accountNumber": number, "amount": amount}
    payment: dict[str, Any] = (await post(allawee, "/simulation/payments/pay-in", body)).json[
        "data"
    ]
    return payment


async def test_the_naira_account_is_the_documented_one(allawee: Caller) -> None:
    documented = {
        "status": "active", "name": "Baggy App", "type": "main", "currency": "NGN",
        "depositChannels": [{
            "type": "bank-account", "accountName": "Baggy App", "accountNumber": "0062622048",
            "bankName": "Allawee Sandbox Bank", "bankCode": "000", "partner": "allawee-sandbox",
            "createdAt": "2023-03-09T10:18:45.604Z", "updatedAt": "2023-03-09T10:18:45.604Z",
        }],
        "createdAt": "2023-03-09T10:18:45.605Z", "updatedAt": "2023-03-09T10:18:45.605Z",
        "id": NAIRA, "object": "account",
    }  # fmt: skip

    listed = (await allawee.get("/accounts")).json
    assert listed["data"][0] == documented
    assert [account["id"] for account in listed["data"]] == [NAIRA, DOLLARS]
    assert (await allawee.get(f"/accounts/{NAIRA}")).json["data"] == documented
    assert (await allawee.get("/accounts/acct.2tVZczWw7m6Teoeb7")).json["data"] == documented


async def test_an_account_is_opened_with_what_it_was_given(allawee: Caller) -> None:
    opened = await open_account(
        allawee, type="main", depositChannels=["bank-account"], reference="pot-1",
        customer="cus.2tXNjMhytgx7hCxu9", metadata={"key": [1]},
    )  # fmt: skip

    (channel,) = opened.pop("depositChannels")
    assert opened == {
        "name": "Pot", "currency": "NGN", "type": "main", "status": "active",
        "reference": "pot-1", "customer": "cus.2tXNjMhytgx7hCxu9", "metadata": {"key": [1]},
        "createdAt": opened["createdAt"], "updatedAt": opened["createdAt"], "id": opened["id"],
        "object": "account",
    }  # fmt: skip
    assert channel["accountName"] == "Pot"
    assert fits("000", channel["accountNumber"])
    assert channel["accountNumber"].startswith("00")
    balance = (await allawee.get(f"/accounts/{opened['id']}/balance")).json["data"]
    assert balance == {
        "id": opened["id"].replace("ac.", "bal."), "account": opened["id"], "mode": "test",
        "currency": "NGN", "balance": 0, "reserved": 0, "available": 0, "availableChange": 0,
        "source": None, "createdAt": opened["createdAt"],
    }  # fmt: skip


async def test_a_balance_tells_what_moved_last(allawee: Caller) -> None:
    pot = await open_account(allawee, depositChannels=["bank-account"])
    await pay_in(allawee, pot, 700)
    body = {
        "method": "transfer", "currency": "NGN", "amount": 250, "debitSource": pot["id"],
        "options": {"destination": NAIRA},
    }  # fmt: skip
    paid = (await allawee.send("POST", "/payments/payouts", json=body)).json["data"]
    balance = (await allawee.get(f"/accounts/{pot['id']}/balance")).json["data"]

    assert (balance["available"], balance["availableChange"]) == (450, -250)
    assert (balance["source"], balance["mode"]) == (paid["id"], "test")
    assert balance["createdAt"] >= paid["createdAt"]


async def test_an_account_is_found_by_its_reference_and_expands(allawee: Caller) -> None:
    opened = await open_account(allawee, reference="pot-1", customer="cus.2tXNjMhytgx7hCxu9")

    found = await allawee.get("/accounts", filter="reference|eq|pot-1", expand="customer")
    (account,) = found.json["data"]
    assert account["id"] == opened["id"]
    assert account["customer"]["name"] == "Ciroma C Adekunle"


async def test_a_virtual_account_passes_on_what_it_gets(allawee: Caller) -> None:
    pot = await open_account(allawee)
    virtual = await open_account(allawee, type="virtual", settlementAccount=pot["id"])
    by_default = await open_account(allawee, type="virtual")
    await pay_in(allawee, virtual, 700)

    assert virtual["settlementAccount"] == pot["id"]
    assert by_default["settlementAccount"] == NAIRA
    for account, balance in ((virtual, 0), (pot, 700)):
        shown = await allawee.get(f"/accounts/{account['id']}/balance")
        assert shown.json["data"]["balance"] == balance
    logs = (await allawee.get(f"/accounts/{virtual['id']}/logs")).json["data"]
    assert [entry["type"] for entry in logs] == ["debit", "credit"]


async def test_the_log_is_paged_and_is_that_of_the_account(allawee: Caller) -> None:
    pot = await open_account(allawee, depositChannels=["bank-account"])
    for amount in (1, 2, 3):
        await pay_in(allawee, pot, amount)

    path = f"/accounts/{pot['id']}/logs"
    by_id = await allawee.get(path, filter=f"account.id|eq|{pot['id'].replace('ac.', 'act_')}")
    assert by_id.ids == (await allawee.get(path)).ids != []
    first = await allawee.get(path, limit="2", countTotal="true")
    assert [entry["amount"] for entry in first.json["data"]] == [3, 2]
    assert first.json["metadata"] == {"hasMore": True, "totalCount": 3}
    rest = await allawee.get(path, limit="2", after=first.ids[-1])
    assert [entry["balanceAfter"] for entry in rest.json["data"]] == [1]
    filtered = await allawee.get(path, filter="amount>=2", sort="amount")
    assert [entry["amount"] for entry in filtered.json["data"]] == [2, 3]


async def test_the_log_comes_as_csv_too(allawee: Caller) -> None:
    pot = await open_account(allawee, depositChannels=["bank-account"])
    payment = await pay_in(allawee, pot, 5)
    answer = await allawee.get(f"/accounts/{pot['id']}/logs/csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert pot["id"] in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(answer.text.splitlines())
    assert (row["amount"], row["balanceAfter"], row["reference"]) == ("5", "5", payment["id"])


async def test_a_channel_is_added_and_takes_the_name_of_the_customer(allawee: Caller) -> None:
    pot = await open_account(allawee, customer="cus.2tXNjMhytgx7hCxu9")
    path = f"/accounts/{pot['id']}/deposit-channels"
    added = (await post(allawee, path, {"type": "bank-account"})).json["data"]
    (channel,) = added["depositChannels"]
    body = {"type": "bank-account", "accountNumber": channel["accountNumber"]}
    renamed = await allawee.send("PUT", f"{path}/update-account-name", json=body)

    assert channel["accountName"] == "Pot"
    assert renamed.json["data"]["depositChannels"][0]["accountName"] == "Ciroma C Adekunle"
    resolved = await allawee.get(
        "/tools/banks/resolve", accountNumber=channel["accountNumber"], bankCode="000"
    )
    assert resolved.json["data"]["accountName"] == "Ciroma C Adekunle"


async def test_a_channel_keeps_its_name_without_a_customer(allawee: Caller) -> None:
    path = f"/accounts/{NAIRA}/deposit-channels/update-account-name"
    body = {"type": "bank-account", "accountNumber": "0062622048"}
    answer = await allawee.send("PUT", path, json=body)
    unknown = await allawee.send("PUT", path, json=body | {"accountNumber": "0000000000"})

    assert (answer.status, answer.json["code"]) == (402, "no-customer")
    assert (unknown.status, unknown.json["code"]) == (404, "not-found")


async def test_an_account_has_no_endless_list_of_channels(allawee: Caller) -> None:
    path = f"/accounts/{NAIRA}/deposit-channels"
    statuses = [(await post(allawee, path, {"type": "bank-account"})).status for _ in range(20)]

    assert statuses == [200] * 19 + [402]


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"name": None, "currency": None, "type": None}, [
            "name must be a string",
            "currency must be one of the following values: NGN, USD",
            "type must be one of the following values: main, sub, virtual",
        ]),
        ({"currency": "EUR"}, ["currency must be one of the following values: NGN, USD"]),
        ({"customer": NAIRA}, ["customer must be the id of a customer"]),
        ({"type": "virtual", "settlementAccount": "ac.none"}, [
            "settlementAccount must be the id of an account",
        ]),
        ({"reference": 7, "metadata": []}, [
            "reference must be a string", "metadata must be an object",
        ]),
        ({"depositChannels": "bank-account"}, ["depositChannels must be an array"]),
        ({"depositChannels": [["bank-account"]]}, [
            "each value in depositChannels must be one of the following values, once: bank-account",
        ]),
    ],
)  # fmt: skip
async def test_wrong_fields_are_all_told(
    allawee: Caller, changes: dict[str, Any], messages: list[str]
) -> None:
    body = {"name": "Pot", "currency": "NGN", "type": "sub"} | changes
    answer = await post(allawee, "/accounts", body)

    assert answer.status == 400
    assert answer.json["message"] == messages
    assert len((await allawee.get("/accounts")).ids) == 2


async def test_a_reference_is_taken_once(allawee: Caller) -> None:
    await open_account(allawee, reference="pot-1")
    body = {"name": "Pot", "currency": "NGN", "type": "sub", "reference": "pot-1"}
    answer = await post(allawee, "/accounts", body)

    assert (answer.status, answer.json["code"]) == (409, "duplicate-reference")
    assert len((await allawee.get("/accounts")).ids) == 3


async def test_a_virtual_account_settles_into_its_own_currency(allawee: Caller) -> None:
    virtual = await open_account(allawee, type="virtual")
    body = {"name": "Pot", "currency": "NGN", "type": "virtual"}
    other = await post(allawee, "/accounts", body | {"settlementAccount": DOLLARS})
    chained = await post(allawee, "/accounts", body | {"settlementAccount": virtual["id"]})

    assert (other.status, other.json["code"]) == (402, "currency-mismatch")
    assert (chained.status, chained.json["code"]) == (402, "virtual-account")


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""), ("GET", "/logs"), ("GET", "/logs/csv"), ("GET", "/balance"),
        ("POST", "/deposit-channels"), ("PUT", "/deposit-channels/update-account-name"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("id", ["ac.none", "cus.2tXNjMhytgx7hCxu9"])
async def test_unknown_and_foreign_ids_are_not_found(
    allawee: Caller, method: str, rest: str, id: str
) -> None:
    answer = await allawee.send(method, f"/accounts/{id}{rest}", json={"type": "bank-account"})

    assert (answer.status, answer.json["code"]) == (404, "not-found")


@pytest.mark.parametrize("body", [{}, {"type": "card"}])
async def test_a_channel_needs_a_known_type(allawee: Caller, body: Any) -> None:
    answer = await post(allawee, f"/accounts/{NAIRA}/deposit-channels", body)

    assert answer.status == 400
    assert answer.json["message"] == ["type must be one of the following values: bank-account"]
