"""The tree of errors: who is whose child, what each carries, and that none tells a secret."""

from __future__ import annotations

import builtins
import copy
import pickle
import re
from typing import Any

import pytest

import allawee_async
from allawee_async import errors
from allawee_async.errors import (
    AllaweeError,
    APIError,
    Attempt,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    DecodeError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    RateLimitError,
    RequestAccepted,
    RequestFailedError,
    RequestTimeoutError,
    ServerError,
    SignatureError,
    TransportError,
    UnprocessableEntityError,
    error_class,
)
from tests.support.canaries import SECRETS, traceback_text
from tests.support.tables import for_each

PARENTS: dict[type[Exception], tuple[type[Exception], ...]] = {
    AllaweeError: (Exception,),
    ConfigurationError: (AllaweeError, ValueError),
    TransportError: (AllaweeError,),
    RequestTimeoutError: (TransportError, TimeoutError),
    APIError: (AllaweeError,),
    BadRequestError: (APIError,),
    AuthenticationError: (APIError,),
    RequestFailedError: (APIError,),
    PermissionDeniedError: (APIError,),
    NotFoundError: (APIError,),
    ConflictError: (APIError,),
    UnprocessableEntityError: (APIError,),
    RateLimitError: (APIError,),
    ServerError: (APIError,),
    RequestAccepted: (AllaweeError,),
    DecodeError: (AllaweeError,),
    PaginationError: (AllaweeError,),
    SignatureError: (AllaweeError,),
}

ERROR_OF_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: RequestFailedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    **dict.fromkeys(range(500, 600), ServerError),
}

API_ERRORS = [cls for cls in PARENTS if issubclass(cls, APIError)]
every_class = pytest.mark.parametrize("cls", PARENTS, ids=lambda cls: cls.__name__)

TRIED = (
    Attempt(
        number=1, status=503, error="ServerError: down", request_id="req_1", elapsed=0.2, pause=0.5
    ),
    Attempt(number=2, status=None, error=None, request_id=None, elapsed=0.1, pause=None),
)


def complete(cls: type[Any], text: str = "no such thing") -> Any:
    """Make an error of a class with every attribute set, `text` in each that takes one."""
    error = _made(cls, text)
    error.attempts = TRIED
    error.outcome_unknown = True
    error.method = "POST"
    if isinstance(error, APIError):
        error.path = f"/customers/{text}"
    return error


def _made(cls: type[Any], text: str) -> Any:
    body = {"message": text, "data": [text, {text: text}]}
    if issubclass(cls, APIError):
        return cls(
            text,
            status=418,
            code="not-found",
            details=(text, f"the second: {text}"),
            request_id="req_abc",
            body=body,  # type: ignore[arg-type]
            retry_after=1.5,
        )
    if issubclass(cls, TransportError):
        return cls(text, sent=False, final=True)
    if cls is RequestAccepted:
        return cls(text, request_id="req_abc", code="service-unavailable", body=body)
    if cls is DecodeError:
        return cls(text, path=f"data.{text}", body=body, status=200, request_id="req_abc")
    if cls is PaginationError:
        return cls(text, cursor=text)
    return cls(text)


# The tree.


@every_class
def test_each_error_has_exactly_the_parents_of_the_contract(cls: type[Exception]) -> None:
    assert cls.__bases__ == PARENTS[cls]


def test_there_is_no_error_beside_those_of_the_contract() -> None:
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, BaseException)
    }

    assert defined == set(PARENTS)


def test_every_exported_exception_derives_from_the_root() -> None:
    exported = {
        value
        for name in dir(allawee_async)
        if isinstance(value := getattr(allawee_async, name), type)
        and issubclass(value, BaseException)
    }

    assert exported == set(PARENTS)
    assert all(issubclass(cls, AllaweeError) for cls in exported)


def test_the_tree_at_the_top_of_the_module_is_the_tree_of_the_code() -> None:
    """Drawn trees drift; this one is read back."""
    drawn: dict[str, str] = {}
    branch: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"(?P<lines>[│├└─ ]*)(?P<name>[A-Z]\w+)(?:  | *$)", line):
            depth = len(found["lines"]) // 4
            branch[depth:] = [found["name"]]
            drawn[found["name"]] = branch[depth - 1] if depth else "Exception"

    assert drawn == {cls.__name__: parents[0].__name__ for cls, parents in PARENTS.items()}


@pytest.mark.parametrize(
    ("cls", "builtin"), [(ConfigurationError, ValueError), (RequestTimeoutError, TimeoutError)]
)
def test_what_python_has_a_word_for_is_caught_by_that_word(
    cls: type[AllaweeError], builtin: type[Exception]
) -> None:
    with pytest.raises(builtin, match="why") as caught:
        raise cls("why")

    assert isinstance(caught.value, AllaweeError)


# From the status to the class.


def test_the_status_decides_the_class() -> None:
    statuses = [*range(300, 600), 600, 999, 199, 0, -1]

    assert {status: error_class(status) for status in statuses} == {
        status: ERROR_OF_STATUS.get(status, APIError) for status in statuses
    }


# What each carries.


@every_class
def test_an_error_with_nothing_but_a_message_answers_all_questions(cls: type[Any]) -> None:
    error = cls("what happened")

    assert error.message == "what happened"
    assert error.attempts == ()
    assert error.outcome_unknown is False
    assert error.request_id is None
    assert error.method == ""


@for_each("cls", API_ERRORS)
def test_an_api_error_carries_the_facts_of_the_answer(cls: type[APIError]) -> None:
    error = complete(cls)

    assert error.status == 418
    assert error.code == "not-found"
    assert error.details == ("no such thing", "the second: no such thing")
    assert error.request_id == "req_abc"
    assert (error.method, error.path) == ("POST", "/customers/no such thing")
    assert error.body["message"] == "no such thing"
    assert error.retry_after == 1.5


