"""The session manager: the table of retries, the key, the headers, time, and what is logged."""

import asyncio
import gc
import logging
import re
import ssl
import traceback
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    APIError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestAccepted,
    RequestFailedError,
    RequestTimeoutError,
    RetryEvent,
    RetryPolicy,
    ServerError,
    TransportError,
    UnprocessableEntityError,
    __version__,
)
from allawee_async.sandbox import Sandbox
from tests.support.aioresponses_compat import MockedAllawee
from tests.support.faketime import FakeTime
from tests.support.raw_server import RawServer, answers, closes, hangs, one, page_of
from tests.support.tables import for_each
from tests.support.virtual_time import in_quick_time

KEY = "sk.test.canary-of-the-key"
EVERYTHING = re.compile(r"https://api\.allawee\.com/.*")
GOOD = {"code": "success", "data": {}}

CLAIMS = {"individualInformation": {"firstName": "Ada", "lastName": "Obi"}}
FIELDS: dict[str, Any] = {
    "name": "Ada Obi",
    "reference": "ref-1",
    "type": "individual",
    "claims": CLAIMS,
    "verifications": ["tier-1"],
    "metadata": {},
}


class Kind:
    """A kind of call: the method it is sent with, and what the table of retries says of it."""

    def __init__(self, method: str, send: Callable[[AllaweeClient], Awaitable[object]]) -> None:
        self.method = method
        self.send = send
        self.writes = method != "GET"
        self.resent = method in ("GET", "PUT", "DELETE")


async def first_page(allawee: AllaweeClient) -> object:
    return await allawee.customers.list(limit=5)


KINDS = {
    "customers.get": Kind("GET", lambda allawee: allawee.customers.get("cus.1")),
    "customers.list": Kind("GET", first_page),
    "customers.create": Kind("POST", lambda allawee: allawee.customers.create(**FIELDS)),
    "customers.update": Kind("PUT", lambda allawee: allawee.customers.update("cus.1", **FIELDS)),
    "request POST": Kind("POST", lambda allawee: allawee.request("POST", "/cards/c.1/block")),
    "request PATCH": Kind("PATCH", lambda allawee: allawee.request("PATCH", "/cards/c.1")),
    "request DELETE": Kind("DELETE", lambda allawee: allawee.request("DELETE", "/cards/c.1")),
}

NEVER, READS, ALWAYS = "never", "reads", "always"

#            status: (class of the error, sent again, a write may have taken effect)
STATUSES: dict[int, tuple[type[APIError], str, bool]] = {
    302: (APIError, NEVER, True),
    400: (BadRequestError, NEVER, False),
    401: (AuthenticationError, NEVER, False),
    402: (RequestFailedError, NEVER, False),
    403: (PermissionDeniedError, NEVER, False),
    404: (NotFoundError, NEVER, False),
    408: (APIError, NEVER, True),
    409: (ConflictError, NEVER, False),
    418: (APIError, NEVER, True),
    422: (UnprocessableEntityError, NEVER, False),
    429: (RateLimitError, ALWAYS, False),
    500: (ServerError, READS, True),
    501: (ServerError, NEVER, False),
    502: (ServerError, READS, True),
    503: (ServerError, READS, True),
    504: (ServerError, READS, True),
    505: (ServerError, NEVER, True),
    599: (ServerError, NEVER, True),
}

PLACE = Mock(host="api.allawee.com", port=443, ssl=True)
CERTIFICATE = ssl.SSLCertVerificationError("self-signed certificate")

#    what aiohttp raises: (class of our error, sent again, a write may have taken effect)
FAILURES: list[tuple[Exception, type[TransportError], str, bool]] = [
    (
        aiohttp.ClientConnectorError(PLACE, OSError(111, "Connection refused")),
        TransportError,
        ALWAYS,
        False,
    ),
    (
        aiohttp.ClientConnectorDNSError(PLACE, OSError(-2, "Name or service not known")),
        TransportError,
        ALWAYS,
        False,
    ),
    (
        aiohttp.ClientProxyConnectionError(PLACE, OSError(111, "Connection refused")),
        TransportError,
        ALWAYS,
        False,
    ),
    (
        aiohttp.ClientHttpProxyError(Mock(), (), status=407, message="no"),
        TransportError,
        ALWAYS,
        False,
    ),
    (
        aiohttp.ClientConnectorCertificateError(PLACE, CERTIFICATE),
        TransportError,
        ALWAYS,
        False,
    ),
    (aiohttp.ConnectionTimeoutError(), RequestTimeoutError, ALWAYS, False),
    (aiohttp.SocketTimeoutError(), RequestTimeoutError, READS, True),
    (aiohttp.ServerTimeoutError(), RequestTimeoutError, READS, True),
    (TimeoutError(), RequestTimeoutError, READS, True),
    (aiohttp.ServerDisconnectedError(), TransportError, READS, True),
    (aiohttp.ClientOSError(104, "Connection reset by peer"), TransportError, READS, True),
    (ConnectionResetError(104, "Connection reset by peer"), TransportError, READS, True),
    (aiohttp.ClientPayloadError("not completed"), TransportError, READS, True),
    (aiohttp.ClientResponseError(Mock(), (), status=400), TransportError, READS, True),
    (aiohttp.InvalidURL("http://"), TransportError, READS, True),
]


