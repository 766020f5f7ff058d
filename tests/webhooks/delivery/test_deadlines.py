"""A decision goes out in time, whatever handlers, the store and the event loop do.

Time passes only while everybody waits, so moments are exact; but for one test with a file.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.webhooks import (
    Approve,
    CardAuthorizationRequest,
    CardAuthorizationUpdate,
    Claim,
    ClaimLostError,
    Done,
    Event,
    Incident,
    MemoryStore,
    SQLiteStore,
    WebhookDispatcher,
    WebhookVerifier,
)
from allawee_async.webhooks.stores.base import key_of
from tests.support.deliveries import KEY, signature_of
from tests.support.receiving import (
    APPROVE,
    CLOSED,
    DECLINE,
    REQUEST,
    SUCCESS,
    UPDATE,
    Seen,
    StoreFaultError,
    Stubborn,
    TroubledStore,
    answer,
    deliver,
    event,
    kinds,
)
from tests.support.virtual_time import block, in_virtual_time, let_start, now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from allawee_async.webhooks import WebhookReply
    from allawee_async.webhooks.stores.base import ClaimResult

FOR_HANDLERS = 1.75
FOR_UPDATES = 3.75
FOR_ANSWERS = 1.95
"""The deadline of 2 s less a fifth of the margin of 0.25 s, which is for the way."""

ABOUT = 1e-6


class Watch:
    """A dispatcher with all that a test wants to know of it."""

    def __init__(self, **options: Any) -> None:
        self.incidents: list[Incident] = []
        self.webhooks = WebhookDispatcher(KEY, on_incident=self.incidents.append, **options)

    async def timed(self, body: bytes | None = None, **options: Any) -> tuple[WebhookReply, float]:
        """Return the reply, and after how many seconds it came."""
        began = now()
        reply = await deliver(self.webhooks, body, **options)
        return reply, now() - began


async def _sleep_long(event: Event) -> Approve:
    await asyncio.sleep(3600)
    return Approve()


def _sleeps(seconds: float) -> Callable[[Event], Awaitable[None]]:
    async def handler(_: Event) -> None:
        await asyncio.sleep(seconds)

    return handler


def key(body: bytes) -> str:
    return key_of(WebhookVerifier(KEY).parse(body, signature_of(body)))


# Slow handlers


@pytest.mark.parametrize(("name", "expected"), [(REQUEST, FOR_HANDLERS), (UPDATE, FOR_UPDATES)])
@in_virtual_time
async def test_a_handler_that_is_too_slow_is_cancelled_and_the_default_goes_out(
    name: str, expected: float
) -> None:
    watch = Watch()
    cancelled: list[float] = []
    began = now()

    @watch.webhooks.on(name)
    async def decide(event: Event) -> Approve:
        try:
            return await _sleep_long(event)
        finally:
            cancelled.append(now() - began)

    reply, seconds = await watch.timed(event(name))

    assert answer(reply) == (200, DECLINE)
    assert seconds == pytest.approx(expected, abs=ABOUT)
    await asyncio.sleep(0)
    assert cancelled == [pytest.approx(expected, abs=ABOUT)]
    assert kinds(watch.incidents) == ["late"]
    assert watch.incidents[0].elapsed == pytest.approx(expected, abs=ABOUT)
    assert (watch.webhooks.stats.late, watch.webhooks.stats.defaults_sent) == (1, 1)


@pytest.mark.parametrize(("seconds", "expected"), [(1.74, APPROVE), (1.76, DECLINE)])
@in_virtual_time
async def test_a_handler_has_the_deadline_less_the_margin(seconds: float, expected: object) -> None:
    watch = Watch()

    @watch.webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        await asyncio.sleep(seconds)
        return Approve()

    assert answer((await watch.timed())[0]) == (200, expected)


@in_virtual_time
async def test_deadlines_and_margin_can_be_set() -> None:
    watch = Watch(request_deadline=10, update_deadline=20, margin=1)
    watch.webhooks.on(REQUEST)(_sleep_long)
    watch.webhooks.on(UPDATE)(_sleep_long)

    assert (await watch.timed())[1] == pytest.approx(9, abs=ABOUT)
    assert (await watch.timed(event(UPDATE)))[1] == pytest.approx(19, abs=ABOUT)


@in_virtual_time
async def test_a_repeat_of_what_was_too_late_gets_the_default_too() -> None:
    watch = Watch()
    watch.webhooks.on(REQUEST)(_sleep_long)
    body = event()

    assert answer((await watch.timed(body))[0]) == (200, DECLINE)
    reply, seconds = await watch.timed(body)
    assert (answer(reply), seconds) == ((200, DECLINE), 0)


@in_virtual_time
async def test_a_handler_that_swallows_its_cancellation_delays_nothing() -> None:
    watch = Watch()
    stubborn = watch.webhooks.on(REQUEST)(Stubborn())

    reply, seconds = await watch.timed()

    assert answer(reply) == (200, DECLINE)
    assert seconds == pytest.approx(FOR_HANDLERS, abs=ABOUT)
    stubborn.may_end.set()
    await watch.webhooks.close()
    assert stubborn.cancels == 1


@in_virtual_time
async def test_200_hanging_handlers_at_once_all_get_the_default_in_time() -> None:
    watch = Watch(sync_workers=8)
    stubborn, may_end = Stubborn(), threading.Event()

    @watch.webhooks.on(REQUEST)
    async def swallow(event: CardAuthorizationRequest) -> Approve:
        return await stubborn(event)

    @watch.webhooks.on(UPDATE)
    def hang(event: CardAuthorizationUpdate) -> Approve:
        may_end.wait(10)
        return Approve()

    try:
        results = await asyncio.gather(
            *(watch.timed(event(name)) for name in (REQUEST, UPDATE) for _ in range(100))
        )
    finally:
        may_end.set()
        stubborn.may_end.set()
        await watch.webhooks.close()

    assert {reply.body for reply, _ in results} == {b'{"action":"decline"}'}
    assert max(seconds for _, seconds in results[:100]) <= FOR_HANDLERS + ABOUT
    assert max(seconds for _, seconds in results[100:]) <= FOR_UPDATES + ABOUT
    assert watch.webhooks.stats.late == 200


@in_virtual_time
async def test_a_handler_that_waits_for_a_thread_in_vain_never_runs() -> None:
    """The default has gone out: nothing must happen after that."""
    watch = Watch(sync_workers=1)
    ran: list[str | None] = []
    started, may_end = threading.Event(), threading.Event()

    @watch.webhooks.on(REQUEST)
    def hang(event: CardAuthorizationRequest) -> Approve:
        ran.append(event.id)
        started.set()
        may_end.wait(10)
        return Approve()

    await asyncio.gather(
        watch.timed(event(id="evt.1")), watch.timed(event(id="evt.2")), let_start(started)
    )
    may_end.set()
    await watch.webhooks.close()

    assert ran == ["evt.1"]


@pytest.mark.parametrize("is_async", [True, False])
@in_virtual_time
async def test_the_transaction_of_a_handler_that_is_too_late_has_no_effect(
    is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Its claim is done with the default, so a store refuses it; the log tells that much."""
    caplog.set_level(logging.INFO)
    store = MemoryStore()
    watch = Watch(store=store)
    started, may_end, ended = threading.Event(), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def refuse(claim: Claim) -> Approve:
        assert store._held == {}
        raise ClaimLostError("the claim is done")

    def in_thread(event: Event, claim: Claim) -> Approve:
        started.set()
        may_end.wait(10)
        try:
            return refuse(claim)
        finally:
            loop.call_soon_threadsafe(ended.set)

    async def in_loop(event: Event, claim: Claim) -> Approve:
        started.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)
        ended.set()
        return refuse(claim)

    watch.webhooks.on(REQUEST)(in_loop if is_async else in_thread)

    (reply, _), _ = await asyncio.gather(watch.timed(), let_start(started))
    assert answer(reply) == (200, DECLINE)
    may_end.set()
    await ended.wait()
    await watch.webhooks.close()
    for _ in range(100):  # a thread's future is done a moment after the thread's function
        if "has had no effect" in caplog.text:
            return
        threading.Event().wait(0.01)
    pytest.fail("the log says nothing of it")


