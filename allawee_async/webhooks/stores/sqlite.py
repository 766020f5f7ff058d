"""Claims in a SQLite file: for the processes of one machine, and across their restarts."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from sqlite3 import Connection
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.stores import base, sqlite_file
from allawee_async.webhooks.stores.base import Answer, Claim, ClaimResult
from allawee_async.webhooks.stores.sqlite_file import SQLiteFile, identity_of

T = TypeVar("T")
Step: TypeAlias = Callable[[Connection], T]

_READ: Final = """
    SELECT seen, until, body, digest FROM allawee_webhook_schema
    LEFT JOIN allawee_webhook_events ON key = :key
"""

_CLAIM: Final = """
    INSERT INTO allawee_webhook_events (key, token, until) VALUES (:key, :token, :until)
    ON CONFLICT (key) DO UPDATE SET token = excluded.token, until = excluded.until, body = NULL
    WHERE until <= :now
"""

_FINISH: Final = """
    INSERT INTO allawee_webhook_events (key, token, until, body, digest)
    VALUES (:key, :token, :until, :body, :digest)
    ON CONFLICT (key) DO UPDATE
    SET until = excluded.until, body = excluded.body, digest = excluded.digest
    WHERE token = excluded.token AND body IS NULL
"""

_HELD: Final = "WHERE key = :key AND token = :token AND body IS NULL"

_MARK: Final = """
    UPDATE allawee_webhook_events SET body = :body, until = :until, digest = :digest
    WHERE key = :key AND token = :token AND (body IS NULL) = :is_first
"""

_RENEW: Final = f"UPDATE allawee_webhook_events SET until = :until {_HELD}"  # noqa: S608
_RELEASE: Final = f"DELETE FROM allawee_webhook_events {_HELD}"  # noqa: S608

_SEEN: Final = "UPDATE allawee_webhook_schema SET seen = max(seen, :now)"

_PRUNE: Final = """
    DELETE FROM allawee_webhook_events WHERE key IN (
        SELECT key FROM allawee_webhook_events WHERE until <= :before LIMIT 100
    )
"""

_GRACE: Final = 3600.0
"""Seconds for which a claim can still be finished after its lease, if nobody takes it over."""

_ODD: Final = 60.0
"""Seconds by which the clock of the machine may jump before anybody is told."""


class SQLiteWorker:
    """Runs steps in the order in which they come.

    Args:
        file: Opens the connection, when the first step runs.
        replaced: Where to tell of a file that is not there any more.
    """

    def __init__(self, file: SQLiteFile, replaced: list[str]) -> None:
        self._file = file
        self._replaced = replaced
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="allawee-webhooks-sqlite")
        self._connection: Connection | None = None
        self._opened: object = None

    def submit(self, step: Step[T]) -> Future[T]:
        """Let a step run. Its errors of SQLite come out as `StoreError`."""
        return self._thread.submit(self._run, step)

    async def end(self) -> None:
        """Close the connection after the steps that were submitted before, and end the thread."""
        closed = self._thread.submit(self._close)
        self._thread.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closed))
        self._thread.shutdown(wait=True)

    def _run(self, step: Step[T]) -> T:
        with self._file.failures():
            if self._connection is not None and self._opened != identity_of(self._file.path):
                self._close()
                self._replaced.append(
                    f"the store {self._file.path} was deleted or replaced while it was in use: "
                    "which events are done is forgotten"
                )
            if self._connection is None:
                self._connection = self._file.connect()
                self._opened = identity_of(self._file.path)
                # A claim that a power cut takes away was held by a process that is gone, too. So
                # only what is done must be on the disk before anybody hears of it.
                self._connection.execute("PRAGMA synchronous=NORMAL")
            try:
                return step(self._connection)
            except sqlite3.Error as error:
                if sqlite_file.result_of(error) != sqlite3.SQLITE_BUSY:
                    self._close()  # the next step tries a new one
                raise

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


TIMEOUT: Final = 5.0
"""Seconds to wait for other writers."""

_LEAST_PAUSE: Final = 86_400.0
"""Seconds that a file's time may go on while nobody has it open, though events are kept shorter."""

_PRUNE_AFTER: Final = 50
"""New events. Twice as many old ones are taken away, so that the file does not grow for ever."""


