"""Answers that are read as they come, and what aiohttp's errors mean."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from typing import Final

import aiohttp

from allawee_async.errors import ConfigurationError, RequestTimeoutError, TransportError
from allawee_async.transport.response import Answer

FAILURES: Final = (
    aiohttp.ClientError,
    asyncio.CancelledError,
    OSError,
    RuntimeError,
    TimeoutError,
    ValueError,
)
"""What aiohttp raises, and perhaps means something else by it; see `translated`."""

_ZIPPED: Final = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS + 32
_UNZIPPED_AT_ONCE: Final = 256 * 1024


class StreamedResponse(Answer):
    """An answer whose body is read as it comes; whoever has it reads it to its end or closes it.

    Args:
        response: The answer.
        max_bytes: The longest body that `read` reads.

    Attributes:
        status: The HTTP status.
        headers: The headers; names in any case.
        failures: The attempts before it.
        elapsed: Seconds that the attempt took.
    """

    def __init__(self, response: aiohttp.ClientResponse, max_bytes: int) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self.request_id = response.headers.get("x-request-id")
        self.failures = ()
        self.elapsed = 0.0
        self._response = response
        self._max_bytes = max_bytes
        self._first: bytes | None = None
        self._is_given_up = False
        self._coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        self._unzip = zlib.decompressobj(_GZIP_OR_ZLIB)

    @property
    def size(self) -> int | None:
        """The length of the file in bytes, if the server told it."""
        return None if "Content-Encoding" in self.headers else self._response.content_length

    async def start(self) -> None:
        """Wait for the first part of the body.

        Raises:
            TransportError: It came in a form that nobody asked for, or as for `part`.
        """
        if self._coding not in ("identity", *_ZIPPED):
            self._given_up(TransportError(f"nobody asked for {self._coding}"))
        self._first = await self.part()

    async def part(self) -> bytes:
        """Return the next part of the body; nothing at its end.

        Raises:
            TransportError: The answer was cut off.
            RequestTimeoutError: Nothing more came in time.
        """
        if self._first is not None:
            part, self._first = self._first, None
            return part
        try:
            return await self._decoded_part()
        except (aiohttp.ClientError, TimeoutError, OSError, zlib.error) as error:
            return self._given_up(transport_error(error))
        except BaseException:
            self.close()
            raise

    async def _decoded_part(self) -> bytes:
        """Return the next part of the body, decompressed.

        aiohttp would do it, but takes a gzip body for whole that was cut off.
        """
        more = self._response.content.readany
        if self._coding not in _ZIPPED:
            return await more()
        part = b""
        while not part:
            data = self._unzip.unconsumed_tail or self._unzip.unused_data or await more()
            if self._unzip.eof:
                if not data:
                    break
                self._unzip = zlib.decompressobj(_GZIP_OR_ZLIB)  # there may be several members
            part = self._unzip.decompress(data, _UNZIPPED_AT_ONCE)
            if not part and not data:
                raise zlib.error("it was cut off")
        return part

    async def read(self) -> bytes:
        """Return what is left of the body.

        Raises:
            TransportError: The answer was cut off, or is too long.
        """
        parts: list[bytes] = []
        size = 0
        is_too_long = (self._response.content_length or 0) > self._max_bytes
        while not is_too_long and (part := await self.part()):
            parts.append(part)
            size += len(part)
            is_too_long = size > self._max_bytes
        if not is_too_long:  # half a body is no JSON, in which secrets have names
            return b"" if self._is_given_up else b"".join(parts)
        too_long = TransportError(
            f"the answer is longer than {self._max_bytes:,} bytes and was not read; "
            "ask for less at a time (limit=), or raise max_response_bytes",
            final=True,
        )
        return self._given_up(too_long)

    def _given_up(self, error: TransportError) -> bytes:
        """Close the connection and raise, or return nothing: the status says what an error is."""
        self.close()
        self._is_given_up = True
        if 200 <= self.status <= 299:
            raise error from None
        return b""

    def close(self) -> None:
        """Close the connection, unless the body was read to its end."""
        if not self._response.closed:
            self._response.close()


def translated(error: BaseException, session: aiohttp.ClientSession) -> BaseException:
    """Return our error for what a request raised, or what it raised if that is not about it."""
    match error:
        case asyncio.CancelledError():
            task = asyncio.current_task()
            if task is None or task.cancelling():
                return error
            return closed_meanwhile()  # aiohttp cancels who waits for a connection
        case aiohttp.ClientError() | OSError():
            return transport_error(error)
        case ValueError():
            return ConfigurationError(
                "aiohttp refuses the request; has the session that you passed an auth= of its own?"
            )
        case _:
            return closed_meanwhile() if session.closed else error


def closed_meanwhile(*, sent: bool = True) -> TransportError:
    """Return the error of a call whose client was closed before there was an answer."""
    message = "the client was closed while this call was under way"
    return TransportError(message, sent=sent, final=True)


def transport_error(error: Exception) -> TransportError:
    """Return our error for one of aiohttp's, without the URL, whose query may hold secrets."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return RequestTimeoutError("no connection in time", sent=False)
        case TimeoutError():
            return RequestTimeoutError("no answer in time")
        case aiohttp.ClientConnectorCertificateError():
            reason = error.certificate_error
            return TransportError(f"the server's certificate is not valid: {reason}", sent=False)
        case aiohttp.ClientHttpProxyError(status=status):
            return TransportError(f"the proxy refused the connection ({status})", sent=False)
        case aiohttp.ClientConnectorError():
            return TransportError(f"no connection to {error.host}: {error.os_error}", sent=False)
        case aiohttp.ClientConnectionError():
            return TransportError(f"the connection was lost ({type(error).__name__})")
        case zlib.error():
            return TransportError(f"the answer cannot be decompressed ({error})")
        case aiohttp.ClientPayloadError():
            return TransportError("the answer was cut off")
        case aiohttp.ClientResponseError():
            return TransportError(f"the answer is not HTTP ({type(error).__name__})")
        case _:
            return TransportError(f"no usable answer ({type(error).__name__})")
