"""How many examples a property is tried with: few in everybody's run, many in the long one."""

from __future__ import annotations

import os
from typing import Any, Final

from hypothesis import settings

LONG: Final = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def examples(quick: int, long: int | None = None, **others: Any) -> settings:
    """Return settings with so many examples; the long run takes `long`, or 20 times as many."""
    return settings(max_examples=(long or 20 * quick) if LONG else quick, **others)