@pytest.mark.parametrize("is_late", [True, False])
async def test_with_sqlite_a_lien_is_put_only_if_its_approval_goes_out(
    is_late: bool, tmp_path: Path
) -> None:
    store = SQLiteStore(path := tmp_path / "ledger.db")
    webhooks = WebhookDispatcher(KEY, store=store, request_deadline=1.0, margin=0.5)
    await store.claim("the file is made now", lease=1)
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("CREATE TABLE liens (authorization_id TEXT)")
    may_go_on, ended = threading.Event(), threading.Event()
    errors: list[Exception] = []

    @webhooks.on(REQUEST)
    def decide(event: CardAuthorizationRequest, claim: Claim) -> Approve:
        try:
            may_go_on.wait(10 if is_late else 0)
            with store.transaction(claim, Approve()) as connection:
                connection.execute("INSERT INTO liens VALUES (?)", [event.data.id])
        except Exception as error:
            errors.append(error)
            raise
        finally:
            ended.set()
        return Approve()

    body = event()
    first = await deliver(webhooks, body)
    may_go_on.set()
    await asyncio.to_thread(ended.wait, 10)
    again = await deliver(webhooks, body)
    await webhooks.close()

    with closing(sqlite3.connect(path)) as ledger:
        (liens,) = ledger.execute("SELECT count(*) FROM liens").fetchone()
    assert first.body == again.body
    assert (answer(first)[1], liens) == ((DECLINE, 0) if is_late else (APPROVE, 1))
    assert [type(error) for error in errors] == ([ClaimLostError] if is_late else [])


