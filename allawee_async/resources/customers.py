"""Customers: create, read, update, list and find them."""

from collections.abc import Mapping, Sequence
from typing import Any

from allawee_async.models.customers import Claims, Customer, CustomerType, Verification
from allawee_async.resources.base import Findable, route
from allawee_async.types import FreeForm


def _name_tiers(given: dict[str, Any]) -> None:
    """Put the tiers that the API wants in the place of the verifications that it shows."""
    if given.get("verifications") is not None:
        given["verifications"] = [_tier(one) for one in given["verifications"]]


def _tier(verification: str | Verification | FreeForm) -> object:
    match verification:
        case Verification():
            return verification.type
        case Mapping():
            return verification.get("type", verification)
        case _:
            return verification


class Customers(Findable[Customer], path="/customers"):
    """`allawee.customers`: the persons and businesses that hold cards and accounts."""

    @route("GET", "/customers/:id")
    async def get(self, customer_id: str) -> Customer:
        """Read one customer.

        Args:
            customer_id: The id, for instance `cus.2tXNjMhytgx7hCxu9`.

        Returns:
            The customer.

        Raises:
            NotFoundError: There is no such customer.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your customers" (2024-09-13).
        """

    @route("POST", "/customers", prepare=_name_tiers)
    async def create(
        self,
        *,
        name: str,
        reference: str,
        type: CustomerType | str,
        claims: Claims | FreeForm,
        verifications: Sequence[str | Verification | FreeForm] | None = None,
        metadata: FreeForm | None = None,
    ) -> Customer:
        """Create a customer. It is never sent twice if it may have taken effect.

        Args:
            name: The legal or registered name.
            reference: Your own handle, by which `find` finds the customer again.
            type: `individual` or `business`.
            claims: Who the customer is.
            verifications: The tiers to check: `tier-1`, `tier-2`; of objects, as the API shows
                them, the tier is sent.
            metadata: Your own data.

        Returns:
            The new customer.

        Raises:
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, look the customer up with
                `find` before you try again.

        Source: Allawee's documents, "Create a customer" (2025-01-24).
        """

    @route("PUT", "/customers/:id", prepare=_name_tiers)
    async def update(
        self,
        customer_id: str,
        *,
        name: str,
        reference: str,
        type: CustomerType | str,
        claims: Claims | FreeForm,
        verifications: Sequence[str | Verification | FreeForm] | None = None,
        metadata: FreeForm | None = None,
    ) -> Customer:
        """Replace a customer's data. Sending it twice does no harm, so it is retried.

        Args:
            customer_id: The id, for instance `cus.2tXNjMhytgx7hCxu9`.
            name: The legal or registered name.
            reference: Your own handle.
            type: `individual` or `business`.
            claims: Who the customer is; the documents know no partial update, so give all of it.
            verifications: The tiers to check: `tier-1`, `tier-2`; of objects, as the API shows
                them, the tier is sent.
            metadata: Your own data; it takes the place of the old.

        Returns:
            The customer as it is now.

        Raises:
            NotFoundError: There is no such customer.
            BadRequestError: A field is missing or invalid; the error names it.

        Source: Allawee's documents, "Update a customer" (2025-01-24).
        """
