"""The client: how it is made, what it shows of itself, and the door for any endpoint."""

import asyncio
import copy
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from allawee_async import (
    AllaweeClient,
    AllaweeError,
    ConfigurationError,
    Customer,
    NotFoundError,
    Reply,
    RequestTimeoutError,
    RetryPolicy,
    to_dict,
)
from allawee_async.sandbox import Sandbox
from tests.support.canaries import locals_text
from tests.support.raw_server import RawServer, answers, one
from tests.support.tables import for_each

KEY = "sk.test.canary"


async def failure(call: Awaitable[object]) -> AllaweeError:
    with pytest.raises(AllaweeError) as caught:
        await call
    return caught.value


# Making one


def test_without_a_key_there_is_no_client() -> None:
    with pytest.raises(ConfigurationError, match="ALLAWEE_API_KEY") as caught:
        AllaweeClient()
    assert isinstance(caught.value, ValueError)


async def test_everything_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer() as server, RawServer() as safe:
        monkeypatch.setenv("ALLAWEE_API_KEY", KEY)
        monkeypatch.setenv("ALLAWEE_BASE_URL", server.url)
        monkeypatch.setenv("ALLAWEE_SECURE_URL", safe.url)
        async with AllaweeClient() as allawee:
            await allawee.customers.get("cus.1")
            await allawee.request("GET", "/a", secure=True)

    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert [request.path for request in safe.requests] == ["/a"]


async def test_arguments_take_the_place_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLAWEE_API_KEY", "sk.test.other")
    monkeypatch.setenv("ALLAWEE_BASE_URL", "https://example.com")
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        await allawee.customers.get("cus.1")

    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_the_environment_is_read_once_when_the_client_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer() as server:
        monkeypatch.setenv("ALLAWEE_API_KEY", KEY)
        async with AllaweeClient(base_url=server.url) as allawee:
            monkeypatch.delenv("ALLAWEE_API_KEY")
            await allawee.customers.get("cus.1")

    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["", " ", "sk.test.canary\n", "a b", "clé", 5, b"sk.test.canary"])
def test_what_cannot_be_a_key_is_refused_without_being_shown(key: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AllaweeClient(key)
    assert "canary" not in str(caught.value)
    assert "canary" not in locals_text(caught.value)


@for_each("name", ["base_url", "secure_url"])
@for_each(
    "url",
    [
        "http://api.allawee.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://2130706433",
        "ftp://localhost",
        "api.allawee.com",
        "https://",
        "https://user:canary@api.allawee.com",
        "https://api.allawee.com?x=canary",
        "https://api.allawee.com#x",
        "https://api.allawee.com:port",
        "https://api.allawee.com:99999",
        "https://[::1",
        "https://api.allawee.com/a b",
        "https://api.alla\nwee.com",
        5,
    ],
)
def test_hosts_that_are_unsafe_or_none_are_refused(name: str, url: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AllaweeClient(KEY, **{name: url})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:1", "http://127.0.0.1", "http://127.8.9.1:80", "http://[::1]:8080/v1/"],
)
def test_plain_http_is_fine_on_this_computer(url: str) -> None:
    assert url.rstrip("/").removeprefix("http://") in repr(
        AllaweeClient(KEY, base_url=url, secure_url=url)
    )


async def test_a_base_url_may_have_a_path_with_or_without_a_slash_at_its_end() -> None:
    async with RawServer() as server:
        for ending in ("/v1", "/v1/"):
            async with AllaweeClient(KEY, base_url=server.url + ending) as allawee:
                await allawee.customers.get("cus.1")

    assert {request.path for request in server.requests} == {"/v1/customers/cus.1"}


# What it shows


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk.test.canary", "test key"),
        ("sk.live.canary", "live key"),
        ("canary", "key"),
        (lambda: "sk.live.canary", "function"),
    ],
)
def test_a_client_shows_its_host_and_the_kind_of_its_key_only(key: Any, shown: str) -> None:
    client = AllaweeClient(key, base_url="https://api.example.com")

    for text in (repr(client), str(client), repr(client.with_options())):
        assert "https://api.example.com" in text
        assert shown in text
        assert "canary" not in text
    assert "canary" not in repr(vars(client))
    assert "canary" not in repr(vars(client._session))


