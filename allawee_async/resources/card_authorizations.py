"""Card authorizations: read what merchants asked of cards, and what was decided."""

from allawee_async.models.card_authorizations import CardAuthorization
from allawee_async.resources.base import Listable, route


class CardAuthorizations(Listable[CardAuthorization], path="/card-authorizations"):
    """`allawee.card_authorizations`: what merchants asked of cards, and what was decided."""

    @route("GET", "/card-authorizations/:id")
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
