"""What is recorded of an event: its state, and the webhook that gets it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from allawee_async.sandbox.core.values import Document

WAITING, DELIVERED, FAILED, UNCLAIMED = "pending", "delivered", "failed", "unclaimed"
ENABLED, DISABLED = "enabled", "disabled"
TIMEOUT, UNREACHABLE, NO_WEBHOOK = "timeout-error", "webhook-unreachable", "no-webhook"
"""Why there is no decision."""


def choose_webhook(
    webhooks: Iterable[Document], event: str, preferred: str | None = None
) -> str | None:
    """Return the id of the webhook that gets an event, or None when nobody wants it.

    An enabled webhook that its own resource prefers comes first, then the newest enabled one that
    lists the event, then the default webhook. A URL that is preferred and that no webhook has gets
    the event itself: then it is the webhook whose key signs it, the default one or the newest.
    """
    default: str | None = None
    listed: str | None = None
    newest: str | None = None
    for webhook in webhooks:
        if webhook["status"] != ENABLED:
            continue
        newest = str(webhook["id"])
        if preferred in (newest, webhook["url"]):
            return newest
        if webhook.get("isDefault"):
            default = newest
        elif event in webhook["events"]:
            listed = newest
    return (default or newest) if is_url(preferred) else (listed or default)


def is_url(preferred: object) -> bool:
    """Return whether a resource prefers an address, and not a webhook by its id."""
    return isinstance(preferred, str) and preferred.startswith(("http://", "https://"))
