"""A connection that holds bytes nobody asked for is never used again."""

from __future__ import annotations

import asyncio
import re
import select
from collections.abc import Callable
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

_READ_AT_ONCE: Final = 64 * 1024
_USUAL: Final = b"\r\nContent-Length: "
_buffers: WeakKeyDictionary[asyncio.AbstractEventLoop, memoryview] = WeakKeyDictionary()
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)


class Line(asyncio.BufferedProtocol):
    """Stands between a connection and aiohttp, which takes any bytes for an answer.

    All connections of an event loop are read into one buffer, which stays in the processor's cache:
    without one, each read of asyncio's takes 256 KiB from the system.

    Args:
        handler: aiohttp's protocol, which gets what was asked for.
        transport: The connection.
        is_ours: Whether nobody else sends requests over it.
    """

    def __init__(
        self, handler: ResponseHandler, transport: asyncio.Transport, *, is_ours: bool
    ) -> None:
        self._handler = handler
        self._transport = transport
        self._is_ours = is_ours
        self._buffer = _buffers.setdefault(
            asyncio.get_running_loop(), memoryview(bytearray(_READ_AT_ONCE))
        )
        self._is_asked = False
        self._was_unasked = False
        self._is_begun = False
        self._is_head = False
        self._left: int | None = None
        self._asked_over: Connection | None = None
        self._has_unread_bytes = _watch(transport.get_extra_info("socket").fileno())
        transport.set_protocol(self)

    @classmethod
    def asked(cls, connection: Connection, method: str, *, is_ours: bool) -> None:
        """Expect one answer on a connection over which a request is about to be sent.

        Raises:
            UnaskedError: Something has arrived on it that no request has asked for.
        """
        handler = connection.protocol
        transport = None if handler is None else handler.transport
        if handler is None or transport is None:
            raise UnaskedError(is_new=False)
        line = transport.get_protocol()
        if not isinstance(line, cls):
            # only what aiohttp has seen counts here: TLS greets with bytes of its own
            if handler.should_close:
                raise UnaskedError(is_new=True)
            line = cls(handler, transport, is_ours=is_ours)
        elif (
            line._was_unasked
            or line._has_unread_bytes()
            # others may have used it; or an answer in chunks ended in what came with its surplus
            or ((not is_ours or line._left is None) and handler.should_close)
        ):
            raise UnaskedError(is_new=False)
        line._asked_over = connection
        line._is_asked, line._is_begun, line._is_head = True, False, method == "HEAD"

    def _rest(self) -> None:
        """Expect nothing more, until the next request."""
        self._is_asked = False

    def give_up(self) -> None:
        """Close the connection; if another request is under way already, at the end of that."""
        self._handler.force_close()
        if self._is_ours and not self._is_asked:
            self._handler.close()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio calls it so
        """Return where to put what arrives."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Pass the bytes of an answer on; end a connection that says something unasked."""
        data = bytes(self._buffer[:nbytes])
        if not self._is_asked:
            self._was_unasked = True  # perhaps half an answer, of which aiohttp shows no trace
            if self._is_ours:
                self._transport.abort()
            else:
                self._handler.data_received(data)
            return
        if not self._is_begun:
            self._is_begun, self._left = True, _length(data, is_head=self._is_head)
            if self._left is None and self._asked_over is not None:
                self._asked_over.add_callback(self._rest)  # its end is known to aiohttp alone
            self._asked_over = None
        if self._left is not None:
            if len(data) > self._left:
                data = data[: self._left]
                self._handler.force_close()
            self._left -= len(data)
            self._is_asked = self._left > 0
        if data:
            self._handler.data_received(data)

    def eof_received(self) -> None:
        """Pass it on."""
        self._handler.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self._handler.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._handler.resume_writing()


def _length(data: bytes, *, is_head: bool) -> int | None:
    """Return how many bytes an answer has, of which these are the first; None if that is open."""
    end = data.find(b"\r\n\r\n") + 4
    status = data[9:12]
    if end < 4 or status[:1] == b"1":
        return None
    if is_head or status in (b"204", b"304"):
        return end
    if data.find(b"ransfer-", 0, end) >= 0:
        return None
    start = data.find(_USUAL, 0, end) + len(_USUAL)
    digits = data[start : data.find(b"\r", start)]
    if start < len(_USUAL) or not digits.isdigit():
        found = _LENGTH.search(data, 0, end)
        if found is None:
            return None
        digits = found[1]
    return end + int(digits)


class UnaskedError(aiohttp.ClientConnectionError):
    """A connection holds bytes that nobody asked for; nothing was sent over it.

    Attributes:
        is_new: Whether it was just made, so that another one would be no better.
    """

    def __init__(self, *, is_new: bool) -> None:
        super().__init__("the server sent something before it was asked")
        self.is_new = is_new


def _watch(descriptor: int) -> Callable[[], object]:
    """Return what tells whether bytes, or the end, have arrived that nobody has read yet."""
    if not hasattr(select, "poll"):  # Windows
        return lambda: select.select([descriptor], [], [], 0)[0]
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return partial(poll.poll, 0)
