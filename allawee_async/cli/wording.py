"""Words that go with numbers."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 customer` or `2,000 customers`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
