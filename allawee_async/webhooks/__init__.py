"""Receive webhooks: verified, typed, on time and once each.

A name is loaded when it is first used: who only checks signatures loads no web framework.
"""

from typing import TYPE_CHECKING

from allawee_async.lazy import lazy_names

if TYPE_CHECKING:
    from allawee_async.webhooks.delivery.missed import CatchUpReport as CatchUpReport
    from allawee_async.webhooks.delivery.stats import DispatchStats as DispatchStats
    from allawee_async.webhooks.delivery.stats import Incident as Incident
    from allawee_async.webhooks.dispatcher import WebhookDispatcher as WebhookDispatcher
    from allawee_async.webhooks.events import CardAuthorizationClosed as CardAuthorizationClosed
    from allawee_async.webhooks.events import CardAuthorizationRequest as CardAuthorizationRequest
    from allawee_async.webhooks.events import CardAuthorizationUpdate as CardAuthorizationUpdate
    from allawee_async.webhooks.events import CardTransactionCreated as CardTransactionCreated
    from allawee_async.webhooks.events import Event as Event
    from allawee_async.webhooks.events import RequestCompleted as RequestCompleted
    from allawee_async.webhooks.events import UnknownEvent as UnknownEvent
    from allawee_async.webhooks.responses import Approve as Approve
    from allawee_async.webhooks.responses import Decline as Decline
    from allawee_async.webhooks.responses import DeclineCode as DeclineCode
    from allawee_async.webhooks.responses import WebhookReply as WebhookReply
    from allawee_async.webhooks.signature import sign as sign
    from allawee_async.webhooks.stores.base import Busy as Busy
    from allawee_async.webhooks.stores.base import Claim as Claim
    from allawee_async.webhooks.stores.base import ClaimLostError as ClaimLostError
    from allawee_async.webhooks.stores.base import Done as Done
    from allawee_async.webhooks.stores.base import Store as Store
    from allawee_async.webhooks.stores.base import StoreError as StoreError
    from allawee_async.webhooks.stores.memory import MemoryStore as MemoryStore
    from allawee_async.webhooks.stores.redis import RedisStore as RedisStore
    from allawee_async.webhooks.stores.sqlite import SQLiteStore as SQLiteStore
    from allawee_async.webhooks.verifier import WebhookVerifier as WebhookVerifier

else:
    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "delivery.missed": "CatchUpReport",
            "delivery.stats": "DispatchStats Incident",
            "dispatcher": "WebhookDispatcher",
            "events": "CardAuthorizationClosed CardAuthorizationRequest CardAuthorizationUpdate "
            "CardTransactionCreated Event RequestCompleted UnknownEvent",
            "responses": "Approve Decline DeclineCode WebhookReply",
            "signature": "sign",
            "stores.base": "Busy Claim ClaimLostError Done Store StoreError",
            "stores.memory": "MemoryStore",
            "stores.redis": "RedisStore",
            "stores.sqlite": "SQLiteStore",
            "verifier": "WebhookVerifier",
        },
        extras={"RedisStore": "redis"},
    )
