"""The formats of an export, what each can do, and JSON Lines."""

from __future__ import annotations

import gzip
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias, get_args

from allawee_async.codec.json import dumps_lines
from allawee_async.errors import ConfigurationError
from allawee_async.export.checkpoint import Job
from allawee_async.export.columns import chosen, columns_of, group_of
from allawee_async.export.sheets import Picker, Sheet, hide_secrets
from allawee_async.models.base import Model

_GZIP_LEVEL: Final = 1
_COPIED_AT_ONCE: Final = 1024 * 1024


Format: TypeAlias = Literal["parquet", "jsonl", "jsonl.gz", "csv"]
"""The format of a file, which is also how its name ends."""

FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def format_of(path: Path, given: str | None) -> Format:
    """Return the format that was given, or else the one that the name of a file tells.

    Raises:
        ConfigurationError: There is no such format, or the name tells none.
    """
    for name in FORMATS:
        if given == name or (given is None and path.name.lower().endswith(f".{name}")):
            return name
    known = ", ".join(FORMATS)
    if given is not None:
        raise ConfigurationError(f"there is no format {given!r}; there are {known}")
    raise ConfigurationError(
        f"the name {path.name} does not tell the format: let it end in one of {known}, or name "
        "the format"
    )


class Rows(ABC):
    """Makes bytes of rows. What `take` returns is appended to a part file.

    Attributes:
        start: What the file begins with.
        is_final: Whether the part files, one behind the other, are the finished file.
    """

    start: bytes = b""
    is_final: bool

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How many bytes, about, were added and not taken."""

    @abstractmethod
    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page, all or none.

        Raises:
            Unwritable: A value has no form here.
        """

    @abstractmethod
    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""

    @abstractmethod
    def finish(self, parts: Iterable[BinaryIO], finished: BinaryIO) -> Iterator[int]:
        """Write the finished file from the part files.

        Yields:
            The number of rows that are in the finished file so far.

        Raises:
            OSError: It cannot be written.
        """


class Text(Rows):
    """Rows of a format whose part files, one behind the other, are the finished file."""

    is_final = True

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

    def finish(self, parts: Iterable[BinaryIO], finished: BinaryIO) -> Iterator[int]:
        """Write the part files one behind the other."""
        for part in parts:
            shutil.copyfileobj(part, finished, _COPIED_AT_ONCE)
        yield from ()


class JsonLines(Text):
    """One object in a line, as the API sent it, but for its secrets.

    Args:
        model: What the items are.
        job: Which fields, and whether secrets are shown.
    """

    def __init__(self, model: type[Model], job: Job) -> None:
        super().__init__()
        self._model = model
        self._reveal = job.reveal
        columns = chosen(columns_of(model), job.columns)
        is_whole = set(columns) == set(columns_of(model))
        self._pick = None if is_whole else Picker(group_of(model), columns)

    def add(self, sheet: Sheet) -> None:
        """Add the rows of a page."""
        if not self._reveal:
            hide_secrets(sheet, self._model)
        shown = sheet.documents if self._pick is None else [*map(self._pick, sheet.documents)]
        self.text += dumps_lines(shown)


class GzipLines(JsonLines):
    """The same, compressed. Each portion is a gzip member of its own; a file may have many."""

    start = gzip.compress(b"", mtime=0)  # so that a file without rows is one of gzip's, too

    def take(self) -> bytes:
        """Return the bytes of the rows that were added since the last time."""
        text = super().take()
        return gzip.compress(text, _GZIP_LEVEL, mtime=0) if text else text
