"""What is answered to a delivery: pure values, and the decision that goes out by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, cast

import attrs

from allawee_async.codec.json import dumps
from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.webhooks.decisions import (
    SUCCESS,
    Approve,
    Decline,
    decision_body,
    missing_for_check,
)
from allawee_async.webhooks.events import CardAuthorizationRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.webhooks.decisions import Decision
    from allawee_async.webhooks.events import Event


class Receiver(Protocol):
    """What the adapters of web frameworks need of a dispatcher."""

    @property
    def max_body(self) -> int: ...  # noqa: D102

    def arrival(self) -> float: ...  # noqa: D102

    async def dispatch(  # noqa: D102
        self, body: bytes, signature: str | bytes | None, *, received_at: float, request: object
    ) -> WebhookReply: ...

    async def close(self) -> None: ...  # noqa: D102


@attrs.frozen
class WebhookReply:
    """What to answer to a delivery.

    Attributes:
        status: The HTTP status.
        body: The body.
        content_type: The header `Content-Type`.
        headers: Further headers.
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], hash=False)


def _refusal(status: int, error: str, **headers: str) -> WebhookReply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookReply(status, dumps({"error": error}), headers=named)


DONE: Final = WebhookReply(200, SUCCESS)
INVALID_SIGNATURE: Final = _refusal(400, "Invalid Signature")
INVALID_EVENT: Final = _refusal(400, "Invalid Event")
FAILED: Final = _refusal(500, "The event was not handled; send it again")
BUSY: Final = _refusal(503, "The event is being handled; send it again", Retry_After="10")
NOT_POST: Final = _refusal(405, "Use POST", Allow="POST")
CUT_OFF: Final = _refusal(400, "The body was cut off")
UNREADABLE: Final = _refusal(400, "The body cannot be read")
TOO_SLOW: Final = _refusal(408, "The body took too long")
TOO_LARGE: Final = _refusal(413, "The body is too large")


def reply_with(decision: Decision) -> WebhookReply:
    """Return the reply that carries a decision."""
    return WebhookReply(200, decision_body(decision))


class InvalidAnswerError(AllaweeError):
    """A handler answered what cannot be sent as a decision."""


def is_check(event: Event) -> bool:
    """Return whether an approval of this event must tell balance and name."""
    return isinstance(event, CardAuthorizationRequest) and event.is_check


def checked_decision(event: Event, answer: object, handler: str) -> Decision:
    """Return a handler's answer if it can be sent as a decision.

    Raises:
        InvalidAnswerError: It is none, or approves a check without balance or name.
    """
    if not isinstance(answer, Approve | Decline):
        raise InvalidAnswerError(
            f"{handler} answered {type(answer).__name__}: return Approve(…) or Decline(…)"
        )
    lacking = missing_for_check(answer) if is_check(event) else None
    if lacking:
        raise InvalidAnswerError(
            f"{handler} approved a check without {lacking}, which Allawee declines: "
            "return Approve(card_balance=…, card_holder_name=…)"
        )
    return answer


class DefaultDecision:
    """The decision that goes out when no handler made one in time.

    A default approval that lacks balance or name would make an invalid answer to a check, so a
    check is declined then.

    Raises:
        ConfigurationError: It is no decision.
    """

    def __init__(self, decision: Decision) -> None:
        if not isinstance(cast("object", decision), Approve | Decline):
            raise ConfigurationError("default must be Approve(…) or Decline(…)")
        self._for_others = reply_with(decision)
        for_checks = Decline() if missing_for_check(decision) else decision
        self._for_checks = reply_with(for_checks)

    def reply_to(self, event: Event | None) -> WebhookReply:
        """Return the reply that carries it; an event that cannot be read may be a check."""
        return self._for_checks if event is None or is_check(event) else self._for_others
