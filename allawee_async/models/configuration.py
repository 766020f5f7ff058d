"""The configuration of your business: what payments have by default."""

from allawee_async.models.accounts import Account
from allawee_async.models.common import Model, model
from allawee_async.models.fees import Fee
from allawee_async.types import JSONObject

__all__ = ["Configuration", "PaymentConfiguration", "PaymentFees"]


@model
class PaymentFees(Model):
    """The fees that payments have by default, as ids; with `expand` the fees themselves."""

    bank_transfer: str | Fee | JSONObject | None = None
    bill_payment: str | Fee | JSONObject | None = None


@model
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


@model
class Configuration(Model):
    """The configuration of your business, as far as the API tells it."""

    payment: PaymentConfiguration | None = None
