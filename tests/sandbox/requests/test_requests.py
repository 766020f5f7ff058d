"""What every request goes through: keys, hosts, paths, methods, bodies."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from allawee_async.sandbox import LoggedRequest, Sandbox
from allawee_async.sandbox.api.app import Api
from allawee_async.sandbox.http.request_log import RequestLog

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, Calling


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({}, "Authorization Required"),
        ({"Authorization": ""}, "Authorization Required"),
        ({"Authorization": "Basic c2s6"}, "Invalid Authorization Type"),
        ({"Authorization": "sk.test.1"}, "Invalid Authorization Type"),
        ({"Authorization": "Bearer"}, "Malformed Authorization Key"),
        ({"Authorization": "Bearer key"}, "Malformed Authorization Key"),
        ({"Authorization": "Bearer sk.test.a b"}, "Malformed Authorization Key"),
        ({"Authorization": "Bearer sk.test.ключ"}, "Malformed Authorization Key"),
        ({"Authorization": "Bearer sk.test.unknown"}, "Invalid Authorization Key"),
        ({"Authorization": "Bearer sk.live.unknown"}, "Invalid Authorization Key"),
    ],
)
async def test_without_a_good_key_nobody_gets_in(
    allawee: Caller, sandbox: Sandbox, header: dict[str, str], message: str
) -> None:
    async with allawee.session.get(f"{sandbox.url}/customers", headers=header) as reply:
        assert reply.status == 401
        assert await reply.json() == {"code": "unauthorized", "message": message}
        assert reply.headers["x-request-id"].startswith("req_")


async def test_the_scheme_may_be_written_small(allawee: Caller, sandbox: Sandbox) -> None:
    headers = {"Authorization": f"bearer {sandbox.api_key}"}

    assert (await allawee.send("GET", "/customers", headers=headers)).status == 200


async def test_keys_are_added_and_revoked(allawee: Caller, sandbox: Sandbox) -> None:
    new = {"Authorization": "Bearer sk.test.new"}
    sandbox.add_key("sk.test.new")
    sandbox.add_key("sk.test.new")

    assert (await allawee.get("/customers")).status == 200
    assert (await allawee.send("GET", "/customers", headers=new)).status == 200
    sandbox.revoke_key(sandbox.api_key)
    assert (await allawee.get("/customers")).json["message"] == "Invalid Authorization Key"
    assert (await allawee.send("GET", "/customers", headers=new)).status == 200
    with pytest.raises(ValueError, match="cannot be revoked"):
        sandbox.revoke_key(sandbox.api_key)


@pytest.mark.parametrize("key", ["hidden", "sk.test.", "sk.test.a b", "sk.other.x"])
async def test_a_key_must_look_like_one(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(ValueError, match="starts with") as caught:
        sandbox.add_key(key)
    assert "hidden" not in str(caught.value)
    with pytest.raises(ValueError, match="starts with"):
        Sandbox(api_key=key)


async def test_customers_are_on_the_standard_host_only(allawee: Caller) -> None:
    answer = await allawee.send("GET", "/customers", secure=True)

    assert answer.status == 404
    assert answer.json == {"code": "not-found", "message": "No endpoint has this path."}


@pytest.mark.parametrize(
    "path",
    ["/", "/nothing", "/customers/", "/customers/a/b", "//customers", "/" + "a/" * 500,
     "/customers/a%2Fb", "/customers/..%2Fcustomers", "/customers/%00", "/customers/%ff"],
)  # fmt: skip
async def test_other_paths_are_not_found(allawee: Caller, path: str) -> None:
    from yarl import URL

    url = URL(allawee.sandbox.url + path, encoded=True)
    headers = {"Authorization": f"Bearer {allawee.sandbox.api_key}"}
    async with allawee.session.get(url, headers=headers) as reply:
        assert reply.status == 404
        assert (await reply.json())["code"] == "not-found"


async def test_an_encoded_id_is_decoded(allawee: Caller, sandbox: Sandbox) -> None:
    sandbox.add_customer({"id": "a/b ?#ö"})
    answer = await allawee.get("/customers/a%2Fb%20%3F%23%C3%B6")

    assert answer.json["data"]["id"] == "a/b ?#ö"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/customers", "GET, POST"),
        ("PATCH", "/customers/cus.1", "GET, PUT"),
        ("POST", "/customers/cus.1", "GET, PUT"),
        ("OPTIONS", "/customers", "GET, POST"),
    ],
)
async def test_other_methods_are_not_allowed(
    allawee: Caller, method: str, path: str, allowed: str
) -> None:
    answer = await allawee.send(method, path)

    assert answer.status == 405
    assert answer.headers["Allow"] == allowed
    assert answer.json["code"] == "method-not-allowed"


@pytest.mark.parametrize(
    "body",
    [b"{", b"nothing", b"\xff", b'{"a":NaN}', b"[" * 100_000, b'{"name":"\\ud800"}', b"\x00"],
)
async def test_what_is_not_json_is_refused(allawee: Caller, body: bytes) -> None:
    answer = await allawee.send("POST", "/customers", data=body)

    assert answer.status == 400
    assert answer.json == {
        "statusCode": 400,
        "message": "The body is not valid JSON.",
        "error": "Bad Request",
    }


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null", '[{"name": "Ada"}]'])
async def test_json_that_is_no_object_is_refused(allawee: Caller, body: str) -> None:
    answer = await allawee.send("POST", "/customers", data=body.encode())

    assert answer.json["message"] == ["body must be an object"]


async def test_an_empty_body_is_an_empty_object(allawee: Caller) -> None:
    assert len((await allawee.send("POST", "/customers")).json["message"]) == 4


@pytest.mark.parametrize(("levels", "status"), [(30, 200), (31, 400), (500, 400)])
async def test_bodies_are_nested_up_to_a_limit(
    allawee: Caller, new_customer: dict[str, Any], levels: int, status: int
) -> None:
    deep: Any = "end"
    for _ in range(levels):
        deep = [deep]
    answer = await allawee.post(new_customer | {"metadata": {"deep": deep}})

    assert answer.status == status
    assert status == 200 or "32 levels" in answer.json["message"]


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 10_000_000])
async def test_bodies_have_a_limit(allawee: Caller, size: int) -> None:
    answer = await allawee.send("POST", "/customers", data=io.BytesIO(b"x" * size))

    assert answer.status == 413
    assert answer.json["code"] == "payload-too-large"
    assert (await allawee.get("/customers")).status == 200


async def test_a_bomb_is_not_unpacked_for_ever(allawee: Caller) -> None:
    bomb = gzip.compress(bytes(80 * 1024 * 1024), 1)
    headers = {"Content-Encoding": "gzip"}

    assert (await allawee.send("POST", "/customers", data=bomb, headers=headers)).status == 413


async def test_a_body_that_cannot_be_unpacked_is_refused(allawee: Caller) -> None:
    headers = {"Content-Encoding": "gzip"}
    answer = await allawee.send("POST", "/customers", data=b"no gzip", headers=headers)

    assert answer.status == 400
    assert answer.json["message"] == "The body cannot be decoded."


async def test_a_client_that_leaves_while_sending_changes_nothing(
    allawee: Caller, sandbox: Sandbox
) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /customers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Authorization: Bearer " + sandbox.api_key.encode() + b"\r\n\r\n{"
    )
    await writer.drain()
    await allawee.arrived(1)
    writer.close()
    await writer.wait_closed()

    assert (await allawee.get("/customers")).status == 200
    assert sandbox.requests[0].status is None
    assert len(sandbox.state.customers) == 2


async def test_a_very_long_filter_is_read(allawee: Caller) -> None:
    names = "name|in|" + ",".join(f"name{index}" for index in range(4000))

    assert (await allawee.list(filter=names)).ids == []


async def test_a_mistake_of_the_sandbox_is_a_500_and_can_be_seen(
    allawee: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("planted")

    with monkeypatch.context() as patched, caplog.at_level(logging.CRITICAL):
        patched.setattr(Api, "answer", fail)
        answer = await allawee.get("/customers")

    assert answer.status == 500
    assert answer.json["code"] == "internal-error"
    assert "planted" in answer.json["message"]
    (crash,) = sandbox.crashes
    assert isinstance(crash, LookupError)
    sandbox.reset()
    assert (await allawee.get("/customers")).status == 200


async def test_the_log_tells_what_came_and_not_who_may_do_what(
    allawee: Caller, sandbox: Sandbox, new_customer: dict[str, Any]
) -> None:
    first = await allawee.list(filter="name:<Ada Obi>", limit="3")
    await allawee.post(new_customer)
    await allawee.send("GET", "/customers", secure=True)

    entry, created, missed = sandbox.requests
    assert (entry.host, entry.method, entry.path, entry.status) == ("api", "GET", "/customers", 200)
    assert entry.query == (("filter", "name:<Ada Obi>"), ("limit", "3"))
    assert entry.request_id == first.headers["x-request-id"]
    assert entry.faults == ()
    assert (created.method, created.status) == ("POST", 200)
    assert (missed.host, missed.status) == ("secure", 404)
    assert sandbox.requests[1:] == [created, missed]
    printed = repr(sandbox.requests)
    assert sandbox.api_key not in printed
    assert "ada@example.com" not in printed


async def test_the_log_is_bounded(calling: Calling) -> None:
    async with Sandbox(log_size=2) as sandbox:
        caller = calling(sandbox)
        for limit in "123":
            await caller.list(limit=limit)

        assert [dict(entry.query)["limit"] for entry in sandbox.requests] == ["2", "3"]


async def test_the_log_has_the_beginning_of_an_answer_without_secrets(
    allawee: Caller, sandbox: Sandbox
) -> None:
    before = datetime.now(UTC)
    sandbox.add_customer({"name": "x" * 10_000})
    await allawee.get("/customers/none")
    await allawee.send("GET", "/cards/c.2tXPDv41Ri2qewJXL/secrets", secure=True)
    await allawee.list()
    missed, secrets, listed = sandbox.requests

    assert missed.answer == json.dumps(
        {"code": "not-found", "message": "No customer has the id 'none'."}, indent=2
    )
    assert before <= missed.at <= datetime.now(UTC)
    assert missed.seconds is not None
    assert 0 <= missed.seconds < 10
    assert secrets.answer is not None
    assert secrets.answer.count('"***"') == 2
    assert listed.answer is not None
    assert listed.answer_size > 10_000 > len(listed.answer) > 3_000
    assert listed.answer.endswith("…")
    assert '"code"' not in repr(sandbox.requests)


async def test_answers_that_were_cut_or_never_came_are_in_the_log_as_they_are(
    allawee: Caller, sandbox: Sandbox
) -> None:
    sandbox.faults.cut_json()
    await allawee.get("/customers/none")
    sandbox.faults.reset(times=2)  # aiohttp asks a second time
    with pytest.raises(aiohttp.ClientError):
        await allawee.get("/customers")
    cut, reset, _ = sandbox.requests

    assert cut.answer is not None
    assert cut.answer.startswith('{"code":"not-found"')
    assert not cut.answer.endswith("}")
    assert (reset.answer, reset.seconds, reset.status) == (None, None, None)


def test_only_the_latest_answers_are_kept() -> None:
    log = RequestLog(1_000)
    for number in range(500):
        entry = LoggedRequest("api", "GET", "/", (), f"req_{number}")
        log.append(entry)
        entry.close(200, b"x" * 9_000)

    assert sum(entry.answer is not None for entry in log) == 200
    assert [entry.request_id for entry in log.latest(2)] == ["req_499", "req_498"]
    assert all(len(entry._answer) <= 4_096 for entry in log)
