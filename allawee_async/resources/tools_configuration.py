"""The configuration of your business: read it, and set what payments have by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.configuration import Configuration
from allawee_async.resources.base import Resource
from allawee_async.transport.routes import Route, body_of

if TYPE_CHECKING:
    from allawee_async.models.configuration import PaymentFees
    from allawee_async.types import FreeForm


class ConfigurationTools(Resource):
    """`allawee.tools.configuration`: what payments have by default."""

    ROUTES: ClassVar = {
        "get": Route("GET", "/tools/configuration"),
        "update_payment": Route("PUT", "/tools/configuration/payment"),
    }

    async def get(self) -> Configuration:
        """Read the configuration.

        Returns:
            The configuration; what it holds is not documented.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, configuration (2024-09-13).
        """
        return await self._call("get", model=Configuration)

    async def update_payment(
        self,
        *,
        pay_in_account: str | None = None,
        pay_out_account: str | None = None,
        fees: PaymentFees | FreeForm | None = None,
    ) -> Configuration:
        """Set what later payments have by default. It does no harm twice, so it is retried.

        Args:
            pay_in_account: The id of the account that gets what comes in.
            pay_out_account: The id of the account that pays what goes out.
            fees: The ids of the fees of yours to charge, as `PaymentFees` or as a mapping in wire
                names: `{"bankTransfer": "fee.…", "billPayment": "fee.…"}`.

        Returns:
            The configuration, as far as the API tells it; the documents show no answer.

        Raises:
            BadRequestError: A field is invalid; `details` names it.

        Source: Allawee's documents on tools, configuration (2024-09-13).
        """
        body = body_of(pay_in_account=pay_in_account, pay_out_account=pay_out_account, fees=fees)
        return await self._call("update_payment", model=Configuration, body=body)
