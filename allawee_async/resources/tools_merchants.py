"""Merchants and their categories, for the controls of cards."""

from __future__ import annotations

from typing import ClassVar

from allawee_async.models.tools import Merchant, MerchantCategory
from allawee_async.resources.base import Listable
from allawee_async.transport.routes import Route


class Merchants(Listable[Merchant]):
    """`allawee.tools.merchants`: merchants and their categories."""

    ROUTES: ClassVar = {
        "list": Route("GET", "/tools/merchants"),
        "categories": Route("GET", "/tools/merchants/categories"),
        "get": Route("GET", "/tools/merchants/:id"),
    }
    _model: ClassVar = Merchant
    _loose: ClassVar = True

    async def categories(self) -> tuple[MerchantCategory, ...]:
        """List the kinds of merchants, which the controls of cards allow and block.

        Returns:
            All of them; what the API tells of each is not documented. A bare name is
            `extra["value"]`.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, merchants (2024-09-13).
        """
        return await self._all("categories", model=MerchantCategory)

    async def get(self, merchant_id: str) -> Merchant:
        """Read one merchant.

        Args:
            merchant_id: The id, for instance `mch.2cbc123456`.

        Returns:
            The merchant; what the API tells of it is not documented.

        Raises:
            NotFoundError: There is no such merchant.

        Source: Allawee's documents on tools, merchants (2024-09-13).
        """
        return await self._call("get", merchant_id, model=Merchant)
