"""What `allawee demo` does: it walks the customers of a sandbox or of the real API, and reports."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Final

from rich.text import Text

from allawee_async.cli.access.connection import open_client
from allawee_async.cli.access.credentials import KINDS, NoKeyError, host_of, kind_of
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.demo.walk import Walk
from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.output.columns import record_of
from allawee_async.cli.output.console import is_unicode, output_console
from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.cli.output.reports import print_facts
from allawee_async.cli.output.tables import TableWriter
from allawee_async.cli.wording import counted
from allawee_async.models.customers import Customer
from allawee_async.sandbox import Sandbox
from allawee_async.transport.retry import RetryPolicy

if TYPE_CHECKING:
    from rich.console import Console

    from allawee_async.cli.demo.command import DemoOptions
    from allawee_async.client import AllaweeClient

_SHARE_OF_FAULTS: Final = 0.2
_KINDS_OF_FAULTS: Final = ("429", "503", "reset", "cut-body", "cut-json")
_PATIENCE: Final = RetryPolicy(attempts=6, base_delay=0.05, max_delay=0.4)
_WAITED_IN_ALL: Final = 2.0
_LONGEST_LATENCY: Final = 0.04


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
