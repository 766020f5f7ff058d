"""How many items of a list have come: on stderr, while the results go somewhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import Progress, SpinnerColumn, TextColumn

from allawee_async.cli.output.console import progress_console, someone_watches
from allawee_async.cli.output.reports import somebody_reads

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@contextmanager
def counting(what: str) -> Generator[Callable[[int, int | None], None]]:
    """Show a count for the time of the block, unless the results themselves can be seen.

    Args:
        what: What is counted: `customers`.

    Yields:
        What is told the count and, if it is known, the total.
    """
    if somebody_reads() or not someone_watches():
        yield lambda _count, _total: None
        return
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=progress_console(),
        transient=True,
        redirect_stdout=False,  # the results go there
    )
    with progress:
        task = progress.add_task(what)

        def tell(count: int, total: int | None) -> None:
            of_all = "" if total is None else f" of {total:,}"
            progress.update(task, description=f"{count:,}{of_all} {what}")

        yield tell
