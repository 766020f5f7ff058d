"""What is shown of an event: enough to recognise it, and nothing of the person it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.cli.errors import one_line
from allawee_async.redaction import mask

if TYPE_CHECKING:
    from datetime import datetime

    from allawee_async.types import JSONValue
    from allawee_async.webhooks.events import Event


def facts_of(event: Event, now: datetime) -> dict[str, JSONValue]:
    """Return what is shown of an event; texts are safe to print, what is not known is None."""
    data = event.payload.get("data")
    fields = data if isinstance(data, dict) else {}
    sent_at = event.sent_at
    age = None if sent_at is None else round((now - sent_at).total_seconds(), 3)
    return {
        "event": shown(event.type),
        "id": shown(event.id),
        "object": shown(fields.get("id")),
        "status": shown(fields.get("status")),
        "sentAt": None if sent_at is None else sent_at.isoformat().replace("+00:00", "Z"),
        "ageSeconds": age,
    }


def shown(value: JSONValue) -> str | None:
    """Return a text that came from elsewhere as it is shown, or None if it is none."""
    return one_line(mask(value)) if isinstance(value, str) else None
