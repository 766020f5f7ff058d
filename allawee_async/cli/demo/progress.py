"""The bar that shows how far a walk has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.cli.output.live_bar import LiveBar

if TYPE_CHECKING:
    from allawee_async.cli.demo.walking import Walk


class WalkProgress(LiveBar):
    """A live bar of a walk, with its rate and its retries."""

    def __init__(self, max_items: int | None) -> None:
        super().__init__(width=30, narrow=12)
        self._max_items = max_items

    def show(self, walk: Walk) -> None:
        """Bring the bar up to date."""
        ends = [end for end in (walk.total, self._max_items) if end is not None]
        retries = walk.retries.total()
        word = "retry" if retries == 1 else "retries"
        self.update(
            completed=walk.count,
            total=min(ends, default=None),
            details=f"  {walk.rate:,.0f}/s  {retries:,} {word}",
        )
