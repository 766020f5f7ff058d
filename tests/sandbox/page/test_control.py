"""What a terminal asks of a running sandbox: its requests and faults as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.page.control import HEADER

if TYPE_CHECKING:
    import aiohttp

    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Caller


class Control:
    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.at = f"{sandbox.page_url}/control/"

    async def ask(self, method: str, name: str, form: dict[str, str] | None = None) -> Any:
        async with self.session.request(
            method, self.at + name, data=form, headers={HEADER: "1"}
        ) as reply:
            assert reply.content_type == "application/json"
            return reply.status, json.loads(await reply.text())


@pytest.fixture
def control(session: aiohttp.ClientSession, sandbox: Sandbox) -> Control:
    return Control(session, sandbox)


async def test_faults_to_come_tell_what_they_hit(control: Control) -> None:
    form = {"kind": "503", "times": "2", "method": "get", "path": "/cards*"}
    ordered = await control.ask("POST", "faults", form)
    assert ordered == (200, {"told": "Ordered: 503 Service Unavailable."})
    await control.ask("POST", "faults", {"kind": "hang", "times": "0"})
    _, listed = await control.ask("GET", "faults")

    assert listed["faults"] == [
        {"fault": "status 503: the next 2 requests, GET /cards*",
         "left": 2, "method": "GET", "path": "/cards*"},
        {"fault": "hang: all requests", "left": None, "method": None, "path": None},
    ]  # fmt: skip
    assert listed["kinds"]["garbage"] == "200 with a page of HTML"
    told = await control.ask("POST", "faults/clear")
    assert told == (200, {"told": "All faults are taken back."})
    assert (await control.ask("GET", "faults"))[1]["faults"] == []


async def test_requests_are_told_with_their_bodies_if_that_is_wished(
    control: Control, allawee: Caller
) -> None:
    await allawee.post({"name": "Ada", "pin": "4821"})
    await allawee.get("/cards", limit="1")
    _, short = await control.ask("GET", "requests?count=1")
    _, whole = await control.ask("GET", "requests?bodies=yes")

    (newest,) = short["requests"]
    assert (newest["method"], newest["path"], newest["query"]) == ("GET", "/cards", "limit=1")
    assert "body" not in newest
    first, second = whole["requests"]
    assert json.loads(first["body"]) == {"name": "Ada", "pin": "***"}
    assert '"statusCode": 400' in first["answer"]
    assert second["body"] is None


async def test_a_path_that_is_no_text_is_told(
    control: Control, allawee: Caller, sandbox: Sandbox
) -> None:
    await allawee.get("/cards")
    sandbox.requests[0].path = "/\udcff"

    assert (await control.ask("GET", "requests"))[1]["requests"][0]["path"] == "/?"


@pytest.mark.parametrize("count", ["x", "-1", "9" * 5_000])
async def test_a_count_that_is_none_is_passed_over(control: Control, count: str) -> None:
    assert await control.ask("GET", f"requests?count={count}") == (200, {"requests": []})


async def test_what_there_is_not(control: Control) -> None:
    for method, name in [("GET", "x"), ("POST", "requests"), ("GET", "faults/clear")]:
        assert await control.ask(method, name) == (404, {"told": "There is no such thing."})
