"""Moments the way Allawee writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def to_timestamp(moment: datetime) -> str:
    """Return a moment the way Allawee writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
