"""Batches: many writes, each of which takes effect once, whatever ends the process on the way.

Use `run_batch`; `check_rows` only looks at the rows.
"""

from allawee_async.batch.journal import BatchError
from allawee_async.batch.rows import BatchRowsError, Plan, RowProblem, check_rows
from allawee_async.batch.running import BatchReport, Outcome, OutcomeState, run_batch

__all__ = ["BatchError", "BatchReport", "BatchRowsError", "Outcome", "OutcomeState", "Plan"]
__all__ += ["RowProblem", "check_rows", "run_batch"]
