"""Claims in the memory of one process: nothing is set up, and nothing survives a restart."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

import attrs

from allawee_async.webhooks.stores.base import (
    KEEP,
    Busy,
    Claim,
    ClaimResult,
    Done,
    checked_count,
    checked_seconds,
)


@attrs.define
class _Held:
    token: str
    until: float


@attrs.frozen
class _Answered:
    done: Done
    until: float


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
        keep: float = KEEP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._held: dict[str, _Held] = {}
        """The claims, the one that was taken or renewed last at the end."""
        self._done: dict[str, _Answered] = {}
        """The answers, in the order in which they were recorded."""
        self._max_events = checked_count("max_events", max_events)
        self._keep = checked_seconds("keep", keep)
        self._clock = clock
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Show how many events are remembered."""
        return f"<MemoryStore: {len(self._held)} in progress, {len(self._done)} done>"

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        """Claim a key; see `Store.claim`."""
        with self._lock:
            now = self._clock()
            answered = self._done.get(key)
            if answered is not None:
                if answered.until > now:
                    return answered.done
                del self._done[key]
            held = self._held.get(key)
            if held is not None and held.until > now:
                return Busy()
            claim = Claim(key, secrets.token_hex(16))
            self._held.pop(key, None)  # so that it goes to the end
            self._held[key] = _Held(claim.token, now + lease)
            self._make_room(now)
            return claim

    async def is_done(self, key: str) -> bool:
        """Return whether an event is done; see `AskableStore.is_done`."""
        with self._lock:
            answered = self._done.get(key)
            return answered is not None and answered.until > self._clock()

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        """Let a claim hold on; see `Store.renew`."""
        with self._lock:
            if not self._is_held(claim):
                return False
            held = self._held.pop(claim.key)
            held.until = self._clock() + lease
            self._held[claim.key] = held
            return True

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        """Record the answer; see `Store.finish`."""
        with self._lock:
            answered = self._done.get(claim.key)
            if answered is not None:
                return answered.done.body
            if claim.key in self._held and not self._is_held(claim):
                return body
            now = self._clock()
            self._held.pop(claim.key, None)
            self._done[claim.key] = _Answered(Done(body, claim.digest), now + self._keep)
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
        held = self._held.get(claim.key)
        return held is not None and held.token == claim.token

    def _make_room(self, now: float) -> None:
        """Forget what is too old and, where there is too much, the oldest answers.

        Claims that nobody gave back go too, as soon as there are many and nobody holds them.
        """
        while self._done:
            oldest = next(iter(self._done))
            if len(self._done) <= self._max_events and self._done[oldest].until > now:
                break
            del self._done[oldest]
        while len(self._held) > self._max_events:
            oldest = next(iter(self._held))
            if self._held[oldest].until > now:
                break
            del self._held[oldest]
