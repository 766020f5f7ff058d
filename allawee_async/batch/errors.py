"""What keeps a batch from beginning, and what ends one."""

from __future__ import annotations

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
