"""The messenger: sends events to webhooks over HTTP, runs due jobs, waits for decisions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs

from allawee_async.sandbox.api.messages import ApiResponse
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.events import queue
from allawee_async.sandbox.events.queue import DeliveryAttempt, OutgoingEvent
from allawee_async.sandbox.events.sender import EventSender, too_late
from allawee_async.sandbox.faults.deliveries import DeliveryFaults

_SHORTEST_REST, _LONGEST_REST = 0.01, 1.0
_LONGEST_WAIT, _LOOKED_AGAIN_AFTER = 30.0, 0.1
_HELD = "held back, as ordered"
_LOST = "the answer was lost, as ordered"


@attrs.frozen
class _Turn:
    """When an event is sent that has its place in an order: after one, and before another."""

    before: asyncio.Event | None = None
    over: asyncio.Event = attrs.Factory(asyncio.Event)


class Messenger:
    """Sends what is in the outbox of a state, until it is answered with 200.

    Args:
        pauses: Seconds between the attempts.
        anywhere: Whether events may leave this computer.
        hear: Called with the id of an event and with what came of sending it once.
        run_due: Runs the jobs that are due.

    Attributes:
        faults: Where to order faults.
    """

    def __init__(
        self,
        *,
        pauses: Sequence[float],
        anywhere: bool,
        hear: Callable[[str, DeliveryAttempt], None],
        run_due: Callable[[], object],
    ) -> None:
        self.faults = DeliveryFaults(self._send_in_order)
        self._pauses = tuple(pauses)
        self._hear = hear
        self._run_due = run_due
        self._state: State | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._called = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._deliveries: dict[str, asyncio.Task[None]] = {}
        self._sender = EventSender(anywhere=anywhere)

    def start(self, state: State) -> None:
        """Begin to work for a state, in the loop that is running."""
        self._loop = asyncio.get_running_loop()
        self._called = asyncio.Event()
        self._state = state

    def replace(self, state: State) -> None:
        """Work for another state, and drop what was to be done for the one before."""
        self.faults.forget()
        if self._loop is not None:
            for task in self._drop():
                self._loop.call_soon_threadsafe(task.cancel)
        self._state = state

    def call(self) -> None:
        """Tell, from any thread, that there may be something to do."""
        state, loop = self._state, self._loop
        if state is not None and loop is not None and (state.outbox or len(state.scheduler)):
            loop.call_soon_threadsafe(self._wake, state)

    async def close(self) -> None:
        """Stop at once, and leave nothing behind."""
        dropped = self._drop()
        self._state, self._loop = None, None
        for task in dropped:
            task.cancel()
        await asyncio.gather(*dropped, return_exceptions=True)
        await self._sender.close()

    async def settle(self) -> None:
        """Wait, in any loop, until every event in the outbox has been sent or given up."""
        if self._loop is not None:  # a sandbox in a thread has one of its own
            settled = asyncio.run_coroutine_threadsafe(self._settle(), self._loop)
            await asyncio.wrap_future(settled)

    async def _settle(self) -> None:
        while self._state is not None and (self._state.outbox or self._deliveries):
            self._wake(self._state)
            await asyncio.sleep(0)
            if self._deliveries:
                await asyncio.wait(self._deliveries.values())

    def _drop(self) -> list[asyncio.Task[None]]:
        tasks = [*self._deliveries.values()] + ([] if self._work is None else [self._work])
        self._work, self._deliveries = None, {}
        return tasks

    def _wake(self, state: State) -> None:
        if state is not self._state:
            return
        self._called.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._go_on(state), name="sandbox messenger")

    async def _go_on(self, state: State) -> None:
        """Do what there is to do, and end when nothing is left to wait for."""
        while state.outbox or len(state.scheduler):
            self._called.clear()
            self._run_due()
            outbox, state.outbox = state.outbox, []
            for event in outbox:
                self._send(state, event, _Turn())
            await self._rest(state)

    async def _rest(self, state: State) -> None:
        """Wait for a call, or until the next job is due, as far as real time tells."""
        due = state.scheduler.next_due()
        if due is None:
            return
        left = (due - state.clock()).total_seconds()
        rest = min(max(left, _SHORTEST_REST), _LONGEST_REST)
        with suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await self._called.wait()

    def _send_in_order(self, ids: Sequence[str]) -> None:
        """Send events one after the other; may be called from any thread."""
        state, loop = self._state, self._loop
        if state is None or loop is None or not ids:
            return

        def send() -> None:
            turn = _Turn()
            for event in ids if state is self._state else ():
                self._send(state, event, turn)
                turn = _Turn(turn.over)

        loop.call_soon_threadsafe(send)

    def _send(self, state: State, id: str, turn: _Turn) -> None:
        """Begin to send an event; an earlier delivery of the same one is given up."""
        before = self._deliveries.pop(id, None)
        if before is not None:
            before.cancel()
        name = f"sandbox event {id}"
        self._deliveries[id] = asyncio.create_task(self._deliver(state, id, turn), name=name)

    async def _deliver(self, state: State, id: str, turn: _Turn) -> None:
        try:
            if turn.before is not None:
                await turn.before.wait()
            pauses = iter(self._pauses)
            while (outgoing := queue.to_send(state, id)) is not None:
                pause = None if outgoing.once else next(pauses, None)
                is_over = await self._try(outgoing, is_last=pause is None)
                turn.over.set()
                if is_over or pause is None:
                    return
                await asyncio.sleep(pause)
        finally:
            turn.over.set()
            if self._deliveries.get(id) is asyncio.current_task():
                del self._deliveries[id]

    async def _try(self, outgoing: OutgoingEvent, *, is_last: bool) -> bool:
        """Send an event once, with the faults that are ordered; return whether that is the end."""
        sending = outgoing.sending
        applied = self.faults.apply(sending)
        if applied.is_held:
            if sending.is_question:
                self._hear(sending.id, DeliveryAttempt(None, 0, error=_HELD, final=True))
            return True
        left = await self._wait(outgoing, applied.delay) if applied.delay else outgoing.deadline
        sent = (
            self._sender.post(outgoing, left, is_last=is_last) for _ in range(1 + applied.copies)
        )
        attempt, *_ = await asyncio.gather(*sent)
        if applied.loses_answer and attempt.status is not None:
            attempt = attrs.evolve(attempt, status=None, body=b"", error=_LOST)
        self._hear(sending.id, attempt)
        return attempt.status == 200 or attempt.final

    async def _wait(self, outgoing: OutgoingEvent, delay: float) -> float:
        """Wait as long as an event is delayed; return the seconds that are left for its answer."""
        deadline = outgoing.deadline
        if not outgoing.sending.is_question:
            await asyncio.sleep(delay)
            return deadline
        await asyncio.sleep(min(delay, deadline))
        if delay < deadline:
            return deadline - delay
        self._hear(outgoing.sending.id, too_late(outgoing, deadline))
        await asyncio.sleep(delay - deadline)
        return deadline


class PendingAnswers:
    """Lets answers wait, and is told whenever a webhook has answered or did not in time."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Say that something was heard."""
        self._told.set()

    async def final(self, reply: ApiResponse, is_over: Callable[[], bool]) -> ApiResponse:
        """Return an answer as it is once everybody has decided.

        Args:
            reply: The answer as it is now.
            is_over: Returns whether nobody will be heard any more: then it stays as it is.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_WAIT):
                while reply.later is not None and not is_over():
                    self._told.clear()
                    with suppress(TimeoutError):  # nobody tells of a reset
                        async with asyncio.timeout(_LOOKED_AGAIN_AFTER):
                            await self._told.wait()
                    reply = reply.later()
        return reply
