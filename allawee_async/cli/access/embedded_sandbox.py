"""The sandbox of `--sandbox`: started for one command, with its state in a file or nowhere."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from allawee_async.cli.errors import CommandError
from allawee_async.sandbox import Sandbox, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from allawee_async.cli.access.connection import ConnectionOptions

_CUSTOMERS: Final = 50


@asynccontextmanager
async def open_sandbox(options: ConnectionOptions) -> AsyncGenerator[Sandbox, None]:
    """Run a sandbox for the time of the block.

    Raises:
        CommandError: The file cannot hold its state, or another process has it.
    """
    wanted = options.sandbox_customers
    sandbox = Sandbox(customers=_CUSTOMERS if wanted is None else wanted, data=options.sandbox_file)
    try:
        await sandbox.start()
    except StoreError as error:
        raise CommandError(
            f"{error}; choose another file, or stop the sandbox that has this one"
        ) from error
    try:
        yield sandbox
    finally:
        await sandbox.close()
