"""The store as a delivery uses it: never for longer than there is time."""

from __future__ import annotations

import asyncio
import time
from typing import Final, cast

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.stores.base import (
    AskableStore,
    Busy,
    Claim,
    ClaimResult,
    Done,
    Store,
    WatchedStore,
)

PATIENCE: Final = 10.0
"""Seconds for the store, and for whoever else is handling the event, outside of decisions."""

RENEWALS: Final = 3
"""How often a claim is renewed in the time of one lease."""

SPARE: Final = 0.2
"""Seconds by which that may take longer."""

_LAST_LOOK: Final = 0.25
"""The share of the spare time after which the last look comes; it has the rest to arrive."""

_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.1
_GROWTH: Final = 1.5

_WATCH_EVERY: Final = 60.0
"""Seconds between two looks at whether the store has kept what it was told."""


class ClaimKeeper:
    """Claims in a store.

    Every method but `claim` may raise whatever the store raises, and `TimeoutError`.

    Args:
        store: The store.
        lease: Seconds for which a claim holds unless it is renewed.

    Raises:
        ConfigurationError: It is no store.
    """

    def __init__(self, store: Store, lease: float) -> None:
        if isinstance(store, type) or not isinstance(cast("object", store), Store):
            raise ConfigurationError(
                "store must be a MemoryStore(), a SQLiteStore(path), a RedisStore(url), or a Store "
                "of your own"
            )
        self._store = store
        self._lease = lease
        self._look_at = 0.0 if isinstance(store, WatchedStore) else float("inf")

    def is_to_be_watched(self) -> bool:
        """Return, once a minute, whether it is time to ask the store for its `trouble`."""
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + _WATCH_EVERY
        return True

    async def trouble(self) -> str | None:
        """Return what the store has lost or may lose; None if nothing, or it does not know."""
        async with asyncio.timeout(PATIENCE):
            return await self._store.trouble() if isinstance(self._store, WatchedStore) else None

    async def claim(self, key: str, digest: str, until: float, spare: float = SPARE) -> ClaimResult:
        """Claim a key; while somebody else holds it, ask again with growing pauses.

        Whoever holds it has the same deadline, and may answer at the very end of it. So the last
        look comes a little after `until`.

        Args:
            key: The key of the event.
            digest: That of the delivery, which is recorded with the answer.
            until: How long to wait, by the loop's clock.
            spare: Seconds after that in which the answer of somebody else is still of use.

        Returns:
            The claim, what was answered, or that somebody else still holds it.
        """
        loop = asyncio.get_running_loop()
        pause, limit = _FIRST_PAUSE, until
        while True:
            async with asyncio.timeout_at(limit):
                found = await self._store.claim(key, lease=self._lease)
            if isinstance(found, Claim):
                return attrs.evolve(found, digest=digest)
            left = until + spare * _LAST_LOOK - loop.time()
            if not isinstance(found, Busy) or left <= 0:
                return found
            await asyncio.sleep(min(pause, left))
            pause, limit = min(pause * _GROWTH, _LONGEST_PAUSE), until + spare

    async def is_done(self, key: str) -> bool:
        """Return whether an event is done, without keeping anybody from handling it."""
        async with asyncio.timeout(PATIENCE):
            if isinstance(self._store, AskableStore):
                return await self._store.is_done(key)
            found = await self._store.claim(key, lease=self._lease)
            if isinstance(found, Claim):
                await self._store.release(found)
            return isinstance(found, Done)

    async def renew(self, claim: Claim, until: float) -> bool:
        """Let a claim hold on; False if it is lost."""
        patience = asyncio.get_running_loop().time() + self._lease / RENEWALS
        async with asyncio.timeout_at(min(until, patience)):
            return await self._store.renew(claim, lease=self._lease)

    async def finish(self, claim: Claim, body: bytes, until: float) -> bytes:
        """Record what is answered; return the answer that counts."""
        async with asyncio.timeout_at(until):
            return await self._store.finish(claim, body)

    async def release(self, claim: Claim) -> None:
        """Give a claim back."""
        async with asyncio.timeout(PATIENCE):
            await self._store.release(claim)

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()
