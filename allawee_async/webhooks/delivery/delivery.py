"""One delivery, from the claim to the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

import attrs

from allawee_async.webhooks.delivery.claiming import PATIENCE, RENEWALS, SPARE, ClaimKeeper
from allawee_async.webhooks.delivery.handlers import BackgroundTasks, Chain, HandlerRun, Workers
from allawee_async.webhooks.delivery.stats import (
    DispatchStats,
    Incident,
    IncidentKind,
    Reporter,
    log,
    shown,
)
from allawee_async.webhooks.events import Event
from allawee_async.webhooks.responses import (
    BUSY,
    DONE,
    FAILED,
    DefaultDecision,
    InvalidAnswerError,
    WebhookReply,
    reply_with,
)
from allawee_async.webhooks.stores.base import Busy, Claim, ClaimResult, Done, digest_of, key_of

if TYPE_CHECKING:
    from allawee_async.webhooks.delivery.timing import Limits

T = TypeVar("T")

_DEFAULT_GOES = "the default decision goes out"
_SENT_AGAIN = "Allawee is to send it again"


@attrs.frozen
class DeliveryContext:
    """What all deliveries of a dispatcher share."""

    limits: Limits
    claims: ClaimKeeper
    default: DefaultDecision
    workers: Workers
    stats: DispatchStats
    reporter: Reporter
    background: BackgroundTasks


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
    event: Event
    chain: Chain
    arrived: float
    request: object

    async def answer(self) -> WebhookReply:
        """Return what to answer; never later than the deadline of a decision."""
        if not self.event.wants_decision:
            return await self._handled() if self.chain else self._nobody()
        default = self.context.default.reply_to(self.event)
        reply = await self._decided(default) if self.chain else self._nobody(default)
        if reply is default:
            self.context.stats.defaults_sent += 1
            self.context.reporter.default_sent()
        return reply

    def _nobody(self, reply: WebhookReply = DONE) -> WebhookReply:
        self.context.stats.unhandled += 1
        if self.event.wants_decision:
            self._tell("unhandled", None, f"no handler is registered, so {_DEFAULT_GOES}")
        return reply

    async def _handled(self) -> WebhookReply:
        """Run the handlers of an event that wants no decision."""
        now = asyncio.get_running_loop().time
        found = await self._claim(now() + PATIENCE, SPARE, f"it cannot be claimed; {_SENT_AGAIN}")
        if not isinstance(found, Claim):
            return self._unclaimed(found, if_busy=BUSY, if_failed=FAILED)
        run = await self._run(found, now() + self.context.limits.event_timeout)
        is_late = not run.task.done()
        if is_late:
            await run.stop()
        if run.has_succeeded:
            self.context.stats.handled += 1
            return await self._record(found, DONE, now() + PATIENCE)
        self._tell_outcome(run, _SENT_AGAIN, is_late=is_late)
        await self._let_go(run)
        return BUSY if run.is_lost else FAILED

    async def _decided(self, default: WebhookReply) -> WebhookReply:
        """Return the decision of the handlers, or the default one in time."""
        now = asyncio.get_running_loop().time
        may_decide, must_answer = self.context.limits.for_decision(self.event, self.arrived)
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
            reply, consequence = reply_with(run.decision), "what was decided goes out"
        self._tell_outcome(run, consequence, is_late=is_late)
        return await self._record(found, reply, must_answer)

    async def _claim(self, until: float, spare: float, if_failed: str) -> ClaimResult | None:
        """Claim the event; None if the store fails, which is reported with what follows of it."""
        claims, event = self.context.claims, self.event
        if claims.is_to_be_watched():
            self.context.background.start(self._look_at_store())
        digest = digest_of(event)
        step = claims.claim(key_of(event), digest, until, spare)
        found = await self._ask_store(step, None, if_failed)
        if isinstance(found, Done) and found.digest not in ("", digest):
            self._tell(
                "changed-body",
                None,
                "it came before with another body, and was handled then; now it is answered as a "
                "repeat, and no handler runs: compare it with what the API says",
            )
        return found

    async def _look_at_store(self) -> None:
        trouble = await self._ask_store(
            self.context.claims.trouble(), None, "nobody knows whether it has forgotten events"
        )
        if trouble is not None:
            self._tell(
                "marks-lost", None, f"{trouble}; repeats of such events run their handlers again"
            )

    def _unclaimed(
        self, found: Done | Busy | None, *, if_busy: WebhookReply, if_failed: WebhookReply
    ) -> WebhookReply:
        if found is None:
            return if_failed
        if isinstance(found, Done):
            self.context.stats.repeats += 1
            return WebhookReply(200, found.body)
        self.context.stats.busy += 1
        log.warning("%s: somebody else is still handling it", shown(self.event))
        return if_busy

    async def _run(self, claim: Claim, until: float) -> HandlerRun:
        """Run the handlers until they end, the time is over, or the claim is lost."""
        context = self.context
        run = HandlerRun(self.event, claim, self.chain, self.request, context.workers)
        context.background.keep(run.task)
        try:
            await run.wait(until, context.limits.lease, self._renew)
        except asyncio.CancelledError:
            await self._withdraw(run)
            raise
        return run

    async def _withdraw(self, run: HandlerRun) -> None:
        """Stop the handlers because the server does not wait for the answer any more."""
        self.context.stats.cancelled += 1
        await run.stop()
        if run.has_succeeded:
            until = asyncio.get_running_loop().time() + PATIENCE
            reply = DONE if run.decision is None else reply_with(run.decision)
            await self._record(run.claim, reply, until)
        else:
            await self._let_go(run)

    async def _let_go(self, run: HandlerRun) -> None:
        """Give the claim back; where a thread still runs, as soon as it has ended."""
        thread = run.running_thread
        if run.is_over:
            await self._give_back(run.claim)
        elif thread is not None and not run.is_lost:
            run.abandon()
            self.context.background.start(self._hold(run, asyncio.wrap_future(thread)))

    async def _hold(self, run: HandlerRun, thread: asyncio.Future[object]) -> None:
        """Keep the claim while a thread runs that is too late, so that no other runs beside it."""
        lease, now = self.context.limits.lease, asyncio.get_running_loop().time
        try:
            while not thread.done():
                await asyncio.wait({thread}, timeout=lease / RENEWALS)
                if not thread.done() and not await self._renew(run.claim, now() + lease):
                    return
        finally:
            thread.cancel()
        if run.was_last and thread.exception() is None:  # the work is done, though nobody heard it
            await self._record_at_last(run.claim, DONE.body)
        else:
            await self._give_back(run.claim)

    async def _renew(self, claim: Claim, until: float) -> bool:
        renewal = self.context.claims.renew(claim, until)
        consequence = "its claim is not renewed"
        return await self._ask_store(renewal, otherwise=True, consequence=consequence)

    async def _give_back(self, claim: Claim) -> None:
        release = self.context.claims.release(claim)
        await self._ask_store(release, None, "its claim holds until the lease has run out")

    async def _record(self, claim: Claim, reply: WebhookReply, until: float) -> WebhookReply:
        """Record what is answered; return the answer that counts.

        Where the store fails, that is what the handlers have done or the default: it has happened,
        recorded or not.
        """
        finish = self.context.claims.finish(claim, reply.body, until)
        try:
            body = await self._ask_store(finish, None, "what is answered is not recorded yet")
        except asyncio.CancelledError:  # the server does not wait, but it has happened
            await self._record_at_last(claim, reply.body)
            raise
        if body is None:
            self.context.background.start(self._record_at_last(claim, reply.body))
        return reply if body in (None, reply.body) else WebhookReply(200, body)

    async def _record_at_last(self, claim: Claim, body: bytes) -> None:
        """Try once more while nobody waits: a handler that still runs must not take effect."""
        until = asyncio.get_running_loop().time() + PATIENCE
        finish = self.context.claims.finish(claim, body, until)
        await self._ask_store(finish, None, "a repeat of it may run its handlers again")

    async def _ask_store(self, step: Awaitable[T], otherwise: T, consequence: str) -> T:
        """Return what a step of the store returns; where it fails, report that and go on."""
        try:
            return await step
        except Exception as error:  # noqa: BLE001 - a store may be anybody's
            self.context.stats.store_failures += 1
            self._tell("store", error, f"the store failed; {consequence}")
            return otherwise

    def _tell_outcome(self, run: HandlerRun, consequence: str, *, is_late: bool) -> None:
        """Count how the handlers ended, and report what went wrong."""
        stats = self.context.stats
        for handler, error in run.failures:
            stats.failures += 1
            is_invalid = isinstance(error, InvalidAnswerError)
            kind: IncidentKind = "invalid-answer" if is_invalid else "failed"
            self._tell(kind, error, f"handler {handler} failed; {consequence}")
        if run.is_lost:
            self._tell("claim-lost", None, f"somebody else has taken it over; {consequence}")
        elif is_late:
            self._late(f"its handlers were not ready in time; {consequence}")
        elif run.has_succeeded:
            stats.handled += 1
        elif run.was_stopped:
            self._tell("failed", run.crash, f"its handlers were stopped; {consequence}")
        elif not run.failures:
            stats.unhandled += 1
            self._tell("unhandled", None, f"no handler decided; {consequence}")

    def _late(self, text: str) -> None:
        self.context.stats.late += 1
        self._tell("late", None, text)

    def _tell(self, kind: IncidentKind, error: BaseException | None, text: str) -> None:
        elapsed = asyncio.get_running_loop().time() - self.arrived
        self.context.reporter.tell(Incident(kind, self.event, error, elapsed), text)
