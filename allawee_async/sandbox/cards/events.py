"""What webhooks are told of authorizations and transactions: fewer fields than the API shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allawee_async.sandbox.core.values import JsonObject

REQUEST = "card.authorization.request"
CLOSED = "card.authorization.closed"
UPDATE = "card.authorization.update"
TRANSACTION = "card.transaction.created"

_CHECK = ("id", "card", "type", "amount", "currency", "status", "channel", "networkData")
_CAPTURE = (
    "id", "card", "type", "amount", "fees", "currency", "status", "channel", "reserved",
    "networkData",
)  # fmt: skip
_CLOSED = (
    "id", "card", "type", "amount", "fees", "currency", "status", "decisionType", "networkData",
)  # fmt: skip
_REVERSED = ("id", "card", "type", "amount", "currency", "status", "networkData")
_TRANSACTION = (
    "id", "authorization", "card", "customer", "amount", "fees", "currency", "channel", "type",
    "networkData",
)  # fmt: skip


def authorization_data(event: str, authorization: JsonObject) -> JsonObject:
    """Return the data of an event about an authorization."""
    if event == CLOSED:
        return _pick(authorization, _CLOSED)
    if authorization["status"] == "reversed":
        return _pick(authorization, _REVERSED)
    if authorization["type"] == "check":
        return _pick(authorization, _CHECK)
    return _pick(authorization, _CAPTURE)


def transaction_data(transaction: JsonObject) -> JsonObject:
    """Return the data of the event about a transaction; there, money that goes is negative."""
    data = _pick(transaction, _TRANSACTION)
    for name in ("amount", "fees"):
        value = data[name]
        data[name] = -value if isinstance(value, int) else value
    return data


def _pick(document: JsonObject, names: tuple[str, ...]) -> JsonObject:
    return {name: document[name] for name in names if name in document}
