"""Worker processes that receive webhooks for `crash_run`, which kills and pauses them.

Run as a program, it forks a worker for each line on its standard input, because a fork is ready at
once, and prints a line of JSON for whatever is to be known: a new worker's port, a lost claim.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web
from redis.asyncio import Redis

from allawee_async.webhooks.dispatcher import WebhookDispatcher
from allawee_async.webhooks.stores.base import Busy, Claim, ClaimLostError, Done
from allawee_async.webhooks.stores.redis import RedisStore
from allawee_async.webhooks.stores.sqlite import SQLiteStore
from tests.support.deliveries import KEY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from allawee_async.webhooks.delivery.stats import Incident

LEASE = 0.4
PREFIX = "crash:"
EFFECTS = "crash:effects"

FAIL = 0.03
"""The share of handlers that fail before their effect, and of those that fail after it."""
LONGEST_NAP = 0.01


class HandlerError(Exception):
    """A handler failed."""


class Books(Protocol):
    """A store, and the books of its user beside it."""

    store: Any

    async def book(self, claim: Claim, event: str) -> None:
        """Have the effect of an event, together with the mark that it is done."""

    async def book_carelessly(self, event: str) -> None:
        """Have the effect apart from it, as it must not be done."""


class SQLiteBooks:
    def __init__(self, path: str) -> None:
        self._path = path
        self.store = SQLiteStore(path, timeout=20)

    async def book(self, claim: Claim, event: str) -> None:
        def book() -> None:
            with self.store.transaction(claim) as connection:
                connection.execute("INSERT INTO effects VALUES (?)", (event,))

        await asyncio.to_thread(book)

    async def book_carelessly(self, event: str) -> None:
        def book() -> None:
            with closing(sqlite3.connect(self._path, timeout=20)) as connection, connection:
                connection.execute("INSERT INTO effects VALUES (?)", (event,))

        await asyncio.to_thread(book)


class RedisBooks:
    def __init__(self, url: str) -> None:
        self._url = url
        self.store = RedisStore(url, prefix=PREFIX, timeout=5)

    async def book(self, claim: Claim, event: str) -> None:
        async with self.store.transaction(claim) as pipe:
            pipe.rpush(EFFECTS, event)

    async def book_carelessly(self, event: str) -> None:
        async with Redis.from_url(self._url) as client:
            await client.rpush(EFFECTS, event)


async def handle(books: Books, claim: Claim, event: str, *, careless: bool) -> None:
    """Handle an event as clumsily as a handler may."""
    await nap()
    if random.random() < FAIL:
        raise HandlerError("before the effect")
    try:
        if careless:
            await books.book_carelessly(event)
        else:
            await books.book(claim, event)
    except ClaimLostError:
        tell(lost=event)
        raise
    await nap()
    if random.random() < FAIL:
        raise HandlerError("after the effect")


def dispatching(books: Books, careless: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Receive with a dispatcher."""
    logging.disable()

    def incident(found: Incident) -> None:
        if found.kind == "store":
            tell(trouble=repr(found.error))

    webhooks = WebhookDispatcher(KEY, store=books.store, lease=LEASE, on_incident=incident)

    @webhooks.on("card.authorization.closed")
    async def closed(event: Any, claim: Claim) -> None:
        await handle(books, claim, event.id, careless=careless)

    return webhooks.aiohttp_handler


def by_hand(books: Books, careless: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Receive with nothing but the store, and never renew a claim."""

    async def receive(request: web.Request) -> web.Response:
        event = (await request.json())["metadata"]["event"]
        claim = await books.store.claim(event, lease=LEASE)
        match claim:
            case Done():
                return web.Response(body=claim.body)
            case Busy():
                return web.Response(status=503)
        try:
            await handle(books, claim, event, careless=careless)
            return web.Response(body=await books.store.finish(claim, b"{}"))
        except (HandlerError, ClaimLostError):
            await books.store.release(claim)
            return web.Response(status=500)

    return receive


async def serve(options: dict[str, Any]) -> None:
    place = options["place"]
    books: Books = RedisBooks(place) if place.startswith("redis:") else SQLiteBooks(place)
    make = dispatching if options["dispatcher"] else by_hand
    app = web.Application()
    app.router.add_post("/", make(books, options["careless"]))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tell(pid=os.getpid(), port=runner.addresses[0][1])
    await asyncio.Event().wait()


async def nap() -> None:
    if random.random() < 0.5:
        await asyncio.sleep(random.random() * LONGEST_NAP)


def tell(**news: Any) -> None:
    """Print a line in one piece, so that lines of several processes do not mix."""
    os.write(1, json.dumps(news).encode() + b"\n")


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    workers: list[int] = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                random.seed(os.getpid())
                asyncio.run(serve(json.loads(line)))
            finally:
                os._exit(1)
        workers.append(pid)
    for pid in workers:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
