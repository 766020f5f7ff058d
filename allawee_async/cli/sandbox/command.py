"""`allawee sandbox`: the embedded Allawee as a server of its own, for any program to talk to."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from allawee_async.cli.options import Debug, NoColor

_PORT = 8080
_HIGHEST_PORT = 65_535
_MOST_CUSTOMERS = 200_000


@attrs.frozen(kw_only=True)
class SandboxOptions:
    """How the sandbox is to run.

    Attributes:
        host: The address to listen on.
        port: Port of the standard host; 0 for any that is free.
        secure_port: Port of the secure host; None for the one after `port`.
        data: The file for its state; None for none.
        customers: How many customers there are in a new state; None for the two of the documents.
        seed: What a new state and the key are made from.
        open: Whether its page is opened in the browser.
    """

    host: str = "127.0.0.1"
    port: int = _PORT
    secure_port: int | None = None
    data: Path | None = None
    customers: int | None = None
    seed: int = 0
    open: bool = False


Port = Annotated[
    int,
    typer.Option(
        min=0, max=_HIGHEST_PORT, metavar="PORT", help="Port of the API; 0 takes a free one."
    ),
]
SecurePort = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=_HIGHEST_PORT,
        metavar="PORT",
        help="Port of the secure host; the next one if left out.",
    ),
]
Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")]
Data = Annotated[
    Path | None,
    typer.Option(dir_okay=False, metavar="FILE", help="Keep the state in this file (SQLite)."),
]
Customers = Annotated[
    int | None,
    typer.Option(
        min=0, max=_MOST_CUSTOMERS, metavar="NUMBER", help="Customers that a new state begins with."
    ),
]
Seed = Annotated[
    int, typer.Option(metavar="NUMBER", help="The same seed gives the same customers and key.")
]
Open = Annotated[bool, typer.Option("--open", help="Open its page in the browser.")]


def sandbox(
    *,
    port: Port = _PORT,
    secure_port: SecurePort = None,
    host: Host = "127.0.0.1",
    data: Data = None,
    customers: Customers = None,
    seed: Seed = 0,
    open: Open = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Run a sandbox that plays the API, until Ctrl-C.

    It prints the variables with its addresses and its test key, for any program on this computer,
    and the address of a page that shows what is going on in it. With --data, what is done to it is
    still there after a restart, and even after a crash.
    """
    del no_color, debug
    from allawee_async.cli.sandbox.run import run_sandbox

    options = SandboxOptions(
        host=host,
        port=port,
        secure_port=secure_port,
        data=data,
        customers=customers,
        seed=seed,
        open=open,
    )
    run_sandbox(options)
