"""What type checkers make of handlers. Not run: mypy and pyright check it, both strict."""

from functools import partial
from typing import Annotated, assert_type

from aiohttp import web
from fastapi import Depends, FastAPI
from starlette.routing import Route

from allawee_async import AllaweeClient, CardAuthorization, CardTransaction, RequestRecord
from allawee_async.integrations.aiohttp import ALLAWEE, setup
from allawee_async.integrations.fastapi import allawee_lifespan, get_allawee
from allawee_async.types import JSONObject
from allawee_async.webhooks import (
    Approve,
    CardAuthorizationClosed,
    CardAuthorizationRequest,
    CardAuthorizationUpdate,
    CardTransactionCreated,
    Claim,
    Decline,
    DispatchStats,
    Event,
    Incident,
    MemoryStore,
    RequestCompleted,
    UnknownEvent,
    WebhookDispatcher,
    WebhookReply,
)

webhooks = WebhookDispatcher("key", store=MemoryStore(), default=Approve())


@webhooks.on("card.authorization.request")
async def decide(event: CardAuthorizationRequest) -> Approve | Decline:
    assert_type(event.data, CardAuthorization)
    return Approve() if event.is_check else Decline("insufficient-funds")


@webhooks.on(CardAuthorizationRequest)
def decide_in_a_thread(event: CardAuthorizationRequest, claim: Claim) -> Approve:
    return Approve(metadata={"key": claim.key})


@webhooks.on("card.authorization.update")
async def update(event: CardAuthorizationUpdate, request: web.Request) -> Approve | None:
    return Approve() if event.wants_decision else None


@webhooks.on(CardAuthorizationClosed)
async def closed(event: CardAuthorizationClosed) -> None:
    assert_type(event.data, CardAuthorization)


@webhooks.on("card.transaction.created")
def settled(event: CardTransactionCreated) -> None:
    assert_type(event.data, CardTransaction)


@webhooks.on(RequestCompleted)
async def completed(event: RequestCompleted) -> str:
    assert_type(event.data, RequestRecord)
    return "anything"


@webhooks.on(UnknownEvent)
async def unknown(event: UnknownEvent) -> None:
    assert_type(event.data, JSONObject)


@webhooks.on("payment.completed")
async def paid(event: Event) -> None:
    assert_type(event.type, str)


@webhooks.on("*")
async def every(event: Event) -> None:
    match event:
        case CardTransactionCreated():
            assert_type(event.data, CardTransaction)
        case UnknownEvent():
            assert_type(event.data, JSONObject)
        case _:
            assert_type(event.id, str | None)


@webhooks.on("card.authorization.request")
async def wide(event: Event) -> Decline:
    """A handler may take more than it gets."""
    return Decline()


class Ledger:
    async def debit(self, event: CardAuthorizationClosed) -> None: ...

    @webhooks.on("card.authorization.closed")
    @staticmethod
    async def release(event: CardAuthorizationClosed) -> None: ...


webhooks.on("card.authorization.closed")(Ledger().debit)
webhooks.on("card.authorization.closed")(partial(closed))


async def handlers_keep_their_types(event: CardAuthorizationRequest, claim: Claim) -> None:
    assert_type(await decide(event), Approve | Decline)
    assert_type(decide_in_a_thread(event, claim), Approve)


async def what_comes_out(body: bytes, request: web.Request) -> None:
    reply = await webhooks.dispatch(body, "signature", received_at=webhooks.arrival())
    assert_type(reply, WebhookReply)
    assert_type(reply.status, int)
    assert_type(reply.body, bytes)
    assert_type(reply.content_type, str)
    assert_type(webhooks.stats, DispatchStats)
    assert_type(await webhooks.aiohttp_handler(request), web.Response)


def in_frameworks(app: web.Application, fastapi_app: FastAPI) -> None:
    _ = app.router.add_post("/hooks", webhooks.aiohttp_handler)
    fastapi_app.mount("/hooks", webhooks.asgi)
    fastapi_app.routes.append(Route("/hooks", webhooks.asgi))


def tell(incident: Incident) -> None:
    assert_type(incident.event, Event | None)
    assert_type(incident.elapsed, float)


WebhookDispatcher(["new", "old"], on_incident=tell, request_deadline=2, margin=0)


# A client for the life of an application

Allawee = Annotated[AllaweeClient, Depends(get_allawee)]


async def show(request: web.Request, allawee: Allawee) -> None:
    assert_type(request.app[ALLAWEE], AllaweeClient)
    _ = await allawee.customers.get("cus.1")


def clients(app: web.Application, client: AllaweeClient) -> None:
    setup(app)
    setup(app, client)
    setup(app, api_key="sk.test.x", timeout=5)
    setup(app, timeot=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    setup(app, timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


FastAPI(lifespan=allawee_lifespan)
FastAPI(lifespan=partial(allawee_lifespan, timeout=5))


# What must not pass


async def none_at_all() -> None: ...
async def undecided(event: CardAuthorizationRequest) -> None: ...
async def text(event: CardAuthorizationRequest) -> str:
    return event.type


webhooks.on("card.authorization.request")(none_at_all)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
webhooks.on("card.authorization.request")(undecided)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
webhooks.on(CardAuthorizationRequest)(text)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
webhooks.on(CardAuthorizationRequest)(closed)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
webhooks.on("card.authorization.closed")(settled)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
webhooks.on("*")(settled)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
webhooks.on(UnknownEvent)(completed)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
webhooks.on(7)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
webhooks.on(AllaweeClient)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
WebhookDispatcher("key", default="approve")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
WebhookDispatcher("key", store="events.db")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