@in_virtual_time
async def test_a_handler_that_raises_after_its_time_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Watch()

    @watch.webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        try:
            return await _sleep_long(event)
        finally:
            raise RuntimeError("cannot roll back")

    await watch.timed()
    await watch.webhooks.close()

    assert "a handler raised after its time" in caplog.text
    assert "cannot roll back" in caplog.text
    assert watch.webhooks.stats.failures == 0


@in_virtual_time
async def test_what_was_decided_goes_out_when_a_handler_for_every_event_hangs() -> None:
    watch = Watch()
    watch.webhooks.on(REQUEST)(Seen(Approve()))
    watch.webhooks.on("*")(_sleep_long)

    reply, seconds = await watch.timed()

    assert answer(reply) == (200, APPROVE)
    assert seconds == pytest.approx(FOR_HANDLERS, abs=ABOUT)
    assert kinds(watch.incidents) == ["late"]
    assert watch.webhooks.stats.defaults_sent == 0


# The first byte, and a loop that is blocked


@in_virtual_time
async def test_the_time_runs_from_the_first_byte() -> None:
    watch = Watch()
    watch.webhooks.on(REQUEST)(_sleep_long)

    reply, seconds = await watch.timed(received_at=now() - 1)

    assert answer(reply) == (200, DECLINE)
    assert seconds == pytest.approx(FOR_HANDLERS - 1, abs=ABOUT)
    assert watch.incidents[0].elapsed == pytest.approx(FOR_HANDLERS, abs=ABOUT)


@in_virtual_time
async def test_what_is_seen_too_late_gets_the_default_and_no_handler_runs() -> None:
    watch = Watch()
    seen = watch.webhooks.on(REQUEST)(Seen(Approve()))

    reply, seconds = await watch.timed(received_at=now() - 1.8)

    assert (answer(reply), seconds, seen) == ((200, DECLINE), 0, [])
    assert kinds(watch.incidents) == ["late"]


