"""Claims in a SQLite file: for the processes of one machine, and across their restarts."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import threading
import time
import weakref
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.stores.base import KEEP, Claim, checked_seconds
from allawee_async.webhooks.stores.sqlite_events import EventTable
from allawee_async.webhooks.stores.sqlite_file import SQLiteFile
from allawee_async.webhooks.stores.sqlite_worker import SQLiteWorker
from allawee_async.webhooks.stores.transactions import first_body, last_body

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from concurrent.futures import Future

    from allawee_async.webhooks.stores.base import ClaimResult
    from allawee_async.webhooks.stores.transactions import Answer

T = TypeVar("T")

TIMEOUT: Final = 5.0
"""Seconds to wait for other writers."""

_PRUNE_AFTER: Final = 50
"""New events. Twice as many old ones are taken away, so that the file does not grow for ever."""


class SQLiteStore:
    """A store in a file, for all processes of one machine.

    A handler that keeps its own records in the same file can make its changes and mark the event
    as done in one `transaction`: then its effect happens exactly once, whatever is killed when.

    The file is made when it is first used, readable for its owner only. It must be on a local
    disk. Leases compare the wall clock of the machine. A server that forks its workers may make the
    store before, and use it afterwards.

    Args:
        path: The file. It may hold your own tables, too.
        keep: Seconds for which events that are done are remembered.
        timeout: Seconds to wait while others write.
        clock: Tells the time in seconds, the same in all processes; tests replace it.

    Raises:
        ConfigurationError: The path is none of a file, or a number is not positive.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep: float = KEEP,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = os.fspath(path)
        self._file = SQLiteFile(path, checked_seconds("timeout", timeout))
        self._table = EventTable(self._file, checked_seconds("keep", keep), clock)
        self._lock = threading.Lock()
        self._worker: SQLiteWorker | None = None
        self._transactions = 0
        self._claimed = 0
        _tell_of_forks(self._forked)

    def __repr__(self) -> str:
        """Show the path."""
        return f"SQLiteStore({self._path!r})"

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        """Claim a key; see `Store.claim`."""
        claim = Claim(key, secrets.token_hex(16))
        found = await self._ask(
            partial(self._table.claim, claim=claim, lease=lease),
            if_cancelled=partial(self._table.release, claim=claim),
        )
        if found is claim:
            self._claimed += 1
            if self._claimed % _PRUNE_AFTER == 0:
                self._submit(self._table.prune)
        return found

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        """Let a claim hold on; see `Store.renew`."""
        return await self._ask(partial(self._table.renew, claim=claim, lease=lease))

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        """Record the answer; see `Store.finish`."""
        finish = partial(self._table.finish, claim=claim, body=body)
        return await self._ask(finish, if_cancelled=finish)

    async def release(self, claim: Claim) -> None:
        """Give a claim back; see `Store.release`."""
        release = partial(self._table.release, claim=claim)
        await self._ask(release, if_cancelled=release)

    async def close(self) -> None:
        """Close the file, after what is under way. A closed store opens it again when used."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            await asyncio.shield(asyncio.wrap_future(worker.end()))
            worker.join()

    @contextmanager
    def transaction(self, claim: Claim, decision: Answer = None) -> Generator[sqlite3.Connection]:
        """Make changes in the file, and mark the event as done, in one transaction.

        For sync handlers, which run in a thread of their own: other writers wait meanwhile, so
        keep it short. Where the block raises, nothing has happened.

        Args:
            claim: The claim that the handler was given.
            decision: What is answered, as the handler returns it; None where the event wants no
                decision. A decision that is found inside of the transaction can be given as a
                function, which is called at the end of the block.

        Yields:
            A connection to the file, inside of a transaction. Do not end it: leaving the block
            does.

        Raises:
            ClaimLostError: The claim is not held any more. Nothing has happened.
            StoreError: The file cannot be used. Nothing has happened.
            ConfigurationError: The block ended the transaction itself, or the decision is none.
        """
        first = first_body(decision)
        with self._connection() as connection, self._file.writing():
            try:
                self._begin(connection, claim, first)
                yield connection
                self._end(connection, claim, last_body(decision))
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.rollback()
                raise

    async def _ask(
        self,
        step: Callable[[sqlite3.Connection], T],
        *,
        if_cancelled: Callable[[sqlite3.Connection], object] | None = None,
    ) -> T:
        """Let the thread do a step.

        Args:
            step: What is done. Cancelling does not stop it once it runs.
            if_cancelled: What is done afterwards where nobody waits for the outcome any more.
        """
        future = self._submit(step)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if if_cancelled is not None:
                self._submit(if_cancelled)
            raise

    def _submit(self, step: Callable[[sqlite3.Connection], T]) -> Future[T]:
        with self._lock:
            if self._worker is None:
                self._worker = SQLiteWorker(self._file)
            return self._worker.submit(step)

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        """Open a connection for a transaction."""
        with self._lock:
            self._transactions += 1
        try:
            with closing(self._file.connect()) as connection:
                yield connection
        finally:
            with self._lock:
                self._transactions -= 1

    def _begin(self, connection: sqlite3.Connection, claim: Claim, body: bytes) -> None:
        with self._file.failures():
            connection.execute("BEGIN IMMEDIATE")
            # Marked first: a block that commits by mistake has no effect without the mark.
            self._table.mark(connection, claim, body)

    def _end(self, connection: sqlite3.Connection, claim: Claim, body: bytes | None) -> None:
        in_transaction = connection.in_transaction
        with self._file.failures():
            if body is not None:
                self._table.correct(connection, claim, body)
            if in_transaction:
                connection.execute("COMMIT")
        if not in_transaction:
            raise ConfigurationError(
                "the block ended the transaction of the store: leave out commit, rollback, "
                "executescript and 'with connection'; leaving the block commits, an error undoes"
            )

    def _forked(self) -> None:
        """Leave what belongs to the process that this one was forked from."""
        if self._worker is not None or self._transactions:
            self._file.leave_to_parent(self._worker)
        self._worker = None
        self._lock = threading.Lock()


def _tell_of_forks(tell: Callable[[], None]) -> None:
    """Let a bound method be called in each fork of this process, while its object lives."""
    method = weakref.WeakMethod(tell)

    def forked() -> None:
        if (still_there := method()) is not None:
            still_there()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forked)
