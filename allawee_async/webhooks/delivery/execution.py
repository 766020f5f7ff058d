"""The handlers of one delivery at work: in a task of their own, while their claim is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.webhooks.decisions import Approve, Decline
from allawee_async.webhooks.delivery.claiming import RENEWALS
from allawee_async.webhooks.delivery.handlers import call
from allawee_async.webhooks.delivery.stats import log, shown
from allawee_async.webhooks.responses import checked_decision
from allawee_async.webhooks.stores.base import ClaimLostError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from concurrent.futures import Future

    from allawee_async.webhooks.decisions import Decision
    from allawee_async.webhooks.delivery.handlers import Chain, Handler, Workers
    from allawee_async.webhooks.events import Event
    from allawee_async.webhooks.stores.base import Claim

TO_CLOSE: Final = 5.0
"""Seconds that tasks get to end by themselves, and again when they are cancelled."""


class BackgroundTasks:
    """Holds tasks until they end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def keep(self, task: asyncio.Task[object]) -> None:
        """Hold a task."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def start(self, work: Coroutine[object, object, object]) -> None:
        """Do something that nobody waits for."""
        self.keep(asyncio.get_running_loop().create_task(work))

    async def close(self, patience: float = TO_CLOSE) -> None:
        """Wait for the tasks of the running loop; cancel those that do not end in time."""
        if tasks := self._here():
            await asyncio.wait(tasks, timeout=patience)
        if tasks := self._here():
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=patience)

    def _here(self) -> set[asyncio.Task[object]]:
        loop = asyncio.get_running_loop()
        return {task for task in self._tasks if task.get_loop() is loop}

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # so that it counts as seen: what matters is in the log


FAILURES: Final = (Exception, asyncio.CancelledError)
"""What a handler may raise; all else ends the program."""

TO_STOP: Final = 1.0
"""Seconds that handlers get to end when they are cancelled, where nothing is waiting for them."""


@attrs.frozen
class Failure:
    """A handler that raised, or answered what cannot be sent."""

    handler: str
    error: BaseException


class HandlerRun:
    """The handlers of one delivery.

    Args:
        event: The event that they get.
        claim: The right to handle it.
        chain: The handlers.
        request: The request that a handler may want.
        workers: Where handlers run that are not async.

    Attributes:
        task: In which they run; it raises nothing.
        failures: The handlers that failed so far.
        decision: What was decided so far.
        decided_at: When that was, by the loop's clock.
        is_lost: Whether somebody else has taken over the claim.
        was_last: Whether the handler that was called last was the last one of the event.
    """

    def __init__(
        self, event: Event, claim: Claim, chain: Chain, request: object, workers: Workers
    ) -> None:
        self.event = event
        self.claim = claim
        self.failures: list[Failure] = []
        self.decision: Decision | None = None
        self.decided_at = 0.0
        self.is_lost = False
        self._chain = chain
        self._extras = {"request": request, "claim": claim}
        self._workers = workers
        self._is_abandoned = False
        self.was_last = False
        self._thread: Future[object] | None = None
        self.task = asyncio.get_running_loop().create_task(
            self._decide() if event.wants_decision else self._handle()
        )

    @property
    def has_succeeded(self) -> bool:
        """Whether the event is done: decided upon, or handled by all of them."""
        if self.event.wants_decision:
            return self.decision is not None
        return self.task.done() and not self.was_stopped and not self.failures

    @property
    def crash(self) -> BaseException | None:
        """What has ended them that no handler should raise: no `Exception`."""
        ended = self.task.done() and not self.task.cancelled()
        return self.task.exception() if ended else None

    @property
    def was_stopped(self) -> bool:
        """Whether they were ended before their end: cancelled, or by a crash."""
        return self.task.cancelled() or self.crash is not None

    @property
    def running_thread(self) -> Future[object] | None:
        """The thread of a handler that still runs; it cannot be stopped."""
        return self._thread if self._thread is not None and self._thread.running() else None

    @property
    def is_over(self) -> bool:
        """Whether nothing of them runs any more, not even in a thread."""
        return self.task.done() and self.running_thread is None

    async def wait(
        self, until: float, lease: float, renew: Callable[[Claim, float], Awaitable[bool]]
    ) -> None:
        """Wait until they have ended, the time is over, or the claim is lost.

        Args:
            until: The end of the time, by the loop's clock.
            lease: Seconds for which the claim holds; it is renewed three times as often.
            renew: Renews the claim, if it can until then; False if it is lost.
        """
        loop = asyncio.get_running_loop()
        while True:
            left = until - loop.time()
            await asyncio.wait({self.task}, timeout=max(0.0, min(left, lease / RENEWALS)))
            if self.task.done() or loop.time() >= until:
                return
            if not await renew(self.claim, until):
                self.is_lost = True
                return

    def abandon(self) -> None:
        """Cancel them, and do not wait; the log tells if they fail after that."""
        self._is_abandoned = True
        self.task.cancel()
        if self._thread is not None:
            self._thread.add_done_callback(self._thread_ended)

    async def stop(self) -> None:
        """Cancel them, and wait a moment until they end."""
        self.task.cancel()
        await asyncio.wait({self.task}, timeout=TO_STOP)

    async def _handle(self) -> None:
        """Run the handlers until one fails: the event will be sent again, to all of them."""
        handlers = (*self._chain.named, *self._chain.others)
        for handler in handlers:
            self.was_last = handler is handlers[-1]
            try:
                await self._call(handler)
            except FAILURES as error:
                self._failed(handler, error)
                return

    async def _decide(self) -> None:
        """Run all handlers; the answer of the named one counts, or the first of the others."""
        for handler in self._chain.named:
            try:
                self._take(checked_decision(self.event, await self._call(handler), handler.name))
            except FAILURES as error:
                self._failed(handler, error)
        may_decide = not self._chain.named
        for handler in self._chain.others:
            try:
                answer = await self._call(handler)
                if may_decide and self.decision is None and isinstance(answer, Approve | Decline):
                    self._take(checked_decision(self.event, answer, handler.name))
            except FAILURES as error:
                self._failed(handler, error)

    def _take(self, decision: Decision) -> None:
        self.decision = decision
        self.decided_at = asyncio.get_running_loop().time()

    async def _call(self, handler: Handler) -> object:
        return await call(handler, self.event, self._extras, self._start)

    def _start(self, function: Callable[[], object]) -> Future[object]:
        self._thread = self._workers.start(function)
        return self._thread

    def _failed(self, handler: Handler, error: BaseException) -> None:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise error  # it is we who are cancelled, and not something that the handler awaits
        if self._is_abandoned:
            _log_late(self.event, error)
        self.failures.append(Failure(handler.name, error))

    def _thread_ended(self, thread: Future[object]) -> None:
        error = None if thread.cancelled() else thread.exception()
        if error is not None:
            _log_late(self.event, error)


def _log_late(event: Event, error: BaseException) -> None:
    if isinstance(error, ClaimLostError):
        log.info("%s: a handler that was too late has had no effect: %s", shown(event), error)
    else:
        log.warning("%s: a handler raised after its time", shown(event), exc_info=error)
