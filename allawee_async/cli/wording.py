"""Words that go with numbers, and with names that there are not."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 customer` or `2,000 customers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the names that one is much like, or nothing if there are none."""
    close = get_close_matches(name, [*known], n=2)
    return f"did you mean {' or '.join(close)}? " if close else ""
