"""How texts of a query compare with what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from allawee_async.sandbox.core.values import Json

# Digits enough for every float written out, and few enough for the limit of int().
_NUMBER = re.compile(r"-?[0-9]{1,450}(\.[0-9]{1,450})?([eE][+-]?[0-9]{1,3})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.,]+(Z|[+-][0-9:]+)?)?")
_BOOLEANS = {"true": True, "false": False}


def parse_number(text: str) -> int | float | None:
    """Return the number that a text is, or None when it is something else."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    return int(text) if found[1] is None and found[2] is None else float(text)


def parse_instant(text: str) -> datetime | None:
    """Return the moment that an ISO 8601 text names, or None; without a zone it is UTC."""
    if _INSTANT.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_number(stored: Json) -> bool:
    """Return whether a stored value is a number; in JSON a boolean is none."""
    return isinstance(stored, int | float) and not isinstance(stored, bool)


def meanings_of(text: str) -> frozenset[tuple[bool, Json]]:
    """Return the `key_of` the stored values that a text equals: itself, its number or boolean."""
    values: list[Json] = [text, parse_number(text), _BOOLEANS.get(text)]
    return frozenset(key_of(value) for value in values if value is not None)


def key_of(stored: Json) -> tuple[bool, Json]:
    """Return what equal values share: a boolean is never 0 or 1, lists and objects equal none."""
    return isinstance(stored, bool), None if isinstance(stored, list | dict) else stored


def values_at(document: Json, path: tuple[str, ...]) -> Iterator[Json]:
    """Yield every value at a dotted path; lists on the way are gone through one by one."""
    if not path:
        yield document
    elif isinstance(document, dict):
        if path[0] in document:
            yield from values_at(document[path[0]], path[1:])
    elif isinstance(document, list):
        is_index = path[0].isdecimal() and path[0].isascii() and len(path[0]) < 10
        if is_index and int(path[0]) < len(document):
            yield from values_at(document[int(path[0])], path[1:])
        for entry in document:
            if isinstance(entry, dict):
                yield from values_at(entry, path)


def candidates_at(document: Json, path: tuple[str, ...]) -> Iterator[Json]:
    """Yield what a comparison looks at: each value at the path, and each entry of a list."""
    for value in values_at(document, path):
        yield value
        if isinstance(value, list):
            yield from value
