"""Where the client of an application comes from: its own, or one that is made and closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import TypedDict

import aiohttp

from allawee_async.client import AllaweeClient
from allawee_async.errors import ConfigurationError
from allawee_async.redaction import SecretText
from allawee_async.transport.config import APIKey
from allawee_async.transport.rate import Rate
from allawee_async.transport.request import RetryEvent
from allawee_async.transport.retry import RetryPolicy


class ClientOptions(TypedDict, total=False):
    """The options of `AllaweeClient`, which describes them."""

    api_key: APIKey | None
    base_url: str | None
    secure_url: str | None
    session: aiohttp.ClientSession | None
    timeout: float | aiohttp.ClientTimeout
    retry: RetryPolicy
    max_connections: int
    max_response_bytes: int
    rate: float | Rate | None
    headers: Mapping[str, str] | None
    on_retry: Callable[[RetryEvent], object] | None
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    random: Callable[[], float]


def lent_or_made(
    client: object, options: ClientOptions
) -> Callable[[], AbstractAsyncContextManager[AllaweeClient]]:
    """Return what makes a context: with the client, which stays open, or with one of its own.

    Raises:
        ConfigurationError: There are options for a client that exists, or it is no client.
    """
    key = options.get("api_key")
    if isinstance(key, str):
        options["api_key"] = SecretText(key)  # which no traceback shows
    del key
    if client is None:
        return partial(AllaweeClient, **options)
    if not isinstance(client, AllaweeClient):
        raise ConfigurationError(
            f"client must be an AllaweeClient, not {type(client).__name__}; "
            "give the options of one by name: api_key=…"
        )
    if options:
        raise ConfigurationError(
            f"{', '.join(options)} would have no effect: give options to your own client"
        )
    return lambda: nullcontext(client)
