"""The text of one condition of the query language: path, operator and value in, text out.

What is written is the long form with a bare value, ``status|eq|active``. The documents show quotes
in the shorthand only, so a value that needs them is written as ``name:"Ada Obi"``. Whatever the
documents leave without a reading is refused with `ConfigurationError`.

Error texts name fields and types, never values: a filter may hold an identity number.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from typing import cast

from allawee_async.errors import ConfigurationError
from allawee_async.query.times import timestamp

__all__ = ["comparison", "existence", "kind", "listing", "matching", "ordering", "sizing", "valid"]

_NAME = r'[^\s\x00-\x1f\x7f\ufeff\ud800-\udfff|:=!<>~"\\,.]+'
_PATH = re.compile(rf"(?!-){_NAME}(?:\.{_NAME})*")
# JavaScript, and so perhaps the server, takes U+FEFF for a space; Python's \s does not.
_NEEDS_QUOTES = re.compile(r'[\s\ufeff"<>|]')
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SHORTHAND = {"eq": ("", ":"), "ne": ("-", ":"), "like": ("", "~"), "nlike": ("-", "~")}
_MAX_DIGITS = 400  # every float fits; Decimal("1e999999") would be a megabyte of zeros


def kind(value: object) -> str:
    """Return what error texts call a value: its type, or None."""
    return "None" if value is None else type(value).__name__


def valid(path: str) -> str:
    """Return the path of a field as it is, or raise when a filter cannot carry it."""
    if not _PATH.fullmatch(path):
        message = (
            f"{path!r} is no field path: names joined by dots, without spaces, commas, quotes, "
            "backslashes and | : = ! < > ~, and without a minus in front"
        )
        raise ConfigurationError(message)
    return path


def comparison(path: str, operator: str, value: object) -> str:
    """Write ``eq`` or ``ne`` with a text, a number or a bool."""
    return _condition(path, operator, _scalar(path, value))


def matching(path: str, operator: str, pattern: object) -> str:
    """Write ``like`` or ``nlike`` with a regular expression."""
    if not isinstance(pattern, str):
        message = f"like and not_like of {path} take a pattern as text, not {kind(pattern)}"
        raise ConfigurationError(message)
    return _condition(path, operator, _text(path, pattern))


def ordering(path: str, operator: str, value: object) -> str:
    """Write `lt`, `lte`, `gt` or `gte` with a number, or its `…d` with a datetime or a date."""
    if isinstance(value, date):
        return _condition(path, f"{operator}d", timestamp(path, value))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _condition(path, operator, _number(path, value))
    hint = "a number, a date or an aware datetime"
    if isinstance(value, str):
        hint += ", such as int(text), Decimal(text) or datetime.fromisoformat(text)"
    raise ConfigurationError(f"{path} can be ordered against {hint}; not against {kind(value)}")


def listing(path: str, operator: str, values: tuple[object, ...]) -> str:
    """Write ``in``, ``nin`` or ``all`` with several values, or with the values of one iterable."""
    given: Iterable[object] = values
    if len(values) == 1 and isinstance(values[0], Iterable):
        inner = cast("Iterable[object]", values[0])
        given = values if isinstance(inner, (str, bytes, bytearray, Mapping)) else inner
    texts = [_scalar(path, value) for value in given]
    if isinstance(given, AbstractSet):
        texts.sort()  # a set has no order of its own: the same set, the same text
    if not texts:
        raise ConfigurationError(f"the list of values for {path} must not be empty")
    if any(not text or "," in text or _NEEDS_QUOTES.search(text) for text in texts):
        message = (
            f"a value in the list for {path} is empty or has a space, comma, quote, bar, < or >, "
            f"which a list cannot carry: give or_=[F[{path!r}] == value, ...] "
            "(instead of not_in: nor=[...], of all_of: and_=[...])"
        )
        raise ConfigurationError(message)
    return _condition(path, operator, ",".join(texts))


def sizing(path: str, operator: str, count: object) -> str:
    """Write ``size`` or ``nsize``."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ConfigurationError(f"a size of {path} is an int, 0 or more; not {kind(count)}")
    return _condition(path, operator, _number(path, count))


def existence(path: str, value: object) -> str:
    """Write ``exists``."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"exists of {path} takes True or False, not {kind(value)}")
    return _condition(path, "exists", _scalar(path, value))


def _condition(path: str, operator: str, text: str) -> str:
    if text and not _NEEDS_QUOTES.search(text):
        return f"{path}|{operator}|{text}"
    sign, mark = _SHORTHAND[operator]
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{sign}{path}{mark}"{escaped}"'


def _scalar(path: str, value: object) -> str:
    if isinstance(value, str):
        return _text(path, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return _number(path, value)
    hint = "give text, a number or a bool, perhaps str(value) or value.value"
    if value is None:
        hint = f"write F[{path!r}].exists(False)"
    elif isinstance(value, date):
        hint = f"write a range with >= and < or <=, F[{path!r}] >= an aware datetime"
    raise ConfigurationError(f"{path} cannot be compared with {kind(value)}: {hint}")


def _text(path: str, value: str) -> str:
    # str.__str__ takes the text of a (str, Enum) member, whose own str() is its Python name.
    text = str.__str__(value)
    if _SURROGATE.search(text):
        raise ConfigurationError(f"the text for {path} has a lone surrogate and cannot be sent")
    return text


def _number(path: str, value: float | Decimal) -> str:
    # float.__repr__, because a subclass (numpy.float64) may print more than the number.
    number = Decimal(float.__repr__(value) if isinstance(value, float) else value)
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        message = f"the number for {path} must be finite and have at most {_MAX_DIGITS} digits"
        raise ConfigurationError(message)
    return f"{number:f}"
