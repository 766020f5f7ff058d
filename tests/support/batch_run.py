"""The hard promise of batches, tried out: each row takes effect once, whatever is killed when.

    python -m tests.support.batch_run --payouts 10000 --kills 30

A process pays through a server that resets connections before or after the effect, cuts answers,
delays, and answers 429 and 5xx at random; and that pays twice whoever asks twice with one
reference. The process is killed (`SIGKILL`) at random moments and started again. At the end, what
was paid is counted and held against what was told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from aiohttp import web

from tests.support import nursery
from tests.support.serving import KEY, sample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
FAULTY = 0.3
LONGEST_DELAY = 0.05
PAID_AT_LAST_KILL = 0.6
"""Rows that stay unknown are not sent again, so that not all are paid in runs that are killed."""
MOST_BEFORE_A_KILL = 16
"""So many more are paid before a process is killed at most, that none ends before it is killed."""
_PAYMENT = sample("payments.get.response")["data"]
_REFERENCE = re.compile(r"reference\|\w+\|([\w-]+)")


@attrs.define
class Ledger:
    """A server that pays, badly."""

    chance: random.Random
    rows: int
    paid: dict[str, list[dict[str, Any]]] = attrs.field(factory=dict)
    under_way: int = 0
    posts: int = 0
    most: float = math.inf
    faults: Counter[str] = attrs.field(factory=Counter)
    changed: asyncio.Event = attrs.field(factory=asyncio.Event)
    killed: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        try:
            return await self._handle(request)
        finally:
            self.under_way -= 1

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        kind = ""
        if self.chance.random() < FAULTY:
            kind = self.chance.choice(
                ["reset", "reset-after", "cut", "delay", "delay-after", "429", "500", "503-after"]
            )
            self.faults[kind] += 1
        if kind == "delay":
            await asyncio.sleep(self.chance.uniform(0, LONGEST_DELAY))
        if kind in ("429", "500"):
            headers = {"Retry-After": "0"} if kind == "429" else {}
            return web.json_response({"code": "error"}, status=int(kind), headers=headers)
        if kind == "reset":
            return self._reset(request)
        if request.method == "POST" and self.posts >= self.most:
            await self.killed.wait()
            return web.json_response({"code": "error"}, status=503)
        answer = self._paid(json.loads(body)) if request.method == "POST" else self._found(request)
        if kind == "delay-after":
            await asyncio.sleep(self.chance.uniform(0, LONGEST_DELAY))
        if kind == "reset-after":
            return self._reset(request)
        if kind == "503-after":
            return web.json_response({"code": "error"}, status=503)
        text = json.dumps(answer)
        if kind == "cut":
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        return web.Response(text=text, content_type="application/json")

    def _paid(self, asked: dict[str, Any]) -> dict[str, Any]:
        payments = self.paid.setdefault(asked["reference"], [])
        given = {name: asked[name] for name in ("reference", "amount", "currency")}
        self.posts += 1
        payments.append(_PAYMENT | given | {"id": f"py.{self.posts}"})
        self.changed.set()
        return {"code": "success", "data": payments[-1]}

    def _found(self, request: web.Request) -> dict[str, Any]:
        named = _REFERENCE.search(request.query["filter"])
        assert named is not None, request.query_string
        found = self.paid.get(named[1], [])
        return {"code": "success", "data": found, "metadata": {"hasMore": False}}

    @staticmethod
    def _reset(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def reaches(self, posts: int) -> None:
        while self.posts < posts:
            self.changed.clear()
            await self.changed.wait()

    async def rests(self) -> None:
        """Wait until what was sent by the dead has happened."""
        while self.under_way:  # noqa: ASYNC110 - it has no other end
            await asyncio.sleep(0.01)


@attrs.define
class Told:
    """What a run came to."""

    payouts: int
    kills: int = 0
    doubled: int = 0
    lost: int = 0
    wrong: int = 0
    unknown: int = 0
    open_at_last: int = 0
    faults: int = 0
    seconds: float = 0.0
    journal: int = 0

    def __str__(self) -> str:
        return (
            f"{self.payouts} payouts, {self.kills} kills, {self.faults} faults, "
            f"{self.seconds:.0f} s, journal {self.journal / self.payouts:.0f} bytes a row: "
            f"{self.doubled} paid twice, "
            f"{self.lost} lost, {self.wrong} reported wrongly; {self.unknown} told as unknown, "
            f"{self.open_at_last} after they were sent again"
        )

    def compare(self, states: dict[str, str], ledger: Ledger) -> None:
        """Hold what was told against what was paid."""
        times = {reference: len(paid) for reference, paid in ledger.paid.items()}
        self.doubled = sum(count > 1 for count in times.values())
        right = {"done": (1,), "skipped": (1,), "refused": (0,), "unknown": (0, 1)}
        self.wrong += sum(times.get(name, 0) not in right[state] for name, state in states.items())
        self.lost += self.payouts - len(states)


@asynccontextmanager
async def _serving(ledger: Ledger) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", ledger.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def batch_run(folder: Path, *, payouts: int, kills: int, seed: int = 0) -> Told:
    """Do a run.

    Args:
        folder: Where the journal is.
        payouts: How many rows there are.
        kills: How often the process is killed.
        seed: Where chance starts.
    """
    told = Told(payouts)
    ledger = Ledger(random.Random(seed), payouts)
    started = time.monotonic()
    journal = folder / "salaries.journal"
    async with _serving(ledger) as url:
        address = {"ALLAWEE_BASE_URL": url, "ALLAWEE_SECURE_URL": url, "ALLAWEE_API_KEY": KEY}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **address}

        def begin(*, resend: bool = False) -> nursery.Process:
            command = ("tests.support.batch_child", str(journal), str(payouts), str(resend))
            return nursery.python("-m", *command, env=environment, stdout=nursery.PIPE)

        async def states(*, resend: bool = False) -> dict[str, str]:
            process = begin(resend=resend)
            out, _ = await asyncio.to_thread(process.communicate)
            assert process.returncode == 0, "the last run ended by itself"
            found: dict[str, str] = json.loads(out)
            return found

        for number in range(kills):
            goal = int(payouts * PAID_AT_LAST_KILL * (number + 1) / kills)
            ledger.most = goal + ledger.chance.randint(0, MOST_BEFORE_A_KILL)
            ledger.killed.clear()
            process = begin()
            ends = asyncio.create_task(
                asyncio.to_thread(process.communicate)
            )  # else a full pipe holds it
            waits = asyncio.create_task(ledger.reaches(goal))
            await asyncio.wait([ends, waits], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(ledger.chance.uniform(0, 0.02))
            if process.returncode is None:
                process.kill()
                told.kills += 1
            waits.cancel()
            await ends
            ledger.most = math.inf
            ledger.killed.set()
        await ledger.rests()
        first = await states()
        told.compare(first, ledger)
        told.unknown = Counter(first.values())["unknown"]
        await ledger.rests()
        last: dict[str, str] = {}
        for _ in range(20):
            last = await states(resend=True)
            told.compare(last, ledger)
            await ledger.rests()
            if set(last.values()) <= {"done", "skipped"}:
                break
        told.open_at_last = sum(state not in ("done", "skipped") for state in last.values())
        told.lost += payouts - len(ledger.paid)
    told.faults = ledger.faults.total()
    told.journal = journal.stat().st_size
    told.seconds = time.monotonic() - started
    return told


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--payouts", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=30)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(batch_run(Path(folder), payouts=chosen.payouts, kills=chosen.kills))
    sys.stdout.write(f"{told}\n")
    return int(bool(told.doubled or told.lost or told.wrong or told.open_at_last))


if __name__ == "__main__":
    sys.exit(_main())