@pytest.mark.parametrize("received_at", [1e12, float("nan"), float("inf")])
@in_virtual_time
async def test_a_moment_that_has_not_come_is_now(received_at: float) -> None:
    watch = Watch()
    watch.webhooks.on(REQUEST)(_sleep_long)

    _, seconds = await watch.timed(received_at=received_at)

    assert seconds == pytest.approx(FOR_HANDLERS, abs=ABOUT)


@in_virtual_time
async def test_time_for_which_the_loop_was_blocked_before_counts() -> None:
    watch = Watch()
    watch.webhooks.on(REQUEST)(_sleep_long)
    watch.webhooks.arrival()
    block(1.0)

    _, seconds = await watch.timed()

    assert seconds == pytest.approx(FOR_HANDLERS - 1, abs=ABOUT)
    await watch.webhooks.close()


@pytest.mark.parametrize(("seconds", "expected"), [(1.0, APPROVE), (1.9, DECLINE), (5, DECLINE)])
@in_virtual_time
async def test_time_for_which_the_loop_is_blocked_meanwhile_counts(
    seconds: float, expected: object
) -> None:
    watch = Watch()

    @watch.webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        await asyncio.sleep(0.1)
        return Approve()

    asyncio.get_running_loop().call_later(0.05, block, seconds)

    assert answer((await watch.timed())[0]) == (200, expected)


@in_virtual_time
async def test_a_handler_that_blocks_the_loop_itself_is_late() -> None:
    watch = Watch()

    @watch.webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        block(2.5)
        return Approve()

    assert answer((await watch.timed())[0]) == (200, DECLINE)
    assert kinds(watch.incidents) == ["late"]


@in_virtual_time
async def test_a_decision_made_in_time_stands_while_the_answer_can_still_be_in_time() -> None:
    watch = Watch()

    @watch.webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        asyncio.get_running_loop().call_soon(block, 0.15)
        await asyncio.sleep(1.74)
        asyncio.get_running_loop().call_soon(block, 0.15)
        return Approve()

    reply, seconds = await watch.timed()

    assert answer(reply) == (200, APPROVE)
    assert FOR_HANDLERS < seconds < FOR_ANSWERS


@in_virtual_time
async def test_a_decision_made_in_time_that_cannot_be_answered_in_time_is_late() -> None:
    watch = Watch()

    @watch.webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        asyncio.get_running_loop().call_soon(block, 3)
        return Approve()

    assert answer((await watch.timed())[0]) == (200, DECLINE)
    assert kinds(watch.incidents) == ["late"]


# A slow store


@in_virtual_time
async def test_a_store_that_hangs_on_a_claim_delays_no_decision() -> None:
    watch = Watch(store=TroubledStore(claim=3600))
    seen = watch.webhooks.on(REQUEST)(Seen(Approve()))

    reply, seconds = await watch.timed()

    assert (answer(reply), seen) == ((200, DECLINE), [])
    assert seconds == pytest.approx(FOR_HANDLERS, abs=ABOUT)
    assert kinds(watch.incidents) == ["store"]
    assert isinstance(watch.incidents[0].error, TimeoutError)


@in_virtual_time
async def test_a_store_that_hangs_on_the_answer_delays_no_decision() -> None:
    watch = Watch(store=TroubledStore(finish=3600))
    watch.webhooks.on(REQUEST)(Seen(Approve()))

    reply, seconds = await watch.timed()

    assert answer(reply) == (200, APPROVE)
    assert seconds == pytest.approx(FOR_ANSWERS, abs=ABOUT)
    assert kinds(watch.incidents) == ["store"]
    await asyncio.sleep(20)  # until the second try has been given up


@in_virtual_time
async def test_a_late_default_is_recorded_within_the_margin_or_after_it() -> None:
    store = TroubledStore(finish=0.5)
    watch = Watch(store=store)
    watch.webhooks.on(REQUEST)(_sleep_long)
    body = event()

    reply, seconds = await watch.timed(body)

    assert answer(reply) == (200, DECLINE)
    assert seconds == pytest.approx(FOR_ANSWERS, abs=ABOUT)
    await asyncio.sleep(0.6)
    assert await store.claim(key(body), lease=1) == Done(b'{"action":"decline"}')


