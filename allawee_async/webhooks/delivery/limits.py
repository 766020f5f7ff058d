"""The figures of a dispatcher, checked when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.events import CardAuthorizationUpdate
from allawee_async.webhooks.stores.base import checked_seconds

if TYPE_CHECKING:
    from allawee_async.webhooks.events import Event

BODY_PATIENCE: Final = 30.0
"""Seconds for the body of a request to come."""

_LAST_SHARE: Final = 0.2
"""The share of the margin that is left for the answer's way out."""


def _seconds(_: object, field: attrs.Attribute[Any], value: object) -> None:
    checked_seconds(field.name, value)


def _margin(limits: Limits, field: attrs.Attribute[Any], value: object) -> None:
    seconds = 0.0 if value == 0 else checked_seconds(field.name, value)
    if seconds >= min(limits.request_deadline, limits.update_deadline):
        raise ConfigurationError(
            "margin must be shorter than both deadlines, or no time is left to decide"
        )


def _count(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{field.name} must be a whole number of at least 1")


@attrs.frozen(kw_only=True)
class Limits:
    """How long things may take, and how large they may be; see `WebhookDispatcher`."""

    request_deadline: float = attrs.field(validator=_seconds)
    update_deadline: float = attrs.field(validator=_seconds)
    margin: float = attrs.field(validator=_margin)
    event_timeout: float = attrs.field(validator=_seconds)
    lease: float = attrs.field(validator=_seconds)
    sync_workers: int = attrs.field(validator=_count)
    max_body: int = attrs.field(validator=_count)

    def for_decision(self, event: Event, arrived: float) -> tuple[float, float]:
        """Return until when handlers may decide, and until when the answer must be ready."""
        is_update = isinstance(event, CardAuthorizationUpdate)
        deadline = arrived + (self.update_deadline if is_update else self.request_deadline)
        return deadline - self.margin, deadline - self.margin * _LAST_SHARE
