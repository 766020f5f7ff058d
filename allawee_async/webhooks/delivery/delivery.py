"""One delivery, from the claim to the answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks import events, responses
from allawee_async.webhooks.delivery import handlers
from allawee_async.webhooks.delivery.handlers import BackgroundTasks, Handlers, Workers
from allawee_async.webhooks.delivery.stats import Incident, IncidentKind, Reporter, log, shown
from allawee_async.webhooks.responses import WebhookReply
from allawee_async.webhooks.stores import base
from allawee_async.webhooks.stores.base import Busy, Claim, Done

T = TypeVar("T")

_DEFAULT_GOES = "the default decision goes out"
_SENT_AGAIN = "Allawee is to send it again"


PATIENCE: Final = 10.0
"""Seconds for the store, and for whoever else is handling the event, outside of decisions."""

_RENEWALS: Final = 3
"""How often a claim is renewed in the time of one lease."""

_SPARE: Final = 0.2
"""Seconds by which it may take longer to hear of somebody else's answer."""

_LAST_LOOK: Final = 0.25
"""The share of the spare time after which the last look comes; it has the rest to arrive."""

_LAST_SHARE: Final = 0.2
"""The share of the margin that is left for the answer's way out."""

_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.1
_GROWTH: Final = 1.5

_WATCH_EVERY: Final = 60.0
"""Seconds between two looks at whether the store has kept what it was told."""


def _store(_: object, __: object, store: Any) -> None:
    if isinstance(store, type) or not isinstance(store, base.Store):
        raise ConfigurationError(
            "store must be a MemoryStore(), a SQLiteStore(path), a RedisStore(url), or a Store "
            "of your own"
        )


@attrs.define(kw_only=True)
class DeliveryContext:
    """What all deliveries of a dispatcher share; see `WebhookDispatcher` for the options.

    Raises:
        ConfigurationError: A value makes no sense.
    """

    store: base.Store = attrs.field(validator=_store)
    default: responses.DefaultDecision
    request_deadline: float
    update_deadline: float
    margin: float
    event_timeout: float
    lease: float
    sync_workers: int
    max_body: int
    reporter: Reporter
    handlers: Handlers = attrs.field(factory=Handlers, init=False)
    background: BackgroundTasks = attrs.field(factory=BackgroundTasks, init=False)
    workers: Workers = attrs.field(init=False)
    _look_at: float = attrs.field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        """Refuse what makes no sense."""
        for name in ("request_deadline", "update_deadline", "event_timeout", "lease"):
            base.checked_seconds(name, getattr(self, name))
        for name in ("sync_workers", "max_body"):
            base.checked_count(name, getattr(self, name))
        margin = 0.0 if self.margin == 0 else base.checked_seconds("margin", self.margin)
        if margin >= min(self.request_deadline, self.update_deadline):
            raise ConfigurationError(
                "margin must be shorter than both deadlines, or no time is left to decide"
            )
        self.workers = Workers(self.sync_workers)

    def for_decision(self, event: events.Event, arrived: float) -> tuple[float, float]:
        """Return until when handlers may decide, and until when the answer must be ready."""
        is_update = isinstance(event, events.CardAuthorizationUpdate)
        deadline = arrived + (self.update_deadline if is_update else self.request_deadline)
        return deadline - self.margin, deadline - self.margin * _LAST_SHARE

    def is_time_to_look(self) -> bool:
        """Return, once a minute, that it is time to ask the store for its `trouble`."""
        now = time.monotonic()
        is_time = now >= self._look_at
        if is_time:
            self._look_at = now + _WATCH_EVERY
        return is_time


