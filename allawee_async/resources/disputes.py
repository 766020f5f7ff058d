"""Disputes: contest an authorization, add to the case, close it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from allawee_async.models.disputes import Dispute
from allawee_async.resources.base import Listable
from allawee_async.transport.routes import Effect, EffectKind, Route, body_of

if TYPE_CHECKING:
    from allawee_async.models.disputes import DisputeReason
    from allawee_async.types import Strings


class Disputes(Listable[Dispute]):
    """`allawee.disputes`: authorizations that a card holder contests."""

    ROUTES: ClassVar = {
        "create": Route("POST", "/disputes"),
        "list": Route("GET", "/disputes"),
        "get": Route("GET", "/disputes/:id"),
        "update": Route("PUT", "/disputes/:id"),
        "close": Route(
            "PUT",
            "/disputes/:id/close",
            effect=Effect(EffectKind.END, "closes the dispute for good"),
        ),
    }
    _model: ClassVar = Dispute
    _loose: ClassVar = True

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
        body = body_of(reason=reason, source=source, text=text, documents=documents, user=user)
        return await self._call("create", model=Dispute, body=body)

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
        return await self._call("get", dispute_id, model=Dispute)

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
        body = body_of(text=text, documents=documents, user=user)
        return await self._call("update", dispute_id, model=Dispute, body=body)

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
        return await self._call("close", dispute_id, model=Dispute, body={})
