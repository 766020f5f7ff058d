"""Files that survive a crash: locked, appended to, replaced as a whole."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

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
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
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


class PartFile:
    """A file that is appended to; what is written is on the disk when `append` returns.

    Args:
        path: Where it is, or is to be.
        length: The length that counts; what is behind it is cut off.

    Raises:
        ValueError: The file is shorter.
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path, length: int) -> None:
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
        self.length = length
        if os.fstat(self._file.fileno()).st_size < length:
            self.close()
            raise ValueError(f"{path.name} is shorter than the checkpoint says")
        self._file.truncate(length)
        self._file.seek(length)

    def append(self, data: bytes) -> None:
        """Append all of it, or nothing.

        Raises:
            OSError: It cannot be written.
        """
        if not data:
            return
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
            os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):  # a part of it would only take the room that is lacking
                self._file.truncate(self.length)
            raise
        self.length += len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: after a crash it is there as before, or as it is to be.

    Raises:
        OSError: It cannot be written; the file is as before.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        move(new, path)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
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
    if _CAN_SYNC_DIRECTORIES:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


_CAN_SYNC_DIRECTORIES: Final = sys.platform != "win32"
