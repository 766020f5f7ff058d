"""Events that were missed: found by the API's list and the store, and sent again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from allawee_async import AllaweeClient, F
from allawee_async.errors import ConfigurationError
from allawee_async.sandbox import Sandbox
from allawee_async.webhooks import Approve, MemoryStore, WebhookDispatcher
from tests.support.raw_server import RawServer, answers
from tests.support.store_kinds import Memory, Redis, SQLite

if TYPE_CHECKING:
    from pathlib import Path

    from allawee_async.webhooks import Claim, Event, Store
    from allawee_async.webhooks.stores.base import ClaimResult

KEY = "signing key"
LEASE = 7.0


class OnlyAStore:
    """A store of somebody's own that has nothing but what `Store` says."""

    def __init__(self) -> None:
        self._inner = MemoryStore()
        self.leases: set[float] = set()

    async def claim(self, key: str, *, lease: float) -> ClaimResult:
        self.leases.add(lease)
        return await self._inner.claim(key, lease=lease)

    async def renew(self, claim: Claim, *, lease: float) -> bool:
        return await self._inner.renew(claim, lease=lease)

    async def finish(self, claim: Claim, body: bytes) -> bytes:
        return await self._inner.finish(claim, body)

    async def release(self, claim: Claim) -> None:
        await self._inner.release(claim)

    async def close(self) -> None:
        await self._inner.close()


@pytest.fixture(params=["memory", "sqlite", "redis", "own"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    match request.param:
        case "memory":
            return Memory().store()
        case "sqlite":
            return SQLite(tmp_path / "events.db").store()
        case "redis":
            return Redis(request.getfixturevalue("redis_server").url).store()
        case _:
            return OnlyAStore()


async def purchase(sandbox: Sandbox, allawee: AllaweeClient) -> None:
    card = await allawee.cards.list(filter=F.status == "active").first()
    assert card is not None
    await allawee.simulation.authorization_capture(
        str(card.id), amount=9_50, fees=0, channel="online", mcc="4511"
    )
    await sandbox.deliver()


def receiver(store: Store) -> tuple[WebhookDispatcher, list[str]]:
    webhooks = WebhookDispatcher(KEY, store=store, lease=LEASE)
    booked: list[str] = []

    @webhooks.on("card.authorization.request")
    async def decide(event: Event) -> Approve:
        return Approve()

    @webhooks.on("card.authorization.closed")
    async def book(event: Event) -> None:
        booked.append(str(event.id))

    return webhooks, booked


def since() -> datetime:
    return datetime.now(UTC) - timedelta(days=2)


async def test_what_is_done_stays_and_what_was_lost_comes_again(store: Store) -> None:
    webhooks, booked = receiver(store)
    is_down = False

    async def answer(request: web.Request) -> web.Response:
        if is_down and b"card.authorization.closed" in await request.read():
            return web.Response()  # as a proxy in front of a server that is down may say
        return await webhooks.aiohttp_handler(request)

    app = web.Application()
    app.router.add_post("/hooks", answer)
    async with (
        Sandbox() as sandbox,
        sandbox.client() as allawee,
        TestServer(app) as server,
        webhooks,
    ):
        sandbox.add_webhook(str(server.make_url("/hooks")), signing_key=KEY)
        await purchase(sandbox, allawee)
        assert len(booked) == 1
        is_down = True
        await purchase(sandbox, allawee)
        assert len(booked) == 1
        is_down = False

        report = await webhooks.catch_up(allawee, since=since())
        await sandbox.deliver()

        assert len(report.sent) == 1
        assert booked[1:] == list(report.sent)
        assert report.expired == 2
        assert (report.failed, report.left) == ((), ())
        assert report.seen == report.done + report.expired + 1

        again = await webhooks.catch_up(allawee, since=since())
        assert (again.sent, len(booked)) == ((), 2)
    if isinstance(store, OnlyAStore):
        assert store.leases == {LEASE}


async def test_no_more_are_sent_again_than_asked_for() -> None:
    webhooks, _ = receiver(MemoryStore())
    async with Sandbox() as sandbox, sandbox.client() as allawee:
        for _turn in range(2):
            await purchase(sandbox, allawee)

        @webhooks.on("*")
        async def note(event: Event) -> None: ...

        report = await webhooks.catch_up(allawee, since=since(), most=1)

        assert (len(report.sent), len(report.left) > 0) == (1, True)


@pytest.mark.parametrize("most", [0, -1, True, 1.5, "5"])
async def test_a_bound_that_makes_no_sense_is_refused(most: Any) -> None:
    async with Sandbox() as sandbox, sandbox.client() as allawee:
        with pytest.raises(ConfigurationError, match="most must be"):
            await WebhookDispatcher(KEY).catch_up(allawee, since=since(), most=most)


@pytest.mark.parametrize("odd", [{"id": "evt.2", "createdAt": 5}, "junk", {"id": "evt.1"}])
async def test_a_record_that_is_odd_or_there_twice_stops_nothing(
    odd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    webhooks, _ = receiver(Memory().store())
    good = [
        {
            "id": f"evt.{number}",
            "createdAt": "2025-01-01T00:00:00Z",
            "event": "card.authorization.closed",
        }
        for number in (4, 1)
    ]
    page = {"data": [good[0], odd, good[1]], "metadata": {"hasMore": False}}
    async with (
        RawServer(*map(answers, (page, {"data": good[1]}, {"data": good[0]}))) as server,
        AllaweeClient("sk.test.missed", base_url=server.url) as allawee,
        webhooks,
    ):
        report = await webhooks.catch_up(allawee, since=since())

    assert (report.seen, report.sent, len(server.requests)) == (3, ("evt.1", "evt.4"), 3)
    is_told = "a record of an event is left out" in caplog.text
    assert is_told == (odd != {"id": "evt.1"})
