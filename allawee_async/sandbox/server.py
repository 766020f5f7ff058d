"""The embedded Allawee: a real HTTP server on loopback ports."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from allawee_async.sandbox.accounts import seed_accounts
from allawee_async.sandbox.api import Api
from allawee_async.sandbox.backstage import Backstage
from allawee_async.sandbox.card_transactions import settle_all
from allawee_async.sandbox.customers import complete_document
from allawee_async.sandbox.deliveries import PAUSES
from allawee_async.sandbox.documented_cards import seed_cards
from allawee_async.sandbox.door import Door
from allawee_async.sandbox.ids import IdSource
from allawee_async.sandbox.people import make_customers
from allawee_async.sandbox.requestlog import LoggedRequest, RequestLog
from allawee_async.sandbox.routing import Host
from allawee_async.sandbox.state import Clock, State, utc_now
from allawee_async.sandbox.webhooks import plant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from allawee_async.client import AllaweeClient
    from allawee_async.sandbox.jsontypes import Json, JsonObject
    from allawee_async.sandbox.scripting import Faults

_TURNS_TO_ACCEPT = 3
_CLOSING_SECONDS = 0.1
_LONGEST_URL = 64 * 1024


class Sandbox:
    """An Allawee of one's own, for tests and demonstrations.

    Use it as `async with Sandbox() as sandbox:`, or call `start` and `close`.

    Args:
        customers: How many customers there are: None for the two of the documents, otherwise these
            two and generated ones, so many in all.
        seed: The same seed gives the same customers, ids and key.
        host: The address to listen on.
        port: Port of the standard host; 0 for any that is free.
        secure_port: Port of the secure host; 0 for any that is free.
        api_key: The secret key to accept; None for one made from the seed.
        clock: Returns the present moment, with a zone.
        log_size: How many requests `requests` remembers.
        grp_enabled: Whether requests that fail downstream are queued for the first key.
        data: A file that keeps the state: what it holds takes the place of what is seeded. None
            keeps the state in memory only.
        webhook_pauses: Seconds between the attempts to send an event to a webhook.
        webhooks_anywhere: Whether events are sent to addresses that are not of this computer.

    Raises:
        ValueError: A number is negative, or the key has not the form of one.
    """

    def __init__(
        self,
        *,
        customers: int | None = None,
        seed: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        secure_port: int = 0,
        api_key: str | None = None,
        clock: Clock = utc_now,
        log_size: int = 10_000,
        grp_enabled: bool = False,
        data: str | PathLike[str] | None = None,
        webhook_pauses: Sequence[float] = PAUSES,
        webhooks_anywhere: bool = False,
    ) -> None:
        if customers is not None and customers < 0:
            raise ValueError("customers cannot be negative")
        self._customers = customers
        self._seed = seed
        self._host = host
        self._ports = {Host.API: port, Host.SECURE: secure_port}
        self._clock = clock
        self.api_key = api_key or IdSource(f"key {seed}").new("sk.test.", 32)
        self._bound: dict[Host, int] = {}
        self._runners: list[web.ServerRunner] = []
        self._log = RequestLog(log_size)
        self._grp_enabled = grp_enabled
        self._seed_state()
        self._door = Door(Api(self._state), IdSource(f"requests {seed}"), self._log)
        self._backstage = Backstage(
            self._door,
            data=None if data is None else Path(data),
            pauses=webhook_pauses,
            anywhere=webhooks_anywhere,
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        where = self.url if self._bound else "not started"
        return f"<Sandbox {where}, {len(self._state.customers)} customers>"

    async def start(self) -> None:
        """Listen on both ports.

        Raises:
            RuntimeError: The sandbox is running already.
            OSError: A port is in use, or the address is not one of this computer.
            StoreError: The file for the state is none, or another process has it.
        """
        if self._runners:
            raise RuntimeError("the sandbox is running already")
        self._door.open()
        try:
            if self._backstage.start(self._state):
                self._state.keys.add(self.api_key, grp_enabled=self._grp_enabled)
            for host in Host:
                self._bound[host] = await self._listen(host)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop at once: waiting requests are cut off, nothing stays behind. The state is kept."""
        self._door.close()
        runners, self._runners = self._runners, []
        self._bound = {}
        # A connection that is being accepted needs two turns of the loop until it can be closed.
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        for runner in runners:
            await runner.cleanup()
        await self._backstage.close()

    @property
    def url(self) -> str:
        """The base URL of the standard host.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        return self._url_of(Host.API)

    @property
    def secure_url(self) -> str:
        """The base URL of the secure host.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        return self._url_of(Host.SECURE)

    @property
    def state(self) -> State:
        """What the sandbox remembers now; `reset` begins a new one."""
        return self._state

    @property
    def faults(self) -> Faults:
        """Where to order faults."""
        return self._door.faults

    @property
    def requests(self) -> Sequence[LoggedRequest]:
        """The latest requests, oldest first."""
        return self._log

    @property
    def crashes(self) -> Sequence[Exception]:
        """Mistakes of the sandbox itself, each of which was answered with a 500."""
        return self._door.crashes

    def client(self, **options: Any) -> AllaweeClient:
        """Return a client of this sandbox with its key and addresses; other options are passed on.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        from allawee_async.client import AllaweeClient  # noqa: PLC0415 - only this needs the client

        return AllaweeClient(self.api_key, base_url=self.url, secure_url=self.secure_url, **options)

    def add_key(self, key: str) -> None:
        """Accept one more secret key.

        Raises:
            ValueError: It has not the form of one.
        """
        self._state.keys.add(key)

    def revoke_key(self, key: str) -> None:
        """Accept a secret key no longer.

        Raises:
            ValueError: It is not accepted now.
        """
        self._state.keys.revoke(key)

    def add_customer(self, fields: Mapping[str, Json] | None = None) -> JsonObject:
        """Store a customer as it is given, unchecked, and return it with its defaults.

        Raises:
            ValueError: Another customer has its id or its reference.
            TypeError: A value cannot be written as JSON.
        """
        document = complete_document(self._state, fields or {})
        self._state.customers.add(document)
        return document

    def add_webhook(
        self, url: str, events: Iterable[str] | None = None, *, signing_key: str | None = None
    ) -> JsonObject:
        """Store an enabled webhook and return it, its signing key included.

        Args:
            url: Where its events go to.
            events: The names of the events; None makes it the default webhook, which gets all those
                that no other one wants.
            signing_key: What signs the events; None for one made from the seed.
        """
        return plant(self._state, url, events, signing_key)

    def reset(self) -> None:
        """Go back to the beginning: customers, keys and ids as seeded, no faults, an empty log."""
        self._seed_state()
        self._door.api = Api(self._state)
        self._door.faults.clear()
        self._door.crashes.clear()
        self._log.clear()
        self._backstage.replace(self._state)

    def settle_cards(self) -> None:
        """Settle all approved purchases with cards now, without waiting for their moment."""
        settle_all(self._state)
        self._backstage.changed()

    async def deliver(self) -> None:
        """Wait until every event that is to be sent has been sent, or has been given up."""
        await self._backstage.messenger.settle()

    def _seed_state(self) -> None:
        self._state = State(clock=self._clock, ids=IdSource(f"ids {self._seed}"))
        self._state.keys.add(self.api_key, grp_enabled=self._grp_enabled)
        self._state.customers.add_all(make_customers(self._customers, self._seed))
        seed_accounts(self._state)
        seed_cards(self._state)

    async def _listen(self, host: Host) -> int:
        # The door reads bodies to their end; aiohttp's own lingering would outlive `close`.
        server = web.Server(
            partial(self._door.handle, host),
            access_log=None,
            lingering_time=0,
            max_line_size=_LONGEST_URL,
        )
        runner = web.ServerRunner(server, shutdown_timeout=_CLOSING_SECONDS)
        self._runners.append(runner)
        await runner.setup()
        port = self._ports[host]
        try:
            await web.TCPSite(runner, self._host, port).start()
        except OSError as error:
            reason = f"the sandbox cannot listen on {self._host}:{port} ({error.strerror})"
            raise OSError(error.errno, reason) from error
        bound: int = runner.addresses[0][1]
        return bound

    def _url_of(self, host: Host) -> str:
        if host not in self._bound:
            raise RuntimeError("the sandbox is not running: use `async with` or `start()`")
        name = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{name}:{self._bound[host]}"
