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
from allawee_async.sandbox.core.values import Document
from allawee_async.sandbox.directory.banks import (
    SANDBOX_BANK,
    SANDBOX_CODE,
    find_bank,
    is_number,
    name_at,
)
from allawee_async.sandbox.money import fx
from allawee_async.sandbox.money.accounts import funding_account
from allawee_async.sandbox.money.configuration import default_account, default_fee
from allawee_async.sandbox.money.fees import amount_of
from allawee_async.sandbox.money.payins import receive
from allawee_async.sandbox.money.payments import (
    COMPLETE_JOB,
    FAILED,
    PENDING,
    MoneyPlan,
    attempt,
    completed,
    failed,
    method_field,
)
from allawee_async.sandbox.money.rates import CURRENCIES, NGN, platform_fee

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
    plan, data = planner(account)
    plan = attrs.evolve(plan, platform_fee=platform_fee(method, amount, currency))
    if method == "bank-transfer":
        fee = fee or default_fee(state, "bankTransfer")
    data |= options.given("narration", "note") | {"sourceAccountName": account["name"]}
    return start(state, {
        **body.given("reference", "customer", "metadata"),
        "amount": amount, "currency": currency, "type": "pay-out", "account": account["id"],
        "fundingSource": account["id"], "method": method,
        "methodData": {method_field(method): data},
    }, with_fee(plan, fee, amount, currency))  # fmt: skip


def start(state: State, payment: Document, plan: MoneyPlan) -> ApiResponse:
    """Try a new payment, store it, and return the answer that shows it."""
    planned: Document = {"events": [], "plan": attrs.asdict(plan)}
    payment = payment | plan.fee_fields() | planned | fresh(state, state.payments)
    return success(state.payments.add(attempt(state, payment)))


def requeue(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/:id/requeue`: a payout that failed is tried once more."""
    payment = stored(state.payments, call.id)
    if payment["status"] != FAILED or payment["type"] == "pay-in":
        raise refused("payment-not-failed", "Only payments of yours that failed can be requeued.")
    return success(state.payments.replace(attempt(state, payment)))


def complete_pending(state: State, id: str) -> None:
    """Complete a payment whose time has come, or take it back if the payee sends it back."""
    payment = state.payments.get(id)
    if payment is None or payment["status"] != PENDING:
        return
    plan, account = MoneyPlan.of(payment), payment["account"]
    if plan.bank == SANDBOX_CODE:  # it goes to an account number of ours
        payer = str((state.accounts.get(account) or {}).get("name"))
        arrived = receive(state, plan.number, plan.takes, payer=payer)
        state.payments.add(arrived)
        if arrived["status"] == FAILED:
            outside = world(payment["currency"])
            _move(state, payment, outside, account, plan.takes, type="reversal")
            payment["updatedAt"] = state.now()
            state.payments.replace(failed(state, payment, arrived["failureReason"]))
            return
    if plan.payee:
        outside = world(state.ledger.balance(plan.payee).currency)
        _move(state, payment, outside, plan.payee, plan.gains, type=payment["type"])
    payment["updatedAt"] = state.now()
    state.payments.replace(completed(state, payment))


def with_fee(plan: MoneyPlan, fee: Document | None, amount: int, currency: str) -> MoneyPlan:
    """Return a plan that also takes a fee of the business.

    Raises:
        RefusalError: 402, the fee is in another currency.
    """
    if fee is None:
        return plan
    own_fee = amount_of(fee, amount, currency)
    return attrs.evolve(plan, own_fee=own_fee, fee_account=fee["account"])


def _move(
    state: State, payment: Document, source: str, target: str, amount: int, *, type: str
) -> None:
    lines = transfer(source, target, amount)
    state.ledger.post(lines, type=type, reference=payment["id"], at=state.now())


def _bank_transfer(state: State, options: RequestBody, currency: str, amount: int) -> Planner:
    number, code = options.text("accountNumber"), options.text("bankCode")
    bank = find_bank(code)
    if number and not is_number(number):
        options.refuse("accountNumber", "must have ten digits")
    if code and bank is None and code != SANDBOX_CODE:
        options.refuse("bankCode", "must be the code of a bank")

    def plan(_account: Document) -> Planned:
        if currency != NGN:
            raise refused("currency-mismatch", f"Bank transfers are in {NGN}.")
        return MoneyPlan(takes=amount, number=number, bank=code), {
            "accountNumber": number, "bankCode": code,
            "bankName": SANDBOX_BANK if bank is None else bank.name,
            "accountName": name_at(state, code, number, NGN),
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
JOBS = {COMPLETE_JOB: complete_pending}
ROUTES = (
    Endpoint("POST", "/payments/payouts", create_payout),
    Endpoint("POST", "/payments/:id/requeue", requeue),
)
