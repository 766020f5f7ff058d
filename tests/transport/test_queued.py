"""Guaranteed processing: a queued request is followed until it has an outcome."""

import asyncio
import copy
import json
import pickle
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    BadRequestError,
    ConfigurationError,
    Customer,
    DecodeError,
    Reply,
    RequestAccepted,
    RequestTimeoutError,
    RetryPolicy,
    ServerError,
)
from tests.support.faketime import FakeTime
from tests.support.raw_server import Line, RawRequest, RawServer, Step, answers, customer, hangs

KEY = "sk.test.canary"
SAMPLES = Path(__file__).parents[1] / "samples"
QUEUED = json.loads((SAMPLES / "grp.request-accepted.202.response.json").read_text())
FINISHED = json.loads((SAMPLES / "requests.get.response.json").read_text())
FIELDS: dict[str, Any] = {
    "name": "Ada Obi",
    "reference": "r",
    "type": "individual",
    "claims": {},
}
queues = answers(QUEUED, status=202, headers={"x-request-id": "req_1"})


def record(status: str, *attempts: object) -> dict[str, Any]:
    return {"_id": "req_1", "status": status, "attempts": list(attempts)}


def attempt(status: object, body: object = None) -> dict[str, object]:
    return {"statusCode": status, "latency": 5, "responseBody": body}


pending = answers(record("pending", attempt(202, QUEUED)))


async def failure(call: Awaitable[object]) -> AllaweeError:
    with pytest.raises(AllaweeError) as caught:
        await call
    return caught.value


async def accepted(call: Awaitable[object]) -> RequestAccepted:
    error = await failure(call)
    assert type(error) is RequestAccepted
    return error


async def wait_after(*steps: Step, time: FakeTime, **options: Any) -> object:
    """Create a customer that is queued, and wait for it while a server plays steps."""
    async with (
        RawServer(queues, *steps) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.customers.create(**FIELDS))
        try:
            return await error.wait(**options)
        finally:
            targets = [(each.method, each.target) for each in server.requests]
            assert targets[0] == ("POST", "/customers")
            assert set(targets[1:]) <= {("GET", "/requests/req_1")}


async def test_a_queued_request_is_told_with_its_id_and_sent_once(time: FakeTime) -> None:
    async with (
        RawServer(queues) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.customers.create(**FIELDS))

    assert error.request_id == "req_1"
    assert error.code == "service-unavailable"
    assert error.body == QUEUED
    assert error.message == QUEUED["message"]
    assert "req_1" in str(error)
    assert (error.method, error.outcome_unknown) == ("POST", False)
    assert [each.status for each in error.attempts] == [202]
    assert len(server.requests) == 1
    assert time.slept == []


async def test_waiting_gives_what_the_call_itself_would_have_given(time: FakeTime) -> None:
    done = record("completed", attempt(202, QUEUED), attempt(201, customer("cus.9")))

    made = await wait_after(answers(done), time=time)

    assert isinstance(made, Customer)
    assert made.id == "cus.9"
    assert time.slept == []


@pytest.mark.parametrize("enveloped", [False, True])
async def test_the_result_may_come_in_an_envelope_or_bare(enveloped: bool, time: FakeTime) -> None:
    body: Any = customer("cus.9")
    if enveloped:
        body = {"code": "success", "data": body}
    done = answers({"code": "success", "data": record("completed", attempt(201, body))})

    made = await wait_after(done, time=time)

    assert isinstance(made, Customer)
    assert made.id == "cus.9"


async def test_the_documented_record_is_understood(time: FakeTime) -> None:
    async with (
        RawServer(queues, answers(FINISHED)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.request("POST", "/cards", json={}))
        reply = await error.wait()

    assert isinstance(reply, Reply)
    assert (reply.status, reply.data) == (201, {"id": "c.xxxxx", "status": "created"})


async def test_it_is_asked_for_with_growing_pauses(time: FakeTime) -> None:
    done = answers(record("completed", attempt(201, customer("cus.9"))))

    await wait_after(*[pending] * 12, done, time=time)

    assert len(time.slept) == 12
    assert time.slept[0] > 0
    assert time.slept == sorted(time.slept)
    assert time.slept[-1] == time.slept[-2] == 10.0
    assert len(set(time.slept)) > 5


@pytest.mark.parametrize(
    ("status", "cls"), [(400, BadRequestError), (503, ServerError), (500, ServerError)]
)
async def test_completed_may_mean_failed(
    status: int, cls: type[AllaweeError], time: FakeTime
) -> None:
    body = {"code": "invalid", "message": "The name is taken."}
    done = record("completed", attempt(202, QUEUED), attempt(status, body))
    with pytest.raises(cls) as caught:
        await wait_after(answers(done), time=time)

    assert caught.value.message == "The name is taken."
    assert caught.value.status == status  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [None, "gateway", [], {}])