def test_each_noun_is_made_once() -> None:
    client = AllaweeClient(KEY)
    assert client.customers is client.customers
    assert client.with_options().customers is not client.customers


def test_a_view_of_a_subclass_is_one_of_the_subclass() -> None:
    class Mine(AllaweeClient):
        """A client of somebody's own."""

    assert type(Mine(KEY).with_options(timeout=1)) is Mine


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"timeout": -1}, {"timeout": "5"}, {"headers": {"Host": "x"}}]
)
def test_a_view_with_options_that_make_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        AllaweeClient(KEY).with_options(**options)


# The door


async def test_any_endpoint_can_be_called() -> None:
    body = {"code": "SUCCESS", "data": [{"id": 1}], "metadata": {"hasMore": True}}
    answer = answers(body, headers={"x-request-id": "req_1", "X-Other": "2"})
    async with RawServer(answer) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        reply = await allawee.request(
            "post",
            "/tools/bins",
            query={"bin": 506_099, "deep": True, "none": None, "text": "a b&c=d/é"},
            json={"when": datetime(2024, 1, 2, tzinfo=UTC), "null": None, "list": [1, {"a": "b"}]},
        )

    (request,) = server.requests
    assert request.method == "POST"
    assert request.target == "/tools/bins?bin=506099&deep=true&text=a%20b%26c%3Dd%2F%C3%A9"
    assert request.json == {
        "when": "2024-01-02T00:00:00.000Z",
        "null": None,
        "list": [1, {"a": "b"}],
    }
    assert type(reply) is Reply
    assert (reply.status, reply.code, reply.data) == (200, "success", [{"id": 1}])
    assert reply.metadata == {"hasMore": True}
    assert reply.request_id == "req_1"
    assert reply.headers["x-other"] == "2"
    assert [attempt.status for attempt in reply.attempts] == [200]
    assert reply.attempts[0].elapsed > 0


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def test_the_door_takes_every_method(method: str) -> None:
    async with RawServer(answers()) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        reply = await allawee.request(method, "/a")

    assert server.requests[0].method == method
    assert (reply.status, reply.data, reply.code, reply.metadata) == (200, None, None, {})


@pytest.mark.parametrize("method", ["", "GET /", "G T", "GÉT", "GET\r\n", "1", None, 5])
async def test_a_method_that_is_none_is_refused(method: Any) -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        error = await failure(allawee.request(method, "/a"))
    assert type(error) is ConfigurationError
    assert server.connections == 0


@for_each(
    "path",
    [
        "",
        "a",
        "//example.com/a",
        "/../a",
        "/a/../b",
        "/a/./b",
        "/a//b",
        "/a/",
        "/a?b=c",
        "/a#b",
        "/a/%2e%2e/b",
        "/a\\..\\b",
        "https://example.com/a",
        "@example.com/",
        None,
        5,
    ],
)
async def test_a_path_that_could_lead_elsewhere_is_refused(path: Any) -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        error = await failure(allawee.request("GET", path))
    assert type(error) is ConfigurationError
    assert server.connections == 0


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        ("/customers/cus.1", "/customers/cus.1"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/é", "/%C3%A9"),
        ("/a\r\nX-Bad: 1", "/a%0D%0AX-Bad:%201"),
        ('/"<>', "/%22%3C%3E"),
    ],
)
async def test_a_path_arrives_encoded(path: str, arrives: str) -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        await allawee.request("GET", path)
    assert server.requests[0].target == arrives
    assert "x-bad" not in server.requests[0].headers


async def test_whole_numbers_are_sent_and_read_exactly_however_long() -> None:
    document = {"metadata": {"ids": [2**70, -(2**70)], "one": 12345678901234567890123}}
    answer = answers({"code": "success", "data": document})
    async with RawServer(answer) as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        reply = await allawee.request("POST", "/x", json=document)

    assert server.requests[0].json == document
    assert reply.data == document


@pytest.mark.parametrize(
    "options",
    [
        {"query": {"a": [1]}},
        {"query": {"a": {"b": 1}}},
        {"query": {"a": object}},
        {"json": {"a": object}},
        {"json": {"a": float("nan")}},
        {"json": {"a": "\ud800"}},
        {"query": {"a": "\ud800"}},
        {"json": {5: 1}},
    ],
    ids=repr,
)
async def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    options: dict[str, Any],
) -> None:
    async with RawServer() as server, AllaweeClient(KEY, base_url=server.url) as allawee:
        error = await failure(allawee.request("POST", "/a", **options))
    assert type(error) is ConfigurationError
    assert server.connections == 0


