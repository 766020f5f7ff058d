"""What becomes of a failure: one line on stderr that says what to do next, and an exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import typer

from allawee_async.errors import (
    AllaweeError,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    RateLimitError,
    RequestAccepted,
    RequestTimeoutError,
    ServerError,
    TransportError,
)
from allawee_async.redaction import mask, printable


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    QUEUED = 5
    UNKNOWN = 6
    NOT_SHOWN = 7
    INTERRUPTED = 130


MEANINGS: Final[dict[ExitCode, str]] = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "the API, the network or a check failed",
    ExitCode.WRONG_USE: "wrong use or configuration",
    ExitCode.NOT_ALLOWED: "the key is not valid, or lacks the right",
    ExitCode.NOT_FOUND: "there is no such thing",
    ExitCode.QUEUED: "queued by the API, not done yet",
    ExitCode.UNKNOWN: "a write whose outcome is not known: look it up before you try again",
    ExitCode.NOT_SHOWN: "a write took effect, but its answer could not be shown: do not repeat it",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
}
"""The exit codes as the help documents them."""


class CommandError(Exception):
    """A command cannot go on, for a reason of its own.

    Args:
        message: What happened, in one line.
        code: The exit code.
        advice: What to do next, where that is told apart.
    """

    def __init__(
        self, message: str, code: ExitCode = ExitCode.FAILED, *, advice: str | None = None
    ) -> None:
        super().__init__(message if advice is None else f"{message}; {advice}")
        self.message = message
        self.code = code
        self.advice = advice


class UsageError(CommandError):
    """A command was used in a wrong way, or what it needs is not set up.

    Args:
        message: What is wrong, in one line.
        advice: What to do next, where that is told apart.
    """

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message, ExitCode.WRONG_USE, advice=advice)


_CODES: Final[tuple[tuple[type[Exception], ExitCode], ...]] = (
    (ConfigurationError, ExitCode.WRONG_USE),
    (AuthenticationError, ExitCode.NOT_ALLOWED),
    (PermissionDeniedError, ExitCode.NOT_ALLOWED),
    (NotFoundError, ExitCode.NOT_FOUND),
    (RequestAccepted, ExitCode.QUEUED),
)

_ADVICE: Final[tuple[tuple[type[Exception], str], ...]] = (
    (AuthenticationError, "`allawee whoami` tells which key is used, and where it comes from"),
    (PermissionDeniedError, "use a key with the right to do this"),
    (RateLimitError, "wait a while, then try again"),
    (ServerError, "the fault is on the server's side; try again later"),
    (RequestTimeoutError, "try again later"),
    (TransportError, "check the network and the host, then try again"),
    (DecodeError, "if this is a host of the API, run it again with --debug and report it"),
    (PaginationError, "the fault is on the server's side; try again later"),
)


def exit_code_of(error: Exception) -> ExitCode:
    """Return the exit code for an error that ended a command."""
    if isinstance(error, CommandError):
        return error.code
    if is_wrong_use(error):
        return ExitCode.WRONG_USE
    if isinstance(error, AllaweeError) and error.outcome_unknown:
        return ExitCode.UNKNOWN
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.FAILED)


def warn(*texts: str) -> None:
    """Tell on stderr what is odd, a line each; the command goes on."""
    for text in texts:
        typer.echo(f"warning: {printable(text)}", err=True)


def line_of(error: Exception) -> str:
    """Return what a person is told of an error: one line, without secrets and control codes."""
    return f"error: {printable(_told(error))}"


def is_wrong_use(error: Exception) -> bool:
    """Return whether the error is Typer's own about options and arguments.

    Their class has moved between the releases of Typer; what they can do has not.
    """
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _told(error: Exception) -> str:
    if isinstance(error, CommandError):
        return str(error)
    if is_wrong_use(error):
        return _wrong_use(error)
    if isinstance(error, AllaweeError) and error.outcome_unknown:
        return str(error)  # which says to look it up: nobody should just try again
    if isinstance(error, AllaweeError):
        advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), None)
        return f"{error}; {advice}" if advice else str(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return f"{place}{error.strerror or error}"
    kind = type(error).__name__
    return mask(f"{kind}: {error}; this is a mistake of ours: run it again with --debug, report it")


def _wrong_use(error: Exception) -> str:
    """Return what the option parser tells; a key may have been typed."""
    if getattr(getattr(error, "param", None), "name", None) == "sandbox_file":
        error.param_hint = "'--sandbox'"  # type: ignore[attr-defined]  # as it was typed
    message = mask(getattr(error, "format_message", str)().rstrip("."))
    message = message.replace("Value error, ", "")  # a word of the validator's own
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    see = " See" if message.endswith("?") else "; see"
    return f"{message}{see} {context.command_path} --help"
