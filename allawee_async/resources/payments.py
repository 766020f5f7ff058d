"""Payments: pay out, pay bills, list, read, find, repeat."""

from allawee_async.models.common import ActionResult, Currency
from allawee_async.models.payments import BillValidation, Payment, PaymentMethod, PayoutOptions
from allawee_async.resources.base import Findable, route
from allawee_async.transport.downloads import Download
from allawee_async.transport.routes import moves_money
from allawee_async.types import FreeForm, MinorUnits


class Payments(Findable[Payment], path="/payments"):
    """`allawee.payments`: money that goes out to banks, to other accounts and for bills."""

    @route("POST", "/payments/payouts", effect=moves_money("pays money out"))
    async def create_payout(
        self,
        *,
        method: PaymentMethod | str,
        options: PayoutOptions | FreeForm,
        currency: Currency | str,
        amount: MinorUnits,
        customer: str | None = None,
        reference: str | None = None,
        fee: str | None = None,
        debit_source: str | None = None,
        metadata: FreeForm | None = None,
    ) -> Payment:
        """Pay money out. It is never sent twice if it may have taken effect.

        Give a `reference`: if the answer is lost on the way, `find` tells whether the payment was
        made. Without one, nothing does.

        Args:
            method: How the money goes: `bank-transfer`, `transfer`, `fx-transfer`, …
            options: Where it goes.
            currency: The currency of the amount, for instance `NGN`.
            amount: In minor units (kobo, cents): 10000 are 100 NGN.
            customer: The id of the customer for whom it is.
            reference: Your own handle, by which `find` finds the payment again.
            fee: The id of a fee of yours to charge.
            debit_source: The id of the account to charge; by default the main account.
            metadata: Your own data.

        Returns:
            The payment, which is hardly ever done yet: `status` tells.

        Raises:
            ConfigurationError: `amount` is no whole number, or negative.
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, the money may be on its way:
                look the payment up with `find` before you try again.

        Source: Allawee's documents on payments (2024-09-13).
        """

    @route("POST", "/payments/bill", effect=moves_money("pays a bill"))
    async def pay_bill(
        self,
        *,
        product: str,
        inputs: FreeForm,
        customer: str | None = None,
        reference: str | None = None,
        debit_source: str | None = None,
        metadata: FreeForm | None = None,
    ) -> Payment:
        """Pay a bill: airtime, electricity and so on. It is never sent twice by itself.

        Args:
            product: The id of a bill product, for instance `bp.2cbc123456`: see
                `allawee.tools.bills.products`.
            inputs: What the product wants, by the names of the API. Here an amount is a text, in
                minor units: `{"phoneNumber": "08055429186", "amount": "40000"}`.
            customer: The id of the customer for whom it is.
            reference: Your own handle, by which `find` finds the payment again.
            debit_source: The id of the account to charge; by default the main account.
            metadata: Your own data.

        Returns:
            The payment, which is hardly ever done yet: `status` tells.

        Raises:
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, look the payment up with `find`
                before you try again.

        Source: Allawee's documents on payments (2024-09-13).
        """

    @route("POST", "/payments/bill/validate", resend=True)
    async def validate_bill(
        self,
        *,
        product: str,
        inputs: FreeForm,
        customer: str | None = None,
        reference: str | None = None,
        debit_source: str | None = None,
        metadata: FreeForm | None = None,
    ) -> BillValidation:
        """Check the inputs of a bill before it is paid. It pays nothing, so it is retried.

        Args:
            product: The id of a bill product, for instance `bp.2cbc123456`.
            inputs: What the product wants, by the names of the API, as for `pay_bill`.
            customer: The id of the customer for whom it would be.
            reference: Your own handle.
            debit_source: The id of the account that would be charged.
            metadata: Your own data.

        Returns:
            What the API found, which is not documented; see `extra`.

        Raises:
            BadRequestError: The inputs are not what the product wants; the error names it.

        Source: Allawee's documents on payments (2024-09-13).
        """

    @route("GET", "/payments/:id")
    async def get(self, payment_id: str) -> Payment:
        """Read one payment.

        Args:
            payment_id: The id, for instance `p.2wcj2CxxhnpcWAc4z`.

        Returns:
            The payment.

        Raises:
            NotFoundError: There is no such payment.

        Source: Allawee's documents on payments (2024-09-13).
        """

    @route("GET", "/payments/:id/generate/pdf")
    def receipt_pdf(self, payment_id: str) -> Download:
        """Download the receipt of a payment.

        Args:
            payment_id: The id, for instance `p.2wcj2CxxhnpcWAc4z`.

        Returns:
            A download, which sends nothing until it is used: `await
            payments.receipt_pdf(id).save_to(path)`, or read its bytes in `async with`.

        Raises:
            NotFoundError: There is no such payment.

        Source: Allawee's documents on payments (2024-09-13).
        """
        return self._download("receipt_pdf", payment_id)

    @route("POST", "/payments/:id/requeue", effect=moves_money("pays out what has failed before"))
    async def requeue(self, payment_id: str) -> ActionResult:
        """Try a failed payment once more. This call is never sent twice by itself.

        Args:
            payment_id: The id, for instance `p.2wcj2CxxhnpcWAc4z`.

        Returns:
            What the API answered, which is not documented; `get` tells how the payment stands.

        Raises:
            NotFoundError: There is no such payment.
            AllaweeError: If it is not known whether it took effect, read the payment before you try
                again.

        Source: Allawee's documents on payments (2024-09-13).
        """

    @route("POST", "/payments/:id/resend-events/payment-completed")
    async def resend_completed_event(self, payment_id: str) -> ActionResult:
        """Send the event "payment completed" again. This call is never sent twice by itself.

        Args:
            payment_id: The id, for instance `p.2wcj2CxxhnpcWAc4z`.

        Returns:
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            NotFoundError: There is no such payment.

        Source: Allawee's documents on payments (2024-09-13).
        """
