"""Pages of documents, taken apart column by column: the fast way for the usual page.

Whole columns are checked at once, so that the usual page needs neither models nor a look at each
entry. At any surprise the page is left to the readers of the models, which say what is wrong where.
What is written of a page, as cells or as documents, has its secrets masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from types import NoneType
from typing import Annotated, Any, Final, cast

import attrs
import msgspec

from allawee_async.codec.json import dumps
from allawee_async.codec.reading import Mismatch
from allawee_async.export.checkpoint import Job
from allawee_async.export.columns import EXTRA, Column, Group, chosen, columns_of, group_of
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, masked, masked_value
from allawee_async.redaction import without_named_secrets
from allawee_async.types import JSONObject, JSONValue

_EXACT: Final[dict[Kind, set[type]]] = {
    Kind.TEXT: {str},
    Kind.CHOICE: {str},
    Kind.WHOLE_NUMBER: {int},
    Kind.NUMBER: {int, float},
    Kind.TRUTH: {bool},
    Kind.MAPPING: {dict},
}
_USUAL: Final[dict[Kind, Any]] = {
    Kind.DATE: list[date | None],
    Kind.TIMESTAMP: list[Annotated[datetime, msgspec.Meta(tz=True)] | None],
}
_NOTHING: Final[JSONObject] = {}


class Surprise(Exception):  # noqa: N818 - internal; the entry is read with more care
    """A page holds something that cannot be decoded, or is at least unusual."""


class Unwritable(Exception):  # noqa: N818 - internal; the row goes to the rejected ones
    """A format has no form for a value. The text names the column, not the value."""


@attrs.define
class Sheet:
    """One page, taken apart.

    Attributes:
        documents: The entries, as they came.
        cells: What the columns hold, by their names: timestamps and dates are read, all else is as
            it came. A column that holds nothing at all is not there.
        owners: The objects that stand at the places of the groups, by path; where there is none,
            an empty one.
        has_unnamed: Whether there are fields that the documents do not name, also in lists.
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
    if not set(map(type, entries)) <= {dict}:
        raise Surprise
    if entries:
        _read_group(group_of(model), sheet.documents, sheet)
    return sheet


def _read_group(group: Group, owners: list[JSONObject], sheet: Sheet) -> None:
    sheet.owners[group.wire] = owners
    shapes = set(map(tuple, owners))
    if not all(group.fields.keys() >= {*shape} for shape in shapes):
        sheet.has_unnamed = True
    columns = _columns(group, owners, shapes)
    nothing = (None,) * len(owners)
    for name, field in group.fields.items():
        values = columns.get(name, nothing)
        if isinstance(field, Group):
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
        names = tuple(group.fields)
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
    if NoneType in kinds and column.field.required:
        raise Surprise
    kinds.discard(NoneType)
    if kinds:
        sheet.cells[column.name] = _checked(column, kinds, values, sheet)


def _checked(
    column: Column, kinds: set[type], values: Sequence[Any], sheet: Sheet
) -> Sequence[Any]:
    """Return the cells of a column that has some."""
    exact = _EXACT.get(column.field.kind)
    if exact is not None:
        if not kinds <= exact:
            raise Surprise
        return values
    if column.field.kind in _USUAL and kinds == {str}:
        return _usual(values, column.field.kind) or _read_each(column, values)
    if column.lists is not None and kinds == {list}:
        items = [item for value in values if value for item in value]
        sheet.has_unnamed |= read_sheet(items, column.lists).has_unnamed
        return values
    found = _read_each(column, values)
    return found if column.field.kind in _USUAL else values


def _usual(texts: Sequence[str | None], kind: Kind) -> list[date | None] | None:
    """Return days, or moments with a time zone, all in one step; None where one is unusual."""
    try:
        found: list[date | None] = msgspec.convert(texts, _USUAL[kind])
    except msgspec.ValidationError:
        return None
    return found


def _read_each(column: Column, values: Sequence[Any]) -> list[Any]:
    read = column.read
    try:
        return [None if value is None else read(value, None) for value in values]
    except Mismatch:
        raise Surprise from None


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
        if column.may_hide and column.name in sheet.cells:
            name = column.wire[-1]
            for owner in owners:
                if owner.get(name) is not None:
                    owner[name] = masked_value(owner[name], column.field)
    for part in group.parts:
        _hide_secrets(sheet, part)


def unnamed(document: JSONObject, group: Group) -> JSONObject:
    """Return the fields that the documents do not name, at any depth, in their places."""
    found = {name: item for name, item in document.items() if name not in group.fields}
    for part in group.parts:
        name = part.wire[-1]
        inner = document.get(name)
        deeper = unnamed(inner, part) if isinstance(inner, dict) else None
        if deeper:
            found[name] = deeper
    return found


def picked(document: JSONObject, group: Group, names: frozenset[str]) -> JSONObject:
    """Return a document cut down to columns.

    With the column `extra` it keeps the fields that the documents do not name, where they are.

    Args:
        document: The document.
        group: Its fields.
        names: The names of the columns.
    """
    kept: JSONObject = {}
    for name, item in document.items():
        field = group.fields.get(name)
        if isinstance(field, Group):
            inner = (column.name for column in field.all_columns)
            if EXTRA.name in names or not names.isdisjoint(inner):
                kept[name] = picked(item, field, names) if isinstance(item, dict) else item
        elif (EXTRA if field is None else field).name in names:
            kept[name] = item
    return kept


class Table:
    """Makes the cells of chosen columns: secrets masked, objects and lists as JSON text.

    Args:
        model: What the items are.
        job: Which columns, in order, and whether secrets are shown.
    """

    def __init__(self, model: type[Model], job: Job) -> None:
        self.columns = chosen(columns_of(model), job.columns)
        self._group = group_of(model)
        self._reveal = job.reveal

    def cells(self, sheet: Sheet) -> list[Sequence[Any] | None]:
        """Return the cells of a page, column by column; None for one that is empty.

        Raises:
            Unwritable: A timestamp has no form in UTC.
        """
        found: list[Sequence[Any] | None] = []
        for column in self.columns:
            values = sheet.cells.get(column.name)
            if column is EXTRA and sheet.has_unnamed:
                found.append(self._extra(sheet))
            else:
                found.append(None if values is None else self._shown(column, values, sheet))
        return found

    def _shown(self, column: Column, values: Sequence[Any], sheet: Sheet) -> Sequence[Any]:
        """Return the cells of a column, made of what was found there."""
        kind = column.field.kind
        if not self._reveal and (column.may_hide or (column.is_json and sheet.has_unnamed)):
            values = [masked_value(value, column.field) for value in values]
        elif kind is Kind.TIMESTAMP:
            return _in_utc(column, values)
        if not column.is_json and kind is not Kind.RELATION:
            return values
        bare = {NoneType, str} if kind is Kind.RELATION else {NoneType}
        return [value if type(value) in bare else dumps(value).decode() for value in values]

    def _extra(self, sheet: Sheet) -> list[str | None]:
        found: list[str | None] = []
        for document in sheet.documents:
            fields = unnamed(document, self._group)
            shown = fields if self._reveal else without_named_secrets("", fields)
            found.append(_json_text(shown) if fields else None)
        return found


def _in_utc(column: Column, moments: Sequence[datetime | None]) -> Sequence[datetime | None]:
    try:
        return [
            moment if moment is None or moment.tzinfo is UTC else moment.astimezone(UTC)
            for moment in moments
        ]
    except OverflowError:
        raise Unwritable(f"{column.name} is at the end of the calendar, and has no UTC") from None


def _json_text(value: Any) -> str:
    return dumps(value).decode()
