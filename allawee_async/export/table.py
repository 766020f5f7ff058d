"""The cells of a page as they are written: secrets masked, objects and lists as JSON text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from types import NoneType
from typing import Any

from allawee_async.codec.json import dumps
from allawee_async.export.columns import EXTRA, Column, group_of
from allawee_async.export.documents import may_hide, unnamed
from allawee_async.export.formats import Unwritable
from allawee_async.export.sheets import Sheet
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, masked_value
from allawee_async.redaction import MASK, without_named_secrets

Change = Callable[[Sequence[Any]], Sequence[Any]]


class Table:
    """Makes the cells of chosen columns.

    Args:
        model: What the items are.
        columns: The columns, in order.
        reveal: Whether secrets are shown.
    """

    def __init__(self, model: type[Model], columns: Sequence[Column], *, reveal: bool) -> None:
        self.columns = tuple(columns)
        self._group = group_of(model)
        self._reveal = reveal
        self._changes = [self._change(column) for column in columns]

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
        if column.kind is Kind.TIMESTAMP:
            return partial(_in_utc, column)
        if not column.is_json and column.kind is not Kind.RELATION:
            return _as_they_are
        bare = str if column.kind is Kind.RELATION else NoneType

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
