"""Deliveries of webhooks: the documented ones, and any other, signed."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from typing import Any, Final

from tests.support.samples import SAMPLES

KEY: Final = "signing-key-for-tests"

VECTOR_BODY: Final = (
    b'{"event":"card.transaction.created","data":{"id":"c.txn.test"},'
    b'"metadata":{"event":"evt.test"}}'
)
VECTOR_SIGNATURE: Final = (
    "536ee26c0df3f54b9478a726451fa287e2a7283ba601a2a0f63c19bd95dcb388"
    "340a42518c210596a02457b82f641346f874b5aecc1e342efb88253597578a05"
)
"""The signature of `VECTOR_BODY` with `KEY`, as the documents print it."""

DOCUMENTED: Final[dict[str, bytes]] = {
    path.name.removeprefix("events.").removesuffix(".json"): path.read_bytes()
    for path in sorted(SAMPLES.glob("events.*.json"))
    if path.name != "events.retry.request.json"  # the body of a call, and no event
}
"""Every event that the documents show, as it came over the wire, by the name of its sample."""


def documented(name: str) -> dict[str, Any]:
    """Return a documented event, parsed; every call makes a new one."""
    return copy.deepcopy(json.loads(DOCUMENTED[name]))


def wire(document: object) -> bytes:
    """Return a document as a body."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def signature_of(body: bytes, key: str = KEY) -> str:
    """Sign a body by the standard library alone, without the code that is tested."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()