async def test_the_door_raises_the_same_errors(sandbox: Sandbox) -> None:
    async with sandbox.client() as allawee:
        error = await failure(allawee.request("GET", "/customers/cus.unknown"))

    assert type(error) is NotFoundError
    assert error.path == "/customers/cus.unknown"
    assert error.request_id == sandbox.requests[0].request_id


async def test_a_client_works_in_many_tasks_at_once(sandbox: Sandbox) -> None:
    async with sandbox.client() as allawee:
        ids = [customer.id for customer in await allawee.customers.list(limit=20).to_list()]
        found = await asyncio.gather(*map(allawee.customers.get, ids))
    assert [customer.id for customer in found] == ids


async def test_a_policy_is_a_value_that_clients_share() -> None:
    policy = RetryPolicy(attempts=1)
    assert policy == copy.copy(policy) == RetryPolicy(attempts=1)
    async with RawServer(answers(one(), status=500)) as server:
        for _ in range(2):
            async with AllaweeClient(KEY, base_url=server.url, retry=policy) as allawee:
                await failure(allawee.customers.get("cus.1"))
    assert len(server.requests) == 2


# Options that cannot be meant


@pytest.mark.parametrize(
    "options",
    [
        {"retry": 5},
        {"retry": None},
        {"timeout": float("inf")},
        {"headers": "abc"},
        {"headers": [("a", "b")]},
    ],
    ids=repr,
)
def test_an_option_of_a_wrong_kind_is_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        AllaweeClient("sk.test.key", **options)


@pytest.mark.parametrize("options", [{"retry": 5}, {"headers": "abc"}], ids=repr)
def test_an_option_of_a_view_of_a_wrong_kind_is_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        AllaweeClient("sk.test.key").with_options(**options)


@pytest.mark.parametrize("given", [{"json": [1]}, {"query": "a=b"}, {"query": [("a", "b")]}])
async def test_a_body_or_a_query_that_is_no_mapping_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        await AllaweeClient("sk.test.key").request("POST", "/a", **given)


async def test_the_deadline_holds_for_the_function_that_gives_the_key() -> None:
    async def hangs() -> str:
        await asyncio.Event().wait()
        return "never"

    allawee = AllaweeClient(hangs, retry=RetryPolicy(deadline=0.02))
    with pytest.raises(RequestTimeoutError, match="passed, and the API key") as caught:
        await allawee.request("POST", "/a", json={})
    assert not caught.value.sent
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("timeout", [30.0, 0.01, aiohttp.ClientTimeout(total=0.01)], ids=repr)
async def test_who_never_got_a_connection_has_sent_nothing(timeout: Any) -> None:  # noqa: ASYNC109
    """A pool of one connection is taken by a call that hangs."""
    async with Sandbox() as sandbox:
        sandbox.faults.hang(method="GET")
        policy = RetryPolicy(attempts=1, deadline=0.05)
        async with sandbox.client(max_connections=1, retry=RetryPolicy(attempts=1)) as allawee:
            first = asyncio.create_task(allawee.request("GET", "/customers"))
            while not sandbox.requests:  # noqa: ASYNC110 - the server ends the wait
                await asyncio.sleep(0.001)
            with pytest.raises(RequestTimeoutError) as caught:
                await allawee.with_options(timeout=timeout, retry=policy).request(
                    "POST", "/customers", json={}
                )
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
        assert not caught.value.outcome_unknown
        assert [each.method for each in sandbox.requests] == ["GET"]


async def test_a_relation_that_was_cut_down_to_some_fields_is_a_mapping() -> None:
    async with Sandbox(customers=10) as sandbox, sandbox.client() as allawee:
        cut = await allawee.cards.list(expand=["customer:name", "program"]).first()
        whole = await allawee.cards.list(expand="customer").first()

    assert cut is not None
    assert whole is not None
    assert isinstance(cut.customer, dict)
    assert list(cut.customer) == ["name"]
    assert isinstance(whole.customer, Customer)
    assert to_dict(cut)["customer"] == cut.customer
