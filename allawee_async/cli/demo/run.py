"""What `allawee demo` does, from the first request to the last line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from allawee_async.cli.demo.customer_table import print_customers
from allawee_async.cli.demo.progress import WalkProgress
from allawee_async.cli.demo.sources import LiveSource, SandboxSource, Source
from allawee_async.cli.demo.walking import Walk, walk_customers
from allawee_async.cli.errors import CommandError
from allawee_async.cli.output.console import is_unicode, output_console

if TYPE_CHECKING:
    from rich.console import Console

    from allawee_async.cli.demo.command import DemoOptions


def run_demo(options: DemoOptions) -> None:
    """Walk the customers, and print the first ones, a summary and a verdict.

    Raises:
        CommandError: There is no key, or a customer was lost or came twice.
        AllaweeError: A page could not be had, after its retries.
    """
    console = output_console()
    source = _source(options)
    walk = asyncio.run(_walk(console, source, options))
    _print_report(console, walk)
    objection = source.objection(walk, options.max_items)
    if objection is not None:
        raise CommandError(f"the walk is not what it should be: {objection}")
    mark = "\N{CHECK MARK} " if is_unicode(console) else "ok: "
    console.print(Text(mark + source.praise(walk), style="green"))


def _source(options: DemoOptions) -> Source:
    if options.live:
        return LiveSource()
    return SandboxSource(
        customers=options.customers,
        seed=options.seed,
        page_size=options.page_size,
        faults=options.faults,
    )


async def _walk(console: Console, source: Source, options: DemoOptions) -> Walk:
    walk = Walk()
    async with source.open(walk.note_retry) as client:
        console.print(source.headline(), style="bold")
        console.print(source.details(), style="dim")
        console.print()
        with WalkProgress(options.max_items) as progress:
            await walk_customers(
                client,
                walk,
                page_size=options.page_size,
                max_items=options.max_items,
                after_page=progress.show,
            )
    return walk


def _print_report(console: Console, walk: Walk) -> None:
    if walk.first:
        print_customers(console, walk.first)
        if walk.count > len(walk.first):
            console.print(f"and {walk.count - len(walk.first):,} more", style="dim")
        console.print()
    console.print(_summary(walk))
    console.print()


def _summary(walk: Walk) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row("Customers", f"{walk.count:,}")
    table.add_row("Pages", f"{walk.pages:,}")
    table.add_row("Retries", _retries(walk))
    table.add_row("Time", f"{walk.seconds:.2f} s")
    table.add_row("Rate", f"{walk.rate:,.0f} customers a second")
    return table


def _retries(walk: Walk) -> str:
    if not walk.retries:
        return "0"
    reasons = ", ".join(f"{reason}: {count}" for reason, count in walk.retries.most_common())
    return f"{walk.retries.total():,} survived ({reasons})"
