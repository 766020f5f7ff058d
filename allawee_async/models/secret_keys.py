"""Secret keys: the API keys of your business."""

from allawee_async.models.base import APIObject, OpenEnum, known, model
from allawee_async.types import Secret

__all__ = ["KeyScope", "SecretKey"]


class KeyScope(OpenEnum):
    """What a key may do; the documents name three."""

    CARDS_CREATE = known("cards:create")
    CARDS_UPDATE_STATUS = known("cards:update:status")
    CARDS_UPDATE_LINK = known("cards:update:link")


@model(kw_only=True)
class SecretKey(APIObject):
    """A key. No document shows under which name the API tells the key itself.

    `repr` masks the names that it may have here; under any other it is in `extra`, of which `repr`
    shows the names only.

    Attributes:
        id: Opaque.
        name: Your name for it.
        scopes: What it may do.
        grp_enabled: Whether its requests are queued when a service is down.
        api_version: The version of the API that it speaks.
        key: The key itself, which is told once.
        secret_key: The key itself, under another name.
        created_at: When the key was created, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type.
    """

    id: str | None = None
    name: str | None = None
    scopes: tuple[KeyScope, ...] | None = None
    grp_enabled: bool | None = None
    api_version: str | None = None
    key: Secret | None = None
    secret_key: Secret | None = None
