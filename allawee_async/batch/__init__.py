"""Batches: many writes, each of which takes effect once, whatever ends the process on the way.

Use `run_batch`; `check_rows` only looks at the rows.
"""

from allawee_async.batch.outcomes import (
    BatchError,
    BatchReport,
    BatchRowsError,
    Outcome,
    OutcomeState,
    RowProblem,
)
from allawee_async.batch.rows import Plan, check_rows
from allawee_async.batch.running import run_batch

__all__ = [
    "BatchError",
    "BatchReport",
    "BatchRowsError",
    "Outcome",
    "OutcomeState",
    "Plan",
    "RowProblem",
    "check_rows",
    "run_batch",
]
