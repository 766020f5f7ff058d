"""`allawee login`, `logout` and `whoami`: which key the command line uses."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Final

import typer

from allawee_async.cli.access import credentials, key_store
from allawee_async.cli.access.connection import Verdict, client_with, run_with_client, try_key
from allawee_async.cli.access.options import BaseUrl, ConnectionOptions, SecureUrl, Timeout
from allawee_async.cli.errors import CommandError, ExitCode, UsageError, exit_code_of
from allawee_async.cli.output.writers import ReportOutput, print_report
from allawee_async.redaction import SecretText

_OF_MASKS: Final = ("...", "***")
_SHOWN: Final = 4
_LONG_ENOUGH: Final = 24

Check = Annotated[
    bool, typer.Option("--check/--no-check", help="Ask the API whether it accepts the key.")
]
KeyToKeep = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Read the key from this file, - for stdin."),
]


def login(
    *,
    api_key_file: KeyToKeep = None,
    check: Check = True,
    base_url: BaseUrl = None,
    secure_url: SecureUrl = None,
    timeout: Timeout = None,
) -> None:
    """Keep an API key in the system keyring, for all later commands.

    It asks for the key, without showing it, unless there is --api-key-file. The keyring has one key
    for each host of the API.
    """
    connection = ConnectionOptions(
        api_key_file=api_key_file, base_url=base_url, secure_url=secure_url, timeout=timeout
    )
    host = credentials.host_of(base_url, os.environ)
    key_store.read(host)  # whether there is a keyring at all is told before the key is asked for
    if api_key_file is None:
        key = SecretText(credentials.ask_hidden(f"API key for {host}: ").strip())
    else:
        key = connection.key.key
    kind = credentials.kind_of(key)
    if kind == "unknown" or any(mark in key for mark in _OF_MASKS):
        raise UsageError(
            "this is no secret key: it must begin with sk.test. or sk.live., be one word, and "
            "whole; nothing was stored"
        )
    if check:
        _refuse_unless_accepted(connection, key, host)
    key_store.keep(host, key)
    if key_store.read(host) != key:  # some backends take everything and keep nothing
        raise CommandError(
            f"the system keyring ({key_store.name()}) did not keep the key; "
            "use --api-key-file FILE or set ALLAWEE_API_KEY instead"
        )
    typer.echo(
        f"Stored a {credentials.KINDS[kind]} for {host} in the system keyring ({key_store.name()})"
    )
    _mention_variable()


def logout(*, base_url: BaseUrl = None) -> None:
    """Delete the API key of a host from the system keyring."""
    host = credentials.host_of(base_url, os.environ)
    if key_store.forget(host):
        typer.echo(f"Deleted the key for {host} from the system keyring")
    else:
        typer.echo(f"The system keyring has no key for {host}")
    _mention_variable()


def whoami(
    *, connection: ConnectionOptions, check: Check = True, output: ReportOutput = None
) -> None:
    """Say which API key is used, and whether the API accepts it.

    It tells test from live, where the key comes from, and the host that it is for. The key itself
    is never shown, but for the last four characters of a long one.
    """
    from allawee_async.transport.config import Hosts

    if connection.is_sandbox:
        found = credentials.FoundKey(SecretText(), "sandbox", "the embedded sandbox")
        hosts = Hosts("", "")
    else:
        found = connection.key
        hosts = Hosts.choose(connection.base_url, connection.secure_url, os.environ)
    verdict = run_with_client(connection, try_key) if check else None
    told = "not checked" if verdict is None else verdict.told
    kind = connection.key_kind
    ending = _ending(found.key)
    document = {
        "kind": kind,
        "ending": ending,
        "source": found.source,
        "place": found.place,
        "baseUrl": hosts.base_url or None,
        "secureUrl": hosts.secure_url or None,
        "accepted": None if verdict is None else verdict.accepted,
        "told": told,
    }
    facts = {
        "key": credentials.KINDS[kind] + (f", ends in {ending}" if ending else ""),
        "from": found.place,
        "host": hosts.base_url or found.place,
        "secure host": hosts.secure_url
        or ("none: give --secure-url as well" if hosts.base_url else found.place),
        "the API": told,
    }
    print_report(document, facts, output)
    if verdict is not None and not verdict.accepted:
        raise _refusal(verdict, hosts.base_url)


def _ending(key: str) -> str | None:
    """Return the last characters of a key that is long enough to stay secret without them."""
    return key[-_SHOWN:] if len(key) >= _LONG_ENOUGH else None


def _refuse_unless_accepted(connection: ConnectionOptions, key: SecretText, host: str) -> None:
    async def check() -> Verdict:
        async with client_with(connection, key) as client:
            return await try_key(client)

    verdict = asyncio.run(check())
    if not verdict.accepted:
        refusal = _refusal(verdict, host)
        more = "" if verdict.accepted is False else ", or store it unchecked with --no-check"
        raise CommandError(f"{refusal}{more}; nothing was stored", refusal.code)


def _refusal(verdict: Verdict, host: str) -> CommandError:
    if verdict.accepted is False:
        return CommandError(
            f"{host} does not accept the key: check that it is whole and has not been revoked",
            ExitCode.NOT_ALLOWED,
        )
    code = ExitCode.FAILED if verdict.error is None else exit_code_of(verdict.error)
    return CommandError(
        f"whether {host} accepts the key {verdict.told}: "
        "run `allawee doctor` to see what is in the way",
        code,
    )


def _mention_variable() -> None:
    if os.environ.get(credentials.VARIABLE, "").strip():
        typer.echo(f"note: {credentials.VARIABLE} is set, and goes before the keyring", err=True)
