"""The server of `allawee webhooks listen`: it takes deliveries in, has them answered, and tells."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import web

from allawee_async.cli.errors import CommandError
from allawee_async.cli.listen.log import LoggedDelivery, Seal, facts_of
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

    from allawee_async.cli.listen.responders import Decider, Forwarder
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
        responder: Decider | Forwarder,
        verifier: WebhookVerifier | None,
        tell: Callable[[LoggedDelivery], object],
    ) -> None:
        self._responder = responder
        self._verifier = verifier
        self._tell = tell
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        loop = asyncio.get_running_loop()
        started, received_at = loop.time(), datetime.now(UTC)
        signature = request.headers.get(HEADER)
        event: Event | None = None
        problem: str | None
        try:
            body = SecretBytes(await request.read())
        except web.HTTPRequestEntityTooLarge:
            seal, problem = Seal.UNCHECKED, f"the body is longer than {MAX_BODY:,} bytes"
            answer = Answered(TOO_LARGE, "refused")
        else:
            seal, problem = self._check(body, signature)
            try:
                event = parse_event(body)
            except DecodeError as error:
                problem = problem or f"no event: {error}"
            answer = await self._responder.answer(
                Received(
                    headers=tuple(request.headers.items()),
                    body=body,
                    event=event,
                    is_refused=seal in (Seal.BAD, Seal.MISSING),
                )
            )
        seconds = loop.time() - started
        self._tell(
            LoggedDelivery(
                received_at=received_at,
                seal=seal,
                facts={} if event is None else facts_of(event, received_at),
                is_repeat=event is not None and self._note(event),
                is_late=event is not None and _is_late(event, seconds),
                status=answer.reply.status,
                answer=answer.told,
                seconds=seconds,
                problem=answer.problem or problem,
            )
        )
        headers = {**answer.reply.headers, "Content-Type": printable(answer.reply.content_type)}
        return web.Response(status=answer.reply.status, body=answer.reply.body, headers=headers)

    def _check(self, body: SecretBytes, signature: str | None) -> tuple[Seal, str | None]:
        if self._verifier is None:
            return Seal.UNCHECKED, None
        try:
            self._verifier.verify(body, signature)
        except SignatureError as error:
            return Seal.MISSING if signature is None else Seal.BAD, error.message
        return Seal.OK, None

    def _note(self, event: Event) -> bool:
        """Remember an event; return whether it has come before."""
        key = key_of(event)
        is_repeat = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
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
