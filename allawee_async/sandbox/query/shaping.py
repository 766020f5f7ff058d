"""`select`, `expand` and `sort`: what of a document is shown, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import attrs

from allawee_async.sandbox.core.values import Json, JsonObject, to_bytes
from allawee_async.sandbox.query.grammar import FIELD, MalformedQueryError
from allawee_async.sandbox.query.values import is_number, values_at
from allawee_async.sandbox.rules.values import MAX_EXPAND_STEPS, MAX_SORT_FIELDS

_SIGNED_FIELD = re.compile(rf"(-?)({FIELD})")
_EXPANSION = re.compile(rf"({FIELD})(?::({FIELD}(?:,{FIELD})*))?")

SortKey: TypeAlias = tuple[int | float | bytes, ...]
# UTF-8 keeps the order of code points and never uses 0xFF, so that turned bytes sort backwards.
_TURNED = bytes(254 - byte if byte < 255 else 255 for byte in range(256))
_NUMBER, _TEXT, _OTHER, _MISSING = 1, 2, 3, 9


@attrs.frozen
class FieldSelection:
    """Top-level fields to keep (none named: all) and to leave out."""

    included: frozenset[str]
    excluded: frozenset[str]

    def apply(self, document: JsonObject) -> JsonObject:
        """Return a document with the selected fields, in the document's own order."""
        return {
            name: value
            for name, value in document.items()
            if name not in self.excluded and (not self.included or name in self.included)
        }


@attrs.frozen
class SortField:
    """One field of an order."""

    field: str
    descending: bool = False


def parse_select(text: str) -> FieldSelection:
    """Return the selection in a text such as `id name -metadata`.

    Raises:
        MalformedQueryError: A word is no field of the top level.
    """
    included: set[str] = set()
    excluded: set[str] = set()
    for minus, field in _signed_fields(text, "select"):
        if "." in field:
            raise MalformedQueryError("select", f"'{field}' is not a top-level field")
        (excluded if minus else included).add(field)
    return FieldSelection(frozenset(included), frozenset(excluded))


def parse_sort(text: str) -> tuple[SortField, ...]:
    """Return the order in a text such as `-createdAt name`; the first field weighs most.

    Raises:
        MalformedQueryError: A word is no field, or there are too many.
    """
    order = tuple(SortField(field, bool(minus)) for minus, field in _signed_fields(text, "sort"))
    if len(order) > MAX_SORT_FIELDS:
        raise MalformedQueryError("sort", f"it has more than {MAX_SORT_FIELDS} fields")
    return order


def parse_expand(text: str) -> dict[str, frozenset[str]]:
    """Return the relations to expand, each with the sub-fields to keep (none named: all).

    The documents separate relations by spaces, and in one place by commas.

    Raises:
        MalformedQueryError: A word is no path, or one of more than two steps.
    """
    expansions: dict[str, frozenset[str]] = {}
    words = (part for word in text.split(" ") for part in _parts_of(word) if part)
    for word in words:
        found = _EXPANSION.fullmatch(word)
        if found is None or found[1].count(".") >= MAX_EXPAND_STEPS:
            raise MalformedQueryError("expand", f"'{word}' is not a path of one or two steps")
        fields = frozenset(found[2].split(",")) if found[2] else frozenset[str]()
        expansions[found[1]] = expansions.get(found[1], frozenset()) | fields
    return expansions


def _parts_of(word: str) -> list[str]:
    """Cut at the commas between relations: all, if no fields are named, else before a relation."""
    return re.split(r",(?=[\w.]+:)" if ":" in word else ",", word)


def sort_key(document: JsonObject, order: tuple[SortField, ...]) -> SortKey:
    """Return a key by which documents sort: numbers, then texts, then the rest.

    Descending fields turn that round; documents without the field come last either way.
    """
    key: list[int | float | bytes] = []
    for field in order:
        value = _first_value(document, field.field)
        key += _descending_key(value) if field.descending else _ascending_key(value)
    return tuple(key)


def _signed_fields(text: str, parameter: str) -> Iterator[tuple[str, str]]:
    for word in text.split(" "):
        if word:
            found = _SIGNED_FIELD.fullmatch(word)
            if found is None:
                raise MalformedQueryError(parameter, f"'{word}' is not a field")
            yield found[1], found[2]


def _first_value(document: JsonObject, field: str) -> Json:
    if "." not in field:
        return document.get(field)
    return next(values_at(document, tuple(field.split("."))), None)


def _ascending_key(value: Json) -> tuple[int, int | float | bytes]:
    if value is None:
        return _MISSING, 0
    if isinstance(value, str):
        return _TEXT, value.encode()
    if isinstance(value, int | float) and is_number(value):
        return _NUMBER, value
    return _OTHER, to_bytes(value)


def _descending_key(value: Json) -> tuple[int, int | float | bytes]:
    rank, plain = _ascending_key(value)
    if rank == _MISSING:
        return rank, plain
    return -rank, plain.translate(_TURNED) + b"\xff" if isinstance(plain, bytes) else -plain
