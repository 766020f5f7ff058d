"""Card authorizations: read what merchants asked of cards, and what was decided."""

from __future__ import annotations

from typing import ClassVar

from allawee_async.models.card_authorizations import CardAuthorization
from allawee_async.resources.base import Listable
from allawee_async.transport.routes import Route


class CardAuthorizations(Listable[CardAuthorization]):
    """`allawee.card_authorizations`: what merchants asked of cards, and what was decided."""

    ROUTES: ClassVar = {
        "list": Route("GET", "/card-authorizations"),
        "get": Route("GET", "/card-authorizations/:id"),
    }
    _model: ClassVar = CardAuthorization

    async def get(self, authorization_id: str) -> CardAuthorization:
        """Read one authorization.

        Args:
            authorization_id: The id, for instance `c.auth.2tW3sESJQ4ZW9DKSG`.

        Returns:
            The authorization; its amounts are in minor units (kobo, cents).

        Raises:
            NotFoundError: There is no such authorization.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your card authorizations" (2024-10-16).
        """
        return await self._call("get", authorization_id, model=CardAuthorization)
