"""Simulation of guaranteed processing: card operations while a service is down."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.cards import Card
from allawee_async.models.common import ActionResult
from allawee_async.redaction import hidden
from allawee_async.resources.amounts import optional_minor_units
from allawee_async.resources.base import Resource
from allawee_async.resources.card_bodies import card_body
from allawee_async.transport.routes import Route, needed

if TYPE_CHECKING:
    from allawee_async.models.card_controls import CardControls
    from allawee_async.models.common import Currency
    from allawee_async.types import FreeForm, MinorUnits, SecretText, Strings


class GrpSimulation(Resource):
    """`allawee.simulation.grp`: card operations while a service is down.

    Each checks its arguments as the real one does, and is then queued: it raises
    `RequestAccepted`, or returns what `with_options(wait_for_accepted=…)` waited for. It needs a
    test key with `grp_enabled`; with any other the API answers that the service is unavailable.
    None is ever sent twice by itself.
    """

    ROUTES: ClassVar = {
        "create_card": Route("POST", "/simulation/grp/cards"),
        "link_card_by_pan": Route("POST", "/simulation/grp/cards/link"),
        "link_card": Route("POST", "/simulation/grp/cards/:id/link"),
        "block_card": Route("POST", "/simulation/grp/cards/:id/block"),
        "unblock_card": Route("POST", "/simulation/grp/cards/:id/unblock"),
    }

    async def create_card(
        self,
        *,
        program: str,
        customer: str,
        amount: MinorUnits | None = None,
        fx_hash: str | None = None,
        reference: str | None = None,
        card_holder_name: str | None = None,
        debit_source: str | None = None,
        funding_source: str | None = None,
        debit_currency: Currency | str | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Create a card while a service is down. It is never sent twice by itself.

        Args:
            program: The id of the card program.
            customer: The id of the customer who gets the card.
            amount: The first funding, in minor units (kobo, cents) of the card's currency.
            fx_hash: The hash of a quote, if `debit_currency` is another one.
            reference: Your own handle.
            card_holder_name: The name on the card.
            debit_source: The id of the account that the amount comes from.
            funding_source: The id of the account that pays for purchases.
            debit_currency: The currency of the account to charge, for instance `NGN`.
            controls: What the card may be used for, as `CardControls` or in wire names.
            metadata: Your own data.

        Returns:
            The card, once it is there; see the class.

        Raises:
            RequestAccepted: The request is queued.
            ConfigurationError: `amount` is no whole number, or negative.
            BadRequestError: A field is missing or invalid; `details` names them.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """
        body = card_body(
            program=program,
            customer=customer,
            amount=optional_minor_units("amount", amount),
            fx_hash=fx_hash,
            reference=reference,
            card_holder_name=card_holder_name,
            debit_source=debit_source,
            funding_source=funding_source,
            debit_currency=debit_currency,
            controls=controls,
            metadata=metadata,
        )
        return await self._call("create_card", model=Card, body=body)

    async def link_card_by_pan(
        self,
        *,
        pan: SecretText,
        customer: str,
        reference: str | None = None,
        card_holder_name: str | None = None,
        funding_source: str | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
        deposit_channels: Strings | None = None,
    ) -> Card:
        """Link a card by its number while a service is down. It is never sent twice by itself.

        Unlike `cards.link_by_pan` it goes to the ordinary host: use made-up numbers only.

        Args:
            pan: The number of the card; no error and no log shows it.
            customer: The id of the customer who gets the card.
            reference: Your own handle.
            card_holder_name: The name on the card.
            funding_source: The id of the account that pays for purchases.
            controls: What the card may be used for, as `CardControls` or in wire names.
            metadata: Your own data.
            deposit_channels: The kinds of deposit channels to open: `["bank-account"]`.

        Returns:
            The card, once it is linked; see the class.

        Raises:
            RequestAccepted: The request is queued.
            BadRequestError: A field is missing or invalid; `details` names them.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
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
        return await self._call("link_card_by_pan", model=Card, body=body)

    async def link_card(
        self,
        card_id: str,
        *,
        customer: str,
        reference: str | None = None,
        card_holder_name: str | None = None,
        funding_source: str | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Link a card by its id while a service is down. It is never sent twice by itself.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.
            customer: The id of the customer who gets the card.
            reference: Your own handle.
            card_holder_name: The name on the card.
            funding_source: The id of the account that pays for purchases.
            controls: What the card may be used for, as `CardControls` or in wire names.
            metadata: Your own data.

        Returns:
            The card, once it is linked; see the class.

        Raises:
            RequestAccepted: The request is queued.
            NotFoundError: There is no such card.
            BadRequestError: A field is missing or invalid; `details` names them.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """
        body = card_body(
            customer=customer,
            reference=reference,
            card_holder_name=card_holder_name,
            funding_source=funding_source,
            controls=controls,
            metadata=metadata,
        )
        return await self._call("link_card", card_id, model=Card, body=body)

    async def block_card(self, card_id: str) -> ActionResult:
        """Block a card while a service is down. It is never sent twice by itself.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered once it was done, which is not documented; see the class.

        Raises:
            RequestAccepted: The request is queued.
            NotFoundError: There is no such card.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """
        return await self._call("block_card", card_id, model=ActionResult)

    async def unblock_card(self, card_id: str) -> ActionResult:
        """Unblock a card while a service is down. It is never sent twice by itself.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            What the API answered once it was done, which is not documented; see the class.

        Raises:
            RequestAccepted: The request is queued.
            NotFoundError: There is no such card.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """
        return await self._call("unblock_card", card_id, model=ActionResult)
