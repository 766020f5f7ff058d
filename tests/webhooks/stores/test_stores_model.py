"""Any order of steps has, in every store, the outcome that a few lines of Python predict."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allawee_async.webhooks.stores.base import Busy, Claim, Done
from tests.support.properties import examples
from tests.support.store_kinds import Memory, Redis, SQLite

if TYPE_CHECKING:
    from tests.support.redis_server import RedisServer
    from tests.support.store_kinds import Kind

PAUSES = [10.0, 31.0]
"""Seconds; a lease takes 30, and all together are less than the time that events are kept."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.sampled_from("aab")),
        st.tuples(st.just("pass"), st.sampled_from(PAUSES)),
        st.tuples(st.sampled_from(["renew", "finish", "release"]), st.integers(0, 2)),
    ),
    min_size=20,
    max_size=50,
)


class Model:
    """What a store should know: for each key a claim and its end, or an answer."""

    def __init__(self, lease: float) -> None:
        self._lease = lease
        self._now = 0.0
        self._held: dict[str, tuple[Claim, float]] = {}
        self._done: dict[str, bytes] = {}

    def pass_by(self, seconds: float) -> None:
        self._now += seconds

    def claim(self, key: str) -> Busy | Done | None:
        """Return what is said to somebody who wants a key; None says that it is free."""
        if key in self._done:
            return Done(self._done[key])
        return Busy() if key in self._held and self._held[key][1] > self._now else None

    def claimed(self, claim: Claim) -> None:
        self._held[claim.key] = (claim, self._now + self._lease)

    def renew(self, claim: Claim) -> bool:
        held = self._holds(claim)
        if held:
            self.claimed(claim)
        return held

    def finish(self, claim: Claim, body: bytes) -> bytes:
        if claim.key in self._done:
            return self._done[claim.key]
        if self._holds(claim) or claim.key not in self._held:
            self._held.pop(claim.key, None)
            self._done[claim.key] = body
        return body

    def release(self, claim: Claim) -> None:
        if self._holds(claim):
            del self._held[claim.key]

    def _holds(self, claim: Claim) -> bool:
        return claim.key in self._held and self._held[claim.key][0] == claim


Told: TypeAlias = list[tuple[str, object]]


async def follow(kind: Kind, steps: list[tuple[str, Any]]) -> tuple[Told, Told]:
    """Do the steps by turns in two stores over the same records, and in the model.

    Returns:
        What the stores told, and what the model did.
    """
    model, claims = Model(kind.lease), list[Claim]()
    told: tuple[Told, Told] = [], []
    stores = [kind.store(), kind.store()]
    for number, (step, value) in enumerate(steps):
        store = stores[number % 2]
        body = b"%d" % number
        match step:
            case "pass":
                await kind.pass_by(value)
                model.pass_by(value)
            case "claim":
                found = await store.claim(value, lease=kind.lease)
                expected: object = model.claim(value)
                if expected is None and isinstance(found, Claim):
                    claims.append(found)
                    model.claimed(found)
                    expected = found
                told[0].append((step, found))
                told[1].append((step, expected))
            case _ if not claims:
                continue
            case "renew":
                claim = claims[-1 - value % len(claims)]
                told[0].append((step, await store.renew(claim, lease=kind.lease)))
                told[1].append((step, model.renew(claim)))
            case "finish":
                claim = claims[-1 - value % len(claims)]
                told[0].append((step, await store.finish(claim, body)))
                told[1].append((step, model.finish(claim, body)))
            case _:
                claim = claims[-1 - value % len(claims)]
                await store.release(claim)
                model.release(claim)
    for store in stores:
        await store.close()
    return told


@pytest.mark.timeout(600)  # to find the shortest steps that fail takes long
@pytest.mark.parametrize("name", ["memory", "sqlite"])
@examples(12)
@given(steps=STEPS)
def test_every_store_does_what_the_model_does(name: str, steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kind: Kind = Memory() if name == "memory" else SQLite(Path(folder) / "events.db")
        told, expected = asyncio.run(follow(kind, steps))

    assert told == expected


@pytest.mark.timeout(600)
@examples(4, long=240)
@given(steps=STEPS)
def test_redis_does_what_the_model_does(
    redis_server: RedisServer, steps: list[tuple[str, Any]]
) -> None:
    told, expected = asyncio.run(follow(Redis(redis_server.url), steps))

    assert told == expected
