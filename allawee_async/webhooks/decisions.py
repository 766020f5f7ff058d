"""What is answered to an authorization: approve or decline, checked when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias

import attrs

from allawee_async.codec.json import dumps
from allawee_async.codec.writing import write_mapping
from allawee_async.errors import ConfigurationError
from allawee_async.models.base import OpenEnum, known

if TYPE_CHECKING:
    from allawee_async.types import FreeForm, JSONObject, MinorUnits

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
    lacking: list[str] = []
    if decision.card_balance is None:
        lacking.append("card_balance")
    if decision.card_holder_name is None:
        lacking.append("card_holder_name")
    return " and ".join(lacking) or None
