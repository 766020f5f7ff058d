"""The bar that shows how far a walk has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, Progress, ProgressColumn, Task
from rich.text import Text

from allawee_async.cli.output.console import progress_console, someone_watches

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from allawee_async.cli.demo.walking import Walk

_ROOMY_FROM: Final = 72


class _Numbers(ProgressColumn):
    """Count, total, rate and retries, as far as there is room for them."""

    def __init__(self, *, roomy: bool) -> None:
        super().__init__()
        self._roomy = roomy

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f"/{int(task.total):,}"
        text = Text(f"{int(task.completed):,}{total}")
        if self._roomy:
            rate, retries = task.fields["rate"], task.fields["retries"]
            word = "retry" if retries == 1 else "retries"
            text.append(f"  {rate:,.0f}/s  {retries:,} {word}", style="dim")
        return text


class WalkProgress:
    """A live bar on stderr, while the block lasts; nothing at all where stderr is no terminal."""

    def __init__(self, max_items: int | None) -> None:
        console = progress_console()
        roomy = console.width >= _ROOMY_FROM
        self._max_items = max_items
        self._progress = Progress(
            BarColumn(bar_width=30 if roomy else 12),
            _Numbers(roomy=roomy),
            console=console,
            transient=True,
            redirect_stdout=False,
            disable=not someone_watches(),
        )
        self._task = self._progress.add_task("", total=None, rate=0.0, retries=0)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def show(self, walk: Walk) -> None:
        """Bring the bar up to date."""
        ends = [end for end in (walk.total, self._max_items) if end is not None]
        self._progress.update(
            self._task,
            completed=walk.count,
            total=min(ends, default=None),
            rate=walk.rate,
            retries=walk.retries.total(),
        )