@pytest.fixture
def api() -> Iterator[MockedAllawee]:
    with MockedAllawee() as mocked:
        yield mocked  # type: ignore[misc]


@pytest.fixture
async def client(time: FakeTime) -> Any:
    async with AllaweeClient(KEY, **time.seams) as made:
        yield made


def always(api: MockedAllawee, **answer: Any) -> None:
    """Answer every request alike."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        api.add(EVERYTHING, method, repeat=True, **answer)


def in_turn(api: MockedAllawee, *answers: dict[str, Any], method: str = "GET") -> None:
    """Answer requests one after the other."""
    for answer in answers:
        api.add(EVERYTHING, method, **answer)


async def failure(call: Awaitable[object]) -> AllaweeError:
    with pytest.raises(AllaweeError) as caught:
        await call
    return caught.value


# The table of retries


@pytest.mark.parametrize("status", STATUSES)
async def test_each_status_is_retried_as_the_table_says(
    status: int, api: MockedAllawee, client: AllaweeClient, time: FakeTime
) -> None:
    cls, again, unknown = STATUSES[status]
    headers = {"Location": "https://example.com/", "x-request-id": "req_1"}
    always(api, status=status, headers=headers, payload={"code": "oops", "message": "No luck."})
    for kind, call in KINDS.items():
        api.requests.clear()
        time.slept.clear()

        error = await failure(call.send(client))

        times = 3 if again == ALWAYS or (again == READS and call.resent) else 1
        assert [method for method, _ in api.sent] == [call.method] * times, kind
        assert type(error) is cls, kind
        assert error.outcome_unknown is (unknown and call.writes), kind
        assert (error.status, error.code, error.message) == (status, "oops", "No luck.")
        assert (error.method, error.request_id) == (call.method, "req_1")
        assert error.path.startswith(("/customers", "/cards"))
        assert [attempt.number for attempt in error.attempts] == [1, 2, 3][:times], kind
        assert {attempt.status for attempt in error.attempts} == {status}
        assert {attempt.request_id for attempt in error.attempts} == {"req_1"}
        pauses = [attempt.pause for attempt in error.attempts]
        assert pauses == [*[0.5, 1.0][: times - 1], None], kind
        assert time.slept == [0.5, 1.0][: times - 1], kind


@pytest.mark.parametrize("row", FAILURES, ids=lambda row: type(row[0]).__name__)
async def test_each_failure_of_the_transport_is_retried_as_the_table_says(
    row: tuple[Exception, type[TransportError], str, bool],
    api: MockedAllawee,
    client: AllaweeClient,
) -> None:
    raised, cls, again, unknown = row
    always(api, exception=raised)
    for kind, call in KINDS.items():
        api.requests.clear()

        error = await failure(call.send(client))

        times = 3 if again == ALWAYS or (again == READS and call.resent) else 1
        assert len(api.sent) == times, kind
        assert type(error) is cls, kind
        assert isinstance(error, TimeoutError) is (cls is RequestTimeoutError)
        assert error.outcome_unknown is (unknown and call.writes), kind
        assert len(error.attempts) == times
        assert {attempt.status for attempt in error.attempts} == {None}
        assert error.__cause__ is None
        assert error.method == call.method


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"<html>a gateway</html>", b'{"code": "success", "da'])
async def test_a_success_that_cannot_be_read_is_retried_like_a_lost_connection(
    body: bytes, kind: str, api: MockedAllawee, client: AllaweeClient
) -> None:
    call = KINDS[kind]
    always(api, status=200, body=body)

    error = await failure(call.send(client))

    assert type(error) is DecodeError
    assert len(api.sent) == (3 if call.resent else 1)
    assert error.outcome_unknown is call.writes
    assert {attempt.status for attempt in error.attempts} == {200}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_queued_request_is_never_sent_again(
    kind: str, api: MockedAllawee, client: AllaweeClient
) -> None:
    always(api, status=202, payload={"code": "request-accepted"})

    error = await failure(KINDS[kind].send(client))

    assert type(error) is RequestAccepted
    assert not error.outcome_unknown
    assert len(api.sent) == 1


@pytest.mark.parametrize("attempts", [1, 2, 5])
async def test_the_policy_says_how_many_attempts_there_are(
    attempts: int, api: MockedAllawee, time: FakeTime
) -> None:
    always(api, status=500)
    async with AllaweeClient(KEY, retry=RetryPolicy(attempts=attempts), **time.seams) as allawee:
        error = await failure(allawee.customers.get("cus.1"))

    assert len(api.sent) == len(error.attempts) == attempts
    assert len(time.slept) == attempts - 1


async def test_a_success_after_failures_tells_of_all_attempts(
    api: MockedAllawee, client: AllaweeClient, time: FakeTime
) -> None:
    in_turn(
        api,
        {"status": 503, "headers": {"x-request-id": "a"}},
        {"exception": aiohttp.ServerDisconnectedError()},
        {"payload": GOOD, "headers": {"X-Request-Id": "c"}},
    )

    reply = await client.request("GET", "/cards")

    seen = [(each.number, each.status, each.request_id, each.pause) for each in reply.attempts]
    assert seen == [(1, 503, "a", 0.5), (2, None, None, 1.0), (3, 200, "c", None)]
    assert [each.error is None for each in reply.attempts] == [False, False, True]
    assert reply.request_id == "c"
    assert time.slept == [0.5, 1.0]


async def test_a_write_once_in_doubt_stays_in_doubt_whatever_the_later_attempts_say(
    api: MockedAllawee, client: AllaweeClient
) -> None:
    in_turn(
        api,
        {"exception": aiohttp.ServerDisconnectedError()},
        {"status": 404, "payload": {"message": "gone"}},
        method="DELETE",
    )

    error = await failure(client.request("DELETE", "/cards/c.1"))

    assert type(error) is NotFoundError
    assert error.outcome_unknown
    assert [attempt.status for attempt in error.attempts] == [None, 404]


async def test_a_write_in_doubt_stays_in_doubt_when_the_key_function_fails_before_the_next_attempt(
    api: MockedAllawee, time: FakeTime
) -> None:
    always(api, exception=aiohttp.ServerDisconnectedError())
    keys = iter([KEY])

    async with AllaweeClient(lambda: next(keys), **time.seams) as allawee:
        error = await failure(allawee.request("DELETE", "/cards/c.1"))

    assert type(error) is ConfigurationError
    assert error.outcome_unknown
    assert [attempt.status for attempt in error.attempts] == [None]


async def test_nothing_is_remembered_from_one_call_to_the_next(
    api: MockedAllawee, client: AllaweeClient
) -> None:
    in_turn(api, {"status": 500}, {"payload": GOOD}, {"payload": GOOD})

    assert len((await client.request("GET", "/a")).attempts) == 2
    assert len((await client.request("GET", "/a")).attempts) == 1


# Time


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("0", 0.0),
        ("1", 1.0),
        ("2.5", 2.5),
        ("20", 20.0),
        (" 7 ", 7.0),
        ("60", 60.0),
        ("61", None),
        ("86400", None),
        ("9" * 400, None),
        ("", 0.5),
        ("-10", 0.5),
        ("soon", 0.5),
        ("nan", 0.5),
        ("inf", 0.5),
        ("29 Sep", 0.5),
        ("Fri, 29 Sep 2023 16:26:57 GMT", 0.5),
        ("0\x1f", 0.5),
        ("Fri, 29 Sep 99999 16:26:57 GMT", 0.5),
    ],
)
async def test_the_wait_that_the_server_asks_for_is_obeyed_exactly(
    header: str, pause: float | None, api: MockedAllawee, client: AllaweeClient, time: FakeTime
) -> None:
    in_turn(api, {"status": 429, "headers": {"Retry-After": header}}, {"payload": GOOD})

    if pause is None:
        error = await failure(client.request("GET", "/a"))
        assert isinstance(error, RateLimitError)
        assert len(api.sent) == 1
        assert time.slept == []
    else:
        await client.request("GET", "/a")
        assert time.slept == [pause]


@pytest.mark.parametrize(("seconds", "obeyed"), [(20, True), (59, True), (90, False)])
async def test_a_wait_until_a_date_is_obeyed(
    seconds: int, obeyed: bool, api: MockedAllawee, client: AllaweeClient, time: FakeTime
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    in_turn(api, {"status": 503, "headers": {"Retry-After": date}}, {"payload": GOOD})

    if obeyed:
        await client.request("GET", "/a")
        assert seconds - 3 <= time.slept[0] <= seconds
    else:
        error = await failure(client.request("GET", "/a"))
        assert isinstance(error, ServerError)
        assert seconds - 3 <= (error.retry_after or 0) <= seconds
        assert time.slept == []


async def test_pauses_grow_to_their_limit_and_carry_jitter(
    api: MockedAllawee, time: FakeTime
) -> None:
    always(api, status=500)
    policy = RetryPolicy(attempts=7, base_delay=1.0, max_delay=5.0)
    seams = {**time.seams, "random": lambda: 0.25}
    async with AllaweeClient(KEY, retry=policy, **seams) as allawee:
        await failure(allawee.customers.get("cus.1"))

    assert time.slept == [0.25, 0.5, 1.0, 1.25, 1.25, 1.25]


async def test_the_deadline_bounds_all_attempts_and_pauses_together(
    api: MockedAllawee, time: FakeTime
) -> None:
    def slow(*_: Any, **__: Any) -> None:
        time.pass_by(4.0)

    always(api, status=500, callback=slow)
    policy = RetryPolicy(attempts=10, base_delay=1.0, deadline=12.0)
    async with AllaweeClient(KEY, retry=policy, **time.seams) as allawee:
        error = await failure(allawee.customers.get("cus.1"))

    # 4 s, pause 1, 4 s, pause 2: at 11 s; a third attempt, of which 1 s is left, ends at 15 s
    assert type(error) is ServerError
    assert time.slept == [1.0, 2.0]
    totals = [options["timeout"].total for options in api.options]
    assert totals == pytest.approx([12.0, 7.0, 1.0])
    connects = [options["timeout"].sock_connect for options in api.options]
    assert all(connect < total for connect, total in zip(connects, totals, strict=True))


async def test_an_attempt_gets_its_own_timeout_if_the_deadline_is_further_away(
    api: MockedAllawee, time: FakeTime
) -> None:
    always(api, payload=GOOD)
    policy = RetryPolicy(deadline=60)
    async with AllaweeClient(KEY, timeout=5, retry=policy, **time.seams) as allawee:
        await allawee.request("GET", "/a")

    assert [options["timeout"].total for options in api.options] == [5]


async def test_an_attempt_without_a_timeout_gets_what_is_left_of_the_deadline(
    api: MockedAllawee, time: FakeTime
) -> None:
    always(api, payload=GOOD)
    options = {"timeout": aiohttp.ClientTimeout(sock_read=3), "retry": RetryPolicy(deadline=60)}
    async with AllaweeClient(KEY, **options, **time.seams) as allawee:  # type: ignore[arg-type]
        await allawee.request("GET", "/a")

    (sent,) = api.options
    assert (sent["timeout"].total, sent["timeout"].sock_read) == (60, 3)


async def test_a_wait_beyond_the_deadline_ends_the_call_at_once(
    api: MockedAllawee, time: FakeTime
) -> None:
    always(api, status=429, headers={"Retry-After": "11"})
    async with AllaweeClient(KEY, retry=RetryPolicy(deadline=10), **time.seams) as allawee:
        error = await failure(allawee.customers.create(**FIELDS))

    assert isinstance(error, RateLimitError)
    assert error.retry_after == 11
    assert (len(api.sent), time.slept) == (1, [])


async def test_a_wait_of_more_than_a_minute_is_obeyed_within_the_deadline(
    api: MockedAllawee, time: FakeTime
) -> None:
    in_turn(api, {"status": 429, "headers": {"Retry-After": "90"}}, {"payload": GOOD})
    async with AllaweeClient(KEY, retry=RetryPolicy(deadline=100), **time.seams) as allawee:
        await allawee.request("GET", "/a")

    assert time.slept == [90]


async def test_a_pause_that_outlasts_the_deadline_ends_the_call_without_another_attempt(
    api: MockedAllawee, time: FakeTime
) -> None:
    """A loop that was busy wakes us late; the request is not sent after the deadline."""
    always(api, status=500)

    async def oversleep(seconds: float) -> None:
        time.pass_by(seconds + 60)

    seams = {**time.seams, "sleep": oversleep}
    async with AllaweeClient(KEY, retry=RetryPolicy(deadline=10), **seams) as allawee:
        error = await failure(allawee.request("PUT", "/a", json={}))

    assert type(error) is RequestTimeoutError
    assert error.outcome_unknown  # because of the 500 before
    assert len(api.sent) == 1
    assert [attempt.status for attempt in error.attempts] == [500, None]


@in_quick_time
async def test_a_server_that_hangs_ends_each_attempt_by_its_timeout(time: FakeTime) -> None:
    async with (
        RawServer(hangs) as server,
        AllaweeClient(KEY, base_url=server.url, timeout=0.2, **time.seams) as allawee,
    ):
        error = await failure(allawee.customers.get("cus.1"))
        assert type(error) is RequestTimeoutError
        assert isinstance(error, TimeoutError)
        assert len(server.requests) == len(error.attempts) == 3
        assert not error.outcome_unknown
        await server.until(lambda server: server.open == 0)


@in_quick_time
async def test_a_write_to_a_server_that_hangs_is_sent_once_and_left_in_doubt(
    time: FakeTime,
) -> None:
    async with (
        RawServer(hangs) as server,
        AllaweeClient(KEY, base_url=server.url, timeout=0.2, **time.seams) as allawee,
    ):
        error = await failure(allawee.customers.create(**FIELDS))
        assert type(error) is RequestTimeoutError
        assert error.outcome_unknown
        assert len(server.requests) == 1


async def test_the_deadline_cuts_an_attempt_short_on_a_real_clock() -> None:
    policy = RetryPolicy(attempts=5, base_delay=0, deadline=0.08)
    async with (
        RawServer(hangs) as server,
        AllaweeClient(KEY, base_url=server.url, timeout=30, retry=policy) as allawee,
        asyncio.timeout(2),
    ):
        error = await failure(allawee.customers.get("cus.1"))
        assert type(error) is RequestTimeoutError
        assert len(server.requests) == 1


# The key


async def test_the_key_is_on_each_request(api: MockedAllawee, client: AllaweeClient) -> None:
    in_turn(api, {"status": 500}, {"payload": GOOD}, {"payload": GOOD})

    await client.request("GET", "/a")
    await client.request("GET", "/a")

    sent = [options["headers"]["Authorization"] for options in api.options]
    assert sent == [f"Bearer {KEY}"] * 3


class Keys:
    """A key function that gives one key after the other, the last one for ever."""

    def __init__(self, *keys: object, is_async: bool = False) -> None:
        self._keys = keys
        self._is_async = is_async
        self.asked = 0

    def __call__(self) -> Any:
        self.asked += 1
        key = self._keys[min(self.asked, len(self._keys)) - 1]
        if isinstance(key, Exception):
            raise key
        return self._later(key) if self._is_async else key

    async def _later(self, key: object) -> object:
        await asyncio.sleep(0)
        return key


def bearers(api: MockedAllawee) -> list[str]:
    return [options["headers"]["Authorization"].removeprefix("Bearer ") for options in api.options]


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_key_function_is_asked_before_each_request(
    is_async: bool, api: MockedAllawee, time: FakeTime
) -> None:
    in_turn(api, {"payload": GOOD}, {"status": 500}, {"payload": GOOD})
    keys = Keys("key-1", "key-2", "key-3", is_async=is_async)
    async with AllaweeClient(keys, **time.seams) as allawee:
        assert keys.asked == 0
        await allawee.request("GET", "/a")
        await allawee.request("GET", "/a")

    assert bearers(api) == ["key-1", "key-2", "key-3"]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_new_key_after_a_401_repeats_the_call_exactly_once(
    method: str, is_async: bool, api: MockedAllawee, time: FakeTime
) -> None:
    in_turn(api, {"status": 401}, {"payload": GOOD}, method=method)
    keys = Keys("old", "new", is_async=is_async)
    async with AllaweeClient(keys, **time.seams) as allawee:
        reply = await allawee.request(method, "/a")

    assert bearers(api) == ["old", "new"]
    assert keys.asked == 2
    assert time.slept == []
    assert [attempt.status for attempt in reply.attempts] == [401, 200]
    assert reply.attempts[0].pause == 0


async def test_a_second_401_with_the_new_key_is_an_error(
    api: MockedAllawee, time: FakeTime
) -> None:
    always(api, status=401)
    keys = Keys("key-1", "key-2", "key-3", "key-4")
    async with AllaweeClient(keys, **time.seams) as allawee:
        error = await failure(allawee.request("GET", "/a"))

    assert type(error) is AuthenticationError
    assert bearers(api) == ["key-1", "key-2"]
    assert [attempt.status for attempt in error.attempts] == [401, 401]


async def test_the_same_key_again_after_a_401_is_not_worth_another_request(
    api: MockedAllawee, time: FakeTime
) -> None:
    always(api, status=401)
    keys = Keys("the-same")
    async with AllaweeClient(keys, **time.seams) as allawee:
        error = await failure(allawee.request("GET", "/a"))

    assert type(error) is AuthenticationError
    assert (keys.asked, len(api.sent)) == (2, 1)


async def test_a_401_does_not_use_up_an_attempt_of_the_policy(
    api: MockedAllawee, time: FakeTime
) -> None:
    in_turn(api, {"status": 401}, {"status": 500}, {"payload": GOOD})
    keys = Keys("old", "new")
    async with AllaweeClient(keys, retry=RetryPolicy(attempts=2), **time.seams) as allawee:
        reply = await allawee.request("GET", "/a")

    assert [attempt.status for attempt in reply.attempts] == [401, 500, 200]


async def test_a_key_that_is_a_text_is_not_worth_another_request_after_a_401(
    api: MockedAllawee, client: AllaweeClient
) -> None:
    always(api, status=401)

    await failure(client.request("GET", "/a"))

    assert len(api.sent) == 1


@pytest.mark.parametrize(
    "bad",
    [None, "", " ", 5, b"sk.test.x", "sk.test.x\n", "sk.test.x y", "clé", KeyError("canary")],
    ids=repr,
)
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_key_function_that_gives_no_key_is_a_mistake_of_ours_to_tell(
    bad: object, is_async: bool, api: MockedAllawee, time: FakeTime
) -> None:
    async with AllaweeClient(Keys(bad, is_async=is_async), **time.seams) as allawee:
        error = await failure(allawee.customers.get("cus.1"))

    assert type(error) is ConfigurationError
    assert "canary" not in str(error)
    assert "sk.test" not in str(error)
    assert api.sent == []


async def test_a_key_function_that_is_cancelled_cancels_the_call(api: MockedAllawee) -> None:
    asked = asyncio.Event()

    async def never() -> str:
        asked.set()
        await asyncio.Event().wait()
        return KEY

    async with AllaweeClient(never) as allawee:
        task = asyncio.create_task(allawee.request("GET", "/a"))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert api.sent == []


async def test_a_rotated_key_goes_on_with_the_new_one_in_a_real_sandbox(sandbox: Sandbox) -> None:
    sandbox.add_key("sk.test.second")
    keys = Keys(sandbox.api_key, sandbox.api_key, "sk.test.second")
    async with AllaweeClient(keys, base_url=sandbox.url, secure_url=sandbox.secure_url) as allawee:
        assert await allawee.customers.list().first()
        sandbox.revoke_key(sandbox.api_key)
        assert await allawee.customers.list().first()

    assert [entry.status for entry in sandbox.requests] == [200, 401, 200]


# Headers


async def test_what_goes_out_says_who_we_are_and_what_we_understand() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        await allawee.customers.get("cus.1")
        await allawee.customers.create(**FIELDS)

    read, write = (request.headers for request in server.requests)
    assert read["user-agent"] == f"allawee_async/{__version__}"
    assert "gzip" in read["accept-encoding"]
    assert read["accept"] == "application/json"
    assert read["authorization"] == f"Bearer {KEY}"
    assert "content-type" not in read
    assert "cookie" not in read
    assert write["content-type"] == "application/json"


async def test_further_headers_are_sent_and_merged_by_views() -> None:
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url, headers={"X-One": "1", "X-Two": "2"}) as allawee,
    ):
        view = allawee.with_options(headers={"X-Two": "two", "X-Three": "3"})
        await view.with_options(headers={"X-Four": "4"}).customers.get("cus.1")
        await allawee.customers.get("cus.1")

    of_view, of_client = (request.headers for request in server.requests)
    sent = [of_view.get(f"x-{name}") for name in ("one", "two", "three", "four")]
    assert sent == ["1", "two", "3", "4"]
    sent = [of_client.get(f"x-{name}") for name in ("one", "two", "three", "four")]
    assert sent == ["1", "2", None, None]


async def test_a_view_takes_the_place_of_a_header_in_whatever_case_it_is_written() -> None:
    async with (
        RawServer() as server,
        AllaweeClient(KEY, base_url=server.url, headers={"X-One": "1"}) as allawee,
    ):
        await allawee.with_options(headers={"x-one": "2", "user-agent": "me"}).customers.get("c")

    assert server.requests[0].headers["x-one"] == "2"
    assert server.requests[0].headers["user-agent"] == "me"


@for_each(
    "headers",
    [
        {"Authorization": "Bearer sk.test.canary"},
        {"authorization": "Bearer sk.test.canary"},
        {"AUTHORIZATION": "Bearer sk.test.canary"},
        {"Host": "example.com"},
        {"Content-Length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"X-Bad": "a\r\nAuthorization: sk.test.canary"},
        {"X-Bad\r\nX": "a"},
        {"X-Bad": "a\0"},
        {"": "a"},
        {"X-Bäd": "a"},
        {"X Bad": "a"},
        {"X-Bad:": "a"},
        {"X-Bad": 5},
        {"X-Bad": None},
        {"X-Bad": "\ud800"},
        {5: "a"},
    ],
)
@for_each("of_view", [False, True])
def test_headers_that_are_ours_or_cannot_be_sent_are_refused(headers: Any, of_view: bool) -> None:
    make = AllaweeClient(KEY).with_options if of_view else partial(AllaweeClient, KEY)
    with pytest.raises(ConfigurationError) as caught:
        make(headers=headers)
    assert "canary" not in str(caught.value)


# Telling about retries


async def test_on_retry_is_told_of_each_retry_before_the_pause(
    api: MockedAllawee, time: FakeTime
) -> None:
    in_turn(api, {"status": 503}, {"exception": aiohttp.ServerDisconnectedError()}, {"status": 404})
    events: list[tuple[RetryEvent, int]] = []

    def note(event: RetryEvent) -> None:
        events.append((event, len(time.slept)))

    async with AllaweeClient(KEY, on_retry=note, **time.seams) as allawee:
        await failure(allawee.customers.get("cus.1"))

    seen = [
        (event.method, event.path, event.attempt.number, event.attempt.pause, type(event.error))
        for event, _ in events
    ]
    assert seen == [
        ("GET", "/customers/cus.1", 1, 0.5, ServerError),
        ("GET", "/customers/cus.1", 2, 1.0, TransportError),
    ]
    assert [slept for _, slept in events] == [0, 1]


async def test_on_retry_hears_nothing_of_a_success_or_a_failure_that_is_not_retried(
    api: MockedAllawee, time: FakeTime
) -> None:
    in_turn(api, {"payload": GOOD}, {"status": 404})
    events: list[RetryEvent] = []
    async with AllaweeClient(KEY, on_retry=events.append, **time.seams) as allawee:
        await allawee.request("GET", "/a")
        await failure(allawee.request("GET", "/a"))

    assert events == []


async def test_an_async_on_retry_is_waited_for(api: MockedAllawee, time: FakeTime) -> None:
    in_turn(api, {"status": 500}, {"payload": GOOD})
    told: list[float | None] = []

    async def note(event: RetryEvent) -> None:
        await asyncio.sleep(0)
        told.append(event.attempt.pause)

    async with AllaweeClient(KEY, on_retry=note, **time.seams) as allawee:
        await allawee.request("GET", "/a")

    assert told == time.slept == [0.5]


async def test_a_view_tells_the_on_retry_of_its_client(api: MockedAllawee, time: FakeTime) -> None:
    always(api, status=500)
    events: list[RetryEvent] = []
    async with AllaweeClient(KEY, on_retry=events.append, **time.seams) as allawee:
        await failure(allawee.with_options(retry=RetryPolicy(attempts=2)).customers.get("cus.1"))

    assert len(events) == 1


async def test_each_attempt_is_logged_with_its_facts(
    api: MockedAllawee, client: AllaweeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "allawee_async")
    in_turn(
        api,
        {"status": 503, "headers": {"x-request-id": "req_1", "Retry-After": "7"}},
        {"payload": GOOD, "headers": {"x-request-id": "req_2"}},
        {"status": 404},
    )

    await client.request("GET", "/a")
    await failure(client.request("GET", "/a"))

    records = [record for record in caplog.records if record.name == "allawee_async"]
    facts = [
        (
            record.levelname,
            record.__dict__["attempt"],
            record.__dict__["status"],
            record.__dict__["wait"],
            record.__dict__["request_id"],
        )
        for record in records
    ]
    assert facts == [
        ("WARNING", 1, 503, 7.0, "req_1"),
        ("DEBUG", 2, 200, None, "req_2"),
        ("DEBUG", 1, 404, None, None),
    ]
    assert "GET /a attempt 1" in records[0].getMessage()
    assert "req_1" in records[0].getMessage()
    assert "again in 7.000 s" in records[0].getMessage()


async def test_a_quiet_log_costs_a_success_nothing(
    api: MockedAllawee, client: AllaweeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "allawee_async")
    always(api, payload=GOOD)

    await client.request("GET", "/a")

    assert caplog.records == []


# No secret is printed

BVN = "22489035167"
QUERY_CANARY = "canary-of-the-query"
BODY_CANARY = "canary-of-the-body"
SECRET_FIELDS: dict[str, Any] = {
    "name": BODY_CANARY,
    "reference": "r",
    "type": "individual",
    "claims": {"individualIdentity": {"type": "bvn", "id": BVN}},
}


async def secret_write(allawee: AllaweeClient) -> object:
    return await allawee.request("POST", "/customers", json=SECRET_FIELDS)


async def secret_read(allawee: AllaweeClient) -> object:
    return await allawee.customers.list(filter=f"name|eq|{QUERY_CANARY}", limit=3)


async def secret_typed_write(allawee: AllaweeClient) -> object:
    return await allawee.customers.create(**SECRET_FIELDS)


SECRET_CALLS = {"write": secret_write, "read": secret_read, "typed write": secret_typed_write}
ECHO = {"message": f"bad key {KEY} and number {BVN}", "data": {"id": BVN, "name": BODY_CANARY}}
BREAKAGES: dict[str, dict[str, Any]] = {
    "400": {"status": 400, "payload": ECHO},
    "401": {"status": 401, "payload": ECHO},
    "500": {"status": 500, "payload": ECHO},
    "429": {"status": 429, "payload": ECHO},
    "reset": {"exception": aiohttp.ServerDisconnectedError()},
    "refused": {"exception": aiohttp.ClientConnectorError(PLACE, OSError(111, f"no {KEY}"))},
    "timeout": {"exception": TimeoutError()},
    "payload": {"exception": aiohttp.ClientPayloadError(f"{BODY_CANARY} {KEY}")},
    "URL": {"exception": aiohttp.InvalidURL(f"https://x/?{QUERY_CANARY}")},
    "not JSON": {"status": 200, "body": f"<p>{KEY} {BVN} {BODY_CANARY} {QUERY_CANARY}"},
    "wrong type": {"status": 200, "payload": {"code": "success", "data": {"id": 5, "x": BVN}}},
    "queued": {"status": 202, "payload": {"code": "request-accepted", "message": KEY}},
}


@pytest.mark.parametrize("breakage", BREAKAGES)
@pytest.mark.parametrize("call", SECRET_CALLS)
async def test_no_log_record_and_no_error_text_holds_a_key_a_body_or_a_query(
    call: str,
    breakage: str,
    api: MockedAllawee,
    client: AllaweeClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    always(api, **BREAKAGES[breakage])

    try:
        await SECRET_CALLS[call](client)
    except AllaweeError as error:
        caught = error
    else:
        return  # the untyped door takes any JSON

    records = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    printed = {
        "log": " ".join(text for text in records if "allawee_async" in text),
        "text": f"{caught} {caught!r} {caught.args}",
        "history": repr(caught.attempts),
        "traceback": "".join(traceback.format_exception(caught)),
    }
    for place, text in printed.items():
        for secret in (KEY, BVN, BODY_CANARY, QUERY_CANARY):
            assert secret not in text, f"{secret} in {place}"


@pytest.mark.parametrize("breakage", BREAKAGES)
@pytest.mark.parametrize("from_function", [False, True])
async def test_no_traceback_with_local_variables_holds_the_key(
    breakage: str, from_function: bool, api: MockedAllawee, time: FakeTime
) -> None:
    always(api, **BREAKAGES[breakage])
    shown = {}
    async with AllaweeClient((lambda: KEY) if from_function else KEY, **time.seams) as allawee:
        for call, send in SECRET_CALLS.items():
            try:
                await send(allawee)
            except AllaweeError as error:
                told = traceback.TracebackException.from_exception(error, capture_locals=True)
                shown[call] = "".join(told.format())

    assert [call for call, text in shown.items() if KEY in text] == []
    assert len(shown) >= 2  # the untyped door takes any JSON


@pytest.mark.parametrize("breakage", ["500", "reset", "timeout"])
@pytest.mark.parametrize("call", ["write", "read"])
async def test_no_traceback_with_local_variables_of_the_transport_holds_a_body_or_a_query(
    call: str, breakage: str, api: MockedAllawee, client: AllaweeClient
) -> None:
    """Of the rooms below the resources; the arguments of the caller's own call are the caller's."""
    answer = {"status": 500} if breakage == "500" else BREAKAGES[breakage]
    always(api, **answer)

    try:
        await SECRET_CALLS[call](client)
    except AllaweeError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    else:
        pytest.fail("the call went well")

    for frame in shown.stack:
        if frame.filename.endswith(
            ("session.py", "pool.py", "response.py", "retry.py", "lines.py")
        ):
            for secret in (BVN, BODY_CANARY, QUERY_CANARY):
                assert secret not in str(frame.locals), f"{frame.filename}:{frame.lineno}"


@pytest.mark.parametrize(
    "options", [{"timeout": -1}, {"headers": {"Host": "x"}}, {"base_url": "http://example.com"}]
)
def test_no_traceback_of_a_bad_option_holds_the_key(options: dict[str, Any]) -> None:
    try:
        AllaweeClient(KEY, **options)
    except ConfigurationError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)

    assert KEY not in "".join(shown.format())  # type: ignore[possibly-undefined]


# Views


async def test_a_view_has_its_own_policy_and_timeout_over_the_same_connections(
    time: FakeTime,
) -> None:
    async with (
        RawServer(answers(status=500)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        view = allawee.with_options(retry=RetryPolicy(attempts=1), timeout=3)
        await failure(view.customers.get("cus.1"))
        assert len(server.requests) == 1
        await failure(allawee.customers.get("cus.1"))
        assert len(server.requests) == 4
        assert server.connections == 1


async def test_closing_a_view_does_not_close_its_client() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        await allawee.customers.get("cus.1")
        await allawee.with_options().close()
        async with allawee.with_options(timeout=5) as view, view.with_options() as view_of_view:
            await view_of_view.customers.get("cus.1")
        await allawee.customers.get("cus.1")
        assert server.connections == 1


async def test_a_view_that_is_thrown_away_does_not_close_its_client() -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        view = allawee.with_options()
        await view.customers.get("cus.1")
        del view
        gc.collect()
        await allawee.customers.get("cus.1")
        assert server.connections == 1


async def test_many_calls_at_once_do_not_mix_their_answers() -> None:
    async def echo(line: Any, request: Any) -> None:
        await line.answer(one(request.path.rpartition("/")[2]))

    async with RawServer(echo) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        ids = [f"cus.{number}" for number in range(60)]
        found = await asyncio.gather(*map(allawee.customers.get, ids))

    assert [customer.id for customer in found] == ids


async def test_a_lost_connection_between_pages_is_retried_under_the_same_query(
    time: FakeTime,
) -> None:
    async with (
        RawServer(closes, closes, answers(page_of("cus.1"))) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        page = await allawee.customers.list(limit=1, filter="a|eq|b c")

    assert [customer.id for customer in page.items] == ["cus.1"]
    assert len({request.target for request in server.requests}) == 1


# What a server echoes

PIN = "4821"
PAN = "5399831234567890"


@pytest.mark.parametrize("key", [KEY, "an-old-kind-of-key"])
@pytest.mark.parametrize("status", [202, 400, 401, 429, 500])
async def test_no_error_and_no_log_quotes_a_secret_that_the_server_echoes(
    status: int, key: str, api: MockedAllawee, time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "allawee_async")
    echo = f"bad-{key}-{PIN}-{PAN}"
    body = {"code": "request-accepted" if status == 202 else echo, "message": [echo, echo]}
    always(api, status=status, payload={**body, "error": {"code": echo}}, headers={
        "x-request-id": echo
    })  # fmt: skip
    async with AllaweeClient(key, **time.seams) as allawee:
        call = allawee.request("POST", "/cards/pan", json={"card": {"pin": PIN, "pan": PAN}})
        error = await failure(call)

    shown = [str(error), repr(error), str(vars(error)), caplog.text, str(error.attempts)]
    shown += [
        str([value for value in vars(record).values() if not isinstance(value, int | float)])
        for record in caplog.records  # whose times and numbers of threads may hold any digits
        if record.name == "allawee_async"
    ]
    for secret in (key, PIN, PAN):
        assert secret not in " ".join(shown)


@pytest.mark.parametrize(
    "sent", [{"json": {"pin": 4921}}, {"json": {"pin": "4921"}}, {"query": {"pin": 4921}}]
)
async def test_no_error_quotes_a_secret_whether_it_is_a_number_or_in_the_query(
    sent: dict[str, Any], api: MockedAllawee, client: AllaweeClient
) -> None:
    always(api, status=422, payload={"code": "bad-4921", "message": "no: 4921", "pin": 4921})

    error = await failure(client.request("POST", "/cards/pin", **sent))

    assert "4921" not in str(error) + str(vars(error))


async def test_neither_an_error_nor_the_log_gives_a_terminal_orders(
    api: MockedAllawee, client: AllaweeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "allawee_async")
    always(api, status=400, payload={"code": "a\x1b[31m", "message": "b\x1b]0;c\x07\x9b\u202e"})

    error = await failure(client.request("GET", "/cards"))

    shown = [str(error), repr(error), caplog.text.rstrip("\n"), str(error.attempts)]
    assert all(line.isprintable() for text in shown for line in text.splitlines())


async def test_a_success_whose_id_echoes_a_secret_does_not_log_it(
    api: MockedAllawee, client: AllaweeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "allawee_async")
    always(api, payload=GOOD, headers={"x-request-id": f"{PIN}-{KEY}"})

    reply = await client.request("POST", "/cards/pin", json={"pin": PIN})

    assert reply.request_id == "***-***"
    assert PIN not in caplog.text
    assert PIN not in repr(reply)


async def test_an_id_with_a_long_number_is_kept(api: MockedAllawee, client: AllaweeClient) -> None:
    request_id = "550e8400-e29b-41d4-1716-446655440000"
    in_turn(api, {"status": 404, "headers": {"x-request-id": request_id}})

    assert (await failure(client.request("GET", "/a"))).request_id == request_id


async def test_a_path_with_an_identity_number_is_masked(api: MockedAllawee, time: FakeTime) -> None:
    always(api, status=503)
    events: list[RetryEvent] = []
    async with AllaweeClient(KEY, on_retry=events.append, **time.seams) as allawee:
        error = await failure(allawee.request("GET", f"/identities/{BVN}"))

    assert isinstance(error, APIError)
    assert {error.path, *(event.path for event in events)} == {"/identities/***"}


@pytest.mark.parametrize("key", [KEY + "\n", " " + KEY, KEY + "\x00", "\ufeff" + KEY])
def test_a_key_that_was_read_with_a_line_end_is_refused_and_in_no_traceback(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AllaweeClient(key)

    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [frame for frame in frames if "test_session" not in frame.filename]
    assert KEY not in f"{caught.value} {[frame.locals for frame in ours]}"
