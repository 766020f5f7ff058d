"""Hosts, the key and the options of a client: checked once, before anything is sent."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Final, NoReturn, cast
from urllib.parse import urlsplit

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.redaction import SecretText
from allawee_async.transport.retry import RetryPolicy, is_number

BASE_URL: Final = "https://api.allawee.com"
SECURE_URL: Final = "https://secure.allawee.com"
"""The host of calls that carry card numbers and PINs."""

APIKey = str | Callable[[], str | Awaitable[str]]
"""A key, or a function (async or not) that returns the key of the moment."""

_URL: Final = re.compile(r"(?:(?![\\?#])[!-~])+")
_NO_KEY: Final = object()
_KEY: Final = re.compile(r"[\x21-\x7e]+")  # what fits into a header behind "Bearer "
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_HEADER_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_OURS: Final = frozenset({"authorization", "host", "content-length", "transfer-encoding"})


@attrs.frozen
class Hosts:
    """The two hosts that get the key, without a trailing slash; `""` for one that has no name."""

    base_url: str
    secure_url: str

    @classmethod
    def choose(
        cls, base_url: str | None, secure_url: str | None, environ: Mapping[str, str]
    ) -> Hosts:
        """Return the hosts given, else those of the environment, else the documented ones.

        Who names one of them has not named the documented other one.

        Raises:
            ConfigurationError: One is no URL, or is plain http to a host that is not loopback.
        """
        base_url = environ.get("ALLAWEE_BASE_URL") or None if base_url is None else base_url
        secure_url = environ.get("ALLAWEE_SECURE_URL") or None if secure_url is None else secure_url
        del environ  # it holds the key, and a traceback with local variables would show it
        if base_url is None and secure_url is None:
            return cls(BASE_URL, SECURE_URL)
        return cls(
            "" if base_url is None else _checked_url("base_url", base_url),
            "" if secure_url is None else _checked_url("secure_url", secure_url),
        )

    def url(self, *, secure: bool) -> str:
        """Return the host of a call.

        Raises:
            ConfigurationError: It has no name.
        """
        if secure and not self.secure_url:
            raise ConfigurationError(
                "this call carries card numbers or PINs, and only base_url was given: "
                "pass secure_url=… as well (or set ALLAWEE_SECURE_URL)"
            )
        if not secure and not self.base_url:
            raise ConfigurationError(
                "only secure_url was given: pass base_url=… as well (or set ALLAWEE_BASE_URL)"
            )
        return self.secure_url if secure else self.base_url


def _checked_url(name: str, url: object) -> str:
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise ConfigurationError(
            f"{name} must be a text like https://host, without spaces, a query or a fragment"
        )
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises for a port that is none
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(
            f"{name} must start with https:// (for this computer, http:// will do) and name a host"
        )
    if parts.username is not None:
        raise ConfigurationError(f"{name} takes no user name")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"{name} is plain http to {host}: the key would be readable on the way; use https://"
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Return whether a host is this computer."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class KeySource:
    """The API key: a text, or a function that is asked before each request.

    Attributes:
        fixed: The key, if it is a text and never changes.

    Args:
        key: The key or the function; None takes `ALLAWEE_API_KEY` from the environment.
        environ: The environment.

    Raises:
        ConfigurationError: There is no key, or it cannot be one.
    """

    fixed: SecretText | None = None
    _provider: Callable[[], str | Awaitable[str]] | None = None

    def __init__(self, key: APIKey | None, environ: Mapping[str, str]) -> None:
        given = hidden(environ.get("ALLAWEE_API_KEY") or None if key is None else key)
        del key, environ  # a traceback with local variables would show them
        if given is None:
            raise ConfigurationError(
                "no API key: pass one, AllaweeClient(api_key), or set ALLAWEE_API_KEY"
            )
        if callable(given):
            self._provider = cast("Callable[[], str | Awaitable[str]]", given)
        else:
            self.fixed = _checked_key(given)

    async def ask(self) -> SecretText:
        """Return the key of the moment.

        Raises:
            ConfigurationError: The function failed or returned something that cannot be a key.
        """
        if self._provider is None:
            return self.fixed or SecretText()
        try:
            answer = hidden(self._provider())
            if inspect.isawaitable(answer):
                answer = hidden(await answer)
        except Exception as error:
            raise ConfigurationError(
                f"the function that gives the API key failed with {type(error).__name__}"
            ) from error
        return _checked_key(answer)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled, which would write the key down."""
        raise TypeError("a source of API keys cannot be pickled; make a new client instead")

    def __repr__(self) -> str:
        """Say what kind of key it is, never the key."""
        if self._provider is not None:
            return "key from a function"
        kind = {"sk.test.": "test key", "sk.live.": "live key"}
        return kind.get((self.fixed or "")[:8], "key")


def hidden(value: object) -> object:
    """Return a value that a traceback may show: a `SecretText`, or what is no text."""
    if isinstance(value, str):
        return SecretText(value)
    kept = value is None or callable(value) or inspect.isawaitable(value)
    return value if kept else _NO_KEY


def _checked_key(key: object) -> SecretText:
    if not isinstance(key, SecretText) or not _KEY.fullmatch(key):
        raise ConfigurationError(
            "the API key must be a text of visible ASCII characters without spaces"
        )
    return key


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the further headers of a client.

    Raises:
        ConfigurationError: One cannot be sent, or is the client's own.
    """
    if not isinstance(cast("object", headers), Mapping):
        raise ConfigurationError("headers must be a mapping of names to texts")
    for name, value in headers.items():
        if not _fits(_HEADER_NAME, name):
            raise ConfigurationError("the name of a header must be letters, digits and dashes")
        if name.lower() in _OURS:
            raise ConfigurationError(f"the header {name} is set by the client itself")
        if not _fits(_HEADER_VALUE, value):
            raise ConfigurationError(f"the value of the header {name} must be one line of text")
    return dict(headers)


def checked_retry(retry: object) -> RetryPolicy:
    """Return the policy.

    Raises:
        ConfigurationError: It is none.
    """
    if not isinstance(retry, RetryPolicy):
        raise ConfigurationError(
            "retry must be a RetryPolicy, for instance RetryPolicy(attempts=1)"
        )
    return retry


def _fits(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def checked_wait(seconds: object) -> float:
    """Return the seconds to wait for the outcome of a queued request; 0 does not wait.

    Raises:
        ConfigurationError: It is no number of seconds.
    """
    if not is_number(seconds) or not seconds >= 0:
        raise ConfigurationError("wait_for_accepted must be a number of seconds, 0 or more")
    return seconds