async def test_a_failure_without_a_message_is_still_a_failure(body: object, time: FakeTime) -> None:
    with pytest.raises(ServerError):
        await wait_after(answers(record("completed", attempt(503, body))), time=time)


async def test_a_request_that_was_cancelled_has_no_result(time: FakeTime) -> None:
    done = answers(record("cancelled", attempt(202, QUEUED)))
    with pytest.raises(AllaweeError, match="cancelled"):
        await wait_after(done, time=time)


async def test_waiting_ends_after_its_timeout_and_can_be_taken_up_again(time: FakeTime) -> None:
    done = answers(record("completed", attempt(201, customer("cus.9"))))
    async with (
        RawServer(queues, *[pending] * 5, done) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.customers.create(**FIELDS))
        with pytest.raises(RequestTimeoutError, match="still queued"):
            await error.wait(timeout=2.0)
        assert sum(time.slept) == pytest.approx(2.0)
        made = await error.wait()
        assert isinstance(made, Customer)


async def test_a_timeout_of_zero_asks_once(time: FakeTime) -> None:
    with pytest.raises(RequestTimeoutError):
        await wait_after(pending, time=time, timeout=0)
    assert time.slept == []


@pytest.mark.parametrize(
    "found",
    [
        [],
        "text",
        None,
        record("completed"),
        record("completed", "text"),
        record("completed", {}),
        record("completed", attempt("201")),
        record("completed", attempt(True)),
        {"status": "completed", "attempts": {}},
        record("completed", attempt(201, {"id": 5})),
        record("completed", attempt(201, None)),
    ],
    ids=str,
)
async def test_a_record_that_is_not_what_the_documents_say_is_told(
    found: object, time: FakeTime
) -> None:
    with pytest.raises(DecodeError):
        await wait_after(answers(found), time=time)


async def test_asking_is_retried_like_any_read(time: FakeTime) -> None:
    done = answers(record("completed", attempt(201, customer("cus.9"))))
    bad = answers(status=503, headers={"Retry-After": "3"})

    assert isinstance(await wait_after(bad, bad, done, time=time), Customer)
    assert time.slept == [3.0, 3.0]


async def test_a_request_without_an_id_cannot_be_followed(time: FakeTime) -> None:
    async with (
        RawServer(answers(QUEUED, status=202)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.customers.create(**FIELDS))
        assert error.request_id is None
        assert type(await failure(error.wait())) is ConfigurationError
        assert len(server.requests) == 1


@pytest.mark.parametrize("id", ["../customers", "a/b", "a?b#c", ".."])
async def test_an_id_from_the_server_leads_to_no_other_path(id: str, time: FakeTime) -> None:
    step = answers(QUEUED, status=202, headers={"x-request-id": id})
    async with (
        RawServer(step, answers(FINISHED)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.request("POST", "/cards"))
        try:
            await error.wait()
        except ConfigurationError:
            assert len(server.requests) == 1
        else:
            assert server.requests[1].target in ("/requests/a%2Fb", "/requests/a%3Fb%23c")


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
async def test_the_error_travels_to_other_processes_with_its_facts(
    copied: Any, time: FakeTime
) -> None:
    async with (
        RawServer(queues) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.customers.create(**FIELDS))

    twin = copied(error)
    assert type(twin) is RequestAccepted
    assert str(twin) == str(error)
    assert (twin.request_id, twin.code, twin.body) == (error.request_id, error.code, error.body)
    assert twin.attempts == error.attempts
    assert "req_1" in str(await failure(twin.wait()))
    assert KEY not in repr(vars(twin))


async def test_a_queued_request_to_the_secure_host_is_followed_on_the_standard_one(
    time: FakeTime,
) -> None:
    async with (
        RawServer(answers(FINISHED)) as server,
        RawServer(queues) as safe,
        AllaweeClient(KEY, base_url=server.url, secure_url=safe.url, **time.seams) as allawee,
    ):
        error = await accepted(allawee.request("POST", "/cards/c.1/pin", json={}, secure=True))
        await error.wait()
        assert server.requests[0].target == "/requests/req_1"
        assert len(safe.requests) == 1


async def test_waiting_can_be_cancelled() -> None:
    async def step(line: Line, request: RawRequest) -> None:
        await (queues if request.method == "POST" else hangs)(line, request)

    async with RawServer(step) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        error = await accepted(allawee.customers.create(**FIELDS))
        task = asyncio.ensure_future(error.wait())
        await server.until(lambda server: len(server.requests) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.until(lambda server: server.open == 0)


async def test_a_view_follows_with_its_own_policy(time: FakeTime) -> None:
    async with (
        RawServer(queues, answers(status=503)) as server,
        AllaweeClient(KEY, base_url=server.url, **time.seams) as allawee,
    ):
        view = allawee.with_options(retry=RetryPolicy(attempts=1))
        error = await accepted(view.customers.create(**FIELDS))
        assert type(await failure(error.wait())) is ServerError
        assert len(server.requests) == 2
