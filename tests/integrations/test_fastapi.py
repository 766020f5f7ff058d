"""One client for the life of a FastAPI application, in uvicorn."""

from __future__ import annotations

import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import aiohttp
import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket

from allawee_async import AllaweeClient
from allawee_async.errors import ConfigurationError
from allawee_async.integrations.fastapi import allawee_lifespan, get_allawee
from allawee_async.version import install_command
from tests.support.canaries import API_KEY, locals_text
from tests.support.web_servers import uvicorn_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from allawee_async.sandbox import Sandbox

Allawee = Annotated[AllaweeClient, Depends(get_allawee)]

router = APIRouter()


@router.get("/count")
async def count(allawee: Allawee) -> dict[str, int | None]:
    page = await allawee.customers.list(limit=1, count_total=True)
    return {"customers": page.total_count}


def application(lifespan: Any = None) -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    return app


def with_sandbox(sandbox: Sandbox) -> Any:
    return partial(
        allawee_lifespan,
        api_key=sandbox.api_key,
        base_url=sandbox.url,
        secure_url=sandbox.secure_url,
    )


async def get(port: int, path: str = "/count") -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        return response.status, await response.text()


COUNTED = (200, '{"customers":50}')


async def test_as_it_is_it_takes_the_key_from_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLAWEE_API_KEY", sandbox.api_key)
    monkeypatch.setenv("ALLAWEE_BASE_URL", sandbox.url)

    async with uvicorn_server(application(allawee_lifespan)) as server:
        assert await get(server.port) == COUNTED


async def test_it_takes_options(sandbox: Sandbox) -> None:
    async with uvicorn_server(application(with_sandbox(sandbox))) as server:
        assert await get(server.port) == COUNTED


async def test_it_goes_into_a_lifespan_of_your_own(sandbox: Sandbox) -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        async with with_sandbox(sandbox)(app):
            steps.append("start")
            yield {"name": "bank"}
            steps.append("end")

    async with uvicorn_server(application(lifespan)) as server:
        assert await get(server.port) == COUNTED

    assert steps == ["start", "end"]


async def test_requests_share_one_client_that_is_closed_at_the_end(sandbox: Sandbox) -> None:
    app = application(with_sandbox(sandbox))
    clients: list[AllaweeClient] = []

    @app.get("/note")
    async def note(allawee: Allawee) -> None:
        clients.append(allawee)
        await allawee.customers.list(limit=1)

    async with uvicorn_server(app) as server:
        for _ in range(3):
            await get(server.port, "/note")

    (client,) = set(clients)
    with pytest.raises(ConfigurationError, match="closed"):
        await client.customers.list()


async def test_a_client_of_your_own_is_used_and_stays_open(
    sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    async with uvicorn_server(application(partial(allawee_lifespan, client=allawee))) as server:
        assert await get(server.port) == COUNTED

    assert (await allawee.customers.list(limit=1)).items


async def test_an_application_that_is_mounted_gets_the_same_client(
    sandbox: Sandbox, allawee: AllaweeClient
) -> None:
    inner = application()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with allawee_lifespan(app, allawee), allawee_lifespan(inner, allawee):
            yield

    app = application(lifespan)
    app.mount("/inner", inner)

    async with uvicorn_server(app) as server:
        assert await get(server.port) == COUNTED
        assert await get(server.port, "/inner/count") == COUNTED


async def test_a_websocket_gets_it_too(sandbox: Sandbox) -> None:
    app = application()
    sent: list[dict[str, Any]] = []

    @app.websocket("/ws")
    async def talk(socket: WebSocket, allawee: Allawee) -> None:
        await socket.accept()
        page = await allawee.customers.list(limit=1, count_total=True)
        await socket.send_json({"customers": page.total_count})

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}
    async with with_sandbox(sandbox)(app):
        await app(scope, receive, send)

    assert sent[1]["text"] == '{"customers":50}'


async def test_a_dependency_can_be_replaced_in_tests(allawee: AllaweeClient) -> None:
    app = application()
    app.dependency_overrides[get_allawee] = lambda: allawee

    async with uvicorn_server(app) as server:
        assert await get(server.port) == COUNTED


async def test_without_the_lifespan_the_error_tells_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with uvicorn_server(application()) as server:
        assert (await get(server.port))[0] == 500

    assert "has no client: make it with FastAPI(lifespan=allawee_lifespan)" in caplog.text


async def test_after_the_end_there_is_no_client(allawee: AllaweeClient) -> None:
    app = application()

    for _ in range(2):  # an application may be started again
        async with allawee_lifespan(app, allawee):
            assert app.state.allawee is allawee
        assert not hasattr(app.state, "allawee")


async def test_using_it_twice_is_refused(allawee: AllaweeClient) -> None:
    app = application()

    async with allawee_lifespan(app, allawee):
        with pytest.raises(ConfigurationError, match="has a client already"):
            async with allawee_lifespan(app, allawee):
                pytest.fail("it was used twice")
        assert app.state.allawee is allawee


async def test_the_client_is_closed_when_the_application_fails(sandbox: Sandbox) -> None:
    app = application()
    clients: list[AllaweeClient] = []

    async def live() -> None:
        async with with_sandbox(sandbox)(app):
            clients.append(app.state.allawee)
            await clients[0].customers.list(limit=1)
            raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        await live()
    with pytest.raises(ConfigurationError, match="closed"):
        await clients[0].customers.list()


async def test_options_for_a_client_of_your_own_are_refused(allawee: AllaweeClient) -> None:
    with pytest.raises(ConfigurationError, match="timeout, headers would have no effect"):
        async with allawee_lifespan(application(), allawee, timeout=5, headers={}):
            pytest.fail("they were taken")


async def test_without_a_key_the_application_does_not_start() -> None:
    with pytest.raises(ConfigurationError, match="ALLAWEE_API_KEY"):
        async with allawee_lifespan(application()):
            pytest.fail("it started")


async def test_a_traceback_with_local_variables_does_not_show_the_key() -> None:
    with pytest.raises(ConfigurationError, match="timeout") as caught:
        async with allawee_lifespan(application(), api_key=API_KEY, timeout=-1):
            pytest.fail("it started")

    assert API_KEY not in locals_text(caught.value)


@pytest.mark.parametrize("missing", ["fastapi", "starlette"])
def test_without_fastapi_the_import_tells_what_to_install(missing: str) -> None:
    program = f"""
import sys
sys.modules[{missing!r}] = None
from allawee_async.errors import ConfigurationError
try:
    import allawee_async.integrations.fastapi
except ConfigurationError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )

    assert install_command("fastapi") in done.stdout


def test_the_lifespan_of_fastapi_needs_no_aiohttp_server() -> None:
    """What is not used is not loaded, and the other way round."""
    program = """
import sys
import allawee_async.integrations.aiohttp
print("fastapi" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
