"""Disputes: contest an authorization, add to the case, close it."""

from allawee_async.models.disputes import Dispute, DisputeReason
from allawee_async.resources.base import Listable, route
from allawee_async.transport.routes import ends
from allawee_async.types import Strings


class Disputes(Listable[Dispute], path="/disputes", loose=True):
    """`allawee.disputes`: authorizations that a card holder contests."""

    @route("POST", "/disputes")
    async def create(
        self,
        *,
        reason: DisputeReason | str,
        source: str,
        text: str | None = None,
        documents: Strings | None = None,
        user: str | None = None,
    ) -> Dispute:
        """Contest an authorization. It is never sent twice if it may have taken effect.

        Args:
            reason: `fraudulent`, `duplicate`, `value-not-received` or `general`.
            source: The id of the card authorization, `c.auth.…`.
            text: What happened, in words.
            documents: URLs of the evidence.
            user: The id of the user who contests it, `usr.…`.

        Returns:
            The new dispute. No document shows one; what is not asked for here is in `extra`.

        Raises:
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, list the disputes before you
                try again.

        Source: Allawee's documents, "Create a dispute" (2024-09-13).
        """

    @route("GET", "/disputes/:id")
    async def get(self, dispute_id: str) -> Dispute:
        """Read one dispute.

        Args:
            dispute_id: The id.

        Returns:
            The dispute.

        Raises:
            NotFoundError: There is no such dispute.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your disputes" (2024-09-13).
        """

    @route("PUT", "/disputes/:id")
    async def update(
        self,
        dispute_id: str,
        *,
        text: str | None = None,
        documents: Strings | None = None,
        user: str | None = None,
    ) -> Dispute:
        """Change what is said in a dispute. Sending it twice does no harm, so it is retried.

        Args:
            dispute_id: The id.
            text: What happened, in words.
            documents: URLs of the evidence.
            user: The id of the user who contests it, `usr.…`.

        Returns:
            The dispute as it is now.

        Raises:
            NotFoundError: There is no such dispute.
            BadRequestError: A field is invalid; the error names it.
            RequestFailedError: The dispute is closed.

        Source: Allawee's documents, "Update a dispute" (2024-09-13).
        """

    @route("PUT", "/disputes/:id/close", effect=ends("closes the dispute for good"))
    async def close(self, dispute_id: str) -> Dispute:
        """Close a dispute for good. Sending it twice does no harm, so it is retried.

        Args:
            dispute_id: The id.

        Returns:
            The dispute as it is now.

        Raises:
            NotFoundError: There is no such dispute.

        Source: Allawee's documents, "Close a dispute" (2024-09-13).
        """
