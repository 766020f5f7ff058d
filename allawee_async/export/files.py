"""Files that survive a crash: locked, appended to, replaced as a whole; nobody else reads them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import BinaryIO, Final, Self

from allawee_async.export.checkpoint import Kept

PRIVATE: Final = 0o600
_BLOCK: Final = 1024 * 1024
_NO_LINKS: Final[int] = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NO_WAITING: Final[int] = getattr(os, "O_NONBLOCK", 0)  # for somebody at the other end of a pipe

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from None

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """A lock that the system takes away when the process ends, however it ends.

    Args:
        path: The file that is locked; it is made, and removed at the end.

    Raises:
        BlockingIOError: Somebody else holds it.
        OSError: The file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = self._locked()

    def _locked(self) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | _NO_LINKS, PRIVATE)
            try:
                _lock(descriptor)
                with suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                        return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # whoever held it has removed the file just now

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        try:
            with suppress(OSError):  # Windows does not remove what is open; nor does it matter
                self._path.unlink()
        finally:
            os.close(self._descriptor)


def open_new(path: Path) -> int:
    """Open a new file; what is there already, be it a link, is removed first.

    Raises:
        OSError: It cannot be made.
    """
    path.unlink(missing_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINKS, PRIVATE)


def open_old(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a file that is there, but no link to one, and nothing that only looks like a file.

    Raises:
        ValueError: It is a link, a device, or the like.
        OSError: It cannot be opened.
    """
    if not path.is_symlink():
        descriptor = os.open(path, flags | _NO_LINKS | _NO_WAITING)
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
            return descriptor
        os.close(descriptor)
    raise ValueError(f"{path.name} is a link, or no plain file")


def kept_in(path: Path) -> Kept:
    """Return the length and the checksum of a file.

    Raises:
        ValueError: It is a link, a device, or the like.
        OSError: It cannot be read.
    """
    with os.fdopen(open_old(path), "rb") as file:
        checksum = file_digest(file, "sha256").hexdigest()
        return Kept(length=file.tell(), checksum=checksum)


def append(descriptor: int, data: bytes) -> None:
    """Append all of it to a file and have it on the disk, or nothing.

    Raises:
        OSError: It cannot be written.
    """
    length = os.lseek(descriptor, 0, os.SEEK_END)
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):  # a part of it would only take the room that is lacking
            os.ftruncate(descriptor, length)
        raise


class PartFile:
    """A file that is appended to; what is written is on the disk when `append` returns.

    Args:
        path: Where it is, or is to be.
        kept: What counts of it; what is behind that is cut off. Where it is nothing, a new file
            begins.

    Raises:
        ValueError: The file is another.
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path, kept: Kept) -> None:
        descriptor = open_old(path, os.O_RDWR) if kept.length else open_new(path)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self._length = 0
        self._hash = sha256()
        try:
            self._read_up_to(kept, path.name)
            self._file.truncate(self._length)
        except BaseException:
            self.close()
            raise

    def _read_up_to(self, kept: Kept, name: str) -> None:
        while block := self._file.read(min(_BLOCK, kept.length - self._length)):
            self._hash.update(block)
            self._length += len(block)
        if self._length < kept.length:
            raise ValueError(f"{name} is shorter than the checkpoint says")
        if self.kept != kept:
            raise ValueError(f"{name} is damaged: it does not fit its checksum")

    @property
    def kept(self) -> Kept:
        """What is on the disk."""
        return Kept(length=self._length, checksum=self._hash.hexdigest())

    def append(self, data: bytes) -> None:
        """Append all of it, or nothing.

        Raises:
            OSError: It cannot be written.
        """
        if data:
            append(self._file.fileno(), data)
        self._length += len(data)
        self._hash.update(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def written(path: Path) -> Generator[BinaryIO]:
    """Open a new file for a block, behind which all of it is on the disk; or it is gone.

    Raises:
        OSError: It cannot be written.
    """
    try:
        with os.fdopen(open_new(path), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        _forget(path)
        raise


def _forget(path: Path) -> None:
    with suppress(OSError):  # it would only take the room that may be lacking
        path.unlink(missing_ok=True)


def write_whole(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file in one step: after a crash it is there as before, or as it is to be.

    Raises:
        OSError: It cannot be written; the file is as before.
    """
    new = path.with_name(f"{path.name}.new")
    with written(new) as file:
        file.writelines(blocks)
    try:
        move(new, path)
    except BaseException:
        _forget(new)
        raise


def move(source: Path, target: Path) -> None:
    """Rename a file, so that it stays so after a crash; what was there before is gone."""
    source.replace(target)
    sync_directory(target.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there, so that it stays so after a crash."""
    path.unlink(missing_ok=True)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Bring the names in a directory to the disk, where the system knows how."""
    if sys.platform != "win32":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
