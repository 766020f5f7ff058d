"""Simulation: what the world does to cards and accounts, for test keys only."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

from allawee_async.models.common import ActionResult
from allawee_async.resources.amounts import minor_units
from allawee_async.resources.base import Resource
from allawee_async.resources.simulation_grp import GrpSimulation
from allawee_async.transport.routes import Route, body_of

if TYPE_CHECKING:
    from allawee_async.models.card_controls import CardChannel
    from allawee_async.models.payments import PaymentMethod
    from allawee_async.types import MinorUnits


_AUTHORIZE: Final = "/simulation/cards/:id/request-authorization"


class Simulation(Resource):
    """`allawee.simulation`: what the world does to cards and accounts, for test keys only.

    None of its calls is ever sent twice by itself. What they answer is not documented.
    """

    ROUTES: ClassVar = {
        "card_program_go_live": Route("POST", "/simulation/card-programs/:id/go-live"),
        "authorization_check": Route("POST", f"{_AUTHORIZE}/check"),
        "authorization_capture": Route("POST", f"{_AUTHORIZE}/capture"),
        "authorization_update_capture": Route("POST", f"{_AUTHORIZE}/update-capture"),
        "authorization_reverse_capture": Route("POST", f"{_AUTHORIZE}/reverse-capture"),
        "pay_in": Route("POST", "/simulation/payments/pay-in"),
    }

    @cached_property
    def grp(self) -> GrpSimulation:
        """Card operations during an outage, for keys with guaranteed processing."""
        return GrpSimulation(self._session)

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
        return await self._call(
            "card_program_go_live", card_program_id, model=ActionResult, body={}
        )

    async def authorization_check(
        self,
        card_id: str,
        *,
        channel: CardChannel | str,
        mcc: str | None = None,
        merchant_descriptor: str | None = None,
    ) -> ActionResult:
        """Let a merchant ask for the balance and name of a card. It is never sent twice by itself.

        Your webhook gets `card.authorization.request` of type `check`.

        Args:
            card_id: The id of the card, for instance `c.2tXPDv41Ri2qewJXL`.
            channel: Where the card is used: `atm`, `pos`, `online`, `in-app`.
            mcc: The merchant category code, 4 digits.
            merchant_descriptor: Name and place of the merchant.

        Returns:
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """
        body = body_of(channel=channel, mcc=mcc, merchant_descriptor=merchant_descriptor)
        return await self._call("authorization_check", card_id, model=ActionResult, body=body)

    async def authorization_capture(
        self,
        card_id: str,
        *,
        amount: MinorUnits,
        fees: MinorUnits,
        channel: CardChannel | str,
        mcc: str | None = None,
        merchant_descriptor: str | None = None,
    ) -> ActionResult:
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
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            ConfigurationError: An amount is no whole number, or negative.
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """
        body = body_of(
            amount=minor_units("amount", amount),
            fees=minor_units("fees", fees),
            channel=channel,
            mcc=mcc,
            merchant_descriptor=merchant_descriptor,
        )
        return await self._call("authorization_capture", card_id, model=ActionResult, body=body)

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
    ) -> ActionResult:
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
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            ConfigurationError: An amount is no whole number, or negative.
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """
        body = body_of(
            amount=minor_units("amount", amount),
            fees=minor_units("fees", fees),
            update_amount=minor_units("update_amount", update_amount),
            update_fees=minor_units("update_fees", update_fees),
            channel=channel,
            mcc=mcc,
            merchant_descriptor=merchant_descriptor,
        )
        return await self._call(
            "authorization_update_capture", card_id, model=ActionResult, body=body
        )

    async def authorization_reverse_capture(
        self,
        card_id: str,
        *,
        amount: MinorUnits,
        fees: MinorUnits,
        channel: CardChannel | str,
        mcc: str | None = None,
        merchant_descriptor: str | None = None,
    ) -> ActionResult:
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
            What the API answered, which is not documented; empty if it answered nothing.

        Raises:
            ConfigurationError: An amount is no whole number, or negative.
            NotFoundError: There is no such card.

        Source: Allawee's documents on simulation (2024-09-13).
        """
        body = body_of(
            amount=minor_units("amount", amount),
            fees=minor_units("fees", fees),
            channel=channel,
            mcc=mcc,
            merchant_descriptor=merchant_descriptor,
        )
        return await self._call(
            "authorization_reverse_capture", card_id, model=ActionResult, body=body
        )

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
        body = body_of(method=method, account_number=account_number)
        return await self._call("pay_in", model=ActionResult, body=body)
