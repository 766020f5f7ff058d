"""The API's own log of calls: what `GET /requests` lists. Bounded; bodies of calls are not kept."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.values import to_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from allawee_async.sandbox.core.values import JsonObject

API_VERSION = "2025-06-01"
HIDDEN = ("id", "createdAt")


class Called(NamedTuple):
    """One call that was answered."""

    at: datetime
    method: str
    path: str
    status: int
    request_id: str
    initiator: str
    address: str

    def record(self) -> JsonObject:
        """Return the call as a document, hidden fields included."""
        at = to_timestamp(self.at)
        return {
            "_id": self.request_id, "status": "completed", "path": self.path,
            "method": self.method, "apiVersion": API_VERSION,
            "attempts": [{"statusCode": self.status, "latency": 0, "createdAt": at}],
            "requestBody": {}, "source": {"ipAddress": self.address},
            "initiator": self.initiator, "id": self.request_id, "createdAt": at,
        }  # fmt: skip


class CallLog:
    """The latest calls. They are made documents of when somebody asks, so that calls stay quick.

    Args:
        size: How many calls are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._fresh: deque[Called] = deque(maxlen=size)
        self._known: deque[Called] = deque(maxlen=size)
        self._listed = Collection(hidden=HIDDEN)

    def note(self, call: Called) -> None:
        """Take in the newest call; the oldest one is forgotten when there are too many."""
        self._fresh.append(call)

    def records(self, queued: Collection) -> Collection:
        """Return all calls as documents, with the queued requests in place of their calls."""
        fresh = [call for call in self._fresh if call.request_id]
        self._known.extend(fresh)
        self._fresh.clear()
        if len(self._listed) + len(fresh) > 2 * self._size:
            self._listed = Collection(hidden=HIDDEN)
            fresh = list(self._known)
        for call in fresh:
            if call.request_id not in self._listed and call.request_id not in queued:
                self._listed.add(call.record())
        for document in queued:
            shown = {name: value for name, value in document.items() if name != "job"}
            known = str(document["id"]) in self._listed
            (self._listed.replace if known else self._listed.add)(shown)
        return self._listed
