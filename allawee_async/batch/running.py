"""Running a batch: each row is written down before it is sent, and looked up where that is open."""

from __future__ import annotations

import asyncio
import logging
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from allawee_async.batch.errors import BatchRowsError, RowProblem
from allawee_async.batch.journal import Entry, Journal, Owner
from allawee_async.batch.outcomes import BatchReport, Outcome, OutcomeState
from allawee_async.batch.rows import Plan, check_rows, totals
from allawee_async.errors import (
    AllaweeError,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    PermissionDeniedError,
    RequestAccepted,
)
from allawee_async.resources.base import session_of

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    from allawee_async.batch.journal import State
    from allawee_async.batch.rows import Row
    from allawee_async.resources.base import Findable

_logger: Final = logging.getLogger("allawee_async")

_CONCERNS_ALL_ROWS: Final = (AuthenticationError, PermissionDeniedError)


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
        on_outcome: Called with each outcome as it comes.

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
    plan = rows if isinstance(rows, Plan) else check_rows(verb, rows)
    if plan.warnings:
        _logger.warning("%s: %s odd rows; %s", plan.verb.call, len(plan.warnings), plan.warnings[0])
    noun = cast("Findable[Any]", getattr(verb, "__self__", None))
    with Journal(Path(journal), await _owner(plan, noun)) as opened:
        _refuse_changed_rows(plan, opened)
        batch = _Batch(verb, noun, plan, opened, resend_unknown=resend_unknown, tell=on_outcome)
        await batch.run(concurrency)
    outcomes = tuple(batch.outcomes[row.reference] for row in plan.rows)
    return BatchReport(outcomes, batch.total())


async def _owner(plan: Plan, noun: Findable[Any]) -> Owner:
    session = session_of(noun)
    key = await session.keys.ask()
    fingerprint = sha256(b"allawee_async.batch\n" + key.encode()).hexdigest()[:16]
    host = session.hosts.url(secure=plan.verb.route.secure)
    return Owner(verb=plan.verb.call, host=host, key=fingerprint)


def _refuse_changed_rows(plan: Plan, journal: Journal) -> None:
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


class _Batch:
    """One run over the rows of a batch.

    Attributes:
        outcomes: How rows ended so far, by reference.
    """

    def __init__(
        self,
        verb: Callable[..., Awaitable[object]],
        noun: Findable[Any],
        plan: Plan,
        journal: Journal,
        *,
        resend_unknown: bool,
        tell: Callable[[Outcome], object] | None,
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._verb = verb
        self._noun = noun
        self._plan = plan
        self._journal = journal
        self._sends_again = resend_unknown or plan.verb.route.resend
        self._tell = tell
        self._stopped_by: AllaweeError | None = None

    async def run(self, concurrency: int) -> None:
        """Do all rows; then look once more for those of which nothing is known."""
        left = iter(self._plan.rows)
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(concurrency, len(self._plan.rows))):
                    workers.create_task(self._work(left))
        except ExceptionGroup as group:  # the others were cancelled by the first
            raise group.exceptions[0] from None
        for row in self._plan.rows:
            found = self.outcomes.get(row.reference)
            if found is not None and found.state is OutcomeState.UNKNOWN:
                self._end(await self._looked_up(row, found.error))
        if self._stopped_by is not None:
            raise self._stopped_by

    def total(self) -> dict[str, int]:
        """Return what the rows that are done come to."""
        done = (OutcomeState.DONE, OutcomeState.SKIPPED)
        return totals(
            [row for row in self._plan.rows if self.outcomes[row.reference].state in done]
        )

    async def _work(self, left: Iterator[Row]) -> None:
        for row in left:
            if self._stopped_by is not None:
                return
            outcome = await self._outcome(row)
            if outcome.state is OutcomeState.UNKNOWN:
                self.outcomes[row.reference] = outcome  # it is looked up once more at the end
            else:
                self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[outcome.reference] = outcome
        if self._tell is not None:
            self._tell(outcome)

    async def _outcome(self, row: Row) -> Outcome:
        known = self._journal.entries.get(row.reference)
        if known is not None and known.state == "done":
            return Outcome(row.reference, OutcomeState.SKIPPED, known.id, known.status)
        was_sent = known is not None and known.state in ("sent", "unknown")
        if was_sent:
            found = await self._looked_up(row)
            is_missing = found.state is OutcomeState.UNKNOWN and found.error is None
            if not (is_missing and self._sends_again):
                return found
        return await self._sent(row, was_sent=was_sent)

    async def _sent(self, row: Row, *, was_sent: bool) -> Outcome:
        await self._record_before(row)
        try:
            made = await self._verb(*row.path_values, **row.values)
        except AllaweeError as error:
            is_open = error.outcome_unknown or isinstance(error, RequestAccepted)
            if is_open or was_sent:  # a reference that is taken may be ours of before
                return await self._looked_up(row, error, had_no_effect=not is_open)
            if isinstance(error, _CONCERNS_ALL_ROWS):
                self._stopped_by = error
            return await self._ended(row, OutcomeState.REFUSED, error=error)
        return await self._ended(row, OutcomeState.DONE, made=made)

    async def _record_before(self, row: Row) -> None:
        try:
            await self._journal.record(_entry(row, "sent"))
        except asyncio.CancelledError:
            self._journal.note(_entry(row, "refused"))  # it was not sent after all
            raise

    async def _looked_up(
        self, row: Row, error: AllaweeError | None = None, *, had_no_effect: bool = False
    ) -> Outcome:
        """Look for what a row may have made; what is not there may still come, so that is open."""
        try:
            found = await self._noun.find(reference=row.reference)
        except AllaweeError as failure:
            return await self._ended(row, OutcomeState.UNKNOWN, error=error or failure)
        if found is not None:
            if (difference := _difference(row, found)) is None:
                return await self._ended(row, OutcomeState.DONE, made=found)
            return await self._ended(row, OutcomeState.REFUSED, error=difference)
        state = OutcomeState.REFUSED if had_no_effect else OutcomeState.UNKNOWN
        return await self._ended(row, state, error=error)

    async def _ended(
        self,
        row: Row,
        state: OutcomeState,
        *,
        made: object = None,
        error: AllaweeError | None = None,
    ) -> Outcome:
        id_, status = _text_of(made, "id"), _text_of(made, "status")
        entry = _entry(row, cast("State", state.value), id_=id_, status=status)
        await self._journal.record(entry)
        return Outcome(row.reference, state, id_, status, error)


def _entry(row: Row, state: State, *, id_: str | None = None, status: str | None = None) -> Entry:
    return Entry(reference=row.reference, digest=row.digest, state=state, id=id_, status=status)


def _text_of(made: object, name: str) -> str | None:
    value = getattr(made, name, None)
    return str(value) if isinstance(value, str) else None


def _difference(row: Row, found: object) -> DecodeError | None:
    """Return an error, if what was found under the reference of a row is something else."""
    for name, mine in (("amount", row.amount), ("currency", row.currency)):
        theirs = getattr(found, name, None)
        if mine is not None and theirs is not None and theirs != mine:
            error = DecodeError(
                "something else has this reference already; give the row another one", path=name
            )
            error.outcome_unknown = False
            return error
    return None
