"""Card transactions: read what was settled."""

from __future__ import annotations

from typing import ClassVar

from allawee_async.models.card_transactions import CardTransaction
from allawee_async.resources.base import Listable
from allawee_async.transport.routes import Route


class CardTransactions(Listable[CardTransaction]):
    """`allawee.card_transactions`: what was settled on cards."""

    ROUTES: ClassVar = {
        "list": Route("GET", "/card-transactions"),
        "get": Route("GET", "/card-transactions/:id"),
    }
    _model: ClassVar = CardTransaction

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
        return await self._call("get", transaction_id, model=CardTransaction)
