"""`allawee webhooks listen`: what it answers, shows and sends on, and what it leaves behind."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import re
import signal
import socket
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
import pytest
from aiohttp import web

from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import CommandError
from allawee_async.cli.listen import registration as listen_registration
from allawee_async.cli.listen import server as listen_server
from allawee_async.cli.listen.log import facts_of, line_of
from allawee_async.cli.listen.run import (
    Answering,
    ListenOptions,
    LogFormat,
    _listen,
    check_registration,
    listen,
)
from allawee_async.errors import AllaweeError
from allawee_async.redaction import SecretText
from tests.support import nursery
from tests.support.deliveries import DOCUMENTED, KEY, VECTOR_BODY, signature_of, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from allawee_async.types import JSONObject
    from tests.cli.conftest import Run

CAPTURE = DOCUMENTED["card.authorization.request.capture"]
CHECK = DOCUMENTED["card.authorization.request.check"]
CREATED = DOCUMENTED["card.transaction.created"]
EVENT = "card.transaction.created"
LIVE = "sk.live.canary-of-the-key"


class Listening:
    """The command at work, as another program and as its user see it."""

    def __init__(self, capsys: pytest.CaptureFixture[str], command: Any) -> None:
        self._capsys = capsys
        self.command = command
        self.told = self.out = ""
        self.session: Any = None

    def look(self) -> None:
        out, told = self._capsys.readouterr()
        self.out += out
        self.told += told

    @property
    def url(self) -> Any:
        return re.search(r"Listening on (\S+)/", self.told)[1]  # type: ignore[index]

    async def send(self, body: Any, signature: Any = None, **headers: Any) -> Any:
        """Send a delivery, signed if no signature is given; return the status and the answer."""
        if signature is None:
            signature = signature_of(body)
        headers = {"Content-Type": "application/json", **headers}
        if signature:
            headers["Allawee-Signature"] = signature
        async with self.session.post(f"{self.url}/hooks", data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    def deliveries(self) -> Any:
        """Return what was written since the last time."""
        self.look()
        out, self.out = self.out, ""
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def listening(capsys: pytest.CaptureFixture[str]) -> Any:
    @asynccontextmanager
    async def start(
        *, key: Any = KEY, connection: Any = None, **options: Any
    ) -> AsyncIterator[Any]:
        given = ListenOptions(**{"port": 0, "output": LogFormat.JSONL, **options})
        secret = None if key is None else SecretText(key)
        command = asyncio.create_task(_listen(given, secret, connection))
        seen = Listening(capsys, command)
        try:
            async with asyncio.timeout(20), aiohttp.ClientSession() as seen.session:
                while "Listening on" not in seen.told:
                    assert not command.done(), command.exception()
                    await asyncio.sleep(0.001)
                    seen.look()
                yield seen
        finally:
            command.cancel()
            await asyncio.wait([command])
            seen.look()
            assert KEY not in seen.told + seen.out

    return start


class TestWhatIsAnswered:
    async def test_a_signed_event_is_answered_and_shown(self, listening: Any) -> None:
        async with listening() as hook:
            assert await hook.send(CREATED) == (200, b'{"code":"success"}')
            (shown,) = hook.deliveries()
        document = json.loads(CREATED)
        assert shown.pop("receivedAt").endswith("Z")
        assert 0 < shown.pop("seconds") < 20
        assert shown.pop("sentAt").startswith(document["metadata"]["sentAt"][:19])
        assert shown == {
            "event": EVENT,
            "id": document["metadata"]["event"],
            "object": document["data"]["id"],
            "status": document["data"].get("status"),
            "signature": "ok",
            "answerStatus": 200,
            "answer": "success",
            "repeat": False,
            "late": False,
            "problem": None,
        }

    @pytest.mark.parametrize(
        ("signature", "seal"), [("", "missing"), ("0" * 128, "bad"), ("xyz", "bad")]
    )
    async def test_what_is_not_signed_is_refused(
        self, listening: Any, signature: Any, seal: Any
    ) -> None:
        async with listening() as hook:
            assert await hook.send(CREATED, signature) == (400, b'{"error":"Invalid Signature"}')
            (shown,) = hook.deliveries()
        assert (shown["signature"], shown["answerStatus"]) == (seal, 400)
        assert shown["problem"]

    async def test_without_a_key_nothing_is_checked_and_that_is_said(self, listening: Any) -> None:
        async with listening(key=None) as hook:
            assert (await hook.send(CREATED, "0" * 128))[0] == 200
            assert hook.deliveries()[0]["signature"] == "unchecked"
        assert "Signatures are not checked: set ALLAWEE_SIGNING_KEY" in hook.told

    @pytest.mark.parametrize("body", [CAPTURE, CHECK], ids=["capture", "check"])
    async def test_authorizations_are_declined(self, listening: Any, body: Any) -> None:
        async with listening() as hook:
            assert await hook.send(body) == (200, b'{"action":"decline"}')
            assert hook.deliveries()[0]["answer"] == "decline"

    async def test_unless_they_are_to_be_approved(self, listening: Any) -> None:
        figures = {"card_balance": 250_000, "card_holder": "Ada Obi"}
        async with listening(decide=Answering.APPROVE, **figures) as hook:
            status, body = await hook.send(CHECK)
            assert status == 200
            assert json.loads(body) == {
                "action": "approve",
                "cardBalance": 250_000,
                "cardHolderName": "Ada Obi",
            }
            assert json.loads((await hook.send(CAPTURE))[1])["action"] == "approve"
            assert [shown["answer"] for shown in hook.deliveries()] == ["approve", "approve"]

    async def test_unknown_events_are_taken_note_of(self, listening: Any) -> None:
        async with listening() as hook:
            body = wire({"event": "card.renamed", "data": [], "metadata": None})
            assert (await hook.send(body))[0] == 200
            (shown,) = hook.deliveries()
        assert (shown["event"], shown["id"], shown["object"]) == ("card.renamed", None, None)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\x00", b'{"event":1}'])
    async def test_what_is_no_event(self, listening: Any, body: Any) -> None:
        async with listening() as hook:
            assert await hook.send(body) == (400, b'{"error":"Invalid Event"}')
            (shown,) = hook.deliveries()
        assert (shown["event"], shown["signature"]) == (None, "ok")
        assert shown["problem"].startswith("no event: ")

    async def test_a_body_that_is_too_long(self, listening: Any) -> None:
        async with listening() as hook:
            assert (await hook.send(io.BytesIO(b"x" * (2**20 + 1)), "0"))[0] == 413
            (shown,) = hook.deliveries()
            assert "longer than" in shown["problem"]
            assert (await hook.send(CREATED))[0] == 200

    async def test_other_methods(self, listening: Any) -> None:
        async with listening() as hook, hook.session.get(hook.url) as answer:
            assert answer.status == 405

    async def test_a_signature_is_that_of_the_bytes_that_came(self, listening: Any) -> None:
        async with listening() as hook:
            packed = gzip.compress(CREATED)
            await hook.send(packed, **{"Content-Encoding": "gzip"})
            assert hook.deliveries()[0]["signature"] == "ok"

    async def test_repeats_are_marked(
        self, listening: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listen_server, "_REMEMBERED", 2)
        async with listening() as hook:
            for body in (CREATED, CAPTURE, CREATED, VECTOR_BODY, CAPTURE):
                await hook.send(body)
            repeats = [shown["repeat"] for shown in hook.deliveries()]
        assert repeats == [False, False, True, False, False]  # by then it has forgotten CAPTURE

    async def test_whoever_hangs_up_in_the_middle_ends_nothing(self, listening: Any) -> None:
        async with listening() as hook:
            host, port = hook.url.removeprefix("http://").split(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            await writer.drain()
            writer.transport.abort()
            assert (await hook.send(CREATED))[0] == 200
            assert len(hook.deliveries()) == 1
        assert "Error" not in hook.told


class TestTheLines:
    async def test_for_people(self, listening: Any) -> None:
        async with listening(output=LogFormat.TABLE) as hook:
            await hook.send(VECTOR_BODY)
            await hook.send(VECTOR_BODY)
            await hook.send(VECTOR_BODY, "0" * 128)
            await hook.send(wire({"event": "a\x1b[2Jb\nc", "data": {"status": "\x9bx"}}))
            hook.look()
        lines = [re.sub(r"\d+ ms", "1 ms", line) for line in hook.out.splitlines()]
        assert [line.split("  ", 1)[1] for line in lines[:2]] == [
            f"{EVENT}  evt.test  c.txn.test  signature ok  200 success  1 ms",
            f"{EVENT}  evt.test  c.txn.test  signature ok  200 success  1 ms  repeat",
        ]
        assert re.match(r"\d\d:\d\d:\d\d  ", lines[0])
        assert "signature bad  400 refused" in lines[2]
        assert "the signature does not fit the body" in lines[2]
        assert "a?[2Jb c  ?x" in lines[3]
        assert "\x1b" not in hook.out

    def test_a_decision_that_came_too_late(self) -> None:
        delivery: JSONObject = {
            **facts_of(None),
            "event": "card.authorization.request",
            "receivedAt": "2026-05-13T00:00:00Z",
            "signature": "ok",
            "answerStatus": 200,
            "answer": "approve",
            "seconds": 2.5,
            "repeat": False,
            "late": True,
            "problem": None,
        }
        assert line_of(delivery).plain.endswith(
            "signature ok  200 approve  2500 ms  too late for a decision"
        )

    @pytest.mark.parametrize("name", sorted(DOCUMENTED))
    async def test_nothing_of_the_person_is_shown(self, listening: Any, name: Any) -> None:
        async with listening() as hook:
            await hook.send(DOCUMENTED[name])
            (shown,) = hook.deliveries()
        document = json.loads(DOCUMENTED[name])
        safe = {document["event"], document["metadata"]["event"], document["data"].get("id")}
        assert {shown["event"], shown["id"], shown["object"]} <= safe

    @pytest.mark.parametrize("output", list(LogFormat))
    async def test_when_nobody_reads_any_more_it_ends(
        self, listening: Any, monkeypatch: pytest.MonkeyPatch, output: Any, tmp_path: Path
    ) -> None:
        async with listening(output=output) as hook:
            with (tmp_path / "out").open("w") as file, monkeypatch.context() as patch:
                patch.setattr(sys, "stdout", ClosedPipe(file.fileno()))
                assert (await hook.send(CREATED))[0] == 200
                await asyncio.wait([hook.command], timeout=10)
        assert isinstance(hook.command.exception(), BrokenPipeError)


class ClosedPipe(io.StringIO):
    """A stream that nobody reads any more."""

    def __init__(self, number: Any) -> None:
        super().__init__()
        self._number = number

    def fileno(self) -> Any:
        return self._number

    def flush(self) -> None:
        raise BrokenPipeError


class Target:
    """The program that deliveries are sent on to."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.answer: Any = lambda: web.json_response({"action": "approve"}, status=201)
        self.hold: asyncio.Event | None = None
        self.reached = asyncio.Event()
        self.url = ""

    async def handle(self, request: web.Request) -> Any:
        self.requests.append((request.path_qs, dict(request.headers), await request.read()))
        self.reached.set()
        if self.hold is not None:
            await self.hold.wait()
        return self.answer()


