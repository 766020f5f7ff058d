"""`allawee sandbox`: the embedded Allawee as a server of its own, for any program to talk to."""

from pathlib import Path
from typing import Annotated

import attrs
import typer

from allawee_async.cli.options import Debug

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


def sandbox(
    *,
    port: Annotated[
        int,
        typer.Option(min=0, max=_HIGHEST_PORT, help="Port of the API; 0 takes a free one."),
    ] = _PORT,
    secure_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=_HIGHEST_PORT, help="Port of the secure host; the next one if left out."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Keep the state in this file (SQLite).")
    ] = None,
    customers: Annotated[
        int | None,
        typer.Option(min=0, max=_MOST_CUSTOMERS, help="Customers to begin with."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same customers and key.")] = 0,
    open: Annotated[bool, typer.Option("--open", help="Open its page in the browser.")] = False,
    debug: Debug = False,
) -> None:
    """Run a sandbox that plays the API, until Ctrl-C.

    It prints the variables with its addresses and its test key, for any program on this computer,
    and the address of a page that shows what is going on in it. With --data, what is done to it is
    still there after a restart, and even after a crash.
    """
    del debug
    from allawee_async.cli.sandbox_run import run_sandbox

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
