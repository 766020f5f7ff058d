"""A bar on stderr that shows how far something is, the same for all commands that take a while."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from allawee_async.cli.output.console import progress_console, someone_watches
from allawee_async.cli.output.writers import somebody_reads

_ROOMY_FROM: Final = 72
_WIDTH: Final = 24
_NARROW: Final = 8
_SHOWN: ContextVar[LiveBar | None] = ContextVar("the bar that is shown", default=None)


class _Numbers(ProgressColumn):
    """Count and total; and the details, if there is room for them."""

    def __init__(self, *, roomy: bool) -> None:
        super().__init__()
        self._roomy = roomy

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f"/{int(task.total):,}"
        text = Text(f"{int(task.completed):,}{total}")
        if self._roomy:
            text.append(task.fields["details"], style="dim")
        return text


class LiveBar(Progress):
    """A live bar, while the block lasts; nothing at all where stderr is no terminal.

    Args:
        words: What is being done, in front of the bar; None for a bar without words.
        shown: Whether to show it at all.
    """

    def __init__(self, *, words: str | None = None, shown: bool = True) -> None:
        console = progress_console()
        roomy = console.width >= _ROOMY_FROM
        super().__init__(
            *([] if words is None else [TextColumn("{task.description}")]),
            BarColumn(bar_width=_WIDTH if roomy else _NARROW),
            _Numbers(roomy=roomy),
            console=console,
            transient=True,
            redirect_stdout=False,
            disable=not (shown and someone_watches()),
        )
        self._task = self.add_task(words or "", total=None, details="")

    def start(self) -> None:
        """Show the bar."""
        super().start()
        _SHOWN.set(self)

    def stop(self) -> None:
        """Take the bar away."""
        _SHOWN.set(None)
        super().stop()

    def tell(
        self, *, completed: int, total: int | None, details: str, words: str | None = None
    ) -> None:
        """Bring the bar up to date."""
        self.update(
            self._task, completed=completed, total=total, details=details, description=words
        )


def tell_of_waiting() -> None:
    """Let the bar that is shown say that the next request waits for the rate."""
    bar = _SHOWN.get()
    if bar is not None:
        for task in bar.task_ids:
            bar.update(task, details="  waiting for the rate")


@contextmanager
def counting(what: str) -> Generator[Callable[[int, int | None], None]]:
    """Show a count for the time of the block, unless the results themselves can be seen.

    Args:
        what: What is counted: `customers`.

    Yields:
        What is told the count and, if it is known, the total.
    """
    with LiveBar(shown=not somebody_reads()) as bar:
        yield lambda count, total: bar.tell(completed=count, total=total, details=f" {what}")
