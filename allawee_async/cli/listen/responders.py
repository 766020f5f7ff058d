"""What is answered to a delivery: here, or by the program that it is sent on to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import aiohttp
import attrs

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
    from collections.abc import Mapping

    from allawee_async.redaction import SecretBytes
    from allawee_async.webhooks.decisions import Decision
    from allawee_async.webhooks.events import Event

_PATIENCE: Final = aiohttp.ClientTimeout(total=30.0)
_SHOWN: Final = 200
_LONGEST_ANSWER: Final = 1024 * 1024
_OF_THE_CONNECTION: Final = frozenset({
    "host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer",
    "upgrade", "expect", "proxy-connection", "accept-encoding",
})  # fmt: skip
"""Headers that say nothing of the delivery."""


@attrs.frozen(kw_only=True)
class Received:
    """A delivery that has arrived.

    Attributes:
        headers: Its headers, in order, repeated ones as well.
        body: Its body, byte for byte.
        event: What it says; None if it is no event.
        is_refused: Whether its signature is missing or does not fit.
    """

    headers: tuple[tuple[str, str], ...]
    body: SecretBytes
    event: Event | None
    is_refused: bool


@attrs.frozen
class Answered:
    """What is answered.

    Attributes:
        reply: The answer.
        told: The same in a word.
        problem: What went wrong on the way to it.
    """

    reply: WebhookReply
    told: str
    problem: str | None = None


class Decider:
    """Answers deliveries here, and takes one decision for all authorizations."""

    def __init__(self, decision: Decision) -> None:
        self._decision = DefaultDecision(decision)

    async def answer(self, received: Received) -> Answered:
        """Refuse what is not signed, decide what wants a decision, and take note of the rest."""
        if received.is_refused:
            return Answered(INVALID_SIGNATURE, "refused")
        if received.event is None:
            return Answered(INVALID_EVENT, "refused")
        if not received.event.wants_decision:
            return Answered(DONE, "success")
        reply = self._decision.reply_to(received.event)
        return Answered(reply, _action(reply) or "")


class Forwarder:
    """Sends deliveries on as they came, and hands the answers back.

    Args:
        session: What sends them.
        url: Where they are sent.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def answer(self, received: Received) -> Answered:
        """Send a delivery on, whatever it is: the program there is to check it by itself."""
        headers = [pair for pair in received.headers if pair[0].lower() not in _OF_THE_CONNECTION]
        try:
            async with self._session.post(
                self._url,
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
        refused = (
            f"answered: {told}" if response.status >= HTTPStatus.BAD_REQUEST and told else None
        )
        return Answered(reply, _action(reply) or "forwarded", refused)


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
        answered: Mapping[str, object] = loads(reply.body)
    except NotJSON:
        return None
    action = answered.get("action") if isinstance(answered, dict) else None
    return action if action in ("approve", "decline") else None
