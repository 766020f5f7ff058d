"""Exchange rates, and quotes that the API stands by."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.tools import FxQuote, FxRate
from allawee_async.resources.amounts import minor_units
from allawee_async.resources.base import Resource
from allawee_async.transport.routes import Route, body_of, query_texts

if TYPE_CHECKING:
    from allawee_async.models.common import Currency
    from allawee_async.types import MinorUnits


class Fx(Resource):
    """`allawee.tools.fx`: exchange rates and quotes."""

    ROUTES: ClassVar = {
        "rates": Route("GET", "/tools/fx/rates"),
        "create_quote": Route("POST", "/tools/fx/quotes", resend=True),
    }

    async def rates(
        self, *, from_: Currency | str | None = None, to: Currency | str | None = None
    ) -> tuple[FxRate, ...]:
        """List exchange rates.

        Args:
            from_: Only rates from this currency, for instance `NGN`.
            to: Only rates to this currency, for instance `USD`.

        Returns:
            The rates; how the API writes them is not documented: see `extra`.

        Raises:
            BadRequestError: There is no such currency.

        Source: Allawee's documents on tools, FX (2024-09-13).
        """
        query = query_texts({"from": from_, "to": to})
        return await self._all("rates", model=FxRate, query=query)

    async def create_quote(
        self, *, from_: Currency | str, to: Currency | str, amount: MinorUnits
    ) -> FxQuote:
        """Ask for an exchange rate that the API stands by. It moves no money, so it is retried.

        Args:
            from_: The currency that is given, for instance `NGN`.
            to: The currency that is got, for instance `USD`.
            amount: What is got, in minor units of `to`: from NGN to USD, 1100 are 11 dollars.

        Returns:
            The quote, with the hash that `fx_hash` of cards and `fx_quote_hash` of payouts want.
            How long it holds is not documented.

        Raises:
            ConfigurationError: `amount` is no whole number, or negative.
            BadRequestError: There is no rate between these currencies.

        Source: Allawee's documents on tools, FX (2024-09-13).
        """
        body = body_of(from_=from_, to=to, amount=minor_units("amount", amount))
        return await self._call("create_quote", model=FxQuote, body=body)
