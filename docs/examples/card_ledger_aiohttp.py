"""The ledger of cards behind aiohttp.

    export ALLAWEE_SIGNING_KEY=… LEDGER_FILE=ledger.db
    python card_ledger_aiohttp.py

Webhooks go to http://127.0.0.1:8080/hooks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiohttp import web
from card_events import webhooks_from_environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from allawee_async.webhooks import WebhookDispatcher


def make_app(webhooks: WebhookDispatcher) -> web.Application:
    """Return an application that takes webhooks, and closes the dispatcher at its end."""

    async def while_it_runs(_: web.Application) -> AsyncIterator[None]:
        async with webhooks:
            yield

    app = web.Application()
    app.cleanup_ctx.append(while_it_runs)
    app.router.add_post("/hooks", webhooks.aiohttp_handler)
    return app


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8080"))
    web.run_app(make_app(webhooks_from_environment()), host="127.0.0.1", port=port)
