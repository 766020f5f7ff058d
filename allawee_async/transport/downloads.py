"""Files: an answer that is read as it comes, kept as bytes, or saved whole or not at all."""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

from allawee_async.codec.json import loads
from allawee_async.errors import AllaweeError, ConfigurationError, DecodeError, TransportError
from allawee_async.transport.response import read_response

if TYPE_CHECKING:
    from allawee_async.transport.request import Request
    from allawee_async.transport.session import SessionManager
    from allawee_async.transport.streaming import StreamedResponse
    from allawee_async.types import JSONValue

T = TypeVar("T")

_WRITTEN_AT_ONCE: Final = 256 * 1024


class DownloadError(AllaweeError, OSError):
    """A file could not be written. What was at its path is as it was; `errno` tells the cause."""


class Download:
    """A file of the API. Nothing is sent until it is used, in one of three ways.

    `async with … as file:` opens it: then `file.content_type` is known, and
    `async for chunk in file:` gives its bytes as they come. `await ….read()` gives all of them.
    `await ….save_to(path)` saves them, whole or not at all.

    What fails before the first byte is there is sent again by the client's policy; `read` and
    `save_to` also start afresh if the file is cut off later.

    Args:
        session: Sends the request.
        request: The request whose answer is the file.
    """

    def __init__(self, session: SessionManager, request: Request) -> None:
        self._session = session
        self._request = request
        self._last: StreamedResponse | None = None
        self._is_open = False
        self._is_begun = False
        self._is_taken = False

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
        if self._last is None:
            raise ConfigurationError("the file is not open yet: async with … as file:")
        return self._last

    async def __aenter__(self) -> Self:
        """Open the file: return when its first part is there.

        Raises:
            APIError: The API answered with an error.
            DecodeError: The API answered with JSON; `body` holds it.
            TransportError: No usable answer came.
        """
        if self._is_open:
            raise ConfigurationError("the file is open already; ask the API for another one")
        self._is_open, self._is_begun, self._is_taken = True, False, False
        try:
            await self._start(_itself)
        except BaseException:
            self._is_open = False
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the file; the connection too, if the file was not read to its end."""
        self._is_open = False
        self._opened.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the bytes as they come; outside of `async with`, over a file of its own.

        Raises:
            ConfigurationError: The file is open, and was read or saved already.
            TransportError: The file was cut off.
        """
        is_shared = self._is_open
        if is_shared and self._is_taken:
            raise _begun()
        response = self._opened if is_shared else await self._start(_itself)
        try:
            while chunk := await self._told(response, response.part()):
                self._is_begun = self._is_begun or is_shared
                yield chunk
        finally:
            if not is_shared:
                response.close()

    async def read(self) -> bytes:
        """Return the whole file.

        Raises:
            ConfigurationError: The file is open, and a part of it was handed out already.
            TransportError: The file was cut off, or is longer than the client's
                `max_response_bytes`.
            AllaweeError: As for any other call.
        """
        return await self._whole(lambda response: response.read())

    async def save_to(self, path: str | os.PathLike[str], *, mode: int = 0o600) -> Path:
        """Save the file. A file that is there already is replaced once the new one is complete.

        The bytes go to a temporary file in the same directory, which is renamed at the end. If
        anything fails, or the task is cancelled, `path` is as it was and the temporary file gone.

        Args:
            path: Where to; its directory must exist. A link, a device or a pipe is refused.
            mode: The permissions of the file; by default nobody else may read it.

        Returns:
            The path.

        Raises:
            ConfigurationError: No file can be there, or a part of it was handed out already.
            DownloadError: It cannot be written there.
            TransportError: The file was cut off, again and again.
            AllaweeError: As for any other call.
        """
        target = Path(path)
        try:
            await in_thread(lambda: check_target(target))
            part = target.with_name(f".{secrets.token_hex(8)}.part")
            with await in_thread(lambda: _NewFile(part)) as file:

                async def store(response: StreamedResponse) -> None:
                    await in_thread(file.clear)
                    await _store(response, file)

                await self._whole(store)
                await in_thread(lambda: file.become(target, mode))
        except AllaweeError:
            raise
        except OSError as error:
            raise _not_written(target, error) from error
        return target

    async def _whole(self, use: Callable[[StreamedResponse], Awaitable[T]]) -> T:
        if not self._is_open:
            return await self._start(use)
        if self._is_begun:
            raise _begun()
        self._is_begun = self._is_taken = True
        return await self._told(self._opened, use(self._opened))

    async def _told(self, response: StreamedResponse, use: Awaitable[T]) -> T:
        """Wait for a use of an answer; what it raises tells of the call."""
        try:
            return await use
        except TransportError as error:
            error.method, error.request_id = self._request.method, response.request_id
            error.attempts = (*response.failures, response.attempt(error))
            raise error from None

    async def _start(self, use: Callable[[StreamedResponse], Awaitable[T]]) -> T:
        """Send the call until `use` is done with the answer."""

        async def use_file(response: StreamedResponse) -> T | _Document:
            self._last = response
            if not _is_json(response):
                return await use(response)
            body = await response.read()
            read_response(response.status, response.headers, body)
            return _Document(loads(body or b"null"))

        result = await self._session.stream(self._request, use_file)
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
        error.attempts, error.method = response.attempts, self._request.method
        return error

    def __repr__(self) -> str:
        """Show what is downloaded."""
        return f"<Download {self._request.method} {self._request.path}>"


class _Document:
    """A JSON document that came in place of a file."""

    def __init__(self, value: JSONValue) -> None:
        self.value = value


def _is_json(response: StreamedResponse) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _begun() -> ConfigurationError:
    return ConfigurationError(
        "the file was begun: a part of it was handed out already; take the rest from the same "
        "loop, or ask the API for another one"
    )


async def _itself(response: StreamedResponse) -> StreamedResponse:
    """Leave the answer to the caller."""
    return response


def check_target(target: Path) -> None:
    """See to it that a file can be there, and that nothing else than a file is replaced.

    Raises:
        ConfigurationError: It cannot.
    """
    try:
        kind = stat.S_IFMT(target.lstat().st_mode)
    except FileNotFoundError:
        if target.parent.is_dir():
            return
        raise ConfigurationError(f"there is no directory {target.parent}; make it first") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{target} cannot be a file ({reason})") from None
    if kind == stat.S_IFDIR:
        raise ConfigurationError(f"{target} is a directory; name the file, too")
    if kind == stat.S_IFLNK:
        raise ConfigurationError(f"{target} is a link; name the file that it leads to")
    if kind != stat.S_IFREG:
        raise ConfigurationError(f"{target} is a device or a pipe; name a file")


def _not_written(target: Path, error: OSError) -> DownloadError:
    told = DownloadError(f"{target} cannot be written ({error.strerror or error})")
    told.errno, told.strerror = error.errno, error.strerror
    return told


class _NewFile:
    """A file that is written under another name, and is removed unless it gets its own."""

    def __init__(self, part: Path) -> None:
        self._part = part
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._file = os.fdopen(os.open(part, flags, 0o600), "wb", buffering=0)

    def write(self, data: bytearray) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def clear(self) -> None:
        """Begin again."""
        self._file.seek(0)
        self._file.truncate()

    def become(self, target: Path, mode: int) -> None:
        """Take the place of a file, once everything is on the disk."""
        os.fsync(self._file.fileno())
        self._file.close()
        if mode != 0o600:
            self._part.chmod(mode)
        self._part.replace(target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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
