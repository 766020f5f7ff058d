"""Whether colours are wanted: `--no-color` says no, and so does NO_COLOR, which Rich looks at."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

_REFUSED: Final = ContextVar("colours refused", default=False)


def refuse_color(*, refused: bool) -> None:
    """Take note of `--no-color`, for the rest of this run of the program."""
    _REFUSED.set(refused)


def color_is_refused() -> bool:
    """Return whether `--no-color` was given."""
    return _REFUSED.get()
