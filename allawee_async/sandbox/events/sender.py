"""One event, sent once over HTTP: what the sandbox's messenger has carried."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address

import aiohttp
from yarl import URL

from allawee_async.sandbox.events.queue import DeliveryAttempt, OutgoingEvent

_AT_ONCE = 64
_READ_OF_AN_ANSWER = 64 * 1024
_NOT_HERE = "the sandbox sends events to addresses of this computer only"


class EventSender:
    """Takes events to webhooks and brings back what they answer.

    Args:
        anywhere: Whether events may leave this computer.
    """

    def __init__(self, *, anywhere: bool) -> None:
        self._anywhere = anywhere
        self._session: aiohttp.ClientSession | None = None
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def close(self) -> None:
        """Close the connections; the next event opens new ones."""
        session, self._session = self._session, None
        self._room = asyncio.Semaphore(_AT_ONCE)  # the next loop needs one of its own
        if session is not None:
            await session.close()

    async def post(
        self, outgoing: OutgoingEvent, deadline: float, *, is_last: bool
    ) -> DeliveryAttempt:
        """Send an event and wait so many seconds for the answer; the waiting for room is extra."""
        if not self._anywhere and not is_of_this_computer(outgoing.url):
            return DeliveryAttempt(None, 0, error=_NOT_HERE, final=True, is_late=False)
        headers = {"Content-Type": "application/json", "Allawee-Signature": outgoing.signature}
        async with self._room:
            started = time.monotonic()
            try:
                async with (
                    asyncio.timeout(deadline),
                    self._opened().post(
                        outgoing.url, data=outgoing.body, headers=headers, allow_redirects=False
                    ) as reply,
                ):
                    body = await _read_some(reply)
            except TimeoutError:
                return too_late(outgoing, time.monotonic() - started, is_last=is_last)
            except (aiohttp.ClientError, OSError, ValueError) as failure:
                error, passed = str(failure) or type(failure).__name__, _passed(started)
                return DeliveryAttempt(None, passed, error=error, final=is_last, is_late=False)
            return DeliveryAttempt(reply.status, _passed(started), body, final=is_last)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "allawee-sandbox"},
            )
        return self._session


def is_of_this_computer(url: str) -> bool:
    """Return whether a URL is of a loopback address, or of `localhost`."""
    try:
        host = URL(url).raw_host or ""  # as aiohttp reads it, so that nobody slips through between
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def too_late(outgoing: OutgoingEvent, seconds: float, *, is_last: bool = True) -> DeliveryAttempt:
    """Return what came of an event that nobody answered for so many seconds."""
    error = f"no answer within {outgoing.deadline:g} s"
    return DeliveryAttempt(None, int(seconds * 1000), error=error, final=is_last)


async def _read_some(reply: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in reply.content.iter_any():
        body += chunk
        if len(body) >= _READ_OF_AN_ANSWER:
            break
    return bytes(body[:_READ_OF_AN_ANSWER])


def _passed(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