@in_virtual_time
async def test_a_slow_store_has_its_share_of_the_time() -> None:
    watch = Watch(store=TroubledStore(claim=0.5, finish=0.4))

    @watch.webhooks.on(REQUEST)
    async def decide(event: Event) -> Approve:
        await asyncio.sleep(1)
        return Approve()

    reply, seconds = await watch.timed()

    assert (answer(reply), seconds) == ((200, APPROVE), pytest.approx(1.9, abs=ABOUT))


@pytest.mark.parametrize(("method", "status"), [("claim", 500), ("finish", 200)])
@in_virtual_time
async def test_for_other_events_a_store_that_hangs_is_given_up_after_10_seconds(
    method: str, status: int
) -> None:
    watch = Watch(store=TroubledStore(**{method: 3600.0}))
    watch.webhooks.on(CLOSED)(Seen(None))

    reply, seconds = await watch.timed(event(CLOSED))

    assert (reply.status, seconds) == (status, pytest.approx(10, abs=ABOUT))
    await asyncio.sleep(20)


# Other events


@in_virtual_time
async def test_other_events_have_no_deadline_of_allawee() -> None:
    watch = Watch()

    @watch.webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        await asyncio.sleep(50)

    reply, seconds = await watch.timed(event(CLOSED), received_at=now() - 100)

    assert (answer(reply), seconds) == ((200, SUCCESS), pytest.approx(50, abs=ABOUT))


@in_virtual_time
async def test_a_handler_of_another_event_that_hangs_is_cancelled_and_sent_again() -> None:
    watch = Watch(event_timeout=5)
    calls: list[float] = []

    @watch.webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        calls.append(now())
        if len(calls) == 1:
            await asyncio.sleep(3600)

    body = event(CLOSED)

    reply, seconds = await watch.timed(body)
    assert (reply.status, seconds) == (500, pytest.approx(5, abs=ABOUT))
    assert kinds(watch.incidents) == ["late"]

    assert answer((await watch.timed(body))[0]) == (200, SUCCESS)
    assert len(calls) == 2


@in_virtual_time
async def test_the_claim_of_a_handler_that_does_not_end_is_not_given_back() -> None:
    """Two of them at a time could do the work twice. When the lease has run out, it is tried."""
    watch = Watch(event_timeout=5, store=(store := MemoryStore(clock=now)))
    stubborn = watch.webhooks.on(CLOSED)(Stubborn())
    body = event(CLOSED)

    reply, seconds = await watch.timed(body)

    assert (reply.status, seconds) == (500, pytest.approx(6, abs=ABOUT))
    assert not isinstance(await store.claim(key(body), lease=30), Claim)
    await asyncio.sleep(30)
    assert isinstance(await store.claim(key(body), lease=30), Claim)
    stubborn.may_end.set()
    await watch.webhooks.close()


@in_virtual_time
async def test_the_claim_of_a_thread_that_does_not_end_is_not_given_back() -> None:
    watch = Watch(event_timeout=5, store=(store := MemoryStore(clock=now)))
    started, may_end = threading.Event(), threading.Event()

    @watch.webhooks.on(CLOSED)
    def hang(event: Event) -> None:
        started.set()
        may_end.wait(10)

    body = event(CLOSED)

    (reply, _), _ = await asyncio.gather(watch.timed(body), let_start(started))
    assert reply.status == 500
    assert not isinstance(await store.claim(key(body), lease=30), Claim)
    may_end.set()
    await watch.webhooks.close()


@in_virtual_time
async def test_a_handler_that_is_done_although_it_was_cancelled_is_done() -> None:
    watch = Watch(event_timeout=5)

    @watch.webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(0.1)

    assert answer((await watch.timed(event(CLOSED)))[0]) == (200, SUCCESS)


