"""`allawee demo`: see the client walk every customer, through faults, over real HTTP."""

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from allawee_async.cli.access.options import MOST_CUSTOMERS
from allawee_async.cli.errors import CommandError, UsageError
from allawee_async.cli.output.reports import print_facts

if TYPE_CHECKING:
    from rich.console import Console

    from allawee_async.cli.demo.sources import LiveSource, SandboxSource
    from allawee_async.cli.demo.walking import Walk

Customers = Annotated[
    int,
    typer.Option(min=0, max=MOST_CUSTOMERS, metavar="NUMBER", help="Customers in the sandbox."),
]
Seed = Annotated[
    int, typer.Option(metavar="NUMBER", help="The same seed gives the same customers and faults.")
]
Faults = Annotated[
    bool,
    typer.Option(
        "--faults/--no-faults",
        help="Let requests to the sandbox fail now and then, and take a while.",
    ),
]
PageSize = Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Customers on a page.")]
MaxItems = Annotated[
    int | None, typer.Option(min=1, metavar="NUMBER", help="Stop after so many customers.")
]
Live = Annotated[
    bool,
    typer.Option("--live", help="Walk the real API, with the key that `allawee whoami` tells of."),
]


@attrs.frozen(kw_only=True)
class DemoOptions:
    """What the demonstration is to do: an option for each attribute."""

    customers: Customers = 5_000
    seed: Seed = 1
    faults: Faults = True
    page_size: PageSize = 100
    max_items: MaxItems = None
    live: Live = False


def demo(context: typer.Context, *, options: DemoOptions) -> None:
    """See the client walk thousands of customers through faults.

    It starts a sandbox with made-up customers, lets some of its answers fail, walks every
    customer over real HTTP, and checks that each came exactly once.

    Nothing leaves this computer unless you say --live; then it reads, and changes nothing.
    """
    if options.live:
        _refuse_options_of_the_sandbox(context)
    import asyncio

    from rich.text import Text

    from allawee_async.cli.output.console import is_unicode, output_console

    console = output_console()
    source = _source(options)
    walk = asyncio.run(_walk(console, source, options))
    _print_report(console, walk)
    objection = source.objection(walk, options.max_items)
    if objection is not None:
        raise CommandError(f"the walk is not what it should be: {objection}")
    mark = "\N{CHECK MARK} " if is_unicode(console) else "ok: "
    console.print(Text(mark + source.praise(walk), style="green"))
    console.print(
        "next: `allawee sandbox` runs one for your own programs; "
        "`allawee cards list --sandbox` looks into one",
        style="dim",
    )


def _refuse_options_of_the_sandbox(context: typer.Context) -> None:
    for name in ("customers", "seed", "faults"):
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise UsageError(f"--live has no sandbox, so it takes no --{name}; leave it out")


def _source(options: DemoOptions) -> "SandboxSource | LiveSource":
    from allawee_async.cli.demo.sources import LiveSource, SandboxSource

    if options.live:
        return LiveSource()
    return SandboxSource(
        customers=options.customers,
        seed=options.seed,
        page_size=options.page_size,
        faults=options.faults,
    )


async def _walk(
    console: "Console", source: "SandboxSource | LiveSource", options: DemoOptions
) -> "Walk":
    from allawee_async.cli.demo.walking import Walk, WalkProgress

    walk, most = Walk(), options.max_items
    async with source.open(walk.note_retry) as client:
        console.print(source.headline(), style="bold")
        console.print(source.details(), style="dim")
        console.print()
        limit = options.page_size if most is None else min(options.page_size, most)
        pages = client.customers.list(limit=limit, count_total=True).pages()
        with WalkProgress(most) as progress:
            async with aclosing(pages):
                async for page in pages:
                    walk.total = page.total_count if walk.total is None else walk.total
                    walk.add(page.items if most is None else page.items[: most - walk.count])
                    progress.show(walk)
                    if walk.count == most:
                        break
            progress.show(walk)
    return walk


def _print_report(console: "Console", walk: "Walk") -> None:
    from allawee_async.cli.output.columns import record_of
    from allawee_async.cli.output.tables import TableWriter
    from allawee_async.models.customers import Customer

    if walk.first:
        records = [record_of(one, model=Customer, reveal=False) for one in walk.first]
        TableWriter(Customer, None).page(records)
        if walk.count > len(walk.first):
            console.print(f"and {walk.count - len(walk.first):,} more", style="dim")
        console.print()
    print_facts(
        {
            "Customers": f"{walk.count:,}",
            "Pages": f"{walk.pages:,}",
            "Retries": _retries(walk),
            "Time": f"{walk.seconds:.2f} s",
            "Rate": f"{walk.rate:,.0f} customers a second",
        }
    )
    console.print()


def _retries(walk: "Walk") -> str:
    if not walk.retries:
        return "0"
    reasons = ", ".join(f"{reason}: {count}" for reason, count in walk.retries.most_common())
    return f"{walk.retries.total():,} survived ({reasons})"
