"""The bar that all commands share."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from allawee_async import Attempt, RateLimitError, RetryEvent
from allawee_async.cli.access import connection
from allawee_async.cli.output import live_bar

if TYPE_CHECKING:
    import pytest


def event(*, waits: bool) -> RetryEvent:
    return RetryEvent(
        method="GET",
        path="/customers",
        attempt=Attempt(number=1, status=None, error="x", request_id=None, elapsed=0.0, pause=1.0),
        error=RateLimitError("slow", status=429),
        waits_for_rate=waits,
    )


def test_it_says_that_a_request_waits_for_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    terminal = Console(file=shown, width=100, force_terminal=True, color_system=None)
    monkeypatch.setattr(live_bar, "progress_console", lambda: terminal)
    monkeypatch.setattr(live_bar, "someone_watches", lambda: True)
    with live_bar.LiveBar(words="reading") as bar:
        bar.tell(completed=5, total=10, details="  7/s")
        connection._tell_of_waiting(event(waits=False))
        bar.refresh()
        assert "waiting" not in shown.getvalue()
        connection._tell_of_waiting(event(waits=True))
        bar.refresh()
        assert "5/10  waiting for the rate" in shown.getvalue()
    connection._tell_of_waiting(event(waits=True))  # nothing is shown any more
