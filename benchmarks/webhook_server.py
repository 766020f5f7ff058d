"""A receiver of webhooks on aiohttp, in one process and so on one core.

It prints its port as JSON, and stops when its standard input is closed.

/quick   a handler that takes 50 ms
/stuck   an async handler that never ends and cannot be cancelled
/thread  one in a thread that never ends
"""

import asyncio
import json
import logging
import os
import sys
import threading
from functools import partial

from aiohttp import web

from allawee_async.webhooks import Approve, CardAuthorizationRequest, WebhookDispatcher
from benchmarks.webhook_deliveries import KEY

HANDLER_SECONDS = 0.05

_may_end = threading.Event()


async def quick(_: CardAuthorizationRequest) -> Approve:
    await asyncio.sleep(HANDLER_SECONDS)
    return Approve()


async def stuck(_: CardAuthorizationRequest) -> Approve:
    while not _may_end.is_set():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue
    return Approve()


def in_thread(_: CardAuthorizationRequest) -> Approve:
    _may_end.wait()
    return Approve()


async def _serve() -> None:
    app = web.Application()
    for path, handler in (("/quick", quick), ("/stuck", stuck), ("/thread", in_thread)):
        webhooks = WebhookDispatcher(KEY)
        webhooks.on("card.authorization.request")(handler)
        app.router.add_post(path, webhooks.aiohttp_handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps(runner.addresses[0][1]), flush=True)
    await _input_closed()
    _may_end.set()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await runner.cleanup()


async def _input_closed() -> None:
    reader = asyncio.StreamReader()
    protocol = partial(asyncio.StreamReaderProtocol, reader)
    await asyncio.get_running_loop().connect_read_pipe(protocol, sys.stdin)
    await reader.read()


if __name__ == "__main__":
    logging.basicConfig(filename=os.devnull)  # what the log costs is a part of it
    asyncio.run(_serve())
