"""`allawee webhooks listen`: it receives webhooks on this computer, until it is stopped."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import Final

import aiohttp
import attrs
import typer
from yarl import URL

from allawee_async.cli.access.connection import open_client, open_sandbox
from allawee_async.cli.access.credentials import host_of
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import UsageError
from allawee_async.cli.listen.log import line_of
from allawee_async.cli.listen.registration import ALL_EVENTS, registered
from allawee_async.cli.listen.server import Listener, Responder, deciding, forwarding, serving
from allawee_async.cli.listen.signing import VARIABLE, SigningKeyFile, find_signing_key
from allawee_async.cli.operations.confirmations import confirm
from allawee_async.cli.options import flag, option, port_option
from allawee_async.cli.output.console import output_console
from allawee_async.cli.output.writers import Format, somebody_reads, writer_for
from allawee_async.client import AllaweeClient
from allawee_async.redaction import SecretText
from allawee_async.transport.config import is_loopback
from allawee_async.types import JSONObject
from allawee_async.webhooks.responses import Approve, Decline
from allawee_async.webhooks.verifier import WebhookVerifier

_ENDING: Final = ("SIGTERM", "SIGHUP")


class Answering(StrEnum):
    """What is answered to authorizations."""

    APPROVE = "approve"
    DECLINE = "decline"


class LogFormat(StrEnum):
    """How a delivery is written."""

    TABLE = "table"
    JSONL = "jsonl"


@attrs.frozen(kw_only=True)
class ListenOptions:
    """How to receive webhooks: an option for each attribute."""

    port: int = port_option("Port to listen on; 0 takes a free one.", default=4242)
    forward_to: str | None = option(
        "Send each delivery on to here; hand its answer back.", metavar="URL"
    )
    decide: Answering | None = option(
        "approve or decline all authorizations; decline if left out.", metavar="ANSWER"
    )
    card_balance: int = option(
        "Minor units that --decide approve tells an enquiry.", default=1_000_000, metavar="NUMBER"
    )
    card_holder: str = option(
        "Name that --decide approve tells an enquiry.", default="Card Holder", metavar="TEXT"
    )
    register: bool = flag("Create a webhook for the time of the command; --sandbox does so too.")
    events: list[str] | None = option(
        "Event to register for; may be repeated; all that are documented if left out.",
        "--event",
        metavar="NAME",
    )
    public_url: str | None = option(
        "Where Allawee reaches this computer (a tunnel).", metavar="URL"
    )
    yes: bool = flag("Register with a live key without asking.", "--yes", "-y")
    signing_key_file: SigningKeyFile = None
    output: LogFormat | None = option(
        "table or jsonl; jsonl if stdout is no terminal, else table.",
        "--output",
        "-o",
        metavar="FORMAT",
    )


def listen(*, options: ListenOptions, connection: ConnectionOptions) -> None:
    """Receive webhooks on this computer, and show what comes, until Ctrl-C.

    With a signing key it tells whether each delivery is signed with it. Authorizations are declined
    unless --decide or the program behind --forward-to says otherwise.

    To see it at work, run `allawee sandbox`, paste the three lines that it prints into another
    terminal, and there run `allawee webhooks listen --register`.
    """
    check_options(options)
    key = find_signing_key(options.signing_key_file, os.environ)
    registers = options.register or connection.is_sandbox
    if registers:
        check_registration(options, connection)
        if key is None:
            key = SecretText(secrets.token_hex(32))
            if options.forward_to is not None:
                # The program there has to check signatures, and no other place tells the key.
                _say(f"Signing key for the time of this command: {VARIABLE}={key}")
    asyncio.run(_listen(options, key, connection if registers else None))


async def _listen(
    options: ListenOptions, key: SecretText | None, connection: ConnectionOptions | None
) -> None:
    """Run the server, and with a connection a webhook that points at it."""
    verifier = None if key is None else WebhookVerifier(key)
    ended = _end()
    async with AsyncExitStack() as stack:
        responder = await _responder(options, stack)
        listener = Listener(responder, verifier, _teller(options.output, ended))
        url = await stack.enter_async_context(serving(listener, options.port))
        if connection is not None and key is not None:
            client = await _client(connection, stack)
            webhook = await stack.enter_async_context(
                registered(
                    client,
                    url=options.public_url or url,
                    events=options.events or ALL_EVENTS,
                    signing_key=key,
                )
            )
            _say(f"Registered as {webhook} for the time of this command")
        _welcome(options, url, key)
        await ended


async def _responder(options: ListenOptions, stack: AsyncExitStack) -> Responder:
    if options.forward_to is not None:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return forwarding(await stack.enter_async_context(session), options.forward_to)
    if options.decide is not Answering.APPROVE:
        return deciding(Decline())
    approval = Approve(card_balance=options.card_balance, card_holder_name=options.card_holder)
    return deciding(approval)


async def _client(connection: ConnectionOptions, stack: AsyncExitStack) -> AllaweeClient:
    if not connection.is_sandbox:
        return await stack.enter_async_context(open_client(connection))
    from allawee_async.sandbox.page.texts import exports

    sandbox = await stack.enter_async_context(open_sandbox(connection))
    # The key of a sandbox opens nothing else, and other terminals need it.
    for line in exports(sandbox.url, sandbox.secure_url, sandbox.api_key):
        _say(line)
    return await stack.enter_async_context(sandbox.client())


def _teller(output: LogFormat | None, ended: asyncio.Future[None]) -> Callable[[JSONObject], None]:
    """Return what tells of deliveries, and ends the command when nobody can be told any more."""
    is_for_people = somebody_reads() if output is None else output is LogFormat.TABLE
    console, lines = output_console(), writer_for(Format.JSONL, None, None)

    def told(delivery: JSONObject) -> None:
        try:
            if is_for_people:
                console.print(line_of(delivery), soft_wrap=True)
                sys.stdout.flush()
            else:
                lines.one(delivery)
        except OSError as error:
            if not ended.done():
                ended.set_exception(error)

    return told


def _end() -> asyncio.Future[None]:
    """Return what is done when a signal ends the command; Ctrl-C ends it by itself."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not ended.done():
            ended.set_result(None)

    if sys.platform != "win32":  # where loops take no signals
        for name in _ENDING:  # until the loop is closed
            loop.add_signal_handler(getattr(signal, name), end)
    return ended


