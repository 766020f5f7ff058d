"""The bar that shows how far an export is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from allawee_async.cli.output.console import progress_console, someone_watches

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from allawee_async.export import ExportProgress

_ROOMY_FROM: Final = 72


class _Numbers(ProgressColumn):
    """Count, total, rate and time left, as far as there is room for them."""

    def __init__(self, *, roomy: bool) -> None:
        super().__init__()
        self._roomy = roomy

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f"/{int(task.total):,}"
        text = Text(f"{int(task.completed):,}{total}")
        if self._roomy:
            text.append(task.fields["details"], style="dim")
        return text


class ExportBar:
    """A live bar on stderr, while the block lasts; nothing at all where stderr is no terminal."""

    def __init__(self) -> None:
        console = progress_console()
        roomy = console.width >= _ROOMY_FROM
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24 if roomy else 8),
            _Numbers(roomy=roomy),
            console=console,
            transient=True,
            redirect_stdout=False,
            disable=not someone_watches(),
        )
        self._task = self._progress.add_task("reading", total=None, details="")

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

    def show(self, told: ExportProgress) -> None:
        """Bring the bar up to date."""
        is_reading = told.stage == "reading"
        self._progress.update(
            self._task,
            description="reading" if is_reading else "writing",
            completed=told.rows + told.rejected if is_reading else told.rows,
            total=told.total,
            details=details(told) if is_reading else "",
        )


def details(told: ExportProgress) -> str:
    """Return the rate, the time left if the total is known, and how many were rejected."""
    entries = told.rows + told.rejected
    rate = (entries - told.resumed) / told.seconds if told.seconds else 0.0
    text = f"  {rate:,.0f}/s"
    if told.total is not None and rate:
        left = timedelta(seconds=round(max(0, told.total - entries) / rate))
        text += f"  {left} left"
    return text + (f"  {told.rejected:,} rejected" if told.rejected else "")
