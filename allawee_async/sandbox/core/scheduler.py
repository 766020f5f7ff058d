"""What is to happen later: jobs with the moment at which they are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from typing import NamedTuple

import msgspec

from allawee_async.sandbox.core.values import Json


class ScheduledJob(NamedTuple):
    """One thing to do: `name` is a key of `JOBS` in `api/app.py`, `id` the document it is about."""

    due: datetime
    number: int
    name: str
    id: str


class Scheduler:
    """Jobs to come, the one that is due first in front; those of one moment keep their order."""

    def __init__(self) -> None:
        self._jobs: list[ScheduledJob] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, due: datetime, name: str, id: str) -> None:
        """Take in one more job."""
        self._count += 1
        heappush(self._jobs, ScheduledJob(due, self._count, name, id))

    def next_due(self) -> datetime | None:
        """Return when the next job is due, or None when there is none."""
        return self._jobs[0].due if self._jobs else None

    def take_due(self, clock: Callable[[], datetime]) -> ScheduledJob | None:
        """Take out and return the first job that is due; no clock is asked if there are no jobs."""
        return heappop(self._jobs) if self._jobs and self._jobs[0].due <= clock() else None

    def dump(self) -> Json:
        """Return the jobs as JSON."""
        return [[job.due.isoformat(), job.name, job.id] for job in sorted(self._jobs)]

    def load(self, dumped: Json) -> None:
        """Take the jobs of a dump in place of the present ones.

        Raises:
            ValueError: It is not the dump of a scheduler.
        """
        self._jobs = []
        for job in msgspec.convert(dumped, list[tuple[datetime, str, str]]):
            self.add(*job)
