"""Running a batch: each row is written down before it is sent, and looked up where that is open."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import attrs

from allawee_async.batch.journal import BatchJournal, JournalEntry, JournalOwner, State
from allawee_async.batch.rows import (
    BatchRow,
    BatchRowsError,
    Plan,
    RowProblem,
    batch_verb,
    check_rows,
    totals,
)
from allawee_async.errors import (
    AllaweeError,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    PermissionDeniedError,
    RequestAccepted,
)
from allawee_async.resources.base import Findable, session_of
from allawee_async.transport.request import together

_logger: Final = logging.getLogger("allawee_async")

_CONCERNS_ALL_ROWS: Final = (AuthenticationError, PermissionDeniedError)
_OPEN: Final = ("sent", "unknown")


class OutcomeState(StrEnum):
    """How a row ended: `skipped` was done in an earlier run, `unknown` may have taken effect."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@attrs.frozen
class Outcome:
    """How one row ended.

    Attributes:
        reference: The reference of the row.
        state: `done`, `refused` (it had no effect), `unknown` (it may have had one: look before you
            do it another way), or `skipped` (it was done in an earlier run).
        id: The id of the object that it made.
        status: The status of that object; a payment that is done can be `failed`.
        error: What was raised, if it is not done.
    """

    reference: str
    state: OutcomeState
    id: str | None = None
    status: str | None = None
    error: AllaweeError | None = None

    @property
    def has_failed(self) -> bool:
        """Whether what it made has the status `failed`: it is done, and no money has moved."""
        return self.status == "failed"


@attrs.frozen
class BatchReport:
    """How a batch ended. It iterates over the outcomes, in the order of the rows.

    Attributes:
        outcomes: One for each row.
        total: What the rows that are done come to, by currency, in minor units; those of earlier
            runs included, payments that have failed left out. Empty for verbs without an amount.
    """

    outcomes: tuple[Outcome, ...]
    total: Mapping[str, int]

    @property
    def done(self) -> int:
        """How many rows took effect in this run."""
        return self._counts[OutcomeState.DONE]

    @property
    def refused(self) -> int:
        """How many rows had no effect; the same batch sends them again."""
        return self._counts[OutcomeState.REFUSED]

    @property
    def unknown(self) -> int:
        """How many rows may have taken effect, without that it could be found out."""
        return self._counts[OutcomeState.UNKNOWN]

    @property
    def skipped(self) -> int:
        """How many rows were done in an earlier run."""
        return self._counts[OutcomeState.SKIPPED]

    @property
    def failed(self) -> int:
        """How many of the rows that are done, in this run or an earlier one, made what failed.

        It is what the last answer said; a payment that was `pending` then may have failed since.
        """
        return sum(outcome.has_failed for outcome in self.outcomes)

    @property
    def _counts(self) -> Counter[OutcomeState]:
        return Counter(outcome.state for outcome in self.outcomes)

    def __iter__(self) -> Iterator[Outcome]:
        """Iterate over the outcomes."""
        return iter(self.outcomes)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.outcomes)


