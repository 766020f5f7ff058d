"""The life of a payment: tried, then pending and later completed, or failed; and its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from allawee_async.sandbox.api.documents import id_of
from allawee_async.sandbox.core.ledger import Entry, InsufficientFundsError, transfer, world
from allawee_async.sandbox.directory.banks import SANDBOX_CODE, find_bank, holder_of
from allawee_async.sandbox.money import fx
from allawee_async.sandbox.money.billings import note_billing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

PREFIX = "p."
PENDING, COMPLETED, FAILED = "pending", "completed", "failed"
COMPLETE_JOB = "payment.complete"


@attrs.frozen(kw_only=True)
class Plan:
    """How the money of a payment moves; kept with the payment, so that it can be tried again.

    Attributes:
        takes: What is taken from the account for the payment itself.
        platform_fee: What Allawee charges.
        own_fee: What the fee of the business adds.
        fee_account: The account that gains this fee; empty for none.
        payee: The account of ours, by id, that gains something on completion; empty for none.
        gains: What that account gains, in its own currency.
        number: The account number that is paid, to be looked up; empty for none.
        bank: The code of the bank of that number.
        quote: The FX quote that the payment uses; empty for none.
    """

    takes: int
    platform_fee: int = 0
    own_fee: int = 0
    fee_account: str = ""
    payee: str = ""
    gains: int = 0
    number: str = ""
    bank: str = ""
    quote: str = ""

    @classmethod
    def load(cls, kept: Mapping[str, object]) -> Plan:
        """Return the plan that `attrs.asdict` made this of."""
        return cls(**kept)  # type: ignore[arg-type]

    def entries(self, account: str, currency: str) -> list[Entry]:
        """Return the posting with which a payment leaves an account."""
        outside = world(currency)
        lines = [*transfer(account, outside, self.takes)]
        lines += transfer(account, outside, self.platform_fee)
        if self.fee_account:
            lines += transfer(account, self.fee_account, self.own_fee)
        return lines


def shown(payment: JsonObject) -> JsonObject:
    """Return a payment as answers and events show it."""
    return {name: value for name, value in payment.items() if name != "plan"}


def publish(state: State, payment: JsonObject, event: str) -> JsonObject:
    """Emit an event about a payment, and return the payment with the id of the event."""
    earlier = payment["events"]
    emitted = state.emit(event, shown(payment))
    events: list[Json] = [*(earlier if isinstance(earlier, list) else []), emitted]
    told: JsonObject = {"events": events}
    return payment | told


def attempt(state: State, payment: JsonObject, plan: Plan) -> JsonObject:
    """Try a payment, and return it pending or failed; it is to be stored.

    Raises:
        RefusalError: 402, its FX quote cannot be used; nothing has changed.
    """
    account, currency = str(payment["account"]), str(payment["currency"])
    quote = _usable_quote(state, plan)
    now = state.now()
    reason = _obstacle(state, plan, currency)
    if reason is None:
        try:
            state.ledger.post(
                plan.entries(account, currency), type=str(payment["type"]),
                reference=id_of(payment), at=now,
            )  # fmt: skip
        except InsufficientFundsError:
            reason = "insufficient-funds"
    payment = payment | {"updatedAt": now}
    payment.pop("failureReason", None)
    if reason is not None:
        failed = payment | {"status": FAILED, "failureReason": reason}
        return publish(state, failed, "payment.failed")
    if plan.platform_fee:
        note_billing(state, payment, plan.platform_fee)
    if quote is not None:
        fx.use_quote(state, quote)
    state.later(state.money.payment_seconds, COMPLETE_JOB, id_of(payment))
    return payment | {"status": PENDING}


def complete(state: State, payment: JsonObject) -> JsonObject:
    """Hand a pending payment over to an account of ours, and return it completed."""
    plan, now = plan_of(payment), state.now()
    if plan.payee:
        currency = state.ledger.balance(plan.payee).currency
        state.ledger.post(
            transfer(world(currency), plan.payee, plan.gains), type=str(payment["type"]),
            reference=id_of(payment), at=now,
        )  # fmt: skip
    completed = payment | {"status": COMPLETED, "updatedAt": now}
    return publish(state, completed, "payment.completed")


def give_back(state: State, payment: JsonObject, reason: str) -> JsonObject:
    """Return a pending payment failed, after what it took, without its fees, has come back."""
    account, now = str(payment["account"]), state.now()
    returned = transfer(world(str(payment["currency"])), account, plan_of(payment).takes)
    state.ledger.post(returned, type="reversal", reference=id_of(payment), at=now)
    failed = payment | {"status": FAILED, "failureReason": reason, "updatedAt": now}
    return publish(state, failed, "payment.failed")


def plan_of(payment: JsonObject) -> Plan:
    """Return the plan that is kept with a payment."""
    kept = payment["plan"]
    return Plan.load(kept if isinstance(kept, dict) else {})


def fee_fields(plan: Plan) -> JsonObject:
    """Return the fields of a payment that tell its fees."""
    breakdown: list[JsonObject] = []
    if plan.platform_fee:
        charged: JsonObject = {"amount": plan.platform_fee}
        breakdown.append(charged | {"group": "platform", "type": "platform-fees"})
    if plan.fee_account:
        own: JsonObject = {"amount": plan.own_fee}
        breakdown.append(own | {"group": "business", "type": "business-fees"})
    return {"fees": plan.platform_fee + plan.own_fee, "feeBreakdown": [*breakdown]}


def _usable_quote(state: State, plan: Plan) -> JsonObject | None:
    """Return the quote of a plan, which may have expired since the payment was tried first."""
    quote = state.fx_quotes.get(plan.quote)
    if quote is not None:
        fx.check_quote(state, quote, str(quote["from"]), str(quote["to"]))
    return quote


def _obstacle(state: State, plan: Plan, currency: str) -> str | None:
    """Return why the payee cannot be paid, or None."""
    if plan.number and name_at(state, plan.bank, plan.number, currency) is None:
        return "account-not-found"
    return None


def name_at(state: State, bank_code: str, number: str, currency: str) -> str | None:
    """Return the name on a bank account, one of ours or of another bank, or None."""
    bank = find_bank(bank_code)
    if bank is not None:
        return holder_of(bank, number)
    entry = state.bank_accounts.get(number) if bank_code == SANDBOX_CODE else None
    owner = str(entry["owner"]) if entry is not None else ""
    found = state.accounts.get(owner) or state.payment_requests.get(owner)
    if entry is None or found is None or found["currency"] != currency:
        return None
    return str(entry["name"])
