"""Single values for people to read: money, timestamps, ids and states; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rich.text import Text

from allawee_async.codec.json import dumps
from allawee_async.models.base import Model
from allawee_async.models.schema import field_at
from allawee_async.redaction import printable
from allawee_async.types import JSONValue

# Names of amounts where no model knows the field: in logs of accounts, and in what is new.
_MONEY: Final = re.compile(
    r"amount|fees|cap|reserved|available|balance(?:Before|After)?|\w+(?:Amount|Fees|Balance)"
)
_ID: Final = re.compile(r"[a-z]+(?:[._][a-z]+)*[._](?=[a-z]*[0-9A-Z])[0-9A-Za-z]{6,}")
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)(?:\.\d+)?Z")
_STYLE_OF_STATE: Final = {
    **dict.fromkeys(("active", "enabled", "live", "approved", "verified"), "green"),
    **dict.fromkeys(("completed", "successful", "delivered"), "green"),
    **dict.fromkeys(("pending", "processing", "created", "new", "queued", "unclaimed"), "yellow"),
    **dict.fromkeys(("failed", "declined", "blocked", "cancelled", "reversed", "closed"), "red"),
    **dict.fromkeys(("terminated",), "red"),
    **dict.fromkeys(("inactive", "disabled"), "dim"),
}
_MINOR_UNITS: Final = 100


def money(amount: int, currency: str, *, minor: bool = True) -> str:
    """Return an amount as people write it, and in minor units: `NGN 50,000.00 (5000000)`."""
    sign, whole = ("-" if amount < 0 else ""), abs(amount)
    major, cents = divmod(whole, _MINOR_UNITS)
    told = f"{currency} {sign}{major:,}.{cents:02}"
    return f"{told} ({amount})" if minor else told


def is_money(path: str, model: type[Model] | None = None) -> bool:
    """Return whether the field at a dotted name holds an amount in minor units."""
    return _currency_field(path, model) is not None


def currency_of(path: str, model: type[Model] | None, around: Iterable[JSONValue]) -> str | None:
    """Return the currency of the amount at a dotted name; None for what is no money.

    Args:
        path: The dotted name, in wire names.
        model: What the object is, if a model says so.
        around: The objects around the amount, the innermost first.
    """
    name = _currency_field(path, model)
    found = (owner.get(name) for owner in around if name and isinstance(owner, dict))
    return next((value for value in found if isinstance(value, str) and value), None)


def _currency_field(path: str, model: type[Model] | None) -> str | None:
    field = field_at(model, path)
    if field is not None:
        return field.currency
    return "currency" if _MONEY.fullmatch(path.rpartition(".")[2]) else None


def cell(
    name: str, value: JSONValue, currency: str | None, *, brief: bool = False, minor: bool = True
) -> Text:
    """Return a plain value as a person reads it.

    Args:
        name: The last part of the field's name.
        value: What it holds; objects in a list are JSON.
        currency: The currency, if the value is an amount of money.
        brief: Whether there is little room: timestamps then end with the minute.
        minor: Whether money is told in minor units as well.
    """
    match value:
        case None:
            return Text("-", style="dim")
        case bool():
            return Text("yes" if value else "no")
        case int() if currency is not None:
            return Text(money(value, printable(currency), minor=minor))
        case list():
            texts = [item if isinstance(item, str) else dumps(item).decode() for item in value]
            return Text(printable(", ".join(texts)) or "-")
        case str():
            return _text(name, value, brief=brief)
        case _:
            return Text(printable(str(value)))


def _text(name: str, value: str, *, brief: bool) -> Text:
    moment = _MOMENT.fullmatch(value)
    if moment:
        day, minute, second = moment.groups()
        return Text(f"{day} {minute}{'' if brief else second}Z", style="dim")
    if name in ("status", "state"):
        return Text(printable(value), style=_STYLE_OF_STATE.get(value, ""))
    return Text(printable(value), style="cyan" if _ID.fullmatch(value) else "")
