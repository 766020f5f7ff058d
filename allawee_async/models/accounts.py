"""Accounts: where money is held, and the bank accounts through which it comes in."""

from datetime import datetime

import attrs

from allawee_async.models.base import APIObject, Model, OpenEnum, known, model
from allawee_async.models.common import Currency
from allawee_async.models.customers import Customer
from allawee_async.types import JSONObject, MinorUnits

__all__ = ["Account", "AccountBalance", "AccountLogEntry", "DepositChannel"]
__all__ += ["AccountStatus", "AccountType", "DepositChannelType"]


class AccountType(OpenEnum):
    """What an account is for."""

    MAIN = known("main")
    SUB = known("sub")
    VIRTUAL = known("virtual")


class AccountStatus(OpenEnum):
    """The state of an account; the documents name one."""

    ACTIVE = known("active")


class DepositChannelType(OpenEnum):
    """How money comes into an account; the documents name one way."""

    BANK_ACCOUNT = known("bank-account")


@model(kw_only=True)
class DepositChannel(Model):
    """A bank account number; what is sent to it arrives on the account.

    Attributes:
        type: `bank-account`; absent right after the account was created.
        account_name: What a name enquiry shows.
        account_number: Ten digits, leading zeros among them.
        bank_name: The bank that keeps it.
        bank_code: The code of the bank, a text: `000`, `035`, `000013`.
        partner: Who provides it.
        created_at: When the channel was added, UTC.
        updated_at: When it last changed, UTC.
    """

    type: DepositChannelType | str | None = None
    account_name: str | None = None
    account_number: str | None = None
    bank_name: str | None = None
    bank_code: str | None = None
    partner: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@model(kw_only=True)
class Account(APIObject):
    """Where money is held.

    Attributes:
        id: Opaque, for instance `ac.2tVZczWw7m6Teoeb7`.
        name: What a name enquiry shows.
        type: `main`, `sub`, or `virtual`: one that holds no money and passes what it receives to
            its settlement account.
        status: `active`, or a value that the documents do not name.
        currency: `NGN` or `USD`.
        deposit_channels: How money comes in.
        settlement_account: Where a virtual account passes its money to: an id, or the account.
        customer: Whose account it is: an id, or the customer.
        reference: Your own handle.
        metadata: Your own data, as you stored it.
        created_at: When the account was created, UTC.
        updated_at: When the account last changed, UTC.
        object: The API's name of the type, `account`.
    """

    id: str
    name: str | None = None
    type: AccountType | None = None
    status: AccountStatus | None = None
    currency: Currency | str | None = None
    deposit_channels: tuple[DepositChannel, ...] | None = None
    settlement_account: "str | Account | JSONObject | None" = None
    customer: str | Customer | JSONObject | None = None
    reference: str | None = None
    metadata: JSONObject | None = None


attrs.resolve_types(Account)  # it names itself


@model(kw_only=True)
class AccountBalance(Model):
    """What is on an account. No document shows it; clients of the API saw these fields.

    Attributes:
        id: Opaque.
        available: What can be spent, in minor units.
        available_change: What the last movement added or took, in minor units.
        currency: The currency of both.
        mode: Whether the money is real: `live` or `test`.
        source: What moved the money last: an id or a reference, or the object.
        created_at: When it came to be so, UTC.
    """

    id: str | None = None
    available: MinorUnits | None = None
    available_change: MinorUnits | None = None
    currency: Currency | str | None = None
    mode: str | None = None
    source: str | JSONObject | None = None
    created_at: datetime | None = None


@model(kw_only=True)
class AccountLogEntry(Model):
    """Something that happened on an account. No document shows one, so all of it is in `extra`."""
