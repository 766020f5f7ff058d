"""What `allawee sandbox` does, until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Final

from rich.table import Table

from allawee_async.cli.console import output_console
from allawee_async.cli.failures import CommandError, ExitCode
from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.store import StoreError

if TYPE_CHECKING:
    from allawee_async.cli.sandbox import SandboxOptions

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
        await stopped.wait()


def _secure_port(options: SandboxOptions) -> int:
    if options.secure_port is not None:
        return options.secure_port
    return options.port + 1 if 0 < options.port < _HIGHEST_PORT else 0


def _print_welcome(sandbox: Sandbox, options: SandboxOptions) -> None:
    """Print what a program needs to talk to the sandbox, in the form that a shell reads."""
    console = output_console()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("ALLAWEE_BASE_URL", sandbox.url)
    table.add_row("ALLAWEE_SECURE_URL", sandbox.secure_url)
    table.add_row("ALLAWEE_API_KEY", sandbox.api_key)
    console.print(f"Sandbox with {len(sandbox.state.customers):,} customers", style="bold")
    console.print(table)
    where = f"state in {options.data}" if options.data else "state is lost at the end"
    console.print(f"{where}; Ctrl-C stops it", style="dim")
    sys.stdout.flush()
