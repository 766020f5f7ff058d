"""Tools: banks, bills, exchange rates, merchants, and the configuration of your business.

No published document shows what the tools answer. So no field is sure to be there, and what the
API sends besides is kept in `extra`.
"""

import attrs

from allawee_async.models.accounts import Account
from allawee_async.models.base import Model, model
from allawee_async.models.common import Currency
from allawee_async.models.fees import Fee
from allawee_async.types import JSONObject, MinorUnits

__all__ = ["Bank", "BillCategory", "BillProduct", "Configuration", "FxQuote", "FxRate", "Merchant"]
__all__ += ["MerchantCategory", "PaymentConfiguration", "PaymentFees", "ResolvedAccount"]


@model(kw_only=True)
class Bank(Model):
    """A bank.

    Attributes:
        id: Opaque.
        name: What it is called.
        code: Its code, 3 digits or 6: a text, as it may begin with zeros.
    """

    id: str | None = None
    name: str | None = None
    code: str | None = None


@model(kw_only=True)
class ResolvedAccount(Model):
    """Whose a bank account is.

    Attributes:
        account_name: The name of its owner.
        account_number: Its number, 10 digits.
        bank_code: The code of its bank.
        bank_name: The name of its bank.
    """

    account_name: str | None = None
    account_number: str | None = None
    bank_code: str | None = None
    bank_name: str | None = None


@model(kw_only=True)
class BillCategory(Model):
    """A kind of bills: airtime, electricity and so on."""

    id: str | None = None
    name: str | None = None


@model(kw_only=True)
class BillProduct(Model):
    """A bill that can be paid. What its `inputs` must hold, the API tells in `extra`.

    Attributes:
        id: Opaque, for instance `bp.2cbc123456`: the `product` of `payments.pay_bill`.
        name: What it is called.
    """

    id: str | None = None
    name: str | None = None


@model(kw_only=True)
class FxRate(Model):
    """An exchange rate; how the API writes the rate itself, no document tells: see `extra`."""

    from_: Currency | None = None
    to: Currency | None = None


@model(kw_only=True)
class FxQuote(Model):
    """An exchange rate that the API stands by for a while.

    Attributes:
        from_: The currency that is given.
        to: The currency that is got.
        amount: What is got, in minor units of `to`.
        hash: What `fx_hash` and `fx_quote_hash` want; the API may give it another name, which is
            then in `extra`.
    """

    from_: Currency | None = None
    to: Currency | None = None
    amount: MinorUnits | None = attrs.field(default=None, metadata={"currency": "to"})
    hash: str | None = None


@model(kw_only=True)
class Merchant(Model):
    """A merchant, for the controls of cards.

    Attributes:
        id: Opaque, for instance `mch.2cbc123456`.
        name: What it is called.
    """

    id: str | None = None
    name: str | None = None


@model(kw_only=True)
class MerchantCategory(Model):
    """A kind of merchants, for the controls of cards; a bare name is `extra["value"]`."""

    id: str | None = None
    name: str | None = None


@model(kw_only=True)
class PaymentFees(Model):
    """The fees that payments have by default, as ids; with `expand` the fees themselves."""

    bank_transfer: str | Fee | JSONObject | None = None
    bill_payment: str | Fee | JSONObject | None = None


@model(kw_only=True)
class PaymentConfiguration(Model):
    """What payments have by default.

    Attributes:
        pay_in_account: The account that gets what comes in.
        pay_out_account: The account that pays what goes out.
        fees: The fees of yours that are charged.
    """

    pay_in_account: str | Account | JSONObject | None = None
    pay_out_account: str | Account | JSONObject | None = None
    fees: PaymentFees | None = None


@model(kw_only=True)
class Configuration(Model):
    """The configuration of your business, as far as the API tells it."""

    payment: PaymentConfiguration | None = None
