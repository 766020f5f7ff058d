"""Where the customers of the demonstration come from: a sandbox, or the real API."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Final

from allawee_async.cli.access.connection import open_client
from allawee_async.cli.access.credentials import KINDS, NoKeyError, host_of, kind_of
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import UsageError
from allawee_async.cli.wording import counted
from allawee_async.transport.retry import RetryPolicy

if TYPE_CHECKING:
    from allawee_async.cli.demo.walking import Walk
    from allawee_async.client import AllaweeClient
    from allawee_async.sandbox import Sandbox
    from allawee_async.transport.request import RetryEvent

    OnRetry = Callable[[RetryEvent], object]

_SHARE_OF_FAULTS: Final = 0.2
_KINDS_OF_FAULTS: Final = ("429", "503", "reset", "cut-body", "cut-json")
_PATIENCE: Final = RetryPolicy(attempts=6, base_delay=0.05, max_delay=0.4)
_WAITED_IN_ALL: Final = 2.0
_LONGEST_LATENCY: Final = 0.04


class SandboxSource:
    """A sandbox of one's own, in this process.

    Args:
        customers: How many customers it has.
        seed: What its customers and faults are made from.
        page_size: Customers on a page; the more pages, the shorter the latency of each.
        faults: Whether requests fail now and then, and take a while.
    """

    def __init__(self, *, customers: int, seed: int, page_size: int, faults: bool) -> None:
        from allawee_async.sandbox import Sandbox

        self._sandbox: Sandbox = Sandbox(customers=customers, seed=seed)
        self._seed = seed
        self._faults = faults
        if faults:
            longest = min(_LONGEST_LATENCY, _WAITED_IN_ALL * page_size / max(1, customers))
            # Latency needs to be repeatable, not unpredictable.
            chance = Random(seed)  # noqa: S311
            self._sandbox.faults.latency(lambda: longest * chance.uniform(0.5, 1.0))
            self._sandbox.faults.random(_SHARE_OF_FAULTS, seed, kinds=_KINDS_OF_FAULTS)

    @asynccontextmanager
    async def open(self, on_retry: OnRetry) -> AsyncGenerator[AllaweeClient, None]:
        """Start the sandbox, and return a client that is patient with it."""
        async with (
            self._sandbox as sandbox,
            sandbox.client(retry=_PATIENCE, on_retry=on_retry) as client,
        ):
            yield client

    def headline(self) -> str:
        """Say what is walked, with which kind of key; asked while it is open."""
        return f"Sandbox at {self._sandbox.url} with a {KINDS[kind_of(self._sandbox.api_key)]}"

    def details(self) -> str:
        """Say what to expect of it, in a line."""
        faults = "some requests fail" if self._faults else "no faults"
        customers = counted(len(self._sandbox.state.customers), "customer")
        return f"{customers}, seed {self._seed}, {faults}"

    def objection(self, walk: Walk, max_items: int | None) -> str | None:
        """Return what is wrong with a walk that has ended, or None."""
        known = self._sandbox.state.customers
        wanted = len(known) if max_items is None else min(max_items, len(known))
        strangers = sum(found not in known for found in walk.ids)
        if walk.repeated:
            return f"{walk.repeated:,} of {walk.count:,} customers came more than once"
        if strangers:
            return f"{counted(strangers, 'customer')} came that the sandbox does not have"
        if walk.count != wanted:
            return f"{counted(walk.count, 'customer')} came, and {wanted:,} should have"
        return None

    def praise(self, walk: Walk) -> str:
        """Say what was checked, of a walk without objection."""
        known = len(self._sandbox.state.customers)
        if walk.count == known == 1:
            return "the sandbox's only customer came exactly once"
        if walk.count == known:
            return f"each of the sandbox's {known:,} customers came exactly once"
        return f"stopped after {walk.count:,} of {counted(known, 'customer')}; none came twice"


class LiveSource:
    """The real API, with the key of the environment; it is only read.

    Raises:
        CommandError: There is no key, or it cannot be read.
        ConfigurationError: The key or a host cannot be one.
    """

    def __init__(self) -> None:
        self._connection = ConnectionOptions()
        try:
            self._key = self._connection.key.key
        except NoKeyError:
            raise UsageError(
                "no API key; set ALLAWEE_API_KEY or run `allawee login`, "
                "or leave out --live to walk a sandbox"
            ) from None
        self._url = host_of(None, os.environ)

    @asynccontextmanager
    async def open(self, on_retry: OnRetry) -> AsyncGenerator[AllaweeClient, None]:
        """Return a client with the retries that a program gets by default."""
        async with open_client(self._connection, on_retry=on_retry) as client:
            yield client

    def headline(self) -> str:
        """Say what is walked, with which kind of key; asked while it is open."""
        return f"Allawee at {self._url} with a {KINDS[kind_of(self._key)]}"

    def details(self) -> str:
        """Say what to expect of it, in a line."""
        return "only read, nothing is changed"

    def objection(self, walk: Walk, max_items: int | None) -> str | None:  # noqa: ARG002
        """Return what is wrong with a walk that has ended, or None."""
        return (
            f"{counted(walk.repeated, 'customer')} came more than once" if walk.repeated else None
        )

    def praise(self, walk: Walk) -> str:
        """Say what was checked, of a walk without objection."""
        told = "" if walk.total is None else f"; the API counts {walk.total:,}"
        return f"{counted(walk.count, 'customer')} came, none of them twice{told}"
