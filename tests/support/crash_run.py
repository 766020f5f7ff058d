"""The hard promise, tried out: each event has its effect once, whatever is killed when.

    python -m tests.support.crash_run --store sqlite --deliveries 10000

Two workers receive webhooks over HTTP. Events are delivered several times, out of order, until each
delivery was answered 200; meanwhile handlers fail, and workers are killed (`SIGKILL`) or paused for
longer than a claim holds, and replaced. At the end, the effects are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
from redis.asyncio import Redis

from tests.support import nursery
from tests.support.crash_worker import EFFECTS, LEASE
from tests.support.deliveries import documented, signature_of, wire
from tests.support.redis_server import running_redis

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SAMPLE = "card.authorization.closed.approved"

WORKERS = 2
IN_FLIGHT = 24
ANSWERS_PER_KILL = 30
ANSWERS_PER_PAUSE = 300
REPEATS = 4
"""The most often that an event is delivered on purpose."""
PATIENCE = 2.0
"""Seconds to wait for an answer, as who delivers does."""
NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError)


@attrs.define
class Outcome:
    """What happened in a run."""

    events: int = 0
    deliveries: int = 0
    attempts: int = 0
    answers: Counter[str] = attrs.field(factory=Counter)
    kills: int = 0
    pauses: int = 0
    lost_claims: int = 0
    troubles: list[str] = attrs.field(factory=list)
    effects: Counter[str] = attrs.field(factory=Counter)
    seconds: float = 0.0

    @property
    def doubled(self) -> int:
        return sum(count > 1 for count in self.effects.values())

    @property
    def missing(self) -> int:
        return self.events - len(self.effects)

    def __str__(self) -> str:
        return (
            f"{self.events} events, {self.deliveries} deliveries, {self.attempts} attempts "
            f"{dict(self.answers)}, {self.kills} kills, {self.pauses} pauses, "
            f"{self.lost_claims} claims lost in a handler, {len(self.troubles)} troubles of the "
            f"store, {self.seconds:.1f} s: "
            f"{sum(self.effects.values())} effects, {self.doubled} doubled, {self.missing} missing"
        )


class Workers:
    """The processes, by the port that they listen on."""

    def __init__(self, options: dict[str, Any], outcome: Outcome) -> None:
        self._options = json.dumps(options).encode() + b"\n"
        self._outcome = outcome
        orders, self._orders = os.pipe()
        self._process = nursery.python(
            *("-m", "tests.support.crash_worker"), stdin=orders, stdout=nursery.PIPE
        )
        os.close(orders)
        self._pids: dict[int, int] = {}
        self._ended = False
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Keep track of what the processes print, until all are gone."""
        for _ in range(WORKERS):
            self._spawn()
        assert self._process.stdout is not None
        told = self._process.stdout
        while line := await asyncio.to_thread(told.readline):
            news = json.loads(line)
            self._outcome.lost_claims += "lost" in news
            if "trouble" in news:
                self._outcome.troubles.append(news["trouble"])
            if "port" in news:
                async with self._changed:
                    self._pids[news["port"]] = news["pid"]
                    self._changed.notify_all()
        told.close()
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def port(self) -> int:
        """Return the port of any worker."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._pids or self._ended)
            assert not self._ended, "the worker processes ended by themselves"
            return random.choice(list(self._pids))

    def kill(self) -> None:
        """Kill a worker, and start another one."""
        if self._pids:
            port = random.choice(list(self._pids))
            os.kill(self._pids.pop(port), signal.SIGKILL)
            self._outcome.kills += 1
            self._spawn()

    async def pause(self) -> None:
        """Stop a worker for longer than its claims hold, and let it go on."""
        if self._pids:
            port = random.choice(list(self._pids))
            pid = self._pids.pop(port)
            os.kill(pid, signal.SIGSTOP)
            self._outcome.pauses += 1
            try:
                await asyncio.sleep(LEASE * 1.5)
            finally:
                os.kill(pid, signal.SIGCONT)
            self._pids[port] = pid

    async def end(self) -> None:
        os.close(self._orders)
        await asyncio.to_thread(self._process.wait)

    def _spawn(self) -> None:
        os.write(self._orders, self._options)


class Feeder:
    """Delivers until every delivery was answered 200."""

    def __init__(
        self, deliveries: int, workers: Workers, outcome: Outcome, answered: Callable[[], None]
    ) -> None:
        self._workers = workers
        self._outcome = outcome
        self._answered = answered
        self._left: list[str] = []
        while len(self._left) < deliveries:
            event = f"evt.{outcome.events}"
            self._left += [event] * min(random.randint(1, REPEATS), deliveries - len(self._left))
            outcome.events += 1
        self._mix()
        outcome.deliveries = deliveries
        self._open = 0

    def _mix(self) -> None:
        """Deliver repeats close to each other, partly at the same time, and out of order."""
        keyed = [(place + random.uniform(0, 60), event) for place, event in enumerate(self._left)]
        self._left = [event for _, event in sorted(keyed, reverse=True)]

    async def run(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(self._deliver(session))

    async def _deliver(self, session: aiohttp.ClientSession) -> None:
        while self._left or self._open:
            if not self._left:
                await asyncio.sleep(0.01)
                continue
            event = self._left.pop()
            self._open += 1
            answer = await self._attempt(session, event)
            self._open -= 1
            self._outcome.attempts += 1
            self._outcome.answers[answer] += 1
            if answer == "200":
                self._answered()
            else:
                self._left.insert(random.randint(len(self._left) // 2, len(self._left)), event)
                await asyncio.sleep(random.uniform(0, 0.02))

    async def _attempt(self, session: aiohttp.ClientSession, event: str) -> str:
        document = documented(SAMPLE)
        document["metadata"]["event"] = event
        body = wire(document)
        headers = {"Allawee-Signature": signature_of(body), "Content-Type": "application/json"}
        try:
            url = f"http://127.0.0.1:{await self._workers.port()}/"
            timeout = aiohttp.ClientTimeout(total=PATIENCE)
            async with session.post(url, data=body, headers=headers, timeout=timeout) as response:
                await response.read()
                return str(response.status)
        except NO_ANSWER:
            return "none"


class Trouble:
    """Kills and pauses workers, each time after so many answers and at a random moment."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._answers = 0
        self._next_kill = self._next_pause = 0.0
        self._kill, self._pause = asyncio.Event(), asyncio.Event()

    def answered(self) -> None:
        self._answers += 1
        if self._answers >= self._next_kill:
            self._next_kill = self._answers + ANSWERS_PER_KILL * random.uniform(0.5, 1.5)
            self._kill.set()
        if self._answers >= self._next_pause:
            self._next_pause = self._answers + ANSWERS_PER_PAUSE * random.uniform(0.5, 1.5)
            self._pause.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kills())
            group.create_task(self._pauses())

    async def _kills(self) -> None:
        while await self._kill.wait():
            self._kill.clear()
            await asyncio.sleep(random.uniform(0, 0.03))
            self._workers.kill()

    async def _pauses(self) -> None:
        while await self._pause.wait():
            self._pause.clear()
            await self._workers.pause()


