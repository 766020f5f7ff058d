"""Claims in the memory of one process: nothing is set up, and nothing survives a restart."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from allawee_async.webhooks.stores import base
from allawee_async.webhooks.stores.base import Busy, Claim, ClaimResult, Done


class MemoryStore:
    """A store for one process. What is done is forgotten when the process ends.

    Args:
        max_events: The most events that are remembered as done; the oldest go first. One that is
            being handled is never forgotten.
        keep: Seconds for which events that are done are remembered.
        clock: Tells the seconds; tests replace it.

    Raises:
        ConfigurationError: `max_events` or `keep` is not positive.
    """

    def __init__(
        self,
        *,
        max_events: int = 10_000,
        keep: float = base.KEEP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._held: dict[str, tuple[Claim, float]] = {}
        """The claims and when each ends, the one that was taken or renewed last at the end."""
        self._done: dict[str, tuple[Done, float]] = {}
        """The answers and when each is forgotten, in the order in which they were recorded."""
        self._max_events = base.checked_count("max_events", max_events)
        self._keep = base.checked_seconds("keep", keep)
        self._clock = clock
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Show how many events are remembered."""
        return f"<MemoryStore: {len(self._held)} in progress, {len(self._done)} done>"

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        """Claim a key; see `Store.claim`."""
        with self._lock:
            now = self._clock()
            done, remembered_until = self._done.get(key, (None, now))
            if done is not None and remembered_until > now:
                return done
            if key in self._held and self._held[key][1] > now:
                return Busy()
            self._done.pop(key, None)
            claim = Claim(key, secrets.token_hex(16))
            self._hold(claim, now + lease)
            self._make_room(now)
            return claim

    async def is_done(self, key: str) -> bool:
        """Return whether an event is done; see `AskableStore.is_done`."""
        with self._lock:
            return key in self._done and self._done[key][1] > self._clock()

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        """Let a claim hold on; see `Store.renew`."""
        with self._lock:
            is_held = self._is_held(claim)
            if is_held:
                self._hold(claim, self._clock() + lease)
            return is_held

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        """Record the answer; see `Store.finish`."""
        with self._lock:
            if claim.key in self._done:
                return self._done[claim.key][0].body
            if claim.key in self._held and not self._is_held(claim):
                return body
            now = self._clock()
            self._held.pop(claim.key, None)
            self._done[claim.key] = Done(body, claim.digest), now + self._keep
            self._make_room(now)
            return body

    async def release(self, claim: Claim) -> None:
        """Give a claim back; see `Store.release`."""
        with self._lock:
            if self._is_held(claim):
                del self._held[claim.key]

    async def close(self) -> None:
        """Do nothing: what is remembered stays, so that the store can be used again."""

    def _is_held(self, claim: Claim) -> bool:
        return claim.key in self._held and self._held[claim.key][0] == claim

    def _hold(self, claim: Claim, until: float) -> None:
        self._held.pop(claim.key, None)  # so that it goes to the end
        self._held[claim.key] = claim, until

    def _make_room(self, now: float) -> None:
        """Forget what is too old and, where there is too much, the oldest answers.

        Claims that nobody gave back go too, as soon as there are many and nobody holds them.
        """
        while self._done:
            oldest, (_, until) = next(iter(self._done.items()))
            if len(self._done) <= self._max_events and until > now:
                break
            del self._done[oldest]
        while len(self._held) > self._max_events:
            oldest, (_, until) = next(iter(self._held.items()))
            if until > now:
                break
            del self._held[oldest]
