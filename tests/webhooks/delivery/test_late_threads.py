"""A handler in a thread cannot be stopped: its claim is kept for as long as it runs."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.webhooks import (
    Claim,
    Done,
    Incident,
    MemoryStore,
    SQLiteStore,
    WebhookDispatcher,
    WebhookVerifier,
)
from allawee_async.webhooks.responses import SUCCESS
from allawee_async.webhooks.stores.base import Busy, key_of
from tests.support.deliveries import KEY, signature_of
from tests.support.receiving import CLOSED, deliver, event, kinds
from tests.support.store_kinds import Redis

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from allawee_async.webhooks import Event
    from allawee_async.webhooks.stores.base import ClaimResult

LEASE = 0.2
"""Seconds; they pass for real, as the threads and the servers run for real."""
BODY = event(CLOSED)
CLAIMED = key_of(WebhookVerifier(KEY).parse(BODY, signature_of(BODY)))


class Work:
    """A handler that works until it may end, and counts how many do at once."""

    def __init__(self, error: Exception | None = None) -> None:
        self.may_end = threading.Event()
        self.calls = 0
        self._error = error

    def __call__(self, _: Event) -> None:
        self.calls += 1
        self.may_end.wait(10)
        if self._error is not None:
            raise self._error


class Receiver:
    """A dispatcher whose handlers have hardly any time, and its store."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.incidents: list[Incident] = []
        self.webhooks = WebhookDispatcher(
            KEY, store=store, event_timeout=0.02, lease=LEASE, on_incident=self.incidents.append
        )

    async def heard(self) -> ClaimResult:
        """Return what another process hears that wants the event."""
        found: ClaimResult = await self.store.claim(CLAIMED, lease=30)
        return found

    async def heard_at_last(self) -> ClaimResult:
        """Return what it hears when the event is not being handled any more."""
        while isinstance(found := await self.heard(), Busy):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return found


@pytest.fixture(params=["memory", "sqlite", "redis"])
async def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Receiver]:
    match request.param:
        case "memory":
            store: Any = MemoryStore()
        case "sqlite":
            store = SQLiteStore(tmp_path / "events.db")
        case _:
            store = Redis(request.getfixturevalue("redis_server").url).store()
    made = Receiver(store)
    yield made
    await made.webhooks.close()


async def test_no_other_delivery_runs_beside_it(receiver: Receiver) -> None:
    receiver.webhooks.on(CLOSED)(work := Work())

    assert (await deliver(receiver.webhooks, BODY)).status == 500
    for _ in range(3):
        await asyncio.sleep(LEASE / 2)
        assert await receiver.heard() == Busy()

    work.may_end.set()
    assert await receiver.heard_at_last() == Done(SUCCESS)
    assert work.calls == 1
    assert kinds(receiver.incidents) == ["late"]


async def test_what_fails_late_is_handled_again(receiver: Receiver) -> None:
    receiver.webhooks.on(CLOSED)(work := Work(LookupError()))
    receiver.webhooks.on(CLOSED)(lambda _: None)

    assert (await deliver(receiver.webhooks, BODY)).status == 500
    work.may_end.set()

    assert isinstance(await receiver.heard_at_last(), Claim)


async def test_an_event_is_not_done_before_its_last_handler(receiver: Receiver) -> None:
    receiver.webhooks.on(CLOSED)(work := Work())
    receiver.webhooks.on("*")(lambda _: None)

    assert (await deliver(receiver.webhooks, BODY)).status == 500
    work.may_end.set()

    assert isinstance(await receiver.heard_at_last(), Claim)


async def test_a_delivery_that_the_server_gives_up_keeps_its_claim_too(receiver: Receiver) -> None:
    receiver.webhooks.on(CLOSED)(work := Work())
    delivery = asyncio.create_task(deliver(receiver.webhooks, BODY))
    while not work.calls:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    delivery.cancel()
    await asyncio.wait({delivery})

    await asyncio.sleep(1.5 * LEASE)
    assert await receiver.heard() == Busy()
    work.may_end.set()
    assert await receiver.heard_at_last() == Done(SUCCESS)