async def crash_run(
    place: str,
    read_effects: Callable[[], Any],
    *,
    deliveries: int,
    dispatcher: bool,
    careless: bool = False,
) -> Outcome:
    """Do a run.

    Args:
        place: The file or the url of the store.
        read_effects: Returns the names of the events that had an effect, as often as they had it.
        deliveries: How many deliveries must be answered 200.
        dispatcher: Receive with a dispatcher; otherwise with the methods of the store.
        careless: Let handlers have their effect outside of the transaction.
    """
    outcome = Outcome()
    options = {"place": place, "dispatcher": dispatcher, "careless": careless}
    workers = Workers(options, outcome)
    started = time.monotonic()
    tasks = [asyncio.create_task(workers.run())]
    try:
        trouble = Trouble(workers)
        tasks.append(asyncio.create_task(trouble.run()))
        await Feeder(deliveries, workers, outcome, trouble.answered).run()
    finally:
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks[1:], return_exceptions=True)
        await workers.end()
        await tasks[0]
    outcome.effects.update(await read_effects())
    outcome.seconds = time.monotonic() - started
    return outcome


async def sqlite_run(path: Path, **options: Any) -> Outcome:
    """Do a run on a new file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE effects (event TEXT)")

    async def effects() -> list[str]:
        with closing(sqlite3.connect(path)) as connection:
            return [event for (event,) in connection.execute("SELECT event FROM effects")]

    return await crash_run(str(path), effects, **options)


async def redis_run(url: str, **options: Any) -> Outcome:
    """Do a run on a server that holds nothing else."""

    async def effects() -> list[str]:
        async with Redis.from_url(url, decode_responses=True) as client:
            return list(await client.lrange(EFFECTS, 0, -1))  # type: ignore[arg-type]

    async with Redis.from_url(url) as client:
        await client.flushdb()
    return await crash_run(url, effects, **options)


async def _main(chosen: argparse.Namespace) -> int:
    options = {
        "deliveries": chosen.deliveries,
        "dispatcher": not chosen.by_hand,
        "careless": chosen.careless,
    }
    if chosen.store == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            outcome = await sqlite_run(Path(folder) / "events.db", **options)
    else:
        with running_redis() as server:
            outcome = await redis_run(server.url, **options)
    sys.stdout.write(f"{outcome}\n")
    for trouble, count in Counter(outcome.troubles).items():
        sys.stdout.write(f"{count} x {trouble}\n")
    return int(bool(outcome.doubled or outcome.missing))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--store", choices=["sqlite", "redis"], default="sqlite")
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--by-hand", action="store_true", help="the store without a dispatcher")
    parser.add_argument("--careless", action="store_true", help="effects outside of transactions")
    sys.exit(asyncio.run(_main(parser.parse_args())))
