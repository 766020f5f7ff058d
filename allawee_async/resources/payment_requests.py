"""Payment requests: money that is to come in; create, list, read and find."""

from allawee_async.models.common import Currency
from allawee_async.models.payment_requests import PaymentRequest, PaymentRequestOptions
from allawee_async.models.payments import PaymentMethod
from allawee_async.resources.base import Findable, route
from allawee_async.types import FreeForm, MinorUnits


class PaymentRequests(Findable[PaymentRequest], path="/payment-requests"):
    """`allawee.payment_requests`: money that is to come in, each over its own account number."""

    @route("POST", "/payment-requests")
    async def create(
        self,
        *,
        method: PaymentMethod | str,
        options: PaymentRequestOptions | FreeForm,
        currency: Currency | str,
        amount: MinorUnits,
        customer: str | None = None,
        reference: str | None = None,
        account: str | None = None,
        metadata: FreeForm | None = None,
    ) -> PaymentRequest:
        """Open an account number for one payment. It is never sent twice by itself.

        Args:
            method: How the money comes in: `bank-transfer`.
            options: The name of the account number and the bank.
            currency: The currency of the amount, for instance `NGN`.
            amount: Exactly what must come in, in minor units (kobo, cents); anything else is sent
                back to the payer.
            customer: The id of the customer from whom it comes.
            reference: Your own handle, by which `find` finds the request again.
            account: The id of the account that gets the money.
            metadata: Your own data.

        Returns:
            The new request; the account number and whatever else the API tells is in `extra`.

        Raises:
            ConfigurationError: `amount` is no whole number, or negative.
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, look the request up with `find`
                before you try again.

        Source: Allawee's documents on payment requests (2024-09-13).
        """

    @route("GET", "/payment-requests/:id")
    async def get(self, payment_request_id: str) -> PaymentRequest:
        """Read one payment request.

        Args:
            payment_request_id: The id.

        Returns:
            The request; the documents do not show which fields the API answers with.

        Raises:
            NotFoundError: There is no such request.

        Source: Allawee's documents on payment requests (2024-09-13).
        """
