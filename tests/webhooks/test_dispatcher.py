"""What the dispatcher answers to a delivery, and what it tells the developer."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING, Any, cast

import pytest

from allawee_async.errors import ConfigurationError, DecodeError
from allawee_async.webhooks import (
    Approve,
    CardAuthorizationRequest,
    Claim,
    Decline,
    DeclineCode,
    Incident,
    MemoryStore,
    UnknownEvent,
    WebhookDispatcher,
    WebhookVerifier,
    sign,
)
from allawee_async.webhooks.stores.base import key_of
from tests.support.canaries import API_KEY, locals_text
from tests.support.deliveries import DOCUMENTED, KEY, signature_of, wire
from tests.support.receiving import (
    APPROVE,
    CLOSED,
    DECLINE,
    REQUEST,
    SUCCESS,
    UPDATE,
    Seen,
    StoreFaultError,
    TroubledStore,
    answer,
    check,
    deliver,
    event,
    kinds,
)
from tests.support.tables import for_each
from tests.support.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.webhooks import Event


@pytest.fixture
def incidents() -> list[Incident]:
    return []


@pytest.fixture
def webhooks(incidents: list[Incident]) -> WebhookDispatcher:
    return WebhookDispatcher(KEY, on_incident=incidents.append)


# The table of answers


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Approve(), {"action": "approve"}),
        (Decline(), {"action": "decline"}),
        (
            Decline(DeclineCode.INSUFFICIENT_FUNDS),
            {"action": "decline", "code": "insufficient-funds"},
        ),
        (Approve(metadata={"lien": "l.1"}), {"action": "approve", "metadata": {"lien": "l.1"}}),
    ],
)
async def test_a_decision_is_answered_as_it_was_returned(
    webhooks: WebhookDispatcher, decision: Approve | Decline, expected: object
) -> None:
    webhooks.on(REQUEST)(Seen(decision))

    assert answer(await deliver(webhooks)) == (200, expected)


async def test_a_handler_gets_the_event_with_its_class(webhooks: WebhookDispatcher) -> None:
    seen = Seen(Approve())
    webhooks.on(REQUEST)(seen)

    await deliver(webhooks, event(id="evt.7", amount=1_234))

    (got,) = seen
    assert isinstance(got, CardAuthorizationRequest)
    assert (got.type, got.id, got.data.amount) == (REQUEST, "evt.7", 1_234)


async def test_a_check_is_answered_with_balance_and_name(webhooks: WebhookDispatcher) -> None:
    webhooks.on(REQUEST)(Seen(Approve(card_balance=500, card_holder_name="Ada Obi")))

    assert answer(await deliver(webhooks, check())) == (
        200,
        {"action": "approve", "cardBalance": 500, "cardHolderName": "Ada Obi"},
    )


@pytest.mark.parametrize("returned", [None, "anything", Approve(), 7])
async def test_other_events_are_answered_success_whatever_their_handler_returns(
    webhooks: WebhookDispatcher, returned: object
) -> None:
    webhooks.on(CLOSED)(Seen(returned))

    assert answer(await deliver(webhooks, event(CLOSED))) == (200, SUCCESS)


@pytest.mark.parametrize("name", DOCUMENTED)
async def test_every_documented_event_is_answered_200_without_a_handler(
    webhooks: WebhookDispatcher, name: str
) -> None:
    reply = await deliver(webhooks, DOCUMENTED[name])

    wants_decision = ".request.c" in name  # capture and check
    assert answer(reply) == (200, DECLINE if wants_decision else SUCCESS)


@pytest.mark.parametrize("name", ["payment.completed", "card.issued", "*", "x" * 300])
async def test_an_event_that_nobody_has_heard_of_is_answered_success(
    webhooks: WebhookDispatcher, name: str, incidents: list[Incident]
) -> None:
    assert answer(await deliver(webhooks, event(name))) == (200, SUCCESS)
    assert webhooks.stats.unhandled == 1
    assert incidents == []


@pytest.mark.parametrize("name", [REQUEST, UPDATE])
async def test_without_a_handler_a_pending_authorization_gets_the_default(
    webhooks: WebhookDispatcher, name: str, incidents: list[Incident]
) -> None:
    assert answer(await deliver(webhooks, event(name))) == (200, DECLINE)
    assert kinds(incidents) == ["unhandled"]
    assert webhooks.stats.defaults_sent == 1


async def test_a_reversal_wants_no_decision(webhooks: WebhookDispatcher) -> None:
    webhooks.on(UPDATE)(Seen(None))

    assert answer(await deliver(webhooks, event(UPDATE, status="reversed"))) == (200, SUCCESS)
    assert webhooks.stats.failures == 0


async def test_an_update_that_is_pending_wants_one(webhooks: WebhookDispatcher) -> None:
    webhooks.on(UPDATE)(Seen(Approve()))

    assert answer(await deliver(webhooks, event(UPDATE))) == (200, APPROVE)


@pytest.mark.parametrize(
    "signature",
    [None, "", "0" * 128, "é" * 128, b"\xff", signature_of(b"{}", "another key"), 5],
)
async def test_a_bad_signature_is_refused_and_no_handler_runs(
    webhooks: WebhookDispatcher, signature: Any
) -> None:
    seen = Seen(Approve())
    webhooks.on("*")(seen)

    reply = await webhooks.dispatch(event(), signature)

    assert answer(reply) == (400, {"error": "Invalid Signature"})
    assert seen == []
    assert webhooks.stats.invalid_signatures == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"event":7}',
        b'{"event":""}',
        wire({"event": CLOSED}),
        wire({"event": CLOSED, "data": {"id": 7}}),
    ],
)
async def test_a_signed_body_that_is_no_event_is_refused_and_told(
    webhooks: WebhookDispatcher, body: bytes, incidents: list[Incident]
) -> None:
    seen = Seen(Approve())
    webhooks.on("*")(seen)

    reply = await deliver(webhooks, body)

    assert answer(reply) == (400, {"error": "Invalid Event"})
    assert seen == []
    assert webhooks.stats.invalid_events == 1
    (incident,) = incidents
    assert (incident.kind, incident.event) == ("invalid-event", None)
    assert isinstance(incident.error, DecodeError)


ASKED = (
    b'{"event":"card.authorization.request","data":{"id":"c.auth.1","status":"pending",'
    b'"type":"capture","amount":%s,"merchant":"%s"},"metadata":{"event":"evt.1"}}'
)


@pytest.mark.parametrize(
    "merchant", [b"a\xed\xa0\xbdb", b"\xff", b"a\\ud83d", b"a\nb", b"\x00", b'","x":NaN,"y":"']
)
async def test_a_signed_authorization_is_decided_though_it_is_hardly_json(
    webhooks: WebhookDispatcher, merchant: bytes
) -> None:
    seen = Seen(Approve())
    webhooks.on("card.authorization.request")(seen)

    reply = await deliver(webhooks, ASKED % (b"5", merchant))

    assert answer(reply) == (200, {"action": "approve"})
    assert seen[0].data.amount == 5


@pytest.mark.parametrize("amount", [b"NaN", b"Infinity", b"1e400", b"5.5", b'"5"', b"{}"])
@pytest.mark.parametrize("name", [b"request", b"update"])
async def test_an_authorization_that_cannot_be_read_gets_the_default_decision(
    webhooks: WebhookDispatcher, incidents: list[Incident], amount: bytes, name: bytes
) -> None:
    """A handler that took such an amount for 0 would approve anything."""
    webhooks.on("*")(seen := Seen(Approve()))

    reply = await deliver(webhooks, (ASKED % (amount, b"")).replace(b"request", name))

    assert answer(reply) == (200, {"action": "decline"})
    assert [incident.kind for incident in incidents] == ["invalid-event"]
    assert (seen, webhooks.stats.defaults_sent) == ([], 1)


async def test_the_same_event_with_another_body_is_told_and_answered_like_a_repeat(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    webhooks.on(REQUEST)(seen := Seen(Approve()))
    first = event(id="evt.1")
    fields = json.loads(first)
    await deliver(webhooks, first)

    later = {**fields, "metadata": {**fields["metadata"], "sentAt": "2026-11-22T10:05:00Z"}}
    assert answer(await deliver(webhooks, wire(later))) == (200, APPROVE)
    assert incidents == []  # a repeat may tell another time of sending

    changed = {**fields, "data": {**fields["data"], "amount": 9_000_000}}
    assert answer(await deliver(webhooks, wire(changed))) == (200, APPROVE)
    (incident,) = incidents
    assert incident.kind == "changed-body"
    assert incident.event is not None
    assert (len(seen), webhooks.stats.repeats) == (1, 2)


class ForgetfulStore(MemoryStore):
    """A store that has something to tell, whenever it is asked."""

    def __init__(self, told: str | Exception) -> None:
        super().__init__()
        self.told = told
        self.asked = 0

    async def trouble(self) -> str:
        self.asked += 1
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


@pytest.mark.parametrize(
    ("told", "kind"), [("all is lost", "marks-lost"), (StoreFaultError(), "store")]
)
async def test_a_store_that_has_forgotten_events_is_told_once_a_minute(
    incidents: list[Incident], told: str | Exception, kind: str
) -> None:
    store = ForgetfulStore(told)
    async with WebhookDispatcher(KEY, store=store, on_incident=incidents.append) as webhooks:
        webhooks.on(REQUEST)(Seen(Approve(), Approve(), Approve()))
        for _ in range(3):
            assert answer(await deliver(webhooks)) == (200, APPROVE)

    assert (kinds(incidents), store.asked) == ([kind], 1)


async def test_a_handler_of_another_event_that_raises_lets_it_be_sent_again(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    broken = RuntimeError("the ledger is away")
    seen = Seen(broken, None)
    webhooks.on(CLOSED)(seen)
    body = event(CLOSED)

    first, second = await deliver(webhooks, body), await deliver(webhooks, body)

    status, told = answer(first)
    assert (status, list(told)) == (500, ["error"])
    assert "ledger" not in told["error"]
    assert answer(second) == (200, SUCCESS)
    assert len(seen) == 2
    (incident,) = incidents
    assert (incident.kind, incident.error, incident.event) == ("failed", broken, seen[0])
    assert (webhooks.stats.failures, webhooks.stats.handled) == (1, 1)


async def test_what_no_handler_should_raise_is_no_success(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    class AbortError(BaseException):
        pass

    calls = []

    @webhooks.on(CLOSED)
    async def debit(event: object) -> None:
        calls.append(event)
        raise AbortError

    body = event(CLOSED)

    assert [(await deliver(webhooks, body)).status for _ in range(2)] == [500, 500]
    assert len(calls) == 2
    assert kinds(incidents) == ["failed", "failed"]
    assert isinstance(incidents[0].error, AbortError)


async def test_a_decision_handler_that_raises_gives_the_default(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    broken = RuntimeError("the ledger is away")
    seen = Seen(broken)
    webhooks.on(REQUEST)(seen)
    body = event()

    assert answer(await deliver(webhooks, body)) == (200, DECLINE)
    assert [(incident.kind, incident.error) for incident in incidents] == [("failed", broken)]
    assert (webhooks.stats.failures, webhooks.stats.defaults_sent) == (1, 1)


async def test_the_default_that_went_out_is_what_a_repeat_gets(
    webhooks: WebhookDispatcher,
) -> None:
    """What was answered counts. A second, better answer would contradict the first."""
    seen = Seen(RuntimeError(), Approve())
    webhooks.on(REQUEST)(seen)
    body = event()

    assert answer(await deliver(webhooks, body)) == (200, DECLINE)
    assert answer(await deliver(webhooks, body)) == (200, DECLINE)
    assert len(seen) == 1


@pytest.mark.parametrize("returned", [None, "approve", {"action": "approve"}, True, Approve])
async def test_an_answer_that_is_no_decision_gives_the_default(
    webhooks: WebhookDispatcher, returned: object, incidents: list[Incident]
) -> None:
    webhooks.on(REQUEST)(Seen(returned))

    assert answer(await deliver(webhooks)) == (200, DECLINE)
    (incident,) = incidents
    assert incident.kind == "invalid-answer"
    assert "return Approve(…) or Decline(…)" in str(incident.error)


@pytest.mark.parametrize(
    ("decision", "lacking"),
    [
        (Approve(), "card_balance and card_holder_name"),
        (Approve(card_balance=1), "card_holder_name"),
        (Approve(card_holder_name="Ada Obi"), "card_balance"),
    ],
)
async def test_an_approved_check_that_lacks_something_is_told_at_once(
    webhooks: WebhookDispatcher,
    decision: Approve,
    lacking: str,
    incidents: list[Incident],
    caplog: pytest.LogCaptureFixture,
) -> None:
    webhooks.on(REQUEST)(Seen(decision))

    assert answer(await deliver(webhooks, check())) == (200, DECLINE)
    (incident,) = incidents
    assert incident.kind == "invalid-answer"
    assert f"without {lacking}," in str(incident.error)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_an_approval_without_balance_is_fine_where_money_is_asked_for(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    webhooks.on(UPDATE)(Seen(Approve()))

    assert answer(await deliver(webhooks, event(UPDATE, type="check"))) == (200, APPROVE)
    assert incidents == []


# The default


async def test_the_default_can_be_an_approval() -> None:
    webhooks = WebhookDispatcher(KEY, default=Approve(metadata={"by": "default"}))

    assert answer(await deliver(webhooks)) == (
        200,
        {"action": "approve", "metadata": {"by": "default"}},
    )


async def test_a_default_approval_without_balance_declines_checks() -> None:
    webhooks = WebhookDispatcher(KEY, default=Approve())

    assert answer(await deliver(webhooks, check())) == (200, DECLINE)
    assert answer(await deliver(webhooks, event())) == (200, APPROVE)


async def test_a_default_approval_with_balance_and_name_approves_checks() -> None:
    webhooks = WebhookDispatcher(KEY, default=Approve(card_balance=0, card_holder_name="A"))

    status, body = answer(await deliver(webhooks, check()))

    assert (status, body["action"]) == (200, "approve")


async def test_a_default_decline_keeps_its_code_for_checks() -> None:
    webhooks = WebhookDispatcher(KEY, default=Decline("account-inactive"))

    assert answer(await deliver(webhooks, check()))[1] == {
        "action": "decline",
        "code": "account-inactive",
    }


# Repeats


@pytest.mark.parametrize(
    ("name", "expected"), [(REQUEST, APPROVE), (UPDATE, APPROVE), (CLOSED, SUCCESS)]
)
async def test_a_repeat_gets_the_same_body_and_runs_no_handler(
    webhooks: WebhookDispatcher, name: str, expected: object
) -> None:
    seen = Seen(Approve(), Decline())
    webhooks.on(name)(seen)
    body = event(name)

    replies = [await deliver(webhooks, body) for _ in range(3)]

    assert {reply.body for reply in replies} == {replies[0].body}
    assert answer(replies[0]) == (200, expected)
    assert len(seen) == 1
    assert (webhooks.stats.handled, webhooks.stats.repeats) == (1, 2)


async def test_another_status_of_the_same_authorization_is_another_event(
    webhooks: WebhookDispatcher,
) -> None:
    seen = Seen(None)
    webhooks.on(CLOSED)(seen)

    for status in ("approved", "declined"):
        await deliver(webhooks, event(CLOSED, id="evt.1", status=status).replace(b"auth.", b"a."))

    assert len(seen) == 2


async def test_a_repeat_while_the_first_is_handled_waits_for_its_answer(
    webhooks: WebhookDispatcher,
) -> None:
    started, may_end = asyncio.Event(), asyncio.Event()
    calls = []

    @webhooks.on(REQUEST)
    async def decide(event: CardAuthorizationRequest) -> Approve:
        calls.append(event)
        started.set()
        await may_end.wait()
        return Approve()

    body = event()
    first = asyncio.create_task(deliver(webhooks, body))
    await started.wait()
    second = asyncio.create_task(deliver(webhooks, body))
    await asyncio.sleep(0.03)
    assert not second.done()
    may_end.set()

    assert (await first).body == (await second).body
    assert len(calls) == 1


async def test_a_repeat_takes_over_when_the_first_fails(webhooks: WebhookDispatcher) -> None:
    started, may_fail = asyncio.Event(), asyncio.Event()

    @webhooks.on(CLOSED)
    async def debit(event: object) -> None:
        if not started.is_set():
            started.set()
            await may_fail.wait()
            raise RuntimeError

    body = event(CLOSED)
    first = asyncio.create_task(deliver(webhooks, body))
    await started.wait()
    second = asyncio.create_task(deliver(webhooks, body))
    await asyncio.sleep(0)
    may_fail.set()

    assert [(await first).status, (await second).status] == [500, 200]


@in_virtual_time
async def test_who_waits_too_long_for_somebody_else_has_it_sent_again() -> None:
    store = MemoryStore()
    webhooks = WebhookDispatcher(KEY, store=store)
    webhooks.on(CLOSED)(Seen(None))
    body = event(CLOSED)
    await _hold(webhooks, store, body)
    began = asyncio.get_running_loop().time()

    reply = await deliver(webhooks, body)

    assert answer(reply)[0] == 503
    assert reply.headers == {"Retry-After": "10"}
    assert 10 <= asyncio.get_running_loop().time() - began <= 10.2
    assert webhooks.stats.busy == 1


@in_virtual_time
async def test_a_decision_that_waits_too_long_is_the_default_and_is_not_recorded() -> None:
    store = MemoryStore()
    webhooks = WebhookDispatcher(KEY, store=store)
    webhooks.on(REQUEST)(Seen(Approve()))
    body = event()
    claim = await _hold(webhooks, store, body)
    began = asyncio.get_running_loop().time()

    assert answer(await deliver(webhooks, body)) == (200, DECLINE)
    assert 1.75 <= asyncio.get_running_loop().time() - began <= 1.81
    assert await store.finish(claim, b"mine") == b"mine"


@pytest.mark.parametrize(("seconds", "decision"), [(1.74, APPROVE), (1.76, DECLINE)])
@in_virtual_time
async def test_repeats_get_what_is_answered_at_the_very_end_of_the_time(
    seconds: float, decision: object
) -> None:
    webhooks = WebhookDispatcher(KEY)

    @webhooks.on(REQUEST)
    async def decide(event: CardAuthorizationRequest) -> Approve:
        await asyncio.sleep(seconds)
        return Approve()

    body = event()
    replies = await asyncio.gather(*(deliver(webhooks, body) for _ in range(5)))

    assert [answer(reply) for reply in replies] == [(200, decision)] * 5
    assert webhooks.stats.repeats == 4


@in_virtual_time
async def test_a_decision_that_others_leave_undone_too_late_is_the_default_for_all() -> None:
    store = MemoryStore()
    webhooks = WebhookDispatcher(KEY, store=store)
    seen = webhooks.on(REQUEST)(Seen(Approve()))
    body = event()
    claim = await _hold(webhooks, store, body)
    asyncio.get_running_loop().call_later(1.77, lambda: asyncio.ensure_future(store.release(claim)))

    assert answer(await deliver(webhooks, body)) == (200, DECLINE)
    assert answer(await deliver(webhooks, body)) == (200, DECLINE)
    assert (seen, webhooks.stats.late, webhooks.stats.repeats) == ([], 1, 1)


async def _hold(webhooks: WebhookDispatcher, store: MemoryStore, body: bytes) -> Claim:
    """Claim an event as another process would."""
    event = WebhookVerifier(KEY).parse(body, signature_of(body))
    claim = await store.claim(key_of(event), lease=1000)
    assert isinstance(claim, Claim)
    return claim


async def test_each_of_many_events_at_once_is_handled_once(webhooks: WebhookDispatcher) -> None:
    seen = Seen(None)

    @webhooks.on(CLOSED)
    async def debit(event: Event) -> None:
        await asyncio.sleep(0.001)
        await seen(event)

    bodies = [event(CLOSED) for _ in range(50)] * 4

    replies = await asyncio.gather(*(deliver(webhooks, body) for body in bodies))

    assert {reply.status for reply in replies} == {200}
    assert len(seen) == len({got.id for got in seen}) == 50


# Several handlers


async def test_handlers_run_in_order_and_those_for_every_event_come_last(
    webhooks: WebhookDispatcher,
) -> None:
    order: list[str] = []

    def tells(name: str) -> Callable[[Event], None]:
        return lambda _: order.append(name)

    webhooks.on("*")(tells("every 1"))
    webhooks.on(CLOSED)(tells("first"))
    webhooks.on("card.transaction.created")(tells("another event"))
    webhooks.on("*")(tells("every 2"))
    webhooks.on(CLOSED)(tells("second"))

    await deliver(webhooks, event(CLOSED))

    assert order == ["first", "second", "every 1", "every 2"]
    await webhooks.close()


async def test_when_one_of_several_handlers_raises_the_others_wait_for_the_next_delivery(
    webhooks: WebhookDispatcher,
) -> None:
    first, second, third = Seen(None), Seen(RuntimeError(), None), Seen(None)
    for handler in (first, second, third):
        webhooks.on(CLOSED)(handler)
    body = event(CLOSED)

    assert (await deliver(webhooks, body)).status == 500
    assert [len(first), len(second), len(third)] == [1, 1, 0]

    assert (await deliver(webhooks, body)).status == 200
    assert [len(first), len(second), len(third)] == [2, 2, 1]


async def test_a_handler_for_every_event_sees_unknown_ones_too(
    webhooks: WebhookDispatcher,
) -> None:
    seen = Seen(None)
    webhooks.on("*")(seen)

    await deliver(webhooks, event("card.issued"))

    assert isinstance(seen[0], UnknownEvent)
    assert webhooks.stats.unhandled == 0


async def test_the_decision_of_the_named_handler_counts(webhooks: WebhookDispatcher) -> None:
    webhooks.on("*")(Seen(Decline()))
    webhooks.on(REQUEST)(Seen(Approve()))

    assert answer(await deliver(webhooks)) == (200, APPROVE)


async def test_without_a_named_handler_one_for_every_event_may_decide(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    for returned in (None, Approve(), Decline()):
        webhooks.on("*")(Seen(returned))

    assert answer(await deliver(webhooks)) == (200, APPROVE)
    assert incidents == []


async def test_where_no_handler_for_every_event_decides_the_default_goes_out(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    webhooks.on("*")(Seen(None))

    assert answer(await deliver(webhooks)) == (200, DECLINE)
    assert kinds(incidents) == ["unhandled"]
    assert (webhooks.stats.unhandled, webhooks.stats.failures) == (1, 0)


async def test_what_was_decided_stands_when_a_handler_for_every_event_raises(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    webhooks.on(REQUEST)(Seen(Approve()))
    webhooks.on("*")(Seen(RuntimeError()))

    assert answer(await deliver(webhooks)) == (200, APPROVE)
    assert kinds(incidents) == ["failed"]


async def test_nobody_decides_in_place_of_a_named_handler_that_raised(
    webhooks: WebhookDispatcher, incidents: list[Incident]
) -> None:
    after = Seen(Approve())
    webhooks.on(REQUEST)(Seen(RuntimeError()))
    webhooks.on("*")(after)

    assert answer(await deliver(webhooks)) == (200, DECLINE)
    assert len(after) == 1
    assert kinds(incidents) == ["failed"]


# A store that fails


@pytest.mark.parametrize(("name", "expected"), [(REQUEST, (200, DECLINE)), (CLOSED, (500, None))])
async def test_when_an_event_cannot_be_claimed_no_handler_runs(
    name: str, expected: tuple[int, object], incidents: list[Incident]
) -> None:
    """It may be done already. The default goes out, or Allawee sends the event again."""
    fault = StoreFaultError()
    webhooks = WebhookDispatcher(
        KEY, store=TroubledStore(claim=fault), on_incident=incidents.append
    )
    seen = webhooks.on(name)(Seen(Approve()))

    status, body = answer(await deliver(webhooks, event(name)))

    assert (status, body if status == 200 else None) == expected
    assert seen == []
    assert [(incident.kind, incident.error) for incident in incidents] == [("store", fault)]
    assert webhooks.stats.store_failures == 1


@pytest.mark.parametrize(("name", "expected"), [(REQUEST, APPROVE), (CLOSED, SUCCESS)])
async def test_what_was_done_is_answered_although_it_cannot_be_recorded(
    name: str, expected: object, incidents: list[Incident]
) -> None:
    """Any other answer would contradict it, or would have it done a second time."""
    store = TroubledStore(finish=StoreFaultError())
    webhooks = WebhookDispatcher(KEY, store=store, on_incident=incidents.append)
    webhooks.on(name)(Seen(Approve()))

    assert answer(await deliver(webhooks, event(name))) == (200, expected)
    await webhooks.close()
    assert kinds(incidents) == ["store", "store"]  # it was tried twice


@pytest.mark.parametrize("name", [REQUEST, CLOSED])
async def test_what_could_not_be_recorded_is_recorded_as_soon_as_it_can_be(name: str) -> None:
    store = TroubledStore(finish=StoreFaultError())
    webhooks = WebhookDispatcher(KEY, store=store)
    seen = webhooks.on(name)(Seen(Approve(), Decline()))
    body = event(name)

    first = await deliver(webhooks, body)
    store.troubles.clear()
    await webhooks.close()

    assert (await deliver(webhooks, body)).body == first.body
    assert len(seen) == 1


async def test_when_the_store_cannot_release_the_answer_is_the_same(
    incidents: list[Incident],
) -> None:
    store = TroubledStore(release=StoreFaultError())
    webhooks = WebhookDispatcher(KEY, store=store, on_incident=incidents.append)
    webhooks.on(CLOSED)(Seen(RuntimeError()))

    assert (await deliver(webhooks, event(CLOSED))).status == 500
    assert kinds(incidents) == ["failed", "store"]


async def test_what_a_transaction_of_the_handler_recorded_first_is_answered() -> None:
    store = MemoryStore()
    webhooks = WebhookDispatcher(KEY, store=store)

    @webhooks.on(REQUEST)
    async def decide(event: CardAuthorizationRequest, claim: Claim) -> Approve:
        await store.finish(claim, b'{"action":"decline","code":"spending-control"}')
        return Approve()

    assert answer(await deliver(webhooks))[1]["code"] == "spending-control"


# Counters and the callback


async def test_what_happens_is_counted(webhooks: WebhookDispatcher) -> None:
    webhooks.on(REQUEST)(Seen(Approve(), RuntimeError()))
    body = event()

    await deliver(webhooks, body)
    await deliver(webhooks, body)
    await deliver(webhooks)
    await webhooks.dispatch(body, None)

    stats = webhooks.stats
    assert (stats.received, stats.handled, stats.repeats) == (4, 1, 1)
    assert (stats.failures, stats.defaults_sent, stats.invalid_signatures) == (1, 1, 1)


async def test_the_counters_are_a_picture_of_their_moment(webhooks: WebhookDispatcher) -> None:
    before = webhooks.stats

    await deliver(webhooks)

    assert (before.received, webhooks.stats.received) == (0, 1)


async def test_a_callback_that_raises_changes_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(incident: Incident) -> None:
        raise RuntimeError("the pager is away")

    webhooks = WebhookDispatcher(KEY, on_incident=broken)

    assert answer(await deliver(webhooks)) == (200, DECLINE)
    assert "on_incident raised" in caplog.text


async def test_the_log_names_the_event_and_its_object_and_no_secret(
    webhooks: WebhookDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    webhooks.on(REQUEST)(Seen(None))
    body = event(id="evt.7", card="5061 1234 1234 1234 124", networkData={"bvn": "22489035167"})

    await deliver(webhooks, body)
    await webhooks.dispatch(body, signature_of(body, "another key"))

    assert "card.authorization.request evt.7 c.auth." in caplog.text
    for secret in (KEY, "5061", "22489035167", signature_of(body)):
        assert secret not in caplog.text
    assert {record.name for record in caplog.records} == {"allawee_async.webhooks"}


async def test_names_from_the_network_cannot_forge_a_line_of_the_log(
    webhooks: WebhookDispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    webhooks.on("*")(Seen(RuntimeError()))

    await deliver(webhooks, event("x\nERROR forged " + "y" * 1_000))

    (record,) = caplog.records
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 400


@for_each(
    "options",
    [
        *({"max_body": 0}, {"margin": 99}, {"on_incident": 5}, {"default": 5}),
        {"verifier": [API_KEY, ""]},
    ],
)
def test_one_that_could_not_be_made_shows_no_key(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        WebhookDispatcher(**{"verifier": API_KEY, **options})

    assert API_KEY not in locals_text(refused.value)


def test_its_repr_shows_no_key(webhooks: WebhookDispatcher) -> None:
    assert repr(webhooks) == "<WebhookDispatcher: 0 received>"
    assert KEY not in repr(vars(webhooks))


def test_a_reply_is_a_value() -> None:
    async def reply() -> Any:
        return await deliver(WebhookDispatcher(KEY))

    made = asyncio.run(reply())

    assert made == asyncio.run(reply())
    assert hash(made) == hash(asyncio.run(reply()))
    assert json.loads(made.body) == DECLINE


@pytest.mark.parametrize("body", [event(CLOSED), event(CLOSED, status=1)])
async def test_a_reply_can_be_pickled(webhooks: WebhookDispatcher, body: bytes) -> None:
    reply = await deliver(webhooks, body)

    assert pickle.loads(pickle.dumps(reply)) == reply


# What it is made of


@pytest.mark.parametrize("keys", [KEY, [KEY], ("old", KEY), WebhookVerifier(["old", KEY])])
async def test_it_takes_a_verifier_or_keys(keys: Any) -> None:
    assert (await deliver(WebhookDispatcher(keys))).status == 200


@for_each(
    "options",
    [
        {"request_deadline": 0},
        {"update_deadline": -1},
        {"request_deadline": float("nan")},
        {"request_deadline": float("inf")},
        {"request_deadline": True},
        {"request_deadline": "2"},
        {"margin": 2.0},
        {"margin": -0.1},
        {"margin": 4.0, "request_deadline": 10},
        {"lease": 0},
        {"event_timeout": 0},
        {"sync_workers": 0},
        {"sync_workers": 1.5},
        {"max_body": 0},
        {"max_body": True},
        {"default": None},
        {"default": Approve},
        {"default": {"action": "approve"}},
        {"store": "events.db"},
        {"store": MemoryStore},
        {"on_incident": "log"},
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=rf"^({'|'.join(options)}) must"):
        WebhookDispatcher(KEY, **options)


def test_an_async_callback_is_refused() -> None:
    async def tell(incident: Incident) -> None: ...

    with pytest.raises(ConfigurationError, match="not an async one"):
        WebhookDispatcher(KEY, on_incident=tell)


@pytest.mark.parametrize("keys", ["", [], [""], None])
def test_it_needs_a_key(keys: Any) -> None:
    with pytest.raises(ConfigurationError, match="no signing key"):
        WebhookDispatcher(keys)


def test_a_margin_may_be_nothing() -> None:
    assert isinstance(WebhookDispatcher(KEY, margin=0), WebhookDispatcher)


# Its end


async def test_closing_closes_the_store() -> None:
    store = TroubledStore()

    async with WebhookDispatcher(KEY, store=store) as webhooks:
        assert isinstance(webhooks, WebhookDispatcher)
        assert "close" not in store.calls

    assert store.calls == ["close"]


async def test_a_dispatcher_that_was_closed_opens_again(webhooks: WebhookDispatcher) -> None:
    webhooks.on(REQUEST)(lambda _: Approve())
    body = event()
    await deliver(webhooks, body)
    await webhooks.close()

    assert answer(await deliver(webhooks)) == (200, APPROVE)
    assert answer(await deliver(webhooks, body)) == (200, APPROVE)
    assert webhooks.stats.repeats == 1
    await webhooks.close()


def test_one_dispatcher_serves_one_loop_after_the_other(webhooks: WebhookDispatcher) -> None:
    webhooks.on(REQUEST)(lambda _: Approve())
    body = event()

    async def once() -> bytes:
        try:
            return (await deliver(webhooks, body)).body
        finally:
            await webhooks.close()

    assert asyncio.run(once()) == asyncio.run(once())
    assert webhooks.stats.repeats == 1


def test_the_incident_of_a_known_event_is_a_value_that_shows_no_payload() -> None:
    incident = Incident("late", None, None, 1.5)

    assert incident == Incident("late", None, None, 1.5)
    assert pickle.loads(pickle.dumps(incident)) == incident


def test_a_dispatcher_loads_no_framework() -> None:
    """Neither aiohttp nor Starlette, whichever of them it will serve."""
    program = (
        "import sys; from allawee_async.webhooks import WebhookDispatcher; "
        "WebhookDispatcher('key').asgi; "
        "assert not {'aiohttp', 'starlette', 'fastapi', 'redis'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"event":"card.authorization.request","data":{"id":"a","status":"pending"}}',
        b'{"event":"card.authorization.request","data":{"id":"a","merchant":{"name":"\\ud83d"}}}',
        b'{"event":"card.authorization.request","data":{"id":"a","metadata":{"n":99999999999999999999999}}}',
        b'{"event":"card.authorization.request","data":{"id":"a","card":{"id":"c.1"}}}',
    ],
    ids=["byte order mark", "half a surrogate pair", "long number", "relation as an object"],
)
async def test_odd_json_that_is_signed_gets_a_decision(body: bytes) -> None:
    webhooks = WebhookDispatcher("key")
    webhooks.on("*")(Seen(Approve()))

    reply = await webhooks.dispatch(body, sign(body, "key"))

    assert answer(reply) == (200, APPROVE)


async def test_an_incident_of_a_body_that_is_no_event_shows_nothing_of_it() -> None:
    incidents: list[Incident] = []
    webhooks = WebhookDispatcher("key", on_incident=incidents.append)
    body = b'{"event":"card.transaction.created","data":{"id":5,"pan":"5061000000000000001"}}'

    await webhooks.dispatch(body, sign(body, "key"))

    shown = traceback.TracebackException.from_exception(
        cast("BaseException", incidents[0].error), capture_locals=True
    )
    assert "5061" not in "".join(shown.format())
