"""Options of a client, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from allawee_async.errors import ConfigurationError
from allawee_async.transport.retry import RetryPolicy

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_HEADER_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_OURS: Final = frozenset({"authorization", "host", "content-length", "transfer-encoding"})


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the further headers of a client.

    Raises:
        ConfigurationError: One cannot be sent, or is the client's own.
    """
    if not is_mapping(headers):
        raise ConfigurationError("headers must be a mapping of names to texts")
    for name, value in headers.items():
        if not _fits(_HEADER_NAME, name):
            raise ConfigurationError("the name of a header must be letters, digits and dashes")
        if name.lower() in _OURS:
            raise ConfigurationError(f"the header {name} is set by the client itself")
        if not _fits(_HEADER_VALUE, value):
            raise ConfigurationError(f"the value of the header {name} must be one line of text")
    return dict(headers)


def is_mapping(value: object) -> bool:
    """Return whether a caller gave a mapping, whatever the annotation says."""
    return isinstance(value, Mapping)


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
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise ConfigurationError("wait_for_accepted must be a number of seconds, 0 or more")
    return seconds
