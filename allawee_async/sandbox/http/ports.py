"""The ports of a sandbox: each host of the API listens on one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from aiohttp import web

from allawee_async.sandbox.api.routing import Host
from allawee_async.sandbox.rules.values import MAX_URL

RequestHandler: TypeAlias = "Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]"

_TURNS_TO_ACCEPT = 3
_CLOSING_SECONDS = 0.1

_HERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it names them
"""Where what listens everywhere is reached from this computer."""


class Ports:
    """The ports of both hosts, while they are open.

    Args:
        address: The address to listen on.
        wanted: Port of each host; 0 for any that is free.
    """

    def __init__(self, address: str, wanted: Mapping[Host, int]) -> None:
        self._address = address
        self._wanted = wanted
        self._bound: dict[Host, int] = {}
        self._runners: list[web.ServerRunner] = []

    @property
    def are_open(self) -> bool:
        """Whether anything listens, or is about to."""
        return bool(self._runners)

    @property
    def where(self) -> str:
        """The base URL of the standard host in words, also while there is none."""
        return self.url_of(Host.API) if Host.API in self._bound else "not started"

    def url_of(self, host: Host) -> str:
        """Return the base URL of a host.

        Raises:
            RuntimeError: It does not listen.
        """
        if host not in self._bound:
            raise RuntimeError("the sandbox is not running: use `async with` or `start()`")
        address = _HERE.get(self._address, self._address)
        name = f"[{address}]" if ":" in address else address
        return f"http://{name}:{self._bound[host]}"

    async def open(self, answerers: Mapping[Host, RequestHandler]) -> None:
        """Listen, and let each host answer its requests. After an error, `close` is needed too.

        Raises:
            OSError: A port is in use, or the address is not one of this computer.
        """
        for host in Host:
            self._bound[host] = await self._listen(answerers[host], self._wanted[host])

    async def close(self) -> None:
        """Stop at once, and leave nothing behind."""
        runners, self._runners = self._runners, []
        self._bound = {}
        # A connection that is being accepted needs two turns of the loop until it can be closed.
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        for runner in runners:
            await runner.cleanup()

    async def _listen(self, answer: RequestHandler, port: int) -> int:
        # The door reads bodies to their end; aiohttp's own lingering would outlive `close`.
        server = web.Server(answer, access_log=None, lingering_time=0, max_line_size=MAX_URL)
        runner = web.ServerRunner(server, shutdown_timeout=_CLOSING_SECONDS)
        self._runners.append(runner)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._address, port).start()
        except OSError as error:
            reason = f"the sandbox cannot listen on {self._address}:{port} ({error.strerror})"
            raise OSError(error.errno, reason) from error
        bound: int = runner.addresses[0][1]
        return bound
