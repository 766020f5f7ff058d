"""Rows as text: what JSON Lines and CSV share, and JSON Lines."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

import orjson

from allawee_async.export.columns import columns_of, group_of
from allawee_async.export.documents import Picker, hide_secrets
from allawee_async.export.errors import not_of_this_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from allawee_async.export.columns import Column
    from allawee_async.export.sheets import Sheet
    from allawee_async.models.common import Model

_GZIP_LEVEL: Final = 1


class Text:
    """Rows of a format whose part file is the finished file."""

    start = b""

    def __init__(self) -> None:
        self.text = bytearray()
        """The rows that were added and not taken."""

    @property
    def waiting(self) -> int:
        """How many bytes were added and not taken."""
        return len(self.text)

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        text, self.text = bytes(self.text), bytearray()
        return text

    def finish(self, part: Path, finished: Path) -> Iterator[int]:
        """Make the finished file of the part file, which holds all of it already."""
        part.replace(finished)
        yield from ()

    def count(self, path: Path) -> int:
        """Return how many rows a finished file has."""
        with path.open("rb") as lines:
            return sum(1 for _ in lines)


class JsonLines(Text):
    """One object in a line, as the API sent it, but for its secrets.

    Args:
        model: What the items are.
        columns: The fields to write.
        reveal: Whether secrets are shown.
    """

    def __init__(self, model: type[Model], columns: Sequence[Column], *, reveal: bool) -> None:
        super().__init__()
        self._group = group_of(model)
        self._reveal = reveal
        is_whole = set(columns) == set(columns_of(model))
        self._pick = None if is_whole else Picker(self._group, columns)

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page."""
        if not self._reveal:
            hide_secrets(sheet, self._group)
        shown = sheet.documents if self._pick is None else map(self._pick, sheet.documents)
        self.text += b"\n".join([*map(orjson.dumps, shown), b""])


class GzipLines(JsonLines):
    """The same, compressed. Each portion is a gzip member of its own; a file may have many."""

    start = gzip.compress(b"", mtime=0)  # so that a file without rows is one of gzip's, too

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        text = super().take()
        return gzip.compress(text, _GZIP_LEVEL, mtime=0) if text else text

    def count(self, path: Path) -> int:
        """Return how many rows a finished file has."""
        try:
            with gzip.open(path) as lines:
                return sum(1 for _ in lines)
        except (gzip.BadGzipFile, EOFError):
            raise not_of_this_kind(path) from None
