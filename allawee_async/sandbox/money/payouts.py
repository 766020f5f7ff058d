"""Payouts: what a request of each method must hold, how its money moves, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from allawee_async.sandbox.api.documents import fresh, refuse_double, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, NGN, Document
from allawee_async.sandbox.directory import banks
from allawee_async.sandbox.money import fx, payments
from allawee_async.sandbox.money.accounts import funding_account
from allawee_async.sandbox.money.configuration import default_account, default_fee
from allawee_async.sandbox.money.fees import amount_of, platform_fee
from allawee_async.sandbox.money.payins import receive
from allawee_async.sandbox.money.payments import MoneyPlan

Planned: TypeAlias = "tuple[MoneyPlan, Document]"
Planner: TypeAlias = "Callable[[Document], Planned]"
"""Returns, for the account that pays, how the money moves, and what `methodData` tells."""
MethodReader: TypeAlias = "Callable[[State, RequestBody, str, int], Planner]"


def create_payout(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/payouts`."""
    with read_body(call.body) as body:
        method = body.choice("method", METHODS)
        currency = body.choice("currency", CURRENCIES)
        amount = body.whole("amount", least=1)
        body.common()
        body.reference("customer", state.customers)
        fee = body.reference("fee", state.fees)
        source = body.reference("debitSource", state.accounts)
        options = body.object("options")
        if options.fields.get("method") not in (None, body.fields.get("method")):
            options.refuse("method", "must be the same as method")
        for name in ("narration", "note"):
            options.text(name, required=False)
        planner = METHODS.get(method, _charge)(state, options, currency, amount)
    refuse_double(state.payments, body.fields)
    source = source or default_account(state, "payOutAccount", currency)
    account = funding_account(state, source, currency)
    if method == "bank-transfer":
        fee = fee or default_fee(state, "bankTransfer")
    plan, data = planner(account)
    planned = plan, data | options.given("narration", "note")
    return start(state, new_payment(body, account, planned, fee, {
        "amount": amount, "currency": currency, "type": "pay-out", "method": method,
    }))  # fmt: skip


def new_payment(
    body: RequestBody, account: Document, planned: Planned, fee: Document | None, fields: Document
) -> Document:
    """Return a payment that was not tried yet, with its fees and how its money moves.

    Args:
        body: What was sent.
        account: The account that pays.
        planned: How the money moves, without fees, and what `methodData` tells.
        fee: The fee of the business, if there is one.
        fields: `amount`, `currency`, `type` and `method` of the payment.

    Raises:
        RefusalError: 402, the fee is in another currency.
    """
    plan, data = planned
    method, amount, currency = fields["method"], fields["amount"], fields["currency"]
    plan = attrs.evolve(plan, platform_fee=platform_fee(method, amount, currency))
    if fee is not None:
        own_fee = amount_of(fee, amount, currency)
        plan = attrs.evolve(plan, own_fee=own_fee, fee_account=fee["account"])
    told = data | {"sourceAccountName": account["name"]}
    return body.given("reference", "customer", "metadata") | fields | plan.fee_fields() | {
        "account": account["id"], "fundingSource": account["id"],
        "methodData": {payments.method_field(method): told}, "events": [],
        "plan": attrs.asdict(plan),
    }  # fmt: skip


def start(state: State, payment: Document) -> ApiResponse:
    """Try a new payment, store it, and return the answer that shows it."""
    payment |= fresh(state, state.payments)
    return success(state.payments.add(payments.attempt(state, payment)))


