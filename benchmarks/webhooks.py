"""`python -m benchmarks.webhooks`: what the receiver costs, and whether decisions are on time."""

import argparse
import asyncio
import gc
import hmac
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

import orjson

from allawee_async.webhooks import Approve, CardAuthorizationRequest, WebhookDispatcher
from benchmarks.processes import listening, run_module
from benchmarks.report import machine
from benchmarks.webhook_deliveries import APPROVED, DECLINED, KEY, Delivery, deliveries
from benchmarks.webhook_load import Answered, deliver_at_once, deliver_on_new_connections

COSTED = 20_000
AT_ONCE = 500
HANGING = 200

CPU_LIMIT_US = 150.0
ON_TIME_SECONDS = 1.0
DEADLINE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    title: str
    figures: str
    passed: bool | None = None


def main() -> int:
    arguments = _arguments()
    if arguments.cost:
        print(json.dumps(asyncio.run(_costs())))
        return 0
    results = [*_cpu(arguments.rounds), *_on_time(arguments.rounds), *_hanging()]
    for result in results:
        mark = {True: "✓", False: "✗", None: " "}[result.passed]
        print(f"{mark} {result.title:<58} {result.figures}")
    print(f"\n{arguments.rounds} rounds; {json.dumps(machine())}")
    return 1 if arguments.check and any(result.passed is False for result in results) else 0


# What a delivery costs


def _cpu(rounds: int) -> list[Result]:
    samples = [run_module("benchmarks.webhooks", "--cost") for _ in range(rounds)]
    cost = {name: median(sample[name] for sample in samples) for name in samples[0]}
    spread = f"({min(s['all'] for s in samples):.0f} … {max(s['all'] for s in samples):.0f})"
    all_of_it = f"{cost['all']:.0f} µs {spread}, must be ≤ {CPU_LIMIT_US:.0f}"
    return [
        Result(
            "CPU of verify, parse, dispatch, dedupe in memory",
            all_of_it,
            cost["all"] <= CPU_LIMIT_US,
        ),
        Result("… verify and parse alone", f"{cost['parse']:.0f} µs"),
        Result("… the floor: HMAC-SHA512 and orjson.loads", f"{cost['floor']:.0f} µs"),
        Result("… a repeat of a done event", f"{cost['repeat']:.0f} µs"),
    ]


async def _costs() -> dict[str, float]:
    """The CPU of one delivery in microseconds, by what is done with it."""
    webhooks = WebhookDispatcher(KEY)
    warm_up, costed = deliveries(2_000, start=COSTED), deliveries(COSTED)

    @webhooks.on("card.authorization.request")
    async def decide(_: CardAuthorizationRequest) -> Approve:
        return Approve()

    async def dispatch(delivery: Delivery) -> None:
        reply = await webhooks.dispatch(delivery.body, delivery.signature)
        assert reply.body == APPROVED

    async def parse(delivery: Delivery) -> None:
        webhooks._verifier.parse(delivery.body, delivery.signature)  # noqa: SLF001

    async def floor(delivery: Delivery) -> None:
        digest = hmac.digest(KEY.encode(), delivery.body, "sha512")
        assert hmac.compare_digest(digest.hex(), delivery.signature)
        orjson.loads(delivery.body)

    for work in (dispatch, parse, floor):
        await _microseconds(work, warm_up)
    costs = {
        "all": await _microseconds(dispatch, costed),
        "repeat": await _microseconds(dispatch, costed[-5_000:]),
        "parse": await _microseconds(parse, costed),
        "floor": await _microseconds(floor, costed),
    }
    assert webhooks.stats.handled == len(warm_up) + len(costed)
    await webhooks.close()
    return costs


async def _microseconds(
    work: Callable[[Delivery], Awaitable[None]], costed: list[Delivery]
) -> float:
    gc.collect()
    began = process_time()
    for delivery in costed:
        await work(delivery)
    return (process_time() - began) / len(costed) * 1e6


# Whether decisions are on time


def _on_time(rounds: int) -> list[Result]:
    results: list[Result] = []
    with listening("benchmarks.webhook_server") as port:
        asyncio.run(deliver_at_once(port, "/quick", deliveries(20, start=10**6)))
        for title, load in (
            ("connections that are open", deliver_at_once),
            ("new connections", deliver_on_new_connections),
        ):
            answers: list[Answered] = []
            for number in range(rounds):
                sent = deliveries(AT_ONCE, start=10**5 * (len(results) + 1) + AT_ONCE * number)
                answers += asyncio.run(load(port, "/quick", sent))
            in_time = sum(a.seconds <= ON_TIME_SECONDS and a.body == APPROVED for a in answers)
            name = f"{AT_ONCE} at once, handler of 50 ms, {title}"
            figures = f"{_latency(answers)}, {in_time} of {len(answers)} decided within 1 s"
            results.append(Result(name, figures, in_time == len(answers)))
    return results


def _hanging() -> list[Result]:
    with listening("benchmarks.webhook_server") as port:
        answers = asyncio.run(_half_and_half(port))
    in_time = sum(a.seconds <= DEADLINE_SECONDS and a.body == DECLINED for a in answers)
    title = f"{HANGING} handlers that hang, half of them in threads"
    figures = f"{_latency(answers)}, {in_time} of {len(answers)} defaults within 2 s"
    return [Result(title, figures, in_time == len(answers))]


async def _half_and_half(port: int) -> list[Answered]:
    stuck, threads = deliveries(HANGING // 2), deliveries(HANGING // 2)
    parts = await asyncio.gather(
        deliver_at_once(port, "/stuck", stuck), deliver_at_once(port, "/thread", threads)
    )
    return [answered for part in parts for answered in part]


def _latency(answers: list[Answered]) -> str:
    seconds = sorted(answered.seconds for answered in answers)
    middle, high = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)]
    return f"median {middle * 1e3:.0f}, p99 {high * 1e3:.0f}, max {seconds[-1] * 1e3:.0f} ms"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how many (default 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--cost", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
