"""What `allawee sandbox` does, until it is stopped."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
import webbrowser
from threading import Thread
from typing import TYPE_CHECKING, Final

from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.output.console import output_console
from allawee_async.cli.wording import counted
from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.core.sqlite import StoreError

if TYPE_CHECKING:
    from allawee_async.cli.sandbox.command import SandboxOptions

_HIGHEST_PORT: Final = 65_535


def run_sandbox(options: SandboxOptions) -> None:
    """Run a sandbox, and print where it is and its key.

    Raises:
        CommandError: A port is in use, or the file for the state cannot hold one.
    """
    try:
        asyncio.run(_serve(options))
    except StoreError as error:
        raise CommandError(f"{error}; choose another file with --data") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(f"{reason}; choose another with --port", ExitCode.FAILED) from error


async def _serve(options: SandboxOptions) -> None:
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
    return options.port + 1 if 0 < options.port < _HIGHEST_PORT else 0


def _print_welcome(sandbox: Sandbox, options: SandboxOptions) -> None:
    """Print where the page is, and the variables that a program needs, for a shell to take."""
    console = output_console()
    customers = counted(len(sandbox.state.customers), "customer")
    console.print(f"Sandbox with {customers}", style="bold")
    console.print(f"Page: {sandbox.page_url}", soft_wrap=True)
    console.print()
    for line in assignments(sandbox):
        console.print(line, soft_wrap=True)
    console.print()
    where = f"state in {options.data}" if options.data else "state is lost at the end"
    console.print(f"{where}; Ctrl-C stops it", style="dim", soft_wrap=True)
    sys.stdout.flush()


def assignments(sandbox: Sandbox) -> list[str]:
    """Return the lines that make a shell's programs use a sandbox."""
    variables = {
        "ALLAWEE_BASE_URL": sandbox.url,
        "ALLAWEE_SECURE_URL": sandbox.secure_url,
        "ALLAWEE_API_KEY": sandbox.api_key,
    }
    return [_assignment(name, value, sys.platform) for name, value in variables.items()]


def _assignment(name: str, value: str, platform: str) -> str:
    """Return the line that sets a variable in the shell that is usual there."""
    if platform == "win32":
        return f'$env:{name} = "{value}"'
    return f"export {name}={shlex.quote(value)}"  # fish takes it as well