@attrs.frozen
class Delivery:
    """A delivery of an event.

    Attributes:
        context: What all deliveries share.
        event: The event.
        chain: Its handlers.
        arrived: When the first byte came, by the loop's clock.
        request: The request that a handler may want.
    """

    context: DeliveryContext
    event: events.Event
    chain: handlers.Chain
    arrived: float
    request: object

    async def answer(self) -> WebhookReply:
        """Return what to answer; never later than the deadline of a decision."""
        if not self.event.wants_decision:
            return await self._handled() if any(self.chain) else self._nobody()
        default = self.context.default.reply_to(self.event)
        reply = await self._decided(default) if any(self.chain) else self._nobody(default)
        if reply is default:
            self.context.reporter.default_sent()
        return reply

    def _nobody(self, reply: WebhookReply = responses.DONE) -> WebhookReply:
        self.context.reporter.stats.unhandled += 1
        if self.event.wants_decision:
            self._tell("unhandled", f"no handler is registered, so {_DEFAULT_GOES}")
        return reply

    async def _handled(self) -> WebhookReply:
        """Run the handlers of an event that wants no decision."""
        now = asyncio.get_running_loop().time
        found = await self._claim(now() + PATIENCE, _SPARE, f"it cannot be claimed; {_SENT_AGAIN}")
        if not isinstance(found, Claim):
            return self._unclaimed(found, if_busy=responses.BUSY, if_failed=responses.FAILED)
        run = await self._run(found, now() + self.context.event_timeout)
        is_late = not run.task.done()
        if is_late:
            await run.stop()
        if run.has_succeeded:
            self.context.reporter.stats.handled += 1
            return await self._record(found, responses.DONE)
        self._tell_outcome(run, _SENT_AGAIN, is_late=is_late)
        await self._let_go(run)
        return responses.BUSY if run.is_lost else responses.FAILED

    async def _decided(self, default: WebhookReply) -> WebhookReply:
        """Return the decision of the handlers, or the default one in time."""
        now = asyncio.get_running_loop().time
        may_decide, must_answer = self.context.for_decision(self.event, self.arrived)
        if now() >= may_decide:
            self._late(f"it was seen too late to decide, so {_DEFAULT_GOES}")
            return default
        spare = must_answer - may_decide
        found = await self._claim(may_decide, spare, f"it cannot be claimed, so {_DEFAULT_GOES}")
        if not isinstance(found, Claim):
            return self._unclaimed(found, if_busy=default, if_failed=default)
        if now() >= may_decide:
            self._late(f"somebody else held it and left it undone, so {_DEFAULT_GOES}")
            return await self._record(found, default, must_answer)
        run = await self._run(found, may_decide)
        is_late = not run.task.done()
        if is_late:
            run.abandon()
        if run.decision is None or run.decided_at > may_decide or now() >= must_answer:
            reply, consequence = default, _DEFAULT_GOES
            is_late = is_late or run.decision is not None
        else:
            reply, consequence = responses.reply_with(run.decision), "what was decided goes out"
        self._tell_outcome(run, consequence, is_late=is_late)
        return await self._record(found, reply, must_answer)

    async def _claim(self, until: float, spare: float, if_failed: str) -> base.ClaimResult | None:
        """Claim the event; while somebody else holds it, ask again with growing pauses.

        Whoever holds it has the same deadline, and may answer at the very end of it. So the last
        look comes a little after `until`.

        Args:
            until: How long to wait, by the loop's clock.
            spare: Seconds after that in which the answer of somebody else is still of use.
            if_failed: What follows where the store fails, for the report.

        Returns:
            The claim, what was answered, that somebody else still holds it, or None for a failure.
        """
        context, store, now = self.context, self.context.store, asyncio.get_running_loop().time
        if context.is_time_to_look() and isinstance(store, base.WatchedStore):
            context.background.start(self._look_at_store(store))
        digest = base.digest_of(self.event)
        claim = partial(store.claim, base.key_of(self.event), lease=context.lease)
        found = await self._ask_store(claim, if_failed, until)
        pause = _FIRST_PAUSE
        while isinstance(found, Busy) and (left := until + spare * _LAST_LOOK - now()) > 0:
            await asyncio.sleep(min(pause, left))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            found = await self._ask_store(claim, if_failed, until + spare)
        if isinstance(found, Done) and found.digest not in ("", digest):
            self._tell(
                "changed-body",
                "it came before with another body, and was handled then; now it is answered as a "
                "repeat, and no handler runs: compare it with what the API says",
            )
        return attrs.evolve(found, digest=digest) if isinstance(found, Claim) else found

    async def _look_at_store(self, store: base.WatchedStore) -> None:
        trouble = await self._ask_store(
            store.trouble, "nobody knows whether it has forgotten events"
        )
        if trouble is not None:
            self._tell("marks-lost", f"{trouble}; repeats of such events run their handlers again")

    def _unclaimed(
        self, found: Done | Busy | None, *, if_busy: WebhookReply, if_failed: WebhookReply
    ) -> WebhookReply:
        if found is None:
            return if_failed
        if isinstance(found, Done):
            self.context.reporter.stats.repeats += 1
            return WebhookReply(200, found.body)
        self.context.reporter.stats.busy += 1
        log.warning("%s: somebody else is still handling it", shown(self.event))
        return if_busy

    async def _run(self, claim: Claim, until: float) -> handlers.HandlerRun:
        """Run the handlers until they end, the time is over, or the claim is lost."""
        context = self.context
        run = handlers.HandlerRun(self.event, claim, self.chain, self.request, context.workers)
        context.background.keep(run.task)
        try:
            run.is_lost = not await self._keep(claim, run.task, until)
        except asyncio.CancelledError:
            await self._withdraw(run)
            raise
        return run

    async def _withdraw(self, run: handlers.HandlerRun) -> None:
        """Stop the handlers because the server does not wait for the answer any more."""
        self.context.reporter.stats.cancelled += 1
        await run.stop()
        if run.has_succeeded:
            reply = responses.DONE if run.decision is None else responses.reply_with(run.decision)
            await self._record(run.claim, reply)
        else:
            await self._let_go(run)

    async def _let_go(self, run: handlers.HandlerRun) -> None:
        """Give the claim back; where a thread still runs, as soon as it has ended."""
        thread = run.running_thread
        if run.task.done() and thread is None:
            await self._give_back(run.claim)
        elif thread is not None and not run.is_lost:
            run.abandon()
            self.context.background.start(self._hold(run, asyncio.wrap_future(thread)))

    async def _hold(self, run: handlers.HandlerRun, thread: asyncio.Future[object]) -> None:
        """Keep the claim while a thread runs that is too late, so that no other runs beside it."""
        try:
            if not await self._keep(run.claim, thread, math.inf):
                return
        finally:
            thread.cancel()
        if run.was_last and thread.exception() is None:  # the work is done, though nobody heard it
            await self._record_at_last(run.claim, responses.DONE.body)
        else:
            await self._give_back(run.claim)

    async def _keep(self, claim: Claim, work: asyncio.Future[Any], until: float) -> bool:
        """Renew a claim until the work has ended or the time is over; False if it is lost."""
        now, lease = asyncio.get_running_loop().time, self.context.lease
        store, pause = self.context.store, lease / _RENEWALS
        while True:
            await asyncio.wait({work}, timeout=max(0.0, min(until - now(), pause)))
            if work.done() or now() >= until:
                return True
            renew, patience = partial(store.renew, claim, lease=lease), min(until, now() + pause)
            is_held = await self._ask_store(renew, "its claim is not renewed", patience)
            if is_held is not None and not is_held:
                return False

    async def _give_back(self, claim: Claim) -> None:
        release = partial(self.context.store.release, claim)
        await self._ask_store(release, "its claim holds until the lease has run out")

    async def _record(
        self, claim: Claim, reply: WebhookReply, until: float | None = None
    ) -> WebhookReply:
        """Record what is answered; return the answer that counts.

        Where the store fails, that is what the handlers have done or the default: it has happened,
        recorded or not.
        """
        finish = partial(self.context.store.finish, claim, reply.body)
        try:
            body = await self._ask_store(finish, "what is answered is not recorded yet", until)
        except asyncio.CancelledError:  # the server does not wait, but it has happened
            await self._record_at_last(claim, reply.body)
            raise
        if body is None:
            self.context.background.start(self._record_at_last(claim, reply.body))
        return reply if body in (None, reply.body) else WebhookReply(200, body)

    async def _record_at_last(self, claim: Claim, body: bytes) -> None:
        """Try once more while nobody waits: a handler that still runs must not take effect."""
        finish = partial(self.context.store.finish, claim, body)
        await self._ask_store(finish, "a repeat of it may run its handlers again")

    async def _ask_store(
        self, step: Callable[[], Awaitable[T]], if_failed: str, until: float | None = None
    ) -> T | None:
        """Return what a step of the store returns; 10 seconds are what it has at most.

        Where it fails, or takes too long, report that with what follows of it, and return None.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(loop.time() + PATIENCE if until is None else until):
                return await step()
        except Exception as error:  # noqa: BLE001 - a store may be anybody's
            self.context.reporter.stats.store_failures += 1
            self._tell("store", f"the store failed; {if_failed}", error)
            return None

    def _tell_outcome(self, run: handlers.HandlerRun, consequence: str, *, is_late: bool) -> None:
        """Count how the handlers ended, and report what went wrong."""
        stats = self.context.reporter.stats
        for handler, error in run.failures:
            stats.failures += 1
            is_invalid = isinstance(error, responses.InvalidAnswerError)
            kind: IncidentKind = "invalid-answer" if is_invalid else "failed"
            self._tell(kind, f"handler {handler} failed; {consequence}", error)
        if run.is_lost:
            self._tell("claim-lost", f"somebody else has taken it over; {consequence}")
        elif is_late:
            self._late(f"its handlers were not ready in time; {consequence}")
        elif run.has_succeeded:
            stats.handled += 1
        elif run.was_stopped:
            self._tell("failed", f"its handlers were stopped; {consequence}", run.crash)
        elif not run.failures:
            stats.unhandled += 1
            self._tell("unhandled", f"no handler decided; {consequence}")

    def _late(self, text: str) -> None:
        self.context.reporter.stats.late += 1
        self._tell("late", text)

    def _tell(self, kind: IncidentKind, text: str, error: BaseException | None = None) -> None:
        elapsed = asyncio.get_running_loop().time() - self.arrived
        self.context.reporter.tell(Incident(kind, self.event, error, elapsed), text)
