"""`allawee demo`: see the client walk every customer, through faults, over real HTTP."""

from typing import Annotated

import attrs
import typer

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.options import Debug, NoColor

_CUSTOMERS = 5_000
_MOST_CUSTOMERS = 200_000
_PAGE_SIZE = 100
_SEED = 1


@attrs.frozen(kw_only=True)
class DemoOptions:
    """What the demonstration is to do.

    Attributes:
        live: Walk the real API instead of a sandbox.
        customers: How many customers the sandbox has.
        seed: What the sandbox makes its customers and faults from.
        faults: Whether requests to the sandbox fail now and then, and take a while.
        page_size: Customers on a page.
        max_items: Where to stop; None walks all.
    """

    live: bool = False
    customers: int = _CUSTOMERS
    seed: int = _SEED
    faults: bool = True
    page_size: int = _PAGE_SIZE
    max_items: int | None = None


Customers = Annotated[
    int,
    typer.Option(min=0, max=_MOST_CUSTOMERS, metavar="NUMBER", help="Customers in the sandbox."),
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


def demo(
    context: typer.Context,
    *,
    customers: Customers = _CUSTOMERS,
    seed: Seed = _SEED,
    faults: Faults = True,
    page_size: PageSize = _PAGE_SIZE,
    max_items: MaxItems = None,
    live: Live = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """See the client walk thousands of customers through faults.

    It starts a sandbox with made-up customers, lets some of its answers fail, walks every
    customer over real HTTP, and checks that each came exactly once.

    Nothing leaves this computer unless you say --live; then it reads, and changes nothing.
    """
    del no_color, debug
    if live:
        _refuse_options_of_the_sandbox(context)
    from allawee_async.cli.demo.run import run_demo

    run_demo(
        DemoOptions(
            live=live,
            customers=customers,
            seed=seed,
            faults=faults,
            page_size=page_size,
            max_items=max_items,
        )
    )


def _refuse_options_of_the_sandbox(context: typer.Context) -> None:
    for name in ("customers", "seed", "faults"):
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise CommandError(
                f"--live has no sandbox, so it takes no --{name}; leave it out",
                ExitCode.WRONG_USE,
            )
