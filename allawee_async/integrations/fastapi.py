"""One client for the life of a FastAPI application.

from allawee_async.integrations.fastapi import allawee_lifespan, get_allawee

app = FastAPI(lifespan=allawee_lifespan)
Allawee = Annotated[AllaweeClient, Depends(get_allawee)]

@app.get("/customers/{customer_id}")
async def show(customer_id: str, allawee: Allawee) -> dict[str, str]:
    return {"name": (await allawee.customers.get(customer_id)).name}
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, Unpack

from allawee_async.client import AllaweeClient
from allawee_async.errors import ConfigurationError
from allawee_async.integrations.clients import ClientOptions, lent_or_made
from allawee_async.version import needing

with needing("FastAPI", "fastapi"):
    from fastapi import FastAPI
    from fastapi.requests import HTTPConnection

_NAME: Final = "allawee"
"""Under which the client is in the state of the application."""


@asynccontextmanager
async def allawee_lifespan(
    app: FastAPI, client: AllaweeClient | None = None, **options: Unpack[ClientOptions]
) -> AsyncGenerator[None, None]:
    """Give an application a client for its life; `get_allawee` returns it.

    As it is: `FastAPI(lifespan=allawee_lifespan)`. With options:
    `FastAPI(lifespan=functools.partial(allawee_lifespan, timeout=5))`. Within a lifespan of your
    own: `async with allawee_lifespan(app): yield`.

    An application that is mounted in another one has a state of its own: make the client yourself,
    and give it to both.

    Args:
        app: The application.
        client: Your own client: used, never closed. None makes one, inside the running loop, and
            closes it at the end.
        options: What to make it with; see `AllaweeClient`. Without `api_key` it takes
            `ALLAWEE_API_KEY`.

    Raises:
        ConfigurationError: The application has a client already, there are options for a client
            of your own, or no client can be made with them.
    """
    made = lent_or_made(client, options)
    if hasattr(app.state, _NAME):
        raise ConfigurationError("this application has a client already: use the lifespan once")
    async with made() as allawee:
        setattr(app.state, _NAME, allawee)
        try:
            yield
        finally:
            delattr(app.state, _NAME)


def get_allawee(connection: HTTPConnection) -> AllaweeClient:
    """Return the client: `allawee: Annotated[AllaweeClient, Depends(get_allawee)]`.

    It serves requests and websockets.

    Raises:
        ConfigurationError: The lifespan did not run, so that there is no client.
    """
    found: object = getattr(connection.app.state, _NAME, None)
    if not isinstance(found, AllaweeClient):
        raise ConfigurationError(
            "this application has no client: make it with FastAPI(lifespan=allawee_lifespan), or "
            "write `async with allawee_lifespan(app)` in your own lifespan; lifespans of mounted "
            "applications are not run, and test clients run them inside `with` only"
        )
    return found
