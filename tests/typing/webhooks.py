"""What type checkers make of webhooks. Not run: mypy and pyright check it, both strict."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import assert_type

from allawee_async.models import CardAuthorization, CardTransaction, RequestRecord
from allawee_async.types import JSONObject
from allawee_async.webhooks import (
    Approve,
    CardAuthorizationClosed,
    CardAuthorizationRequest,
    CardAuthorizationUpdate,
    CardTransactionCreated,
    Decline,
    DeclineCode,
    DispatchStats,
    Event,
    Incident,
    MemoryStore,
    RequestCompleted,
    Store,
    UnknownEvent,
    WebhookDispatcher,
    WebhookReply,
    WebhookVerifier,
    sign,
)


def verifiers(keys: list[str]) -> None:
    WebhookVerifier("key")
    WebhookVerifier(keys, max_age=300, max_body=1_000)
    WebhookVerifier(("new", "old"), max_age=timedelta(minutes=5))
    WebhookVerifier(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    WebhookVerifier(b"key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def deliveries(verifier: WebhookVerifier, body: bytes, headers: Mapping[str, str]) -> None:
    assert_type(sign(body, "key"), str)
    sign(body.decode(), "key")
    verifier.verify(memoryview(body), headers.get("allawee-signature"))
    verifier.verify(body.decode(), "")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(verifier.parse(bytearray(body), b"signature"), Event)
    assert_type(verifier.parse(body, None, received_at=datetime.now(UTC)), Event)
    assert_type(verifier.parse_request(body, headers, received_at=None), Event)


def facts(event: Event) -> None:
    assert_type(event.type, str)
    assert_type(event.id, str | None)
    assert_type(event.sent_at, datetime | None)
    assert_type(event.payload, JSONObject)
    assert_type(event.wants_decision, bool)
    event.id = None  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def narrowed(event: Event) -> None:
    """`isinstance` tells the class, and so the type of `data`; what is left is the last class."""
    if isinstance(event, CardAuthorizationRequest):
        assert_type(event.data, CardAuthorization)
        assert_type(event.is_check, bool)
    elif isinstance(event, CardAuthorizationClosed | CardAuthorizationUpdate):
        assert_type(event.data, CardAuthorization)
    elif isinstance(event, CardTransactionCreated):
        assert_type(event.data, CardTransaction)
    elif isinstance(event, RequestCompleted):
        assert_type(event.data, RequestRecord)
    else:
        assert_type(event, UnknownEvent)
        assert_type(event.data, JSONObject)


def matched(event: Event) -> str:
    match event:
        case CardAuthorizationRequest(data=authorization):
            assert_type(authorization, CardAuthorization)
            return authorization.id
        case CardTransactionCreated(data=transaction):
            return transaction.id
        case CardAuthorizationClosed() | CardAuthorizationUpdate() | RequestCompleted():
            return event.data.id
        case UnknownEvent():
            return event.type


def decisions(authorization: CardAuthorization) -> Approve | Decline:
    if authorization.type == "check":
        return Approve(card_balance=5_000_000, card_holder_name="Ada Obi")
    approve = Approve(metadata={"reference": "1", "lines": [1, 2]})
    assert_type(approve.card_balance, int | None)
    assert_type(approve.card_holder_name, str | None)
    assert_type(approve.metadata, JSONObject | None)
    decline = Decline("insufficient-funds", metadata=None)
    assert_type(decline.code, DeclineCode | None)
    Decline(code=DeclineCode.SPENDING_CONTROL)
    Approve(500)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Approve(card_balance="500")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Decline(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    approve.card_balance = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    return approve if authorization.amount else decline


def note(incident: Incident) -> None:
    assert_type(incident.event, Event | None)


async def dispatchers(verifier: WebhookVerifier, store: Store, body: bytes) -> None:
    WebhookDispatcher("key", store=MemoryStore(max_events=10))
    WebhookDispatcher(["new", "old"], default=Approve(), on_incident=note)
    WebhookDispatcher(verifier, default=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    async with WebhookDispatcher(verifier, store=store, margin=0.5) as webhooks:
        reply = await webhooks.dispatch(body, None)
        assert_type(reply, WebhookReply)
        assert_type((reply.status, reply.body, reply.content_type), tuple[int, bytes, str])
        assert_type(webhooks.stats, DispatchStats)


def handlers(webhooks: WebhookDispatcher) -> None:
    @webhooks.on("card.authorization.request")
    async def decide(event: CardAuthorizationRequest) -> Approve | Decline:
        return decisions(event.data)

    @webhooks.on(CardAuthorizationUpdate)
    def update(event: CardAuthorizationUpdate, request: object) -> Decline | None:
        return Decline() if event.wants_decision else None

    @webhooks.on("*")
    async def log(event: Event) -> None:
        facts(event)

    @webhooks.on("payment.completed")
    async def paid(event: UnknownEvent) -> None:
        assert_type(event.data, JSONObject)

    async def called(request: CardAuthorizationRequest, other: UnknownEvent) -> None:
        """What `on` returns is the handler itself."""
        assert_type(await decide(request), Approve | Decline)
        await log(other)
        await paid(other)
        update(request, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    webhooks.on(CardAuthorizationRequest)(called)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]

    async def undecided(event: CardAuthorizationRequest) -> None:
        facts(event)

    webhooks.on("card.authorization.request")(undecided)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    webhooks.on(CardAuthorizationClosed)(undecided)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
