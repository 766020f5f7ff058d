"""Payment requests: money that is to come in, each over an account number of its own."""

from allawee_async.models.accounts import Account
from allawee_async.models.base import APIObject, Model, OpenEnum, known, model
from allawee_async.models.common import Currency
from allawee_async.models.customers import Customer
from allawee_async.models.payments import PaymentMethod
from allawee_async.types import JSONObject, MinorUnits

__all__ = ["PaymentRequest", "PaymentRequestBank", "PaymentRequestOptions"]


class PaymentRequestBank(OpenEnum):
    """A bank that opens account numbers for single payments; the documents name one."""

    PROVIDUS = known("providus")


@model(kw_only=True)
class PaymentRequestOptions(Model):
    """How the money is to come in.

    Attributes:
        name: The name of the account that is opened; it must be given.
        bank: The bank that opens it.
    """

    name: str | None = None
    bank: PaymentRequestBank | str | None = None


@model(kw_only=True)
class PaymentRequest(APIObject):
    """A payment that is waited for. The documents show its fields in requests only.

    Attributes:
        id: Opaque.
        method: How the money comes in.
        options: How, in detail.
        currency: The currency of the amount.
        amount: Exactly what must come in, in minor units; anything else is sent back.
        status: The state; the documents name no values.
        customer: From whom it comes; with `expand` the customer.
        reference: Your own handle.
        account: The account that gets the money; with `expand` the account itself.
        metadata: Your own data, as you stored it.
        created_at: When the request was created, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type.
    """

    id: str | None = None
    method: PaymentMethod | None = None
    options: PaymentRequestOptions | None = None
    currency: Currency | None = None
    amount: MinorUnits | None = None
    status: str | None = None
    customer: str | Customer | JSONObject | None = None
    reference: str | None = None
    account: str | Account | JSONObject | None = None
    metadata: JSONObject | None = None
