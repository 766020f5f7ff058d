"""The relay of `allawee webhooks listen`: it takes deliveries in, has them answered, and tells.

They are answered here, or by the program that they are sent on to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, NamedTuple, TypeAlias

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from allawee_async.cli.errors import CommandError
from allawee_async.cli.listen.log import facts_of, iso
from allawee_async.codec.json import NotJSON, dumps, loads
from allawee_async.errors import DecodeError, SignatureError
from allawee_async.redaction import SecretBytes, mask, printable
from allawee_async.transport.streaming import transport_error
from allawee_async.types import JSONObject
from allawee_async.webhooks import responses
from allawee_async.webhooks.events import CardAuthorizationUpdate, Event, parse_event
from allawee_async.webhooks.signature import HEADER
from allawee_async.webhooks.stores.base import key_of
from allawee_async.webhooks.verifier import MAX_BODY, WebhookVerifier

Responder: TypeAlias = "Callable[[Received], Awaitable[Answered]]"
"""What answers deliveries."""

_PATIENCE: Final = aiohttp.ClientTimeout(total=30.0)
_SHOWN: Final = 200
_LONGEST_ANSWER: Final = 1024 * 1024
# Headers that say nothing of the delivery.
_OF_THE_CONNECTION: Final = frozenset({
    "host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer",
    "upgrade", "expect", "proxy-connection", "accept-encoding",
})  # fmt: skip


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

    reply: responses.WebhookReply
    told: str
    problem: str | None = None


def deciding(decision: responses.Decision) -> Responder:
    """Return what answers deliveries here, and takes one decision for all authorizations."""
    default = responses.DefaultDecision(decision)

    async def answer(received: Received) -> Answered:
        """Refuse what is not signed, decide what wants a decision, and take note of the rest."""
        if received.is_refused:
            return Answered(responses.INVALID_SIGNATURE, "refused")
        if received.event is None:
            return Answered(responses.INVALID_EVENT, "refused")
        if not received.event.wants_decision:
            return Answered(responses.DONE, "success")
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
        reply = responses.WebhookReply(response.status, body, kind)
        told = printable(mask(body[:_SHOWN].decode(errors="replace")))
        is_refusal = response.status >= HTTPStatus.BAD_REQUEST and told
        return Answered(
            reply, _action(reply) or "forwarded", f"answered: {told}" if is_refusal else None
        )

    return answer


async def _body_of(response: aiohttp.ClientResponse) -> bytes | None:
    """Return the body of an answer, or None if it is too long."""
    try:
        await response.content.readexactly(_LONGEST_ANSWER + 1)
    except asyncio.IncompleteReadError as whole:
        return whole.partial
    return None


def _failed(problem: str) -> Answered:
    body = dumps({"error": "The delivery could not be sent on"})
    return Answered(responses.WebhookReply(502, body), "not forwarded", problem)


def _action(reply: responses.WebhookReply) -> str | None:
    """Return the decision that an answer carries."""
    try:
        answered: Mapping[str, object] = loads(reply.body)
    except NotJSON:
        return None
    action = answered.get("action") if isinstance(answered, dict) else None
    return str(action) if action in ("approve", "decline") else None


HERE: Final = "127.0.0.1"

_REMEMBERED: Final = 10_000
_DEADLINE: Final = 2.0
_DEADLINE_OF_UPDATES: Final = 4.0
_CLOSING_SECONDS: Final = 0.1


class Listener:
    """Takes deliveries in.

    Args:
        responder: Answers them.
        verifier: Knows the signing key; None if nobody does.
        tell: Called with each delivery when it has been answered.
    """

    def __init__(
        self,
        responder: Responder,
        verifier: WebhookVerifier | None,
        tell: Callable[[JSONObject], object],
    ) -> None:
        self._respond = responder
        self._verifier = verifier
        self._tell = tell
        self._seen: dict[str, None] = {}

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        loop = asyncio.get_running_loop()
        started, received_at = loop.time(), datetime.now(UTC)
        event: Event | None = None
        try:
            body = SecretBytes(await request.read())
        except web.HTTPRequestEntityTooLarge:
            seal, problem = "unchecked", f"the body is longer than {MAX_BODY:,} bytes"
            reply, told, went_wrong = Answered(responses.TOO_LARGE, "refused")
        else:
            seal, problem = self._check(body, request.headers.get(HEADER))
            try:
                event = parse_event(body)
            except DecodeError as error:
                problem = problem or f"no event: {error}"
            received = Received(request.headers, body, event, seal in ("bad", "missing"))
            reply, told, went_wrong = await self._respond(received)
        seconds = loop.time() - started
        self._tell(
            {
                "receivedAt": iso(received_at),
                **facts_of(event),
                "signature": seal,
                "answerStatus": reply.status,
                "answer": told,
                "seconds": round(seconds, 6),
                "repeat": event is not None and self._note(event),
                "late": event is not None and _is_late(event, seconds),
                "problem": went_wrong or problem or None,
            }
        )
        headers = {**reply.headers, "Content-Type": printable(reply.content_type)}
        return web.Response(status=reply.status, body=reply.body, headers=headers)

    def _check(self, body: SecretBytes, signature: str | None) -> tuple[str, str]:
        """Return what there is to say about a signature, and what is wrong with it."""
        if self._verifier is None:
            return "unchecked", ""
        try:
            self._verifier.verify(body, signature)
        except SignatureError as error:
            return "missing" if signature is None else "bad", error.message
        return "ok", ""

    def _note(self, event: Event) -> bool:
        """Remember an event; return whether it has come before."""
        key = key_of(event)
        is_repeat = key in self._seen
        self._seen.pop(key, None)  # so that it goes to the end
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return is_repeat


def _is_late(event: Event, seconds: float) -> bool:
    is_update = isinstance(event, CardAuthorizationUpdate)
    deadline = _DEADLINE_OF_UPDATES if is_update else _DEADLINE
    return event.wants_decision and seconds > deadline


@asynccontextmanager
async def serving(listener: Listener, port: int) -> AsyncGenerator[str, None]:
    """Listen on a loopback port for the time of the block, and yield the URL.

    Raises:
        CommandError: The port is in use.
    """
    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/{path:.*}", listener.handle)
    # The signature is that of the bytes that came, so nothing is unpacked.
    runner = web.AppRunner(
        app, access_log=None, auto_decompress=False, shutdown_timeout=_CLOSING_SECONDS
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HERE, port).start()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CommandError(
                f"cannot listen on {HERE}:{port} ({reason}); choose another with --port"
            ) from None
        yield f"http://{HERE}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
