"""`allawee login`, `logout` and `whoami`: which key the command line uses."""

from pathlib import Path
from typing import Annotated

import typer

from allawee_async.cli.access.connected import connected
from allawee_async.cli.access.connection import ConnectionOptions
from allawee_async.cli.options import BaseUrl, Debug, NoColor, SecureUrl, Timeout
from allawee_async.cli.output.reports import ReportOutput

Check = Annotated[
    bool, typer.Option("--check/--no-check", help="Ask the API whether it accepts the key.")
]


KeyToKeep = Annotated[
    Path | None,
    typer.Option(
        "--api-key-file", metavar="FILE", help="Read the key from this file, - for stdin."
    ),
]


def login(
    *,
    api_key_file: KeyToKeep = None,
    check: Check = True,
    base_url: BaseUrl = None,
    secure_url: SecureUrl = None,
    timeout: Timeout = None,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Keep an API key in the system keyring, for all later commands.

    It asks for the key, without showing it, unless there is --api-key-file. The keyring has one key
    for each host of the API.
    """
    del no_color, debug
    from allawee_async.cli.access.login_run import log_in

    connection = ConnectionOptions(
        api_key_file=api_key_file, base_url=base_url, secure_url=secure_url, timeout=timeout
    )
    log_in(connection, check=check)


def logout(*, base_url: BaseUrl = None, no_color: NoColor = False, debug: Debug = False) -> None:
    """Delete the API key of a host from the system keyring."""
    del no_color, debug
    from allawee_async.cli.access.login_run import log_out

    log_out(base_url)


@connected
def whoami(
    *,
    connection: ConnectionOptions,
    check: Check = True,
    output: ReportOutput = None,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Say which API key is used, and whether the API accepts it.

    It tells test from live, where the key comes from, and the host that it is for. The key itself
    is never shown, but for the last four characters of a long one.
    """
    del no_color, debug
    from allawee_async.cli.access.login_run import tell_who

    tell_who(connection, check=check, output=output)
