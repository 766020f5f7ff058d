"""What must hold before `allawee webhooks listen` begins."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from allawee_async.cli.access.connection import key_kind
from allawee_async.cli.access.credentials import host_of
from allawee_async.cli.errors import CommandError, ExitCode
from allawee_async.cli.operations.confirmations import confirm

if TYPE_CHECKING:
    from allawee_async.cli.access.connection import ConnectionOptions
    from allawee_async.cli.listen.options import ListenOptions


def check_options(options: ListenOptions) -> None:
    """See to it that the options make sense together.

    Raises:
        CommandError: They do not.
    """
    if options.forward_to is None:
        return
    if options.decide is not None:
        raise CommandError(
            "--decide is for answers from here, --forward-to for answers from there; "
            "leave one of them out",
            ExitCode.WRONG_USE,
        )
    _check_url("--forward-to", options.forward_to)


def check_registration(options: ListenOptions, connection: ConnectionOptions) -> None:
    """See to it that the API can reach this computer, and that nobody is surprised.

    Raises:
        CommandError: It cannot, or the key is live and nobody agrees.
        ConfigurationError: A host cannot be one.
    """
    if options.public_url is not None:
        _check_url("--public-url", options.public_url)
    kind = key_kind(connection)  # before the loop starts, because a keyring may ask for a password
    if kind == "sandbox":
        return
    host = host_of(connection.base_url, os.environ)
    if options.public_url is None and not _is_here(host):
        raise CommandError(
            f"{host} cannot reach this computer; start a tunnel to the port and give its address "
            "with --public-url, or register with a sandbox",
            ExitCode.WRONG_USE,
        )
    if kind != "test" and not options.yes:
        confirm(
            "webhooks listen --register",
            "takes events, and decisions on cards, away from your server",
            {"host": host, "events": ", ".join(options.events) or "all"},
            kind,
        )


def _check_url(option: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise CommandError(
            f"{option} must be a URL like http://127.0.0.1:8000/hooks", ExitCode.WRONG_USE
        )


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