def requeue(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/:id/requeue`: a payout that failed is tried once more."""
    payment = stored(state.payments, call.id)
    if payment["status"] != payments.FAILED or payment["type"] == "pay-in":
        raise refused("payment-not-failed", "Only payments of yours that failed can be requeued.")
    return success(state.payments.replace(payments.attempt(state, payment)))


def complete_pending(state: State, id: str) -> None:
    """Complete a payment whose time has come, or take it back if the payee sends it back."""
    payment = state.payments.get(id)
    if payment is None or payment["status"] != payments.PENDING:
        return
    plan, account = MoneyPlan.of(payment), payment["account"]
    if plan.bank == banks.SANDBOX_CODE:  # it goes to an account number of ours
        payer = stored(state.accounts, account)["name"]
        arrived = receive(state, plan.number, plan.takes, payer=payer)
        state.payments.add(arrived)
        if arrived["status"] == payments.FAILED:
            outside = world(payment["currency"])
            _move(state, payment, outside, account, plan.takes, type="reversal")
            payment["updatedAt"] = state.now()
            state.payments.replace(payments.failed(state, payment, arrived["failureReason"]))
            return
    if plan.payee:
        outside = world(state.ledger.balance(plan.payee).currency)
        _move(state, payment, outside, plan.payee, plan.gains, type=payment["type"])
    payment["updatedAt"] = state.now()
    state.payments.replace(payments.completed(state, payment))


def _move(
    state: State, payment: Document, source: str, target: str, amount: int, *, type: str
) -> None:
    lines = transfer(source, target, amount)
    state.ledger.post(lines, type=type, reference=payment["id"], at=state.now())


def _bank_transfer(state: State, options: RequestBody, currency: str, amount: int) -> Planner:
    number, code = options.text("accountNumber"), options.text("bankCode")
    bank = banks.BY_CODE.get(code)
    if number and not banks.is_number(number):
        options.refuse("accountNumber", "must have ten digits")
    if code and bank is None and code != banks.SANDBOX_CODE:
        options.refuse("bankCode", "must be the code of a bank")

    def plan(_account: Document) -> Planned:
        if currency != NGN:
            raise refused("currency-mismatch", f"Bank transfers are in {NGN}.")
        return MoneyPlan(takes=amount, number=number, bank=code), {
            "accountNumber": number, "bankCode": code,
            "bankName": banks.SANDBOX_BANK if bank is None else bank.name,
            "accountName": banks.name_at(state, code, number, NGN),
        }  # fmt: skip

    return plan


def _local_transfer(_state: State, options: RequestBody, _currency: str, amount: int) -> Planner:
    data: Document = {name: options.text(name) for name in ("accountNumber", "bankCode")}
    return lambda _account: (MoneyPlan(takes=amount), data)


def _transfer(state: State, options: RequestBody, currency: str, amount: int) -> Planner:
    destination = options.document("destination", state.accounts)

    def plan(account: Document) -> Planned:
        target = funding_account(state, destination, currency)["id"]
        if account["id"] == target:
            raise refused("same-account", "The account cannot pay itself.")
        return MoneyPlan(takes=amount, payee=target, gains=amount), {"destination": target}

    return plan


def _fx_transfer(state: State, options: RequestBody, currency: str, amount: int) -> Planner:
    destination = options.document("destination", state.accounts)
    wanted = options.choice("fxCurrency", CURRENCIES, required=False)
    quote = options.document("fxQuoteHash", state.fx_quotes)

    def plan(_account: Document) -> Planned:
        target = funding_account(state, destination, quote["to"])
        takes, gains = fx.check_quote(state, quote, currency, target["currency"])
        if wanted not in ("", target["currency"]):
            raise refused("quote-mismatch", f"The quote does not give {wanted}.")
        if takes != amount:
            raise refused("quote-mismatch", f"The quote is for {takes}, the payment is not.")
        moves = MoneyPlan(takes=takes, payee=target["id"], gains=gains, quote=quote["id"])
        return moves, {
            "destination": target["id"], "rate": quote["rate"], "fxCurrency": target["currency"],
            "fxAmount": gains, "fxQuoteHash": quote["hash"],
        }  # fmt: skip

    return plan


def _charge(_state: State, _options: RequestBody, _currency: str, amount: int) -> Planner:
    return lambda _account: (MoneyPlan(takes=amount), {})


METHODS: dict[str, MethodReader] = {
    "bank-transfer": _bank_transfer,
    "billing": _charge,
    "fx-charge": _charge,
    "fx-transfer": _fx_transfer,
    "local-transfer": _local_transfer,
    "transfer": _transfer,
}
"""For each method of payments what reads its options."""
JOBS = {payments.COMPLETE_JOB: complete_pending}
ROUTES = (
    Endpoint("POST", "/payments/payouts", create_payout),
    Endpoint("POST", "/payments/:id/requeue", requeue),
)
