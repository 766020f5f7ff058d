"""Payouts: what a request of each method must hold, how its money moves, and the route."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from allawee_async.sandbox.api.documents import (
    added,
    check_common,
    check_reference,
    fresh,
    given,
    id_of,
    read_reference,
    refused,
    whole,
)
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.directory.banks import SANDBOX_BANK, SANDBOX_CODE, find_bank
from allawee_async.sandbox.money import fx
from allawee_async.sandbox.money.accounts import purse
from allawee_async.sandbox.money.configuration import default_account, default_fee
from allawee_async.sandbox.money.fees import amount_of
from allawee_async.sandbox.money.nuban import is_number
from allawee_async.sandbox.money.payment_flow import PREFIX, Plan, attempt, fee_fields, name_at
from allawee_async.sandbox.money.rates import CURRENCIES, NGN, platform_fee

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject


@attrs.frozen
class Payout:
    """A request whose fields are sound each by itself, with the documents that it names."""

    body: JsonObject
    options: JsonObject
    method: str
    currency: str
    amount: int
    source: JsonObject | None
    fee: JsonObject | None
    destination: JsonObject | None
    quote: JsonObject | None


Planner: TypeAlias = "Callable[[State, Payout, JsonObject], tuple[Plan, JsonObject]]"


def create_payout(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/payouts`."""
    payout = _read_payout(state, call.body)
    check_reference(state.payments, payout.body, "payment")
    default = default_account(state, "payOutAccount", payout.currency)
    account = purse(state, payout.source or default, payout.currency)
    planner = PLANNERS[payout.method]
    plan, data = planner(state, payout, account)
    plan = attrs.evolve(
        plan, platform_fee=platform_fee(payout.method, payout.amount, payout.currency)
    )
    is_bank_transfer = payout.method == "bank-transfer"
    fee = payout.fee or (default_fee(state, "bankTransfer") if is_bank_transfer else None)
    plan = with_fee(plan, fee, payout.amount, payout.currency)
    head, *tail = payout.method.split("-")
    name = head + "".join(word.title() for word in tail)
    payment: JsonObject = {
        "amount": payout.amount, "currency": payout.currency, "type": "pay-out",
        "account": account["id"], "fundingSource": account["id"], "method": payout.method,
        "methodData": {name: data | given(payout.options, "narration", "note")},
    }  # fmt: skip
    payment |= given(payout.body, "reference", "customer", "metadata")
    return start(state, payment, plan)


def start(state: State, payment: JsonObject, plan: Plan) -> ApiResponse:
    """Try a new payment, store it, and return the answer that shows it."""
    planned: JsonObject = {"events": [], "plan": attrs.asdict(plan)}
    payment = payment | fee_fields(plan) | planned
    payment |= fresh(state, PREFIX, state.payments, "payment")
    return added(state.payments, attempt(state, payment, plan))


def with_fee(plan: Plan, fee: JsonObject | None, amount: int, currency: str) -> Plan:
    """Return a plan that also takes a fee of the business.

    Raises:
        RefusalError: 402, the fee is in another currency.
    """
    if fee is None:
        return plan
    return attrs.evolve(
        plan, own_fee=amount_of(fee, amount, currency), fee_account=str(fee["account"])
    )


def _read_payout(state: State, body: bytes) -> Payout:
    payout = read_body(body)
    checks = Checks()
    checks.choice(payout, "method", PLANNERS)
    checks.choice(payout, "currency", CURRENCIES)
    checks.whole(payout, "amount", least=1)
    check_common(checks, payout)
    read_reference(checks, payout, "customer", state.customers, "a customer")
    fee = read_reference(checks, payout, "fee", state.fees, "a fee")
    source = read_reference(checks, payout, "debitSource", state.accounts, "an account")
    options = checks.object(payout, "options") or {}
    destination, quote = _check_options(state, checks, payout, options)
    checks.refuse_if_any()
    return Payout(
        payout, options, str(payout["method"]), str(payout["currency"]), whole(payout["amount"]),
        source, fee, destination, quote,
    )  # fmt: skip


