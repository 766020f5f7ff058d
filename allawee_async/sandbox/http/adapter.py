"""The edge: aiohttp requests in, aiohttp responses out, and the faults carried out in between."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

import attrs
from aiohttp import hdrs, web
from multidict import CIMultiDict

from allawee_async.sandbox.api import messages
from allawee_async.sandbox.api.app import Api
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.routing import Host
from allawee_async.sandbox.cards.numbers import masked
from allawee_async.sandbox.core.values import IdSource, JsonObject, to_bytes
from allawee_async.sandbox.events.messenger import PendingAnswers
from allawee_async.sandbox.events.queue import DeliveryAttempt
from allawee_async.sandbox.faults.plan import Faults
from allawee_async.sandbox.http.request_log import LoggedRequest, RequestLog
from allawee_async.sandbox.requests.queued import FLAGS
from allawee_async.sandbox.rules.values import MAX_BODY, MAX_URL

_MAX_DRAINED = 64 * MAX_BODY
# On, and no time to linger: closing then sends a reset instead of an orderly end.
_ABORT_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

_HERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it names them
"""Where what listens everywhere is reached from this computer."""

_logger = logging.getLogger("allawee_async.sandbox")


class HttpAdapter:
    """Takes requests from the sockets, lets the API answer them, and plays the faults."""

    def __init__(self, api: Api, ids: IdSource, log: RequestLog) -> None:
        self.api = api
        self.faults = Faults()
        self.log = log
        self.crashes: deque[Exception] = deque(maxlen=100)
        self.changed: Callable[[], None] = lambda: None
        """Called when the state may have changed, before anybody hears of it."""
        self.ids = ids
        self.open()

    def run_due(self) -> bool:
        """Run the jobs that are due, and return whether there were any."""
        try:
            ran = self.api.run_due()
            if ran:
                self.changed()
        except Exception as crash:  # noqa: BLE001 - it is noted
            self.note_crash("do a job", crash)
            return True
        return ran

    def hear(self, id: str, attempt: DeliveryAttempt) -> None:
        """Take note of what came of sending an event."""
        try:
            self.api.hear(id, attempt)
            self.changed()
        except Exception as crash:  # noqa: BLE001 - it is noted
            self.note_crash("read what a webhook answered", crash)
        self._pending.tell()

    def note_crash(self, doing: str, crash: Exception) -> None:
        """Tell a mistake of the sandbox itself to the log and to tests."""
        _logger.error("the sandbox failed to %s", doing, exc_info=crash)
        self.crashes.append(crash)

    def open(self) -> None:
        """Take requests."""
        self._closing = asyncio.Event()
        self._pending = PendingAnswers()

    def close(self) -> None:
        """Let go of every request that waits."""
        self._closing.set()
        self._pending.tell()

    async def handle(self, host: Host, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, or break it as a fault wants it."""
        call = ApiRequest.parse(request.method, request.raw_path)
        applied = self.faults.apply(call)
        fault = applied.fault
        previous = partial(self.log.previous_query, call.method, call.path)
        pairs = call.pairs if fault is None else fault.rewrite(call.pairs, previous)
        entry = self._note(host, call)
        entry.faults = applied.names
        if applied.delay > 0 and await self._closes_within(applied.delay):
            return _abort(request)
        try:
            body = await _read_body(request)
            entry.take(body)
        except messages.RefusalError as refusal:
            return await _respond(request, refusal.reply, entry)
        except ConnectionError:
            return _abort(request)
        response, headers, api = None, request.headers, self.api
        if fault is None or fault.after_effect:
            call = attrs.evolve(
                call,
                pairs=pairs,
                body=body,
                flags=frozenset(name for name in FLAGS if headers.get(name, "").lower() == "true"),
                request_id=entry.request_id,
                address=request.remote or "",
            )
            authorization = headers.get("Authorization")
            response = self._answer(call, lambda: api.answer(host, call, authorization))
            response = await self._pending.final(
                response, lambda: self._closing.is_set() or self.api is not api
            )
        if fault is not None:
            if fault.holds:
                await self._closing.wait()
                return _abort(request)
            response = fault.answer(response)
        return _abort(request) if response is None else await _respond(request, response, entry)

    def act(self, method: str, path: str, body: JsonObject) -> ApiResponse:
        """Answer a request of the sandbox's own page: it needs no key, and no fault hits it."""
        call = ApiRequest(method, path, body=to_bytes(body))
        entry = self._note(Host.API, call)
        entry.is_of_page = True
        entry.take(call.body)
        call = attrs.evolve(call, request_id=entry.request_id)
        response = self._answer(call, lambda: self.api.act(call))
        entry.close(response.status, response.body)
        return response

    def _note(self, host: Host, call: ApiRequest) -> LoggedRequest:
        entry = LoggedRequest(
            host=host.value,
            method=call.method,
            path=masked(call.path),
            query=tuple((name, masked(value)) for name, value in call.pairs),
            request_id=self.ids.new("req_", 16),
        )
        self.log.append(entry)
        return entry

    def _answer(self, call: ApiRequest, answer: Callable[[], ApiResponse]) -> ApiResponse:
        self.run_due()
        try:
            response = answer()
            if call.method != "GET":
                self.changed()
        except Exception as crash:  # noqa: BLE001 - it is noted
            self.note_crash(f"answer {call.method}", crash)
            return messages.failure(500, "internal-error", f"The sandbox itself failed: {crash!r}")
        return response

    async def _closes_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
        return self._closing.is_set()


