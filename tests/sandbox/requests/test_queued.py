"""Guaranteed processing, and the log of calls that it is followed in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.api.app import JOBS
from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.requests.calls import Called, CallLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sandbox.conftest import Answer, Caller, Calling

ACCEPTED = {
    "code": "request-accepted",
    "message": "Request accepted and will be processed asynchronously",
    "error": {"code": "service-unavailable", "message": "Service temporarily unavailable"},
}
TRUE = "true"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def go_on(self, seconds: float = 1) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock, grp_enabled=True) as running:
        yield running
        assert not running.crashes


@pytest.fixture
async def wish(allawee: Caller) -> dict[str, Any]:
    program = {"name": "Virtual", "network": "verve", "type": "virtual", "currency": "NGN"}
    made = (await allawee.send("POST", "/card-programs", json=program)).json["data"]
    return {"program": made["id"], "customer": "cus.2tXNjMhytgx7hCxu9", "reference": "once"}


async def record_of(allawee: Caller, number: str) -> Any:
    return (await allawee.get(f"/requests/{number}")).json


async def test_a_queued_request_is_done_after_a_moment(
    allawee: Caller, sandbox: Sandbox, clock: Clock, wish: dict[str, Any]
) -> None:
    before = len(sandbox.state.cards)
    answer = await allawee.send("POST", "/simulation/grp/cards", json=wish)

    assert (answer.status, answer.json) == (202, ACCEPTED)
    number = answer.headers["x-request-id"]
    pending = await record_of(allawee, number)
    assert pending["status"] == "pending"
    assert [attempt["statusCode"] for attempt in pending["attempts"]] == [202]
    assert len(sandbox.state.cards) == before
    clock.go_on()
    record = await record_of(allawee, number)
    assert len(sandbox.state.cards) == before + 1
    assert (record["_id"], record["path"], record["method"]) == (number, "/cards", "POST")
    assert record["status"] == "completed"
    assert record["requestBody"] == wish
    assert record["source"] == {"ipAddress": "127.0.0.1"}
    assert "id" not in record
    assert "code" not in record
    first, last = record["attempts"]
    assert first["responseBody"] == ACCEPTED
    assert last["statusCode"] == 201
    card = (await allawee.get(f"/cards/{last['responseBody']['id']}")).json["data"]
    assert card["id"] == last["responseBody"]["id"]
    assert "data" not in last["responseBody"]


async def test_the_end_is_told_by_an_event(
    allawee: Caller, sandbox: Sandbox, clock: Clock, wish: dict[str, Any]
) -> None:
    answer = await allawee.send("POST", "/simulation/grp/cards", json=wish)
    clock.go_on()
    record = await record_of(allawee, answer.headers["x-request-id"])
    events = (await allawee.get("/events", filter="event:request.completed")).json["data"]

    (event,) = events
    assert event["data"] == {
        name: record[name] for name in ("_id", "status", "path", "method", "attempts")
    }


async def test_it_is_done_without_anybody_asking() -> None:
    async with Sandbox(grp_enabled=True) as sandbox:
        sandbox.state.later(0, "queued-request", "req_unknown")
        sandbox._background.messenger.call()
        while len(sandbox.state.scheduler):  # noqa: ASYNC110 - it does not tell by itself
            await asyncio.sleep(0.001)
        assert not sandbox.crashes


async def test_a_job_that_fails_is_told_by_the_sandbox(
    calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("planted")

    monkeypatch.setitem(JOBS, "planted", fail)
    async with Sandbox() as sandbox:
        sandbox.state.later(0, "planted", "")
        assert (await calling(sandbox).get("/customers")).status == 200
        (crash,) = sandbox.crashes
        assert isinstance(crash, LookupError)


async def test_completed_may_mean_failed(
    allawee: Caller, clock: Clock, wish: dict[str, Any]
) -> None:
    numbers = [
        (await allawee.send("POST", "/simulation/grp/cards", json=wish)).headers["x-request-id"]
        for _ in range(2)
    ]
    clock.go_on()
    good, bad = [(await record_of(allawee, number)) for number in numbers]

    assert good["attempts"][-1]["statusCode"] == 201
    assert bad["status"] == "completed"
    assert bad["attempts"][-1]["statusCode"] == 409
    assert bad["attempts"][-1]["responseBody"]["code"] == "duplicate-reference"


async def test_what_is_wrong_is_refused_at_once(allawee: Caller, sandbox: Sandbox) -> None:
    for path in ("/simulation/grp/cards", "/simulation/grp/cards/link"):
        answer = await allawee.send("POST", path, json={"program": 5})
        assert answer.status == 400
    for path in ("link", "block", "unblock"):
        answer = await allawee.send("POST", f"/simulation/grp/cards/c.unknown/{path}", json={})
        assert answer.status in (400, 404)
    assert len(sandbox.state.queued) == 0


@pytest.mark.parametrize("path", ["/cards", "/simulation/grp/cards"])
async def test_without_the_flag_on_the_key_it_fails_at_once(
    allawee: Caller, sandbox: Sandbox, wish: dict[str, Any], path: str
) -> None:
    sandbox.add_key("sk.test.plain")
    headers = {"Authorization": "Bearer sk.test.plain", "x-grp-force-retry": TRUE}
    answer = await allawee.send("POST", path, json=wish, headers=headers)

    assert (answer.status, answer.json["code"]) == (503, "service-unavailable")
    assert len(sandbox.state.queued) == 0


async def test_cards_are_blocked_and_unblocked_later(allawee: Caller, clock: Clock) -> None:
    card = "/cards/c.2tXPDv41Ri2qewJXL"
    seen = []
    for action in ("block", "unblock"):
        answer = await allawee.send("POST", f"/simulation/grp{card}/{action}")
        assert answer.status == 202, answer.text
        clock.go_on()
        record = await record_of(allawee, answer.headers["x-request-id"])
        assert record["path"] == f"{card}/{action}"
        assert record["requestBody"] == {}
        assert record["attempts"][-1]["statusCode"] == 200
        seen.append((await allawee.get(card)).json["data"]["status"])
    assert seen[0] != "active"
    assert seen[1] == "active"


@pytest.mark.parametrize("body", [b"\0", b"\xff", b"[" * 5_000])
async def test_a_body_that_nobody_reads_may_be_anything(
    allawee: Caller, clock: Clock, body: bytes
) -> None:
    path = "/cards/c.2tXPDv41Ri2qewJXL/block"
    answer = await allawee.send("POST", f"/simulation/grp{path}", data=body)
    assert answer.status == 202, answer.text

    clock.go_on()
    record = await record_of(allawee, answer.headers["x-request-id"])

    assert (record["requestBody"], record["attempts"][-1]["statusCode"]) == ({}, 200)


@pytest.mark.parametrize("path", ["/cards", "/simulation/grp/cards"])
async def test_a_hard_stop_queues_nothing(
    allawee: Caller, sandbox: Sandbox, wish: dict[str, Any], path: str
) -> None:
    headers = {"x-grp-force-hard-stop": "True"}
    answer = await allawee.send("POST", path, json=wish, headers=headers)

    assert (answer.status, answer.json["code"]) == (503, "service-unavailable")
    assert len(sandbox.state.queued) == 0


@pytest.mark.parametrize("path", ["/cards", "/simulation/grp/cards"])
async def test_a_forced_retry_is_one_more_attempt(
    allawee: Caller, clock: Clock, wish: dict[str, Any], path: str
) -> None:
    answer = await allawee.send("POST", path, json=wish, headers={"x-grp-force-retry": TRUE})
    number = answer.headers["x-request-id"]
    seen = []
    for _ in range(3):
        record = await record_of(allawee, number)
        seen.append((record["status"], [a["statusCode"] for a in record["attempts"]]))
        clock.go_on()

    assert seen == [
        ("pending", [202]), ("pending", [202, 503]), ("completed", [202, 503, 201]),
    ]  # fmt: skip


async def test_other_values_of_the_headers_have_no_effect(
    allawee: Caller, wish: dict[str, Any]
) -> None:
    headers = {"x-grp-force-retry": "false", "x-grp-force-hard-stop": ""}

    assert (await allawee.send("POST", "/cards", json=wish, headers=headers)).status == 201


async def test_numbers_of_cards_are_masked_in_records(
    allawee: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    card = next(iter(sandbox.state.cards))
    secrets = sandbox.state.card_secrets.get(str(card["id"])) or {}
    body = {"pan": secrets["pan"], "customer": "cus.2tXNjMhytgx7hCxu9"}
    sandbox.state.cards.replace(card | {"customer": None, "status": "inactive"})
    answer = await allawee.send("POST", "/simulation/grp/cards/link", json=body)

    assert answer.status == 202, answer.text
    number = answer.headers["x-request-id"]
    listed = await allawee.get("/requests")
    assert (await record_of(allawee, number))["requestBody"]["pan"] == "***"
    assert str(secrets["pan"]) not in listed.text
    clock.go_on()
    record = await record_of(allawee, number)
    assert record["path"] == "/cards/link"
    assert record["attempts"][-1]["statusCode"] == 200
    assert str(secrets["pan"]) not in str(record)


async def test_every_call_is_logged(allawee: Caller, sandbox: Sandbox) -> None:
    read = await allawee.get("/customers", limit="1")
    await allawee.post({})
    await allawee.send("GET", "/requests", headers={"Authorization": "Bearer sk.test.unknown"})
    listed = (await allawee.get("/requests", sort="createdAt")).json["data"]

    assert [(one["method"], one["path"], one["attempts"][0]["statusCode"]) for one in listed] == [
        ("GET", "/customers", 200), ("POST", "/customers", 400),
    ]  # fmt: skip
    assert listed[0]["_id"] == read.headers["x-request-id"]
    assert listed[0] == await record_of(allawee, listed[0]["_id"])
    assert listed[0]["initiator"].startswith("key.")
    assert sandbox.api_key not in str(listed)


async def test_the_log_is_filtered_and_paged(allawee: Caller) -> None:
    for _ in range(3):
        await allawee.get("/customers")
    await allawee.post({})
    page = await allawee.get("/requests", filter="method:GET", limit="2", sort="createdAt")
    last = page.json["data"][-1]["_id"]
    rest = await allawee.get("/requests", filter="method:GET", after=last, sort="createdAt")

    assert page.json["metadata"] == {"hasMore": True}
    assert [one["path"] for one in rest.json["data"]] == ["/customers", "/requests"]
    queued = await allawee.get("/requests", filter="status:pending")
    assert queued.json["data"] == []


async def test_an_unknown_request_is_not_found(allawee: Caller) -> None:
    answer = await allawee.get("/requests/req_unknown")

    assert (answer.status, answer.json["code"]) == (404, "not-found")


def test_the_log_keeps_the_latest_calls_and_all_queued_ones() -> None:
    log, queued = CallLog(2), Collection(hidden=("id", "createdAt"))
    queued.add({"id": "req_q", "_id": "req_q", "createdAt": "2026"})
    at, records = datetime(2026, 5, 1, tzinfo=UTC), log.records(queued)
    for number in range(7):
        log.note(Called(at, "GET", "/", 200, f"req_{number}", "key.1", "::1"))
        log.records(queued)
    records = log.records(queued)

    assert "req_6" in records
    assert "req_q" in records
    assert "req_1" not in records
    assert len(records) <= 5
    log.note(Called(at, "GET", "/", 200, "", "key.1", "::1"))
    assert "" not in log.records(queued)


async def test_every_call_is_recorded_with_its_bodies_but_for_secrets(
    allawee: Caller, sandbox: Sandbox
) -> None:
    card = (await allawee.get("/cards", limit="1")).ids[0]
    secrets = await allawee.send("GET", f"/cards/{card}/secrets", secure=True)
    body = {"name": "Ada", "reference": "r", "type": "individual", "claims": {}}
    created = await allawee.post(body)
    refused = await allawee.send("POST", f"/cards/{card}/activate", json={"pin": "9"}, secure=True)
    deep = await allawee.send("POST", "/customers", data=b"[" * 900 + b"]" * 900)
    long = await allawee.send("POST", "/customers", json=body | {"name": "n" * 5_000})
    empty = await allawee.send("POST", "/customers", data=b"nothing")

    async def recorded(answer: Answer) -> tuple[Any, Any]:
        shown = await record_of(allawee, answer.headers["x-request-id"])
        (attempt,) = shown["attempts"]
        return shown["requestBody"], attempt.get("responseBody")

    assert await recorded(created) == (body, created.json["data"])
    assert await recorded(secrets) == ({}, secrets.json["data"] | {"pan": "***", "cvv": "***"})
    assert await recorded(refused) == ({"pin": "***"}, refused.json)
    assert await recorded(deep) == ({}, deep.json)
    assert await recorded(long) == ({}, long.json)
    assert await recorded(empty) == ({}, empty.json)
