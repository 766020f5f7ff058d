"""The rows of the table: which figure stands against which, and what it must be."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, le
from statistics import median

from benchmarks.contestants import BARE, OURS, PEER
from benchmarks.rounds import Samples

Judge = Callable[[float, float], bool]


@dataclass(frozen=True, slots=True)
class Measure:
    """One row.

    `floor` and `peer` name other figures than `figure` where the contestants do not do the
    same thing; a `floor` of `None` says that a ratio to it would mean nothing. The limit holds
    for the ratio to the floor, or, with `absolute`, for our own figure in its unit.
    """

    title: str
    unit: str
    figure: str
    limit: float | None = None
    judge: Judge = le
    absolute: bool = False
    floor: str | None = ""
    peer: str = ""
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A measure with what came out; `None` where nothing was measured."""

    measure: Measure
    ours: float | None
    floor: float | None
    peer: float | None
    ratio: float | None
    spread: tuple[float, float] | None
    peer_ratio: float | None
    passed: bool | None


MEASURES = (
    Measure("walk, CPU per customer", "µs", "walk.cpu_us_per_item", 1.7),
    Measure("walk, customers per second", "/s", "walk.items_per_second", digits=0),
    Measure("single reads in sequence, CPU per call", "µs", "read.cpu_us_per_call", 1.25, digits=0),
    Measure("reads with 64 in flight, calls", "/s", "flight.calls_per_second", 0.8, ge, digits=0),
    Measure("… CPU per call", "µs", "flight.cpu_us_per_call", digits=0),
    Measure("walk, 20 ms server + 20 ms consumer", "s", "leisure.items_seconds", 0.6, digits=2),
    Measure("… by `pages()`", "s", "leisure.pages_seconds", digits=2),
    Measure("decode a page of 100, bytes → list", "ms", "decode.bytes_ms", 1.2, le, True, digits=2),
    Measure("decode a page of 100, parsed → list", "ms", "decode.parsed_ms", floor=None, digits=2),
    Measure("memory, 200,000 over 2,000 walked", "MiB", "memory.growth_mib", 5.0, le, True, None),
    Measure("memory, peak of the large walk", "MiB", "memory_large.peak_mib"),
    Measure(
        "`import allawee_async`",
        "ms",
        "imports.package",
        1.1,
        floor="imports.aiohttp",
        peer="imports.peer",
    ),
    Measure("… `AllaweeClient`", "ms", "imports.client", 1.1, floor="imports.aiohttp"),
    Measure("… and a client's `.customers`", "ms", "imports.first_use", floor="imports.aiohttp"),
    Measure("models, errors and signatures alone", "ms", "imports.models", 100.0, le, True),
    Measure("`allawee --help`", "ms", "imports.help", 1.5, floor="imports.typer_rich"),
)


def row_of(measure: Measure, samples: Samples) -> Row:
    """Medians of the figures, and the median of the ratios of each round.

    A ratio within a round compares neighbours in time: the machine's drift falls out.
    """
    ours = samples[OURS].get(measure.figure, [])
    floor = samples[BARE].get(measure.floor or measure.figure, [])
    peer = samples[PEER].get(measure.peer or measure.figure, [])
    compared = floor if measure.floor is not None else []
    ratios = _ratios(ours, compared)
    ratio = _middle(ratios)
    judged = _middle(ours) if measure.absolute else ratio
    return Row(
        measure=measure,
        ours=_middle(ours),
        floor=_middle(floor),
        peer=_middle(peer),
        ratio=ratio,
        spread=(min(ratios), max(ratios)) if ratios else None,
        peer_ratio=_middle(_ratios(peer, compared)),
        passed=_verdict(measure, judged),
    )


def _verdict(measure: Measure, judged: float | None) -> bool | None:
    if measure.limit is None or judged is None:
        return None
    return measure.judge(judged, measure.limit)


def _ratios(values: list[float], floors: list[float]) -> list[float]:
    return [value / floor for value, floor in zip(values, floors, strict=False) if floor > 0]


def _middle(values: list[float]) -> float | None:
    return median(values) if values else None
