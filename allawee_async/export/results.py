"""What an export tells: how far it is, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from pathlib import Path


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
    """

    rows: int
    rejected: int
    total: int | None
    resumed: int
    seconds: float
    stage: Literal["reading", "finishing"] = "reading"


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
