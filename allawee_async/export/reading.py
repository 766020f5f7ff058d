"""From the pages of a list to rows, and to rejected entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import orjson

from allawee_async.errors import DecodeError
from allawee_async.export.documents import masked
from allawee_async.export.rows import Unwritable
from allawee_async.export.sheets import Surprise, read_sheet
from allawee_async.pagination.pages import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.export.checkpoint import Checkpoint
    from allawee_async.export.rows import Rows
    from allawee_async.models.common import Model
    from allawee_async.transport.response import Reply
    from allawee_async.types import JSONValue


@attrs.frozen(kw_only=True)
class Documents(Source["JSONValue"]):
    """A list whose entries are left as they came.

    Its pages lead on from the last entry that has an id, even if it is not the last of the page.
    """

    def _cursor_of(self, raw: list[JSONValue], reply: Reply) -> str | None:
        if "before" in self.query:
            return super()._cursor_of(raw, reply)
        for index in range(len(raw), 0, -1):
            cursor = super()._cursor_of(raw[:index], reply)
            if cursor is not None:
                return cursor
        return None

    @classmethod
    def of(cls, source: Source[Any], cursor: str | None) -> Documents:
        """Return the documents of a list, behind an entry; None begins at the beginning."""
        return cls(
            fetch=source.fetch,
            decode=tuple,
            query=source.query_at(cursor),
            cursor_field=source.cursor_field,
            ends_unless_told=source.ends_unless_told,
        )


class Intake:
    """Sorts the entries of pages into rows and rejected ones.

    Args:
        source: The list; its models tell which entries are rows.
        rows: The format of the file.
        checkpoint: How far earlier runs have come.

    Attributes:
        ahead: How far it is with the entries that have come.
        rejected: The lines of the rejected entries that were not taken yet.
    """

    def __init__(
        self, source: Source[Any], model: type[Model], rows: Rows, checkpoint: Checkpoint
    ) -> None:
        self._source = source
        self._model = model
        self._rows = rows
        self.ahead = checkpoint
        self.rejected = bytearray()

    @property
    def is_full(self) -> bool:
        """Whether no more entries are wanted."""
        most = self.ahead.job.max_items
        return most is not None and self.ahead.read >= most

    def take_in(self, documents: tuple[JSONValue, ...], cursor: str | None) -> None:
        """Add the entries of a page; `cursor` is the id that the next page begins behind."""
        ahead = self.ahead
        known = self._without_id(documents[: ahead.skip])
        most = None if ahead.job.max_items is None else known + ahead.job.max_items - ahead.read
        fresh = list(documents[known:most])
        rows = self._sorted(fresh)
        self.ahead = ahead.changed(
            cursor=cursor or ahead.cursor,
            skip=self._behind(documents, cursor),
            rows=ahead.rows + rows,
            rejected=ahead.rejected + len(fresh) - rows,
        )

    def _without_id(self, documents: tuple[JSONValue, ...]) -> int:
        """Return how many entries at the beginning have no id: they came with the page before."""
        return next((i for i, entry in enumerate(documents) if self._id(entry)), len(documents))

    def _behind(self, documents: tuple[JSONValue, ...], cursor: str | None) -> int:
        """Return how many entries stand behind the one that the cursor names."""
        if "before" in self._source.query:
            return 0
        places = enumerate(reversed(documents))
        return next((behind for behind, entry in places if self._id(entry) == cursor), 0)

    def _id(self, entry: JSONValue) -> JSONValue:
        return entry.get(self._source.cursor_field) if isinstance(entry, dict) else None

    def _sorted(self, entries: list[JSONValue]) -> int:
        """Add entries to the rows, one by one if not all can be; return how many could."""
        try:
            self._rows.add(read_sheet(entries, self._model))
        except (Surprise, Unwritable):
            return sum(self._add_or_reject(*place) for place in enumerate(entries, 1))
        return len(entries)

    def _add_or_reject(self, place: int, entry: JSONValue) -> bool:
        try:
            self._rows.add(read_sheet([entry], self._model))
        except Unwritable as error:
            self._reject(place, entry, str(error), "")
        except Surprise:
            self._reject(place, entry, *self._objection(entry))
        else:
            return True
        return False

    def _objection(self, entry: JSONValue) -> tuple[str, str]:
        """Return why an entry cannot be decoded, and where."""
        try:
            self._source.decode([entry])
        except DecodeError as error:
            return error.message, error.path.removeprefix("[0]").removeprefix(".")
        return "it is unusual", ""

    def _reject(self, place: int, entry: JSONValue, reason: str, path: str) -> None:
        shown = entry if self.ahead.job.reveal else masked(entry, self._model)
        line: Mapping[str, JSONValue] = {
            "entry": self.ahead.read + place,
            "reason": reason,
            "path": path,
            "document": shown,
        }
        self.rejected += orjson.dumps(line) + b"\n"

    def take(self) -> bytes:
        """Return the lines of the rejected entries that have come since the last time."""
        lines, self.rejected = bytes(self.rejected), bytearray()
        return lines
