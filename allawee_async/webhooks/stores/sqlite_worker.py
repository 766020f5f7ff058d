"""The thread of a SQLite store: one connection, one step after the other."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from allawee_async.webhooks.stores.sqlite_file import result_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from allawee_async.webhooks.stores.sqlite_file import SQLiteFile

T = TypeVar("T")


class SQLiteWorker:
    """Runs steps in the order in which they come.

    Args:
        file: Opens the connection, when the first step runs.
    """

    def __init__(self, file: SQLiteFile) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="allawee-webhooks-sqlite")
        self._connection: sqlite3.Connection | None = None

    def submit(self, step: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Let a step run. Its errors of SQLite come out as `StoreError`."""
        return self._thread.submit(self._run, step)

    def end(self) -> Future[None]:
        """Close the connection after the steps that were submitted before."""
        closed = self._thread.submit(self._close)
        self._thread.shutdown(wait=False)
        return closed

    def join(self) -> None:
        """Wait for the thread to end."""
        self._thread.shutdown(wait=True)

    def _run(self, step: Callable[[sqlite3.Connection], T]) -> T:
        with self._file.failures():
            if self._connection is None:
                self._connection = self._file.connect()
                # A claim that a power cut takes away was held by a process that is gone, too. So
                # only what is done must be on the disk before anybody hears of it.
                self._connection.execute("PRAGMA synchronous=NORMAL")
            try:
                return step(self._connection)
            except sqlite3.Error as error:
                if result_of(error) != sqlite3.SQLITE_BUSY:
                    self._close()  # the next step tries a new one
                raise

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
