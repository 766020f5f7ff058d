"""The table of events in a SQLite file: each function is one step, and atomic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from allawee_async.webhooks.stores.base import Busy, ClaimLostError, Done

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from allawee_async.webhooks.stores.base import Claim, ClaimResult
    from allawee_async.webhooks.stores.sqlite_file import SQLiteFile

_READ: Final = "SELECT until, body FROM allawee_webhook_events WHERE key = :key"

_CLAIM: Final = """
    INSERT INTO allawee_webhook_events (key, token, until) VALUES (:key, :token, :until)
    ON CONFLICT (key) DO UPDATE SET token = excluded.token, until = excluded.until, body = NULL
    WHERE until <= :now
"""

_FINISH: Final = """
    INSERT INTO allawee_webhook_events (key, token, until, body)
    VALUES (:key, :token, :until, :body)
    ON CONFLICT (key) DO UPDATE SET until = excluded.until, body = excluded.body
    WHERE token = excluded.token AND body IS NULL
"""

_MARK: Final = """
    UPDATE allawee_webhook_events SET body = :body, until = :until
    WHERE key = :key AND token = :token AND body IS NULL
"""

_RENEW: Final = """
    UPDATE allawee_webhook_events SET until = :until
    WHERE key = :key AND token = :token AND body IS NULL
"""

_RELEASE: Final = """
    DELETE FROM allawee_webhook_events WHERE key = :key AND token = :token AND body IS NULL
"""

_CORRECT: Final = """
    UPDATE allawee_webhook_events SET body = :body
    WHERE key = :key AND token = :token AND body IS NOT NULL
"""

_PRUNE: Final = """
    DELETE FROM allawee_webhook_events WHERE key IN (
        SELECT key FROM allawee_webhook_events WHERE until <= :before LIMIT 100
    )
"""

_GRACE: Final = 3600.0
"""Seconds for which a claim can still be finished after its lease, if nobody takes it over."""


class EventTable:
    """What is claimed and what is done. The connection that a step gets belongs to its thread.

    Args:
        file: The file that the table is in.
        keep: Seconds for which events that are done are remembered.
        clock: Tells the time in seconds.
    """

    def __init__(self, file: SQLiteFile, keep: float, clock: Callable[[], float]) -> None:
        self._file = file
        self._keep = keep
        self._clock = clock

    def claim(self, connection: sqlite3.Connection, claim: Claim, lease: float) -> ClaimResult:
        """Let a claim hold, unless the event is done or somebody else holds it."""
        while True:
            now = self._clock()
            row = connection.execute(_READ, _named(claim)).fetchone()
            if row is not None and row[0] > now:
                return Busy() if row[1] is None else Done(row[1])
            values = {**_named(claim), "until": now + lease, "now": now}
            if self._write(connection, _CLAIM, values):
                return claim

    def renew(self, connection: sqlite3.Connection, claim: Claim, lease: float) -> bool:
        """Let a claim hold on; return False if it is lost."""
        values = {**_named(claim), "until": self._clock() + lease}
        return self._write(connection, _RENEW, values)

    def finish(self, connection: sqlite3.Connection, claim: Claim, body: bytes) -> bytes:
        """Record an answer; return the one that counts."""
        row = connection.execute(_READ, _named(claim)).fetchone()
        if row is None or row[1] is None:
            connection.execute("PRAGMA synchronous=FULL")
            try:
                self._write(connection, _FINISH, self._answer(claim, body))
            finally:
                connection.execute("PRAGMA synchronous=NORMAL")
            row = connection.execute(_READ, _named(claim)).fetchone()
        return body if row is None or row[1] is None else row[1]

    def release(self, connection: sqlite3.Connection, claim: Claim) -> None:
        """Give a claim back, if it is still held."""
        self._write(connection, _RELEASE, _named(claim))

    def prune(self, connection: sqlite3.Connection) -> None:
        """Take away a few of the events that are not remembered any more."""
        self._write(connection, _PRUNE, {"before": self._clock() - _GRACE})

    def mark(self, connection: sqlite3.Connection, claim: Claim, body: bytes) -> None:
        """Record an answer inside of a transaction, if the claim is held.

        Raises:
            ClaimLostError: It is not.
        """
        if connection.execute(_MARK, self._answer(claim, body)).rowcount != 1:
            raise ClaimLostError("the claim of this event is not held any more")

    def correct(self, connection: sqlite3.Connection, claim: Claim, body: bytes) -> None:
        """Record another answer in the place of the one that `mark` recorded."""
        connection.execute(_CORRECT, {**_named(claim), "body": body})

    def _answer(self, claim: Claim, body: bytes) -> dict[str, object]:
        return {**_named(claim), "body": body, "until": self._clock() + self._keep}

    def _write(
        self, connection: sqlite3.Connection, statement: str, values: dict[str, object]
    ) -> bool:
        """Execute one statement; return whether it changed anything."""
        with self._file.writing():
            return connection.execute(statement, values).rowcount > 0


def _named(claim: Claim) -> dict[str, object]:
    return {"key": claim.key, "token": claim.token}
