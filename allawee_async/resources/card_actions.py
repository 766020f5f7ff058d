"""What is done with a card that is there: fund, enroll, block and terminate it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.accounts import AccountBalance
from allawee_async.models.cards import FundingSource
from allawee_async.models.common import ActionResult
from allawee_async.resources.amounts import minor_units
from allawee_async.resources.base import Resource
from allawee_async.transport.routes import Effect, EffectKind, Route, body_of

if TYPE_CHECKING:
    from allawee_async.models.common import Currency
    from allawee_async.types import FreeForm, MinorUnits


class CardActions(Resource):
    """The verbs of `allawee.cards` that act on one card."""

    ROUTES: ClassVar = {
        "fund": Route(
            "POST",
            "/cards/:id/fund",
            effect=Effect(EffectKind.MONEY, "moves money from an account onto the card"),
        ),
        "funding_source": Route("GET", "/cards/:id/funding-source"),
        "funding_source_balance": Route("GET", "/cards/:id/funding-source/balance"),
        "enroll_safetoken": Route("POST", "/cards/:id/enroll/safetoken"),
        "enroll_3ds": Route("POST", "/cards/:id/enroll/3ds"),
        "block": Route("POST", "/cards/:id/block", resend=True),
        "unblock": Route("POST", "/cards/:id/unblock", resend=True),
        "terminate": Route(
            "DELETE", "/cards/:id", effect=Effect(EffectKind.END, "ends the card for good")
        ),
    }

    async def fund(
        self,
        card_id: str,
        *,
        amount: MinorUnits,
        debit_source: str | FreeForm | None = None,
        debit_currency: Currency | str | None = None,
        fx_hash: str | None = None,
    ) -> ActionResult:
        """Load a card with money. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            amount: In minor units (kobo, cents) of the card's currency: 10_000 are 100 NGN.
            debit_source: The id of the account that pays; if left out, the main account.
            debit_currency: The currency of that account.
            fx_hash: The hash of a quote of `allawee.tools.fx.create_quote`, if the account has
                another currency than the card.

        Returns:
            What the API answered; no document shows it.

        Raises:
            ConfigurationError: The amount is no int in minor units; nothing was sent.
            NotFoundError: There is no such card.
            BadRequestError: A field is missing or invalid; `details` names them.
            RequestFailedError: The account has too little, or the card cannot be funded.
            AllaweeError: If `outcome_unknown` is true, read `funding_source_balance` or the
                account's balance before you try again.

        Source: Allawee's documents, "Fund a card" (2024-09-13).
        """
        body = body_of(
            amount=minor_units("amount", amount),
            debit_source=debit_source,
            debit_currency=debit_currency,
            fx_hash=fx_hash,
        )
        return await self._call("fund", card_id, model=ActionResult, body=body)

    async def funding_source(self, card_id: str) -> FundingSource:
        """Read what pays for the purchases with a card.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            Presumably an account. No document shows it; all but its id is in `extra`.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Get a card's funding source" (2024-09-13).
        """
        return await self._call("funding_source", card_id, model=FundingSource)

    async def funding_source_balance(self, card_id: str) -> AccountBalance:
        """Read how much there is for purchases with a card.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            The balance. No document shows it, so all of it is in `extra`, in wire names; amounts
            are in minor units (kobo, cents).

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Get the balance of a card's funding source" (2024-09-13).
        """
        return await self._call("funding_source_balance", card_id, model=AccountBalance)

    async def enroll_safetoken(
        self, card_id: str, *, phone_number: str | None = None, email: str | None = None
    ) -> ActionResult:
        """Enroll a card for Verve's SafeToken. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            phone_number: Where the tokens go; if left out, the customer's number.
            email: Where the tokens go; if left out, the customer's address.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Enroll a card for SafeToken" (2024-09-13).
        """
        body = body_of(phone_number=phone_number, email=email)
        return await self._call("enroll_safetoken", card_id, model=ActionResult, body=body)

    async def enroll_3ds(
        self, card_id: str, *, phone_number: str | None = None, email: str | None = None
    ) -> ActionResult:
        """Enroll a card for 3-D Secure. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            phone_number: Where the codes go; if left out, the customer's number.
            email: Where the codes go; if left out, the customer's address.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents, "Enroll a card for 3DS" (2024-09-13).
        """
        body = body_of(phone_number=phone_number, email=email)
        return await self._call("enroll_3ds", card_id, model=ActionResult, body=body)

    async def block(self, card_id: str) -> ActionResult:
        """Block a card; `unblock` takes it back. Sending it twice does no harm: it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.
            RequestAccepted: The API queued it (guaranteed processing).

        Source: Allawee's documents, "Block a card" (2024-09-13).
        """
        return await self._call("block", card_id, model=ActionResult)

    async def unblock(self, card_id: str) -> ActionResult:
        """Unblock a card. Sending it twice does no harm, so it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered; no document shows it.

        Raises:
            NotFoundError: There is no such card.
            RequestAccepted: The API queued it (guaranteed processing).

        Source: Allawee's documents, "Unblock a card" (2024-09-13).
        """
        return await self._call("unblock", card_id, model=ActionResult)

    async def terminate(self, card_id: str) -> ActionResult:
        """End a card for good. Sending it twice does no harm, so it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered, if anything; no document shows it.

        Raises:
            NotFoundError: There is no such card; after a retry, perhaps because the first attempt
                ended it.

        Source: Allawee's documents, "Terminate a card" (2024-09-13).
        """
        return await self._call("terminate", card_id, model=ActionResult)
