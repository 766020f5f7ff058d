"""The journal of a batch: what was sent and how it ended, on the disk before it counts.

A line for each step: a checksum, then JSON. The first line says of which verb, host and key the
batch is. A line without an end was being written when the process was killed, and does not count.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias
from zlib import crc32

import attrs
import msgspec

from allawee_async.batch.outcomes import BatchError
from allawee_async.export.files import Lock, append, open_new, open_old, sync_directory

FORMAT: Final = "allawee_async.batch"
VERSION: Final = 1
_NAME_ANOTHER: Final = "nothing was sent; mend that, or keep it in another folder"
_MEND_AND_REPEAT: Final = "no further row was sent; mend that, then run the same again"

State: TypeAlias = Literal["sent", "done", "refused", "unknown"]


@attrs.frozen(kw_only=True)
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


@attrs.frozen(kw_only=True)
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
        try:
            self._lock = Lock(path.with_name(f"{path.name}.lock"))
        except BlockingIOError:
            raise BatchError(f"{path} is in use by another batch; wait for its end") from None
        except (OSError, ValueError) as error:
            raise _failed(path, "cannot be opened", error, _NAME_ANOTHER) from error
        try:
            self._file = self._opened(owner)
        except BaseException:
            self._lock.__exit__()
            raise
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="allawee-journal")
        self._waiting: list[_Line] = []
        self._turn = asyncio.Lock()
        self._failure: OSError | None = None

    def _opened(self, owner: JournalOwner) -> int:
        try:
            is_there = os.path.lexists(self._path)
            file = open_old(self._path, os.O_RDWR) if is_there else open_new(self._path)
            try:
                self._read(file, owner)
                sync_directory(self._path.parent)
            except BaseException:
                os.close(file)
                raise
        except (OSError, ValueError) as error:
            raise _failed(self._path, "cannot be opened", error, _NAME_ANOTHER) from error
        return file

    def _read(self, file: int, owner: JournalOwner) -> None:
        with os.fdopen(os.dup(file), "rb") as stream:
            text = stream.read()
        header = _text({"format": FORMAT, "version": VERSION, **attrs.asdict(owner)})
        if len(text) < len(header) and header.startswith(text):  # new, or killed when it was new
            os.ftruncate(file, 0)
            append(file, header)
            return
        whole, end, _ = text.rpartition(b"\n")
        if not end:
            raise BatchError(f"{self._path} is no journal of a batch; name another file")
        for number, line in enumerate(whole.split(b"\n"), 1):
            entry = self._parsed(line, number)
            if number == 1:
                self._check_owner(entry, owner)
            else:
                known = JournalEntry(**entry)
                self.entries[known.reference] = known
        os.ftruncate(file, len(whole) + 1)
        os.lseek(file, 0, os.SEEK_END)

    def _parsed(self, line: bytes, number: int) -> dict[str, Any]:
        checksum, _, text = line.partition(b" ")
        try:
            if int(checksum, 16) == crc32(text):
                found: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
                return found
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
        line = self.note(entry)
        try:
            async with self._turn:
                if not line.is_written and self._failure is None:
                    lines, self._waiting = self._waiting, []
                    loop = asyncio.get_running_loop()
                    await loop.run_in_executor(self._writer, self._write, lines)
        except asyncio.CancelledError:
            if entry.state == "sent" and line in self._waiting:
                self._waiting.remove(line)
            raise
        if self._failure is not None:
            raise _failed(
                self._path, "cannot be written", self._failure, _MEND_AND_REPEAT
            ) from self._failure
        self.entries[entry.reference] = entry

    def note(self, entry: JournalEntry) -> _Line:
        """Let an entry be written with the next, or when the journal is closed."""
        fields = {name: value for name, value in attrs.asdict(entry).items() if value is not None}
        line = _Line(_text(fields))
        self._waiting.append(line)
        return line

    def _write(self, lines: list[_Line]) -> None:
        """Append lines, in the writer's thread: it goes on when who waits is cancelled."""
        if self._failure is not None:
            return  # a line that could not be taken back may end the file, and must stay its end
        try:
            append(self._file, b"".join(line.text for line in lines))
        except OSError as error:
            self._failure = error
        else:
            for line in lines:
                line.is_written = True

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; what waits and what is being written is written to its end."""
        self._writer.submit(self._write, self._waiting)
        self._writer.shutdown(wait=True)
        os.close(self._file)
        self._lock.__exit__()


@attrs.define(eq=False)
class _Line:
    text: bytes
    is_written: bool = False


def _text(fields: dict[str, Any]) -> bytes:
    text = msgspec.json.encode(fields)
    return b"%08x %s\n" % (crc32(text), text)


def _failed(path: Path, what: str, error: Exception, advice: str) -> BatchError:
    reason = getattr(error, "strerror", None) or str(error)
    return BatchError(f"the journal {path} {what}: {reason}; {advice}")
