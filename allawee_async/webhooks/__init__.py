"""Receive webhooks: verified, typed, on time and once each.

A name is loaded when it is first used: who only checks signatures loads no web framework.
"""

from typing import TYPE_CHECKING

from allawee_async.lazy import lazy_names

if TYPE_CHECKING:
    from allawee_async.webhooks.decisions import Approve, Decline, DeclineCode
    from allawee_async.webhooks.delivery.stats import DispatchStats, Incident
    from allawee_async.webhooks.dispatcher import WebhookDispatcher
    from allawee_async.webhooks.events import (
        CardAuthorizationClosed,
        CardAuthorizationRequest,
        CardAuthorizationUpdate,
        CardTransactionCreated,
        Event,
        RequestCompleted,
        UnknownEvent,
    )
    from allawee_async.webhooks.responses import WebhookReply
    from allawee_async.webhooks.signature import sign
    from allawee_async.webhooks.stores.base import (
        Busy,
        Claim,
        ClaimLostError,
        Done,
        Store,
        StoreError,
    )
    from allawee_async.webhooks.stores.memory import MemoryStore
    from allawee_async.webhooks.stores.redis import RedisStore
    from allawee_async.webhooks.stores.sqlite import SQLiteStore
    from allawee_async.webhooks.verifier import WebhookVerifier

__all__ = [
    "Approve",
    "Busy",
    "CardAuthorizationClosed",
    "CardAuthorizationRequest",
    "CardAuthorizationUpdate",
    "CardTransactionCreated",
    "Claim",
    "ClaimLostError",
    "Decline",
    "DeclineCode",
    "DispatchStats",
    "Done",
    "Event",
    "Incident",
    "MemoryStore",
    "RedisStore",
    "RequestCompleted",
    "SQLiteStore",
    "Store",
    "StoreError",
    "UnknownEvent",
    "WebhookDispatcher",
    "WebhookReply",
    "WebhookVerifier",
    "sign",
]

_ROOMS = {
    "responses": ["WebhookReply"],
    "stores.base": ["Busy", "Claim", "ClaimLostError", "Done", "Store", "StoreError"],
    "decisions": ["Approve", "Decline", "DeclineCode"],
    "dispatcher": ["WebhookDispatcher"],
    "events": [
        "CardAuthorizationClosed",
        "CardAuthorizationRequest",
        "CardAuthorizationUpdate",
        "CardTransactionCreated",
        "Event",
        "RequestCompleted",
        "UnknownEvent",
    ],
    "stores.memory": ["MemoryStore"],
    "stores.redis": ["RedisStore"],
    "signature": ["sign"],
    "stores.sqlite": ["SQLiteStore"],
    "delivery.stats": ["DispatchStats", "Incident"],
    "verifier": ["WebhookVerifier"],
}

__getattr__, __dir__ = lazy_names(
    globals(), {name: room for room, names in _ROOMS.items() for name in names}
)