def _welcome(options: ListenOptions, url: str, key: SecretText | None) -> None:
    onward = ""
    if options.forward_to is not None:
        target = URL(options.forward_to).with_user(None).with_query(None).with_fragment(None)
        onward = f", sending on to {target}"
    _say(f"Listening on {url}{onward}; Ctrl-C stops it")
    if key is None:
        _say(f"Signatures are not checked: set {VARIABLE} or use --signing-key-file")


def _say(text: str) -> None:
    typer.echo(text, err=True)


def check_options(options: ListenOptions) -> None:
    """See to it that the options make sense together.

    Raises:
        CommandError: They do not.
    """
    if options.forward_to is None:
        return
    if options.decide is not None:
        raise UsageError(
            "--decide is for answers from here, --forward-to for answers from there; "
            "leave one of them out"
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
    kind = connection.key_kind  # before the loop starts, because a keyring may ask for a password
    if kind == "sandbox":
        return
    host = host_of(connection.base_url, os.environ)
    if options.public_url is None and not is_loopback(URL(host).host or ""):
        raise UsageError(
            f"{host} cannot reach this computer; start a tunnel to the port and give its address "
            "with --public-url, or register with a sandbox"
        )
    if kind != "test" and not options.yes:
        confirm(
            "webhooks listen --register",
            "takes events, and decisions on cards, away from your server",
            {"host": host, "events": ", ".join(options.events or ()) or "all"},
            kind,
        )


def _check_url(option: str, url: str) -> None:
    try:
        parts = URL(url)
        usable = parts.scheme in ("http", "https") and parts.host and parts.port
    except ValueError:
        usable = None
    if not usable:
        raise UsageError(f"{option} must be a URL like http://127.0.0.1:8000/hooks")
