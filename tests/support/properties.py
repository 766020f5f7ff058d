"""How many examples a property is tried with: few in everybody's run, many in the long one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import pytest
from hypothesis import settings

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

LONG: Final = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def examples(quick: int, long: int | None = None, **others: Any) -> settings:
    """Return settings with so many examples; the long run takes `long`, or 20 times as many."""
    return settings(max_examples=(long or 20 * quick) if LONG else quick, **others)


def few_of(rows: Sequence[T], step: int) -> Sequence[T]:
    """Return each so-manieth row of a table of combinations; the long run takes all."""
    return rows if LONG else rows[::step]


def more_in_the_long_run(test: F) -> F:
    """Mark a test that tries more there; in everybody's run it counts as any other."""
    marked: F = pytest.mark.long(test) if LONG else test
    return marked
