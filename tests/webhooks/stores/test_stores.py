"""What every store promises: one suite for memory, SQLite and a real Redis server."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks.responses import SUCCESS, Approve, Decline, decision_body
from allawee_async.webhooks.stores.base import Busy, Claim, ClaimLostError, Done, Store
from tests.support.store_kinds import Memory, Redis, SQLite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.store_kinds import Kind, TransactionalKind

KEY = "card.authorization.closed|auth_1|approved|evt.1"
BODY = b'{"code":"success"}'


def make_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    match request.param:
        case "memory":
            return Memory()
        case "sqlite":
            return SQLite(tmp_path / "events.db")
        case _:
            return Redis(request.getfixturevalue("redis_server").url)


@pytest.fixture(params=["memory", "sqlite", "redis"])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    made: Kind = make_kind(request, tmp_path)
    return made


@pytest.fixture(params=["sqlite", "redis"])
def transactional(request: pytest.FixtureRequest, tmp_path: Path) -> TransactionalKind:
    made: TransactionalKind = make_kind(request, tmp_path)
    return made


@pytest.fixture
async def store(kind: Kind) -> AsyncIterator[Store]:
    opened = kind.store()
    yield opened
    await opened.close()


@pytest.fixture
async def other(kind: Kind) -> AsyncIterator[Store]:
    """Another store over the same records, as another process has it."""
    opened = kind.store()
    yield opened
    await opened.close()


async def claimed(store: Store, key: str = KEY, lease: float = 60.0) -> Claim:
    claim = await store.claim(key, lease=lease)
    assert isinstance(claim, Claim)
    return claim


# Claims.


async def test_a_key_that_nobody_holds_is_claimed(store: Store) -> None:
    claim = await store.claim(KEY, lease=60)

    assert isinstance(claim, Claim)
    assert claim.key == KEY
    assert claim.token


async def test_a_key_that_somebody_holds_is_busy(store: Store, other: Store) -> None:
    await claimed(store)

    assert await store.claim(KEY, lease=60) == Busy()
    assert await other.claim(KEY, lease=60) == Busy()


async def test_keys_do_not_know_each_other(store: Store) -> None:
    first, second = await claimed(store, "one"), await claimed(store, "two")
    await store.finish(first, b"1")

    assert await store.claim("one", lease=60) == Done(b"1")
    assert await store.claim("two", lease=60) == Busy()
    assert first.token != second.token


async def test_of_many_at_once_one_gets_the_claim(store: Store, other: Store) -> None:
    found = await asyncio.gather(
        *(one.claim(KEY, lease=60) for _ in range(50) for one in (store, other))
    )

    assert [type(result) for result in found].count(Claim) == 1
    assert [type(result) for result in found].count(Busy) == 99


@pytest.mark.parametrize("key", ["", " ", "a|b||c", "}{", "{x}:lease", "ключ 🔑", "a'b\"c;--\n\0"])
async def test_a_key_may_be_any_text(store: Store, key: str) -> None:
    claim = await claimed(store, key)

    assert await store.claim(key, lease=60) == Busy()
    await store.finish(claim, BODY)
    assert await store.claim(key, lease=60) == Done(BODY)


# What is done.


async def test_an_event_that_is_done_stays_done(store: Store, other: Store) -> None:
    claim = await claimed(store)
    assert await store.finish(claim, BODY) == BODY

    for one in (store, other, store):
        assert await one.claim(KEY, lease=60) == Done(BODY)


@pytest.mark.parametrize("body", [b"", b"\0\xff\r\n", "é🔑".encode(), b"x" * 200_000])
async def test_an_answer_may_be_any_bytes(store: Store, body: bytes) -> None:
    await store.finish(await claimed(store), body)

    assert await store.claim(KEY, lease=60) == Done(body)


async def test_the_digest_of_what_was_handled_is_kept(store: Store, other: Store) -> None:
    claim = attrs.evolve(await claimed(store), digest="0a" * 32)
    await store.finish(claim, BODY)

    found = await other.claim(KEY, lease=60)

    assert isinstance(found, Done)
    assert found.digest == "0a" * 32


async def test_the_first_answer_counts(store: Store) -> None:
    claim = await claimed(store)

    assert await store.finish(claim, b"first") == b"first"
    assert await store.finish(claim, b"second") == b"first"
    assert await store.claim(KEY, lease=60) == Done(b"first")


async def test_an_event_that_is_done_is_forgotten_after_a_while(kind: Kind, store: Store) -> None:
    await store.finish(await claimed(store), BODY)
    await kind.pass_by(0.5 * kind.keep)
    assert await store.claim(KEY, lease=60) == Done(BODY)

    await kind.pass_by(0.6 * kind.keep)

    claim = await claimed(store)
    assert await store.renew(claim, lease=60)
    assert await store.finish(claim, b"another") == b"another"


async def test_a_store_tells_what_is_done_and_still_remembered(kind: Kind, store: Any) -> None:
    assert not await store.is_done(KEY)
    claim = await claimed(store)
    assert not await store.is_done(KEY)

    await store.finish(claim, BODY)
    assert await store.is_done(KEY)

    await kind.pass_by(kind.keep)
    assert not await store.is_done(KEY)


# Giving back.


async def test_a_claim_that_is_given_back_is_free(store: Store, other: Store) -> None:
    first = await claimed(store)
    await store.release(first)

    second = await claimed(other)

    assert second.token != first.token


async def test_what_is_done_cannot_be_given_back(store: Store) -> None:
    claim = await claimed(store)
    await store.finish(claim, BODY)
    await store.release(claim)

    assert await store.claim(KEY, lease=60) == Done(BODY)
    assert not await store.renew(claim, lease=60)


async def test_only_the_holder_gives_back(store: Store) -> None:
    await claimed(store)
    await store.release(Claim(KEY, "0" * 32))

    assert await store.claim(KEY, lease=60) == Busy()


# Leases.


async def test_a_claim_holds_until_its_lease_ends(kind: Kind, store: Store, other: Store) -> None:
    first = await claimed(store, lease=kind.lease)
    await kind.pass_by(0.3 * kind.lease)
    assert await other.claim(KEY, lease=kind.lease) == Busy()

    await kind.pass_by(0.9 * kind.lease)

    assert (await claimed(other)).token != first.token
    assert await store.claim(KEY, lease=kind.lease) == Busy()


async def test_a_lease_and_a_mark_end_with_their_last_moment(kind: Kind, store: Store) -> None:
    first = await claimed(store, lease=kind.lease)
    await kind.pass_by(kind.lease)
    second = await claimed(store)

    await store.finish(second, BODY)
    await kind.pass_by(kind.keep)
    third = await claimed(store)

    assert len({first.token, second.token, third.token}) == 3


async def test_a_claim_that_is_renewed_holds_on(kind: Kind, store: Store, other: Store) -> None:
    claim = await claimed(store, lease=kind.lease)
    for _ in range(4):
        await kind.pass_by(0.4 * kind.lease)
        assert await store.renew(claim, lease=kind.lease)

    assert await other.claim(KEY, lease=kind.lease) == Busy()


async def test_a_claim_that_was_taken_over_is_worth_nothing(
    kind: Kind, store: Store, other: Store
) -> None:
    lost = await claimed(store, lease=kind.lease)
    await kind.pass_by(1.2 * kind.lease)
    held = await claimed(other)

    assert not await store.renew(lost, lease=60)
    await store.release(lost)
    assert await store.finish(lost, b"too late") == b"too late"

    assert await store.claim(KEY, lease=60) == Busy()
    assert await other.finish(held, b"in time") == b"in time"
    assert await store.finish(lost, b"too late") == b"in time"


async def test_a_claim_outlives_its_lease_while_nobody_wants_it(kind: Kind, store: Store) -> None:
    renewed = await claimed(store, "renewed", lease=kind.lease)
    finished = await claimed(store, "finished", lease=kind.lease)
    await kind.pass_by(1.2 * kind.lease)

    assert await store.renew(renewed, lease=60)
    assert await store.finish(finished, BODY) == BODY

    assert await store.claim("renewed", lease=60) == Busy()
    assert await store.claim("finished", lease=60) == Done(BODY)


async def test_an_event_of_which_nothing_is_known_can_be_finished(kind: Kind, store: Store) -> None:
    """Its handler was slow; somebody took over, failed, and gave the claim back."""
    slow = await claimed(store, lease=kind.lease)
    await kind.pass_by(1.2 * kind.lease)
    await store.release(await claimed(store))

    assert not await store.renew(slow, lease=60)
    assert await store.finish(slow, BODY) == BODY
    assert await store.claim(KEY, lease=60) == Done(BODY)


# Life of a store.


async def test_a_closed_store_opens_again(store: Store) -> None:
    await store.close()  # before it was used
    claim = await claimed(store)
    await store.close()
    await store.close()

    assert await store.finish(claim, BODY) == BODY
    assert await store.claim(KEY, lease=60) == Done(BODY)


def test_a_store_outlives_an_event_loop(kind: Kind) -> None:
    store = kind.store()
    claim = asyncio.run(claimed(store))

    async def go_on() -> None:
        assert await store.claim(KEY, lease=60) == Busy()
        await store.finish(claim, BODY)
        await store.close()

    asyncio.run(go_on())


def test_a_store_serves_event_loops_of_several_threads(kind: Kind) -> None:
    store, winners = kind.store(), []

    async def race() -> None:
        for number in range(20):
            found = await store.claim(f"key {number}", lease=60)
            winners.extend([number] if isinstance(found, Claim) else [])

    threads = [threading.Thread(target=asyncio.run, args=(race(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    asyncio.run(store.close())

    assert sorted(winners) == list(range(20))


async def test_cancelling_leaves_a_store_whole(store: Store) -> None:
    """Whatever was cancelled when: each key can be handled to its end afterwards."""

    async def handle(key: str) -> None:
        claim = await claimed(store, key, lease=0.05)
        await store.renew(claim, lease=0.05)
        if key.endswith("1"):
            await store.release(claim)
        else:
            await store.finish(claim, b"cancelled")

    tasks = [asyncio.create_task(handle(f"key {number}")) for number in range(60)]
    for round_, task in enumerate(tasks):
        await asyncio.sleep(0)
        if round_ % 3 == 0:
            await asyncio.sleep(0.001)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    claim = await claimed(store, "another")
    assert await store.finish(claim, BODY) == BODY
    for number in range(60):
        found = await store.claim(f"key {number}", lease=60)
        assert isinstance(found, Claim | Busy) or found == Done(b"cancelled")


@pytest.mark.parametrize("keep", [0, -1, float("nan"), float("inf"), "1", True, None])
def test_an_impossible_time_is_refused(keep: Any, tmp_path: Path) -> None:
    from allawee_async.webhooks import MemoryStore, RedisStore, SQLiteStore

    for make in (MemoryStore, RedisStore, lambda **options: SQLiteStore(tmp_path / "x", **options)):
        with pytest.raises(ConfigurationError, match="keep must be a positive number of seconds"):
            make(keep=keep)


# Transactions.


async def test_a_transaction_has_its_effect_and_marks_the_event(
    transactional: TransactionalKind,
) -> None:
    store = transactional.store()
    claim = await claimed(store)
    await transactional.effect(store, claim)

    assert await store.claim(KEY, lease=60) == Done(SUCCESS)
    assert await transactional.effects() == 1
    await store.close()


async def test_a_transaction_keeps_the_digest(transactional: TransactionalKind) -> None:
    store = transactional.store()
    claim = attrs.evolve(await claimed(store), digest="0a" * 32)
    await transactional.effect(store, claim)

    found = await store.claim(KEY, lease=60)

    assert isinstance(found, Done)
    assert found.digest == "0a" * 32
    await store.close()


async def test_a_block_that_raises_has_no_effect(transactional: TransactionalKind) -> None:
    store = transactional.store()
    claim = await claimed(store)
    with pytest.raises(LookupError):
        await transactional.effect(store, claim, fails=True)

    assert await transactional.effects() == 0
    assert await store.claim(KEY, lease=60) == Busy()
    await store.release(claim)
    await transactional.effect(store, await claimed(store))
    assert await transactional.effects() == 1
    await store.close()


async def test_the_answer_of_a_transaction_counts(transactional: TransactionalKind) -> None:
    """The dispatcher may send the default decision at the same moment: who is first, is right."""
    store = transactional.store()
    claim = await claimed(store)
    approve = Approve(card_balance=5, card_holder_name="Ada Obi")
    await transactional.effect(store, claim, approve)

    assert await store.finish(claim, decision_body(Decline())) == decision_body(approve)
    assert await store.claim(KEY, lease=60) == Done(decision_body(approve))
    await store.close()


async def test_a_decision_can_be_made_inside_of_a_transaction(
    transactional: TransactionalKind,
) -> None:
    store = transactional.store()
    asked: list[int] = []

    def decide() -> Decline:
        asked.append(1)
        return Decline("insufficient-funds")

    await transactional.effect(store, await claimed(store), decide)

    assert asked == [1]
    assert await store.claim(KEY, lease=60) == Done(decision_body(Decline("insufficient-funds")))
    await store.close()


async def test_a_decision_that_cannot_be_made_undoes_the_transaction(
    transactional: TransactionalKind,
) -> None:
    store = transactional.store()
    claim = await claimed(store)
    for wrong in ("approve", {"action": "approve"}, lambda: True):
        with pytest.raises(ConfigurationError, match="a transaction takes Approve"):
            await transactional.effect(store, claim, wrong)
    with pytest.raises(ZeroDivisionError):
        await transactional.effect(store, claim, lambda: 1 / 0)

    assert await transactional.effects() == 0
    assert await store.claim(KEY, lease=60) == Busy()
    await store.close()


async def test_a_transaction_needs_a_claim_that_is_held(transactional: TransactionalKind) -> None:
    store = transactional.store()
    released = await claimed(store, "released")
    await store.release(released)
    finished = await claimed(store, "finished")
    await store.finish(finished, BODY)
    lost = await claimed(store, "taken over", lease=transactional.lease)
    await transactional.pass_by(1.2 * transactional.lease)
    await claimed(store, "taken over")

    for claim in (released, finished, lost, Claim("unknown", "0" * 32)):
        with pytest.raises(ClaimLostError):
            await transactional.effect(store, claim)
    assert await transactional.effects() == 0
    await store.close()


async def test_a_transaction_may_end_after_the_lease_if_nobody_took_over(
    transactional: TransactionalKind,
) -> None:
    store = transactional.store()
    claim = await claimed(store, lease=transactional.lease)
    await transactional.pass_by(1.2 * transactional.lease)
    await transactional.effect(store, claim)

    assert await transactional.effects() == 1
    await store.close()


async def test_of_many_transactions_at_once_one_has_its_effect(
    transactional: TransactionalKind,
) -> None:
    store = transactional.store()
    claim = await claimed(store)
    found = await asyncio.gather(
        *(transactional.effect(store, claim) for _ in range(10)), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in found) == ["ClaimLostError"] * 9 + [
        "NoneType"
    ]
    assert await transactional.effects() == 1
    await store.close()