# The lease


@in_virtual_time
async def test_a_claim_is_renewed_while_its_handler_runs() -> None:
    store = MemoryStore(clock=now)
    watch = Watch(store=store, lease=3)
    watch.webhooks.on(CLOSED)(_sleeps(20))
    body = event(CLOSED)
    found: list[ClaimResult] = []

    async def rival() -> None:
        for _ in range(19):
            await asyncio.sleep(1)
            found.append(await store.claim(key(body), lease=3))

    (reply, _), _ = await asyncio.gather(watch.timed(body), rival())

    assert answer(reply) == (200, SUCCESS)
    assert not any(isinstance(result, Claim) for result in found)
    await watch.webhooks.close()


class Terse(MemoryStore):
    """A store that answers as its server does: with a number."""

    async def renew(self, claim: Claim, *, lease: float) -> Any:
        await self.release(claim)
        return int(await super().renew(claim, lease=lease))


@in_virtual_time
async def test_a_claim_is_lost_whatever_kind_of_no_the_store_returns() -> None:
    watch = Watch(store=Terse(clock=now), lease=3)

    @watch.webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        await asyncio.sleep(20)

    reply, _ = await watch.timed(event(CLOSED))

    assert reply.status == 503
    assert kinds(watch.incidents) == ["claim-lost"]


@in_virtual_time
async def test_whose_claim_is_lost_stops_and_leaves_the_event_to_the_other() -> None:
    store = MemoryStore(clock=now)
    watch = Watch(store=store, lease=3)
    ended: list[float] = []
    began = now()

    @watch.webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        try:
            await asyncio.sleep(20)
        finally:
            ended.append(now() - began)

    body = event(CLOSED)
    asyncio.get_running_loop().call_later(0.5, block, 5)  # the lease runs out meanwhile
    delivery = asyncio.create_task(watch.timed(body))
    await asyncio.sleep(0)
    rival = asyncio.create_task(_take_over(store, body, after=0.5))

    reply, _ = await delivery

    assert reply.status == 503
    assert kinds(watch.incidents) == ["claim-lost"]
    assert ended == [pytest.approx(5.5, abs=ABOUT)]
    assert isinstance(claim := await rival, Claim)
    assert await store.finish(claim, b"{}") == b"{}"


async def _take_over(store: MemoryStore, body: bytes, after: float) -> ClaimResult:
    await asyncio.sleep(after)
    return await store.claim(key(body), lease=60)


@in_virtual_time
async def test_a_store_that_cannot_renew_stops_no_handler() -> None:
    watch = Watch(store=TroubledStore(renew=StoreFaultError()), lease=3)
    watch.webhooks.on(CLOSED)(_sleeps(2.5))

    assert answer((await watch.timed(event(CLOSED)))[0]) == (200, SUCCESS)
    assert kinds(watch.incidents) == ["store", "store"]
    await watch.webhooks.close()


@in_virtual_time
async def test_a_store_that_hangs_on_a_renewal_delays_no_decision() -> None:
    watch = Watch(store=TroubledStore(renew=3600), lease=3)
    watch.webhooks.on(REQUEST)(_sleep_long)

    reply, seconds = await watch.timed()

    assert (answer(reply), seconds) == ((200, DECLINE), pytest.approx(FOR_HANDLERS, abs=ABOUT))


# The server stops


@pytest.mark.parametrize("name", [REQUEST, CLOSED])
@in_virtual_time
async def test_when_a_delivery_is_cancelled_so_is_its_handler_and_the_claim_is_free(
    name: str,
) -> None:
    store = MemoryStore()
    watch = Watch(store=store)
    ended: list[bool] = []

    @watch.webhooks.on(name)
    async def handle(event: Event) -> Approve:
        try:
            return await _sleep_long(event)
        finally:
            ended.append(True)

    body = event(name)
    delivery = asyncio.create_task(watch.timed(body))
    await asyncio.sleep(0.1)
    delivery.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivery

    assert ended == [True]
    assert isinstance(await store.claim(key(body), lease=1), Claim)
    assert watch.webhooks.stats.cancelled == 1


