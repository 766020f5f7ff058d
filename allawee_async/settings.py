"""Where the client talks to, and with which key: checked once, before anything is sent."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import attrs

from allawee_async.errors import ConfigurationError

BASE_URL: Final = "https://api.allawee.com"
SECURE_URL: Final = "https://secure.allawee.com"
"""The host of calls that carry card numbers and PINs."""

APIKey = str | Callable[[], str | Awaitable[str]]
"""A key, or a function (async or not) that returns the key of the moment."""

_KEY: Final = re.compile(r"[\x21-\x7e]+")  # what fits into a header behind "Bearer "


@attrs.frozen
class Hosts:
    """The two hosts that get the key, without a trailing slash."""

    base_url: str
    secure_url: str

    @classmethod
    def choose(
        cls, base_url: str | None, secure_url: str | None, environ: Mapping[str, str]
    ) -> Hosts:
        """Return the hosts given, else those of the environment, else the documented ones.

        Raises:
            ConfigurationError: One is no URL, or is plain http to a host that is not loopback.
        """
        base_url = base_url or environ.get("ALLAWEE_BASE_URL") or BASE_URL
        secure_url = secure_url or environ.get("ALLAWEE_SECURE_URL") or SECURE_URL
        return cls(_checked_url("base_url", base_url), _checked_url("secure_url", secure_url))


def _checked_url(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises for a port that is none
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(f"{name} must start with https:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} takes no user name, query or fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"{name} is plain http to {host}: the key would be readable on the way; use https://"
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class HiddenText(str):
    """A text that a traceback with local variables shows as `***`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "'***'"


class KeySource:
    """The API key: a text, or a function that is asked before each request.

    Args:
        key: The key or the function; None takes `ALLAWEE_API_KEY` from the environment.
        environ: The environment.

    Raises:
        ConfigurationError: There is no key, or it cannot be one.
    """

    def __init__(self, key: APIKey | None, environ: Mapping[str, str]) -> None:
        if key is None:
            key = environ.get("ALLAWEE_API_KEY") or None
        if key is None:
            raise ConfigurationError(
                "no API key: pass one, AllaweeClient('sk.test.…'), or set ALLAWEE_API_KEY"
            )
        self._key = None if callable(key) else HiddenText(_checked_key(key))
        self._provider = key if callable(key) else None

    @property
    def changes(self) -> bool:
        """Whether the key comes from a function, so that asking again may give another."""
        return self._provider is not None

    @property
    def fixed(self) -> str | None:
        """The key, if it is a text and never changes."""
        return self._key

    async def ask(self) -> str:
        """Return the key of the moment.

        Raises:
            ConfigurationError: The function failed or returned something that cannot be a key.
        """
        if self._provider is None:
            return self._key or ""
        try:
            answer = self._provider()
            key = await answer if inspect.isawaitable(answer) else answer
        except Exception as error:
            raise ConfigurationError(
                f"the function that gives the API key failed with {type(error).__name__}"
            ) from error
        return HiddenText(_checked_key(key))

    def __repr__(self) -> str:
        """Say what kind of key it is, never the key."""
        if self._provider is not None:
            return "key from a function"
        kind = {"sk.test.": "test key", "sk.live.": "live key"}
        return kind.get((self._key or "")[:8], "key")


def _checked_key(key: object) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ConfigurationError(
            "the API key must be a text of visible ASCII characters without spaces"
        )
    return key
