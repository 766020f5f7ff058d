"""The API's own log of calls: what `GET /requests` lists. Bounded, secrets left out."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import NamedTuple

from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.values import (
    MASK,
    SECRET_FIELDS,
    Document,
    Json,
    from_bytes,
    is_nested_deeper,
    to_timestamp,
    without,
)
from allawee_async.sandbox.rules.values import BODY_KEPT, MAX_NESTING

API_VERSION = "2025-06-01"
HIDDEN = ("id", "createdAt")


def attempt(status: int, body: Json, at: str) -> Document:
    """Return one attempt to carry a call out, as its record shows it."""
    return {"statusCode": status, "latency": 0, "responseBody": body, "createdAt": at}


class Called(NamedTuple):
    """One call that was answered."""

    at: datetime
    method: str
    path: str
    status: int
    request_id: str
    initiator: str
    address: str
    sent: bytes = b""
    answered: bytes = b""

    def record(self) -> Document:
        """Return the call as a document, hidden fields included."""
        at = to_timestamp(self.at)
        body = bare(_read(self.answered))
        return {
            "_id": self.request_id, "status": "completed", "path": self.path,
            "method": self.method, "apiVersion": API_VERSION,
            "attempts": [attempt(self.status, body, at)], "requestBody": _read(self.sent) or {},
            "source": {"ipAddress": self.address}, "initiator": self.initiator,
            "id": self.request_id, "createdAt": at,
        }  # fmt: skip


def kept(body: bytes) -> bytes:
    """Return what the log keeps of a body: all or nothing."""
    return body if len(body) <= BODY_KEPT else b""


def without_secrets(value: Json) -> Json:
    """Return a value with a mask in place of what nobody may read."""
    if isinstance(value, dict):
        return {
            name: MASK if name in SECRET_FIELDS else without_secrets(inner)
            for name, inner in value.items()
        }
    return [without_secrets(inner) for inner in value] if isinstance(value, list) else value


def _read(body: bytes) -> Json:
    try:
        value: Json = from_bytes(body)
    except ValueError:
        return None
    return None if is_nested_deeper(value, MAX_NESTING) else without_secrets(value)


def bare(answer: Json) -> Json:
    """Return the resource in an answer, or the answer itself where there is none in it."""
    return answer["data"] if isinstance(answer, dict) and "data" in answer else answer


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
            store = self._listed.replace if document["id"] in self._listed else self._listed.add
            store(without(document, "job"))
        return self._listed
