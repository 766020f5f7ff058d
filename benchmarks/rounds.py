"""Rounds of measurements, and the samples that they give."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from math import ceil

from benchmarks.contestants import BARE, CONTESTANTS, OURS, PEER
from benchmarks.imports import import_times
from benchmarks.plan import Plan, Step, steps
from benchmarks.processes import run_worker

Samples = dict[str, dict[str, list[float]]]
"""Contestant, then figure, then one value for each round."""

_IMPORTED_BY = {"aiohttp": BARE, "typer_rich": BARE, "peer": PEER}
"""Who the figures of imports belong to, if not to us."""


class Runner:
    """Runs a plan round after round; within a round the contestants stand side by side."""

    def __init__(self, plan: Plan, urls: dict[str, str], chosen: Iterable[str]) -> None:
        self._plan = plan
        self._urls = urls
        self._chosen = set(chosen)
        self.samples: Samples = {name: defaultdict(list) for name in CONTESTANTS}
        self.unavailable: dict[str, str] = {}

    def run(self) -> None:
        if "imports" in self._chosen:
            import_times(0)  # compiles every module
        for number in range(self._plan.rounds):
            for step in steps(self._plan):
                if step.name.partition("_")[0] in self._chosen:
                    self._side_by_side(number, step)
            if "imports" in self._chosen:
                self._imports(number)
        self._add_memory_growth()

    def _side_by_side(self, number: int, step: Step) -> None:
        start = number % len(CONTESTANTS)
        for contestant in CONTESTANTS[start:] + CONTESTANTS[:start]:
            if contestant in self.unavailable:
                continue
            _say(f"round {number + 1}/{self._plan.rounds}  {step.name:<13} {contestant}")
            options = step.options(self._plan, self._urls, contestant)
            figures = run_worker(contestant, step.task, options)
            if "unavailable" in figures:
                self.unavailable[contestant] = figures["unavailable"]
                continue
            for figure, value in figures.items():
                self.samples[contestant][f"{step.name}.{figure}"].append(value)

    def _imports(self, number: int) -> None:
        for turn in range(ceil(self._plan.imports / self._plan.rounds)):
            _say(f"round {number + 1}/{self._plan.rounds}  imports       turn {turn + 1}")
            for figure, value in import_times(number + turn).items():
                contestant = _IMPORTED_BY.get(figure, OURS)
                self.samples[contestant][f"imports.{figure}"].append(value)

    def _add_memory_growth(self) -> None:
        for figures in self.samples.values():
            pairs = zip(
                figures.get("memory_large.peak_mib", ()),
                figures.get("memory_small.peak_mib", ()),
                strict=True,
            )
            figures["memory.growth_mib"] = [large - small for large, small in pairs]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
