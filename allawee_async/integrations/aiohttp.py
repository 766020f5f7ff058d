"""One client for the life of an aiohttp application.

from allawee_async.integrations.aiohttp import ALLAWEE, setup

async def show(request: web.Request) -> web.Response:
    customer = await request.app[ALLAWEE].customers.get(request.match_info["id"])
    return web.json_response({"name": customer.name})

app = web.Application()
setup(app)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Unpack

from aiohttp import web

from allawee_async.client import AllaweeClient
from allawee_async.errors import ConfigurationError
from allawee_async.integrations.clients import ClientOptions, lent_or_made

ALLAWEE: Final = web.AppKey("ALLAWEE", AllaweeClient)
"""The client of an application: `request.app[ALLAWEE]`."""

_IS_SET_UP: Final = web.AppKey("ALLAWEE_IS_SET_UP", bool)


def setup(
    app: web.Application, client: AllaweeClient | None = None, **options: Unpack[ClientOptions]
) -> None:
    """Give an application a client, as `app[ALLAWEE]`, from its start to its end.

    Set up the main application only. Handlers of sub-applications find the client as
    `request.config_dict[ALLAWEE]`: there, `request.app` is the sub-application.

    Args:
        app: The application, before it is started.
        client: Your own client: used, never closed. None makes one when the application starts,
            inside the running loop, and closes it when it ends.
        options: What to make it with; see `AllaweeClient`. Without `api_key` it takes
            `ALLAWEE_API_KEY`.

    Raises:
        ConfigurationError: The application is set up already, or there are options for a client
            of your own. What is wrong with the options themselves is raised at the start.
    """
    made = lent_or_made(client, options)
    if _IS_SET_UP in app:
        raise ConfigurationError("this application is set up already: call setup(app) once")
    app[_IS_SET_UP] = True

    async def live(app: web.Application) -> AsyncIterator[None]:
        async with made() as allawee:
            app[ALLAWEE] = allawee
            yield

    app.cleanup_ctx.append(live)
