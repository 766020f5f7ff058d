"""Simulation: what the world does to cards and accounts, for test keys only."""

from typing import Final

from allawee_async.lazy import Noun
from allawee_async.models.card_authorizations import SimulatedAuthorization
from allawee_async.models.cards import Card, CardChannel, CardControls
from allawee_async.models.common import ActionResult, Currency
from allawee_async.models.payments import PaymentMethod
from allawee_async.resources.base import Resource, route
from allawee_async.types import FreeForm, MinorUnits, Secret, Strings

_AUTHORIZE: Final = "/simulation/cards/:id/request-authorization"


class GrpSimulation(Resource):
    """`allawee.simulation.grp`: card operations while a service is down.

    Each checks its arguments as the real one does, and is then queued: it raises
    `RequestAccepted`, or returns what `with_options(wait_for_accepted=…)` waited for. It needs a
    test key with `grp_enabled`; with any other the API answers that the service is unavailable.
    None is ever sent twice by itself.
    """

    @route("POST", "/simulation/grp/cards")
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
            controls: What the card may be used for.
            metadata: Your own data.

        Returns:
            The card, once it is there; see the class.

        Raises:
            RequestAccepted: The request is queued.
            ConfigurationError: `amount` is no whole number, or negative.
            BadRequestError: A field is missing or invalid; the error names it.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """

    @route("POST", "/simulation/grp/cards/link")
    async def link_card_by_pan(
        self,
        *,
        pan: Secret,
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
            pan: The number of the card.
            customer: The id of the customer who gets the card.
            reference: Your own handle.
            card_holder_name: The name on the card.
            funding_source: The id of the account that pays for purchases.
            controls: What the card may be used for.
            metadata: Your own data.
            deposit_channels: The kinds of deposit channels to open: `bank-account`.

        Returns:
            The card, once it is linked; see the class.

        Raises:
            RequestAccepted: The request is queued.
            BadRequestError: A field is missing or invalid; the error names it.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """

    @route("POST", "/simulation/grp/cards/:id/link")
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
            controls: What the card may be used for.
            metadata: Your own data.

        Returns:
            The card, once it is linked; see the class.

        Raises:
            RequestAccepted: The request is queued.
            NotFoundError: There is no such card.
            BadRequestError: A field is missing or invalid; the error names it.
            ServerError: The key has no guaranteed processing.

        Source: Allawee's documents on guaranteed request processing (2026-04-01).
        """

    @route("POST", "/simulation/grp/cards/:id/block", has_body=False)
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

    @route("POST", "/simulation/grp/cards/:id/unblock", has_body=False)
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


class Simulation(Resource):
    """`allawee.simulation`: what the world does to cards and accounts, for test keys only.

    None of its calls is ever sent twice by itself. What they answer is not documented.
    """

    grp = Noun(
        "Card operations during an outage, for keys with guaranteed processing.", GrpSimulation
    )

    @route("POST", "/simulation/card-programs/:id/go-live")
    async def card_program_go_live(self, card_program_id: str) -> ActionResult:
        """Approve a card program, as Allawee would. It is never sent twice by itself.

        Args:
            card_program_id: The id, for instance `c.prg.2tY3gamDwgZfxnKHS`.

        Returns:
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            NotFoundError: There is no such card program.
            PermissionDeniedError: The key is no test key.

        Source: Allawee's documents on simulation (2024-09-13).
        """

    @route("POST", f"{_AUTHORIZE}/check")
    async def authorization_check(
        self,
        card_id: str,
        *,
        channel: CardChannel | str,
        mcc: str | None = None,
        merchant_descriptor: str | None = None,
    ) -> SimulatedAuthorization:
        """Let a merchant ask for the balance and name of a card. It is never sent twice by itself.

        Your webhook gets `card.authorization.request` of type `check`.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.
            channel: Where the card is used: `atm`, `pos`, `online`, `in-app`.
            mcc: The merchant category code, 4 digits.
            merchant_descriptor: Name and place of the merchant.

        Returns:
            What was decided, as far as the API tells it; the documents show no answer.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """

    @route("POST", f"{_AUTHORIZE}/capture")
    async def authorization_capture(
        self,
        card_id: str,
        *,
        amount: MinorUnits,
        fees: MinorUnits,
        channel: CardChannel | str,
        mcc: str | None = None,
        merchant_descriptor: str | None = None,
    ) -> SimulatedAuthorization:
        """Buy something with a card. It is never sent twice by itself.

        Your webhook gets `card.authorization.request` of type `capture`.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.
            amount: The price, in minor units of the card's currency.
            fees: What Allawee takes besides, in minor units.
            channel: Where the card is used: `atm`, `pos`, `online`, `in-app`.
            mcc: The merchant category code, 4 digits.
            merchant_descriptor: Name and place of the merchant.

        Returns:
            What was decided, as far as the API tells it; the documents show no answer.

        Raises:
            ConfigurationError: An amount is no whole number, or negative.
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """

    @route("POST", f"{_AUTHORIZE}/update-capture")
    async def authorization_update_capture(
        self,
        card_id: str,
        *,
        amount: MinorUnits,
        fees: MinorUnits,
        update_amount: MinorUnits,
        update_fees: MinorUnits,
        channel: CardChannel | str,
        mcc: str | None = None,
        merchant_descriptor: str | None = None,
    ) -> SimulatedAuthorization:
        """Buy something and change the price afterwards. It is never sent twice by itself.

        Your webhook gets `card.authorization.update` with the new amount.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.
            amount: The price at first, in minor units of the card's currency.
            fees: What Allawee takes besides at first, in minor units.
            update_amount: The price afterwards, in minor units.
            update_fees: What Allawee takes besides afterwards, in minor units.
            channel: Where the card is used: `atm`, `pos`, `online`, `in-app`.
            mcc: The merchant category code, 4 digits.
            merchant_descriptor: Name and place of the merchant.

        Returns:
            What was decided, as far as the API tells it; the documents show no answer.

        Raises:
            ConfigurationError: An amount is no whole number, or negative.
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """

    @route("POST", f"{_AUTHORIZE}/reverse-capture")
    async def authorization_reverse_capture(
        self,
        card_id: str,
        *,
        amount: MinorUnits,
        fees: MinorUnits,
        channel: CardChannel | str,
        mcc: str | None = None,
        merchant_descriptor: str | None = None,
    ) -> SimulatedAuthorization:
        """Buy something and take it back. It is never sent twice by itself.

        Your webhook gets `card.authorization.update` with the status `reversed`.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.
            amount: The price, in minor units of the card's currency.
            fees: What Allawee takes besides, in minor units.
            channel: Where the card is used: `atm`, `pos`, `online`, `in-app`.
            mcc: The merchant category code, 4 digits.
            merchant_descriptor: Name and place of the merchant.

        Returns:
            What was decided, as far as the API tells it; the documents show no answer.

        Raises:
            ConfigurationError: An amount is no whole number, or negative.
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """

    @route("POST", "/simulation/payments/pay-in")
    async def pay_in(self, *, method: PaymentMethod | str, account_number: str) -> ActionResult:
        """Let money come in over an account number. It is never sent twice by itself.

        Args:
            method: How it comes; the documents name no values here, `bank-transfer` elsewhere.
            account_number: The number of a deposit channel or payment request, 10 digits.

        Returns:
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            APIError: There is no such account number.

        Source: Allawee's documents on simulation (2024-09-13).
        """
