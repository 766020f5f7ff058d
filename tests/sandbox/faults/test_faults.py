"""Each fault on a real socket."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
import pytest

from allawee_async.sandbox import RECOVERABLE, Sandbox
from allawee_async.sandbox.faults.kinds import CHOICES, Fault, Latency
from tests.support.tables import for_each

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiResponse
    from tests.sandbox.conftest import Answer, Caller, Calling

LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


async def test_a_scripted_status_comes_as_often_as_it_is_told(
    allawee: Caller, sandbox: Sandbox
) -> None:
    sandbox.faults.status(503, times=2, headers={"Retry-After": "1"})
    answers = [await allawee.get("/customers") for _ in range(3)]

    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[0].json == {"code": "service-unavailable", "message": "Service Unavailable"}
    assert answers[0].headers["x-request-id"] == sandbox.requests[0].request_id
    assert [entry.faults for entry in sandbox.requests] == [("status 503",), ("status 503",), ()]
    assert [entry.status for entry in sandbox.requests] == [503, 503, 200]


@pytest.mark.parametrize(
    ("body", "text", "content_type"),
    [
        ({"code": "x"}, '{"code":"x"}', "application/json; charset=utf-8"),
        (b"<html>", "<html>", "text/html; charset=utf-8"),
        (b"", "", "text/html; charset=utf-8"),
    ],
)
async def test_a_status_has_a_body_of_its_own(
    allawee: Caller, sandbox: Sandbox, body: Any, text: str, content_type: str
) -> None:
    sandbox.faults.status(502, body=body)
    answer = await allawee.get("/customers")

    assert (answer.status, answer.text) == (502, text)
    assert answer.headers["Content-Type"] == content_type


async def test_headers_of_a_status_overrule_those_of_the_sandbox(
    allawee: Caller, sandbox: Sandbox
) -> None:
    sandbox.faults.status(299, headers={"content-type": "text/plain", "X-Request-Id": "mine"})
    answer = await allawee.get("/customers")

    assert answer.headers.getall("Content-Type") == ["text/plain"]
    assert answer.headers.getall("x-request-id") == ["mine"]
    assert answer.json["message"] == "Unknown Status"


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_status_comes_before_or_after_the_effect(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any], after_effect: bool
) -> None:
    sandbox.faults.status(500, after_effect=after_effect)

    assert (await allawee.post(new_customer)).status == 500
    assert len(sandbox.state.customers) == 2 + after_effect


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_reset_comes_before_or_after_the_effect(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any], after_effect: bool
) -> None:
    sandbox.faults.reset(after_effect=after_effect)

    with pytest.raises(LOST):
        await allawee.post(new_customer)
    assert len(sandbox.state.customers) == 2 + after_effect
    assert sandbox.requests[0].status is None
    assert sandbox.requests[0].faults == ("reset after effect" if after_effect else "reset",)
    assert (await allawee.get("/customers")).status == 200


async def test_a_reset_is_a_reset_on_the_wire(allawee: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.reset()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    writer.write(b"GET /customers HTTP/1.1\r\nHost: x\r\n\r\n")

    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    with pytest.raises(ConnectionResetError):
        await writer.wait_closed()


async def test_a_cut_body_is_announced_whole(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any]
) -> None:
    sandbox.faults.cut_body(share=0.25)

    with pytest.raises(aiohttp.ClientPayloadError):
        await allawee.post(new_customer)
    assert len(sandbox.state.customers) == 3
    assert sandbox.requests[0].faults == ("cut body",)


async def test_cut_json_is_a_whole_body(allawee: Caller, sandbox: Sandbox) -> None:
    whole = await allawee.get("/customers")
    sandbox.faults.cut_json(share=0.5)
    answer = await allawee.get("/customers")

    assert answer.status == 200
    assert answer.text == whole.text[: len(whole.text) // 2]
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


async def test_garbage_is_a_page_or_any_bytes(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any]
) -> None:
    sandbox.faults.garbage()
    sandbox.faults.garbage(b"{\x00", content_type="application/json", after_effect=False)
    page = await allawee.post(new_customer)
    noise = await allawee.post(new_customer)

    assert (page.status, noise.status) == (200, 200)
    assert page.text.startswith("<html>")
    assert noise.text == "{\x00"
    assert len(sandbox.state.customers) == 3


async def test_a_hanging_request_hangs(allawee: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.hang()
    brief = aiohttp.ClientTimeout(total=0.05)

    with pytest.raises(TimeoutError):
        await allawee.send("POST", "/customers", timeout=brief)
    assert sandbox.requests[0].faults == ("hang",)
    assert (await allawee.get("/customers")).status == 200


async def test_latency_comes_on_top_of_other_faults(allawee: Caller, sandbox: Sandbox) -> None:
    pauses = iter([0.01, 0.02])
    sandbox.faults.latency(lambda: next(pauses), times=2)
    sandbox.faults.status(503)
    sandbox.faults.latency(0.01, times=1)
    started = time.perf_counter()
    answers = [await allawee.get("/customers") for _ in range(3)]

    assert time.perf_counter() - started >= 0.04
    assert [answer.status for answer in answers] == [503, 200, 200]
    assert [entry.faults for entry in sandbox.requests] == [
        ("latency", "status 503", "latency"),
        ("latency",),
        (),
    ]


async def walk(allawee: Caller, limit: int = 10) -> list[Answer]:
    pages = [await allawee.list(limit=str(limit))]
    while pages[-1].ids and len(pages) < 6:
        pages.append(await allawee.list(limit=str(limit), after=pages[-1].ids[-1]))
    return pages


async def test_a_stuck_cursor_gives_the_first_page_for_ever(calling: Calling) -> None:
    async with Sandbox(customers=30) as sandbox:
        sandbox.faults.stuck_cursor()
        pages = await walk(calling(sandbox))

        assert len(pages) == 6
        assert len({tuple(page.ids) for page in pages}) == 1
        assert [bool(entry.faults) for entry in sandbox.requests] == [False] + [True] * 5


async def test_a_repeated_page_is_the_page_before(calling: Calling) -> None:
    async with Sandbox(customers=30) as sandbox:
        caller = calling(sandbox)
        first = await caller.list(limit="10")
        second = await caller.list(limit="10", after=first.ids[-1])
        sandbox.faults.repeated_page()
        again = await caller.list(limit="10", after=second.ids[-1])
        third = await caller.list(limit="10", after=second.ids[-1])

        assert again.ids == second.ids
        assert not {*third.ids} & {*second.ids}


async def test_a_page_that_nothing_came_before_is_not_repeated(calling: Calling) -> None:
    async with Sandbox(customers=30) as sandbox:
        sandbox.faults.repeated_page()
        answer = await calling(sandbox).list(after="cus.2tXNjMhytgx7hCxu9")

        assert answer.status == 200
        assert sandbox.requests[0].faults == ("repeated page",)


async def test_a_read_that_is_sent_again_gets_over_every_random_fault(calling: Calling) -> None:
    async with Sandbox(customers=30) as sandbox:
        sandbox.faults.random(0.6, seed=3)
        caller = calling(sandbox)
        good = 0
        for _ in range(60):
            try:
                answer = await caller.list(limit="10")
                good += answer.status == 200 and len(answer.json["data"]) == 10
            except (aiohttp.ClientError, json.JSONDecodeError):
                continue

        hit = {name for entry in sandbox.requests for name in entry.faults}
        assert hit == {fault.name for fault in RECOVERABLE.values()}
        assert good >= 20


async def test_a_fault_of_a_new_kind_needs_no_more_than_its_class(
    calling: Calling, sandbox: Sandbox
) -> None:
    class Teapot(Fault):
        label = "teapot"

        def answer(self, response: ApiResponse | None) -> ApiResponse | None:
            return None if response is None else attrs.evolve(response, status=418)

    sandbox.faults.order(Teapot(), path="/customers")
    caller = calling(sandbox)

    assert (await caller.get("/webhooks")).status == 200
    assert (await caller.get("/customers")).status == 418
    assert sandbox.requests[-1].faults == ("teapot",)
    assert (await caller.get("/customers")).status == 200


@for_each("key", CHOICES)
@for_each("after_effect", [False, True])
def test_people_choose_when_a_fault_comes_where_there_is_a_choice(
    key: str, after_effect: bool
) -> None:
    made = CHOICES[key].make(seconds=3.0, after_effect=after_effect)

    assert type(made) is type(CHOICES[key].fault)
    assert made.after_effect is (after_effect or CHOICES[key].fault.after_effect)
    assert made == Latency(3.0) or not isinstance(made, Latency)
