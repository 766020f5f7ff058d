"""The server of `allawee webhooks listen`: it takes deliveries in, has them answered, and tells."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import web

from allawee_async.cli.errors import CommandError
from allawee_async.cli.listen.log import facts_of, iso
from allawee_async.cli.listen.responders import Answered, Received
from allawee_async.errors import DecodeError, SignatureError
from allawee_async.redaction import SecretBytes, printable
from allawee_async.webhooks.events import CardAuthorizationUpdate, parse_event
from allawee_async.webhooks.responses import TOO_LARGE
from allawee_async.webhooks.signature import HEADER
from allawee_async.webhooks.stores.base import key_of
from allawee_async.webhooks.verifier import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from allawee_async.cli.listen.responders import Responder
    from allawee_async.types import JSONObject
    from allawee_async.webhooks.events import Event
    from allawee_async.webhooks.verifier import WebhookVerifier

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
            reply, told, went_wrong = Answered(TOO_LARGE, "refused")
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
