"""Billings: what Allawee charges for its services."""

from allawee_async.models.base import APIObject, model

__all__ = ["Billing"]


@model(kw_only=True)
class Billing(APIObject):
    """A charge of Allawee's. No document shows one, so what the API sends is mostly in `extra`.

    Attributes:
        id: Opaque.
        object: The API's name of the type.
        created_at: When the charge was created, UTC.
        updated_at: When it last changed, UTC.
    """

    id: str | None = None
