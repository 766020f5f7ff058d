"""Lists without a network, exported files read back, and the end of a process at any step."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from allawee_async.codec.converter import decode_items
from allawee_async.export.checkpoint import checksum_of
from allawee_async.export.files import PartFile
from allawee_async.models import Customer
from allawee_async.pagination.pager import AsyncPager
from allawee_async.pagination.pages import Listing, Source
from allawee_async.sandbox.seed.people import make_customers
from allawee_async.transport.response import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    from allawee_async.errors import DecodeError

FORMATS = ("parquet", "jsonl", "jsonl.gz", "csv")


def customers(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return customers as the sandbox's API shows them, newest first."""
    return [dict(document) for document in make_customers(count, seed)]


@attrs.define
class FakeList:
    """A list of the API, answered from memory.

    Attributes:
        documents: What is in it, in the order of the pages.
        address: Where it says that it is.
        key_kind: What kind of key it says that it is read with.
        model: What the items are.
        before_page: Called before a page is answered; what it raises comes in place of the page.
        on_invalid: Called with the error of each item that cannot be read.
        asked: The queries that came.
    """

    documents: list[Any]
    address: str = "https://api.example/customers"
    key_kind: str = "test key"
    model: type[Any] = Customer
    before_page: Callable[[], object] = lambda: None
    on_invalid: Callable[[DecodeError], object] | None = None
    asked: list[dict[str, str]] = attrs.field(factory=list)

    def pager(self, **query: str) -> AsyncPager[Any]:
        """Return the pager of the list."""

        def decode(data: Any) -> list[Any]:
            return decode_items(data, self.model)

        source: Source[Any] = Source(
            listing=Listing(path="/customers", query={"limit": "10", **query}, model=self.model),
            fetch=self._answer,
            decode=decode,
            address=self.address,
            key_kind=self.key_kind,
            on_invalid=self.on_invalid,
        )
        return AsyncPager(source)

    async def _answer(self, query: Mapping[str, str]) -> Reply:
        self.asked.append(dict(query))
        self.before_page()
        limit = int(query["limit"])
        start = 0
        if "after" in query:
            (at,) = [n for n, found in enumerate(self.documents) if _id(found) == query["after"]]
            start = at + 1
        page = pickle.loads(pickle.dumps(self.documents[start : start + limit]))
        reply = Reply(200, {}, raw=page)
        reply.metadata = {"hasMore": len(page) == limit}
        if "countTotal" in query:
            reply.metadata["totalCount"] = len(self.documents)
        return reply


def _id(document: Any) -> Any:
    return document.get("id") if isinstance(document, dict) else None


def failing_at(page: int, error: Exception) -> Callable[[], None]:
    """Return what lets a page fail, counted from 1; the pages before it come."""
    pages = iter(range(1, 1000))

    def fail() -> None:
        if next(pages) >= page:
            raise error

    return fail


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {found.name: found.read_bytes() for found in folder.iterdir()}


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file as its format tells them."""
    if path.name.endswith(".parquet"):
        import pyarrow.parquet

        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path, use_threads=False).to_pylist()
        return rows
    if path.name.endswith(".csv"):
        with path.open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text, strict=True))
    raw = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    return [json.loads(line) for line in raw.splitlines()]


def ids_in(path: Path) -> list[str]:
    """Return the ids of the rows of a file, in order."""
    return [row["id"] for row in read_rows(path)]


def rejected_in(path: Path) -> list[dict[str, Any]]:
    """Return the lines beside a file that tell of rejected entries."""
    rejected = path.with_name(f"{path.name}.rejected.jsonl")
    return [json.loads(line) for line in rejected.read_bytes().splitlines()]


def beside(path: Path) -> set[str]:
    """Return what stands beside a file, by what its name adds to that of the file.

    The record of what was exported, which is hidden, is left out.
    """
    names = {found.name for found in path.parent.iterdir()} - {path.name, record(path).name}
    return {name.removeprefix(path.name) for name in names}


def record(path: Path) -> Path:
    """Return where the record of what a finished file holds is."""
    return path.with_name(f".{path.name}.export")


def rewritten(path: Path, **changes: Any) -> bytes:
    """Return a checkpoint with other values, and with the checksum that belongs to them."""
    document = json.loads(path.read_bytes()) | changes
    del document["checksum"]
    document["checksum"] = checksum_of(document)
    return json.dumps(document).encode()


class Crash(BaseException):
    """The end of the process, as far as a test can play it."""


class Lifetime:
    """Ends the process at a step: a write, a sync, a rename, a removal.

    Args:
        patch: Replaces the functions.
        steps: How many steps succeed.
        completed: Whether the step at which it ends is carried out; of a write it is then all, and
            else the half.
    """

    def __init__(self, patch: pytest.MonkeyPatch, steps: int, *, completed: bool) -> None:
        self._left = steps
        append = PartFile.append

        def torn_append(file: PartFile, data: bytes) -> None:
            self._left -= 1
            if self._left == -1:
                append(file, data if completed else data[: len(data) // 2])
            if self.is_over:
                raise Crash
            append(file, data)

        def limited(work: Any) -> Any:
            def step(*arguments: Any, **options: Any) -> Any:
                self._left -= 1
                if self._left == -1 and completed:
                    work(*arguments, **options)
                if self.is_over:
                    raise Crash
                return work(*arguments, **options)

            return step

        patch.setattr(PartFile, "append", torn_append)
        for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "unlink")):
            patch.setattr(owner, name, limited(getattr(owner, name)))

    @property
    def is_over(self) -> bool:
        """Whether the process has ended."""
        return self._left < 0
