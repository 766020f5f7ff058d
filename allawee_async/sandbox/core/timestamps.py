"""Moments the way Allawee writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def to_timestamp(moment: datetime) -> str:
    """Return a moment the way Allawee writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def to_precise_timestamp(moment: datetime) -> str:
    """Return a moment with microseconds, the way Allawee writes it in some events."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