async def _read_body(request: web.BaseRequest) -> bytes:
    """Return the body; one that is too long is read on, so that its sender hears the answer."""
    body, size = bytearray(), 0
    try:
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size <= MAX_BODY:
                body += chunk
            elif size > _MAX_DRAINED:
                break
    except web.RequestPayloadError:
        raise messages.bad_request("The body cannot be decoded.") from None
    if size > MAX_BODY:
        message = f"A body has at most {MAX_BODY} bytes."
        raise messages.refused("payload-too-large", message, 413)
    return bytes(body)


async def _respond(
    request: web.BaseRequest, answer: ApiResponse, entry: LoggedRequest
) -> web.StreamResponse:
    """Send an answer, or as much of it as a fault leaves."""
    sent = answer.body[: answer.cut_at]
    entry.close(answer.status, sent)
    headers = CIMultiDict(
        {hdrs.CONTENT_TYPE: answer.content_type, "x-request-id": entry.request_id}
    )
    headers.update(answer.headers)
    if answer.cut_at is None:
        return web.Response(body=sent, status=answer.status, headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(answer.body)
    response.force_close()
    await response.prepare(request)
    await response.write(sent)
    return response


def _abort(request: web.BaseRequest) -> web.Response:
    """Reset the connection; the response that comes back has no way to go any more."""
    if request.transport is not None:
        connection: socket.socket = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT_ON_CLOSE)
        request.transport.abort()
    return web.Response()


class Ports:
    """The ports of both hosts, while they are open.

    Args:
        address: The address to listen on.
        wanted: Port of each host; 0 for any that is free.
    """

    def __init__(self, address: str, wanted: Mapping[Host, int]) -> None:
        self._address = address
        self._wanted = wanted
        self._bound: dict[Host, int] = {}
        self._runners: list[web.ServerRunner] = []

    @property
    def are_open(self) -> bool:
        """Whether anything listens, or is about to."""
        return bool(self._runners)

    @property
    def where(self) -> str:
        """The base URL of the standard host in words, also while there is none."""
        return self.url_of(Host.API) if Host.API in self._bound else "not started"

    def url_of(self, host: Host) -> str:
        """Return the base URL of a host.

        Raises:
            RuntimeError: It does not listen.
        """
        if host not in self._bound:
            raise RuntimeError("the sandbox is not running: use `async with` or `start()`")
        address = _HERE.get(self._address, self._address)
        name = f"[{address}]" if ":" in address else address
        return f"http://{name}:{self._bound[host]}"

    async def open(
        self, answer: Callable[[Host, web.BaseRequest], Awaitable[web.StreamResponse]]
    ) -> None:
        """Listen, and have the requests of each host answered. `close` also after an error.

        Raises:
            OSError: A port is in use, or the address is not one of this computer.
        """
        for host, port in self._wanted.items():
            # The door reads bodies to their end; aiohttp's own lingering would outlive `close`.
            handler = partial(answer, host)
            server = web.Server(handler, access_log=None, lingering_time=0, max_line_size=MAX_URL)
            runner = web.ServerRunner(server, shutdown_timeout=0.1)
            self._runners.append(runner)
            await runner.setup()
            try:
                await web.TCPSite(runner, self._address, port).start()
            except OSError as error:
                reason = f"the sandbox cannot listen on {self._address}:{port} ({error.strerror})"
                raise OSError(error.errno, reason) from error
            self._bound[host] = runner.addresses[0][1]

    async def close(self) -> None:
        """Stop at once, and leave nothing behind."""
        runners, self._runners = self._runners, []
        self._bound = {}
        # A connection that is being accepted needs two turns of the loop until it can be closed.
        for _ in range(3):
            await asyncio.sleep(0)
        for runner in runners:
            await runner.cleanup()