@pytest.mark.parametrize("cls", [TransportError, RequestTimeoutError])
def test_a_transport_error_may_have_been_sent_unless_it_says_otherwise(
    cls: type[TransportError],
) -> None:
    assert (cls("lost").sent, cls("lost").final) == (True, False)
    assert (cls("lost", sent=False).sent, cls("lost", final=True).final) == (False, True)


# Pickles and copies.


def _state(error: BaseException) -> dict[str, Any]:
    return {name: value for name, value in vars(error).items() if name != "_waiter"}


@every_class
@for_each("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_pickles_with_all_its_attributes(cls: type[Any], protocol: int) -> None:
    error = complete(cls)

    loaded = pickle.loads(pickle.dumps(error, protocol))

    assert type(loaded) is cls
    assert _state(loaded) == _state(error)
    assert loaded.args == error.args
    assert str(loaded) == str(error)


@every_class
@for_each("copied", [copy.copy, copy.deepcopy])
def test_every_error_can_be_copied_with_all_its_attributes(cls: type[Any], copied: Any) -> None:
    error = complete(cls)

    twin = copied(error)

    assert twin is not error
    assert type(twin) is cls
    assert _state(twin) == _state(error)
    assert str(twin) == str(error)


@pytest.mark.parametrize(
    "again",
    [lambda error: pickle.loads(pickle.dumps(error)), copy.deepcopy],
    ids=["pickled", "copied"],
)
async def test_a_waiter_belongs_to_its_process_and_is_left_behind(again: Any) -> None:
    error = complete(RequestAccepted)

    async def wait(timeout: float | None) -> object:  # noqa: ASYNC109
        raise AssertionError(timeout)

    error.attach(wait)

    loaded = again(error)

    assert _state(loaded) == _state(error)
    with pytest.raises(ConfigurationError, match="/requests/req_abc"):
        await loaded.wait()


async def test_the_waiter_gets_the_timeout_and_gives_the_result() -> None:
    error = RequestAccepted("queued", request_id="req_1")
    asked: list[float | None] = []

    async def wait(timeout: float | None) -> object:  # noqa: ASYNC109
        asked.append(timeout)
        return "the outcome"

    error.attach(wait)

    assert [await error.wait(), await error.wait(2.5)] == ["the outcome", "the outcome"]
    assert asked == [None, 2.5]


# The text.


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AllaweeError("plain"), "plain"),
        (NotFoundError("No such customer", status=404), "No such customer [HTTP 404]"),
        (
            BadRequestError("bad", status=400, code="invalid", request_id="req_1"),
            "bad [HTTP 400, code invalid, request id req_1]",
        ),
        (TransportError("the connection was lost"), "the connection was lost"),
        (RequestAccepted("queued", request_id="req_9"), "queued [request id req_9]"),
    ],
)
def test_the_text_is_the_message_and_what_is_known_beside_it(
    error: AllaweeError, text: str
) -> None:
    assert str(error) == text


def test_the_text_tells_the_attempts_and_that_the_outcome_is_unknown() -> None:
    text = str(complete(ServerError))

    assert "POST /customers/" in text
    assert "2 attempts" in text
    assert "it may have taken effect" in text


def test_one_attempt_is_not_worth_a_word() -> None:
    error = AllaweeError("plain")
    error.attempts = TRIED[:1]

    assert str(error) == "plain"


def test_the_text_of_a_decode_error_tells_the_place() -> None:
    error = DecodeError("expected a text, found a number", path="data[3].claims.businessAddress")

    assert "data[3].claims.businessAddress" in str(error)


@every_class
def test_the_text_is_one_line_whatever_the_server_says(cls: type[Any]) -> None:
    for broken in ("a\nb", "a\r\nb", "a\u2028b", "a\x0bb", "\n a \n"):
        text = str(complete(cls, broken))
        assert len(text.splitlines()) == 1, f"{broken!r} gave {text!r}"


# Secrets.


@every_class
def test_no_text_of_an_error_holds_a_secret(cls: type[Any]) -> None:
    for secret in SECRETS.values():
        error = complete(cls, f'the value "{secret}" is not known')
        for text in (str(error), repr(error), error.message, traceback_text(error)):
            assert secret not in text
            assert "CANARY" not in text


@every_class
def test_a_pickled_error_still_tells_no_secret(cls: type[Any]) -> None:
    for secret in SECRETS.values():
        error = pickle.loads(pickle.dumps(complete(cls, f"about {secret}, again {secret}.")))
        assert secret not in f"{error} {error!r} {error.message}"


@for_each("cls", API_ERRORS)
def test_details_and_code_hold_no_secret(cls: type[APIError]) -> None:
    for secret in SECRETS.values():
        error = cls("no", code=f"unknown-{secret}", details=(f"{secret} is taken",))
        assert secret not in str(error)
        assert secret not in "".join(error.details)


@every_class
def test_the_body_is_kept_and_never_printed(cls: type[Any]) -> None:
    error = complete(cls, "BODYTEXT")
    error.message, error.args = "other", ("other",)
    error.details = ()
    error.path = ""

    assert "BODYTEXT" not in f"{error} {error!r} {traceback_text(error)}"
    if hasattr(error, "body"):
        assert error.body["message"] == "BODYTEXT"


def test_no_name_of_ours_hides_one_of_pythons() -> None:
    """`TimeoutError` and `ConnectionError` stay Python's own."""
    ours = {cls.__name__ for cls in PARENTS}

    assert ours.isdisjoint(vars(builtins))
