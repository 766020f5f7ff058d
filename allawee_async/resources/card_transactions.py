"""Card transactions: read what was settled."""

from allawee_async.models.card_transactions import CardTransaction
from allawee_async.resources.base import Listable, route


class CardTransactions(Listable[CardTransaction], path="/card-transactions"):
    """`allawee.card_transactions`: what was settled on cards."""

    @route("GET", "/card-transactions/:id")
    async def get(self, transaction_id: str) -> CardTransaction:
        """Read one transaction.

        Args:
            transaction_id: The id, for instance `c.txn.2tXJVhhjbU3pPekQb`.

        Returns:
            The transaction; its amounts are in minor units (kobo, cents).

        Raises:
            NotFoundError: There is no such transaction.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your card transactions" (2024-09-13).
        """
