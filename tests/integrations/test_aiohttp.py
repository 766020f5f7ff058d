"""One client for the life of an aiohttp application, in aiohttp's own server."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from allawee_async import AllaweeClient
from allawee_async.errors import ConfigurationError, TransportError
from allawee_async.integrations.aiohttp import ALLAWEE, setup
from allawee_async.integrations.clients import ClientOptions
from tests.support.canaries import API_KEY, locals_text
from tests.support.web_servers import aiohttp_server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from allawee_async.sandbox import Sandbox


async def count(request: web.Request) -> web.Response:
    """Answer how many customers there are."""
    page = await request.config_dict[ALLAWEE].customers.list(limit=1, count_total=True)
    return web.json_response({"customers": page.total_count})


def application(
    handler: Callable[[web.Request], Awaitable[web.Response]] = count,
) -> web.Application:
    app = web.Application()
    app.router.add_get("/count", handler)
    return app


def options_of(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "api_key": sandbox.api_key,
        "base_url": sandbox.url,
        "secure_url": sandbox.secure_url,
    }


async def get(port: int, path: str = "/count") -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        return await response.json()


async def test_handlers_share_one_client_that_is_closed_with_the_application(
    sandbox: Sandbox,
) -> None:
    clients: list[AllaweeClient] = []

    async def handler(request: web.Request) -> web.Response:
        clients.append(request.app[ALLAWEE])
        return await count(request)

    app = application(handler)
    setup(app, **options_of(sandbox))

    async with aiohttp_server(app) as port:
        assert await asyncio.gather(*(get(port) for _ in range(3))) == [{"customers": 50}] * 3

    (client,) = set(clients)
    with pytest.raises(ConfigurationError, match="closed"):
        await client.customers.list()


async def test_the_client_is_made_when_the_application_starts() -> None:
    """So an application can be imported where there is no key, and is made in the right loop."""
    app = application()
    setup(app)

    with pytest.raises(ConfigurationError, match="ALLAWEE_API_KEY"):
        async with aiohttp_server(app):
            pytest.fail("it started without a key")


async def test_the_key_may_come_from_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLAWEE_API_KEY", sandbox.api_key)
    monkeypatch.setenv("ALLAWEE_BASE_URL", sandbox.url)
    app = application()
    setup(app)

    async with aiohttp_server(app) as port:
        assert await get(port) == {"customers": 50}


async def test_a_client_of_your_own_is_used_and_stays_open(
    sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    app = application()
    setup(app, allawee)

    async with aiohttp_server(app) as port:
        assert await get(port) == {"customers": 50}
        assert app[ALLAWEE] is allawee

    assert (await allawee.customers.list(limit=1)).items


async def test_a_sub_application_finds_the_client_of_the_main_one(sandbox: Sandbox) -> None:
    app, inner = web.Application(), application()
    app.add_subapp("/inner", inner)
    setup(app, **options_of(sandbox))

    async with aiohttp_server(app) as port:
        assert await get(port, "/inner/count") == {"customers": 50}

    assert ALLAWEE not in inner


async def test_two_applications_have_a_client_each(sandbox: Sandbox) -> None:
    apps = [application(), application()]
    for app in apps:
        setup(app, **options_of(sandbox))

    async with aiohttp_server(apps[0]), aiohttp_server(apps[1]):
        assert apps[0][ALLAWEE] is not apps[1][ALLAWEE]


async def test_the_client_is_closed_when_another_part_of_the_start_fails(
    sandbox: Sandbox,
) -> None:
    app = application()
    clients: list[AllaweeClient] = []
    setup(app, **options_of(sandbox))

    async def broken(app: web.Application) -> Any:
        clients.append(app[ALLAWEE])
        await app[ALLAWEE].customers.list(limit=1)
        raise RuntimeError("no database")
        yield  # type: ignore[unreachable]

    app.cleanup_ctx.append(broken)

    with pytest.raises(RuntimeError, match="no database"):
        async with aiohttp_server(app):
            pytest.fail("it started")
    with pytest.raises(ConfigurationError, match="closed"):
        await clients[0].customers.list()


def test_setting_it_up_twice_is_refused() -> None:
    app = web.Application()
    setup(app)

    with pytest.raises(ConfigurationError, match="set up already: call setup"):
        setup(app, api_key="sk.test.x")

    assert len(app.cleanup_ctx) == 1


async def test_options_for_a_client_of_your_own_are_refused(allawee: AllaweeClient) -> None:
    app = web.Application()

    with pytest.raises(ConfigurationError, match="timeout would have no effect"):
        setup(app, allawee, timeout=5)

    setup(app, allawee)


def test_a_key_in_place_of_a_client_is_refused_and_not_shown() -> None:
    wrong: Any = API_KEY

    with pytest.raises(ConfigurationError, match=r"not str.* api_key=") as caught:
        setup(web.Application(), wrong)

    assert API_KEY not in str(caught.value)


async def test_a_traceback_with_local_variables_does_not_show_the_key() -> None:
    app = application()
    setup(app, api_key=API_KEY, timeout=-1)

    with pytest.raises(ConfigurationError, match="timeout") as caught:
        async with aiohttp_server(app):
            pytest.fail("it started")

    assert API_KEY not in locals_text(caught.value)


async def test_a_client_that_cannot_reach_the_api_starts_all_the_same(sandbox: Sandbox) -> None:
    app = application()
    setup(app, **{**options_of(sandbox), "base_url": "http://127.0.0.1:9", "timeout": 1.0})

    async with aiohttp_server(app):
        with pytest.raises(TransportError):
            await app[ALLAWEE].with_options(timeout=0.5).request("POST", "/customers", json={})


def test_the_options_are_those_of_the_client() -> None:
    """If this fails, `ClientOptions` has not followed `AllaweeClient`."""
    parameters = inspect.signature(AllaweeClient.__init__).parameters

    assert ClientOptions.__optional_keys__ == parameters.keys() - {"self"}
    assert {name: str(hint) for name, hint in ClientOptions.__annotations__.items()} == {
        name: f"ForwardRef({parameter.annotation!r}, module='allawee_async.integrations.clients')"
        for name, parameter in parameters.items()
        if name != "self"
    }
