"""Which line and which exit code each error gets."""

import errno
from typing import Any

import typer

from allawee_async import errors
from allawee_async.cli.errors import (
    MEANINGS,
    CommandError,
    ExitCode,
    exit_code_of,
    line_of,
)
from allawee_async.redaction import printable
from tests.support.tables import for_each

KEY = "sk.live.abcdefghijkl"


@for_each(
    ("error", "code", "line"),
    [
        (CommandError("no"), 1, "error: no"),
        (CommandError("no", ExitCode.WRONG_USE), 2, "error: no"),
        (errors.ConfigurationError("bad host"), 2, "error: bad host"),
        (
            errors.AuthenticationError("Authorization Required", status=401),
            3,
            (
                "error: Authorization Required [HTTP 401]; `allawee whoami` tells which key is "
                "used, and where it comes from"
            ),
        ),
        (
            errors.PermissionDeniedError("no", status=403),
            3,
            "error: no [HTTP 403]; use a key with the right to do this",
        ),
        (errors.NotFoundError("none", status=404), 4, "error: none [HTTP 404]"),
        (errors.BadRequestError("bad", status=400), 1, "error: bad [HTTP 400]"),
        (
            errors.RateLimitError("slow", status=429),
            1,
            "error: slow [HTTP 429]; wait a while, then try again",
        ),
        (
            errors.ServerError("oops", status=500),
            1,
            "error: oops [HTTP 500]; the fault is on the server's side; try again later",
        ),
        (errors.RequestTimeoutError("late"), 1, "error: late; try again later"),
        (
            errors.TransportError("reset"),
            1,
            "error: reset; check the network and the host, then try again",
        ),
        (
            errors.DecodeError("odd"),
            1,
            "error: odd; if this is a host of the API, run it again with --debug and report it",
        ),
        (
            errors.PaginationError("stuck"),
            1,
            "error: stuck; the fault is on the server's side; try again later",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "error: No space left on device"),
        (
            OSError(errno.EACCES, "Permission denied", "key.txt"),
            1,
            "error: key.txt: Permission denied",
        ),
        (OSError("odd"), 1, "error: odd"),
        (typer.BadParameter("no number."), 2, "error: Invalid value: no number"),
        (
            ZeroDivisionError("by zero"),
            1,
            (
                "error: ZeroDivisionError: by zero; this is a mistake of ours: "
                "run it again with --debug, report it"
            ),
        ),
    ],
)
def test_each_error_has_a_code_and_one_line(error: Any, code: Any, line: Any) -> None:
    assert exit_code_of(error) == code
    assert line_of(error) == line


def test_a_line_is_one_line_that_no_terminal_obeys() -> None:
    assert printable("two\n lines\x1b[31m\a") == "two lines?[31m?"
    assert line_of(errors.BadRequestError("a\nb\x1b]0;title\a")) == "error: a b?]0;title? [HTTP 0]"


def test_no_line_holds_a_key() -> None:
    for error in (errors.TransportError(f"sent {KEY}"), RuntimeError(f"with {KEY}")):
        assert KEY not in line_of(error)


def test_a_write_that_may_have_taken_effect_is_not_just_tried_again() -> None:
    error = errors.ServerError("oops", status=503)
    error.outcome_unknown = True

    assert exit_code_of(error) == 6
    assert line_of(error) == (
        "error: oops [HTTP 503, it may have taken effect: look it up before you send it again]"
    )


def test_what_the_api_queued_is_neither_done_nor_failed() -> None:
    assert exit_code_of(errors.RequestAccepted("queued", request_id="req_1")) == 5


def test_every_exit_code_is_documented() -> None:
    assert set(MEANINGS) == set(ExitCode)
