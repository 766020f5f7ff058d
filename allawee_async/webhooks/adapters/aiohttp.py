"""Webhooks in aiohttp: from a request to a response, and nothing else."""

from __future__ import annotations

import asyncio

from aiohttp import web

from allawee_async.webhooks import responses
from allawee_async.webhooks.delivery.timing import BODY_PATIENCE
from allawee_async.webhooks.responses import Receiver, WebhookReply
from allawee_async.webhooks.signature import HEADER


async def respond(webhooks: Receiver, request: web.Request) -> web.Response:
    """Answer a request."""
    arrived = webhooks.arrival()
    if request.method != "POST":
        return _response(responses.NOT_POST)
    try:  # with our limit for the body in place of the application's
        readable = request.clone(client_max_size=webhooks.max_body)
    except RuntimeError:  # a middleware has read the body already
        readable = request
    try:
        async with asyncio.timeout_at(arrived + BODY_PATIENCE):
            body = await readable.read()
    except web.HTTPRequestEntityTooLarge:
        return _response(responses.TOO_LARGE)
    except TimeoutError:
        return _response(responses.TOO_SLOW)
    except ConnectionError:  # nobody will read the answer, but aiohttp's log stays quiet
        return _response(responses.CUT_OFF)
    except web.RequestPayloadError:  # compressed, and not as the header says
        return _response(responses.UNREADABLE)
    if len(body) > webhooks.max_body:
        return _response(responses.TOO_LARGE)
    signature = request.headers.get(HEADER)
    reply = await webhooks.dispatch(body, signature, received_at=arrived, request=readable)
    return _response(reply)


def _response(reply: WebhookReply) -> web.Response:
    headers = {"Content-Type": reply.content_type, **reply.headers}
    return web.Response(status=reply.status, body=reply.body, headers=headers)
