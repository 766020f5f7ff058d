"""A sandbox's state in a SQLite file, so that it outlives the process, however that ends."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.keys import KeyRing
from allawee_async.sandbox.core.scheduler import Scheduler
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import from_bytes, to_bytes

_OURS = 0x416C7761  # "Alwa" as SQLite's application id
_VERSION = 2
_SCHEMA = f"""
    PRAGMA application_id = {_OURS};
    PRAGMA user_version = {_VERSION};
    CREATE TABLE documents (
        collection TEXT NOT NULL, position INTEGER NOT NULL, shown BLOB NOT NULL,
        rest BLOB NOT NULL, PRIMARY KEY (collection, position)
    ) WITHOUT ROWID;
    CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_FROM_1 = """
    BEGIN; UPDATE facts SET name = 'jobs' WHERE name = 'agenda'; PRAGMA user_version = 2; COMMIT
"""
_PUT = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)"
_DROP = "DELETE FROM documents WHERE collection = ? AND position = ?"
_GET = "SELECT position, shown, rest FROM documents WHERE collection = ? ORDER BY position"


class StateFileError(Exception):
    """A file cannot hold the state of a sandbox; the text says why."""


# Whoever renames a collection, or changes what documents hold, raises _VERSION, so that no file is
# misread.
def collections_of(state: State) -> dict[str, Collection]:
    """Return the collections of a state by the names that they have in a file."""
    ledger = {f"ledger.{name}": part for name, part in vars(state.ledger).items()}
    parts = vars(state) | ledger
    return {name: part for name, part in parts.items() if isinstance(part, Collection)}


def parts_of(state: State) -> dict[str, KeyRing | Scheduler]:
    """Return the small parts of a state, written as a whole, by their names in a file."""
    return {"keys": state.keys, "jobs": state.scheduler}


class StateFile:
    """The file. What is saved is there also after a kill; one process has the file at a time.

    Args:
        path: Where the file is, or is to be.

    Raises:
        StateFileError: It is no such file, or another process has it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._facts: dict[str, bytes] = {}
        # What SQLite would create, others could read; the secrets of cards are in it.
        with suppress(OSError):  # it is there already, or SQLite says what is wrong
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        try:
            self._file = sqlite3.connect(path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise StateFileError(f"{path} cannot be opened ({error})") from error
        try:
            self._prepare()
        except (sqlite3.Error, StateFileError) as error:
            self.close()
            if isinstance(error, StateFileError):
                raise
            is_busy = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY
            reason = "locked: another sandbox that is running has it" if is_busy else error
            raise StateFileError(f"{path} cannot be used ({reason})") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def load(self, state: State) -> bool:
        """Fill a state with what the file holds; return False, and do nothing, for a new file.

        Raises:
            StateFileError: What the file holds cannot be read.
        """
        facts = dict(self._file.execute("SELECT name, value FROM facts"))
        if not facts:
            for collection in collections_of(state).values():
                collection.track()
            return False
        try:
            for name, collection in collections_of(state).items():
                collection.restore(self._file.execute(_GET, (name,)))
            for name, part in parts_of(state).items():
                part.load(from_bytes(facts[name]))
        except (sqlite3.Error, ArithmeticError, LookupError, TypeError, ValueError) as error:
            reason = f"{self._path} is damaged ({error!r}): use another file"
            raise StateFileError(reason) from error
        self._facts = facts
        return True

    def save(self, state: State) -> None:
        """Write what has changed since the last time, all of it or nothing.

        Raises:
            sqlite3.Error: The file cannot be written.
        """
        found = collections_of(state)
        rows = [(name, *row) for name, documents in found.items() for row in documents.changes()]
        dumped = {name: to_bytes(part.dump()) for name, part in parts_of(state).items()}
        facts = {name: text for name, text in dumped.items() if self._facts.get(name) != text}
        if not rows and not facts:
            return
        with self._file:  # commits, or rolls back what an error left
            self._file.execute("BEGIN IMMEDIATE")
            self._file.executemany(_DROP, [row[:2] for row in rows if not row[2]])
            self._file.executemany(_PUT, [row for row in rows if row[2]])
            self._file.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())
        self._facts |= facts
        for documents in found.values():
            documents.forget_changes()

    def clear(self) -> None:
        """Forget everything, as for a new file."""
        self._file.executescript(
            "BEGIN IMMEDIATE; DELETE FROM documents; DELETE FROM facts; COMMIT"
        )
        self._facts = {}

    def _prepare(self) -> None:
        # An exclusive lock keeps a second process out; WAL makes a commit one quick append.
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = self._file.execute("PRAGMA application_id").fetchone()
        (version,) = self._file.execute("PRAGMA user_version").fetchone()
        (tables,) = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != _OURS and tables:
            raise StateFileError(f"{self._path} is a database of something else")
        if application == _OURS and version not in (1, _VERSION):
            other = f"{self._path} is of another version of the sandbox"
            reason = f"its format is {version}, this one reads {_VERSION}"
            raise StateFileError(f"{other} ({reason}): use another file")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        if not tables:
            self._file.executescript(_SCHEMA)
        elif version == 1:
            self._file.executescript(_FROM_1)
        self._file.executescript("BEGIN IMMEDIATE; COMMIT")  # takes the lock
