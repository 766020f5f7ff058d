"""When a call is sent again, and after how long: the contract's table, and the pauses."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from allawee_async.errors import (
    AllaweeError,
    APIError,
    Attempt,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    PaginationError,
    RateLimitError,
    RequestAccepted,
    RequestTimeoutError,
    ServerError,
    TransportError,
    error_class,
)
from allawee_async.transport.request import Request
from allawee_async.transport.retry import (
    LONGEST_RETRY_AFTER,
    MAY_HAVE_TAKEN_EFFECT,
    REFUSALS,
    SENT_AGAIN,
    AttemptOutcome,
    RetryPolicy,
    outcome_of,
    read_retry_after,
)
from allawee_async.transport.retry_state import RetryState
from tests.support.tables import for_each


def answer(status: int) -> APIError:
    return error_class(status)("no", status=status)


TABLE: list[tuple[Exception, bool, bool, bool]] = [
    # what happened                                     reads…  other   may have
    #                                                   again?  writes? happened?
    (TransportError("no connection", sent=False), True, True, False),
    (RequestTimeoutError("no connection in time", sent=False), True, True, False),
    (RateLimitError("slow down", status=429), True, True, False),
    (TransportError("cut off after sending"), True, False, True),
    (RequestTimeoutError("no answer in time"), True, False, True),
    (DecodeError("cut-off or unreadable 2xx body", status=200), True, False, True),
    (answer(500), True, False, True),
    (answer(502), True, False, True),
    (answer(503), True, False, True),
    (answer(504), True, False, True),
    (ServerError("a fault of no known kind"), False, False, True),
    (answer(505), False, False, True),
    (answer(507), False, False, True),
    (answer(520), False, False, True),
    (answer(599), False, False, True),
    (TransportError("too large to read", final=True), False, False, True),
    (answer(501), False, False, False),
    (answer(400), False, False, False),
    (answer(401), False, False, False),
    (answer(402), False, False, False),
    (answer(403), False, False, False),
    (answer(404), False, False, False),
    (answer(408), False, False, True),
    (answer(409), False, False, False),
    (answer(410), False, False, False),
    (answer(422), False, False, False),
    (answer(425), False, False, True),
    (answer(301), False, False, True),
    (answer(302), False, False, True),
    (answer(307), False, False, True),
    (RequestAccepted("queued"), False, False, False),
    (ConfigurationError("no key"), False, False, False),
    (PaginationError("stuck"), False, False, False),
    (AllaweeError("some other"), False, False, False),
]


def _name(value: object) -> str | None:
    return f"{type(value).__name__}({value})" if isinstance(value, Exception) else None


# The table.


@for_each(("error", "resent", "rewritten", "unknown"), TABLE)
def test_what_is_sent_again(error: Exception, resent: bool, rewritten: bool, unknown: bool) -> None:
    policy = RetryPolicy(attempts=2)
    outcome = outcome_of(error)

    read = policy.pause_after(1, outcome, resend=True)
    write = policy.pause_after(1, outcome, resend=False)

    assert (read is not None, write is not None) == (resent, rewritten)


@for_each(("error", "resent", "rewritten", "unknown"), TABLE)
def test_what_may_have_taken_effect(
    error: Exception, resent: bool, rewritten: bool, unknown: bool
) -> None:
    assert (outcome_of(error) in MAY_HAVE_TAKEN_EFFECT) is unknown


def test_a_write_was_refused_only_where_the_answer_says_so() -> None:
    statuses = {*range(100, 1000)} - {*range(200, 300)}
    unknown = {s for s in statuses if outcome_of(answer(s)) in MAY_HAVE_TAKEN_EFFECT}

    assert statuses - unknown == REFUSALS
    assert {
        *(400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 417, 422, 428, 429),
        *(431, 501),
    } == REFUSALS


def test_of_all_statuses_five_are_sent_again() -> None:
    policy = RetryPolicy(attempts=2)

    again = {
        status
        for status in range(300, 600)
        if policy.pause_after(1, outcome_of(answer(status)), resend=True) is not None
    }

    assert again == {429, 500, 502, 503, 504}


@pytest.mark.parametrize("outcome", sorted(MAY_HAVE_TAKEN_EFFECT, key=str))
def test_a_write_that_may_have_taken_effect_is_never_sent_again(outcome: AttemptOutcome) -> None:
    policy = RetryPolicy(attempts=1_000, base_delay=0, deadline=None)

    for retry_after in (None, 0.0, 1.0):
        pause = policy.pause_after(1, outcome, resend=False, retry_after=retry_after)
        assert pause is None


def test_the_table_of_the_code_has_a_row_for_every_failure() -> None:
    assert set(SENT_AGAIN) == set(AttemptOutcome) - {AttemptOutcome.DONE}


# The pauses.


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 8.0), (70, 8.0), (10**9, 8.0)],
)
def test_pauses_double_up_to_the_longest(attempt: int, longest: float) -> None:
    policy = RetryPolicy(attempts=10**10)

    assert policy.longest_pause(attempt) == longest
    assert policy.pause_after(attempt, AttemptOutcome.LOST, resend=True, jitter=1.0) == longest
    assert policy.pause_after(attempt, AttemptOutcome.LOST, resend=True, jitter=0.5) == longest / 2
    assert policy.pause_after(attempt, AttemptOutcome.LOST, resend=True, jitter=0.0) == 0.0


@given(
    attempt=st.integers(1, 10**30),
    jitter=st.floats(0, 1),
    base=st.floats(0, 1e300),
    most=st.floats(0, 1e300),
)
def test_a_pause_lies_between_nothing_and_the_longest(
    attempt: int, jitter: float, base: float, most: float
) -> None:
    policy = RetryPolicy(attempts=10**31, base_delay=base, max_delay=most)

    pause = policy.pause_after(attempt, AttemptOutcome.LOST, resend=True, jitter=jitter)

    assert pause is not None
    assert 0 <= pause <= most


@pytest.mark.parametrize(("attempts", "attempt"), [(1, 1), (3, 3), (3, 4)])
def test_the_last_attempt_is_the_last(attempts: int, attempt: int) -> None:
    policy = RetryPolicy(attempts=attempts)

    assert policy.pause_after(attempt, AttemptOutcome.NOT_SENT, resend=True) is None
    assert (
        policy.pause_after(attempt, AttemptOutcome.RATE_LIMITED, resend=True, retry_after=0) is None
    )


@for_each("retry_after", [0.0, 0.25, 7.0, LONGEST_RETRY_AFTER])
@for_each("jitter", [0.0, 0.3, 1.0])
def test_the_servers_word_takes_the_place_of_the_curve(retry_after: float, jitter: float) -> None:
    pause = RetryPolicy().pause_after(
        1, AttemptOutcome.RATE_LIMITED, resend=False, retry_after=retry_after, jitter=jitter
    )

    assert pause == retry_after


@for_each(
    ("deadline", "elapsed", "retry_after", "pause"),
    [
        (None, 0.0, 60.0, 60.0),
        (None, 0.0, 60.001, None),
        (None, 0.0, math.inf, None),
        (None, 1e9, 1.0, 1.0),
        (100.0, 0.0, 90.0, 90.0),  # longer than 60 s, and within the caller's own deadline
        (100.0, 0.0, 99.999, 99.999),
        (100.0, 0.0, 100.0, None),  # exactly at the deadline there is no time left to ask
        (100.0, 60.0, 39.0, 39.0),
        (100.0, 60.0, 40.0, None),
        (100.0, 99.9, None, None),
        (100.0, 99.0, None, 0.5),
        (100.0, 99.5, None, None),
        (100.0, 200.0, 0.0, None),
    ],
)
def test_a_pause_that_does_not_fit_into_the_time_left_ends_the_call(
    deadline: float | None, elapsed: float, retry_after: float | None, pause: float | None
) -> None:
    policy = RetryPolicy(deadline=deadline)

    chosen = policy.pause_after(
        1, AttemptOutcome.RATE_LIMITED, resend=True, elapsed=elapsed, retry_after=retry_after
    )

    assert chosen == pause


# What a policy may be.


def test_the_policy_of_the_contract_is_the_default() -> None:
    policy = RetryPolicy()

    assert policy == RetryPolicy(attempts=3, base_delay=0.5, max_delay=8.0, deadline=None)
    assert hash(policy) == hash(RetryPolicy())


@pytest.mark.parametrize(
    "options",
    [
        {"attempts": 1},
        {"attempts": 10**6},
        {"base_delay": 0},
        {"max_delay": 0.0},
        {"base_delay": 5, "max_delay": 1},
        {"deadline": 0.001},
        {"deadline": 30},
    ],
)
def test_a_policy_that_makes_sense_is_taken(options: dict[str, Any]) -> None:
    policy = RetryPolicy(**options)

    assert {name: getattr(policy, name) for name in options} == options


@pytest.mark.parametrize("name", ["base_delay", "max_delay", "deadline"])
@pytest.mark.parametrize(
    "value",
    [
        *(-1, -0.001, math.nan, math.inf, -math.inf, "1", True, [1]),
        pytest.param(10**400, id="an int that no float can hold"),
    ],
)
def test_a_time_that_is_none_is_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        RetryPolicy(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"deadline": 0}, {"base_delay": None}, {"max_delay": None}])
def test_no_time_at_all_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        RetryPolicy(**options)


@pytest.mark.parametrize("attempts", [0, -1, 1.0, 2.5, "3", None, True, math.inf])
def test_a_number_of_attempts_that_is_none_is_refused(attempts: Any) -> None:
    with pytest.raises(ConfigurationError, match="attempts"):
        RetryPolicy(attempts=attempts)


# Retry-After.

NOW = datetime(2023, 9, 29, 10, 0, 0, tzinfo=UTC).timestamp()


@for_each(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("   ", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("007", 7.0),
        ("1.5", 1.5),
        ("0.001", 0.001),
        ("9" * 35, 1e35),
        ("-10", None),
        ("-0", None),
        ("+5", None),
        ("1e3", None),
        ("1_000", None),
        ("0x10", None),
        (".5", None),
        ("5.", None),
        ("inf", None),
        ("Infinity", None),
        ("nan", None),
        ("٣", None),
        ("5, 10", None),
        ("5 10", None),
        ("5s", None),
        ("soon", None),
        ("Fri, 29 Sep 2023 10:00:30 GMT", 30.0),  # IMF-fixdate
        ("Friday, 29-Sep-23 10:00:30 GMT", 30.0),  # RFC 850
        ("Fri Sep 29 10:00:30 2023", 30.0),  # asctime
        ("Fri, 29 Sep 2023 11:00:30 +0100", 30.0),
        ("Fri, 29 Sep 2023 10:00:30 -0000", 30.0),
        ("Fri, 29 Sep 2023 10:00:00 GMT", None),  # now
        ("Fri, 29 Sep 2023 09:59:59 GMT", None),  # past
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("0\x1f", None),
        ("\x1c7", None),
        (" \t7 ", 7.0),
        ("Fri, 29 Sep 100000 10:00:30 GMT", None),
        ("Fri, 99 Sep 2023 10:00:30 GMT", None),
        ("Fri, 29 Zep 2023 10:00:30 GMT", None),
        ("2023-09-29T10:00:30Z", None),
    ],
)
def test_what_a_retry_after_says(text: str | None, seconds: float | None) -> None:
    assert (
        read_retry_after(text, NOW) == pytest.approx(seconds)
        if seconds
        else (read_retry_after(text, NOW) == seconds)
    )


def _is_harmless(seconds: float | None) -> bool:
    return seconds is None or (math.isfinite(seconds) and seconds >= 0)


@for_each(
    "text",
    [
        "Zun, 29 Sep 2023 10:00:30 GMT",
        "Fri, 29 Sep 2023 10:00:30",
        "Fri, 29 Sep 2023 10:00:30 +99999999",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Fri, 29 Sep 2023 25:61:61 GMT",
        "9" * 400,
        "0." + "9" * 400,
        "0" * 5_000 + "1",
        ",",
        ", ,",
        "\x00",
        "\n5",
        "(" * 10_000,
        "5" + " " * 10_000,
    ],
)
def test_an_odd_retry_after_does_no_harm(text: str) -> None:
    assert _is_harmless(read_retry_after(text, NOW))


_PIECES = st.lists(
    st.sampled_from(
        [*"0123456789.,:+-() \t", "Fri", "Sep", "29", "2023", "GMT", "10:00:30", "99999999999"]
    ),
    max_size=12,
)


@given(
    text=st.text() | st.text("0123456789.-+eE ,:") | _PIECES.map("".join), now=st.floats(0, 1e11)
)
@example(text="9" * 400, now=0.0)
def test_any_retry_after_gives_a_finite_time_or_none(text: str, now: float) -> None:
    assert _is_harmless(read_retry_after(text, now))


# What the history of attempts is made of.


@pytest.mark.parametrize(
    ("error", "status", "request_id"),
    [
        (AuthenticationError("no", status=401, request_id="req_1"), 401, "req_1"),
        (DecodeError("no JSON", status=200, request_id="req_2"), 200, "req_2"),
        (DecodeError("no JSON"), None, None),
        (RequestAccepted("queued", request_id="req_3"), 202, "req_3"),
        (TransportError("lost"), None, None),
        (ConfigurationError("no key"), None, None),
    ],
    ids=_name,
)
def test_an_attempt_takes_its_facts_from_the_error(
    error: AllaweeError, status: int | None, request_id: str | None
) -> None:
    request = Request(method="GET", path="/a")
    attempt = RetryState(started=0.0).note(request, error, None, 0.0)
    assert (attempt.status, attempt.request_id) == (status, request_id)


def test_attempts_are_values() -> None:
    facts: dict[str, Any] = {
        "number": 1,
        "status": 503,
        "error": "ServerError: down",
        "request_id": None,
        "elapsed": 0.5,
        "pause": 1.0,
    }

    assert Attempt(**facts) == Attempt(**facts)
    assert len({Attempt(**facts), Attempt(**facts)}) == 1
    with pytest.raises(AttributeError):
        Attempt(**facts).number = 2  # type: ignore[misc]
