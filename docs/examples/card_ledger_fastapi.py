"""The ledger of cards behind FastAPI.

    export ALLAWEE_SIGNING_KEY=… LEDGER_FILE=ledger.db
    uvicorn --factory card_ledger_fastapi:from_environment

Webhooks go to http://127.0.0.1:8000/hooks/ (with the slash: it is the root of what is mounted).
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from card_events import webhooks_from_environment
from fastapi import FastAPI

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from allawee_async.webhooks import WebhookDispatcher


def make_app(webhooks: WebhookDispatcher) -> FastAPI:
    """Return an application that takes webhooks, and closes the dispatcher at its end."""

    @asynccontextmanager
    async def while_it_runs(_: FastAPI) -> AsyncGenerator[None]:
        async with webhooks:
            yield

    app = FastAPI(lifespan=while_it_runs)
    app.mount("/hooks", webhooks.asgi)
    return app


def from_environment() -> FastAPI:
    """Return the application that the environment describes."""
    return make_app(webhooks_from_environment())
