"""Who may see the sandbox's page, and who may press its buttons."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.page import views
from allawee_async.sandbox.page.guard import Visit, is_loopback, objection, objection_to_action
from allawee_async.version import install_command
from tests.sandbox.page_visitor import Visitor
from tests.support.tables import for_each

if TYPE_CHECKING:
    import aiohttp

HERE = Visit(
    peer="127.0.0.1",
    own="127.0.0.1",
    host="127.0.0.1:8080",
    origin="http://127.0.0.1:8080",
    site="same-origin",
)


@pytest.fixture
def visitor(session: aiohttp.ClientSession, sandbox: Sandbox) -> Visitor:
    return Visitor(session, sandbox)


@pytest.mark.parametrize(
    ("peer", "own", "may"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.8.9.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.168.1.5", "192.168.1.5", True),
        ("192.168.1.6", "192.168.1.5", False),
        ("::ffff:192.168.1.6", "::ffff:192.168.1.5", False),
        ("", "127.0.0.1", False),
    ],
)
def test_the_page_is_for_this_computer(peer: str, own: str, may: bool) -> None:
    visit = attrs.evolve(HERE, peer=peer, own=own)

    assert (objection(visit, "0.0.0.0") is None) is may


@for_each(
    ("host", "may"),
    [
        ("127.0.0.1:8080", True),
        ("localhost:8080", True),
        ("LOCALHOST", True),
        ("app.localhost:1", True),
        ("[::1]:8080", True),
        ("my.box:8080", True),
        ("evil.example:8080", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("evil.example@127.0.0.1", True),  # it is 127.0.0.1 that was called; see the origin
        ("192.168.1.5:8080", False),
        ("[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_the_page_is_called_by_a_name_of_this_computer(host: str | None, may: bool) -> None:
    assert (objection(attrs.evolve(HERE, host=host), "my.box") is None) is may


@for_each(
    ("given", "may"),
    [
        ({}, True),
        ({"site": None}, True),
        ({"origin": None}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://127.0.0.1:3000"}, False),
        ({"origin": "https://127.0.0.1:8080"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"site": "cross-site"}, False),
        ({"site": "same-site"}, False),
        ({"site": "none"}, False),
    ],
)
def test_actions_come_from_the_page_itself(given: dict[str, Any], may: bool) -> None:
    visit = attrs.evolve(HERE, **given)

    assert (objection_to_action(visit, "token", "token") is None) is may


@pytest.mark.parametrize("sent", ["", "toke", "token ", "tokén"])
def test_actions_bring_the_token_along(sent: str) -> None:
    assert objection_to_action(HERE, sent, "token") is not None


def test_an_address_is_of_this_computer_or_not() -> None:
    assert not is_loopback("localhost")
    assert not is_loopback("8.8.8.8")


async def test_every_answer_keeps_strangers_out(visitor: Visitor) -> None:
    for path in ("", "/customers", "/page.css", "/page.js", "/icon.svg", "/nothing", "/do/reset"):
        headers = (await visitor.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers


async def test_the_parts_of_the_page_are_there(visitor: Visitor) -> None:
    kinds = {
        path: ((await visitor.get(path)).status, (await visitor.get(path)).headers["Content-Type"])
        for path in ("/page.css", "/page.js", "/icon.svg", "/", "/customers/")
    }

    assert kinds == {
        "/page.css": (200, "text/css; charset=utf-8"),
        "/page.js": (200, "text/javascript; charset=utf-8"),
        "/icon.svg": (200, "image/svg+xml"),
        "/": (200, "text/html; charset=utf-8"),
        "/customers/": (200, "text/html; charset=utf-8"),
    }
    for path in ("/%2e%2e%2fserver.py", "/page.py", "/__init__.py", "/do/"):
        assert (await visitor.get(path)).status in (404, 405), path


async def test_a_foreign_name_sees_nothing(visitor: Visitor) -> None:
    for path in ("", "/customers", "/page.js"):
        answer = await visitor.get(path, Host="evil.example")
        assert answer.status == 403
        assert "token" not in answer.text
        assert "127.0.0.1" in answer.text


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("wrong", {"Origin": "own"}),
        ("", {"Origin": "own"}),
        (None, {}),
        (None, {"Origin": "http://evil.example"}),
        (None, {"Origin": "null"}),
        (None, {"Origin": "own", "Sec-Fetch-Site": "cross-site"}),
        (None, {"Origin": "http://evil.example", "Host": "evil.example"}),
    ],
)
async def test_another_site_can_press_no_button(
    visitor: Visitor, sandbox: Sandbox, token: str | None, headers: dict[str, str]
) -> None:
    sandbox.add_customer({"name": "Still here"})
    told = {name: sandbox.url if value == "own" else value for name, value in headers.items()}
    answer = await visitor.post("reset", {}, token=token, headers=told)

    assert answer.status == 403
    assert len(sandbox.state.customers) == 3


async def test_a_token_is_good_for_one_run(session: aiohttp.ClientSession) -> None:
    async with Sandbox() as one, Sandbox() as other:
        foreign = await Visitor(session, one).token()
        answer = await Visitor(session, other).post("settle", {}, token=foreign)

    assert answer.status == 403
    assert "reload" in answer.text


async def test_nothing_is_done_by_reading(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.add_customer({"name": "Still here"})
    token = await visitor.token()
    answer = await visitor.get(f"/do/reset?token={token}", Origin=sandbox.url)

    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert len(sandbox.state.customers) == 3


async def test_wrong_methods_unknown_actions_and_long_forms_are_refused(
    visitor: Visitor, session: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    async with session.put(sandbox.page_url) as reply:
        assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")
    async with session.head(sandbox.page_url) as reply:
        assert (reply.status, await reply.text()) == (200, "")
    assert (await visitor.post("nothing", {})).status == 404
    assert (await visitor.post("settle", {"x": "y" * 20_000})).status == 413
    assert not sandbox.crashes


async def test_the_page_needs_no_key_and_is_no_request_of_the_api(
    visitor: Visitor, sandbox: Sandbox
) -> None:
    sandbox.revoke_key(sandbox.api_key)
    sandbox.faults.status(503, times=None)

    assert (await visitor.get()).status == 200
    assert len(sandbox.requests) == 0
    assert sandbox.api_key not in (await visitor.get()).text


@pytest.mark.parametrize("path", ["/_sandboxes", "/_sandbox.json", "/_Sandbox", "/x/_sandbox"])
async def test_other_paths_are_the_apis(visitor: Visitor, sandbox: Sandbox, path: str) -> None:
    async with visitor.session.get(sandbox.url + path) as reply:
        assert (await reply.json())["code"] == "unauthorized"


async def test_the_secure_host_has_no_page(visitor: Visitor, sandbox: Sandbox) -> None:
    async with visitor.session.get(sandbox.secure_url + "/_sandbox") as reply:
        assert reply.status == 401


async def test_a_sandbox_can_do_without_the_page(session: aiohttp.ClientSession) -> None:
    async with Sandbox(page=False) as sandbox:
        async with session.get(sandbox.url + "/_sandbox") as reply:
            assert reply.status == 401
        with pytest.raises(RuntimeError, match="page=True"):
            _ = sandbox.page_url


async def test_a_mistake_of_the_page_is_told_and_kept(
    visitor: Visitor, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with Sandbox() as sandbox:
        sandbox.state.customers.listing = None  # type: ignore[assignment,method-assign]
        answer = await Visitor(session, sandbox).get("/customers")

        assert answer.status == 500
        assert len(sandbox.crashes) == 1
        assert "failed to show its page" in caplog.text
        assert "itself failed: 1 time" in (await Visitor(session, sandbox).get()).text


async def test_without_jinja2_all_but_the_page_works(
    visitor: Visitor, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "environment", views.environment.__wrapped__)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    answer = await visitor.get()

    assert answer.status == 501
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert install_command("cli") in answer.text
    assert (await visitor.get("/page.css")).status == 200
    assert not sandbox.crashes


async def test_the_key_is_shown_as_long_as_it_opens(visitor: Visitor, sandbox: Sandbox) -> None:
    for name, value in [
        ("BASE_URL", sandbox.url),
        ("SECURE_URL", sandbox.secure_url),
        ("API_KEY", sandbox.api_key),
    ]:
        assert f"export ALLAWEE_{name}={value}" in (await visitor.get()).text
    sandbox.revoke_key(sandbox.api_key)
    text = (await visitor.get()).text

    assert sandbox.api_key not in text
    assert "key is revoked" in text


async def test_paths_that_are_no_text_are_shown(visitor: Visitor, sandbox: Sandbox) -> None:
    async with visitor.session.get(
        sandbox.url + "/customers", headers={"Authorization": "Bearer sk.test.x"}
    ):
        pass
    sandbox.requests[0].path = "/\udcff"

    assert (await visitor.get("/requests")).status == 200
