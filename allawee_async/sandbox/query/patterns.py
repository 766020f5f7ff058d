"""Regular expressions of `like` and `nlike`, kept from running for ever."""

from __future__ import annotations

import re
import warnings

from allawee_async.sandbox.rules import values as rules

_TOKEN = re.compile(
    r"(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<escape>\\.)|(?P<optional>\?\??)"
    r"|(?P<repeat>[*+]\??|\{[0-9,]+\}\??)|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<either>\|)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_QUANTIFIERS = frozenset({"optional", "repeat"})
_CHARACTERS = frozenset({"class", "escape", "other"})


def compile_pattern(text: str) -> re.Pattern[str]:
    """Return the compiled pattern, case ignored.

    Raises:
        ValueError: It is no regular expression, too long, or could take exponential time.
    """
    weigh(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None


def found(pattern: re.Pattern[str], stored: object) -> bool:
    """Return whether a pattern occurs in the beginning of a stored text."""
    return isinstance(stored, str) and pattern.search(stored, 0, rules.MAX_SEARCHED) is not None


def weigh(text: str) -> int:
    """Return how much longer a pattern may take than a text without choices and repetitions.

    Raises:
        ValueError: It is too long or weighs too much, or has repeated groups that repeat or branch
            within, references or lookarounds.
    """
    if len(text) > rules.MAX_PATTERN:
        raise ValueError(f"a pattern has at most {rules.MAX_PATTERN} characters")
    weight, fixed = 0, 2  # characters since the last repetition that are there in any case
    branching = [False]
    after_branching_group = False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "open" and text.startswith("?", token.end()):
            raise ValueError("a pattern cannot use extensions other than (?:")
        if kind == "escape" and token[0][1].isdigit():
            raise ValueError("a pattern cannot refer back to its groups")
        if kind in _QUANTIFIERS and after_branching_group:
            raise ValueError("the repetitions of a pattern cannot be nested")
        if kind == "repeat":
            weight += rules.WEIGHT_OF_REPEAT if fixed > 1 else 2 * rules.WEIGHT_OF_REPEAT
            fixed = 0
        elif kind in _CHARACTERS:
            fixed += 1
        elif kind == "optional" or (kind == "either" and len(branching) > 1):
            weight += 1
        fixed -= kind == "optional"
        after_branching_group = _follow_groups(branching, kind)
    if weight > rules.MAX_WEIGHT:
        raise ValueError(
            "a pattern has at most three repetitions apart, or twelve choices in groups"
        )
    return weight


def _follow_groups(branching: list[bool], kind: str | None) -> bool:
    """Note in the stack of open groups what a token does; tell whether it ends a branching one."""
    if kind == "open":
        branching.append(False)
    elif kind == "either" or kind in _QUANTIFIERS:
        branching[-1] = True
    elif kind == "close" and len(branching) > 1:
        inner = branching.pop()
        branching[-1] = branching[-1] or inner
        return inner
    return False
