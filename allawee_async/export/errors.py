"""What ends an export, beside the errors of the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.errors import AllaweeError

if TYPE_CHECKING:
    from pathlib import Path


class ExportError(AllaweeError):
    """An export cannot go on, or cannot be resumed. What was exported so far is kept.

    The disk is full, another process writes the same file, or the checkpoint is damaged: the
    message tells which, and what to do. Wrong use is a `ConfigurationError`.

    Attributes:
        can_resume: Whether the same export can be resumed as it is, once the cause is gone.
    """

    can_resume: bool = False


def not_of_this_kind(path: Path) -> ExportError:
    """Return the error of a file that is there, and that this export cannot have made."""
    return ExportError(
        f"there is nothing to resume, and {path} is of another kind or has other columns: name "
        "another file, or overwrite it"
    )
