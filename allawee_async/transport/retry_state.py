"""What has become of a call that failed: its attempts, its last error, and the log of both."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import attrs

from allawee_async.errors import AllaweeError, APIError, Attempt, DecodeError, RequestAccepted
from allawee_async.redaction import masked_id, scrub, scrub_json, without_named_secrets

if TYPE_CHECKING:
    from allawee_async.transport.request import Request

log = logging.getLogger("allawee_async")
_SHORTEST_KEY: Final = 8  # what is shorter is a part of words
log.addHandler(logging.NullHandler())  # what is not asked for is not printed


@attrs.define
class RetryState:
    """What has become of a call so far.

    Attributes:
        started: When the call began.
        began: When the present attempt began.
        failures: Attempts that count against the policy.
        asked_again: Whether the key was asked for once more.
        outcome_unknown: Whether an attempt may have taken effect.
        paid: What the last retry took of the quota.
        attempts: What was tried, oldest first.
    """

    started: float
    began: float = 0.0
    failures: int = 0
    asked_again: bool = False
    outcome_unknown: bool = False
    paid: int = 0
    attempts: tuple[Attempt, ...] = ()

    def note(
        self,
        request: Request,
        error: AllaweeError,
        pause: float | None,
        elapsed: float,
        remark: str = "",
    ) -> Attempt:
        """Keep and log a failed attempt; `pause` is None if it was the last."""
        attempt = Attempt(
            number=len(self.attempts) + 1,
            status=getattr(error, "status", None),
            error=f"{type(error).__name__}: {error.message}{remark}",
            request_id=error.request_id,
            elapsed=elapsed,
            pause=pause,
        )
        self.attempts += (attempt,)
        log_attempt(logging.DEBUG if pause is None else logging.WARNING, request, attempt)
        return attempt

    def last_word(self, request: Request, error: AllaweeError) -> None:
        """Let the error that ends a call tell all that is known of it."""
        error.attempts = self.attempts
        error.outcome_unknown = self.outcome_unknown
        error.method = request.method
        if isinstance(error, APIError):
            error.path = request.shown_path
        read_it = isinstance(error, APIError | DecodeError | RequestAccepted)
        if request.confidential or read_it:  # the frames that read an answer hold all of it
            error.__cause__ = error.__context__ = error.__traceback__ = None


def without_secrets(error: AllaweeError, request: Request, key: str = "") -> AllaweeError:
    """Let an error quote neither the key, nor what was secret in the call or told by its answer.

    The API may quote a PIN in its message; and what cannot be read may hold a card number.
    """
    secrets = (*request.secrets, key) if len(key) >= _SHORTEST_KEY else request.secrets
    error.message = scrub(error.message, secrets)
    error.args = (error.message,)
    if error.request_id is not None:
        error.request_id = masked_id(error.request_id, secrets)
    if isinstance(error, APIError):
        error.details = tuple(scrub(detail, secrets) for detail in error.details)
    if isinstance(error, APIError | RequestAccepted) and error.code is not None:
        error.code = scrub(error.code, secrets)
    if not request.confidential:
        return error
    if isinstance(error, APIError | RequestAccepted):
        error.body = without_named_secrets("", scrub_json(error.body, secrets))
        if isinstance(error.body, str) and (request.secure or request.tells_secret):
            error.body = None  # in a text nothing has a name that says that it is a secret
    elif isinstance(error, DecodeError):
        error.body = None
    return error


def log_attempt(level: int, request: Request, attempt: Attempt) -> None:
    """Write a line about one attempt of a call; it holds no secrets."""
    log.log(
        level,
        "%s %s attempt %d: %s in %.3f s%s%s",
        request.method,
        request.shown_path,
        attempt.number,
        attempt.error or f"HTTP {attempt.status}",
        attempt.elapsed,
        "" if attempt.pause is None else f", again in {attempt.pause:.3f} s",
        "" if attempt.request_id is None else f" (request id {attempt.request_id})",
        extra={
            "attempt": attempt.number,
            "status": attempt.status,
            "wait": attempt.pause,
            "request_id": attempt.request_id,
        },
    )
