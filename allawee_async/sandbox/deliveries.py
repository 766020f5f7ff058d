"""The messenger: sends events to webhooks over HTTP, and sees to jobs whose time has come."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from allawee_async.sandbox import outbox
from allawee_async.sandbox.outbox import Attempt, Letter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from allawee_async.sandbox.state import State

PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds between the attempts to send an event; after the last one it has failed."""

_AT_ONCE = 16
_READ_OF_AN_ANSWER = 64 * 1024
_SHORTEST_NAP, _LONGEST_NAP = 0.01, 1.0
_NOT_HERE = "the sandbox sends events to addresses of this computer only"


class Messenger:
    """Sends what is in the outbox of a state, until it is answered with 200.

    Args:
        pauses: Seconds between the attempts.
        anywhere: Whether events may leave this computer.
        hear: Called with the id of an event and with what came of sending it once.
        run_due: Runs the jobs that are due.
    """

    def __init__(
        self,
        *,
        pauses: Sequence[float],
        anywhere: bool,
        hear: Callable[[str, Attempt], None],
        run_due: Callable[[], object],
    ) -> None:
        self._pauses = tuple(pauses)
        self._anywhere = anywhere
        self._hear = hear
        self._run_due = run_due
        self._state: State | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._called = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._errands: dict[str, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._room = asyncio.Semaphore(_AT_ONCE)

    def start(self, state: State) -> None:
        """Begin to work for a state, in the loop that is running."""
        self._loop = asyncio.get_running_loop()
        self._called = asyncio.Event()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._state = state

    def replace(self, state: State) -> None:
        """Work for another state, and drop what was to be done for the one before."""
        if self._loop is not None:
            for task in self._drop():
                self._loop.call_soon_threadsafe(task.cancel)
        self._state = state

    def call(self) -> None:
        """Tell, from any thread, that there may be something to do."""
        state, loop = self._state, self._loop
        if state is not None and loop is not None and (state.outbox or len(state.agenda)):
            loop.call_soon_threadsafe(self._wake, state)

    async def close(self) -> None:
        """Stop at once, and leave nothing behind."""
        dropped = self._drop()
        self._state, self._loop = None, None
        for task in dropped:
            task.cancel()
        await asyncio.gather(*dropped, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def settle(self) -> None:
        """Wait, in any loop, until every event in the outbox has been sent or given up."""
        loop = self._loop
        if loop is None or loop is asyncio.get_running_loop():
            await self._settle()
        else:  # a sandbox in a thread of its own
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._settle(), loop))

    async def _settle(self) -> None:
        while self._state is not None and (self._state.outbox or self._errands):
            self._wake(self._state)
            await asyncio.sleep(0)
            if self._errands:
                await asyncio.wait(self._errands.values())

    def _drop(self) -> list[asyncio.Task[None]]:
        tasks = [*self._errands.values()] + ([] if self._work is None else [self._work])
        self._work, self._errands = None, {}
        return tasks

    def _wake(self, state: State) -> None:
        if state is not self._state:
            return
        self._called.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._go_on(state), name="sandbox messenger")

    async def _go_on(self, state: State) -> None:
        """Do what there is to do, and end when nothing is left to wait for."""
        while state.outbox or len(state.agenda):
            self._called.clear()
            self._run_due()
            for event in outbox.take(state):
                self._send(state, event)
            await self._rest(state)

    async def _rest(self, state: State) -> None:
        """Wait for a call, or until the next job is due, as far as real time tells."""
        due = state.agenda.next_due()
        if due is None:
            return
        left = (due - state.moment()).total_seconds()
        nap = min(max(left, _SHORTEST_NAP), _LONGEST_NAP)
        try:
            async with asyncio.timeout(nap):
                await self._called.wait()
        except TimeoutError:
            return

    def _send(self, state: State, id: str) -> None:
        """Begin to send an event; an earlier errand for the same one is given up."""
        before = self._errands.pop(id, None)
        if before is not None:
            before.cancel()
        errand = asyncio.create_task(self._deliver(state, id), name=f"sandbox event {id}")
        self._errands[id] = errand
        errand.add_done_callback(lambda done: self._end(id, done))

    def _end(self, id: str, done: asyncio.Task[None]) -> None:
        if self._errands.get(id) is done:
            del self._errands[id]

    async def _deliver(self, state: State, id: str) -> None:
        for pause in (*self._pauses, None):
            letter = outbox.letter(state, id)
            if letter is None:
                return
            attempt = await self._post(letter, is_last=letter.once or pause is None)
            self._hear(id, attempt)
            if attempt.status == 200 or attempt.final or pause is None:
                return
            await asyncio.sleep(pause)

    async def _post(self, letter: Letter, *, is_last: bool) -> Attempt:
        if not self._anywhere and not is_of_this_computer(letter.url):
            return Attempt(None, 0, error=_NOT_HERE, final=True)
        headers = {"Content-Type": "application/json", "Allawee-Signature": letter.signature}
        loop = asyncio.get_running_loop()
        async with self._room:
            started = loop.time()
            try:
                async with (
                    asyncio.timeout(letter.deadline),
                    self._opened().post(
                        letter.url, data=letter.body, headers=headers, allow_redirects=False
                    ) as reply,
                ):
                    body = await _read_some(reply)
            except TimeoutError:
                error = f"no answer within {letter.deadline:g} s"
                return Attempt(None, _since(started, loop), error=error, final=is_last)
            except (aiohttp.ClientError, OSError, ValueError) as failure:
                error = str(failure) or type(failure).__name__
                return Attempt(None, _since(started, loop), error=error, final=is_last)
            return Attempt(reply.status, _since(started, loop), body, final=is_last)

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


async def _read_some(reply: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in reply.content.iter_any():
        body += chunk
        if len(body) >= _READ_OF_AN_ANSWER:
            break
    return bytes(body[:_READ_OF_AN_ANSWER])


def _since(started: float, loop: asyncio.AbstractEventLoop) -> int:
    return int((loop.time() - started) * 1000)
