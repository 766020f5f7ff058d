"""What an export tells: how far it is, what came of it, and what ended it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from allawee_async.errors import AllaweeError, ConfigurationError


@attrs.frozen(kw_only=True)
class ExportProgress:
    """How far an export is; `on_progress` is called with it after each page.

    Attributes:
        rows: Rows that have come, those of earlier runs included.
        rejected: Entries that could not be decoded, those of earlier runs included.
        total: How many entries there are, if the list was asked with `count_total=True`.
        resumed: How many of the entries came in earlier runs.
        seconds: How long this run has taken.
        stage: `reading`, or `finishing` while the finished file is written; then `rows` are those
            that are in it.
        saved: How many of the entries are safe on the disk: a run that is killed now goes on
            behind them.
    """

    rows: int
    rejected: int
    total: int | None
    resumed: int
    seconds: float
    stage: Literal["reading", "finishing"] = "reading"
    saved: int = 0


@attrs.frozen(kw_only=True)
class ExportResult:
    """What came of an export.

    Attributes:
        rows: Rows in the file.
        rejected: Entries that could not be decoded.
        path: The file.
        rejected_path: The file with the rejected entries; None if there are none.
        seconds: How long this run took.
        was_finished: Whether there was nothing to do: an earlier run had finished the file.
    """

    rows: int
    rejected: int
    path: Path
    rejected_path: Path | None
    seconds: float
    was_finished: bool = False


class ExportError(AllaweeError):
    """An export cannot go on, or cannot be resumed. What was exported so far is kept.

    The disk is full, another process writes the same file, or what an earlier run left is
    damaged: the message tells which, and what to do. Wrong use is a `ConfigurationError`.

    Attributes:
        what: The message without the option that helps.
        can_resume: Whether the same export can be resumed as it is, once the cause is gone.
        can_overwrite: Whether `overwrite=True` lets it begin anew.
    """

    what: str
    can_resume: bool = False
    can_overwrite: bool = False

    def __init__(self, what: str, *, can_overwrite: bool = False) -> None:
        super().__init__(f"{what} (overwrite=True)" if can_overwrite else what)
        self.what = what
        self.can_overwrite = can_overwrite


class ExportConflictError(ExportError, ConfigurationError):
    """A file, or another export that is unfinished, is in the way."""
