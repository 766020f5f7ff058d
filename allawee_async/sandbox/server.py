"""The embedded Allawee: a real HTTP server on loopback ports."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from allawee_async.sandbox.api.app import Api
from allawee_async.sandbox.api.messages import JSON_TYPE
from allawee_async.sandbox.api.routing import Host
from allawee_async.sandbox.background import Background
from allawee_async.sandbox.cards.transactions import settle_all
from allawee_async.sandbox.core.state import Clock, State, utc_now
from allawee_async.sandbox.core.values import Document, IdSource, Json, to_bytes
from allawee_async.sandbox.customers import complete_document
from allawee_async.sandbox.events.webhooks import plant
from allawee_async.sandbox.faults.deliveries import DeliveryFaults
from allawee_async.sandbox.faults.plan import Faults
from allawee_async.sandbox.http.adapter import HttpAdapter, Ports
from allawee_async.sandbox.http.request_log import LoggedRequest, RequestLog
from allawee_async.sandbox.page.actions import ActionContext
from allawee_async.sandbox.page.adapter import PageServer
from allawee_async.sandbox.page.texts import exports
from allawee_async.sandbox.page.views import ROOT
from allawee_async.sandbox.rules.values import PAUSES
from allawee_async.sandbox.seed.holdings import seed_all

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient


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
        page: Whether the standard host has a page for people at `/_sandbox`, for this computer. It
            is drawn with jinja2; without that, it says how to install it.

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
        page: bool = True,
    ) -> None:
        if customers is not None and customers < 0:
            raise ValueError("customers cannot be negative")
        self._customers = customers
        self._seed = seed
        self._ports = Ports(host, {Host.API: port, Host.SECURE: secure_port})
        self._clock = clock
        self.api_key = api_key or IdSource(f"key {seed}").new("sk.test.", 32)
        self._log = RequestLog(log_size)
        self._grp_enabled = grp_enabled
        self._seed_state()
        self._adapter = HttpAdapter(Api(self._state), IdSource(f"requests {seed}"), self._log)
        self._background = Background(
            self._adapter,
            data=None if data is None else Path(data),
            pauses=webhook_pauses,
            anywhere=webhooks_anywhere,
        )
        context = ActionContext(self._adapter, lambda: self._state, self.reset, self.settle_cards)
        self._page = PageServer(context, listens_at=host, exports=self._exports) if page else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Sandbox {self._ports.where}, {len(self._state.customers)} customers>"

    async def start(self) -> None:
        """Listen on both ports.

        Raises:
            RuntimeError: The sandbox is running already.
            OSError: A port is in use, or the address is not one of this computer.
            StateFileError: The file for the state is none, or another process has it.
        """
        if self._ports.are_open:
            raise RuntimeError("the sandbox is running already")
        self._adapter.open()
        try:
            if self._background.start(self._state):
                self._state.keys.add(self.api_key, grp_enabled=self._grp_enabled)
            await self._ports.open(self._answer)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop at once: waiting requests are cut off, nothing stays behind. The state is kept."""
        self._adapter.close()
        await self._ports.close()
        await self._background.close()

    @property
    def url(self) -> str:
        """The base URL of the standard host.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        return self._ports.url_of(Host.API)

    @property
    def secure_url(self) -> str:
        """The base URL of the secure host.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        return self._ports.url_of(Host.SECURE)

    @property
    def page_url(self) -> str:
        """The address of the page that shows what is going on, for a browser on this computer.

        Raises:
            RuntimeError: The sandbox is not running, or was made without the page.
        """
        if self._page is None:
            raise RuntimeError("this sandbox has no page: make it with `page=True`")
        return self.url + ROOT

    @property
    def state(self) -> State:
        """What the sandbox remembers now; `reset` begins a new one."""
        return self._state

    @property
    def faults(self) -> Faults:
        """Where to order faults."""
        return self._adapter.faults

    @property
    def deliveries(self) -> DeliveryFaults:
        """Where to order that events arrive twice, late, in another order, or unheard."""
        return self._background.messenger.faults

    @property
    def requests(self) -> Sequence[LoggedRequest]:
        """The latest requests, oldest first."""
        return self._log

    @property
    def crashes(self) -> Sequence[Exception]:
        """Mistakes of the sandbox itself up to now, each of which was answered with a 500."""
        return [*self._adapter.crashes]

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

    def add_customer(self, fields: Mapping[str, Json] | None = None) -> Document:
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
    ) -> Document:
        """Store an enabled webhook and return it, its signing key included.

        Args:
            url: Where its events go to.
            events: The names of the events; None makes it the default webhook, which gets all those
                that no other one wants.
            signing_key: What signs the events; None for one made from the seed.

        Raises:
            TypeError: The events are one text, not a list.
        """
        return plant(self._state, url, events, signing_key)

    def reset(self) -> None:
        """Go back to the beginning: customers, keys and ids as seeded, no faults, an empty log."""
        self._seed_state()
        self._adapter.api = Api(self._state)
        self._adapter.faults.clear()
        self._adapter.crashes.clear()
        self._log.clear()
        self._background.replace(self._state)

    def settle_cards(self) -> None:
        """Settle all approved purchases with cards now, without waiting for their moment."""
        settle_all(self._state)
        self._background.changed()

    async def deliver(self) -> None:
        """Wait until every event that is to be sent has been sent, or has been given up."""
        await self._background.messenger.settle()

    async def _answer(self, host: Host, request: web.BaseRequest) -> web.StreamResponse:
        if host is Host.API and self._page is not None and self._page.serves(request):
            return await self._page.handle(request)
        if host is Host.API and request.method == "GET" and request.path == "/openapi.json":
            return web.Response(body=self._description(), headers={"Content-Type": JSON_TYPE})
        return await self._adapter.handle(host, request)

    def _description(self) -> bytes:
        from allawee_async.openapi import document  # noqa: PLC0415 - only this needs the client

        return to_bytes(document(base_url=self.url, secure_url=self.secure_url))

    def _exports(self) -> list[str]:
        key = self.api_key if self.api_key in self._state.keys else ""
        return exports(self.url, self.secure_url, key)

    def _seed_state(self) -> None:
        self._state = State(clock=self._clock, ids=IdSource(f"ids {self._seed}"))
        self._state.keys.add(self.api_key, grp_enabled=self._grp_enabled)
        seed_all(self._state, self._customers, self._seed)


@contextmanager
def running_in_a_thread(**options: Any) -> Generator[Sandbox]:
    """Return a running sandbox that answers while the block lasts, whatever the block does.

    Args:
        options: The arguments of `Sandbox`.
    """
    sandbox = Sandbox(**options)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="allawee sandbox", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result()
        yield sandbox
    finally:
        asyncio.run_coroutine_threadsafe(sandbox.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
