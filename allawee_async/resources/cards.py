"""Cards: issue, link, read, update, list and find them; and all that `card_actions` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.cards import Card
from allawee_async.resources.amounts import optional_minor_units
from allawee_async.resources.base import Findable
from allawee_async.resources.card_actions import CardActions
from allawee_async.resources.card_bodies import card_body
from allawee_async.resources.card_secrets import SecureCards
from allawee_async.transport.routes import Effect, EffectKind, Route

if TYPE_CHECKING:
    from allawee_async.models.card_controls import CardControls
    from allawee_async.models.common import Currency
    from allawee_async.types import FreeForm, MinorUnits


class Cards(CardActions, SecureCards, Findable[Card]):
    """`allawee.cards`: what customers pay with.

    `secrets`, `activate`, `reset_pin` and `link_by_pan` go to the secure host.
    """

    ROUTES: ClassVar = {
        "list": Route("GET", "/cards"),
        "create": Route(
            "POST",
            "/cards",
            effect=Effect(
                EffectKind.MONEY,
                "moves money from an account onto the new card",
                only_with="amount",
            ),
        ),
        "get": Route("GET", "/cards/:id"),
        "link": Route("POST", "/cards/:id/link"),
        "update": Route("PUT", "/cards/:id"),
        **CardActions.ROUTES,
        **SecureCards.ROUTES,
    }
    _model: ClassVar = Card

    async def create(
        self,
        *,
        program: str,
        customer: str,
        amount: MinorUnits | None = None,
        fx_hash: str | None = None,
        reference: str | None = None,
        card_holder_name: str | None = None,
        debit_source: str | FreeForm | None = None,
        funding_source: str | FreeForm | None = None,
        debit_currency: Currency | str | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Issue a card to a customer. It is never sent twice if it may have taken effect.

        Args:
            program: The id of the card program, which decides whether the card is virtual.
            customer: The id of the customer.
            amount: What to load it with at first, in minor units (kobo, cents) of its currency.
            fx_hash: The hash of a quote of `allawee.tools.fx.create_quote`, if the account that
                is debited has another currency than the card.
            reference: Your own handle, by which `find` finds the card again.
            card_holder_name: The name on the card.
            debit_source: The id of the account that pays `amount`; if left out, the main account.
            funding_source: The id of the account that pays for purchases.
            debit_currency: The currency of the account that is debited.
            controls: What the card may be used for, as `CardControls` or in wire names.
            metadata: Your own data.

        Returns:
            The new card, presumably `inactive`.

        Raises:
            ConfigurationError: An amount is no int in minor units; nothing was sent.
            BadRequestError: A field is missing or invalid; `details` names them.
            RequestAccepted: The API queued it (guaranteed processing).
            AllaweeError: If `outcome_unknown` is true, look the card up with `find(reference=…)`
                before you try again.

        Source: Allawee's documents, "Create a card" (2025-01-24).
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
        return await self._call("create", model=Card, body=body)

    async def get(self, card_id: str) -> Card:
        """Read one card.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.

        Returns:
            The card.

        Raises:
            NotFoundError: There is no such card.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your cards" (2024-09-21).
        """
        return await self._call("get", card_id, model=Card)

    async def link(
        self,
        card_id: str,
        *,
        customer: str,
        reference: str | None = None,
        card_holder_name: str | None = None,
        funding_source: str | FreeForm | None = None,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Give a card that nobody holds to a customer.

        It is never sent twice if it may have taken effect.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            customer: The id of the customer.
            reference: Your own handle, by which `find` finds the card again.
            card_holder_name: The name on the card.
            funding_source: The id of the account that pays for purchases.
            controls: What the card may be used for, as `CardControls` or in wire names; amounts in
                it are in minor units.
            metadata: Your own data.

        Returns:
            The card, `inactive` until it is activated.

        Raises:
            ConfigurationError: An amount is no int in minor units; nothing was sent.
            NotFoundError: There is no such card.
            RequestAccepted: The API queued it (guaranteed processing).
            AllaweeError: If `outcome_unknown` is true, read the card before you try again.

        Source: Allawee's documents, "Link a card" (2025-01-24).
        """
        body = card_body(
            customer=customer,
            reference=reference,
            card_holder_name=card_holder_name,
            funding_source=funding_source,
            controls=controls,
            metadata=metadata,
        )
        return await self._call("link", card_id, model=Card, body=body)

    async def update(
        self,
        card_id: str,
        *,
        controls: CardControls | FreeForm | None = None,
        metadata: FreeForm | None = None,
    ) -> Card:
        """Change what a card may be used for. Sending it twice does no harm, so it is retried.

        Args:
            card_id: The id, for instance `c.2tXPDv41Ri2qewJXL`.
            controls: What the card may be used for, as `CardControls` or in wire names; amounts in
                it are in minor units.
            metadata: Your own data; it takes the place of all the old.

        Returns:
            The card as it is now.

        Raises:
            ConfigurationError: An amount is no int in minor units; nothing was sent.
            NotFoundError: There is no such card.
            BadRequestError: A field is invalid; `details` names them.

        Source: Allawee's documents, "Update a card" (2024-09-13).
        """
        body = card_body(controls=controls, metadata=metadata)
        return await self._call("update", card_id, model=Card, body=body)
