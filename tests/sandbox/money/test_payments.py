"""Payouts over HTTP: tried, completed, failed, requeued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox import Sandbox
from tests.sandbox.money_calls import (
    DOLLARS,
    NAIRA,
    START,
    Clock,
    balance,
    open_account,
    pay,
    payout,
    post,
    quote,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sandbox.conftest import Caller, Calling


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as running:
        yield running
        assert not running.crashes


@pytest.fixture
def allawee(calling: Calling, sandbox: Sandbox) -> Caller:
    return calling(sandbox)


async def test_a_payout_is_debited_at_once_and_completed_later(
    allawee: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    paid = await pay(allawee, reference="rent-1", metadata={"month": 5})
    path = f"/payments/{paid['id']}"

    assert paid == {
        "amount": 1_000_000, "currency": "NGN", "status": "pending", "type": "pay-out",
        "account": NAIRA, "fundingSource": NAIRA, "method": "bank-transfer",
        "methodData": {"bankTransfer": {
            "accountNumber": "0123456785", "bankCode": "058", "bankName": "GUARANTY TRUST BANK",
            "accountName": "WANJIRU WILLIAMS", "sourceAccountName": "Baggy App",
            "narration": "Rent",
        }},
        "fees": 2688,
        "feeBreakdown": [{"amount": 2688, "group": "platform", "type": "platform-fees"}],
        "createdAt": "2026-05-01T12:00:00.000Z", "updatedAt": "2026-05-01T12:00:00.000Z",
        "events": [], "id": paid["id"], "object": "payment",
        "reference": "rent-1", "metadata": {"month": 5},
    }  # fmt: skip
    assert await balance(allawee) == START - 1_002_688
    clock.go_on(0.1)
    assert (await allawee.get(path)).json["data"]["status"] == "pending"
    clock.go_on(0.1)
    done = (await allawee.get(path)).json["data"]
    assert (done["status"], done["updatedAt"]) == ("completed", "2026-05-01T12:00:00.200Z")
    (event,) = [event for event in sandbox.state.events if event["id"] in done["events"]]
    assert event["event"] == "payment.completed"
    (billing,) = (await allawee.get("/billings")).json["data"]
    assert (billing["amount"], billing["payment"]) == (2688, paid["id"])
    assert (await allawee.get(f"/billings/{billing['id']}")).json["data"] == billing


async def test_a_payment_is_found_by_its_reference(allawee: Caller) -> None:
    paid = await pay(allawee, reference="rent-1")
    await pay(allawee)

    assert (await allawee.get("/payments", filter='reference:"rent-1"')).ids == [paid["id"]]
    assert len((await allawee.get("/payments")).ids) == 2


async def test_the_same_reference_pays_once(allawee: Caller) -> None:
    await pay(allawee, reference="rent-1")
    left = await balance(allawee)
    again = await post(allawee, "/payments/payouts", payout(reference="rent-1"))

    assert (again.status, again.json["code"]) == (409, "duplicate-reference")
    assert await balance(allawee) == left
    assert len((await allawee.get("/payments")).ids) == 1


async def test_a_payout_beyond_the_balance_fails_and_can_be_requeued(
    allawee: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    pot = await open_account(allawee)
    failed = await pay(allawee, debitSource=pot["id"])
    path = f"/payments/{failed['id']}"

    assert (failed["status"], failed["failureReason"]) == ("failed", "insufficient-funds")
    assert len(failed["events"]) == 1
    assert (await allawee.get(path)).json["data"] == failed
    assert await balance(allawee, pot["id"]) == 0
    still = (await post(allawee, f"{path}/requeue")).json["data"]
    assert still["status"] == "failed"
    money = {
        "method": "x", "accountNumber": pot["depositChannels"][0]["accountNumber"],
        "amount": 1_002_688,
    }  # fmt: skip
    await post(allawee, "/simulation/payments/pay-in", money)
    again = (await post(allawee, f"{path}/requeue")).json["data"]
    assert again["status"] == "pending"
    assert "failureReason" not in again
    assert await balance(allawee, pot["id"]) == 0
    clock.go_on(1)
    done = (await allawee.get(path)).json["data"]
    assert (done["status"], len(done["events"])) == ("completed", 3)
    refused = await post(allawee, f"{path}/requeue")
    assert (refused.status, refused.json["code"]) == (402, "payment-not-failed")


async def test_a_pending_payment_has_no_completion_to_tell(allawee: Caller, clock: Clock) -> None:
    paid = await pay(allawee)
    path = f"/payments/{paid['id']}/resend-events/payment-completed"
    early = await post(allawee, path)
    clock.go_on(1)
    later = await post(allawee, path)

    assert (early.status, early.json["code"]) == (402, "payment-not-completed")
    assert len(set(later.json["data"]["events"])) == 2


async def test_a_receipt_is_a_pdf(allawee: Caller) -> None:
    paid = await pay(allawee, reference="rent (5) \\ \u20a6")
    answer = await allawee.get(f"/payments/{paid['id']}/generate/pdf")

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.text.startswith("%PDF-1.4")
    assert answer.text.endswith("%%EOF\n")
    assert r"reference: rent \(5\) \\ ?" in answer.text
    assert "amount: NGN 10,000.00" in answer.text
    table = int(answer.text.split("startxref\n")[1].split()[0])
    assert answer.text[table:].startswith("xref\n0 6\n")
    for number, row in enumerate(answer.text[table:].splitlines()[3:8], start=1):
        assert answer.text[int(row.split()[0]) :].startswith(f"{number} 0 obj\n")


@pytest.mark.parametrize(
    ("amount", "fees"),
    [(500_000, 1075), (500_001, 2688), (5_000_000, 2688), (5_000_001, 5375)],
)
async def test_platform_fees_have_tiers(allawee: Caller, amount: int, fees: int) -> None:
    assert (await pay(allawee, amount=amount))["fees"] == fees


async def test_own_fees_go_to_their_account(allawee: Caller) -> None:
    pot = await open_account(allawee)
    fee = {"name": "Ours", "structure": "percentage", "value": 2, "cap": 15_000}
    made = (await post(allawee, "/fees", fee | {"account": pot["id"]})).json["data"]
    capped = await pay(allawee, fee=made["id"])

    assert capped["fees"] == 17_688
    assert capped["feeBreakdown"][1] == {
        "amount": 15_000, "group": "business", "type": "business-fees",
    }  # fmt: skip
    assert await balance(allawee, pot["id"]) == 15_000
    await pay(allawee, fee=made["id"], amount=25)
    assert await balance(allawee, pot["id"]) == 15_001


async def test_the_configuration_chooses_account_and_fee(allawee: Caller) -> None:
    pot, purse = await open_account(allawee), await open_account(allawee)
    body = {"name": "Ours", "structure": "flat", "value": 500, "account": pot["id"]}
    fee = (await post(allawee, "/fees", body)).json["data"]["id"]
    chosen = {"payOutAccount": purse["id"], "fees": {"bankTransfer": fee}}
    await allawee.send("PUT", "/tools/configuration/payment", json=chosen)
    await pay(allawee, method="transfer", options={"destination": purse["id"]}, debitSource=NAIRA)
    dollars = await pay(allawee, method="local-transfer", currency="USD", amount=100)
    paid = await pay(allawee, amount=100)

    assert (paid["account"], paid["fees"]) == (purse["id"], 1075 + 500)
    assert paid["status"] == "failed"
    assert (dollars["account"], dollars["fees"]) == (DOLLARS, 108)


async def test_a_transfer_arrives_on_completion(allawee: Caller, clock: Clock) -> None:
    pot = await open_account(allawee)
    paid = await pay(allawee, method="transfer", options={"destination": pot["id"]})

    assert paid["methodData"]["transfer"]["destination"] == pot["id"]
    assert (paid["fees"], paid["feeBreakdown"]) == (0, [])
    assert (await balance(allawee), await balance(allawee, pot["id"])) == (START - 1_000_000, 0)
    clock.go_on(1)
    assert await balance(allawee, pot["id"]) == 1_000_000


async def test_a_transfer_to_a_number_of_ours_is_paid_in(allawee: Caller, clock: Clock) -> None:
    pot = await open_account(allawee)
    number = pot["depositChannels"][0]["accountNumber"]
    paid = await pay(allawee, options={"accountNumber": number, "bankCode": "000"})
    clock.go_on(1)
    incoming, outgoing = (await allawee.get("/payments", sort="type")).json["data"]

    assert outgoing["id"] == paid["id"]
    assert outgoing["methodData"]["bankTransfer"]["bankName"] == "Allawee Sandbox Bank"
    assert (incoming["type"], incoming["account"]) == ("pay-in", pot["id"])
    assert incoming["methodData"]["bankTransfer"]["sourceAccountName"] == "Baggy App"
    assert await balance(allawee, pot["id"]) == 1_000_000


async def test_a_wrong_amount_for_a_payment_request_comes_back(
    allawee: Caller, clock: Clock
) -> None:
    body = {"method": "bank-transfer", "options": {"name": "x"}, "currency": "NGN", "amount": 700}
    asked = (await post(allawee, "/payment-requests", body)).json["data"]
    number = asked["methodData"]["bankTransfer"]["accountNumber"]
    paid = await pay(allawee, options={"accountNumber": number, "bankCode": "000"}, amount=600)
    clock.go_on(1)
    sent = (await allawee.get(f"/payments/{paid['id']}")).json["data"]

    assert (sent["status"], sent["failureReason"]) == ("failed", "incorrect-amount")
    assert await balance(allawee) == START - paid["fees"]


@pytest.mark.parametrize(
    "options",
    [
        {"accountNumber": "0123456784", "bankCode": "058"},
        {"accountNumber": "0012345678", "bankCode": "000"},
        {"accountNumber": "0062622057", "bankCode": "000"},  # our account in dollars
    ],
)
async def test_a_payee_that_does_not_exist_is_not_paid(allawee: Caller, options: Any) -> None:
    failed = await pay(allawee, options=options)

    assert (failed["status"], failed["failureReason"]) == ("failed", "account-not-found")
    assert await balance(allawee) == START


async def test_an_fx_transfer_uses_a_quote_once(allawee: Caller, clock: Clock) -> None:
    quoted = await quote(allawee)
    options = {"destination": DOLLARS, "fxQuoteHash": quoted["hash"], "fxCurrency": "USD"}
    fields = {"method": "fx-transfer", "options": options, "amount": quoted["sourceAmount"]}
    paid = await pay(allawee, **fields)
    again = await post(allawee, "/payments/payouts", payout(**fields))
    clock.go_on(1)

    assert quoted["sourceAmount"] == 1_705_000
    assert paid["methodData"]["fxTransfer"]["fxAmount"] == 1100
    assert (again.status, again.json["code"]) == (402, "quote-used")
    assert await balance(allawee) == START - 1_705_000
    assert await balance(allawee, DOLLARS) == START + 1100


async def test_a_quote_expires(allawee: Caller, clock: Clock) -> None:
    quoted = await quote(allawee, 10**9)
    options = {"destination": DOLLARS, "fxQuoteHash": quoted["hash"]}
    fields = {"method": "fx-transfer", "options": options, "amount": quoted["sourceAmount"]}
    clock.go_on(599)
    failed = await pay(allawee, **fields)
    clock.go_on(1)
    again = await post(allawee, "/payments/payouts", payout(**fields))
    requeued = await post(allawee, f"/payments/{failed['id']}/requeue")

    assert failed["failureReason"] == "insufficient-funds"
    assert (again.status, again.json["code"]) == (402, "quote-expired")
    assert (requeued.status, requeued.json["code"]) == (402, "quote-expired")
    assert len((await allawee.get("/payments")).ids) == 1


@pytest.mark.parametrize(
    ("changes", "options", "code"),
    [
        ({"amount": 5}, {}, "quote-mismatch"),
        ({}, {"fxCurrency": "NGN"}, "quote-mismatch"),
        ({"currency": "USD"}, {}, "quote-mismatch"),
        ({}, {"destination": NAIRA}, "currency-mismatch"),
    ],
)
async def test_an_fx_transfer_must_fit_its_quote(
    allawee: Caller, changes: dict[str, Any], options: dict[str, Any], code: str
) -> None:
    quoted = await quote(allawee)
    options = {"destination": DOLLARS, "fxQuoteHash": quoted["hash"]} | options
    body = payout(method="fx-transfer", options=options, amount=quoted["sourceAmount"]) | changes
    answer = await post(allawee, "/payments/payouts", body)

    assert (answer.status, answer.json["code"]) == (402, code)
    assert await balance(allawee) == START


@pytest.mark.parametrize("method", ["billing", "fx-charge"])
async def test_charges_need_no_options(allawee: Caller, method: str) -> None:
    paid = await pay(allawee, method=method, options={})

    assert paid["status"] == "pending"
    assert await balance(allawee) == START - 1_000_000 - paid["fees"]
