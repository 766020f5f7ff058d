"""Billings: what Allawee charges for its services; list and read."""

from allawee_async.models.billings import Billing
from allawee_async.resources.base import Listable, route


class Billings(Listable[Billing], path="/billings"):
    """`allawee.billings`: what Allawee charges for its services."""

    @route("GET", "/billings/:id")
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
