"""Planted secrets, and where they might turn up."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.traceback import Traceback

import allawee_async

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = str(Path(allawee_async.__file__).parent)

API_KEY: Final = "sk.test.CANARYcanary0123456789"
LIVE_KEY: Final = "sk.live.CANARYcanary0123456789"
BVN: Final = "22489035167"
PAN: Final = "4111111111111111"
LONG_PAN: Final = "6304000000000000018"

SECRETS: Final = {
    "an API key": API_KEY,
    "a live key": LIVE_KEY,
    "a key with its scheme": f"Bearer {API_KEY}",
    "a 16-digit card number": PAN,
    "a 19-digit card number": LONG_PAN,
    "a card number in groups": "4111 1111 1111 1111",
    "a card number with hyphens": "4111-1111-1111-1111",
    "an 11-digit identity number": BVN,
}


def traceback_text(error: BaseException) -> str:
    """Return the traceback as Python prints it, without the lines of source of the tests."""
    lines = traceback.format_exception(type(error), error, None)
    return "".join(lines)


def locals_text(error: BaseException) -> str:
    """Return what tracebacks with local variables show of the frames of the package.

    Python shows a variable by its `repr`; Rich takes it apart, and cuts what is long.
    """
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "\n".join([*_shown(shown), *_shown_by_rich(error)])


def _shown(shown: traceback.TracebackException | None) -> Iterator[str]:
    if shown is None:
        return
    yield from shown.format_exception_only()
    for frame in shown.stack:
        if frame.filename.startswith(PACKAGE):
            yield from (frame.locals or {}).values()
    yield from _shown(shown.__cause__)
    yield from _shown(shown.__context__)


def _shown_by_rich(error: BaseException) -> Iterator[str]:
    trace = Traceback.extract(
        type(error), error, error.__traceback__, show_locals=True, locals_max_length=1_000
    )
    for stack in trace.stacks:
        for frame in stack.frames:
            if frame.filename.startswith(PACKAGE):
                yield from (node.render(max_width=10_000) for node in (frame.locals or {}).values())
