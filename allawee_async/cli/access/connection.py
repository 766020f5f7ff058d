"""A client for the time of a command, of the API or a sandbox, and whether its key is good."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from allawee_async import errors
from allawee_async.cli.errors import CommandError
from allawee_async.redaction import SecretText

if TYPE_CHECKING:
    from allawee_async.cli.access.options import ConnectionOptions
    from allawee_async.client import AllaweeClient
    from allawee_async.sandbox import Sandbox
    from allawee_async.transport.request import RetryEvent

    OnRetry = Callable[[RetryEvent], object]

T = TypeVar("T")

_CUSTOMERS: Final = 50
_NO_CARD: Final = "/cards/c.none/secrets"


@asynccontextmanager
async def open_client(
    options: ConnectionOptions, *, on_retry: OnRetry | None = None
) -> AsyncGenerator[AllaweeClient, None]:
    """Open a client for the time of the block; with `--sandbox` a sandbox as well.

    Args:
        options: What to talk to.
        on_retry: Called before a call waits and is sent again.

    Raises:
        CommandError: There is no key, or the sandbox cannot start.
        ConfigurationError: The key, a host or the timeout cannot be one.
    """
    if options.is_sandbox:
        async with (
            open_sandbox(options) as sandbox,
            sandbox.client(**_more(options, on_retry)) as client,
        ):
            yield client
    else:
        async with client_with(options, options.key.key, on_retry=on_retry) as client:
            yield client


def client_with(
    options: ConnectionOptions, key: SecretText, *, on_retry: OnRetry | None = None
) -> AllaweeClient:
    """Return a client of the hosts of the options, with a key of one's own.

    Raises:
        ConfigurationError: The key, a host or the timeout cannot be one.
    """
    from allawee_async.client import AllaweeClient

    return AllaweeClient(
        key, base_url=options.base_url, secure_url=options.secure_url, **_more(options, on_retry)
    )


def _more(options: ConnectionOptions, on_retry: OnRetry | None) -> dict[str, Any]:
    more: dict[str, Any] = {"on_retry": on_retry or _tell_of_waiting, "rate": options.rate}
    return more if options.timeout is None else more | {"timeout": options.timeout}


def _tell_of_waiting(event: RetryEvent) -> None:
    if event.waits_for_rate:
        from allawee_async.cli.output.live_bar import tell_of_waiting

        tell_of_waiting()


def run_with_client(options: ConnectionOptions, work: Callable[[AllaweeClient], Awaitable[T]]) -> T:
    """Run a coroutine function with a client, in an event loop of its own.

    The key is looked for before the loop starts: Ctrl-C ends a keyring that asks for a password.

    Raises:
        CommandError: There is no key, or the sandbox cannot start.
        AllaweeError: What the work raises.
    """
    import asyncio

    _ = options.key_kind

    async def run() -> T:
        async with open_client(options) as client:
            return await work(client)

    return asyncio.run(run())


@asynccontextmanager
async def open_sandbox(options: ConnectionOptions) -> AsyncGenerator[Sandbox, None]:
    """Run a sandbox for the time of the block.

    Raises:
        CommandError: The file cannot hold its state, or another process has it.
    """
    from allawee_async.sandbox import Sandbox, StateFileError

    wanted = options.sandbox_customers
    sandbox = Sandbox(customers=_CUSTOMERS if wanted is None else wanted, data=options.sandbox_file)
    try:
        async with sandbox:
            yield sandbox
    except StateFileError as error:
        raise CommandError(
            f"{error}; choose another file, or stop the sandbox that has this one"
        ) from error


@attrs.frozen
class Verdict:
    """What a host thinks of a key.

    Attributes:
        accepted: Whether it accepts it; None where that could not be found out.
        told: The same for a person.
        error: Why it could not be found out, or why not.
    """

    accepted: bool | None
    told: str
    error: errors.AllaweeError | None = None


async def try_key(client: AllaweeClient, *, secure: bool = False) -> Verdict:
    """Ask a host for next to nothing: the id of one customer, or the secrets of a card that is not.

    Args:
        client: A client with the key.
        secure: Ask the host for card numbers and PINs. All that it lets one read are secrets, so
            it is asked for those of a card that cannot be.
    """
    try:
        if secure:
            await client.request("GET", _NO_CARD, secure=True)
        else:
            await client.request("GET", "/customers", query={"limit": 1, "select": "id"})
    except errors.AuthenticationError as error:
        return Verdict(accepted=False, told="not accepted", error=error)
    except errors.PermissionDeniedError as error:
        return Verdict(accepted=True, told="accepted, with few rights", error=error)
    except errors.AllaweeError as error:
        if not (secure and isinstance(error, errors.NotFoundError)):
            told = f"HTTP {error.status}" if isinstance(error, errors.APIError) else error.message
            return Verdict(accepted=None, told=f"could not be found out ({told})", error=error)
    return Verdict(accepted=True, told="accepted")
