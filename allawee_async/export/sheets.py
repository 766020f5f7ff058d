"""Pages of documents, taken apart column by column: the fast way for the usual page.

Whole columns are checked at once, so that the usual page needs neither models nor a look at each
entry. At any surprise the page is left to the readers of the models, which say what is wrong where.
What is written of a page, as cells or as documents, has its secrets masked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import chain
from types import NoneType
from typing import Any, Final, TypeAlias, cast

import attrs

from allawee_async.codec.json import dumps
from allawee_async.codec.reading import Mismatch
from allawee_async.export.checkpoint import Job
from allawee_async.export.columns import EXTRA, Column, Group, chosen, columns_of, group_of
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, masked, masked_value
from allawee_async.redaction import MASK, is_secret_name, without_named_secrets
from allawee_async.types import JSONObject, JSONValue

_EXACT: Final[dict[Kind, set[type]]] = {
    Kind.TEXT: {str},
    Kind.CHOICE: {str},
    Kind.WHOLE_NUMBER: {int},
    Kind.NUMBER: {int, float},
    Kind.TRUTH: {bool},
    Kind.MAPPING: {dict},
}
_PLAIN: Final = frozenset({str, int, float, bool, NoneType})
_SHORTEST_MOMENT: Final = len("2025-03-31T10:15")
_NOTHING: Final[JSONObject] = {}

Change: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]


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
    nothing = (None,) * len(owners)
    for field in group.fields:
        values = columns.get(field.wire[-1], nothing)
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
        if column.field.required:
            raise Surprise
        if len(kinds) == 1:
            return
        kinds.remove(NoneType)
    sheet.cells[column.name] = _checked(column, kinds, values)


def _checked(column: Column, kinds: set[type], values: Sequence[Any]) -> Sequence[Any]:
    """Return the cells of a column that has some."""
    exact = _EXACT.get(column.field.kind)
    if exact is not None:
        if not kinds <= exact:
            raise Surprise
        return values
    if column.field.kind is Kind.TIMESTAMP and kinds == {str}:
        return _usual_moments(values) or _read_each(column, values)
    if column.lists is not None and kinds == {list}:
        _check_lists(column.lists, values)
        return values
    found = _read_each(column, values)
    return found if column.field.kind in (Kind.DATE, Kind.TIMESTAMP) else values


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
        self._changes = [self._change(column) for column in self.columns]

    def cells(self, sheet: Sheet) -> list[Sequence[Any] | None]:
        """Return the cells of a page, column by column; None for one that is empty.

        Raises:
            Unwritable: A timestamp has no form in UTC.
        """
        found: list[Sequence[Any] | None] = []
        for column, change in zip(self.columns, self._changes, strict=True):
            if column is EXTRA:
                found.append(self._extra(sheet) if sheet.has_unnamed else None)
                continue
            values = sheet.cells.get(column.name)
            found.append(None if values is None else change(values))
        return found

    def _change(self, column: Column) -> Change:
        """Return what makes the cells of a column of what was found there."""
        if column.field.secret and not self._reveal:
            mark = _json_text(MASK) if column.is_json else MASK
            return lambda values: [None if value is None else mark for value in values]
        if column.field.kind is Kind.TIMESTAMP:
            return partial(_in_utc, column)
        if not column.is_json and column.field.kind is not Kind.RELATION:
            return _as_they_are
        bare = str if column.field.kind is Kind.RELATION else NoneType

        def texts(values: Sequence[Any]) -> list[str | None]:
            if not self._reveal and may_hide(column, values):
                values = [
                    None if value is None else masked_value(value, column.field) for value in values
                ]
            return [
                value if value is None or type(value) is bare else dumps(value).decode()
                for value in values
            ]

        return texts

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


def _as_they_are(values: Sequence[Any]) -> Sequence[Any]:
    return values


def _json_text(value: Any) -> str:
    return dumps(value).decode()
