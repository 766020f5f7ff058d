"""Payments: money that goes out to banks, to other accounts and for bills."""

from allawee_async.models.accounts import Account
from allawee_async.models.base import APIObject, Model, OpenEnum, known, model
from allawee_async.models.common import Currency
from allawee_async.models.customers import Customer
from allawee_async.models.fees import Fee
from allawee_async.models.webhooks import Event
from allawee_async.types import JSONObject, MinorUnits

__all__ = ["BillValidation", "FeePart", "Payment", "PayoutOptions"]
__all__ += ["PaymentFailureReason", "PaymentMethod", "PaymentStatus", "PaymentType"]


class PaymentMethod(OpenEnum):
    """How money goes from one place to another."""

    BANK_TRANSFER = known("bank-transfer")
    TRANSFER = known("transfer")
    FX_TRANSFER = known("fx-transfer")
    FX_CHARGE = known("fx-charge")
    BILLING = known("billing")
    LOCAL_TRANSFER = known("local-transfer")


class PaymentStatus(OpenEnum):
    """The state of a payment; the documents name one."""

    FAILED = known("failed")


class PaymentFailureReason(OpenEnum):
    """Why a payment failed; the documents name one."""

    INSUFFICIENT_FUNDS = known("insufficient-funds")


class PaymentType(OpenEnum):
    """The direction of a payment; the documents name one."""

    PAY_OUT = known("pay-out")


@model(kw_only=True)
class PayoutOptions(Model):
    """Where a payout goes; which fields are needed depends on the method.

    Attributes:
        method: The method once more; the documents repeat it here.
        account_number: The bank account that gets the money, 10 digits.
        bank_code: The code of its bank, 3 or 6 digits: see `allawee.tools.banks`.
        narration: What the receiver reads.
        note: A note of your own.
        destination: The account that gets the money, for transfers between your accounts.
        fx_currency: The currency that arrives, if it is another one.
        fx_quote_hash: The hash of a quote of `allawee.tools.fx.create_quote`.
    """

    method: PaymentMethod | str | None = None
    account_number: str | None = None
    bank_code: str | None = None
    narration: str | None = None
    note: str | None = None
    destination: str | None = None
    fx_currency: Currency | str | None = None
    fx_quote_hash: str | None = None


@model(kw_only=True)
class FeePart(Model):
    """One part of the fees of a payment.

    Attributes:
        amount: In minor units.
        group: Who takes it, for instance `platform`.
        type: What it is for, for instance `platform-fees`.
    """

    amount: MinorUnits | None = None
    group: str | None = None
    type: str | None = None


@model(kw_only=True)
class Payment(APIObject):
    """A payment.

    Attributes:
        id: Opaque, for instance `p.2wcj2CxxhnpcWAc4z`.
        amount: In minor units of `currency`.
        fees: What it costs besides, in minor units.
        fee_breakdown: What the fees are made of.
        status: `failed`, or a value that the documents do not name.
        failure_reason: Why it failed, if it did.
        type: `pay-out`, or a value that the documents do not name.
        account: The account that is charged; with `expand` the account itself.
        funding_source: The same, as far as the documents show.
        method: How the money goes.
        method_data: What the method needs, under the method's name in wire names (`bankTransfer`).
        events: The events that told of it: ids, or the events.
        customer: For whom it was made, as you gave it.
        reference: Your own handle, as you gave it.
        fee: The fee of yours that was charged.
        debit_source: The account to charge, as you gave it.
        metadata: Your own data, as you stored it.
        created_at: When the payment was created, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type, `payment`.
    """

    id: str
    amount: MinorUnits | None = None
    currency: Currency | None = None
    fees: MinorUnits | None = None
    fee_breakdown: tuple[FeePart, ...] | None = None
    status: PaymentStatus | None = None
    failure_reason: PaymentFailureReason | None = None
    type: PaymentType | None = None
    account: str | Account | JSONObject | None = None
    funding_source: str | Account | JSONObject | None = None
    method: PaymentMethod | None = None
    method_data: JSONObject | None = None
    events: tuple[str | Event | JSONObject, ...] | None = None
    customer: str | Customer | JSONObject | None = None
    reference: str | None = None
    fee: str | Fee | JSONObject | None = None
    debit_source: str | Account | JSONObject | None = None
    metadata: JSONObject | None = None


@model(kw_only=True)
class BillValidation(Model):
    """What the check of a bill's inputs found. No document shows one: it is all in `extra`."""