async def run_batch(
    verb: Callable[..., Awaitable[object]],
    rows: Iterable[Mapping[str, object]] | Plan,
    *,
    journal: str | os.PathLike[str],
    concurrency: int = 8,
    resend_unknown: bool = False,
    on_outcome: Callable[[Outcome], object] | None = None,
) -> BatchReport:
    """Do a write for each row, so that each takes effect once, whatever happens on the way.

    Every row is checked before the first is sent. The journal says on the disk what is sent before
    it is sent, and how it ended. Run the same again after a crash: rows that are done are skipped,
    and those whose outcome is not known are looked up by their reference. Rows that were refused
    are sent again; they had no effect.

    Args:
        verb: A method of a client that takes a `reference`, for instance
            `allawee.payments.create_payout`.
        rows: Its arguments, by name, each row with a `reference` of its own; or what `check_rows`
            has made of them.
        journal: The file of the journal, one for each batch. It holds references, ids and
            checksums, and no amounts, names or keys.
        concurrency: How many rows are under way at a time.
        resend_unknown: Send a row again of which an earlier run does not know whether it took
            effect, if nothing with its reference is found. Do it when you know that the API shows
            at once what it has done.
        on_outcome: Called with each outcome as it comes, also of a batch that an error ends: that
            has no report, and its next run tells of all rows. If it raises, no further row is sent,
            and that is raised once those under way have ended.

    Returns:
        How each row ended, and what those that are done come to.

    Raises:
        BatchRowsError: Rows cannot be sent as they are, or have changed under a reference that may
            have taken effect; nothing was sent.
        BatchError: The journal is another batch's, damaged, in use, or cannot be written.
        ConfigurationError: An argument makes no sense.
        AuthenticationError: The key is refused, so no further row is sent; likewise
            `PermissionDeniedError`.
    """
    if type(concurrency) is not int or concurrency < 1:
        raise ConfigurationError("concurrency must be a whole number of at least 1")
    found, noun = batch_verb(verb)
    plan = rows if isinstance(rows, Plan) else check_rows(verb, rows)
    if plan.verb.call != found.call:
        raise ConfigurationError(f"the rows were checked for {plan.verb.call}, not {found.call}")
    if plan.warnings:
        _logger.warning("%s: %s odd rows; %s", plan.verb.call, len(plan.warnings), plan.warnings[0])
    with BatchJournal(Path(journal), await _owner(plan, noun)) as opened:
        _refuse_changed_rows(plan, opened)
        _tell_of_rows_left_out(plan, opened)
        sends_again = resend_unknown or found.route.resend
        batch = _Batch(verb, noun, plan, opened, sends_again, on_outcome)
        await batch.run(concurrency)
    outcomes = tuple(batch.outcomes[row.reference] for row in plan.rows)
    return BatchReport(outcomes, batch.total())


async def _owner(plan: Plan, noun: Findable[Any]) -> JournalOwner:
    session = session_of(noun)
    key = await session.keys.ask()
    fingerprint = sha256(b"allawee_async.batch\n" + key.encode()).hexdigest()[:16]
    host = session.hosts.url(secure=plan.verb.route.secure)
    return JournalOwner(plan.verb.call, host, fingerprint)


def _refuse_changed_rows(plan: Plan, journal: BatchJournal) -> None:
    changed = [
        RowProblem(
            row.number,
            row.reference,
            "it was sent with other values in an earlier run; give a new payment a new reference",
        )
        for row in plan.rows
        if (known := journal.entries.get(row.reference)) is not None
        and known.digest != row.digest
        and known.state != "refused"
    ]
    if changed:
        raise BatchRowsError(tuple(changed))


def _tell_of_rows_left_out(plan: Plan, journal: BatchJournal) -> None:
    there = {row.reference for row in plan.rows}
    left = [
        entry.reference
        for entry in journal.entries.values()
        if entry.state in _OPEN and entry.reference not in there
    ]
    if left:
        _logger.warning(
            "%s: %s rows of the journal may have taken effect, and are not looked up, as they are "
            "not among these rows; the first is %s",
            plan.verb.call,
            len(left),
            left[0],
        )


