"""The bar that shows how far an export is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allawee_async.cli.output.live_bar import LiveBar

if TYPE_CHECKING:
    from allawee_async.export import ExportProgress


class ExportBar(LiveBar):
    """A live bar of an export, with its rate, the time left, and what was rejected."""

    def __init__(self) -> None:
        super().__init__(width=24, narrow=8, words="reading")

    def show(self, told: ExportProgress) -> None:
        """Bring the bar up to date."""
        is_reading = told.stage == "reading"
        self.update(
            words="reading" if is_reading else "writing",
            completed=told.rows + told.rejected if is_reading else told.rows,
            total=told.total,
            details=details(told) if is_reading else "",
        )


def details(told: ExportProgress) -> str:
    """Return the rate, the time left if the total is known, and how many were rejected."""
    entries = told.rows + told.rejected
    rate = (entries - told.resumed) / told.seconds if told.seconds else 0.0
    text = f"  {rate:,.0f}/s"
    if told.total is not None and rate:
        left = timedelta(seconds=round(max(0, told.total - entries) / rate))
        text += f"  {left} left"
    return text + (f"  {told.rejected:,} rejected" if told.rejected else "")
