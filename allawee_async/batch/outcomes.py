"""What keeps a batch from beginning, what ends one, and how its rows ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import attrs

from allawee_async.errors import AllaweeError, ConfigurationError

_MOST_SHOWN: Final = 10


@attrs.frozen
class RowProblem:
    """What is wrong with a row.

    Attributes:
        number: Which row it is; the first is 1.
        reference: Its reference, if it has one.
        text: What is wrong, and what would be right.
    """

    number: int
    reference: str | None
    text: str

    def __str__(self) -> str:
        """Say which row it is, and what is wrong with it."""
        name = f" ({self.reference})" if self.reference else ""
        return f"row {self.number}{name}: {self.text}"


class BatchRowsError(ConfigurationError):
    """Some rows cannot be sent as they are; nothing was sent.

    Attributes:
        problems: All of them, in the order of the rows.
    """

    def __init__(self, problems: tuple[RowProblem, ...]) -> None:
        lines = [str(problem) for problem in problems[:_MOST_SHOWN]]
        if len(problems) > _MOST_SHOWN:
            lines.append(f"and {len(problems) - _MOST_SHOWN:,} more")
        super().__init__("nothing was sent: " + "; ".join(lines))
        self.problems = problems

    def __reduce__(self) -> tuple[type[BatchRowsError], tuple[tuple[RowProblem, ...]]]:
        """Pickle what it was made of."""
        return BatchRowsError, (self.problems,)


class BatchError(AllaweeError):
    """A batch cannot begin or go on: its journal is another's, damaged, or cannot be written.

    What was under way is looked up when the batch is run again with the same journal.
    """


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
