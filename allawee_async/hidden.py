"""Keeping secrets out of everything that is printed: texts, `repr`, tracebacks."""

import re
from typing import Final

MASK: Final = "***"

_SECRET_TEXT = re.compile(
    r"sk[._](?:test|live)[._][^\s\"'<>,;]+"  # API keys
    r"|(?:Bearer\s+)[^\s\"'<>,;]+"  # whatever was sent as one
    r"|\d(?:[ -]?\d){10,}"  # card numbers have 12 to 19 digits, identity numbers 11
)


def mask(text: str) -> str:
    """Return `text` with everything in it that looks like a key or a long number as `***`."""
    return _SECRET_TEXT.sub(MASK, text)


def one_line(text: str) -> str:
    """Return `text` masked and in one line, as a message that somebody else wrote is shown."""
    printable = text.encode("utf-8", "replace").decode()  # a lone surrogate could not be printed
    return " ".join(mask(printable).split())


class HiddenText(str):
    """A text that `repr`, and so a traceback with local variables, shows as `***`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show nothing of it."""
        return repr(MASK)
