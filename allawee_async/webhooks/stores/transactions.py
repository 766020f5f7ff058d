"""What a handler's transaction records as the answer to its event."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.decisions import SUCCESS, Approve, Decline, decision_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.webhooks.decisions import Decision

    Answer: TypeAlias = Decision | Callable[[], Decision | None] | None
    """A decision, a function that is asked for it when the transaction ends, or no decision."""


def first_body(answer: Answer) -> bytes:
    """Return what is recorded when a transaction starts."""
    return _body(None if callable(answer) else answer)


def last_body(answer: Answer) -> bytes | None:
    """Return what is recorded when a transaction ends, or None if it has been recorded."""
    return _body(answer()) if callable(answer) else None


def _body(decision: object) -> bytes:
    if decision is None:
        return SUCCESS
    if not isinstance(decision, Approve | Decline):
        raise ConfigurationError(
            "a transaction takes Approve(…), Decline(…), or a function that returns one of them"
        )
    return decision_body(decision)
