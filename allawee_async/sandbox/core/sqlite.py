"""A sandbox's state in a SQLite file, so that it outlives the process, however that ends."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import orjson

from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.values import Json, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from allawee_async.sandbox.core.state import State

_OURS = 0x416C7761  # "Alwa" as SQLite's application id
_VERSION = 1
_SCHEMA = f"""
    PRAGMA application_id = {_OURS};
    PRAGMA user_version = {_VERSION};
    CREATE TABLE documents (
        collection TEXT NOT NULL, position INTEGER NOT NULL, shown BLOB NOT NULL,
        rest BLOB NOT NULL, PRIMARY KEY (collection, position)
    ) WITHOUT ROWID;
    CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_PUT = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)"
_DROP = "DELETE FROM documents WHERE collection = ? AND position = ?"
_GET = "SELECT position, shown, rest FROM documents WHERE collection = ? ORDER BY position"


class StoreError(Exception):
    """A file cannot hold the state of a sandbox; the text says why."""


@runtime_checkable
class Part(Protocol):
    """A part of the state that is no collection, and small enough to be written as a whole."""

    def dump(self) -> Json:
        """Return the part as JSON."""
        ...

    def load(self, dumped: Json) -> None:
        """Take what a dump tells in place of the present content."""
        ...


def collections_of(state: State) -> Iterator[tuple[str, Collection]]:
    """Yield the collections of a state by name, those within its parts included."""
    for name, value in vars(state).items():
        if isinstance(value, Collection):
            yield name, value
        elif not name.startswith("_"):
            inner = getattr(value, "__dict__", {})
            for deeper, part in inner.items():
                if isinstance(part, Collection) and not deeper.startswith("_"):
                    yield f"{name}.{deeper}", part


def parts_of(state: State) -> Iterator[tuple[str, Part]]:
    """Yield the parts of a state that dump themselves, by name."""
    for name, value in vars(state).items():
        if isinstance(value, Part):
            yield name, value


class StateFile:
    """The file. What is saved is there also after a kill; one process has the file at a time.

    Args:
        path: Where the file is, or is to be.

    Raises:
        StoreError: It is no such file, or another process has it.
    """

    def __init__(self, path: Path) -> None:
        self._facts: dict[str, bytes] = {}
        # What SQLite would create, others could read; the secrets of cards are in it.
        with suppress(OSError):  # it is there already, or SQLite says what is wrong
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        try:
            self._file = sqlite3.connect(path, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot be opened ({error})") from error
        try:
            self._prepare(path)
        except sqlite3.Error as error:
            self.close()
            raise StoreError(f"{path} cannot be used ({error})") from error
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def load(self, state: State) -> bool:
        """Fill a state with what the file holds; return False, and do nothing, for a new file."""
        facts = dict(self._file.execute("SELECT name, value FROM facts"))
        if not facts:
            for _, collection in collections_of(state):
                collection.track()
            return False
        for name, collection in collections_of(state):
            collection.restore(self._file.execute(_GET, (name,)))
        for name, part in parts_of(state):
            if name in facts:
                part.load(orjson.loads(facts[name]))
        self._facts = facts
        return True

    def save(self, state: State) -> None:
        """Write what has changed since the last time, all of it or nothing.

        Raises:
            sqlite3.Error: The file cannot be written.
        """
        rows = [(name, *row) for name, found in collections_of(state) for row in found.changes()]
        dumped = {name: to_bytes(part.dump()) for name, part in parts_of(state)}
        facts = {name: text for name, text in dumped.items() if self._facts.get(name) != text}
        if not rows and not facts:
            return
        self._file.execute("BEGIN IMMEDIATE")
        try:
            self._file.executemany(_DROP, [row[:2] for row in rows if not row[2]])
            self._file.executemany(_PUT, [row for row in rows if row[2]])
            self._file.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())
        except sqlite3.Error:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")
        self._facts |= facts
        for _, collection in collections_of(state):
            collection.forget_changes()

    def clear(self) -> None:
        """Forget everything, as for a new file."""
        self._file.executescript(
            "BEGIN IMMEDIATE; DELETE FROM documents; DELETE FROM facts; COMMIT"
        )
        self._facts = {}

    def _prepare(self, path: Path) -> None:
        # An exclusive lock keeps a second process out; WAL makes a commit one quick append.
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = self._file.execute("PRAGMA application_id").fetchone()
        (version,) = self._file.execute("PRAGMA user_version").fetchone()
        (tables,) = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != _OURS and tables:
            raise StoreError(f"{path} is a database of something else")
        if application == _OURS and version != _VERSION:
            raise StoreError(f"{path} is of another version of the sandbox ({version})")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        if not tables:
            self._file.executescript(_SCHEMA)
        self._file.executescript("BEGIN IMMEDIATE; COMMIT")  # takes the lock
