"""From the pages of a list to rows, and to rejected entries."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any, Final, Literal

import attrs

from allawee_async.codec.converter import documents
from allawee_async.codec.json import dumps
from allawee_async.errors import ConfigurationError, DecodeError
from allawee_async.export.checkpoint import Job, PartState
from allawee_async.export.columns import chosen, columns_of
from allawee_async.export.formats import Format, Rows
from allawee_async.export.sheets import Surprise, Unwritable, read_sheet
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, ModelField, masked_value
from allawee_async.pagination.pages import Page, PageWalk, Place, Source
from allawee_async.types import JSONValue, Strings


def model_of(source: Source[Any]) -> type[Model]:
    """Return the class of the items of a list.

    Raises:
        ConfigurationError: It has none, or an `on_invalid` that would have to be awaited.
    """
    if iscoroutinefunction(source.on_invalid):
        raise ConfigurationError("what is exported takes no async on_invalid; give a plain one")
    if source.listing.model is None:
        raise ConfigurationError("a list with select has no typed rows; name columns instead")
    return source.listing.model


def job_of(
    source: Source[Any],
    format: Format | Literal["arrow"],
    columns: Strings | str | None,
    *,
    reveal: bool = False,
    excel: bool = False,
    max_items: int | None = None,
) -> Job:
    """Return what is read of a list, and how it is written.

    Raises:
        ConfigurationError: The list has no typed rows, or there is no such column.
    """
    return Job(
        address=source.address,
        key_kind=source.key_kind,
        query=dict(source.listing.query),
        format=format,
        columns=tuple(column.name for column in chosen(columns_of(model_of(source)), columns)),
        reveal=reveal,
        excel=excel,
        max_items=max_items,
    )


def documents_of(source: Source[Any], state: PartState) -> PageWalk[JSONValue]:
    """Return the pages of a list from where a part of it was left, the entries as they came."""
    part = source.asking({**source.listing.query, **state.query})
    return PageWalk(attrs.evolve(part, decode=documents), state)


_UNFIT: Final = (Surprise, Unwritable, ValueError, RecursionError)
"""What tells that entries are no rows; the last two are about JSON that is nested too deeply."""


class Intake:
    """Sorts the entries of the pages of a part into rows and rejected ones.

    Args:
        source: The list.
        rows: The format of the file.
        job: What is exported.
        state: How far earlier runs have come.

    Attributes:
        ahead: How far it is with the entries that have come.
        rejected: The lines of the rejected entries that were not taken yet.
        is_torn: Whether half a page is added, or rows are lost to this run: nothing of it may be
            written any more.
        total: How many entries there are; None if that is not known.
    """

    def __init__(self, source: Source[Any], rows: Rows, job: Job, state: PartState) -> None:
        self._source = source
        self._model = model_of(source)
        self._field = ModelField(attribute="", wire="", kind=Kind.OBJECT, model=self._model)
        self._job = job
        self.rows = rows
        self.ahead = state
        self.rejected = bytearray()
        self.is_torn = False
        self.total = state.read if state.read_all else None

    @property
    def is_full(self) -> bool:
        """Whether no more entries are wanted."""
        return self._job.max_items is not None and self.ahead.read >= self._job.max_items

    @property
    def waiting(self) -> int:
        """How many bytes, about, have come and were not taken."""
        return self.rows.waiting + len(self.rejected)

    def take_in(self, page: Page[JSONValue]) -> None:
        """Add the entries of a page."""
        self.total = page.total_count
        ahead, self.is_torn = self.ahead, True
        most = None if self._job.max_items is None else self._job.max_items - ahead.read
        fresh = list(page.items[:most])
        rows = self._sorted(fresh)
        place = {name: getattr(page.place, name) for name in attrs.fields_dict(Place)}
        self.ahead = attrs.evolve(
            ahead,
            **place | {"cursor": page.place.cursor or ahead.cursor},
            rows=ahead.rows + rows,
            rejected=ahead.rejected + len(fresh) - rows,
        )
        self.is_torn = False

    def _sorted(self, entries: list[JSONValue], place: int = 1) -> int:
        """Add entries to the rows, one by one if not all can be; return how many could."""
        try:
            self.rows.add(read_sheet(entries, self._model))
        except _UNFIT as unfit:
            if len(entries) > 1:
                return sum(self._sorted([entry], place) for place, entry in enumerate(entries, 1))
            self._reject(place, self._error(entries[0], unfit))
            return 0
        return len(entries)

    def _error(self, entry: JSONValue, unfit: Exception) -> DecodeError:
        """Return why an entry is no row."""
        if isinstance(unfit, RecursionError):
            return DecodeError("it has too many levels", item=entry)
        if not isinstance(unfit, Surprise):
            return DecodeError(str(unfit), item=entry)
        (item,) = self._source.decode([entry])
        if isinstance(item, DecodeError):
            return item
        return DecodeError("it is unusual", item=entry)

    def _reject(self, place: int, error: DecodeError) -> None:
        line: dict[str, JSONValue] = {
            "entry": self.ahead.read + place,
            "reason": error.message,
            "path": error.path.removeprefix("data[0]").removeprefix("."),
        }
        try:
            shown = error.item if self._job.reveal else masked_value(error.item, self._field)
            self.rejected += dumps(line | {"document": shown}) + b"\n"
        except (ValueError, RecursionError):
            self.rejected += dumps(line | {"document": None}) + b"\n"
        (error.cursor,) = self._source.ids_of([error])
        if self._source.on_invalid is not None:
            self._source.on_invalid(error)

    def take(self) -> bytes:
        """Return the lines of the rejected entries that have come since the last time."""
        lines, self.rejected = bytes(self.rejected), bytearray()
        return lines
