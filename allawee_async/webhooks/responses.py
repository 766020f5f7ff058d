"""What is answered to a delivery: decisions, checked when they are made, and replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, Protocol, TypeAlias, cast

import attrs

from allawee_async.codec.json import dumps
from allawee_async.codec.writing import write_mapping
from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.models.base import OpenEnum, known
from allawee_async.types import FreeForm, JSONObject, MinorUnits
from allawee_async.webhooks.events import CardAuthorizationRequest, Event

SUCCESS: Final = b'{"code":"success"}'
"""The body of the answer to an event that wants no decision."""


class DeclineCode(OpenEnum):
    """Why a payment is declined; stored on the authorization."""

    ACCOUNT_NOT_FOUND = known("account-not-found")
    ACCOUNT_INACTIVE = known("account-inactive")
    INSUFFICIENT_FUNDS = known("insufficient-funds")
    INVALID_TRANSACTION = known("invalid-transaction")
    DUPLICATE_TRANSACTION = known("duplicate-transaction")
    SPENDING_CONTROL = known("spending-control")


_BEYOND: Final = 2**63


def _json_object(value: FreeForm | None) -> JSONObject | None:
    return None if value is None else write_mapping(value)


def _decline_code(value: DeclineCode | str | None) -> DeclineCode | None:
    if value is None:
        return None
    return DeclineCode(_full_text("code", value))


def _full_text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{name} must be a text that is not empty; leave it out otherwise")
    return value


def _whole(_: object, __: attrs.Attribute[Any], value: object) -> None:
    if value is not None and type(value) is not int:
        raise ConfigurationError(
            "card_balance must be an int in minor units (kobo, cents), "
            f"not {type(value).__name__}: 100 NGN are 10_000"
        )
    if isinstance(value, int) and not -_BEYOND <= value < _BEYOND:
        raise ConfigurationError("card_balance must fit into 64 bits")


def _name(_: object, __: attrs.Attribute[Any], value: object) -> None:
    if value is not None:
        _full_text("card_holder_name", value)


@attrs.frozen
class Approve:
    """Approve an authorization.

    Args:
        card_balance: What the card holder can spend, in minor units (kobo, cents); it may be
            negative. A check that is approved must tell it.
        card_holder_name: The name of the card holder. A check that is approved must tell it.
        metadata: Your own data, which is stored on the authorization.

    Raises:
        ConfigurationError: A value is of the wrong type, or has no form in JSON.
    """

    action: ClassVar[Literal["approve"]] = "approve"

    card_balance: MinorUnits | None = attrs.field(default=None, kw_only=True, validator=_whole)
    card_holder_name: str | None = attrs.field(default=None, kw_only=True, validator=_name)
    metadata: JSONObject | None = attrs.field(
        default=None, kw_only=True, converter=_json_object, hash=False
    )

    def __attrs_post_init__(self) -> None:
        """Find out now, and not when it is sent, whether it can be written."""
        decision_body(self)


@attrs.frozen
class Decline:
    """Decline an authorization.

    Args:
        code: Why, for instance `DeclineCode.INSUFFICIENT_FUNDS` or `"insufficient-funds"`; it is
            stored on the authorization. A code that the documents do not name is sent as it is.
        metadata: Your own data, which is stored on the authorization.

    Raises:
        ConfigurationError: A value is of the wrong type, or has no form in JSON.
    """

    action: ClassVar[Literal["decline"]] = "decline"

    code: DeclineCode | None = attrs.field(default=None, converter=_decline_code)
    metadata: JSONObject | None = attrs.field(
        default=None, kw_only=True, converter=_json_object, hash=False
    )

    def __attrs_post_init__(self) -> None:
        """Find out now, and not when it is sent, whether it can be written."""
        decision_body(self)


Decision: TypeAlias = Approve | Decline
"""What a handler answers to an event that wants a decision."""


def decision_body(decision: Decision) -> bytes:
    """Return a decision as the body of an answer; what is absent is left out."""
    fields: JSONObject = {"action": decision.action}
    if isinstance(decision, Approve):
        fields["cardBalance"] = decision.card_balance
        fields["cardHolderName"] = decision.card_holder_name
    else:
        fields["code"] = decision.code
    fields["metadata"] = decision.metadata
    try:
        return dumps({name: value for name, value in fields.items() if value is not None})
    except (TypeError, ValueError) as error:  # which quotes no value
        raise ConfigurationError(f"the decision has no form in JSON: {error}") from None


def missing_for_check(decision: Decision) -> str | None:
    """Return what an approved check lacks, or None. The API declines a check without it."""
    if isinstance(decision, Decline):
        return None
    needed = {"card_balance": decision.card_balance, "card_holder_name": decision.card_holder_name}
    return " and ".join(name for name, value in needed.items() if value is None) or None


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


def _refusal(status: int, error: str, headers: Mapping[str, str] | None = None) -> WebhookReply:
    return WebhookReply(status, dumps({"error": error}), headers=headers or {})


DONE: Final = WebhookReply(200, SUCCESS)
INVALID_SIGNATURE: Final = _refusal(400, "Invalid Signature")
INVALID_EVENT: Final = _refusal(400, "Invalid Event")
FAILED: Final = _refusal(500, "The event was not handled; send it again")
BUSY: Final = _refusal(503, "The event is being handled; send it again", {"Retry-After": "10"})
NOT_POST: Final = _refusal(405, "Use POST", {"Allow": "POST"})
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
        self._for_checks = reply_with(Decline() if missing_for_check(decision) else decision)

    def reply_to(self, event: Event | None) -> WebhookReply:
        """Return the reply that carries it; an event that cannot be read may be a check."""
        return self._for_checks if event is None or is_check(event) else self._for_others
