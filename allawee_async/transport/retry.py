"""When to send a request again, and after how long. Pure: nothing here waits or asks a clock."""

from __future__ import annotations

import re
import sys
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final, TypeGuard

import attrs

from allawee_async.errors import (
    APIError,
    ConfigurationError,
    DecodeError,
    RateLimitError,
    TransportError,
)

LONGEST_RETRY_AFTER: Final = 60.0
"""Seconds; a server that asks for a longer wait ends the retries of a call without a deadline."""

_COST: Final = 5
_COST_AFTER_TIMEOUT: Final = 10
_AGES: Final = sys.float_info.max
_SECONDS: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


class AttemptOutcome(Enum):
    """How one attempt ended, as far as sending again is concerned."""

    DONE = auto()
    NOT_SENT = auto()
    RATE_LIMITED = auto()
    LOST = auto()
    SERVER_FAULT = auto()
    OTHER_FAULT = auto()
    REFUSED = auto()


SENT_AGAIN: Final[dict[AttemptOutcome, tuple[bool, bool]]] = {
    #                     (what may be resent, other writes)
    AttemptOutcome.NOT_SENT: (True, True),  # the connection was never established
    AttemptOutcome.RATE_LIMITED: (True, True),  # 429
    AttemptOutcome.LOST: (True, False),  # cut off after sending, timeout, unreadable 2xx
    AttemptOutcome.SERVER_FAULT: (True, False),  # 500, 502, 503, 504
    AttemptOutcome.OTHER_FAULT: (False, False),  # any other answer, or one too large to read
    AttemptOutcome.REFUSED: (False, False),  # see `REFUSALS`
}
"""What is sent again. May be resent: reads, PUT, DELETE, and routes that say so of themselves."""

MAY_HAVE_TAKEN_EFFECT: Final = frozenset(
    {AttemptOutcome.LOST, AttemptOutcome.SERVER_FAULT, AttemptOutcome.OTHER_FAULT}
)
"""After these, nobody knows whether a write has happened."""

REFUSALS: Final = frozenset(
    {
        *(400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 417, 422, 428, 429),
        *(431, 501),
    }
)
"""What says that a write was refused. After any other status, nobody knows whether it was."""

_FAULTS_TO_RETRY: Final = frozenset({500, 502, 503, 504})


def outcome_of(error: Exception) -> AttemptOutcome:
    """Return how an attempt that raised `error` ended."""
    match error:
        case TransportError(sent=False, final=False):
            return AttemptOutcome.NOT_SENT
        case TransportError(final=True):
            return AttemptOutcome.OTHER_FAULT
        case TransportError() | DecodeError():
            return AttemptOutcome.LOST
        case RateLimitError():
            return AttemptOutcome.RATE_LIMITED
        case APIError(status=status) if status in _FAULTS_TO_RETRY:
            return AttemptOutcome.SERVER_FAULT
        case APIError(status=status) if status not in REFUSALS:
            return AttemptOutcome.OTHER_FAULT
        case _:
            return AttemptOutcome.REFUSED


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often, and after which pauses, a call is sent again.

    Which failures are retried is not a matter of taste, and cannot be changed: a write that may
    have taken effect is never sent twice (see `SENT_AGAIN`). The pauses grow exponentially with
    full jitter; a `Retry-After` of the server takes their place.

    Attributes:
        attempts: Attempts in all; 1 switches retries off.
        base_delay: Seconds; the first pause is at most this long, each further at most twice
            the one before.
        max_delay: Seconds; no pause of ours is longer.
        deadline: Seconds for the whole call with all its attempts and pauses, or None.
        quota: Tokens that all calls of a client share, or None. A retry takes 5, one after a
            timeout 10; a success gives back what its retry took, or 1. Where too few are left,
            an error is raised at once, so that an outage is not met with three times the load.

    Raises:
        ConfigurationError: A value makes no sense.
    """

    attempts: int = 3
    base_delay: float = 0.5
    max_delay: float = 8.0
    deadline: float | None = None
    quota: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if type(self.attempts) is not int or self.attempts < 1:
            raise ConfigurationError("attempts must be a whole number of at least 1")
        for name in ("base_delay", "max_delay"):
            if not _is_seconds(getattr(self, name)):
                raise ConfigurationError(f"{name} must be a number of seconds, 0 or more")
        if self.deadline is not None and not (_is_seconds(self.deadline) and self.deadline > 0):
            raise ConfigurationError("deadline must be a positive number of seconds, or None")
        if self.quota is not None and (type(self.quota) is not int or self.quota < 0):
            raise ConfigurationError("quota must be a whole number of tokens, or None")

    def pause_after(
        self,
        attempt: int,
        outcome: AttemptOutcome,
        *,
        resend: bool,
        elapsed: float = 0.0,
        retry_after: float | None = None,
        jitter: float = 1.0,
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or None to give up.

        Args:
            attempt: The number of the attempt that just ended, from 1.
            outcome: How it ended.
            resend: Whether the call may be sent again although it may have taken effect.
            elapsed: Seconds since the call began.
            retry_after: Seconds that the server asked to wait, if it did.
            jitter: A random number from 0 to 1.
        """
        if attempt >= self.attempts or not SENT_AGAIN[outcome][0 if resend else 1]:
            return None
        if retry_after is None:
            pause = jitter * self.longest_pause(attempt)
        elif self.deadline is None and retry_after > LONGEST_RETRY_AFTER:
            return None
        else:
            pause = retry_after
        if self.deadline is not None and elapsed + pause >= self.deadline:
            return None
        return pause

    def longest_pause(self, attempt: int) -> float:
        """Return the seconds that the pause after an attempt has at most."""
        doublings = min(attempt - 1, 63)  # a float takes no more than 1023
        return min(self.max_delay, self.base_delay * 2.0**doublings)


class Quota:
    """The tokens that retries of all calls of a client take, as in the AWS SDKs.

    Args:
        tokens: How many there are; None means any number.
    """

    def __init__(self, tokens: int | None) -> None:
        self.tokens = tokens
        self._left = tokens or 0

    def take(self, error: Exception) -> int | None:
        """Take what a retry after an error costs; None if too little is left."""
        if self.tokens is None:
            return 0
        cost = _COST_AFTER_TIMEOUT if isinstance(error, TimeoutError) else _COST
        if cost > self._left:
            return None
        self._left -= cost
        return cost

    def give_back(self, cost: int) -> None:
        """Give back what the retry took that led to a success; a success without one gives 1."""
        if self.tokens is not None:
            self._left = min(self.tokens, self._left + (cost or 1))


def is_number(value: object) -> TypeGuard[float]:
    """Return whether something is a number, which `True` is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_seconds(value: object) -> bool:
    return is_number(value) and 0 <= value <= _AGES  # which is false for nan as well


def read_retry_after(text: str | None, now: float) -> float | None:
    """Return the seconds of a `Retry-After` header, or None if it says nothing that makes sense.

    Args:
        text: The value of the header: seconds, or an HTTP date (RFC 9110, 10.2.3).
        now: The present time, in seconds since the epoch, to measure a date against.
    """
    text = (text or "").strip(" \t")
    if _SECONDS.fullmatch(text):
        return min(float(text), _AGES)
    moment = read_http_date(text)
    return moment - now if moment is not None and moment > now else None


def read_http_date(text: str) -> float | None:
    """Return the seconds since the epoch that an HTTP date says, or None if it says nothing."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
