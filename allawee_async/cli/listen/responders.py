"""What is answered to a delivery: here, or by the program that it is sent on to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import aiohttp
from multidict import CIMultiDict

from allawee_async.codec.json import NotJSON, dumps, loads
from allawee_async.redaction import mask, printable
from allawee_async.transport.streaming import transport_error
from allawee_async.webhooks.responses import (
    DONE,
    INVALID_EVENT,
    INVALID_SIGNATURE,
    DefaultDecision,
    WebhookReply,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from multidict import CIMultiDictProxy

    from allawee_async.redaction import SecretBytes
    from allawee_async.webhooks.decisions import Decision
    from allawee_async.webhooks.events import Event

    Responder: TypeAlias = Callable[["Received"], Awaitable["Answered"]]
    """What answers deliveries."""

_PATIENCE: Final = aiohttp.ClientTimeout(total=30.0)
_SHOWN: Final = 200
_LONGEST_ANSWER: Final = 1024 * 1024
_OF_THE_CONNECTION: Final = frozenset({
    "host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer",
    "upgrade", "expect", "proxy-connection", "accept-encoding",
})  # fmt: skip
"""Headers that say nothing of the delivery."""


class Received(NamedTuple):
    """A delivery that has arrived.

    Attributes:
        headers: Its headers, repeated ones as well.
        body: Its body, byte for byte.
        event: What it says; None if it is no event.
        is_refused: Whether its signature is missing or does not fit.
    """

    headers: CIMultiDictProxy[str]
    body: SecretBytes
    event: Event | None
    is_refused: bool


class Answered(NamedTuple):
    """What is answered.

    Attributes:
        reply: The answer.
        told: The same in a word.
        problem: What went wrong on the way to it.
    """

    reply: WebhookReply
    told: str
    problem: str | None = None


def deciding(decision: Decision) -> Responder:
    """Return what answers deliveries here, and takes one decision for all authorizations."""
    default = DefaultDecision(decision)

    async def answer(received: Received) -> Answered:
        """Refuse what is not signed, decide what wants a decision, and take note of the rest."""
        if received.is_refused:
            return Answered(INVALID_SIGNATURE, "refused")
        if received.event is None:
            return Answered(INVALID_EVENT, "refused")
        if not received.event.wants_decision:
            return Answered(DONE, "success")
        reply = default.reply_to(received.event)
        return Answered(reply, _action(reply) or "")

    return answer


def forwarding(session: aiohttp.ClientSession, url: str) -> Responder:
    """Return what sends deliveries on to a URL as they came, and hands the answers back."""

    async def answer(received: Received) -> Answered:
        """Send a delivery on, whatever it is: the program there is to check it by itself."""
        headers = CIMultiDict(received.headers)
        for name in _OF_THE_CONNECTION & {name.lower() for name in headers}:
            del headers[name]
        try:
            async with session.post(
                url,
                data=bytes(received.body),
                headers=headers,
                allow_redirects=False,
                timeout=_PATIENCE,
            ) as response:
                body = await _body_of(response)
        except (aiohttp.ClientError, OSError) as error:
            return _failed(transport_error(error).message)
        if body is None:
            return _failed(f"the answer is longer than {_LONGEST_ANSWER:,} bytes")
        kind = response.headers.get("Content-Type", "application/octet-stream")
        reply = WebhookReply(response.status, body, kind)
        told = printable(mask(body[:_SHOWN].decode(errors="replace")))
        is_refusal = response.status >= HTTPStatus.BAD_REQUEST and told
        return Answered(
            reply, _action(reply) or "forwarded", f"answered: {told}" if is_refusal else None
        )

    return answer


async def _body_of(response: aiohttp.ClientResponse) -> bytes | None:
    """Return the body of an answer, or None if it is too long."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST_ANSWER:
            return None
    return bytes(body)


def _failed(problem: str) -> Answered:
    body = dumps({"error": "The delivery could not be sent on"})
    return Answered(WebhookReply(502, body), "not forwarded", problem)


def _action(reply: WebhookReply) -> str | None:
    """Return the decision that an answer carries."""
    try:
        match loads(reply.body):
            case {"action": "approve" | "decline" as action}:
                return str(action)
    except NotJSON:
        pass
    return None
