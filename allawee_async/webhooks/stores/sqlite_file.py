"""The SQLite file of a store: how it is made, opened, and what its failures mean."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.stores.base import StoreError

_VERSION: Final = 2

_TABLES: Final = (
    """
    CREATE TABLE IF NOT EXISTS allawee_webhook_schema (
        version INTEGER NOT NULL,
        seen REAL NOT NULL DEFAULT 0   -- the time of the file when somebody last looked
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS allawee_webhook_events (
        key TEXT PRIMARY KEY,
        token TEXT NOT NULL,   -- of the claim that was taken last
        until REAL NOT NULL,   -- end of its lease or, with a body, of the time it is remembered
        body BLOB,             -- what was answered; NULL while the event is not done
        digest TEXT NOT NULL DEFAULT ''   -- of the delivery that was handled
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX IF NOT EXISTS allawee_webhook_events_until ON allawee_webhook_events (until)
    """,
)

_FROM_1: Final = (
    "ALTER TABLE allawee_webhook_schema ADD COLUMN seen REAL NOT NULL DEFAULT 0",
    "ALTER TABLE allawee_webhook_events ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
)
"""What makes a file of version 1 one of version 2; who has it open with 1 may go on."""

_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "somebody else wrote for too long; keep transactions short",
    sqlite3.SQLITE_FULL: "make room on the disk",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: move it away, or restore it",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database: choose another path",
    sqlite3.SQLITE_CANTOPEN: "look whether its folder exists and may be written to",
    sqlite3.SQLITE_READONLY: "look whether the file and its folder may be written to",
}
INHERITED: Final[dict[Path, object]] = {}
"""The files that were open in the process that this one was forked from, and what holds them.

SQLite keeps its locks by the process, and does not know of forks: a connection that was inherited
can neither be used nor closed, and would mislead others to the same file. So it is kept for ever.
"""

_PAUSE: Final = 0.005
"""Seconds between two attempts to switch the file to WAL, which does not wait by itself."""


class FileClock:
    """The time of a file: that of the machine when the file is opened, and steady from then on.

    So a jump of the machine's clock ends no claim and forgets no event. It is never before what the
    file has seen, which other processes may have written, and not much after it.

    Args:
        clock: Tells the time of the machine in seconds.
        most: Seconds that the time may have gone on while nobody had the file open.
    """

    def __init__(self, clock: Callable[[], float], most: float) -> None:
        self._clock = clock
        self._steady = time.monotonic if clock is time.time else clock
        self._most = most
        self._offset = float("-inf")

    def start(self, seen: float) -> None:
        """Begin at the time of the machine, within what the file allows."""
        now = self._clock()
        start = min(max(now, seen), seen + self._most) if seen else now
        self._offset = max(self._offset, start - self._steady())

    def now(self, seen: float = 0.0) -> float:
        """Return the time; what the file has seen meanwhile counts."""
        steady = self._steady()
        self._offset = max(self._offset, seen - steady)
        return steady + self._offset

    def lag(self) -> float:
        """Return by how many seconds the machine's clock is ahead."""
        return self._clock() - self.now()


class SQLiteFile:
    """Opens connections to one file, which is made when it is first opened.

    Args:
        path: Where the file is; a relative path is looked up now.
        timeout: Seconds to wait for other writers.
        clock: The time of the file.
    """

    def __init__(self, path: str | os.PathLike[str], timeout: float, clock: FileClock) -> None:
        name = os.fspath(path)
        if not name or name.startswith((":memory:", "file:")):
            raise ConfigurationError(
                "SQLiteStore needs the path of a file; MemoryStore keeps nothing on the disk"
            )
        self.path = Path(name).absolute()
        self.clock = clock
        self._timeout = timeout
        self._writing = threading.Lock()

    def connect(self) -> sqlite3.Connection:
        """Return a connection for the calling thread; its writes are on the disk when they end.

        Raises:
            StoreError: The file cannot be made or opened, or is not what it should be.
        """
        if self.path in INHERITED:
            raise StoreError(
                f"the store {self.path} was in use when this process was forked, and SQLite cannot "
                "go on in the fork: close the store before you fork, or use it only afterwards"
            )
        with self.failures():
            self._create()
            connection = sqlite3.connect(self.path, timeout=self._timeout, isolation_level=None)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    @contextmanager
    def writing(self) -> Generator[None]:
        """Write while no other thread of this process does.

        SQLite lets writers of several connections ask again and again, with pauses; a lock wakes
        the next one at once. Other processes are SQLite's affair.

        Raises:
            StoreError: Somebody else wrote for too long.
        """
        if not self._writing.acquire(timeout=self._timeout):
            raise StoreError(
                f"the store {self.path} cannot be used: {_ADVICE[sqlite3.SQLITE_BUSY]}"
            )
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def failures(self) -> Generator[None]:
        """Turn SQLite's errors into `StoreError`."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as error:  # the last for a NUL in the path
            advice = _ADVICE.get(result_of(error))
            raise StoreError(
                f"the store {self.path} cannot be used: {error}" + (f"; {advice}" if advice else "")
            ) from error

    def _create(self) -> None:
        """Make the file for its owner only. The files that SQLite puts beside it get the same.

        Where it was deleted, those that are left beside it would make the new one unusable.
        """
        if self.path.exists():
            return
        beside = [self.path.with_name(self.path.name + end) for end in ("-wal", "-shm")]
        left = {path: identity_of(path) for path in beside}
        try:
            # never opened where it exists: to close it would end the locks of this process
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return
        for path, identity in left.items():
            if identity is not None and identity == identity_of(path):  # not that of the new file
                path.unlink(missing_ok=True)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        self._switch_to_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        version = _version(connection)
        if version in (None, 1):
            version = _make_tables(connection)
        if version != _VERSION:
            raise StoreError(
                f"the store {self.path} has version {version}, and this library knows {_VERSION}: "
                "update the library, or choose another path"
            )
        self.clock.start(
            connection.execute("SELECT seen FROM allawee_webhook_schema").fetchone()[0]
        )

    def _switch_to_wal(self, connection: sqlite3.Connection) -> None:
        give_up = time.monotonic() + self._timeout
        mode = ""
        while not mode:
            try:
                mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            except sqlite3.OperationalError as error:
                if result_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                time.sleep(_PAUSE)
        if mode != "wal":
            raise StoreError(
                f"the store {self.path} cannot be used: its file system does not do what SQLite's "
                "write-ahead log needs; put it on a local disk"
            )


def result_of(error: Exception) -> int:
    """Return SQLite's result code for a failure, without its details."""
    if isinstance(error, OSError):
        return sqlite3.SQLITE_CANTOPEN
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def _version(connection: sqlite3.Connection) -> object:
    """Return the version of the tables, or None if there are none."""
    try:
        row = connection.execute("SELECT version FROM allawee_webhook_schema").fetchone()
    except sqlite3.OperationalError as error:
        if result_of(error) != sqlite3.SQLITE_ERROR:  # what "no such table" is
            raise
        return None
    return None if row is None else row[0]


def _make_tables(connection: sqlite3.Connection) -> object:
    """Make or change the tables, unless another process was first; return their version."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for table in _FROM_1 if _version(connection) == 1 else _TABLES:
            connection.execute(table)
        if _version(connection) is None:
            connection.execute("INSERT INTO allawee_webhook_schema VALUES (?, 0)", (_VERSION,))
        connection.execute(
            "UPDATE allawee_webhook_schema SET version = ? WHERE version = 1", (_VERSION,)
        )
    return _version(connection)


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of the name, or None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
