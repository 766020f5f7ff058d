"""What is special to the store in memory: how much it remembers."""

from __future__ import annotations

from typing import Any

import pytest

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.stores.base import Busy, Claim, Done
from allawee_async.webhooks.stores.memory import MemoryStore
from tests.support.faketime import FakeTime


async def claimed(store: MemoryStore, key: str, lease: float = 60.0) -> Claim:
    claim = await store.claim(key, lease=lease)
    assert isinstance(claim, Claim)
    return claim


async def test_the_oldest_events_are_forgotten_first() -> None:
    MemoryStore(max_events=1)  # the least that there can be
    store = MemoryStore(max_events=3)
    for key in "abcd":
        await store.finish(await claimed(store, key), key.encode())

    assert repr(store) == "<MemoryStore: 0 in progress, 3 done>"
    for key in "bcd":
        assert await store.claim(key, lease=60) == Done(key.encode())
    assert isinstance(await store.claim("a", lease=60), Claim)


async def test_the_oldest_is_the_one_that_was_done_first() -> None:
    store = MemoryStore(max_events=2)
    first, second, third = [await claimed(store, key) for key in "abc"]
    for claim in (second, first, third):
        await store.finish(claim, b"x")

    assert await store.claim("a", lease=60) == Done(b"x")
    assert isinstance(await store.claim("b", lease=60), Claim)


async def test_what_is_being_handled_is_never_forgotten() -> None:
    store = MemoryStore(max_events=2)
    held = [await claimed(store, f"held {number}") for number in range(50)]
    for number in range(50):
        await store.finish(await claimed(store, f"done {number}"), b"x")

    assert repr(store) == "<MemoryStore: 50 in progress, 2 done>"
    assert [await store.claim(claim.key, lease=60) for claim in held] == [Busy()] * 50
    assert all([await store.renew(claim, lease=60) for claim in held])


async def test_claims_that_nobody_gave_back_do_not_pile_up() -> None:
    time = FakeTime()
    store = MemoryStore(max_events=10, clock=time.clock)
    kept = await claimed(store, "kept")
    for number in range(100):
        await claimed(store, f"abandoned {number}", lease=10)
        time.pass_by(1)
        await store.renew(kept, lease=60)

    assert repr(store) == "<MemoryStore: 11 in progress, 0 done>"
    assert await store.claim("kept", lease=60) == Busy()
    assert await store.claim("abandoned 99", lease=60) == Busy()


async def test_old_events_leave_the_memory_by_themselves() -> None:
    time = FakeTime()
    store = MemoryStore(keep=100.0, clock=time.clock)
    for number in range(50):
        await store.finish(await claimed(store, f"old {number}"), b"x")
    time.pass_by(101)
    await store.finish(await claimed(store, "new"), b"x")

    assert repr(store) == "<MemoryStore: 0 in progress, 1 done>"


@pytest.mark.parametrize("number", [0, -1, 1.0, "1", True, None])
def test_an_impossible_bound_is_refused(number: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_events must be a whole number"):
        MemoryStore(max_events=number)
