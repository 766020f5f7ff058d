"""The three stores behind one face, for the suite that runs on all of them."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

from redis.asyncio import Redis as Client

from allawee_async.webhooks.stores.memory import MemoryStore
from allawee_async.webhooks.stores.redis import RedisStore
from allawee_async.webhooks.stores.sqlite import SQLiteStore
from tests.support.faketime import FakeTime

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async.webhooks.stores.base import Claim, Store


_PASS_BY = """
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
    local left = redis.call('PTTL', key)
    if left >= 0 then
        redis.call('PEXPIRE', key, math.max(0, left - ARGV[2]))
    end
end
"""
"""Others than those that end by themselves stay for ever."""


class Kind(Protocol):
    """A kind of store: makes stores over the same records, and lets time pass for them."""

    lease: float
    keep: float

    def store(self) -> Store: ...

    async def pass_by(self, seconds: float) -> None: ...


class TransactionalKind(Kind, Protocol):
    """A kind with transactions; the effect is a row, or an item of a list."""

    async def effect(
        self, store: Any, claim: Claim, decision: Any = None, *, fails: bool = False
    ) -> None: ...

    async def effects(self) -> int: ...


class Memory:
    lease, keep = 30.0, 3600.0

    def __init__(self) -> None:
        self._time = FakeTime()
        self._store = MemoryStore(keep=self.keep, clock=self._time.clock)

    def store(self) -> Store:
        return self._store

    async def pass_by(self, seconds: float) -> None:
        self._time.pass_by(seconds)


class SQLite:
    lease, keep = 30.0, 3600.0

    def __init__(self, path: Path) -> None:
        self.path = path
        self._time = FakeTime()

    def store(self) -> SQLiteStore:
        return SQLiteStore(self.path, keep=self.keep, clock=self._time.clock)

    async def pass_by(self, seconds: float) -> None:
        self._time.pass_by(seconds)

    async def effect(
        self, store: SQLiteStore, claim: Claim, decision: Any = None, *, fails: bool = False
    ) -> None:
        def handle() -> None:
            with store.transaction(claim, decision) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS effects (n INTEGER)")
                connection.execute("INSERT INTO effects VALUES (1)")
                if fails:
                    raise LookupError

        await asyncio.to_thread(handle)

    async def effects(self) -> int:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS effects (n INTEGER)")
            count: int = connection.execute("SELECT count(*) FROM effects").fetchone()[0]
            return count


class Redis:
    """Its clock is the server's: time passes by taking it off the keys that end by themselves."""

    lease, keep = 30.0, 3600.0

    def __init__(self, url: str) -> None:
        self._url = url
        self.prefix = f"test:{uuid.uuid4().hex}:"

    def store(self) -> RedisStore:
        return RedisStore(self._url, prefix=self.prefix, keep=self.keep, timeout=5)

    async def pass_by(self, seconds: float) -> None:
        async with Client.from_url(self._url) as client:
            await client.eval(_PASS_BY, 0, f"{self.prefix}*", round(1000 * seconds))

    async def effect(
        self, store: RedisStore, claim: Claim, decision: Any = None, *, fails: bool = False
    ) -> None:
        async with store.transaction(claim, decision) as pipe:
            pipe.rpush(f"{self.prefix}effects", 1)
            if fails:
                raise LookupError

    async def effects(self) -> int:
        async with Client.from_url(self._url) as client:
            return await client.llen(f"{self.prefix}effects")
