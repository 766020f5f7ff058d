"""The checkpoint of an export: what is exported, and how far it is.

It is a file of its own kind: the names in it stay when attributes here are renamed, it has a
version, and a checksum over all of it.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, Self
from urllib.parse import urlsplit

import attrs
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from allawee_async.codec.json import NotJSON, dumps, dumps_indented, loads
from allawee_async.errors import AllaweeError, ConfigurationError
from allawee_async.pagination.pages import Place
from allawee_async.transport.config import is_loopback
from allawee_async.types import JSONObject, JSONValue

_VERSION: Final = 2
_CHANGES_NOTHING: Final = frozenset({"limit", "countTotal"})
_KNOWN_KEYS: Final = {"test key", "live key"}


class ExportError(AllaweeError):
    """An export cannot go on, or cannot be resumed. What was exported so far is kept.

    The disk is full, another process writes the same file, or what an earlier run left is
    damaged: the message tells which, and what to do. Wrong use is a `ConfigurationError`.

    Attributes:
        what: The message without the option that helps.
        can_resume: Whether the same export can be resumed as it is, once the cause is gone.
        can_overwrite: Whether `overwrite=True` lets it begin anew.
    """

    what: str
    can_resume: bool = False
    can_overwrite: bool = False

    def __init__(self, what: str, *, can_overwrite: bool = False) -> None:
        super().__init__(f"{what} (overwrite=True)" if can_overwrite else what)
        self.what = what
        self.can_overwrite = can_overwrite


class ExportConflictError(ExportError, ConfigurationError):
    """A file, or another export that is unfinished, is in the way."""


@attrs.frozen(kw_only=True)
class Job:
    """What is exported, and how: a run can only be resumed by one with the same.

    Attributes:
        address: The host and the path of the list.
        key_kind: What kind of key reads it; the key itself may change.
        query: The query of the list, in wire names.
        format: The format of the file.
        columns: The names of the columns.
        excel: Whether a CSV is for spreadsheets.
        reveal: Whether secrets are shown.
        max_items: The most entries to read.
    """

    address: str
    key_kind: str
    query: Mapping[str, str]
    format: str
    columns: tuple[str, ...]
    reveal: bool
    excel: bool = False
    max_items: int | None = None

    def differences(self, other: Self) -> Iterator[str]:
        """Yield what is different in another job, in words."""
        if _place(self.address) != _place(other.address):
            yield f"the list is {other.address}, it was {self.address}"
        if {self.key_kind, other.key_kind} == _KNOWN_KEYS:
            yield f"the key is a {other.key_kind}, it was a {self.key_kind}"
        names = sorted({*self.query, *other.query} - _CHANGES_NOTHING)
        told: list[tuple[str, object, object]] = [
            (name, self.query.get(name), other.query.get(name)) for name in names
        ]
        options = ("format", "excel", "reveal", "max_items")
        told += [(name, getattr(self, name), getattr(other, name)) for name in options]
        for name, before, now in told:
            if before != now:
                yield f"{name} is {_shown(now)}, it was {_shown(before)}"
        if self.columns != other.columns:
            yield "the columns are others"


def _shown(value: object) -> str:
    return "not given" if value is None else str(value)


def _place(address: str) -> str:
    """Return what tells a list from others; local servers change their ports."""
    parts = urlsplit(address)
    return f"local{parts.path}" if is_loopback(parts.hostname or "") else address


@attrs.frozen(kw_only=True)
class Kept:
    """Bytes that are on the disk.

    Attributes:
        length: How many; what is behind them counts for nothing.
        checksum: Their SHA-256.
    """

    length: int = 0
    checksum: str = sha256().hexdigest()


@attrs.frozen(kw_only=True)
class PartState(Place):
    """How far a part of the list is; an export that reads one page after the other has one part.

    It is the place up to which all entries have been read.

    Attributes:
        query: What the query of the list has more for this part, in wire names.
        rows: Rows in the part file.
        rejected: Entries among the rejected ones.
        row_bytes: The part file.
        rejected_bytes: The file of rejected entries.
        read_all: Whether nothing is left to read.
    """

    query: Mapping[str, str] = attrs.field(factory=dict[str, str])
    rows: int = 0
    rejected: int = 0
    row_bytes: Kept = Kept()
    rejected_bytes: Kept = Kept()
    read_all: bool = False

    @property
    def read(self) -> int:
        """How many entries have been read."""
        return self.rows + self.rejected


@attrs.frozen(kw_only=True)
class Checkpoint:
    """How far an export is: all of it is on the disk.

    Attributes:
        job: What is exported.
        replaces: Whether the finished file may take the place of another.
        parts: The parts of the list, in its order.
        finished: The finished file, once it is written.
    """

    job: Job
    replaces: bool
    parts: tuple[PartState, ...]
    finished: Kept | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(part.rows for part in self.parts)

    @property
    def rejected(self) -> int:
        """How many entries were rejected."""
        return sum(part.rejected for part in self.parts)

    @property
    def read(self) -> int:
        """How many entries have been read."""
        return self.rows + self.rejected

    def to_bytes(self) -> bytes:
        """Return the checkpoint as it is written to its file."""
        document: JSONObject = {"version": _VERSION, **_converter.unstructure(self)}
        document["checksum"] = checksum_of(document)
        return dumps_indented(document)


_STORED_AS: Final[Mapping[Any, Mapping[str, str]]] = {
    Kept: {"length": "bytes", "checksum": "sha256"},
    Job: {"key_kind": "keyKind", "max_items": "maxItems"},
    PartState: {
        "came_from": "cameFrom",
        "nameless": "skip",
        "row_bytes": "part",
        "rejected_bytes": "rejectedPart",
        "read_all": "readAll",
    },
    Checkpoint: {},
}
"""What is called otherwise in the file. Who renames an attribute adds its old name here; another
name or meaning in the file is another version."""

_converter: Final = Converter()
for _class, _names in _STORED_AS.items():
    _renamed: Any = {attribute: override(rename=name) for attribute, name in _names.items()}
    _converter.register_structure_hook(
        _class, make_dict_structure_fn(_class, _converter, **_renamed)
    )
    _converter.register_unstructure_hook(
        _class, make_dict_unstructure_fn(_class, _converter, **_renamed)
    )


def checksum_of(document: JSONObject) -> str:
    """Return the checksum of a checkpoint, which stands in it beside all else."""
    return sha256(dumps(document, sort=True)).hexdigest()


def read_checkpoint(text: bytes) -> Checkpoint:
    """Return the checkpoint that a file holds.

    Raises:
        ValueError: It is none, one of another version, or damaged; the text says so.
    """
    try:
        document: JSONValue = loads(text)
    except NotJSON:
        raise ValueError("it is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the file is wrong, no argument
    version, checksum = document.get("version"), document.pop("checksum", None)
    if version != _VERSION:
        raise ValueError(f"it is of version {version}, and this is {_VERSION}")
    if checksum != checksum_of(document):
        raise ValueError("it does not fit its checksum")
    try:
        found: Checkpoint = _converter.structure(document, Checkpoint)
    except BaseValidationError:
        raise ValueError("it lacks what this version needs") from None
    return found
