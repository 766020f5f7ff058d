"""What an answer says: every shape that the documents, and gateways, send."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from allawee_async.errors import (
    AllaweeError,
    APIError,
    Attempt,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    RateLimitError,
    RequestAccepted,
    ServerError,
    error_class,
)
from allawee_async.transport.response import Reply, error_from, read_response
from tests.support.canaries import BVN, SECRETS, traceback_text
from tests.support.properties import LONG, more_in_the_long_run
from tests.support.samples import sample, sample_bytes
from tests.support.tables import for_each

GATEWAY_PAGE = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>\r\n"


def read(status: int, body: object, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_response(
        status, CIMultiDict({name.replace("_", "-"): text for name, text in headers.items()}), raw
    )


def read_error(status: int, body: object, **headers: str) -> APIError:
    with pytest.raises(APIError) as caught:
        read(status, body, **headers)
    return caught.value


# Good answers.


@pytest.mark.parametrize("status", [200, 201, 203, 206, 209, 226, 299])
def test_every_2xx_is_good(status: int) -> None:
    reply = read(status, {"code": "success", "data": {"id": "cus.1"}})

    assert (reply.status, reply.code, reply.data) == (status, "success", {"id": "cus.1"})


def test_a_list_comes_out_of_its_envelope() -> None:
    reply = read(200, sample_bytes("customers.list.response"), X_Request_Id="req_1")

    assert reply.data == sample("customers.list.response")["data"]
    assert reply.metadata == {"hasMore": False}
    assert reply.request_id == "req_1"


def test_an_envelope_may_have_no_code() -> None:
    reply = read(200, sample_bytes("pagination.list.response"))

    assert reply.code is None
    assert reply.data == [{"id": "cus_abc123", "name": "John Doe", "email": "john@doe.com"}]
    assert reply.metadata == {"hasMore": True, "totalCount": 128}


BARE: dict[str, Any] = {
    "a request record": sample("requests.get.response"),
    "a list": [{"id": "cus.1"}],
    "an empty list": [],
    "an empty object": {},
    "a text": "done",
    "a number": 5,
    "a boolean": False,
    "a webhook": {"event": "request.completed", "data": {"id": "x"}, "metadata": {}},
    "a resource with a code": {"code": "058", "name": "A bank"},
    "a resource with data": {"id": "x", "code": "success", "data": {"a": 1}},
    "an object with metadata and nothing else": {"metadata": {"userId": 5}},
    "a message and nothing else": {"message": "Hello"},
}


@for_each("body", BARE.values())
def test_a_body_without_an_envelope_is_the_resource(body: object) -> None:
    reply = read(200, body)

    assert reply.data == body
    assert type(reply.data) is type(body)
    assert reply.code is None


@for_each(
    ("envelope", "data"),
    [
        ({"code": "success", "data": None}, None),
        ({"code": "success", "data": []}, []),
        ({"code": "success", "data": 0}, 0),
        ({"data": False}, False),
        ({"code": "success"}, None),
        ({"code": "success", "message": "Card blocked"}, None),
        ({"code": "success", "message": "m", "error": None, "data": {"a": 1}}, {"a": 1}),
        ({"data": {"a": 1}, "message": ["m"], "metadata": None}, {"a": 1}),
        ({"code": 5, "data": {"a": 1}}, {"a": 1}),
        ({"code": None, "data": {"a": 1}}, {"a": 1}),
    ],
)
def test_an_envelope_is_opened(envelope: dict[str, Any], data: object) -> None:
    reply = read(200, envelope)

    assert reply.data == data
    assert type(reply.data) is type(data)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("success", "success"),
        ("SUCCESS", "success"),
        ("Success", "success"),
        ("other-code", "other-code"),
        (5, None),
        (None, None),
    ],
)
def test_success_is_success_in_any_case(told: object, code: str | None) -> None:
    assert read(200, {"code": told, "data": {}}).code == code


@for_each("body", [b"", b" ", b"\n", b"\r\n\t "])
@for_each("status", [200, 201, 202, 204, 205])
def test_a_good_answer_may_be_empty(status: int, body: bytes) -> None:
    reply = read(status, body, X_Request_Id="req_1")

    assert (reply.data, reply.code, reply.metadata) == (None, None, {})
    assert reply.request_id == "req_1"


@pytest.mark.parametrize(
    ("parts", "metadata"),
    [
        ({"metadata": {"hasMore": True}}, {"hasMore": True}),
        ({"metadata": []}, {}),
        ({"metadata": "more"}, {}),
        ({"metadata": None}, {}),
        ({}, {}),
        (
            {"pagination": {"lastId": "cus.9", "limit": 20, "count": 128}},
            {"totalCount": 128, "lastId": "cus.9"},
        ),
        ({"pagination": {"count": 3}}, {"totalCount": 3, "lastId": None}),
        ({"pagination": [1]}, {}),
        (
            {"metadata": {"hasMore": False}, "pagination": {"count": 3}},
            {"hasMore": False},
        ),
    ],
)
def test_page_data_comes_as_metadata_and_in_the_older_form(
    parts: dict[str, Any], metadata: dict[str, Any]
) -> None:
    reply = read(200, {"code": "success", "data": [], **parts})

    assert reply.metadata == metadata


def test_a_list_item_may_have_any_shape_for_now() -> None:
    """Shapes are judged where they are decoded, with the path."""
    assert read(200, {"data": [1, None, "x"]}).data == [1, None, "x"]


def test_header_names_have_no_case() -> None:
    for name in ("x-request-id", "X-Request-Id", "X-REQUEST-ID"):
        assert read_response(200, CIMultiDict({name: "req_1"}), b"{}").request_id == "req_1"


def test_a_reply_counts_its_attempts() -> None:
    failed = Attempt(number=1, status=503, error="x", request_id="req_1", elapsed=0.5, pause=1.0)
    reply = Reply(201, {}, "req_2", elapsed=0.25, failures=(failed,))

    assert reply.attempts == (
        failed,
        Attempt(number=2, status=201, error=None, request_id="req_2", elapsed=0.25, pause=None),
    )
    assert len(Reply(200, {}).attempts) == 1


def test_a_reply_does_not_print_its_data_or_headers() -> None:
    reply = read(200, {"data": {"bvn": BVN}}, Authorization="CANARY")

    assert BVN not in repr(reply)
    assert "CANARY" not in repr(reply)


# 202.

ACCEPTED = sample("grp.request-accepted.202.response")


def read_accepted(body: object, **headers: str) -> RequestAccepted:
    with pytest.raises(RequestAccepted) as caught:
        read(202, body, **headers)
    return caught.value


def test_a_queued_request_is_a_third_outcome() -> None:
    error = read_accepted(ACCEPTED, X_Request_Id="req_abc123xyz789")

    assert error.request_id == "req_abc123xyz789"
    assert error.code == "service-unavailable"
    assert error.message == "Request accepted and will be processed asynchronously"
    assert error.body == ACCEPTED
    assert not isinstance(error, APIError)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (sample("requests.get.response")["attempts"][0]["responseBody"], "service-unavailable"),
        ({"code": "request-accepted"}, "request-accepted"),
        ({"code": "request-accepted", "error": "later"}, "request-accepted"),
        ({**ACCEPTED, "data": None}, "service-unavailable"),
        ({**ACCEPTED, "code": "REQUEST-ACCEPTED"}, "service-unavailable"),
        ({**ACCEPTED, "code": "Request-Accepted"}, "service-unavailable"),
        ({**ACCEPTED, "statusCode": 202}, "service-unavailable"),
        ({**ACCEPTED, "requestId": "req_1"}, "service-unavailable"),
    ],
)
def test_a_queued_request_is_known_by_its_code(body: dict[str, Any], code: str) -> None:
    """Taken for a success, it would be a card that nobody has made yet."""
    error = read_accepted(body)

    assert error.code == code
    assert error.request_id is None
    assert error.message


@pytest.mark.parametrize("body", [{"code": "success", "data": {"id": "x"}}, {"id": "x"}, b""])
def test_202_alone_is_no_sign_of_a_queue(body: object) -> None:
    reply = read(202, body, X_Request_Id="req_1")

    assert reply.status == 202


@pytest.mark.parametrize("status", [200, 201])
def test_the_code_alone_is_no_sign_of_a_queue(status: int) -> None:
    assert read(status, ACCEPTED).code == "request-accepted"


# Errors.


@for_each(
    ("body", "message", "code", "details"),
    [
        # the shapes of the documents
        ({"code": "no-such-card", "message": "No such card"}, "No such card", "no-such-card", ()),
        (
            {"code": "x", "message": "m", "data": None, "metadata": {}},
            "m",
            "x",
            (),
        ),
        (
            sample("errors.incorrect-filter-format.400.response"),
            "Incorrect format for 'filter' parameter.",
            None,
            (),
        ),
        (
            {"statusCode": 400, "message": ["name is empty", "type is unknown"]},
            "name is empty; type is unknown",
            None,
            ("name is empty", "type is unknown"),
        ),
        (ACCEPTED, ACCEPTED["message"], "request-accepted", ()),
        (
            {"error": {"code": "service-unavailable", "message": "Down"}},
            "Down",
            "service-unavailable",
            (),
        ),
        # what the framework behind it adds
        ({"statusCode": 400, "message": "m", "error": "Bad Request"}, "m", None, ()),
        ({"statusCode": 400, "error": "Not good"}, "Not good", None, ()),
        ({"statusCode": 400, "message": [], "error": "Not good"}, "Not good", None, ()),
        ({"message": ["only one"]}, "only one", None, ("only one",)),
        ({"message": ["a", {"b": 1}, 5]}, 'a; {"b":1}; 5', None, ("a", '{"b":1}', "5")),
        # odd ones: the reason of the status stands in
        ({}, "Bad Request", None, ()),
        ({"message": ""}, "Bad Request", None, ()),
        ({"message": None}, "Bad Request", None, ()),
        ({"message": {"text": "m"}}, "Bad Request", None, ()),
        ({"message": 5, "code": 7}, "Bad Request", None, ()),
        ({"code": 400, "error": {"code": 5, "message": 6}}, "Bad Request", None, ()),
        ({"error": ["a"]}, "Bad Request", None, ()),
        ([], "Bad Request", None, ()),
        (["a"], "Bad Request", None, ()),
        ("a text", "Bad Request", None, ()),
        (None, "Bad Request", None, ()),
        (True, "Bad Request", None, ()),
    ],
)
def test_an_error_of_every_shape_is_read(
    body: object, message: str, code: str | None, details: tuple[str, ...]
) -> None:
    error = read_error(400, body, X_Request_Id="req_1")

    assert type(error) is BadRequestError
    assert (error.message, error.code, error.details) == (message, code, details)
    assert (error.status, error.request_id) == (400, "req_1")
    assert error.body == body


@pytest.mark.parametrize(
    "message",
    [
        "Authorization Required",
        "Invalid Authorization Type",
        "Malformed Authorization Key",
        "Invalid Authorization Key",
    ],
)
def test_the_four_messages_of_a_401(message: str) -> None:
    error = read_error(401, {"statusCode": 401, "message": message})

    assert type(error) is AuthenticationError
    assert str(error) == f"{message} [HTTP 401]"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 399])
def test_a_redirect_is_an_error(status: int) -> None:
    error = read_error(status, b"", Location="https://evil.com/")

    assert type(error) is APIError
    assert "redirect" in error.message
    assert "evil.com" not in str(error)


def test_the_status_decides_and_never_the_body() -> None:
    body = {"code": "success", "statusCode": 200, "data": {"id": "cus.1"}}

    wrong = [
        status
        for status in range(300, 600)
        if type(read_error(status, body)) is not error_class(status)
    ]

    assert wrong == []


@pytest.mark.parametrize("status", [100, 199, 600, 799, 999, 0])
def test_a_status_that_nobody_knows_is_an_error(status: int) -> None:
    error = read_error(status, b"")

    assert type(error) is APIError
    assert error.message


DEEP = 100_000 if LONG else 20_000

UNREADABLE: dict[str, bytes] = {
    "a gateway's page": GATEWAY_PAGE,
    "cut JSON": sample_bytes("customers.list.response")[:-40],
    "cut within a text": b'{"code": "succ',
    "text that is no JSON": b"upstream connect error",
    "two documents": b'{"code": "success"}{"code": "success"}',
    "no UTF-8": b'{"message": "\xff\xfe"}',
    "UTF-16": '{"code": "success"}'.encode("utf-16"),
    "binary": bytes(range(256)),
    "NaN": b'{"data": NaN}',
    "a number that is too large": b'{"metadata": 1e999}',
    "nested too deeply": b"[" * DEEP,
    "nested too deeply and closed": b"[" * DEEP + b"]" * DEEP,
    "objects nested too deeply": b'{"data":' * DEEP,
}


@more_in_the_long_run
@for_each("body", UNREADABLE.values())
@for_each("status", [200, 201, 202, 204] if LONG else [200, 202, 204])
def test_a_good_answer_that_cannot_be_read_is_a_decode_error(status: int, body: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read(status, body, Content_Type="text/html", X_Request_Id="req_1")

    error = caught.value
    assert (error.status, error.request_id, error.path) == (status, "req_1", "")
    assert isinstance(error.body, str)
    assert len(error.body) <= 2_000
    assert "text/html" in str(error)
    assert str(len(body)) in str(error)
    assert len(str(error)) < 300


@more_in_the_long_run
@for_each("body", UNREADABLE.values())
@for_each("status", [400, 502])
def test_an_error_that_cannot_be_read_is_still_that_error(status: int, body: bytes) -> None:
    error = read_error(status, body, Content_Type="text/html")

    assert type(error) is error_class(status)
    assert error.message == {400: "Bad Request", 502: "Bad Gateway"}[status]
    assert isinstance(error.body, str)
    assert len(error.body) <= 2_000
    assert "html" not in str(error)


@pytest.mark.parametrize("body", [b"", b"  "])
def test_an_error_may_have_no_body(body: bytes) -> None:
    error = read_error(503, body)

    assert type(error) is ServerError
    assert str(error) == "Service Unavailable [HTTP 503]"


@pytest.mark.parametrize(
    "data", [b"1e999", b'"\xff\xfe"', b"1" * 5_000], ids=["1e999", "no UTF-8", "5,000 digits"]
)
def test_data_that_cannot_be_read_is_a_decode_error_when_it_is_asked_for(data: bytes) -> None:
    reply = read(200, b'{"code": "success", "data": %b}' % data, X_Request_Id="req_1")

    with pytest.raises(DecodeError, match="is not JSON") as caught:
        _ = reply.data

    assert (caught.value.status, caught.value.request_id) == (200, "req_1")
    assert isinstance(caught.value.body, str)
    assert len(caught.value.body) <= 2_000


@for_each("body", [b'{"code": "success", "data": 1}', b'{"id": 1}', b"[1]", b"1"])
@for_each("status", [200, 201, 202])
def test_a_byte_order_mark_does_no_harm(status: int, body: bytes) -> None:
    assert read(status, b"\xef\xbb\xbf" + body).data == read(status, body).data


def test_a_byte_order_mark_before_an_error_does_no_harm() -> None:
    assert read_error(400, b'\xef\xbb\xbf{"message": "no"}').message == "no"


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("caf\\ud83d", "caf\ufffd"),
        ("\\ud83d!", "\ufffd!"),
        ("\\udc00", "\ufffd"),
        ("\\uD800\\uD800\\uDC00", "\ufffd\U00010000"),
        ("\\\\ud83d", "\\ud83d"),
        ("\\ud83d\\ude00", "\U0001f600"),
    ],
)
def test_half_a_character_is_read_as_a_replacement(text: str, means: str) -> None:
    body = f'{{"code": "success", "data": {{"a": "{text}"}}, "metadata": {{"b": "{text}"}}}}'

    reply = read(200, body.encode())

    assert (reply.data, reply.metadata) == ({"a": means}, {"b": means})
    assert read_error(400, f'{{"message": "{text}"}}'.encode()).body == {"message": means}


@pytest.mark.parametrize("number", [12345678901234567890123, -(10**40), 2**64])
def test_whole_numbers_are_exact(number: int) -> None:
    reply = read(200, {"data": {"number": number}})

    assert reply.data == {"number": number}


# Retry-After.


@for_each(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Fri, 29 Sep 2023 10:00:30 GMT", 30.0),
        ("Fri, 29 Sep 2023 09:00:00 GMT", None),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
@for_each("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
def test_the_wait_that_a_server_asks_for(name: str, header: str, seconds: float | None) -> None:
    now = datetime(2023, 9, 29, 10, 0, 0, tzinfo=UTC).timestamp()

    with pytest.raises(RateLimitError) as caught:
        read_response(429, CIMultiDict({name: header}), b"", now=lambda: now)

    assert caught.value.retry_after == seconds


def test_a_date_is_measured_by_the_clock_of_the_server_if_it_tells_the_time() -> None:
    day = "Wed, 21 Oct 2015"
    dates = {"Date": f"{day} 07:28:00 GMT", "Retry_After": f"{day} 07:28:07 GMT"}
    assert read_error(429, b"", **dates).retry_after == 7
    assert read_error(429, b"", **dates | {"Date": "soon"}).retry_after is None


@pytest.mark.parametrize("status", [429, 503, 500, 400])
def test_any_error_may_ask_for_a_wait(status: int) -> None:
    assert read_error(status, b"", Retry_After="1.5").retry_after == 1.5
    assert read_error(status, b"").retry_after is None


# Errors that were recorded elsewhere.


def test_a_recorded_answer_gives_the_same_error() -> None:
    error = error_from(400, {"statusCode": 400, "message": ["a", "b"]})

    assert type(error) is BadRequestError
    assert error.details == ("a", "b")
    assert (error.request_id, error.retry_after) == (None, None)


@pytest.mark.parametrize("body", [None, "", [], 5, "text"])
def test_a_recorded_answer_may_say_nothing(body: Any) -> None:
    assert str(error_from(503, body)) == "Service Unavailable [HTTP 503]"


# Secrets, and everything else that may come.


@for_each("secret", SECRETS.values())
@for_each("status", [202, 400, 500])
def test_a_secret_that_the_server_repeats_is_not_printed(status: int, secret: str) -> None:
    body = {
        "code": "request-accepted" if status == 202 else f"bad-{secret}",
        "message": f"unknown value {secret}" if status == 202 else [f"unknown {secret}", "b"],
        "error": {"code": "x", "message": secret},
        "data": secret,
    }

    with pytest.raises(AllaweeError) as caught:
        read(status, body)

    assert secret not in f"{caught.value} {caught.value!r} {traceback_text(caught.value)}"


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_in_an_unreadable_answer_is_not_printed(secret: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(200, f'{{"key": "{secret}'.encode(), Content_Type=f"text/{secret}")

    assert secret not in f"{caught.value} {caught.value!r} {traceback_text(caught.value)}"


@pytest.mark.parametrize("message", ["one\ntwo", "one\r\ntwo", ["one\n", "two\u2028"]])
def test_a_message_of_several_lines_becomes_one(message: object) -> None:
    assert len(str(read_error(400, {"message": message})).splitlines()) == 1


_TEXTS = st.sampled_from(
    ["success", "SUCCESS", "request-accepted", "code", "m", "", "service-unavailable"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
_ENVELOPES = st.dictionaries(
    st.sampled_from(["code", "data", "metadata", "message", "error", "pagination", "statusCode"]),
    _JSON | st.dictionaries(st.sampled_from(["code", "message", "count", "lastId"]), _JSON),
)
_BODIES = st.binary() | (_ENVELOPES | _JSON).map(lambda body: json.dumps(body).encode())
_STATUSES = st.integers(100, 600) | st.sampled_from([200, 201, 202, 204, 400, 429, 500])
_HEADERS = st.dictionaries(
    st.sampled_from(["x-request-id", "retry-after", "content-type"]), st.text()
)


@given(status=_STATUSES, headers=_HEADERS, body=_BODIES)
@example(status=202, headers={}, body=b'{"code":"request-accepted","error":[]}')
@example(status=429, headers={"retry-after": "9" * 400}, body=b"")
def test_any_answer_gives_a_reply_or_an_error_of_ours(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    try:
        outcome: Reply | AllaweeError = read_response(status, headers, body)
    except AllaweeError as error:
        outcome = error

    good = 200 <= status <= 299
    assert isinstance(outcome, APIError) is not good
    if not isinstance(outcome, RequestAccepted):
        assert getattr(outcome, "status", None) == status
    if isinstance(outcome, Reply):
        assert isinstance(outcome.metadata, dict)
        assert isinstance(outcome.code, str | None)
    else:
        assert isinstance(str(outcome), str)