class SQLiteStore:
    """A store in a file, for all processes of one machine.

    A handler that keeps its own records in the same file can make its changes and mark the event
    as done in one `transaction`: then its effect happens exactly once, whatever is killed when.

    The file is made when it is first used, readable for its owner only. It must be on a local
    disk. Its time is that of the machine when it was opened, and goes on steadily: a clock that
    jumps ends no claim and forgets no event. A server that forks its workers may make the store
    before, and use it afterwards.

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
        keep: float = base.KEEP,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = os.fspath(path)
        self._keep = base.checked_seconds("keep", keep)
        self._clock = sqlite_file.FileClock(clock, max(self._keep / 2, _LEAST_PAUSE))
        self._file = SQLiteFile(path, base.checked_seconds("timeout", timeout), self._clock)
        self._lock = threading.Lock()
        self._worker: SQLiteWorker | None = None
        self._transactions = 0
        self._claimed = 0
        self._told_lag = 0.0
        self._replaced: list[str] = []
        _STORES.add(self)

    def __repr__(self) -> str:
        """Show the path."""
        return f"SQLiteStore({self._path!r})"

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        """Claim a key; see `Store.claim`."""
        claim = Claim(key, secrets.token_hex(16))
        release = partial(self._write, _RELEASE, claim)
        found = await self._ask(partial(self._claim, claim, lease), if_cancelled=release)
        if found is claim:
            self._claimed += 1
            if self._claimed % _PRUNE_AFTER == 0:
                self._submit(self._prune)
        return found

    async def is_done(self, key: str) -> bool:
        """Return whether an event is done; see `AskableStore.is_done`."""
        _, now, until, body, _ = await self._ask(partial(self._read, key))
        return body is not None and until > now

    async def trouble(self) -> str | None:
        """Return what has happened to the file or the clock; see `WatchedStore.trouble`."""
        lag = await self._ask(lambda _: self._clock.lag())
        if self._replaced:
            return self._replaced.pop()
        if abs(lag - self._told_lag) <= _ODD:
            return None
        self._told_lag = lag
        return (
            f"the clock of this machine is {abs(lag):.0f} s {'ahead of' if lag > 0 else 'behind'} "
            f"the time of the store {self._file.path}: it has jumped, or nobody used the store for "
            "days; the store goes on by its own time"
        )

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        """Let a claim hold on; see `Store.renew`."""

        def renew(connection: Connection) -> bool:
            return self._write(_RENEW, claim, connection, until=self._clock.now() + lease)

        return await self._ask(renew)

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        """Record the answer; see `Store.finish`."""
        finish = partial(self._finish, claim, body)
        return await self._ask(finish, if_cancelled=finish)

    async def release(self, claim: Claim) -> None:
        """Give a claim back; see `Store.release`."""
        release = partial(self._write, _RELEASE, claim)
        await self._ask(release, if_cancelled=release)

    async def close(self) -> None:
        """Close the file, after what is under way. A closed store opens it again when used."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            await worker.end()

    @contextmanager
    def transaction(self, claim: Claim, decision: Answer = None) -> Generator[Connection]:
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
        first = base.first_body(decision)
        with self._lock:
            self._transactions += 1
        try:
            with closing(self._file.connect()) as connection, self._file.writing():
                try:
                    self._begin(connection, claim, first)
                    yield connection
                    self._end(connection, claim, base.last_body(decision))
                except BaseException:
                    with suppress(sqlite3.Error):
                        connection.rollback()
                    raise
        finally:
            with self._lock:
                self._transactions -= 1

    def _claim(self, claim: Claim, lease: float, connection: Connection) -> ClaimResult:
        """Let a claim hold, unless the event is done or somebody else holds it."""
        while True:
            seen, now, until, body, digest = self._read(claim.key, connection)
            if until is not None and until > now:
                return base.Busy() if body is None else base.Done(body, digest)
            if self._write(_CLAIM, claim, connection, until=now + lease, now=now):
                if now - seen > _ODD:  # so that whoever opens the file knows what time it was
                    self._write(_SEEN, claim, connection, now=now)
                return claim

    def _finish(self, claim: Claim, body: bytes, connection: Connection) -> bytes:
        """Record an answer; return the one that counts."""
        recorded = self._read(claim.key, connection)[3]
        if recorded is None:
            connection.execute("PRAGMA synchronous=FULL")
            try:
                self._write(_FINISH, claim, connection, **self._answer(claim, body))
            finally:
                connection.execute("PRAGMA synchronous=NORMAL")
            recorded = self._read(claim.key, connection)[3]
        return body if recorded is None else recorded

    def _prune(self, connection: Connection) -> None:
        """Take away a few of the events that are not remembered any more."""
        with self._file.writing():
            connection.execute(_PRUNE, {"before": self._clock.now() - _GRACE})

    def _read(
        self, key: str, connection: Connection
    ) -> tuple[float, float, Any, bytes | None, str]:
        """Return the time that was seen last and that of now, and what is known of an event.

        That is the end of its lease or, with an answer, of the time it is remembered; its answer;
        its digest.
        """
        seen, until, body, digest = connection.execute(_READ, {"key": key}).fetchone()
        return seen, self._clock.now(seen), until, body, digest

    def _write(
        self, statement: str, claim: Claim, connection: Connection, **values: object
    ) -> bool:
        """Execute one statement; return whether it changed anything."""
        with self._file.writing():
            return connection.execute(statement, attrs.asdict(claim) | values).rowcount > 0

    def _answer(self, claim: Claim, body: bytes, **more: object) -> dict[str, Any]:
        """Return what is recorded of an event that is done."""
        until = self._clock.now() + self._keep
        return attrs.asdict(claim) | {"body": body, "until": until, **more}

    async def _ask(self, step: Step[T], *, if_cancelled: Step[object] | None = None) -> T:
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

    def _submit(self, step: Step[T]) -> Future[T]:
        with self._lock:
            if self._worker is None:
                self._worker = SQLiteWorker(self._file, self._replaced)
            return self._worker.submit(step)

    def _begin(self, connection: Connection, claim: Claim, body: bytes) -> None:
        with self._file.failures():
            connection.execute("BEGIN IMMEDIATE")
            # Marked first: a block that commits by mistake has no effect without the mark.
            marked = connection.execute(_MARK, self._answer(claim, body, is_first=True)).rowcount
        if marked != 1:
            raise base.ClaimLostError("the claim of this event is not held any more")

    def _end(self, connection: Connection, claim: Claim, body: bytes | None) -> None:
        in_transaction = connection.in_transaction
        with self._file.failures():
            if body is not None:
                connection.execute(_MARK, self._answer(claim, body, is_first=False))
            if in_transaction:
                connection.execute("COMMIT")
        if not in_transaction:
            raise ConfigurationError(
                "the block ended the transaction of the store: leave out commit, rollback, "
                "executescript and 'with connection'; leaving the block commits, an error undoes"
            )

    def leave_to_parent(self) -> None:
        """Leave what belongs to the process that this one was forked from."""
        if self._worker is not None or self._transactions:
            sqlite_file.INHERITED[self._file.path] = self._worker
        self._worker = None
        self._lock = threading.Lock()


_STORES: Final[weakref.WeakSet[SQLiteStore]] = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for store in _STORES:
        store.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)
