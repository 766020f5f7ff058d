"""Pages of documents, taken apart column by column: the fast way for the usual page.

Whole columns are checked at once, so that the usual page needs neither models nor a look at each
entry. At any surprise the page is left to the readers of the models, which say what is wrong where.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import NoneType
from typing import Any, Final, cast

import attrs

from allawee_async.codec.reading import Mismatch
from allawee_async.export.columns import Column, Group, group_of
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind
from allawee_async.types import JSONObject, JSONValue

_EXACT: Final[dict[Kind, set[type]]] = {
    Kind.TEXT: {str},
    Kind.CHOICE: {str},
    Kind.WHOLE_NUMBER: {int},
    Kind.NUMBER: {int, float},
    Kind.TRUTH: {bool},
    Kind.MAPPING: {dict},
}
_SHORTEST_MOMENT: Final = len("2025-03-31T10:15")
_NOTHING: Final[JSONObject] = {}


class Surprise(Exception):  # noqa: N818 - internal; the entry is read with more care
    """A page holds something that cannot be decoded, or is at least unusual."""


@attrs.define
class Sheet:
    """One page, taken apart.

    Attributes:
        documents: The entries, as they came.
        cells: What the columns hold, by their names: timestamps and dates are read, all else is as
            it came. A column that holds nothing at all is not there.
        owners: The objects that stand at the places of the groups, by path; where there is none,
            an empty one.
        has_unnamed: Whether there are fields that the documents do not name.
    """

    documents: list[JSONObject]
    cells: dict[str, Sequence[Any]] = attrs.field(factory=dict[str, "Sequence[Any]"])
    owners: dict[tuple[str, ...], list[JSONObject]] = attrs.field(
        factory=dict[tuple[str, ...], "list[JSONObject]"]
    )
    has_unnamed: bool = False


def read_sheet(entries: list[JSONValue], model: type[Model]) -> Sheet:
    """Take a page apart.

    Raises:
        Surprise: An entry cannot be decoded.
    """
    sheet = Sheet(cast("list[JSONObject]", entries))
    if entries:
        if set(map(type, entries)) != {dict}:
            raise Surprise
        _read_group(group_of(model), sheet.documents, sheet)
    return sheet


def _read_group(group: Group, owners: list[JSONObject], sheet: Sheet) -> None:
    sheet.owners[group.wire] = owners
    shapes = set(map(tuple, owners))
    if not all(map(group.known.issuperset, shapes)):
        sheet.has_unnamed = True
    columns = _columns(group, owners, shapes)
    for field in group.fields:
        values = columns.get(field.wire[-1])
        if values is None:
            if field.is_required:
                raise Surprise
        elif isinstance(field, Group):
            _read_part(field, values, sheet)
        else:
            _read_column(field, values, sheet)


def _columns(
    group: Group, owners: list[JSONObject], shapes: set[tuple[str, ...]]
) -> dict[str, tuple[Any, ...]]:
    """Return what stands under each name; objects of one shape are turned around at once."""
    if len(shapes) == 1:
        (names,) = shapes
        found = zip(*[owner.values() for owner in owners], strict=True)
    else:
        names = tuple(group.known)
        found = zip(*[map(owner.get, names) for owner in owners], strict=True)
    return dict(zip(names, found, strict=True))


def _read_part(group: Group, values: Sequence[Any], sheet: Sheet) -> None:
    kinds = set(map(type, values))
    if not kinds <= {dict, NoneType} or (group.is_required and NoneType in kinds):
        raise Surprise
    if dict in kinds:
        owners = [value or _NOTHING for value in values] if NoneType in kinds else list(values)
        _read_group(group, owners, sheet)


def _read_column(column: Column, values: Sequence[Any], sheet: Sheet) -> None:
    kinds = set(map(type, values))
    if NoneType in kinds:
        if column.is_required:
            raise Surprise
        if len(kinds) == 1:
            return
        kinds.remove(NoneType)
    sheet.cells[column.name] = _checked(column, kinds, values)


def _checked(column: Column, kinds: set[type], values: Sequence[Any]) -> Sequence[Any]:
    """Return the cells of a column that has some."""
    exact = _EXACT.get(column.kind)
    if exact is not None:
        if not kinds <= exact:
            raise Surprise
        return values
    if column.kind is Kind.TIMESTAMP and kinds == {str}:
        return _usual_moments(values) or _read_each(column, values)
    if column.lists is not None and kinds == {list}:
        _check_lists(column.lists, values)
        return values
    found = _read_each(column, values)
    return found if column.kind is Kind.DATE or column.kind is Kind.TIMESTAMP else values


def _usual_moments(texts: Sequence[str | None]) -> list[datetime | None] | None:
    """Return timestamps that are written as usual, in a third of the time; None for others."""
    try:
        found = [None if text is None else datetime.fromisoformat(text) for text in texts]
    except ValueError:
        return None
    # as the reader of one sees to it: fromisoformat takes more than timestamps
    if {text[10:11] for text in texts if text is not None} != {"T"}:
        return None
    if any(len(text) < _SHORTEST_MOMENT for text in texts if text is not None):
        return None
    return None if any(moment and moment.tzinfo is None for moment in found) else found


def _check_lists(model: type[Model], values: Sequence[list[Any] | None]) -> None:
    """Check the lists of a column as if they were one page."""
    items = [item for value in values if value for item in value]
    if items:
        if set(map(type, items)) != {dict}:
            raise Surprise
        _read_group(group_of(model), items, Sheet(items))


def _read_each(column: Column, values: Sequence[Any]) -> list[Any]:
    read = column.read
    try:
        return [None if value is None else read(value, None) for value in values]
    except Mismatch:
        raise Surprise from None
