"""A bounded log of the requests that a sandbox has received, without keys and bodies."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import overload

import attrs


@attrs.define
class LoggedRequest:
    """One request. `status` is None while it is not answered, and for ever if the line was cut."""

    host: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    request_id: str
    status: int | None = None
    faults: tuple[str, ...] = ()


class RequestLog(Sequence[LoggedRequest]):
    """The latest requests, oldest first.

    Args:
        size: How many requests are kept.
    """

    def __init__(self, size: int) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=size)

    @overload
    def __getitem__(self, index: int) -> LoggedRequest: ...

    @overload
    def __getitem__(self, index: slice) -> list[LoggedRequest]: ...

    def __getitem__(self, index: int | slice) -> LoggedRequest | list[LoggedRequest]:
        return list(self._entries)[index] if isinstance(index, slice) else self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"RequestLog({list(self._entries)!r})"

    def append(self, entry: LoggedRequest) -> None:
        """Add the newest request, dropping the oldest one when the log is full."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget all requests."""
        self._entries.clear()

    def previous_query(self, method: str, path: str) -> tuple[tuple[str, str], ...] | None:
        """Return the query of the latest request with this method and path, or None."""
        for entry in reversed(self._entries):
            if entry.method == method and entry.path == path:
                return entry.query
        return None
