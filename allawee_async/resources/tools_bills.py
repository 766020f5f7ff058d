"""Bills that can be paid: their categories and products."""

from __future__ import annotations

from typing import ClassVar

from allawee_async.models.tools import BillCategory, BillProduct
from allawee_async.resources.base import Resource
from allawee_async.transport.routes import Route


class Bills(Resource):
    """`allawee.tools.bills`: bills that can be paid."""

    ROUTES: ClassVar = {
        "categories": Route("GET", "/tools/bills/categories"),
        "products": Route("GET", "/tools/bills/products"),
        "product": Route("GET", "/tools/bills/products/:id"),
    }

    async def categories(self) -> tuple[BillCategory, ...]:
        """List the kinds of bills.

        Returns:
            All of them; what the API tells of each is not documented.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, bills (2024-09-13).
        """
        return await self._all("categories", model=BillCategory)

    async def products(self) -> tuple[BillProduct, ...]:
        """List the bills that can be paid.

        Returns:
            All of them; what the API tells of each is not documented, but for the shape of
            `inputs`, which is in `extra`.

        Raises:
            AllaweeError: As for any read.

        Source: Allawee's documents on tools, bills (2024-09-13).
        """
        return await self._all("products", model=BillProduct)

    async def product(self, product_id: str) -> BillProduct:
        """Read one bill that can be paid.

        Args:
            product_id: The id, for instance `bp.2cbc123456`.

        Returns:
            The product; what the `inputs` of a payment must hold is in `extra`.

        Raises:
            NotFoundError: There is no such product.

        Source: Allawee's documents on tools, bills (2024-09-13).
        """
        return await self._call("product", product_id, model=BillProduct)
