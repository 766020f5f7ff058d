"""The documents of the API as they are written: secrets masked, only the chosen fields."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from types import NoneType
from typing import Final

from allawee_async.export.columns import EXTRA, Column, Group, group_of
from allawee_async.export.sheets import Sheet
from allawee_async.models.base import Model
from allawee_async.models.schema import masked, masked_value
from allawee_async.redaction import is_secret_name
from allawee_async.types import JSONObject, JSONValue

_PLAIN: Final = frozenset({str, int, float, bool, NoneType})


def may_hide(column: Column, values: Sequence[JSONValue]) -> bool:
    """Return whether the cells of a column may hold a secret: a quick look at the names in them."""
    if column.field.secret:
        return True
    if not column.is_open and column.holds is None:
        return False
    objects = _objects(values)
    shapes = set(map(tuple, objects))
    if column.holds is None and not set(map(type, values)) <= {dict, NoneType}:
        return True
    if column.holds is not None:
        held = group_of(column.holds)
        return bool(objects) and not (held.is_plain and all(map(held.known.issuperset, shapes)))
    inner = set(map(type, chain.from_iterable([item.values() for item in objects])))
    return not inner <= _PLAIN or any(map(_has_secret_name, shapes))


def _objects(values: Sequence[JSONValue]) -> list[JSONObject]:
    """Return the objects among values, and in their lists."""
    found = [value for value in values if isinstance(value, dict)]
    inner = [value for value in values if isinstance(value, list)]
    return found + _objects([*chain.from_iterable(inner)]) if inner else found


@lru_cache
def _has_secret_name(names: tuple[str, ...]) -> bool:
    return any(map(is_secret_name, names))


def hide_secrets(sheet: Sheet, model: type[Model]) -> None:
    """Mask the secrets of a page in place, as `masked` does it for one document."""
    if sheet.has_unnamed:
        for document in sheet.documents:
            document.update(masked(document, model))
    else:
        _hide_secrets(sheet, group_of(model))


def _hide_secrets(sheet: Sheet, group: Group) -> None:
    owners = sheet.owners.get(group.wire, ())
    for column in group.columns:
        values = sheet.cells.get(column.name)
        if values is None or not may_hide(column, values):
            continue
        name = column.wire[-1]
        for owner in owners:
            item = owner.get(name)
            if item is not None:
                owner[name] = masked_value(item, column.field)
    for part in group.parts:
        _hide_secrets(sheet, part)


def unnamed(document: JSONObject, group: Group) -> JSONObject:
    """Return the fields that the documents do not name, at any depth, in their places."""
    found = {name: item for name, item in document.items() if name not in group.known}
    for part in group.parts:
        name = part.wire[-1]
        inner = document.get(name)
        deeper = unnamed(inner, part) if isinstance(inner, dict) else None
        if deeper:
            found[name] = deeper
    return found


class Picker:
    """Cuts documents down to columns.

    With the column `extra` it keeps the fields that the documents do not name, where they are.

    Args:
        group: The fields of the documents.
        columns: What is kept.
    """

    def __init__(self, group: Group, columns: Sequence[Column]) -> None:
        kept = {column.name for column in columns}
        self._keeps_unknown = EXTRA.name in kept
        self._known = group.known
        self._whole = {column.wire[-1] for column in group.columns if column.name in kept}
        self._parts = {
            part.wire[-1]: Picker(part, columns)
            for part in group.parts
            if self._keeps_unknown or _is_touched(part, kept)
        }

    def __call__(self, document: JSONObject) -> JSONObject:
        """Return what is kept of a document."""
        kept: JSONObject = {}
        for name, item in document.items():
            part = self._parts.get(name)
            if part is not None:
                kept[name] = part(item) if isinstance(item, dict) else item
            elif name in self._whole or (self._keeps_unknown and name not in self._known):
                kept[name] = item
        return kept


def _is_touched(group: Group, names: set[str]) -> bool:
    return any(column.name in names for column in group.columns) or any(
        _is_touched(part, names) for part in group.parts
    )
