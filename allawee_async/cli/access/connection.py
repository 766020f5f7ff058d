"""How a command reaches the API: its options, the key, and a client for the time of the command."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import attrs

from allawee_async.cli.access.credentials import FoundKey, find_key, kind_of
from allawee_async.cli.errors import CommandError, ExitCode

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from pathlib import Path

    from allawee_async.client import AllaweeClient
    from allawee_async.redaction import HiddenText
    from allawee_async.transport.request import RetryEvent

    OnRetry = Callable[[RetryEvent], object]

KeyKind = Literal["test", "live", "sandbox", "unknown"]
T = TypeVar("T")


@attrs.frozen(kw_only=True)
class ConnectionOptions:
    """Which API a command talks to, and with which key.

    Attributes:
        api_key_file: The file that holds the key; `-` is stdin.
        sandbox: Talk to an embedded sandbox, for the time of the command.
        sandbox_file: The same, with its state kept in this file.
        sandbox_customers: How many customers a new sandbox begins with; None for 50.
        base_url: The host of the API; None takes `ALLAWEE_BASE_URL`, else the documented one.
        secure_url: The host for card numbers and PINs; None takes `ALLAWEE_SECURE_URL`, else the
            documented one.
        timeout: Seconds for one attempt; None takes the client's own.
    """

    api_key_file: Path | None = None
    sandbox: bool = False
    sandbox_file: Path | None = None
    sandbox_customers: int | None = None
    base_url: str | None = None
    secure_url: str | None = None
    timeout: float | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether it is an embedded sandbox that answers.

        Raises:
            CommandError: A key or a host is given beside it, or customers without it.
        """
        if not self.sandbox and self.sandbox_file is None:
            if self.sandbox_customers is not None:
                raise CommandError(
                    "--sandbox-customers is for a sandbox; add --sandbox", ExitCode.WRONG_USE
                )
            return False
        for name in ("api_key_file", "base_url", "secure_url"):
            if getattr(self, name) is not None:
                option = "--" + name.replace("_", "-")
                raise CommandError(
                    f"--sandbox has a key and an address of its own; leave out {option}",
                    ExitCode.WRONG_USE,
                )
        return True

    @cached_property
    def key(self) -> FoundKey:
        """The key and where it came from; looked for once, because stdin can be read only once.

        Raises:
            CommandError: There is none, or its source cannot be read.
        """
        return find_key(self.api_key_file, base_url=self.base_url, environ=os.environ)


def key_kind(options: ConnectionOptions) -> KeyKind:
    """Return what kind of key a command uses, for confirmations; it never shows the key.

    Raises:
        CommandError: There is no key.
    """
    return "sandbox" if options.is_sandbox else kind_of(options.key.key)


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
        from allawee_async.cli.access.embedded_sandbox import open_sandbox

        async with (
            open_sandbox(options) as sandbox,
            sandbox.client(**_more(options, on_retry)) as client,
        ):
            yield client
    else:
        async with client_with(options, options.key.key, on_retry=on_retry) as client:
            yield client


def client_with(
    options: ConnectionOptions, key: HiddenText, *, on_retry: OnRetry | None = None
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
    more: dict[str, Any] = {"on_retry": on_retry}
    return more if options.timeout is None else more | {"timeout": options.timeout}


def run_with_client(options: ConnectionOptions, work: Callable[[AllaweeClient], Awaitable[T]]) -> T:
    """Run a coroutine function with a client, in an event loop of its own.

    The key is looked for before the loop starts: Ctrl-C ends a keyring that asks for a password.

    Raises:
        CommandError: There is no key, or the sandbox cannot start.
        AllaweeError: What the work raises.
    """
    import asyncio

    key_kind(options)
    return asyncio.run(_with_client(options, work))


async def _with_client(
    options: ConnectionOptions, work: Callable[[AllaweeClient], Awaitable[T]]
) -> T:
    async with open_client(options) as client:
        return await work(client)
