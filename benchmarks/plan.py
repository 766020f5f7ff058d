"""How much work a run does, and which server ports it needs."""

from dataclasses import dataclass, replace

from benchmarks.contestants import PEER
from benchmarks.dataset import PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of every measurement."""

    rounds: int = 5
    walked: int = 20_000
    walks: int = 5
    reads: int = 5_000
    flights: int = 10_000
    # The peer's rate is so low that the same number of calls would take a minute.
    peer_flights: int = 1_000
    in_flight: int = 64
    small_walk: int = 2_000
    large_walk: int = 200_000
    leisure_pages: int = 60
    leisure_ms: int = 20
    decodes: int = 10
    imports: int = 15

    def datasets(self) -> dict[str, str]:
        """What the server offers, by the name that the jobs use."""
        return {
            "walk": f"{self.walked}:0",
            "small": f"{self.small_walk}:0",
            "large": f"{self.large_walk}:0",
            "leisure": f"{self.leisure_pages * PAGE_SIZE}:{self.leisure_ms}",
        }


FULL = Plan()
QUICK = replace(
    FULL,
    rounds=2,
    walks=3,
    reads=1_000,
    flights=2_000,
    peer_flights=400,
    large_walk=40_000,
    leisure_pages=15,
    decodes=3,
    imports=4,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One measurement that every contestant goes through."""

    name: str
    task: str
    dataset: str
    total: int
    repeats: int = 1
    calls: int = 1
    peer_calls: int = 0

    def options(self, plan: Plan, urls: dict[str, str], contestant: str) -> dict[str, str]:
        """The worker's flags."""
        calls = self.peer_calls if self.peer_calls and contestant == PEER else self.calls
        return {
            "url": urls[self.dataset],
            "total": str(self.total),
            "repeats": str(self.repeats),
            "calls": str(calls),
            "in-flight": str(plan.in_flight),
            "rest-ms": str(plan.leisure_ms),
        }


def steps(plan: Plan) -> list[Step]:
    """Every measurement of a round, imports apart."""
    return [
        Step("walk", "walk", "walk", plan.walked, repeats=plan.walks),
        Step("read", "read", "walk", plan.walked, calls=plan.reads),
        Step(
            "flight",
            "flight",
            "walk",
            plan.walked,
            calls=plan.flights,
            peer_calls=plan.peer_flights,
        ),
        Step("leisure", "leisure", "leisure", plan.leisure_pages * PAGE_SIZE),
        Step("decode", "decode", "walk", plan.walked, repeats=plan.decodes),
        Step("memory_small", "memory", "small", plan.small_walk),
        Step("memory_large", "memory", "large", plan.large_walk),
    ]
