"""Events on their way: a real receiver, signatures, repeats, and what goes wrong."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.api.app import ANSWERS
from allawee_async.sandbox.events import queue
from allawee_async.sandbox.events import sender as postman
from allawee_async.sandbox.events.sender import is_of_this_computer
from allawee_async.sandbox.rules import values
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from allawee_async.sandbox.core.values import JsonObject
    from tests.sandbox.conftest import Caller, Calling
    from tests.sandbox.event_receiver import Receiver

CLOSED = "card.authorization.closed"
KEY = "signing-key-for-tests"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(webhook_pauses=(0, 0)) as running:
        yield running
        assert not running.crashes


async def event_of(allawee: Caller, id: str) -> Any:
    return (await allawee.get(f"/events/{id}")).json["data"]


async def test_an_enabled_webhook_gets_a_signed_event(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    hook = {"name": "x", "events": [CLOSED], "url": receiver.url, "signingKey": KEY}
    created = (await allawee.send("POST", "/webhooks", json=hook)).json["data"]
    await allawee.send("POST", f"/webhooks/{created['id']}/enable")
    sent = sandbox.state.emit(CLOSED, {"id": "c.auth.1", "status": "approved"})
    await sandbox.deliver()

    (body,), (signature,) = receiver.bodies, receiver.signatures
    assert signature == hmac.new(KEY.encode(), body, "sha512").hexdigest()
    event = await event_of(allawee, sent)
    assert body.decode().startswith('{"event":"card.authorization.closed","data":{"id":"c.auth.1"')
    assert f'"event":"{sent}"' in body.decode()
    sent_at = json.loads(body)["metadata"]["sentAt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", sent_at)
    assert sent_at.startswith(event["createdAt"][:-1])
    assert (event["status"], event["webhook"]) == ("delivered", created["id"])
    (attempt,) = event["attempts"]
    assert attempt["statusCode"] == 200
    assert attempt["responseBody"] == {"code": "success"}
    assert attempt["error"] is None


def test_the_signature_is_that_of_the_documents() -> None:
    sandbox = Sandbox()
    sandbox.add_webhook("http://127.0.0.1/", signing_key=KEY)
    sent = sandbox.state.emit("card.transaction.created", {"id": "c.txn.test"})
    event = sandbox.state.events.get(sent) or {}
    body = (
        '{"event":"card.transaction.created","data":{"id":"c.txn.test"},'
        '"metadata":{"event":"evt.test"}}'
    )
    sandbox.state.events.replace(event | {"payload": body})
    outgoing = queue.to_send(sandbox.state, sent)

    assert outgoing is not None
    assert outgoing.body == body.encode()
    assert outgoing.signature == (
        "536ee26c0df3f54b9478a726451fa287e2a7283ba601a2a0f63c19bd95dcb388"
        "340a42518c210596a02457b82f641346f874b5aecc1e342efb88253597578a05"
    )


async def test_it_is_sent_again_until_200_and_each_time_the_same(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.add_webhook(receiver.url)
    receiver.answers = [web.Response(status=500, text="sorry"), web.Response(status=201)]
    sent = sandbox.state.emit(CLOSED, {"id": "c.auth.1"})
    await sandbox.deliver()

    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == 1
    event = await event_of(allawee, sent)
    assert event["status"] == "delivered"
    assert [attempt["statusCode"] for attempt in event["attempts"]] == [500, 201, 200]
    assert event["attempts"][0]["responseBody"] == "sorry"


async def test_in_the_end_it_is_given_up_and_can_be_retried(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.add_webhook(receiver.url)
    receiver.answers = [web.Response(status=500) for _ in range(3)]
    sent = sandbox.state.emit(CLOSED, {"id": "c.auth.1"})
    await sandbox.deliver()
    assert (await event_of(allawee, sent))["status"] == "failed"

    retried = await allawee.send("POST", f"/events/{sent}/retry", json={})
    assert retried.json["data"]["status"] == "pending"
    await sandbox.deliver()
    event = await event_of(allawee, sent)
    assert event["status"] == "delivered"
    assert len(event["attempts"]) == 4
    assert len(set(receiver.bodies)) == 1


async def test_a_delivered_event_is_sent_again_on_demand(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.add_webhook(receiver.url)
    sent = sandbox.state.emit(CLOSED, {"id": "c.auth.1"})
    await sandbox.deliver()
    await allawee.send("POST", f"/events/{sent}/retry")
    await allawee.send("POST", f"/events/{sent}/retry")
    await sandbox.deliver()

    assert len(receiver.bodies) >= 2
    assert len(set(receiver.bodies)) == 1


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("card.authorization.request", {"status": "pending"}),
        ("card.authorization.update", {"status": "pending"}),
        ("request.completed", {"status": "completed"}),
    ],
)
async def test_some_events_are_sent_once(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver, event: str, data: JsonObject
) -> None:
    sandbox.add_webhook(receiver.url)
    receiver.answers = [web.Response(status=500)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(ANSWERS, event, lambda *_: None)
        sent = sandbox.state.emit(event, data)
        await sandbox.deliver()

    assert len(receiver.bodies) == 1
    assert (await event_of(allawee, sent))["status"] == "failed"


async def test_who_gets_an_event(allawee: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    state = sandbox.state
    default = sandbox.add_webhook(receiver.url)["id"]
    older = sandbox.add_webhook(receiver.url, [CLOSED])["id"]
    newer = sandbox.add_webhook(receiver.url + "/2", [CLOSED])["id"]

    assert state.webhook_for("something.else") == default
    assert state.webhook_for(CLOSED) == newer
    assert state.webhook_for(CLOSED, str(older)) == older
    assert state.webhook_for("something.else", f"{receiver.url}/2") == newer
    assert state.webhook_for("something.else", "wh.unknown") == default
    for hook in (newer, older):
        await allawee.send("POST", f"/webhooks/{hook}/disable")
    assert state.webhook_for(CLOSED) == default
    await allawee.send("DELETE", f"/webhooks/{default}")
    assert state.webhook_for(CLOSED) is None


async def test_an_event_moves_on_when_its_webhook_is_disabled(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    first = sandbox.add_webhook(receiver.url, [CLOSED])
    sent = sandbox.state.emit(CLOSED, {"id": "c.auth.1"})
    sandbox.state.webhooks.replace(first | {"status": "disabled"})
    default = sandbox.add_webhook(receiver.url)
    await sandbox.deliver()
    event = await event_of(allawee, sent)
    assert (event["status"], event["webhook"]) == ("delivered", default["id"])

    other = sandbox.state.emit(CLOSED, {"id": "c.auth.2"})
    sandbox.state.webhooks.remove(str(default["id"]))
    await sandbox.deliver()
    event = await event_of(allawee, other)
    assert (event["status"], event["webhook"], event["attempts"]) == ("unclaimed", None, [])


async def test_events_stay_on_this_computer(allawee: Caller, sandbox: Sandbox) -> None:
    sandbox.add_webhook("https://hooks.example.com/allawee")
    sent = sandbox.state.emit(CLOSED, {"id": "c.auth.1"})
    await sandbox.deliver()
    event = await event_of(allawee, sent)

    assert event["status"] == "failed"
    (attempt,) = event["attempts"]
    assert attempt["error"] == "the sandbox sends events to addresses of this computer only"
    assert attempt["statusCode"] is None


@for_each(
    ("url", "is_near"),
    [
        ("http://localhost:1/", True), ("http://a.localhost/", False), ("http://127.9.9.9/", True),
        ("http://[::1]:8/", True), ("http://10.0.0.1/", False), ("http://localhost.com/", False),
        ("http://0.0.0.0/", False), ("http://127.0.0.1@example.com/", False),
        ("http://127.0.0.1\\@example.com/", False), ("http://[", False), ("http://", False),
    ],
)  # fmt: skip
def test_what_is_of_this_computer(url: str, is_near: bool) -> None:
    assert is_of_this_computer(url) is is_near


async def test_nobody_is_there_or_the_answer_is_odd(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.add_webhook("http://127.0.0.1:1/", ["a"])
    sandbox.add_webhook(receiver.url, ["b"])
    redirect = web.Response(status=302, headers={"Location": "http://example.com/"})
    receiver.answers = [redirect, web.Response(body=b"\xff" * 200_000), web.Response(text="[" * 99)]
    refused = sandbox.state.emit("a", {})
    redirected = sandbox.state.emit("b", {})
    await sandbox.deliver()

    event = await event_of(allawee, refused)
    assert event["status"] == "failed"
    assert len(event["attempts"]) == 3
    assert "127.0.0.1:1" in event["attempts"][0]["error"]
    event = await event_of(allawee, redirected)
    assert [attempt["statusCode"] for attempt in event["attempts"]] == [302, 200]
    assert len(event["attempts"][1]["responseBody"]) == 500
    nested = sandbox.state.emit("b", {})
    await sandbox.deliver()
    assert (await event_of(allawee, nested))["attempts"][0]["responseBody"] == "[" * 99


async def test_an_answer_that_does_not_come_in_time(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[JsonObject | str] = []
    monkeypatch.setattr(values, "DECISION_SECONDS", 0.01)
    monkeypatch.setitem(
        ANSWERS, "card.authorization.request", lambda _, __, decision: heard.append(decision)
    )
    receiver.hold = asyncio.Event()
    sandbox.add_webhook(receiver.url)
    sent = sandbox.state.emit("card.authorization.request", {"id": "c.auth.1"})
    await sandbox.deliver()

    (attempt,) = (await event_of(allawee, sent))["attempts"]
    assert attempt["error"] == "no answer within 0.01 s"
    assert heard == ["timeout-error"]


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (web.json_response, {"action": "approve"}),
        (lambda _: web.Response(text="approve"), "timeout-error"),
        (lambda _: web.json_response([1]), "timeout-error"),
        (lambda body: web.json_response(body, status=202), "webhook-status-202"),
    ],
)
async def test_the_answer_is_heard(
    sandbox: Sandbox,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    answer: Any,
    heard: JsonObject | str,
) -> None:
    told: list[object] = []
    name = "card.authorization.request"
    monkeypatch.setitem(ANSWERS, name, lambda _, data, decision: told.append((data, decision)))
    receiver.answers = [answer({"action": "approve"})]
    sandbox.add_webhook(receiver.url)
    sandbox.state.emit(name, {"id": "c.auth.1"})
    await sandbox.deliver()

    assert told == [({"id": "c.auth.1"}, heard)]


async def test_a_mistake_in_hearing_is_told_by_the_sandbox(
    calling: Calling, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("planted")

    monkeypatch.setitem(ANSWERS, CLOSED, fail)
    async with Sandbox() as sandbox:
        sandbox.add_webhook(receiver.url)
        sandbox.state.emit(CLOSED, {})
        await sandbox.deliver()
        (crash,) = sandbox.crashes
        assert isinstance(crash, LookupError)
        assert (await calling(sandbox).get("/events")).status == 200


async def test_closing_gives_up_at_once_and_leaves_nothing(receiver: Receiver) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    before = asyncio.all_tasks()
    receiver.hold = asyncio.Event()
    sandbox.add_webhook(receiver.url)
    sent = sandbox.state.emit(CLOSED, {})
    waiting = asyncio.create_task(sandbox.deliver())
    await receiver.arrived.wait()
    assert len(asyncio.all_tasks()) > len(before) + 1
    await sandbox.close()
    await waiting

    assert (sandbox.state.events.get(sent) or {})["status"] == "pending"
    assert not [task for task in asyncio.all_tasks() if "sandbox" in task.get_name()]


async def test_a_reset_gives_up_what_is_on_its_way(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.hold = asyncio.Event()
    sandbox.add_webhook(receiver.url)
    sandbox.state.emit(CLOSED, {})
    waiting = asyncio.create_task(sandbox.deliver())
    await receiver.arrived.wait()
    sandbox.reset()
    await waiting
    receiver.hold.set()

    assert (await allawee.get("/events")).json["data"] == []
    sandbox.add_webhook(receiver.url)
    sent = sandbox.state.emit(CLOSED, {})
    await sandbox.deliver()
    assert (await event_of(allawee, sent))["status"] == "delivered"


async def test_it_may_be_let_out(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "is_of_this_computer", lambda _: False)
    async with Sandbox(webhooks_anywhere=True) as sandbox:
        sandbox.add_webhook(receiver.url)
        sandbox.state.emit(CLOSED, {})
        await sandbox.deliver()

    assert len(receiver.bodies) == 1


async def test_events_of_a_request_go_out_by_themselves(
    allawee: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.hold = asyncio.Event()
    sandbox.add_webhook(receiver.url)
    sandbox.state.emit(CLOSED, {})
    await allawee.send("POST", "/webhooks", json={})  # any write wakes the messenger
    await receiver.arrived.wait()
    receiver.hold.set()
    await sandbox.deliver()

    assert len(receiver.bodies) == 1
