"""The body of every call that may set what a card may be used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.resources.amounts import check_spending_limits
from allawee_async.transport.routes import body_of

if TYPE_CHECKING:
    from allawee_async.models.card_controls import CardControls
    from allawee_async.redaction import HiddenObject
    from allawee_async.types import FreeForm


def card_body(*, controls: CardControls | FreeForm | None, **fields: object) -> HiddenObject:
    """Return a request body as `body_of` does, with the amounts in `controls` checked.

    Raises:
        ConfigurationError: A spending limit is no whole number, or negative.
    """
    body = body_of(controls=controls, **fields)
    check_spending_limits(body.get("controls"))
    return body