@pytest.mark.parametrize(
    ("name", "recorded"), [(REQUEST, b'{"action":"approve"}'), (CLOSED, b'{"code":"success"}')]
)
@in_virtual_time
async def test_what_is_done_when_a_delivery_is_cancelled_stays_done(
    name: str, recorded: bytes
) -> None:
    store = MemoryStore()
    watch = Watch(store=store)

    @watch.webhooks.on(name)
    async def handle(event: Event) -> Approve:
        work = asyncio.ensure_future(asyncio.sleep(0.5))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await work
        return Approve()

    body = event(name)
    delivery = asyncio.create_task(watch.timed(body))
    await asyncio.sleep(0.1)
    delivery.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivery

    assert await store.claim(key(body), lease=1) == Done(recorded)


@in_virtual_time
async def test_what_was_decided_when_a_delivery_is_cancelled_stays_decided() -> None:
    store = MemoryStore()
    watch = Watch(store=store)
    watch.webhooks.on(REQUEST)(Seen(Approve()))
    watch.webhooks.on("*")(_sleep_long)
    body = event()
    delivery = asyncio.create_task(watch.timed(body))
    await asyncio.sleep(0.1)
    delivery.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivery

    assert await store.claim(key(body), lease=1) == Done(b'{"action":"approve"}')


@pytest.mark.parametrize(
    ("name", "recorded"), [(REQUEST, b'{"action":"approve"}'), (CLOSED, b'{"code":"success"}')]
)
@in_virtual_time
async def test_what_is_done_when_a_delivery_is_cancelled_while_it_is_recorded_stays_done(
    name: str, recorded: bytes
) -> None:
    store = TroubledStore(finish=0.3)
    watch = Watch(store=store)
    watch.webhooks.on(name)(Seen(Approve()))
    body = event(name)
    delivery = asyncio.create_task(watch.timed(body))
    await asyncio.sleep(0.1)
    delivery.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivery

    assert await store.claim(key(body), lease=1) == Done(recorded)


@in_virtual_time
async def test_a_delivery_that_is_cancelled_does_not_wait_for_a_handler_that_does_not_end() -> None:
    watch = Watch()
    stubborn = watch.webhooks.on(CLOSED)(Stubborn())
    delivery = asyncio.create_task(watch.timed(event(CLOSED)))
    await asyncio.sleep(0.1)
    began = now()
    delivery.cancel()

    with pytest.raises(asyncio.CancelledError):
        await delivery

    assert now() - began == pytest.approx(1, abs=ABOUT)
    stubborn.may_end.set()
    await watch.webhooks.close()


@in_virtual_time
async def test_closing_waits_for_handlers_then_cancels_them() -> None:
    watch = Watch()
    watch.webhooks.on(CLOSED)(_sleeps(3))
    watch.webhooks.on("card.issued")(_sleep_long)
    quick = asyncio.create_task(watch.timed(event(CLOSED)))
    slow = asyncio.create_task(watch.timed(event("card.issued")))
    await asyncio.sleep(0.1)
    began = now()

    await watch.webhooks.close()

    assert now() - began == pytest.approx(5, abs=ABOUT)
    assert [answer((await quick)[0]), (await slow)[0].status] == [(200, SUCCESS), 500]
    assert kinds(watch.incidents) == ["failed"]


@in_virtual_time
async def test_closing_gives_up_handlers_that_do_not_end() -> None:
    watch = Watch()
    stubborn = watch.webhooks.on(REQUEST)(Stubborn())
    await watch.timed()
    began = now()

    await watch.webhooks.close()

    assert now() - began == pytest.approx(10, abs=ABOUT)
    assert stubborn.cancels == 2
    stubborn.may_end.set()
    await asyncio.sleep(0)
