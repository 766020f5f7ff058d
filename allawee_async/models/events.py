"""Events: the API's records of what it sent to your webhooks."""

from datetime import datetime

from allawee_async.models.base import Model, model

__all__ = ["Event"]


@model(kw_only=True)
class Event(Model):
    """The record of an event. No document shows one, so what the API sends is mostly in `extra`.

    Attributes:
        id: Opaque, for instance `evt.2wcj2CVUpNZGXXxsC`; deliveries carry it as `metadata.event`.
        object: The API's name of the type.
        created_at: When the event was created, UTC.
        updated_at: When the record last changed, UTC.
    """

    id: str | None = None
    object: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
