"""Spending controls of a card: what a request may hold, and what they let through. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from allawee_async.sandbox.api.validation import Checks
    from allawee_async.sandbox.core.values import Json, JsonObject

CHANNELS = frozenset({"atm", "pos", "online", "in-app"})
INTERVALS = frozenset({"daily", "weekly", "monthly", "yearly"})
_SUBJECTS = ("Mcc", "Categories", "Channels", "Merchants")
_MCC = re.compile(r"[0-9]{4}")
_MCC_RANGES = re.compile(r"[0-9]{4}(-[0-9]{4})?(, ?[0-9]{4}(-[0-9]{4})?)*")


@attrs.frozen
class Purchase:
    """What the network asks a card to pay.

    `categories` and `merchants` are what the merchant may be called in controls.
    """

    type: str
    amount: int
    fees: int
    channel: str
    mcc: str | None = None
    merchant: str | None = None
    categories: frozenset[str] = frozenset()
    merchants: frozenset[str] = frozenset()


def read_controls(checks: Checks, parent: JsonObject) -> JsonObject | None:
    """Return the controls in a request as they are stored, without the empty places of limits."""
    controls = checks.object(parent, "controls", required=False)
    if controls is None:
        return None
    kept: JsonObject = {}
    for subject in _SUBJECTS:
        for word in ("allowed", "blocked"):
            name = word + subject
            checks.texts(controls, name, "controls.", required=False)
            entries = controls.get(name)
            if isinstance(entries, list):
                _check_entries(checks, name, entries)
                kept[name] = entries
    limits = _read_limits(checks, controls)
    if limits is not None:
        kept["spendingLimits"] = limits
    return kept


def is_mcc(text: str) -> bool:
    """Return whether a text has the form of a merchant category code."""
    return _MCC.fullmatch(text) is not None


def allows(
    controls: JsonObject, purchase: Purchase, spent_since: Callable[[str], int], now: str
) -> bool:
    """Return whether the controls of a card let a purchase through.

    Args:
        controls: As `read_controls` returned them.
        purchase: What is to be paid.
        spent_since: Returns how much was spent with the card since a moment, in minor units.
        now: The present moment as a timestamp.
    """
    known: dict[str, Callable[[Iterable[str]], bool]] = {
        "Mcc": lambda entries: _covers(entries, purchase.mcc),
        "Categories": lambda entries: not purchase.categories.isdisjoint(entries),
        "Channels": lambda entries: purchase.channel in entries,
        "Merchants": lambda entries: not purchase.merchants.isdisjoint(entries),
    }
    for subject, matches in known.items():
        allowed, blocked = (_texts(controls.get(word + subject)) for word in ("allowed", "blocked"))
        if (allowed and not matches(allowed)) or matches(blocked):
            return False
    return _within_limits(controls.get("spendingLimits"), purchase, spent_since, now)


def interval_start(interval: str, now: str) -> str:
    """Return when the interval of a spending limit began; weeks begin on Monday, in UTC."""
    today = datetime.fromisoformat(now).replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case "weekly":
            start = today - timedelta(days=today.weekday())
        case "monthly":
            start = today.replace(day=1)
        case "yearly":
            start = today.replace(month=1, day=1)
        case _:
            start = today
    return start.isoformat(timespec="milliseconds")[:23] + "Z"


def _check_entries(checks: Checks, name: str, entries: list[Json]) -> None:
    texts = [entry for entry in entries if isinstance(entry, str)]
    if name.endswith("Mcc") and not all(map(_MCC_RANGES.fullmatch, texts)):
        checks.messages.append(
            f"each value in controls.{name} must be a merchant category code or a range of them"
        )
    elif name.endswith("Channels") and not CHANNELS.issuperset(texts):
        checks.messages.append(
            f"each value in controls.{name} must be one of the following values: "
            + ", ".join(sorted(CHANNELS))
        )


def _read_limits(checks: Checks, controls: JsonObject) -> list[Json] | None:
    limits = controls.get("spendingLimits")
    if limits is None:
        return None
    if not isinstance(limits, list):
        checks.messages.append("controls.spendingLimits must be an array")
        return None
    kept: list[Json] = []
    for number, limit in enumerate(limits):
        path = f"controls.spendingLimits.{number}."
        if isinstance(limit, dict):
            checks.whole(limit, "amount", path)
            checks.choice(limit, "interval", INTERVALS, path)
            kept.append({name: limit.get(name) for name in ("amount", "interval")})
        elif limit is not None:
            checks.messages.append(f"{path[:-1]} must be an object")
    return kept


def _within_limits(
    limits: Json, purchase: Purchase, spent_since: Callable[[str], int], now: str
) -> bool:
    for limit in limits if isinstance(limits, list) and purchase.amount else ():
        amount = limit.get("amount") if isinstance(limit, dict) else None
        if isinstance(limit, dict) and isinstance(amount, int):
            spent = spent_since(interval_start(str(limit.get("interval")), now))
            if spent + purchase.amount > amount:
                return False
    return True


def _covers(entries: Iterable[str], mcc: str | None) -> bool:
    if mcc is None:
        return False
    for part in ",".join(entries).split(","):
        first, _, last = part.strip().partition("-")
        if first <= mcc <= (last or first):
            return True
    return False


def _texts(value: Json) -> Collection[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else ()
