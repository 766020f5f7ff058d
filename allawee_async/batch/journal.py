"""The journal of a batch: what was sent and how it ended, on the disk before it counts.

A line for each step: a checksum, then JSON. The first line says of which verb, host and key the
batch is. A line without an end was being written when the process was killed, and does not count.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias, TypeVar
from zlib import crc32

import attrs
import msgspec

from allawee_async.errors import AllaweeError
from allawee_async.export.files import Lock, append, open_new, open_old, sync_directory

T = TypeVar("T")

FORMAT: Final = "allawee_async.batch"
VERSION: Final = 1

State: TypeAlias = Literal["sent", "done", "refused", "unknown"]


class BatchError(AllaweeError):
    """A batch cannot begin or go on: its journal is another's, damaged, or cannot be written.

    What was under way is looked up when the batch is run again with the same journal.
    """


@attrs.frozen
class JournalOwner:
    """Whose journal it is: what else would find the same references in another place.

    Attributes:
        verb: The verb, for instance `payments.create_payout`.
        host: The host that the rows go to.
        key: A fingerprint of the key.
    """

    verb: str
    host: str
    key: str


@attrs.frozen
class JournalEntry:
    """The last that the journal says of a row.

    Attributes:
        reference: The row.
        digest: What it sends.
        state: `sent` if it may have taken effect and nothing more is known.
        id: The id of the object that it made.
        status: The status of that object.
    """

    reference: str
    digest: str
    state: State
    id: str | None = None
    status: str | None = None


class BatchJournal:
    """A journal that is open.

    Args:
        path: The file; it is made if it is not there.
        owner: Whose it is.

    Attributes:
        entries: The last entry of each row, by reference.

    Raises:
        BatchError: It is another's, damaged, in use, or cannot be opened.
    """

    def __init__(self, path: Path, owner: JournalOwner) -> None:
        self._path = path
        self.entries: dict[str, JournalEntry] = {}
        self._waiting: deque[JournalEntry] = deque()
        self._failure: OSError | None = None
        with ExitStack() as opened:
            try:
                opened.enter_context(Lock(path.with_name(f"{path.name}.lock")))
                is_there = os.path.lexists(path)
                self._file = open_old(path, os.O_RDWR) if is_there else open_new(path)
                opened.callback(os.close, self._file)
                self._read(owner)
                sync_directory(path.parent)
            except BlockingIOError:
                raise BatchError(f"{path} is in use by another batch; wait for its end") from None
            except (OSError, ValueError) as error:
                advice = "nothing was sent; mend that, or keep it in another folder"
                raise self._failed("opened", error, advice) from error
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="allawee-journal")
            self._opened = opened.pop_all()

    def _read(self, owner: JournalOwner) -> None:
        with os.fdopen(self._file, "rb", closefd=False) as stream:
            text = stream.read()
        header = _line({"format": FORMAT, "version": VERSION, **attrs.asdict(owner)})
        if len(text) < len(header) and header.startswith(text):  # new, or killed when it was new
            os.ftruncate(self._file, 0)
            append(self._file, header)
            return
        whole, end, _ = text.rpartition(b"\n")
        first, *lines = whole.split(b"\n")
        self._check_owner(self._parsed(first, 1, dict[str, Any]), owner)
        for number, line in enumerate(lines, 2):
            entry = self._parsed(line, number, JournalEntry)
            self.entries[entry.reference] = entry
        os.ftruncate(self._file, len(whole + end))

    def _parsed(self, line: bytes, number: int, kind: type[T]) -> T:
        checksum, _, text = line.partition(b" ")
        try:
            if int(checksum, 16) == crc32(text):
                return msgspec.json.decode(text, type=kind)
        except (ValueError, msgspec.DecodeError):
            pass
        what = "is no journal of a batch" if number == 1 else f"is damaged in line {number}"
        raise BatchError(
            f"{self._path} {what}; nothing was sent. Restore it from a copy, or look up what was "
            "paid before you begin a new one"
        )

    def _check_owner(self, header: dict[str, Any], owner: JournalOwner) -> None:
        if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
            raise BatchError(
                f"{self._path} was written by another version of this library: finish it with that"
            )
        for name, mine in (("verb", owner.verb), ("host", owner.host)):
            if header.get(name) != mine:
                raise BatchError(
                    f"{self._path} belongs to a batch with {name} {header.get(name)}, not {mine}; "
                    "nothing was sent. Name the journal of this batch, or a new file"
                )
        if header.get("key") != owner.key:
            raise BatchError(
                f"{self._path} belongs to a batch with another key; nothing was sent. Go on with "
                "the key that it began with, or look up what was paid before you begin a new one"
            )

    async def record(self, entry: JournalEntry) -> None:
        """Write an entry; it is on the disk when this returns. Entries that wait share one sync.

        Raises:
            BatchError: It cannot be written.
        """
        self.note(entry)
        await asyncio.get_running_loop().run_in_executor(self._writer, self._write)
        if self._failure is not None:
            advice = "no further row was sent; mend that, then run the same again"
            raise self._failed("written", self._failure, advice) from self._failure
        self.entries[entry.reference] = entry

    def note(self, entry: JournalEntry) -> None:
        """Let an entry be written with the next, or when the journal is closed."""
        self._waiting.append(entry)

    def _write(self) -> None:
        """Append all that waits, in the writer's thread: it goes on when who waits is cancelled."""
        lines: list[bytes] = []
        while self._waiting:
            entry = attrs.asdict(self._waiting.popleft())
            lines.append(_line({name: value for name, value in entry.items() if value is not None}))
        if not lines or self._failure is not None:
            return  # a line that could not be taken back may end the file, and must stay its end
        try:
            append(self._file, b"".join(lines))
        except OSError as error:
            self._failure = error

    def _failed(self, done: str, error: Exception, advice: str) -> BatchError:
        reason = getattr(error, "strerror", None) or str(error)
        return BatchError(f"the journal {self._path} cannot be {done}: {reason}; {advice}")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; what waits and what is being written is written to its end."""
        with self._opened:
            self._writer.submit(self._write)
            self._writer.shutdown()


def _line(fields: Mapping[str, Any]) -> bytes:
    text = msgspec.json.encode(fields)
    return b"%08x %s\n" % (crc32(text), text)
