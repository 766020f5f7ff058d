"""Money that comes in: where an account number leads, and the simulation of a pay-in."""

from __future__ import annotations

from allawee_async.sandbox.api.documents import fresh, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, given
from allawee_async.sandbox.directory.banks import SANDBOX_BANK, SANDBOX_CODE
from allawee_async.sandbox.money.payments import COMPLETED, completed, failed


def pay_in(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/payments/pay-in`."""
    with read_body(call.body) as body:
        body.text("method")
        number = body.text("accountNumber")
        amount = body.whole("amount", least=1, required=False)
    entry = state.bank_accounts.get(number)
    if entry is None:
        raise refused("not-found", "Nothing of yours has this account number.", 404)
    if not amount:
        request = state.payment_requests.get(entry["owner"])
        amount = state.money.pay_in if request is None else request["amount"]
    return success(state.payments.add(receive(state, number, amount, payer="JOHN DOE")))


def receive(state: State, number: str, amount: int, *, payer: str) -> Document:
    """Take money in at an account number that is in use; the payment returned is to be stored."""
    entry = stored(state.bank_accounts, number)
    request = state.payment_requests.get(entry["owner"])
    account = stored(state.accounts, entry["owner"] if request is None else request["account"])
    transferred: Document = {
        "accountNumber": number, "bankCode": SANDBOX_CODE, "bankName": SANDBOX_BANK,
        "accountName": entry["name"], "sourceAccountName": payer, "narration": "",
    }  # fmt: skip
    payment: Document = {
        **fresh(state, state.payments),
        "amount": amount, "currency": account["currency"], "type": "pay-in",
        "account": account["id"], "fundingSource": account["id"], "method": "bank-transfer",
        "methodData": {"bankTransfer": transferred}, "fees": 0, "feeBreakdown": [], "events": [],
        "plan": {"takes": 0},
    }  # fmt: skip
    if request is not None:
        payment |= given(request, "customer", "metadata") | {"paymentRequest": request["id"]}
        if request["status"] == COMPLETED:
            return failed(state, payment, "payment-request-closed")
        if request["amount"] != amount:
            return failed(state, payment, "incorrect-amount")
        paid: Document = {"status": COMPLETED, "payment": payment["id"]}
        state.payment_requests.replace(request | paid | {"updatedAt": state.now()})
    lines = transfer(world(account["currency"]), account["id"], amount)
    if account["type"] == "virtual":  # it passes on at once what comes in
        lines = (*lines, *transfer(account["id"], account["settlementAccount"], amount))
    state.ledger.post(lines, type="pay-in", reference=payment["id"], at=state.now())
    return completed(state, payment)


ROUTES = (Endpoint("POST", "/simulation/payments/pay-in", pay_in),)