@attrs.define(eq=False)
class _Batch:
    """One run over the rows of a batch.

    Attributes:
        verb: What is called for each.
        noun: What finds what it made.
        plan: The rows.
        journal: What is known of them.
        sends_again: Whether a row that is not found is sent again.
        tell: Called with each outcome.
        outcomes: How rows ended so far, by reference.
        stopped_by: Why no further row is sent.
    """

    verb: Callable[..., Awaitable[object]]
    noun: Findable[Any]
    plan: Plan
    journal: BatchJournal
    sends_again: bool
    tell: Callable[[Outcome], object] | None
    outcomes: dict[str, Outcome] = attrs.field(factory=dict[str, "Outcome"])
    stopped_by: Exception | None = None

    async def run(self, concurrency: int) -> None:
        """Do all rows; then look once more for those of which nothing is known."""
        await _each(self.plan.rows, self._do, concurrency)
        await _each(self.plan.rows, self._look_again, concurrency)
        if self.stopped_by is not None:
            raise self.stopped_by

    def total(self) -> dict[str, int]:
        """Return what the rows come to that are done and have not failed."""
        done = (OutcomeState.DONE, OutcomeState.SKIPPED)
        rows = ((row, self.outcomes[row.reference]) for row in self.plan.rows)
        return totals(row for row, one in rows if one.state in done and not one.has_failed)

    async def _do(self, row: BatchRow) -> None:
        if self.stopped_by is not None:
            return
        outcome = await self._outcome(row)
        if outcome.state is OutcomeState.UNKNOWN:
            self.outcomes[row.reference] = outcome  # it is looked up once more at the end
        else:
            self._end(outcome)

    async def _look_again(self, row: BatchRow) -> None:
        known = self.outcomes.get(row.reference)
        if known is not None and known.state is OutcomeState.UNKNOWN:
            is_over = self.stopped_by is not None
            self._end(known if is_over else await self._looked_up(row, known.error))

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[outcome.reference] = outcome
        try:
            if self.tell is not None:
                self.tell(outcome)
        except Exception as error:  # noqa: BLE001 - it is raised when what is under way has ended
            self._stop(error)

    def _stop(self, error: Exception) -> None:
        self.stopped_by = self.stopped_by or error

    async def _outcome(self, row: BatchRow) -> Outcome:
        known = self.journal.entries.get(row.reference)
        if known is not None and known.state == "done":
            return Outcome(row.reference, OutcomeState.SKIPPED, known.id, known.status)
        was_sent = known is not None and known.state in _OPEN
        if was_sent:
            found = await self._looked_up(row)
            is_missing = found.state is OutcomeState.UNKNOWN and found.error is None
            if not (is_missing and self.sends_again):
                return found
        return await self._sent(row, was_sent=was_sent)

    async def _sent(self, row: BatchRow, *, was_sent: bool) -> Outcome:
        try:
            await self.journal.record(JournalEntry(row.reference, row.digest, "sent"))
        except asyncio.CancelledError:
            if not was_sent:  # nor was it now, after all
                self.journal.note(JournalEntry(row.reference, row.digest, "refused"))
            raise
        try:
            made = await self.verb(**row.values)
        except AllaweeError as error:
            if isinstance(error, _CONCERNS_ALL_ROWS):
                self._stop(error)
            is_open = error.outcome_unknown or isinstance(error, RequestAccepted)
            if is_open or was_sent:  # a refusal says nothing of what was sent before
                return await self._looked_up(row, error)
            return await self._ended(row, OutcomeState.REFUSED, error=error)
        return await self._ended(row, OutcomeState.DONE, made=made)

    async def _looked_up(self, row: BatchRow, error: AllaweeError | None = None) -> Outcome:
        """Look for what a row may have made; what is not there may still come, so that is open."""
        try:
            found = await self.noun.find(reference=row.reference)
        except AllaweeError as failure:
            if isinstance(failure, AuthenticationError):
                self._stop(failure)
            return await self._ended(row, OutcomeState.UNKNOWN, error=error or failure)
        difference = None if found is None else _difference(row, found)
        if found is None or difference is not None:
            return await self._ended(row, OutcomeState.UNKNOWN, error=difference or error)
        return await self._ended(row, OutcomeState.DONE, made=found)

    async def _ended(
        self,
        row: BatchRow,
        state: OutcomeState,
        *,
        made: object = None,
        error: AllaweeError | None = None,
    ) -> Outcome:
        id_, status = _text_of(made, "id"), _text_of(made, "status")
        known = JournalEntry(row.reference, row.digest, cast("State", state.value), id_, status)
        await self.journal.record(known)
        return Outcome(row.reference, state, id_, status, error)


async def _each(
    rows: Iterable[BatchRow], do: Callable[[BatchRow], Awaitable[None]], concurrency: int
) -> None:
    left = iter(rows)

    async def work() -> None:
        for row in left:
            await do(row)

    await together(work() for _ in range(concurrency))


def _text_of(made: object, name: str) -> str | None:
    value = getattr(made, name, None)
    return str(value) if isinstance(value, str) else None


def _difference(row: BatchRow, found: object) -> DecodeError | None:
    """Return an error, if what was found under the reference of a row is something else."""
    for name, mine in (("amount", row.amount), ("currency", row.currency)):
        theirs = getattr(found, name, None)
        if mine is not None and theirs is not None and theirs != mine:
            return DecodeError(
                "something else has this reference; whether the row took effect beside it is not "
                "known",
                path=name,
            )
    return None
