"""Amounts of money: whole numbers of the minor unit, checked before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.errors import ConfigurationError

if TYPE_CHECKING:
    from allawee_async.types import JSONValue


def minor_units(name: str, value: object) -> int:
    """Return an amount that can be sent.

    Args:
        name: The argument that it came in, for the message.
        value: The amount in the currency's minor unit: 10_000 are 100 NGN or 100 USD.

    Raises:
        ConfigurationError: It is no whole number (a float, a boolean, a text), or is negative.
    """
    if type(value) is not int:
        raise ConfigurationError(
            f"{name} must be an int in minor units (kobo, cents), not {_kind(value)}: "
            "100 NGN are 10_000"
        )
    if value < 0:
        raise ConfigurationError(f"{name} is an amount in minor units and cannot be negative")
    return value


def optional_minor_units(name: str, value: object) -> int | None:
    """Return an amount that can be sent, or None for None.

    Raises:
        ConfigurationError: As for `minor_units`.
    """
    return None if value is None else minor_units(name, value)


def check_spending_limits(controls: JSONValue) -> None:
    """Refuse the controls of a card, as they are sent, if an amount in them cannot be one.

    Raises:
        ConfigurationError: As for `minor_units`.
    """
    given = controls if isinstance(controls, dict) else {}
    for name in ("spendingLimits", "spending_limits"):  # mappings go out as they are
        limits = given.get(name)
        for index, limit in enumerate(limits if isinstance(limits, list) else []):
            if isinstance(limit, dict):
                optional_minor_units(f"controls.{name}[{index}].amount", limit.get("amount"))


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
