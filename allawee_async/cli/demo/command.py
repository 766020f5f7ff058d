"""`allawee demo`: see the client walk every customer, through faults, over real HTTP."""

import attrs
import typer

from allawee_async.cli.access.options import MOST_CUSTOMERS
from allawee_async.cli.errors import UsageError
from allawee_async.cli.options import flag, option


@attrs.frozen(kw_only=True)
class DemoOptions:
    """What the demonstration is to do: an option for each attribute."""

    customers: int = option(
        "Customers in the sandbox.", default=5_000, min=0, max=MOST_CUSTOMERS, metavar="NUMBER"
    )
    seed: int = option(
        "The same seed gives the same customers and faults.", default=1, metavar="NUMBER"
    )
    faults: bool = option(
        "Let requests to the sandbox fail now and then, and take a while.",
        "--faults/--no-faults",
        default=True,
    )
    page_size: int = option("Customers on a page.", default=100, min=1, metavar="NUMBER")
    max_items: int | None = option("Stop after so many customers.", min=1, metavar="NUMBER")
    live: bool = flag("Walk the real API, with the key that `allawee whoami` tells of.")


def demo(context: typer.Context, *, options: DemoOptions) -> None:
    """See the client walk thousands of customers through faults.

    It starts a sandbox with made-up customers, lets some of its answers fail, walks every
    customer over real HTTP, and checks that each came exactly once.

    Nothing leaves this computer unless you say --live; then it reads, and changes nothing.
    """
    for name in ("customers", "seed", "faults") if options.live else ():
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise UsageError(f"--live has no sandbox, so it takes no --{name}; leave it out")
    from allawee_async.cli.demo.run import run_demo

    run_demo(options)
