"""The checkpoint of an export: what is exported, and how far it is."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final, cast
from urllib.parse import urlsplit

import attrs
import orjson

from allawee_async.codec.converter import from_dict, to_dict
from allawee_async.errors import DecodeError
from allawee_async.models.common import Model, model
from allawee_async.types import JSONObject, JSONValue

_VERSION: Final = 1
_CHANGES_NOTHING: Final = frozenset({"limit", "countTotal"})
_KNOWN_KEYS: Final = ("test key", "live key")


@model
class Job(Model):
    """What is exported, and how: a run can only be resumed by one with the same.

    Attributes:
        address: The host and the path of the list.
        key_kind: What kind of key reads it; the key itself may change.
        query: The query of the list, in wire names.
        format: The format of the file.
        columns: The names of the columns.
        reveal: Whether secrets are shown.
        max_items: The most entries to read.
    """

    address: str
    key_kind: str
    query: JSONObject = attrs.field(hash=False)
    format: str
    columns: tuple[str, ...]
    reveal: bool
    max_items: int | None = None

    def differences(self, other: "Job") -> Iterator[str]:
        """Yield what is different in another job, in words."""
        if _place(self.address) != _place(other.address):
            yield f"the list is {other.address}, it was {self.address}"
        kinds = (self.key_kind, other.key_kind)
        if kinds[0] != kinds[1] and all(kind in _KNOWN_KEYS for kind in kinds):
            yield f"the key is a {other.key_kind}, it was a {self.key_kind}"
        for name in sorted({*self.query, *other.query} - _CHANGES_NOTHING):
            before, now = self.query.get(name), other.query.get(name)
            if before != now:
                yield f"{name} is {_shown(now)}, it was {_shown(before)}"
        for name in ("format", "reveal", "max_items"):
            before, now = getattr(self, name), getattr(other, name)
            if before != now:
                yield f"{name} is {_shown(now)}, it was {_shown(before)}"
        if self.columns != other.columns:
            yield "the columns are others"


def _shown(value: object) -> str:
    return "not given" if value is None else str(value)


def _place(address: str) -> str:
    """Return what tells a list from others; local servers change their ports."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        is_local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_local = False
    return f"local{parts.path}" if is_local else address


@model
class Checkpoint(Model):
    """How far an export is: all of it is on the disk.

    Attributes:
        version: The version of this format.
        job: What is exported.
        replaces: Whether the finished file may take the place of another.
        cursor: The id of an entry; all up to it have been read. None if none has.
        skip: How many entries behind it were read as well, as they have no id.
        rows: Rows in the part file.
        rejected: Entries among the rejected ones.
        part_bytes: The length of the part file; what is behind it counts for nothing.
        rejected_bytes: The length of the file of rejected entries.
        read_all: Whether nothing is left to read.
    """

    version: int = _VERSION
    job: Job
    replaces: bool
    cursor: str | None = None
    skip: int = 0
    rows: int = 0
    rejected: int = 0
    part_bytes: int = 0
    rejected_bytes: int = 0
    read_all: bool = False

    def changed(self, **changes: Any) -> "Checkpoint":
        """Return the same with other values."""
        changed: Checkpoint = attrs.evolve(cast("Any", self), **changes)
        return changed

    @property
    def read(self) -> int:
        """How many entries have been read."""
        return self.rows + self.rejected

    def to_bytes(self) -> bytes:
        """Return the checkpoint as it is written to its file."""
        return orjson.dumps(to_dict(self) | {"version": self.version}, option=orjson.OPT_INDENT_2)


def read_checkpoint(text: bytes) -> Checkpoint:
    """Return the checkpoint that a file holds.

    Raises:
        ValueError: It is none, or one of another version; the text says so.
    """
    try:
        document: JSONValue = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("it is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the file is wrong, no argument
    try:
        checkpoint = from_dict(Checkpoint, document)
    except DecodeError as error:
        raise ValueError(f"{error.path}: {error.message}") from None
    if checkpoint.version != _VERSION:
        raise ValueError(f"it is of version {checkpoint.version}, and this is {_VERSION}")
    return checkpoint
