"""What `allawee demo` does: it walks the customers of a sandbox or of the real API, and reports."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Final

import attrs
from rich.text import Text

from allawee_async.cli.access.connection import open_client
from allawee_async.cli.access.credentials import KINDS, NoKeyError, host_of, kind_of
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.output.columns import record_of
from allawee_async.cli.output.console import is_unicode, output_console
from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.cli.output.tables import TableWriter
from allawee_async.cli.output.writers import print_facts
from allawee_async.cli.wording import counted
from allawee_async.errors import APIError, DecodeError, RequestTimeoutError, TransportError
from allawee_async.models.customers import Customer
from allawee_async.sandbox import Sandbox
from allawee_async.transport.retry import RetryPolicy

if TYPE_CHECKING:
    from rich.console import Console

    from allawee_async.cli.demo.command import DemoOptions
    from allawee_async.client import AllaweeClient
    from allawee_async.transport.request import RetryEvent

_SHARE_OF_FAULTS: Final = 0.2
_KINDS_OF_FAULTS: Final = ("429", "503", "reset", "cut-body", "cut-json")
_PATIENCE: Final = RetryPolicy(attempts=6, base_delay=0.05, max_delay=0.4)
_WAITED_IN_ALL: Final = 2.0
_LONGEST_LATENCY: Final = 0.04
_SHOWN: Final = 10
_REASONS: Final = (
    (RequestTimeoutError, "timeout"),
    (TransportError, "connection lost"),
    (DecodeError, "cut body"),
)


@attrs.define(kw_only=True)
class Walk:
    """What a walk has found so far.

    Attributes:
        first: The first customers.
        most: After how many it stops; None is never.
        known: The ids of all customers that there are; None where nobody but the API knows.
        count: How many customers came, repeated ones included.
        ids: Their ids; each once.
        pages: How many pages they came on.
        total: How many customers the API says there are, if it does.
        retries: What the client got over by asking again, and how often.
        started: When the walk began.
        seconds: How long it has taken.
    """

    first: list[Customer] = attrs.field(factory=list["Customer"])
    most: int | None = None
    known: frozenset[str] | None = None
    count: int = 0
    ids: set[str] = attrs.field(factory=set[str])
    pages: int = 0
    total: int | None = None
    retries: Counter[str] = attrs.field(factory=Counter[str])
    started: float = attrs.field(factory=time.perf_counter)
    seconds: float = 0.0

    def add(self, customers: tuple[Customer, ...]) -> None:
        """Count one page."""
        self.first += customers[: _SHOWN - len(self.first)]
        self.count += len(customers)
        self.ids.update(customer.id for customer in customers)
        self.pages += 1
        self.seconds = time.perf_counter() - self.started

    def note_retry(self, event: RetryEvent) -> None:
        """Count one retry; the client calls this before it waits."""
        self.retries[_reason(event.error)] += 1

    @property
    def repeated(self) -> int:
        """How many customers came that had come before."""
        return self.count - len(self.ids)

    @property
    def rate(self) -> float:
        """Customers per second."""
        return self.count / self.seconds if self.seconds else 0.0

    @property
    def objection(self) -> str | None:
        """What is wrong with a walk that has ended, or None."""
        if self.known is None:
            told = f"{counted(self.repeated, 'customer')} came more than once"
            return told if self.repeated else None
        wanted = min(len(self.known), self.most or len(self.known))
        strangers = len(self.ids - self.known)
        if self.repeated:
            return f"{self.repeated:,} of {self.count:,} customers came more than once"
        if strangers:
            return f"{counted(strangers, 'customer')} came that the sandbox does not have"
        if self.count != wanted:
            return f"{counted(self.count, 'customer')} came, and {wanted:,} should have"
        return None

    @property
    def praise(self) -> str:
        """What was checked, of a walk without objection."""
        if self.known is None:
            told = "" if self.total is None else f"; the API counts {self.total:,}"
            return f"{counted(self.count, 'customer')} came, none of them twice{told}"
        known = len(self.known)
        if self.count == known == 1:
            return "the sandbox's only customer came exactly once"
        if self.count == known:
            return f"each of the sandbox's {known:,} customers came exactly once"
        return f"stopped after {self.count:,} of {counted(known, 'customer')}; none came twice"

    def show(self, bar: LiveBar) -> None:
        """Tell a bar how far the walk is, its rate and its retries."""
        ends = [end for end in (self.total, self.most) if end is not None]
        retries = self.retries.total()
        word = "retry" if retries == 1 else "retries"
        bar.tell(
            completed=self.count,
            total=min(ends, default=None),
            details=f"  {self.rate:,.0f}/s  {retries:,} {word}",
        )


def _reason(error: Exception) -> str:
    if isinstance(error, APIError):
        return str(error.status)
    return next((name for kind, name in _REASONS if isinstance(error, kind)), "other")


def run_demo(options: DemoOptions) -> None:
    """Walk the customers, and say what came of it.

    Raises:
        CommandError: There is no key, or the walk is not what it should be.
        ConfigurationError: The key or a host cannot be one.
        AllaweeError: The walk came to no end.
    """
    console, walk = output_console(), Walk(most=options.max_items)
    asyncio.run(_walk(console, walk, options, _live() if options.live else None))
    _print_report(console, walk)
    if walk.objection is not None:
        raise CommandError(f"the walk is not what it should be: {walk.objection}")
    mark = "\N{CHECK MARK} " if is_unicode(console) else "ok: "
    console.print(Text(mark + walk.praise, style="green"))
    console.print(
        "next: `allawee sandbox` runs one for your own programs; "
        "`allawee cards list --sandbox` looks into one",
        style="dim",
    )


def _live() -> ConnectionOptions:
    """Return how the real API is reached; its key is looked for before the loop starts."""
    connection = ConnectionOptions()
    try:
        _ = connection.key
    except NoKeyError:
        raise UsageError(
            "no API key; set ALLAWEE_API_KEY or run `allawee login`, "
            "or leave out --live to walk a sandbox"
        ) from None
    return connection


async def _walk(
    console: Console, walk: Walk, options: DemoOptions, live: ConnectionOptions | None
) -> None:
    most = options.max_items
    opened = _open_live(console, walk, live) if live else _open_sandbox(console, walk, options)
    async with opened as client:
        console.print()
        walk.started = time.perf_counter()  # not when the sandbox was filled
        limit = options.page_size if most is None else min(options.page_size, most)
        pages = client.customers.list(limit=limit, count_total=True).pages()
        with LiveBar() as bar:
            async with aclosing(pages):
                async for page in pages:
                    walk.total = page.total_count if walk.total is None else walk.total
                    walk.add(page.items[: None if most is None else most - walk.count])
                    walk.show(bar)
                    if walk.count == most:
                        break
            walk.show(bar)


@asynccontextmanager
async def _open_live(
    console: Console, walk: Walk, live: ConnectionOptions
) -> AsyncGenerator[AllaweeClient]:
    """Open a client with the retries that a program gets by default."""
    async with open_client(live, on_retry=walk.note_retry) as client:
        host = host_of(None, os.environ)
        console.print(f"Allawee at {host} with a {KINDS[live.key_kind]}", style="bold")
        console.print("only read, nothing is changed", style="dim")
        yield client


@asynccontextmanager
async def _open_sandbox(
    console: Console, walk: Walk, options: DemoOptions
) -> AsyncGenerator[AllaweeClient]:
    """Start a sandbox that has faults now and then, and open a client that is patient with it."""
    sandbox, seed = Sandbox(customers=options.customers, seed=options.seed), options.seed
    if options.faults:
        # The more pages, the shorter the latency of each.
        in_all = _WAITED_IN_ALL * options.page_size / max(1, options.customers)
        longest = min(_LONGEST_LATENCY, in_all)
        # Latency needs to be repeatable, not unpredictable.
        chance = Random(seed)  # noqa: S311
        sandbox.faults.latency(lambda: longest * chance.uniform(0.5, 1.0))
        sandbox.faults.random(_SHARE_OF_FAULTS, seed, kinds=_KINDS_OF_FAULTS)
    async with sandbox, sandbox.client(retry=_PATIENCE, on_retry=walk.note_retry) as client:
        walk.known = frozenset(str(one["id"]) for one in sandbox.state.customers)
        key = KINDS[kind_of(sandbox.api_key)]
        console.print(f"Sandbox at {sandbox.url} with a {key}", style="bold")
        faults = "some requests fail" if options.faults else "no faults"
        told = f"{counted(len(walk.known), 'customer')}, seed {seed}, {faults}"
        console.print(told, style="dim")
        yield client


def _print_report(console: Console, walk: Walk) -> None:
    if walk.first:
        records = [record_of(one, model=Customer, reveal=False) for one in walk.first]
        TableWriter(Customer, None).page(records)
        if walk.count > len(walk.first):
            console.print(f"and {walk.count - len(walk.first):,} more", style="dim")
        console.print()
    retries = walk.retries
    reasons = ", ".join(f"{reason}: {count}" for reason, count in retries.most_common())
    print_facts(
        {
            "Customers": f"{walk.count:,}",
            "Pages": f"{walk.pages:,}",
            "Retries": f"{retries.total():,} survived ({reasons})" if retries else "0",
            "Time": f"{walk.seconds:.2f} s",
            "Rate": f"{walk.rate:,.0f} customers a second",
        }
    )
    console.print()
