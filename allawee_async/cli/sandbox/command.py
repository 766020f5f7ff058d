"""`allawee sandbox`: the embedded Allawee as a server of its own, for any program to talk to."""

import asyncio
import errno
import signal
import sys
import webbrowser
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.cli.access.options import MOST_CUSTOMERS
from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.options import HIGHEST_PORT, flag, option, port_option
from allawee_async.cli.wording import counted

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox

_PORT_ERRORS: Final = (errno.EADDRINUSE, errno.EACCES)


@attrs.frozen(kw_only=True)
class SandboxOptions:
    """How the sandbox is to run: an option for each attribute."""

    port: int = port_option("Port of the API; 0 takes a free one.", default=8080)
    secure_port: int | None = port_option("Port of the secure host; the next one if left out.")
    host: str = option("Address to listen on.", default="127.0.0.1", metavar="ADDRESS")
    data: Path | None = option(
        "Keep the state in this file (SQLite).", dir_okay=False, metavar="FILE"
    )
    customers: int | None = option(
        "Customers that a new state begins with.", min=0, max=MOST_CUSTOMERS, metavar="NUMBER"
    )
    seed: int = option(
        "The same seed gives the same customers and key.", default=0, metavar="NUMBER"
    )
    open: bool = flag("Open its page in the browser.")


def sandbox(*, options: SandboxOptions) -> None:
    """Run a sandbox that plays the API, until Ctrl-C.

    It prints the variables with its addresses and its test key, for any program on this computer,
    and the address of a page that shows what is going on in it. With --data, what is done to it is
    still there after a restart, and even after a crash.
    """
    from allawee_async.sandbox import StateFileError

    try:
        asyncio.run(_serve(options))
    except StateFileError as error:
        raise CommandError(f"{error}; choose another file with --data") from error
    except OSError as error:
        reason = error.strerror or str(error)
        option = "--port" if error.errno in _PORT_ERRORS else "--host"
        raise CommandError(f"{reason}; choose another with {option}", ExitCode.FAILED) from error


async def _serve(options: SandboxOptions) -> None:
    from allawee_async.sandbox import Sandbox

    sandbox = Sandbox(
        customers=options.customers,
        seed=options.seed,
        host=options.host,
        port=options.port,
        secure_port=_secure_port(options),
        data=options.data,
    )
    stopped = asyncio.Event()
    if sys.platform != "win32":  # there, loops take no signals; Ctrl-C ends the run all the same
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with sandbox:
        _print_welcome(sandbox, options)
        if options.open:  # not here: a browser in the terminal would stop the sandbox
            Thread(target=webbrowser.open, args=(sandbox.page_url,), daemon=True).start()
        await stopped.wait()


def _secure_port(options: SandboxOptions) -> int:
    if options.secure_port is not None:
        return options.secure_port
    return options.port + 1 if 0 < options.port < HIGHEST_PORT else 0


def _print_welcome(sandbox: "Sandbox", options: SandboxOptions) -> None:
    """Print where the page is, and the variables that a program needs, for a shell to take."""
    from allawee_async.cli.output.console import output_console
    from allawee_async.sandbox.page.texts import exports

    console = output_console()
    customers = counted(len(sandbox.state.customers), "customer")
    console.print(f"Sandbox with {customers}", style="bold")
    console.print(f"Page: {sandbox.page_url}", soft_wrap=True)
    console.print()
    for line in exports(sandbox.url, sandbox.secure_url, sandbox.api_key):
        console.print(line, soft_wrap=True)
    console.print()
    where = f"state in {options.data}" if options.data else "state is lost at the end"
    console.print(f"{where}; Ctrl-C stops it", style="dim", soft_wrap=True)
    sys.stdout.flush()
