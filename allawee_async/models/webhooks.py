"""Webhooks: where the API sends its events, and its records of them."""

from allawee_async.models.base import APIObject, Model, OpenEnum, known, model
from allawee_async.types import JSONObject, Secret

__all__ = ["Event", "Webhook", "WebhookEventName", "WebhookSecret"]


class WebhookEventName(OpenEnum):
    """The name of an event that a webhook may ask for."""

    CARD_AUTHORIZATION_REQUEST = known("card.authorization.request")
    CARD_AUTHORIZATION_CLOSED = known("card.authorization.closed")
    CARD_AUTHORIZATION_UPDATE = known("card.authorization.update")
    CARD_TRANSACTION_CREATED = known("card.transaction.created")
    REQUEST_COMPLETED = known("request.completed")


@model(kw_only=True)
class Webhook(APIObject):
    """A webhook. The documents show its fields in requests only, so none is sure to be there.

    Attributes:
        id: Opaque, for instance `wh.2cbc123456`.
        name: Your name for it.
        events: The names of the events that it gets.
        url: Where they are sent.
        api_version: The version of the API in which they are written.
        description: More about it.
        signing_key: The key that signs them; `repr` masks it.
        status: Whether it is enabled; the documents name no values.
        metadata: Your own data, as you stored it.
        created_at: When the webhook was created, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type.
    """

    id: str | None = None
    name: str | None = None
    events: tuple[WebhookEventName, ...] | None = None
    url: str | None = None
    api_version: str | None = None
    description: str | None = None
    signing_key: Secret | None = None
    status: str | None = None
    metadata: JSONObject | None = None


@model(kw_only=True)
class WebhookSecret(Model):
    """The key that signs the events of a webhook. No document shows under which name it comes.

    `repr` masks the names that it may have here; an answer that is only a text is
    `extra["value"]`, of which `repr` shows the name only.

    Attributes:
        signing_key: The key.
        secret: The key, under another name.
    """

    signing_key: Secret | None = None
    secret: Secret | None = None


@model(kw_only=True)
class Event(APIObject):
    """The record of an event. No document shows one, so what the API sends is mostly in `extra`.

    Attributes:
        id: Opaque, for instance `evt.2wcj2CVUpNZGXXxsC`; deliveries carry it as `metadata.event`.
        object: The API's name of the type.
        created_at: When the event was created, UTC.
        updated_at: When the record last changed, UTC.
    """

    id: str | None = None
