"""What of cards goes to the secure host: all that carries a card number, a code or a PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.cards import Card, CardSecrets
from allawee_async.models.common import ActionResult
from allawee_async.redaction import hidden
from allawee_async.resources.base import Resource
from allawee_async.resources.card_bodies import card_body
from allawee_async.transport.routes import Route, body_of, needed

if TYPE_CHECKING:
    from allawee_async.models.card_controls import CardControls
    from allawee_async.types import FreeForm, SecretText, Strings


class SecureCards(Resource):
    """The verbs of `allawee.cards` that go to the secure host."""

    ROUTES: ClassVar = {
        "secrets": Route("GET", "/cards/:id/secrets", secure=True),
        "activate": Route("POST", "/cards/:id/activate", secure=True),
        "reset_pin": Route("POST", "/cards/:id/reset-pin", secure=True),
        "link_by_pan": Route("POST", "/cards/link", secure=True),
    }

    async def secrets(self, card_id: str) -> CardSecrets:
        """Read the number and the security code of a card, from the secure host.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            The secrets, masked in `repr`; never log, print or store them.

        Raises:
            NotFoundError: There is no such card.
            PermissionDeniedError: The key lacks the scope.

        Source: Allawee's documents, "Get a card's secrets" (2024-09-21).
        """
        return await self._call("secrets", card_id, model=CardSecrets)

    async def activate(self, card_id: str, *, cvv: SecretText, pin: SecretText) -> ActionResult:
        """Activate a card. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            cvv: The security code on the card; masked in all errors.
            pin: The PIN that the card gets; masked in all errors.

        Returns:
            What the API answered; no document shows it.

        Raises:
            ConfigurationError: The code or the PIN is empty or no text; nothing was sent.
            NotFoundError: There is no such card.
            AllaweeError: If `outcome_unknown` is true, read the card before you try again.

        Source: Allawee's documents, "Activate a card" (2024-09-21).
        """
        cvv, pin = hidden(cvv), hidden(pin)
        needed(cvv=cvv, pin=pin)
        body = body_of(cvv=cvv, pin=pin)
        return await self._call("activate", card_id, model=ActionResult, body=body)

    async def reset_pin(self, card_id: str, *, pin: SecretText) -> ActionResult:
        """Give an active card a new PIN. It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            pin: The new PIN; masked in all errors.

        Returns:
            What the API answered; no document shows it.

        Raises:
            ConfigurationError: The PIN is empty or no text; nothing was sent.
            NotFoundError: There is no such card.
            BadRequestError: The PIN is not valid.
            RequestFailedError: The card is not active.

        Source: Allawee's documents, "Reset a card's PIN" (2024-09-21).
        """
        pin = hidden(pin)
        needed(pin=pin)
        return await self._call("reset_pin", card_id, model=ActionResult, body=body_of(pin=pin))

    async def link_by_pan(
        self,
        *,
        pan: SecretText,
        customer: str,
        reference: str | None = None,
        card_holder_name: str | None = None,
        funding_source: str | FreeForm | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
        deposit_channels: Strings | None = None,
    ) -> Card:
        """Give a card to a customer by the number on it.

        It is never sent twice if it may have taken effect.

        Args:
            pan: The card number; masked in all errors.
            customer: The id of the customer.
            reference: Your own handle, by which `find` finds the card again.
            card_holder_name: The name on the card.
            funding_source: The id of the account that pays for purchases.
            controls: What the card may be used for, as `CardControls` or in wire names; amounts in
                it are in minor units.
            metadata: Your own data.
            deposit_channels: How money comes onto the card: `["bank-account"]`.

        Returns:
            The card, `inactive` until it is activated.

        Raises:
            ConfigurationError: The number is empty or no text, or an amount is no int in minor
                units; nothing was sent.
            RequestAccepted: The API queued it (guaranteed processing).
            AllaweeError: If `outcome_unknown` is true, look the card up with `find(reference=…)`
                before you try again.

        Source: Allawee's documents, "Link a card by PAN" (2025-01-24); its path is the one of the
        pages of 2026-03-31.
        """
        pan = hidden(pan)
        needed(pan=pan)
        body = card_body(
            pan=pan,
            customer=customer,
            reference=reference,
            card_holder_name=card_holder_name,
            funding_source=funding_source,
            controls=controls,
            metadata=metadata,
            deposit_channels=deposit_channels,
        )
        return await self._call("link_by_pan", model=Card, body=body)
