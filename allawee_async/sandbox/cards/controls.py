"""Spending controls of a card: what a request may hold, and what they let through. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import attrs

from allawee_async.sandbox.api.validation import RequestBody
from allawee_async.sandbox.core.values import Document, Json, to_timestamp
from allawee_async.sandbox.directory.merchants import categories_of, covers, merchants_named

CHANNELS = frozenset({"atm", "pos", "online", "in-app"})
INTERVALS = ("daily", "weekly", "monthly", "yearly")
_SUBJECTS = ("Mcc", "Categories", "Channels", "Merchants")
_MCC_RANGES = re.compile(r"[0-9]{4}(-[0-9]{4})?(, ?[0-9]{4}(-[0-9]{4})?)*")


def _mcc(value: str | None) -> str | None:
    return value if value and re.fullmatch("[0-9]{4}", value) else None


@attrs.frozen
class Purchase:
    """What the network asks a card to pay.

    Attributes:
        type: `check` or `capture`.
        amount: In minor units.
        fees: In minor units.
        channel: How the card is used.
        mcc: The category code of the merchant; None for none, and for what has not its form.
        merchant: The descriptor of the merchant, if there is one.
    """

    type: str
    amount: int
    fees: int
    channel: str
    mcc: str | None = attrs.field(converter=_mcc)
    merchant: str | None

    @classmethod
    def of(cls, authorization: Document) -> Purchase:
        """Return the purchase that an authorization is about, as it is kept with it."""
        return cls(**{field.name: authorization[field.name] for field in attrs.fields(cls)})

    def is_of(self, subject: str, entries: Collection[str]) -> bool:
        """Return whether one of the entries of a list in controls means this purchase."""
        match subject:
            case "Mcc":
                return covers(entries, self.mcc)
            case "Categories":
                return not categories_of(self.mcc).isdisjoint(entries)
            case "Merchants":
                known = merchants_named(self.merchant) | {self.merchant or ""}
                return not known.isdisjoint(entries)
            case _:
                return self.channel in entries


def read_controls(body: RequestBody) -> Document | None:
    """Return the controls in a request as they are stored, without the empty places of limits."""
    if body.fields.get("controls") is None:
        return None
    controls = body.object("controls")
    kept: Document = {}
    for name in (word + subject for subject in _SUBJECTS for word in ("allowed", "blocked")):
        allowed = CHANNELS if name.endswith("Channels") else None
        texts = controls.texts(name, required=False, allowed=allowed)
        if name.endswith("Mcc") and not all(map(_MCC_RANGES.fullmatch, texts)):
            controls.refuse(name, "must be a merchant category code or a range of them", each=True)
        kept |= controls.given(name)
    limits = controls.fields.get("spendingLimits")
    if isinstance(limits, list):
        kept["spendingLimits"] = _read_limits(controls, limits)
    elif limits is not None:
        controls.refuse("spendingLimits", "must be an array")
    return kept


def allows(
    controls: Document, purchase: Purchase, spent_since: Callable[[str], int], now: str
) -> bool:
    """Return whether the controls of a card let a purchase through.

    Args:
        controls: As `read_controls` returned them.
        purchase: What is to be paid.
        spent_since: Returns how much was spent with the card since a moment, in minor units.
        now: The present moment as a timestamp.
    """
    for subject in _SUBJECTS:
        allowed, blocked = (controls.get(word + subject, ()) for word in ("allowed", "blocked"))
        if (allowed and not purchase.is_of(subject, allowed)) or purchase.is_of(subject, blocked):
            return False
    return not purchase.amount or all(
        spent_since(interval_start(limit["interval"], now)) + purchase.amount <= limit["amount"]
        for limit in controls.get("spendingLimits", ())
    )


def interval_start(interval: str, now: str) -> str:
    """Return when the interval of a spending limit began; weeks begin on Monday, in UTC."""
    today = datetime.fromisoformat(now).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {
        "daily": today,
        "weekly": today - timedelta(days=today.weekday()),
        "monthly": today.replace(day=1),
        "yearly": today.replace(month=1, day=1),
    }
    return to_timestamp(starts[interval])


def _read_limits(controls: RequestBody, limits: list[Json]) -> list[Json]:
    numbered = RequestBody(
        {f"spendingLimits.{number}": limit for number, limit in enumerate(limits)},
        "controls.", controls.faults,
    )  # fmt: skip
    kept: list[Json] = []
    for name, sent in numbered.fields.items():
        limit = numbered.object(name, required=False)
        if isinstance(sent, dict):
            amount, interval = limit.whole("amount"), limit.choice("interval", INTERVALS)
            kept.append({"amount": amount, "interval": interval})
    return kept
