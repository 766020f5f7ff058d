"""Which functions can be handlers, what they get, and where they run."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.errors import ConfigurationError
from allawee_async.webhooks import (
    Approve,
    CardAuthorizationClosed,
    CardAuthorizationRequest,
    CardAuthorizationUpdate,
    CardTransactionCreated,
    Claim,
    Decline,
    Event,
    RequestCompleted,
    UnknownEvent,
    WebhookDispatcher,
)
from tests.support.deliveries import DOCUMENTED, KEY
from tests.support.receiving import (
    APPROVE,
    CLOSED,
    DECLINE,
    REQUEST,
    SUCCESS,
    UPDATE,
    answer,
    deliver,
    event,
    kinds,
)
from tests.support.tables import for_each

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from allawee_async.webhooks import Incident

trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace", default="none")


@pytest.fixture
async def webhooks() -> AsyncIterator[WebhookDispatcher]:
    async with WebhookDispatcher(KEY) as made:
        yield made


# What can be a handler


async def _async(event: Event) -> Approve:
    return Approve()


def _sync(event: Event) -> Approve:
    return Approve()


class _Callable:
    def __call__(self, _: Event) -> Approve:
        return Approve()

    def method(self, _: Event) -> Approve:
        return Approve()

    async def async_method(self, _: Event) -> Approve:
        return Approve()

    @staticmethod
    def static(_: Event) -> Approve:
        return Approve()


class _AsyncCallable:
    async def __call__(self, _: Event) -> Approve:
        return Approve()


def _with_more(prefix: str, event: Event) -> Approve:
    return Approve()


async def _async_with_more(prefix: str, event: Event) -> Approve:
    return Approve()


@functools.wraps(_async)
def _wrapping(event: Event) -> Any:
    """A decorator that is not async itself returns a coroutine."""
    return _async(event)


def _collects(*events: Event, **more: object) -> Approve:
    assert (len(events), more) == (1, {})
    return Approve()


def _has_defaults(event: Event, retries: int = 3, *, quick: bool = True) -> Approve:
    return Approve()


HANDLERS = [
    _async,
    _sync,
    lambda _: Approve(),
    _Callable(),
    _Callable().method,
    _Callable().async_method,
    _Callable.static,
    _AsyncCallable(),
    functools.partial(_with_more, "x"),
    functools.partial(_async_with_more, "x"),
    _wrapping,
    _collects,
    _has_defaults,
]


@pytest.mark.parametrize("handler", HANDLERS)
async def test_whatever_takes_an_event_can_be_a_handler(
    webhooks: WebhookDispatcher, handler: Any
) -> None:
    webhooks.on(REQUEST)(handler)

    assert answer(await deliver(webhooks)) == (200, APPROVE)


@for_each("handler", HANDLERS)
def test_registration_returns_the_handler_as_it_is(handler: Any) -> None:
    assert WebhookDispatcher(KEY).on(CLOSED)(handler) is handler


def _none() -> None: ...


def _only_keywords(*, event: Event) -> None: ...


def _wants_database(event: Event, database: object) -> None: ...


def _wants_claim_by_position(event: Event, claim: Claim, /) -> None: ...


async def _yields(event: Event) -> Any:
    yield event


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (_none, "the first parameter of _none must take the event"),
        (_only_keywords, "the first parameter of _only_keywords must take the event"),
        (_wants_database, "a parameter 'database'.* `request` and `claim`"),
        (_wants_claim_by_position, "a parameter 'claim'"),
        (_yields, "_yields must return its answer, not yield it"),
        (None, "a handler must be a function that takes the event, not NoneType"),
        ("decide", "not str"),
    ],
)
def test_what_cannot_be_called_with_an_event_is_refused_at_once(handler: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        WebhookDispatcher(KEY).on(CLOSED)(handler)


# For which event


@pytest.mark.parametrize(
    ("cls", "sample"),
    [
        (CardAuthorizationRequest, "card.authorization.request.capture"),
        (CardAuthorizationClosed, "card.authorization.closed.approved"),
        (CardAuthorizationUpdate, "card.authorization.update.reversed"),
        (CardTransactionCreated, "card.transaction.created"),
        (RequestCompleted, "request.completed"),
    ],
)
async def test_an_event_can_be_named_by_its_class(
    webhooks: WebhookDispatcher, cls: Any, sample: str
) -> None:
    got: list[object] = []

    @webhooks.on(cls)
    async def handle(event: Any) -> Approve:
        got.append(event)
        return Approve()

    for name in DOCUMENTED:
        await deliver(webhooks, DOCUMENTED[name])

    assert {type(event) for event in got} == {cls}


async def test_the_class_of_unknown_events_stands_for_all_of_them(
    webhooks: WebhookDispatcher,
) -> None:
    got: list[str] = []

    @webhooks.on(UnknownEvent)
    async def by_class(event: UnknownEvent) -> None:
        got.append(f"class {event.type}")

    @webhooks.on("card.issued")
    async def by_name(event: UnknownEvent) -> None:
        got.append(f"name {event.type}")

    for name in ("card.issued", "payment-completed", CLOSED):
        await deliver(webhooks, event(name))

    assert got == ["class card.issued", "name card.issued", "class payment-completed"]


@pytest.mark.parametrize("registered", ["request.completed", "request-completed"])
@pytest.mark.parametrize("sent", ["request.completed", "request-completed"])
async def test_the_old_spelling_is_the_same_event(
    webhooks: WebhookDispatcher, registered: str, sent: str
) -> None:
    got: list[object] = []
    webhooks.on(registered)(got.append)

    await deliver(
        webhooks, DOCUMENTED["request.completed"].replace(b"request.completed", sent.encode(), 1)
    )

    assert [type(event) for event in got] == [RequestCompleted]


@pytest.mark.parametrize("wrong", ["", None, int, Approve, _async, 7, b"card"])
def test_what_is_no_event_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r'use @webhooks\.on\("card'):
        WebhookDispatcher(KEY).on(wrong)(_sync)  # type: ignore[no-untyped-call]


def test_an_event_is_asked_for_before_there_is_a_handler(webhooks: WebhookDispatcher) -> None:
    wrong: Any = _async  # `@webhooks.on` without an event gives the handler in its place

    with pytest.raises(ConfigurationError, match=r"is no event: use @webhooks\.on"):
        webhooks.on(wrong)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("card.authorisation.request", REQUEST),
        ("card_authorization_request", REQUEST),
        ("card.authorization.close", "card.authorization.closed"),
        ("payment.completed", None),
        (REQUEST, None),
        ("*", None),
    ],
)
def test_a_name_that_is_mistyped_is_told(
    webhooks: WebhookDispatcher, caplog: pytest.LogCaptureFixture, name: str, meant: str | None
) -> None:
    webhooks.on(name)(_sync)

    told = [record.getMessage() for record in caplog.records]
    assert [f"{name!r}: did you mean {meant}?" in line for line in told] == [True] * bool(meant)


@pytest.mark.parametrize(
    ("first", "second"),
    [(REQUEST, REQUEST), (REQUEST, CardAuthorizationRequest), (CardAuthorizationUpdate, UPDATE)],
)
def test_only_one_handler_can_decide(first: Any, second: Any) -> None:
    webhooks = WebhookDispatcher(KEY)
    webhooks.on(first)(_async)  # type: ignore[no-untyped-call]

    with pytest.raises(ConfigurationError, match="has a handler already, _async: only one"):
        webhooks.on(second)(_sync)  # type: ignore[no-untyped-call]


# What it gets


async def test_a_handler_gets_what_it_has_parameters_for(webhooks: WebhookDispatcher) -> None:
    got: list[tuple[object, ...]] = []
    sentinel = object()

    @webhooks.on(CLOSED)
    async def neither(event: Event) -> None:
        got.append((event.type,))

    @webhooks.on(CLOSED)
    def both(event: Event, *, claim: Claim, request: object) -> None:
        got.append((event.type, claim.key, request))

    @webhooks.on(CLOSED)
    async def one(happened: Event, request: object = None) -> None:
        got.append((happened.type, request))

    body = event(CLOSED, id="evt.1").replace(b"c.auth.", b"a.")
    await deliver(webhooks, body, request=sentinel)

    (_, (kind, key, request), third) = got
    assert (kind, request) == (CLOSED, sentinel)
    assert str(key).startswith("card.authorization.closed|a.")
    assert third == (CLOSED, sentinel)


async def test_without_a_framework_there_is_no_request(webhooks: WebhookDispatcher) -> None:
    got: list[object] = []

    @webhooks.on(CLOSED)
    async def handle(event: Event, request: object) -> None:
        got.append(request)

    await deliver(webhooks, event(CLOSED))

    assert got == [None]


async def test_the_claim_is_what_the_store_holds(webhooks: WebhookDispatcher) -> None:
    """It is of use while the handler runs, and of none after that."""
    store = webhooks._context.store
    claims: list[Claim] = []

    @webhooks.on(CLOSED)
    async def handle(event: Event, claim: Claim) -> None:
        claims.append(claim)
        assert await store.renew(claim, lease=30)

    assert (await deliver(webhooks, event(CLOSED))).status == 200
    assert not await store.renew(claims[0], lease=30)


# Where it runs


async def test_an_async_handler_runs_in_the_loop_and_another_in_a_thread(
    webhooks: WebhookDispatcher,
) -> None:
    threads: list[threading.Thread] = []

    @webhooks.on(CLOSED)
    async def in_loop(event: Event) -> None:
        threads.append(threading.current_thread())

    @webhooks.on(CLOSED)
    def in_thread(event: Event) -> None:
        threads.append(threading.current_thread())

    await deliver(webhooks, event(CLOSED))

    assert threads[0] is threading.current_thread()
    assert threads[1] is not threading.current_thread()


@pytest.mark.parametrize("is_async", [True, False])
async def test_handlers_see_the_context_of_the_request(
    webhooks: WebhookDispatcher, is_async: bool
) -> None:
    got: list[str] = []

    async def in_loop(event: Event) -> None:
        got.append(trace.get())

    def in_thread(event: Event) -> None:
        got.append(trace.get())

    webhooks.on(CLOSED)(in_loop if is_async else in_thread)
    trace.set("t.1")

    await deliver(webhooks, event(CLOSED))

    assert got == ["t.1"]


async def test_at_most_so_many_handlers_run_in_threads_at_once() -> None:
    running, most = 0, 0
    lock, enough = threading.Lock(), threading.Event()

    def handle(event: Event) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 3:
                enough.set()
        enough.wait(5)
        with lock:
            running -= 1

    async with WebhookDispatcher(KEY, sync_workers=3) as webhooks:
        webhooks.on(CLOSED)(handle)
        await asyncio.gather(*(deliver(webhooks, event(CLOSED)) for _ in range(20)))

    assert most == 3


async def test_the_threads_end_with_the_dispatcher() -> None:
    before = set(threading.enumerate())

    async with WebhookDispatcher(KEY) as webhooks:
        webhooks.on(CLOSED)(_sync)
        await deliver(webhooks, event(CLOSED))
        (thread,) = set(threading.enumerate()) - before
        assert thread.is_alive()

    thread.join(5)
    assert not thread.is_alive()


@for_each("error", [StopIteration(7), KeyError("x"), asyncio.CancelledError(), TimeoutError()])
@for_each("is_async", [True, False])
@for_each("name", [REQUEST, CLOSED])
async def test_whatever_a_handler_raises_it_has_failed(
    error: BaseException, is_async: bool, name: str
) -> None:
    incidents: list[Incident] = []

    async def in_loop(event: Event) -> None:
        raise error

    def in_thread(event: Event) -> None:
        raise error

    async with WebhookDispatcher(KEY, on_incident=incidents.append) as webhooks:
        webhooks.on(name)(in_loop if is_async else in_thread)
        reply = await deliver(webhooks, event(name))

    assert (reply.status, kinds(incidents)) == (200 if name == REQUEST else 500, ["failed"])
    assert webhooks.stats.failures == 1


async def test_a_handler_may_wait_for_tasks_of_its_own(webhooks: WebhookDispatcher) -> None:
    async def look_up() -> bool:
        await asyncio.sleep(0)
        return True

    @webhooks.on(REQUEST)
    async def decide(event: CardAuthorizationRequest) -> Approve | Decline:
        async with asyncio.TaskGroup() as group:
            found = group.create_task(look_up())
        return Approve() if found.result() else Decline()

    assert answer(await deliver(webhooks)) == (200, APPROVE)


async def test_a_handler_may_dispatch_another_event(webhooks: WebhookDispatcher) -> None:
    @webhooks.on(REQUEST)
    async def decide(_: CardAuthorizationRequest) -> Approve | Decline:
        inner = await deliver(webhooks, event(CLOSED))
        return Approve() if answer(inner) == (200, SUCCESS) else Decline()

    assert answer(await deliver(webhooks)) == (200, APPROVE)


async def test_a_handler_can_be_registered_while_events_come(
    webhooks: WebhookDispatcher,
) -> None:
    assert answer(await deliver(webhooks)) == (200, DECLINE)

    webhooks.on(REQUEST)(_async)

    assert answer(await deliver(webhooks)) == (200, APPROVE)


def test_a_function_that_tells_no_signature_can_be_a_handler() -> None:
    got: list[object] = []
    append: Callable[[object], None] = got.append

    assert WebhookDispatcher(KEY).on("*")(append) is append
    assert WebhookDispatcher(KEY).on("*")(print) is print
