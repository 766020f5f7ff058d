"""Billings: what Allawee charges for its services; list and read."""

from __future__ import annotations

from typing import ClassVar

from allawee_async.models.billings import Billing
from allawee_async.resources.base import Listable
from allawee_async.transport.routes import Route


class Billings(Listable[Billing]):
    """`allawee.billings`: what Allawee charges for its services."""

    ROUTES: ClassVar = {
        "list": Route("GET", "/billings"),
        "get": Route("GET", "/billings/:id"),
    }
    _model: ClassVar = Billing

    async def get(self, billing_id: str) -> Billing:
        """Read one charge.

        Args:
            billing_id: The id.

        Returns:
            The charge; what it holds is not documented.

        Raises:
            NotFoundError: There is no such charge.

        Source: Allawee's documents on billings (2024-09-13).
        """
        return await self._call("get", billing_id, model=Billing)
