"""Customers: create, read, update, list and find them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.customers import Customer, Verification
from allawee_async.resources.base import Findable
from allawee_async.transport.routes import Route, body_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from allawee_async.models.customers import Claims, CustomerType
    from allawee_async.types import FreeForm


class Customers(Findable[Customer]):
    """`allawee.customers`: the persons and businesses that hold cards and accounts."""

    ROUTES: ClassVar = {
        "create": Route("POST", "/customers"),
        "list": Route("GET", "/customers"),
        "get": Route("GET", "/customers/:id"),
        "update": Route("PUT", "/customers/:id"),
    }
    _model: ClassVar = Customer

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
        return await self._call("get", customer_id, model=Customer)

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
        body = body_of(
            name=name,
            reference=reference,
            type=type,
            claims=claims,
            verifications=_tiers(verifications),
            metadata=metadata,
        )
        return await self._call("create", model=Customer, body=body)

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
        body = body_of(
            name=name,
            reference=reference,
            type=type,
            claims=claims,
            verifications=_tiers(verifications),
            metadata=metadata,
        )
        return await self._call("update", customer_id, model=Customer, body=body)


def _tiers(
    verifications: Sequence[str | Verification | FreeForm] | None,
) -> list[object] | None:
    return None if verifications is None else [_tier(one) for one in verifications]


def _tier(verification: str | Verification | FreeForm) -> object:
    """Return what the API wants, of what it shows."""
    match verification:
        case Verification():
            return verification.type
        case Mapping():
            return verification.get("type", verification)
        case _:
            return verification
