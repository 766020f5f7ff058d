"""Batches: many writes, each of which takes effect once, whatever ends the process on the way.

Use `run_batch`; `check_rows` only looks at the rows.
"""

from allawee_async.batch.journal import BatchError as BatchError
from allawee_async.batch.rows import BatchRowsError as BatchRowsError
from allawee_async.batch.rows import Plan as Plan
from allawee_async.batch.rows import RowProblem as RowProblem
from allawee_async.batch.rows import check_rows as check_rows
from allawee_async.batch.running import BatchReport as BatchReport
from allawee_async.batch.running import Outcome as Outcome
from allawee_async.batch.running import OutcomeState as OutcomeState
from allawee_async.batch.running import run_batch as run_batch