@pytest.fixture
async def target() -> AsyncIterator[Any]:
    played = Target()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", played.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    played.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield played
    await runner.cleanup()


class TestSendingOn:
    async def test_body_and_signature_arrive_unchanged_and_the_answer_comes_back(
        self, listening: Any, target: Any
    ) -> None:
        body = b'{ "event" : "x",\n "data": {} }'
        async with listening(forward_to=f"{target.url}/hooks?token=canary") as hook:
            sent = {"X-Trace": "7", "User-Agent": "Allawee"}
            assert await hook.send(body, **sent) == (201, b'{"action": "approve"}')
            (shown,) = hook.deliveries()
        ((path, headers, arrived),) = target.requests
        assert (path, arrived) == ("/hooks?token=canary", body)
        assert headers["Allawee-Signature"] == signature_of(body)
        assert (headers["Content-Type"], headers["X-Trace"]) == ("application/json", "7")
        assert headers["User-Agent"] == "Allawee"
        assert headers["Host"] == target.url.removeprefix("http://")
        assert (shown["answerStatus"], shown["answer"]) == (201, "approve")
        assert f"sending on to {target.url}/hooks;" in hook.told
        assert "canary" not in hook.told + hook.out

    async def test_what_is_not_signed_is_sent_on_as_well(self, listening: Any, target: Any) -> None:
        async with listening(forward_to=target.url) as hook:
            assert (await hook.send(CREATED, "0" * 128))[0] == 201
            assert (await hook.send(CREATED, ""))[0] == 201
            assert [shown["signature"] for shown in hook.deliveries()] == ["bad", "missing"]
        assert "Allawee-Signature" not in target.requests[1][1]

    @pytest.mark.parametrize(
        "answer",
        [
            lambda: web.Response(status=500, text="oops"),
            lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
            lambda: web.Response(status=204),
            lambda: web.Response(body=b"\x00\xff", content_type="application/x-thing"),
            lambda: web.json_response([1]),
            lambda: web.json_response({"action": ["approve"]}),
        ],
    )
    async def test_whatever_is_answered_is_handed_back(
        self, listening: Any, target: Any, answer: Any
    ) -> None:
        target.answer = answer
        async with listening(forward_to=target.url) as hook:
            status, body = await hook.send(CREATED)
            assert (status, body) == (answer().status, answer().body or b"")
            (shown,) = hook.deliveries()
        problem = "answered: oops" if status == 500 else None
        assert (shown["answer"], shown["problem"]) == ("forwarded", problem)

    async def test_a_packed_body_stays_packed(self, listening: Any, target: Any) -> None:
        packed = gzip.compress(CREATED)
        async with listening(forward_to=target.url) as hook:
            await hook.send(packed, **{"Content-Encoding": "gzip"})
        assert target.requests[0][2] == packed
        assert target.requests[0][1]["Content-Encoding"] == "gzip"

    async def test_a_program_that_does_not_run_is_told(self, listening: Any) -> None:
        async with listening(forward_to="http://127.0.0.1:1/?token=canary") as hook:
            status, body = await hook.send(CREATED)
            assert (status, json.loads(body)) == (
                502,
                {"error": "The delivery could not be sent on"},
            )
            (shown,) = hook.deliveries()
        assert shown["answer"] == "not forwarded"
        assert shown["problem"].startswith("no connection to 127.0.0.1: ")
        assert "canary" not in str(shown)

    async def test_a_program_that_hangs_is_told_and_so_is_a_late_decision(
        self, listening: Any, target: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target.hold = asyncio.Event()
        short = aiohttp.ClientTimeout(total=0.2)
        monkeypatch.setattr(listen_server, "_PATIENCE", short)
        monkeypatch.setattr(listen_server, "_DEADLINE", 0.1)
        monkeypatch.setattr(listen_server, "_DEADLINE_OF_UPDATES", 60.0)
        async with listening(forward_to=target.url) as hook:
            for body in (CAPTURE, CREATED, CAPTURE.replace(b".request", b".update")):
                assert (await hook.send(body))[0] == 502
            shown = hook.deliveries()
        assert [each["late"] for each in shown] == [True, False, False]
        assert shown[0]["problem"] == "no answer in time"
        target.hold.set()

    async def test_an_answer_that_is_too_long(
        self, listening: Any, target: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listen_server, "_LONGEST_ANSWER", 100)
        target.answer = lambda: web.Response(body=b"x" * 101)
        async with listening(forward_to=target.url) as hook:
            assert (await hook.send(CREATED))[0] == 502
            assert hook.deliveries()[0]["problem"] == "the answer is longer than 100 bytes"

    async def test_the_end_does_not_wait_for_the_program(self, listening: Any, target: Any) -> None:
        target.hold = asyncio.Event()
        async with listening(forward_to=target.url) as hook:
            sending = asyncio.create_task(hook.send(CREATED))
            await target.reached.wait()
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.wait([sending], timeout=10)
        assert isinstance(sending.exception(), aiohttp.ClientError)
        assert loop.time() - before < 5
        target.hold.set()


@pytest.fixture
def connection(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ALLAWEE_API_KEY", sandbox.api_key)
    return ConnectionOptions(base_url=sandbox.url, secure_url=sandbox.secure_url)


class TestRegistering:
    async def test_the_webhook_is_there_for_the_time_of_the_command(
        self, listening: Any, connection: Any, sandbox: Any, allawee: Any
    ) -> None:
        async with listening(connection=connection, register=True) as hook:
            (webhook,) = await allawee.webhooks.list().to_list()
            assert (webhook.url, webhook.status) == (f"{hook.url}/", "enabled")
            assert sorted(webhook.events) == sorted(listen_registration.ALL_EVENTS)
            assert f"Registered as {webhook.id} for the time of this command" in hook.told
            for name, data in ((EVENT, json.loads(CREATED)), ("request.completed", None)):
                document = DOCUMENTED[name] if data is None else CREATED
                sandbox.state.emit(name, json.loads(document)["data"])
            await sandbox.deliver()
            assert [(each["event"], each["signature"]) for each in hook.deliveries()] == [
                (EVENT, "ok"),
                ("request.completed", "ok"),
            ]
        assert await allawee.webhooks.list().to_list() == []

    async def test_only_for_the_events_that_are_named(
        self, listening: Any, connection: Any, allawee: Any
    ) -> None:
        given = {"connection": connection, "register": True}
        async with listening(events=(EVENT,), public_url="https://tunnel.example/x", **given):
            (webhook,) = await allawee.webhooks.list().to_list()
        assert webhook.events == (EVENT,)
        assert webhook.url == "https://tunnel.example/x"

    async def fails(self, connection: Any, **options: Any) -> Any:
        with pytest.raises(AllaweeError) as raised:
            await _listen(ListenOptions(port=0, **options), SecretText(KEY), connection)
        assert KEY not in str(raised.value)
        return raised.value

    async def test_where_it_cannot_be_created(
        self, connection: Any, sandbox: Any, allawee: Any
    ) -> None:
        sandbox.faults.status(400, method="POST", path="/webhooks")
        assert (await self.fails(connection)).status == 400
        assert [request.method for request in sandbox.requests] == ["POST"]
        assert await allawee.webhooks.list().to_list() == []

    async def test_an_answer_that_was_lost_leaves_no_webhook(
        self, connection: Any, sandbox: Any, allawee: Any
    ) -> None:
        sandbox.faults.reset(after_effect=True, method="POST", path="/webhooks")
        assert (await self.fails(connection)).outcome_unknown
        assert await allawee.webhooks.list().to_list() == []

    async def test_one_that_cannot_be_enabled_is_deleted(
        self, connection: Any, sandbox: Any, allawee: Any
    ) -> None:
        sandbox.faults.status(403, path="/webhooks/*", method="POST")
        assert (await self.fails(connection)).status == 403
        assert await allawee.webhooks.list().to_list() == []

    async def test_ctrl_c_while_it_is_created_leaves_no_webhook(
        self, connection: Any, sandbox: Any, allawee: Any
    ) -> None:
        sandbox.faults.hang(after_effect=True, method="POST", path="/webhooks")
        options = ListenOptions(port=0)
        command = asyncio.create_task(_listen(options, SecretText(KEY), connection))
        while not len(sandbox.state.webhooks):  # noqa: ASYNC110 - it does not tell by itself
            await asyncio.sleep(0.001)
        command.cancel()
        await asyncio.wait([command], timeout=10)
        assert command.cancelled()
        assert await allawee.webhooks.list().to_list() == []

    async def test_an_api_that_does_not_tell_the_id(
        self, listening: Any, connection: Any, allawee: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from allawee_async.resources.webhooks import Webhooks

        create = Webhooks.create

        async def tell_less(self: Any, **body: Any) -> Any:
            return attrs.evolve(await create(self, **body), id=None)

        await allawee.webhooks.create(name="mine", events=["x"], url="http://127.0.0.1:1/")
        with monkeypatch.context() as patch:
            patch.setattr(Webhooks, "create", tell_less)
            async with listening(connection=connection) as hook:
                assert "Registered as wh." in hook.told
        assert [each.name for each in await allawee.webhooks.list().to_list()] == ["mine"]

    async def test_an_api_that_does_not_list_it_either(
        self, connection: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def nothing(*_: Any) -> None:
            return None

        from allawee_async.resources.webhooks import Webhooks

        create = Webhooks.create

        async def tell_less(self: Any, **body: Any) -> Any:
            return attrs.evolve(await create(self, **body), id=None)

        monkeypatch.setattr(Webhooks, "create", tell_less)
        monkeypatch.setattr(listen_registration, "_id_of", nothing)
        with pytest.raises(CommandError, match="the API told no id for the webhook"):
            await _listen(ListenOptions(port=0), SecretText(KEY), connection)

    async def test_an_event_that_no_document_names_is_a_warning(
        self, listening: Any, connection: Any
    ) -> None:
        async with listening(events=("*", EVENT), connection=connection) as hook:
            assert hook.told.count("warning: no document names the event '*'") == 1
            assert f"the event {EVENT!r}" not in hook.told

    async def test_what_cannot_be_deleted_is_disabled_and_told(
        self, listening: Any, connection: Any, sandbox: Any, allawee: Any
    ) -> None:
        async with listening(connection=connection) as hook:
            (webhook,) = await allawee.webhooks.list().to_list()
            sandbox.faults.status(403, method="DELETE")
        assert f"warning: the webhook {webhook.id} could not be deleted" in hook.told, hook.told
        assert "`allawee webhooks delete`" in hook.told
        assert (await allawee.webhooks.get(webhook.id)).status == "disabled"

    async def test_an_api_that_hangs_at_the_end_holds_nobody_up(
        self, listening: Any, connection: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listen_registration, "_TIME_TO_REMOVE", 0.1)
        async with listening(connection=connection) as hook:
            sandbox.faults.hang(method="DELETE")
        assert "could not be deleted" in hook.told

    async def test_a_second_ctrl_c_ends_it_and_tells_what_is_left(
        self, listening: Any, connection: Any, sandbox: Any, allawee: Any
    ) -> None:
        async with listening(connection=connection) as hook:
            (webhook,) = await allawee.webhooks.list().to_list()
            sandbox.faults.hang(method="DELETE")
            hook.command.cancel()
            while sandbox.requests[-1].method != "DELETE":  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.001)
            hook.command.cancel()
            await asyncio.wait([hook.command])
        left = f"the webhook {webhook.id} could not be deleted (no answer was waited for)"
        assert left in hook.told

    async def test_what_somebody_else_has_deleted_is_no_trouble(
        self, listening: Any, connection: Any, allawee: Any
    ) -> None:
        async with listening(connection=connection) as hook:
            (webhook,) = await allawee.webhooks.list().to_list()
            await allawee.webhooks.delete(webhook.id)
        assert "warning" not in hook.told

    async def test_a_sandbox_of_its_own_says_where_it_is(self, listening: Any) -> None:
        from allawee_async import AllaweeClient

        async with listening(connection=ConnectionOptions(sandbox=True)) as hook:
            told = dict(re.findall(r"ALLAWEE_(\w+)=(\S+)", hook.told))
            async with AllaweeClient(
                told["API_KEY"], base_url=told["BASE_URL"], secure_url=told["SECURE_URL"]
            ) as client:
                (webhook,) = await client.webhooks.list().to_list()
        assert webhook.url == f"{hook.url}/"


class TestBeforeItBegins:
    def refused(self, **options: Any) -> Any:
        with pytest.raises(CommandError) as raised:
            listen(options=ListenOptions(port=0, **options), connection=ConnectionOptions())
        return str(raised.value)

    def test_two_who_answer(self) -> None:
        told = self.refused(forward_to="http://127.0.0.1:8000", decide=Answering.DECLINE)
        assert told.endswith("leave one of them out")

    @pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x", "http://", "http://x:y/"])
    def test_what_is_no_url(self, url: Any) -> None:
        assert "must be a URL" in self.refused(forward_to=url)
        assert "must be a URL" in self.refused(register=True, public_url=url)

    def test_an_api_that_cannot_reach_this_computer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", "sk.test.canary")
        assert "--public-url" in self.refused(register=True)

    @pytest.mark.parametrize("key", [LIVE, "sk_live_canary"])
    def test_a_key_that_may_be_live(self, monkeypatch: pytest.MonkeyPatch, key: Any) -> None:
        """Decisions on cards of real customers would come here."""
        monkeypatch.setenv("ALLAWEE_API_KEY", key)
        told = self.refused(register=True, public_url="https://tunnel.example")
        assert "repeat it with --yes" in told
        assert "canary" not in told

    def test_a_sandbox_needs_neither_a_key_nor_an_answer(self) -> None:
        check_registration(ListenOptions(), ConnectionOptions(sandbox=True))

    def test_no_key(self) -> None:
        assert "no API key" in self.refused(register=True)

    @pytest.mark.parametrize("to", [{}, {"forward_to": "http://127.0.0.1:8000"}])
    @pytest.mark.parametrize("given", [None, KEY])
    def test_a_key_made_here_is_told_once_to_who_has_to_check_with_it(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        to: Any,
        given: Any,
    ) -> None:
        async def nothing(*_: Any) -> None:
            pass

        monkeypatch.setattr("allawee_async.cli.listen.run._listen", nothing)
        if given:
            monkeypatch.setenv("ALLAWEE_SIGNING_KEY", given)
        listen(options=ListenOptions(**to), connection=ConnectionOptions(sandbox=True))
        told = capsys.readouterr().err

        assert bool(re.search(r"ALLAWEE_SIGNING_KEY=[0-9a-f]{64}\n", told)) is (
            bool(to) and not given
        )

    def test_a_port_in_use(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(CommandError, match=rf"127\.0\.0\.1:{port} .*with --port"):
                listen(options=ListenOptions(port=port), connection=ConnectionOptions())

    def test_a_live_key_with_yes_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALLAWEE_API_KEY", LIVE)
        here = ConnectionOptions(base_url="http://127.0.0.1:1", timeout=1)
        with pytest.raises(AllaweeError, match="no connection"):
            listen(options=ListenOptions(port=0, register=True, yes=True), connection=here)

    @pytest.mark.usefixtures("new_program")
    def test_the_options_reach_it(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        seen: list[tuple[ListenOptions, ConnectionOptions]] = []

        def listen(*, options: ListenOptions, connection: ConnectionOptions) -> None:
            seen.append((options, connection))

        monkeypatch.setattr("allawee_async.cli.listen.run.listen", listen)
        path = tmp_path / "k"
        result = run(
            *("webhooks", "listen", "--port", "1", "--decide", "approve", "--card-balance", "5"),
            *("--card-holder", "Ada", "--register", "--event", "a", "--event", "b", "--yes"),
            *("--public-url", "https://x", "--signing-key-file", str(path), "--output", "jsonl"),
            *("--base-url", "https://y"),
        )
        assert result.exit_code == 0, result.output
        options = ListenOptions(
            port=1, decide=Answering.APPROVE, card_balance=5, card_holder="Ada", register=True,
            events=["a", "b"], yes=True, public_url="https://x", signing_key_file=path,
            output=LogFormat.JSONL,
        )  # fmt: skip
        assert seen == [(options, ConnectionOptions(base_url="https://y"))]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals to send")
@pytest.mark.parametrize(
    ("number", "code", "told"),
    [("SIGINT", 130, [b"interrupted"]), ("SIGTERM", 0, []), ("SIGHUP", 0, [])],
)
async def test_a_process_that_is_stopped_leaves_nothing_behind(
    sandbox: Any, number: Any, code: Any, told: Any
) -> None:
    process = nursery.python(
        *("-m", "allawee_async", "webhooks", "listen"),
        *("--register", "--port", "0", "--output", "jsonl"),
        flags=("-X", "dev"),
        stdout=nursery.PIPE,
        stderr=nursery.PIPE,
        env={
            **os.environ,
            "ALLAWEE_API_KEY": sandbox.api_key,
            "ALLAWEE_BASE_URL": sandbox.url,
            "ALLAWEE_SECURE_URL": sandbox.secure_url,
        },
    )
    assert process.stdout
    assert process.stderr
    async with asyncio.timeout(60):
        heard = b""
        while b"Listening" not in heard:
            line = await asyncio.to_thread(process.stderr.readline)
            assert line, heard
            heard += line
        assert len(sandbox.state.webhooks) == 1
        sandbox.state.emit(EVENT, json.loads(CREATED)["data"])
        await sandbox.deliver()
        received = await asyncio.to_thread(process.stdout.readline)
        assert json.loads(received)["signature"] == "ok"
        process.send_signal(getattr(signal, number))
        _, rest = await asyncio.to_thread(process.communicate)
    # How long a turn of the loop took, which -X dev tells as well, is the machine's affair.
    complaints = [line for line in rest.splitlines() if not line.startswith(b"Executing <")]
    assert (process.returncode, complaints) == (code, told)
    assert len(sandbox.state.webhooks) == 0
