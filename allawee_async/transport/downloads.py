"""Files: an answer that is read as it comes, kept as bytes, or saved whole or not at all."""

from __future__ import annotations

import asyncio
import os
import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

from allawee_async.codec.json import loads
from allawee_async.errors import ConfigurationError, DecodeError, TransportError
from allawee_async.transport.response import read_response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from concurrent.futures import Executor
    from types import TracebackType
    from typing import BinaryIO

    from allawee_async.transport.request import Request
    from allawee_async.transport.session import SessionManager
    from allawee_async.transport.streaming import StreamedResponse
    from allawee_async.types import JSONValue

T = TypeVar("T")

_WRITTEN_AT_ONCE: Final = 256 * 1024


class Download:
    """A file of the API. Nothing is sent until it is used, in one of three ways.

    `async with … as file:` opens it: then `file.content_type` is known, and
    `async for chunk in file:` gives its bytes as they come. `await ….read()` gives all of them.
    `await ….save_to(path)` saves them, whole or not at all.

    What fails before the first byte is there is sent again by the client's policy; `read` and
    `save_to` also start afresh if the file is cut off later.

    Args:
        session: Sends the call.
        call: The call whose answer is the file.
    """

    def __init__(self, session: SessionManager, request: Request) -> None:
        self._session = session
        self._call = request
        self._answer: StreamedResponse | None = None
        self._is_open = False
        self._handed_out = 0

    @property
    def content_type(self) -> str:
        """What the server says that the file is (`text/csv`), or `""`.

        Raises:
            ConfigurationError: The file was not opened yet.
        """
        return self._opened.headers.get("content-type", "")

    @property
    def size(self) -> int | None:
        """The length in bytes, if the server told it; for a progress bar.

        Raises:
            ConfigurationError: The file was not opened yet.
        """
        return self._opened.size

    @property
    def request_id(self) -> str | None:
        """The API's id of the request, if it told one.

        Raises:
            ConfigurationError: The file was not opened yet.
        """
        return self._opened.request_id

    @property
    def _opened(self) -> StreamedResponse:
        if self._answer is None:
            raise ConfigurationError("the file is not open yet: async with … as file:")
        return self._answer

    async def __aenter__(self) -> Self:
        """Open the file: return when its first part is there.

        Raises:
            APIError: The API answered with an error.
            DecodeError: The API answered with JSON; `body` holds it.
            TransportError: No usable answer came.
        """
        if self._is_open:
            raise ConfigurationError("the file is open already; ask the API for another one")
        self._is_open, self._handed_out = True, 0
        try:
            await self._start(_nothing)
        except BaseException:
            self._is_open = False
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file; the connection too, if the file was not read to its end."""
        self._is_open = False
        self._opened.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the bytes as they come.

        Raises:
            TransportError: The file was cut off.
        """
        if not self._is_open:
            async with self:
                async for chunk in self:
                    yield chunk
            return
        while chunk := await self._chunk():
            yield chunk

    async def read(self) -> bytes:
        """Return the whole file; inside `async with`, what is left of it.

        Raises:
            TransportError: The file was cut off, or is longer than the client's
                `max_response_bytes`.
            AllaweeError: As for any other call.
        """
        return await self._whole(lambda response: response.read())

    async def save_to(self, path: str | os.PathLike[str]) -> Path:
        """Save the file. A file that is there already is replaced once the new one is complete.

        The bytes go to a temporary file in the same directory, which is renamed at the end. If
        anything fails, or the task is cancelled, `path` is as it was and the temporary file gone.

        Args:
            path: Where to; its directory must exist.

        Returns:
            The path.

        Raises:
            OSError: It cannot be written there.
            TransportError: The file was cut off, again and again.
            AllaweeError: As for any other call.
        """
        target = Path(path)
        if await asyncio.to_thread(target.is_dir):
            raise IsADirectoryError(f"{target} is a directory; name the file, too")
        if self._handed_out and self._is_open:
            raise ConfigurationError("a part of the file was handed out already; save_to alone")
        part = target.with_name(f".{secrets.token_hex(8)}.part")
        with await in_thread(lambda: _NewFile(part)) as file:

            async def store(response: StreamedResponse) -> None:
                await in_thread(file.clear)
                await _store(response, file)

            await self._whole(store)
            await in_thread(lambda: file.become(target))
        return target

    async def _chunk(self) -> bytes:
        response = self._opened
        try:
            chunk = await response.part()
        except TransportError as error:
            raise self._told(error, response) from None
        self._handed_out += len(chunk)
        return chunk

    async def _whole(self, use: Callable[[StreamedResponse], Awaitable[T]]) -> T:
        if not self._is_open:
            return await self._start(use)
        response = self._opened
        try:
            return await use(response)
        except TransportError as error:
            raise self._told(error, response) from None

    def _told(self, error: TransportError, response: StreamedResponse) -> TransportError:
        error.method, error.request_id = self._call.method, response.request_id
        error.attempts = (*response.failures, response.attempt(error))
        return error

    async def _start(self, use: Callable[[StreamedResponse], Awaitable[T]]) -> T:
        """Send the call until `use` is done with the answer."""

        async def use_file(response: StreamedResponse) -> T | _Document:
            self._answer = response
            if not _is_json(response):
                return await use(response)
            body = await response.read()
            read_response(response.status, response.headers, body)
            return _Document(loads(body or b"null"))

        result = await self._session.stream(self._call, use_file)
        if isinstance(result, _Document):
            raise self._not_a_file(result)
        return result

    def _not_a_file(self, document: _Document) -> DecodeError:
        response = self._opened
        error = DecodeError(
            f"the API answered with JSON ({self.content_type}) in place of a file; "
            "the error's `body` holds it",
            body=document.value,
            status=response.status,
            request_id=response.request_id,
        )
        error.attempts, error.method = response.attempts, self._call.method
        return error

    def __repr__(self) -> str:
        """Show what is downloaded."""
        return f"<Download {self._call.method} {self._call.path}>"


class _Document:
    """A JSON document that came in place of a file."""

    def __init__(self, value: JSONValue) -> None:
        self.value = value


def _is_json(response: StreamedResponse) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


async def _nothing(_: StreamedResponse) -> None:
    """Leave the answer to the caller."""


class _NewFile:
    """A file that is written under another name, and is removed unless it gets its own."""

    def __init__(self, part: Path) -> None:
        self._part = part
        self._file: BinaryIO = part.open("xb", buffering=0)

    def write(self, data: bytearray) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def clear(self) -> None:
        """Begin again."""
        self._file.seek(0)
        self._file.truncate()

    def become(self, target: Path) -> None:
        """Take the place of a file, once everything is on the disk."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


async def _store(response: StreamedResponse, file: _NewFile) -> None:
    waiting = bytearray()
    while part := await response.part():
        waiting += part
        if len(waiting) >= _WRITTEN_AT_ONCE:
            await in_thread(partial(file.write, waiting))
            waiting = bytearray()
    await in_thread(partial(file.write, waiting))


async def in_thread(work: Callable[[], T], pool: Executor | None = None) -> T:
    """Do something on the disk; if the task is cancelled, wait for its end, then leave."""
    running = asyncio.get_running_loop().run_in_executor(pool, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise
