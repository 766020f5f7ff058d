"""Disputes: authorizations that a card holder contests."""

from allawee_async.models.base import APIObject, OpenEnum, known, model
from allawee_async.models.card_authorizations import CardAuthorization
from allawee_async.types import JSONObject, Things

__all__ = ["Dispute", "DisputeReason"]


class DisputeReason(OpenEnum):
    """Why an authorization is contested."""

    FRAUDULENT = known("fraudulent")
    DUPLICATE = known("duplicate")
    VALUE_NOT_RECEIVED = known("value-not-received")
    GENERAL = known("general")


@model(kw_only=True)
class Dispute(APIObject):
    """A contested authorization. No document shows one; what else the API sends is in `extra`.

    Attributes:
        id: Opaque.
        reason: `fraudulent`, `duplicate`, `value-not-received` or `general`.
        source: What is contested: the id of a card authorization, or the authorization.
        text: What happened, in words.
        documents: URLs of the evidence, or objects.
        user: Who contests it: an id, or the user.
        created_at: When the dispute was opened, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type.
    """

    id: str | None = None
    reason: DisputeReason | None = None
    source: str | CardAuthorization | JSONObject | None = None
    text: str | None = None
    documents: Things | None = None
    user: str | JSONObject | None = None
