"""Fees: what you charge your own customers; create, list and read."""

import math
from typing import Any

from allawee_async.models.common import Currency
from allawee_async.models.fees import Fee, FeeStructure
from allawee_async.resources.base import Listable, check_amount, route
from allawee_async.types import FreeForm, MinorUnits


def _check_value(given: dict[str, Any]) -> None:
    """Refuse the value of a fee that cannot be one: only a percentage may have a fraction."""
    value = given["value"]
    is_percentage = given["structure"] == "percentage" and type(value) is float
    if not (is_percentage and math.isfinite(value) and value >= 0):
        check_amount("value", value)


class Fees(Listable[Fee], path="/fees"):
    """`allawee.fees`: what you charge your own customers."""

    @route("POST", "/fees", prepare=_check_value)
    async def create(
        self,
        *,
        name: str,
        structure: FeeStructure | str,
        value: float,
        account: str,
        description: str | None = None,
        currency: Currency | str | None = None,
        cap: MinorUnits | None = None,
        metadata: FreeForm | None = None,
    ) -> Fee:
        """Create a fee. It is never sent twice if it may have taken effect.

        Args:
            name: Your name for it.
            structure: `flat` or `percentage`.
            value: Of a flat fee the amount in minor units (kobo, cents); of another the percentage,
                such as 1.5. Documents that were withdrawn count in hundredths of it.
            account: The id of the account that gets the fee.
            description: More about it.
            currency: The currency of the amounts, for instance `NGN`.
            cap: The most that is taken, in minor units; meant for percentages.
            metadata: Your own data.

        Returns:
            The new fee; the documents do not show which fields the API answers with.

        Raises:
            ConfigurationError: An amount is no whole number, or negative; nothing was sent.
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, look through `list` before you
                try again.

        Source: Allawee's documents on fees (2024-09-13).
        """

    @route("GET", "/fees/:id")
    async def get(self, fee_id: str) -> Fee:
        """Read one fee.

        Args:
            fee_id: The id, for instance `fee.2cbc123456`.

        Returns:
            The fee; the documents do not show which fields the API answers with.

        Raises:
            NotFoundError: There is no such fee.

        Source: Allawee's documents on fees (2024-09-13).
        """