def _check_options(
    state: State, checks: Checks, payout: JsonObject, options: JsonObject
) -> tuple[JsonObject | None, JsonObject | None]:
    """Check what the method asks for; return the destination and the quote, if it wants them."""
    method, path = payout.get("method"), "options."
    if options.get("method") not in (None, method):
        checks.messages.append("options.method must be the same as method")
    for name in ("narration", "note"):
        checks.text(options, name, path, required=False)
    if method in ("bank-transfer", "local-transfer"):
        checks.text(options, "accountNumber", path)
        checks.text(options, "bankCode", path)
    if method == "bank-transfer":
        _check_payee(checks, options)
    if method not in ("transfer", "fx-transfer"):
        return None, None
    destination = read_reference(
        checks, options, "destination", state.accounts, "an account", path=path, required=True
    )
    if method == "transfer":
        return destination, None
    checks.choice(options, "fxCurrency", CURRENCIES, path, required=False)
    quote = read_reference(
        checks, options, "fxQuoteHash", state.fx_quotes, "a quote", path=path, required=True
    )
    return destination, quote


def _check_payee(checks: Checks, options: JsonObject) -> None:
    number, code = options.get("accountNumber"), options.get("bankCode")
    if isinstance(number, str) and number and not is_number(number):
        checks.messages.append("options.accountNumber must have ten digits")
    if isinstance(code, str) and code and code != SANDBOX_CODE and find_bank(code) is None:
        checks.messages.append("options.bankCode must be the code of a bank")


def _bank_transfer(state: State, payout: Payout, account: JsonObject) -> tuple[Plan, JsonObject]:
    number, code = str(payout.options["accountNumber"]), str(payout.options["bankCode"])
    if payout.currency != NGN:
        raise refused("currency-mismatch", f"Bank transfers are in {NGN}.")
    bank = find_bank(code)
    data: JsonObject = {
        "accountNumber": number, "bankCode": code,
        "bankName": SANDBOX_BANK if bank is None else bank.name,
        "accountName": name_at(state, code, number, NGN), "sourceAccountName": account["name"],
    }  # fmt: skip
    return Plan(takes=payout.amount, number=number, bank=code), data


def _local_transfer(_: State, payout: Payout, account: JsonObject) -> tuple[Plan, JsonObject]:
    data = given(payout.options, "accountNumber", "bankCode")
    return Plan(takes=payout.amount), data | {"sourceAccountName": account["name"]}


def _transfer(state: State, payout: Payout, account: JsonObject) -> tuple[Plan, JsonObject]:
    target = purse(state, payout.destination, payout.currency)
    _refuse_itself(account, target)
    plan = Plan(takes=payout.amount, payee=id_of(target), gains=payout.amount)
    return plan, {"destination": target["id"], "sourceAccountName": account["name"]}


def _fx_transfer(state: State, payout: Payout, account: JsonObject) -> tuple[Plan, JsonObject]:
    quote = payout.quote or {}
    target = purse(state, payout.destination, str(quote["to"]))
    takes, gains = fx.check_quote(state, quote, payout.currency, str(target["currency"]))
    if payout.options.get("fxCurrency") not in (None, target["currency"]):
        raise refused("quote-mismatch", f"The quote does not give {payout.options['fxCurrency']}.")
    if takes != payout.amount:
        raise refused("quote-mismatch", f"The quote is for {takes}, the payment is not.")
    plan = Plan(takes=takes, payee=id_of(target), gains=gains, quote=id_of(quote))
    return plan, {
        "destination": target["id"], "sourceAccountName": account["name"], "rate": quote["rate"],
        "fxCurrency": target["currency"], "fxAmount": gains, "fxQuoteHash": quote["hash"],
    }  # fmt: skip


def _charge(_: State, payout: Payout, account: JsonObject) -> tuple[Plan, JsonObject]:
    return Plan(takes=payout.amount), {"sourceAccountName": account["name"]}


def _refuse_itself(account: JsonObject, target: JsonObject) -> None:
    if account["id"] == target["id"]:
        raise refused("same-account", "The account cannot pay itself.")


PLANNERS: dict[str, Planner] = {
    "bank-transfer": _bank_transfer,
    "billing": _charge,
    "fx-charge": _charge,
    "fx-transfer": _fx_transfer,
    "local-transfer": _local_transfer,
    "transfer": _transfer,
}
ROUTES = (Endpoint("POST", "/payments/payouts", create_payout),)
