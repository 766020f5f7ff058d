"""JSON text to plain values and back, by msgspec."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any, Final, TypeAlias

import msgspec

from allawee_async.types import JSONValue

Raw = msgspec.Raw
"""JSON text that was looked at, but not read yet."""

Text: TypeAlias = bytes | memoryview | Raw | str

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_ESCAPES: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # both halves of a character
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_MARKS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},"]', re.DOTALL)
_PAIRS: Final = frozenset({b"[]", b"{}"})
_MOST_LEVELS: Final = 254
"""Of lists and objects within each other in what is written; many programs read no more."""


class NotJSON(ValueError):  # noqa: N818 - what it says of a text
    """A text that is not JSON, is cut off, or has a number or a depth beyond all bounds."""


def loads(text: Text) -> Any:
    """Return what a JSON text says; whole numbers are exact.

    A byte order mark is skipped, and half a surrogate pair is read as U+FFFD: some programs write
    the one, or cut a text within the other.

    Raises:
        NotJSON: It says nothing.
    """
    return _read(_VALUE, text)


def loads_leniently(text: bytes) -> Any:
    """Return what a text says that somebody must be answered for, although it is hardly JSON.

    Bytes that are no UTF-8 are read as U+FFFD, control characters as themselves, and `NaN` and
    `Infinity` as the numbers that they name, which no field takes that is strict.

    Raises:
        NotJSON: It says nothing.
    """
    return _first_of(
        lambda: loads(text),
        lambda: json.loads(repaired(text.decode(errors="replace")), strict=False),
    )


def document(value: Raw | JSONValue) -> Any:
    """Return what a JSON text says; anything else says itself.

    Raises:
        NotJSON: It says nothing.
    """
    return loads(value) if isinstance(value, Raw) else value


def parts(text: Text) -> dict[str, Raw] | list[Raw] | JSONValue:
    """Return what a JSON text says, the parts of an object or a list as texts not read yet.

    Raises:
        NotJSON: It says nothing, as far as can be seen without reading the parts.
    """
    value: dict[str, Raw] | list[Raw] | JSONValue = _read(_PARTS, text)
    return value


def scanned(text: Text) -> dict[str, Raw] | list[Raw]:
    """Return the parts of an object or a list whose parts need not be JSON, as `parts` does.

    It looks for brackets, commas and quotes alone, so that one record with a raw line break, a NaN
    or thousands of levels in it does not hide the others. Each part must still be read.

    Raises:
        NotJSON: It is neither, or is cut off.
    """
    plain = repaired(text).strip()
    cuts, level = [0], 0
    for found in _MARKS.finditer(plain):
        match found[0]:
            case b"[" | b"{":
                level += 1
            case b"]" | b"}":
                level -= 1
            case b"," if level == 1:
                cuts.append(found.start())
            case b'"':  # of a text that does not end
                break
            case _:
                pass
        if level == 0:
            cuts.append(found.start())
            break
    if len(cuts) < 2 or cuts[-1] != len(plain) - 1 or plain[:1] + plain[-1:] not in _PAIRS:
        raise NotJSON("neither a list nor an object, or cut off")
    found_parts = [plain[begin + 1 : end].strip() for begin, end in pairwise(cuts)]
    if plain.startswith(b"["):
        return [Raw(part) for part in found_parts if len(cuts) > 2 or part]
    named = [part.partition(b":") for part in found_parts]
    return {str(loads(name)): Raw(value) for name, _, value in named}


def field(text: Raw, name: str) -> Any:
    """Return one field of an object without reading the others; None if it has none of the name.

    Raises:
        NotJSON: It says nothing, or is no object.
    """
    return _read(_field_decoder(name), text).value


@cache
def _field_decoder(name: str) -> msgspec.json.Decoder[Any]:
    wanted = msgspec.defstruct("Wanted", [("value", Any, None)], rename={"value": name})
    return msgspec.json.Decoder(wanted)


def _read(decoder: msgspec.json.Decoder[Any], text: Text) -> Any:
    try:  # what is usual, in the shortest way
        return decoder.decode(text)
    except (ValueError, RecursionError):
        pass
    return _first_of(lambda: decoder.decode(repaired(text)))


def _first_of(*reads: Callable[[], Any]) -> Any:
    """Return what the first way gives that can read the text."""
    for read in reads:
        with suppress(ValueError, RecursionError):
            return read()
    raise NotJSON("not JSON, or cut off")  # which does not drag along an error that quotes the text


def repaired(text: Text) -> bytes:
    """Return a text without its byte order mark, and with U+FFFD for half a surrogate pair."""
    plain = text.encode() if isinstance(text, str) else bytes(text)
    return _ESCAPES.sub(_whole, plain.removeprefix(_BYTE_ORDER_MARK))


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]


def _plain(value: object) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float):
        return value + 0
    raise TypeError(f"a value of type {type(value).__name__} has no form in JSON")


_VALUE: Final = msgspec.json.Decoder()
_PARTS: Final = msgspec.json.Decoder(dict[str, Raw] | list[Raw] | str | int | float | bool | None)
_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)
_SORTING: Final = msgspec.json.Encoder(enc_hook=_plain, order="sorted")


def dumps(value: object, *, sort: bool = False) -> bytes:
    """Return a value of JSON types as JSON text.

    Args:
        value: The value. A number that is not finite becomes null.
        sort: Whether keys stand in their order, so that equal values give equal texts.

    Raises:
        TypeError: JSON has no form for it.
        ValueError: A text holds half a surrogate pair, or it has more than 254 levels.
    """
    try:
        text = (_SORTING if sort else _ENCODER).encode(value)
    except RecursionError:
        text = b"[" * (_MOST_LEVELS + 1)
    if text.count(b"[") + text.count(b"{") > _MOST_LEVELS and levels(text) > _MOST_LEVELS:
        raise ValueError(f"it has more than {_MOST_LEVELS} levels")
    return text


def dumps_lines(values: Sequence[object]) -> bytes:
    """Return values that came as JSON text as such again, each on a line, as deep as they came.

    Raises:
        ValueError: A text holds half a surrogate pair, or a value has too many levels for that.
    """
    try:
        return _ENCODER.encode_lines(values)
    except RecursionError:
        raise ValueError("it has too many levels") from None


def levels(text: bytes) -> int:
    """Return how deep lists and objects are nested in a JSON text."""
    level = deepest = 0
    for found in _BRACKETS.finditer(text):
        level += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(found[0], 0)
        deepest = max(deepest, level)
    return deepest


def dumps_indented(value: object) -> bytes:
    """Return a value of JSON types as JSON text of many lines, for people."""
    return msgspec.json.format(dumps(value), indent=2)
