"""Money that comes in: where an account number leads, and the simulation of a pay-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import added, fresh, given, id_of, refused, whole
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.ledger import Entry, transfer, world
from allawee_async.sandbox.directory.banks import SANDBOX_BANK, SANDBOX_CODE
from allawee_async.sandbox.money.payment_flow import COMPLETED, FAILED, PREFIX, publish

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

_PAYER = "JOHN DOE"


def pay_in(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/payments/pay-in`."""
    body = read_body(call.body)
    checks = Checks()
    checks.text(body, "method")
    checks.text(body, "accountNumber")
    checks.whole(body, "amount", least=1, required=False)
    checks.refuse_if_any()
    number = str(body["accountNumber"])
    if number not in state.bank_accounts:
        raise refused("not-found", "Nothing of yours has this account number.", 404)
    sent = body.get("amount")
    amount = expected_at(state, number) if sent is None else whole(sent)
    return added(state.payments, receive(state, number, amount, payer=_PAYER))


def expected_at(state: State, number: str) -> int:
    """Return the amount of a pay-in that names none."""
    owner = state.bank_accounts.get(number) or {}
    request = state.payment_requests.get(str(owner.get("owner")))
    return state.money.pay_in if request is None else whole(request["amount"])


def receive(state: State, number: str, amount: int, *, payer: str) -> JsonObject:
    """Take money in at an account number that is in use; the payment returned is to be stored."""
    entry = state.bank_accounts.get(number) or {}
    request = state.payment_requests.get(str(entry["owner"]))
    account_id = str(entry["owner"] if request is None else request["account"])
    account = state.accounts.get(account_id) or {}
    payment = _new_payment(state, number, amount, payer) | {
        "currency": account["currency"], "account": account_id, "fundingSource": account_id,
    }  # fmt: skip
    if request is None:
        return _credit(state, payment, account, amount)
    payment |= given(request, "customer", "metadata") | {"paymentRequest": request["id"]}
    reason = _objection(request, amount)
    if reason is not None:
        returned = payment | {"status": FAILED, "failureReason": reason}
        return publish(state, returned, "payment.failed")
    paid: JsonObject = {"status": COMPLETED, "payment": payment["id"], "updatedAt": state.now()}
    state.payment_requests.replace(request | paid)
    return _credit(state, payment, account, amount)


def _objection(request: JsonObject, amount: int) -> str | None:
    """Return why a payment for a request is sent back, or None."""
    if request["status"] == COMPLETED:
        return "payment-request-closed"
    return None if amount == request["amount"] else "incorrect-amount"


def _credit(state: State, payment: JsonObject, account: JsonObject, amount: int) -> JsonObject:
    """Book what came in; a virtual account passes it on at once."""
    own, currency = id_of(account), str(account["currency"])
    lines: list[Entry] = [*transfer(world(currency), own, amount)]
    if account["type"] == "virtual":
        lines += transfer(own, str(account["settlementAccount"]), amount)
    state.ledger.post(lines, type="pay-in", reference=id_of(payment), at=state.now())
    return publish(state, payment | {"status": COMPLETED}, "payment.completed")


def _new_payment(state: State, number: str, amount: int, payer: str) -> JsonObject:
    entry = state.bank_accounts.get(number) or {}
    transferred: JsonObject = {
        "accountNumber": number, "bankCode": SANDBOX_CODE, "bankName": SANDBOX_BANK,
        "accountName": entry["name"], "sourceAccountName": payer, "narration": "",
    }  # fmt: skip
    payment: JsonObject = {
        "amount": amount, "type": "pay-in", "method": "bank-transfer",
        "methodData": {"bankTransfer": transferred}, "fees": 0, "feeBreakdown": [], "events": [],
        "plan": {"takes": 0},
    }  # fmt: skip
    return payment | fresh(state, PREFIX, state.payments, "payment")


ROUTES = (Endpoint("POST", "/simulation/payments/pay-in", pay_in),)
