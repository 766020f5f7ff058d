"""Events that go astray on demand: repeated, late, in another order, or answered to nobody."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from allawee_async.sandbox import DeliveryFaults, Sandbox, Sending
from allawee_async.sandbox.events import queue
from allawee_async.sandbox.rules import values
from allawee_async.sandbox.rules.values import PAUSES
from allawee_async.sandbox.server import running_in_a_thread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.sandbox.card_user import CardUser
    from tests.sandbox.event_receiver import Receiver

REQUEST = "card.authorization.request"
CLOSED = "card.authorization.closed"
UPDATE = "card.authorization.update"
SETTLED = "card.transaction.created"
APPROVE = {"action": "approve"}


def approving() -> web.Response:
    return web.json_response(APPROVE)


def statuses(user: CardUser, name: str) -> list[Any]:
    """Return, for each event of a name, its status and what the sandbox knows of each attempt."""
    return [
        (event["status"], [attempt["statusCode"] for attempt in event["attempts"]])
        for event in user.sandbox.state.events
        if event["event"] == name
    ]


@pytest.fixture
async def user(user: CardUser, receiver: Receiver) -> CardUser:
    """A user whose webhook approves everything; events are sent again at once."""
    user.sandbox._background.messenger._pauses = (0, 0, 0)
    user.sandbox.add_webhook(receiver.url)
    receiver.answer = approving
    return user


def emit(user: CardUser, *names: str) -> list[str]:
    return [user.sandbox.state.emit(name, {"id": f"c.{name}"}) for name in names]


# What a delivery suffers


async def test_a_repeat_arrives_at_the_same_time_and_is_the_same(
    user: CardUser, receiver: Receiver
) -> None:
    user.sandbox.deliveries.repeat(2, event=SETTLED)
    receiver.hold = asyncio.Event()
    emit(user, SETTLED, CLOSED)
    waiting = asyncio.create_task(user.sandbox.deliver())
    async with asyncio.timeout(5):
        while len(receiver.bodies) < 4:  # noqa: ASYNC110 - nobody has been answered yet
            await asyncio.sleep(0)
    receiver.hold.set()
    await waiting

    assert sorted(receiver.names()) == [CLOSED, SETTLED, SETTLED, SETTLED]
    assert len(set(receiver.bodies)) == 2
    assert statuses(user, SETTLED) == [("delivered", [200])]
    assert len(user.sandbox.deliveries) == 0


async def test_a_late_event_is_overtaken(user: CardUser, receiver: Receiver) -> None:
    user.sandbox.deliveries.delay(0.05, event=CLOSED, times=1)
    emit(user, CLOSED, SETTLED)
    await user.sandbox.deliver()

    assert receiver.names() == [SETTLED, CLOSED]
    assert statuses(user, CLOSED) == [("delivered", [200])]


async def test_delays_add_up_and_may_be_drawn_for_each_event(
    user: CardUser, receiver: Receiver
) -> None:
    delays = iter([0.06, 0.0, 0.03])
    user.sandbox.deliveries.delay(lambda: next(delays), times=3)
    user.sandbox.deliveries.delay(0.02, event="card.transaction.*")
    emit(user, CLOSED, UPDATE, SETTLED)
    await user.sandbox.deliver()

    assert receiver.names() == [UPDATE, SETTLED, CLOSED]


async def test_an_answer_that_is_lost_lets_the_event_come_again(
    user: CardUser, receiver: Receiver
) -> None:
    user.sandbox.deliveries.lose_answer(event=CLOSED, times=2)
    emit(user, CLOSED)
    await user.sandbox.deliver()

    assert receiver.names() == [CLOSED] * 3
    assert statuses(user, CLOSED) == [("delivered", [None, None, 200])]
    (event,) = user.sandbox.state.events
    assert event["attempts"][0]["error"] == "the answer was lost, as ordered"


async def test_what_hits_one_delivery_hits_it_together(user: CardUser, receiver: Receiver) -> None:
    user.sandbox.deliveries.repeat(event="card.*")
    user.sandbox.deliveries.lose_answer(event=CLOSED)
    emit(user, CLOSED)
    await user.sandbox.deliver()

    assert receiver.names() == [CLOSED] * 3
    assert statuses(user, CLOSED) == [("delivered", [None, 200])]


# What a purchase comes to


async def test_a_purchase_is_answered_when_the_webhook_has_decided(
    user: CardUser, receiver: Receiver
) -> None:
    made = await user.use((await user.card())["id"])

    assert (made["status"], made["decisionType"]) == ("approved", "direct-response")
    receiver.answer = lambda: web.json_response({"action": "decline", "code": "no"})
    made = await user.use(made["card"])
    assert (made["status"], made["statusReason"]) == ("declined", "no")


async def test_a_change_is_answered_when_both_questions_are(
    user: CardUser, receiver: Receiver
) -> None:
    card = await user.card()
    made = await user.use(card["id"], "update-capture", updateAmount=8_000, updateFees=0)

    assert (made["status"], made["amount"]) == ("approved", 8_000)
    await user.sandbox.deliver()
    assert sorted(receiver.names()) == [CLOSED, CLOSED, REQUEST, UPDATE]


async def test_a_program_asks_its_own_webhook(user: CardUser, receiver: Receiver) -> None:
    other = user.sandbox.add_webhook(f"{receiver.url}/other", ["nothing"], signing_key="k")
    rules = {"fundingSourceType": "card-account", "webhook": other["id"]}
    made = await user.use((await user.card(await user.program(authorization=rules)))["id"])
    await user.sandbox.deliver()
    user.sandbox.settle_cards()
    await user.sandbox.deliver()

    assert made["decisionType"] == "direct-response"
    assert receiver.names() == [REQUEST, CLOSED, SETTLED]
    for body, signature in zip(receiver.bodies, receiver.signatures, strict=True):
        assert signature == hmac.new(b"k", body, "sha512").hexdigest()


@pytest.mark.parametrize(
    ("name", "status", "seconds", "once"),
    [
        (REQUEST, "pending", 2, True), (CLOSED, "approved", 10, False),
        (UPDATE, "pending", 4, True), (UPDATE, "reversed", 10, False), (SETTLED, None, 10, False),
        ("request.completed", None, 10, True),
    ],
)  # fmt: skip
def test_how_long_an_answer_is_waited_for(
    name: str, status: str | None, seconds: float, once: bool
) -> None:
    sandbox = Sandbox()
    sandbox.add_webhook("http://127.0.0.1:1/")
    outgoing = queue.to_send(sandbox.state, sandbox.state.emit(name, {"status": status}))

    assert outgoing is not None
    assert (outgoing.deadline, outgoing.once) == (seconds, once)


def test_the_pauses_between_attempts_grow() -> None:
    assert list(PAUSES) == sorted(set(PAUSES))


@pytest.mark.parametrize(("default", "status"), [("approve", "approved"), ("decline", "declined")])
async def test_without_an_answer_in_time_the_default_of_the_program_counts(
    user: CardUser, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, default: str, status: str
) -> None:
    rules = {"fundingSourceType": "card-account", "timeoutDefault": default}
    card = await user.card(await user.program(authorization=rules))
    monkeypatch.setattr(values, "DECISION_SECONDS", 0.05)
    receiver.hold = asyncio.Event()
    made = await user.use(card["id"])

    expected = (status, "system-response", "timeout-error")
    assert (made["status"], made["decisionType"], made["statusReason"]) == expected


async def test_a_question_that_arrives_in_time_is_heard(user: CardUser) -> None:
    user.sandbox.deliveries.delay(0.02, event=REQUEST)

    assert (await user.use((await user.card())["id"]))["decisionType"] == "direct-response"


async def test_a_question_that_arrives_too_late_has_no_effect(
    user: CardUser, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await user.card()
    monkeypatch.setattr(values, "DECISION_SECONDS", 0.02)
    user.sandbox.deliveries.delay(0.1, event=REQUEST)
    receiver.answer = lambda: web.json_response({"action": "decline"})
    made = await user.use(card["id"])

    assert (made["status"], made["decisionType"]) == ("approved", "system-response")
    await user.sandbox.deliver()
    assert receiver.names() == [CLOSED, REQUEST]
    assert statuses(user, REQUEST) == [("delivered", [None, 200])]
    assert await user.get(f"/card-authorizations/{made['id']}") == made


async def test_a_decision_that_is_lost_is_none(user: CardUser, receiver: Receiver) -> None:
    card = await user.card()
    user.sandbox.deliveries.lose_answer(event=REQUEST)
    receiver.answer = lambda: web.json_response({"action": "decline"})
    made = await user.use(card["id"])

    assert (made["status"], made["decisionType"]) == ("approved", "system-response")
    assert receiver.names()[0] == REQUEST
    assert statuses(user, REQUEST) == [("failed", [None])]


async def test_a_question_that_is_held_is_decided_at_once_and_arrives_later(
    user: CardUser, receiver: Receiver
) -> None:
    card = await user.card()
    user.sandbox.deliveries.hold(questions=True, event="card.authorization.*")
    made = await user.use(card["id"], "update-capture", updateAmount=8_000, updateFees=0)

    assert (made["status"], made["decisionType"], made["amount"]) == (
        "approved",
        "system-response",
        8_000,
    )
    assert receiver.bodies == []
    held = [sending.event for sending in user.sandbox.deliveries.held]
    assert held == [REQUEST, CLOSED, UPDATE, CLOSED]
    receiver.answer = lambda: web.json_response({"action": "decline"})
    user.sandbox.deliveries.release()
    await user.sandbox.deliver()
    assert receiver.names() == held
    assert await user.get(f"/card-authorizations/{made['id']}") == made


async def test_a_late_answer_to_one_update_is_none_to_the_next(user: CardUser) -> None:
    made = await user.use((await user.card())["id"])
    user.sandbox.deliveries.hold(questions=True, event=UPDATE, times=1)
    fields = {"updateAmount": 6_000, "updateFees": 0}
    assert (await user.use(made["card"], "update-capture", **fields))["status"] == "approved"
    user.sandbox.deliveries.delay(60, event=UPDATE)
    fields = {"amount": 6_000, "fees": 0, "updateAmount": 7_000, "updateFees": 0}
    asking = asyncio.create_task(user.use(made["card"], "update-capture", **fields))
    async with asyncio.timeout(5):
        while user.events()[-1][1]["amount"] != 7_000:  # noqa: ASYNC110 - it does not tell
            await asyncio.sleep(0)

    first, second = (e["id"] for e in user.sandbox.state.events if e["event"] == UPDATE)
    hear = user.sandbox._adapter.hear
    hear(str(first), queue.DeliveryAttempt(200, 1, b'{"action":"decline"}'))
    assert (await user.get(f"/card-authorizations/{made['id']}"))["status"] == "pending"
    hear(str(second), queue.DeliveryAttempt(200, 1, b'{"action":"approve"}'))
    assert (await asking)["decisionType"] == "direct-response"


# Holding back, and another order


async def test_what_is_held_is_sent_in_the_order_that_is_wanted(
    user: CardUser, receiver: Receiver
) -> None:
    faults = user.sandbox.deliveries
    faults.hold()
    emit(user, CLOSED, UPDATE, SETTLED)
    await user.sandbox.deliver()  # does not wait for what is held
    assert receiver.bodies == []
    assert statuses(user, CLOSED) == [("pending", [])]

    def last_but_one(held: list[Sending]) -> Iterable[Sending]:
        return [held[1]]

    faults.release(last_but_one)
    await user.sandbox.deliver()
    assert receiver.names() == [UPDATE]
    assert [sending.event for sending in faults.held] == [CLOSED, SETTLED]
    faults.release(reversed)
    await user.sandbox.deliver()
    assert receiver.names() == [UPDATE, SETTLED, CLOSED]
    assert faults.held == ()
    emit(user, CLOSED)
    await user.sandbox.deliver()
    assert len(receiver.bodies) == 4


async def test_the_next_one_is_sent_when_one_is_answered(
    user: CardUser, receiver: Receiver
) -> None:
    user.sandbox.deliveries.hold()
    emit(user, CLOSED, SETTLED)
    await user.sandbox.deliver()
    receiver.hold = asyncio.Event()
    receiver.arrived.clear()
    user.sandbox.deliveries.release()
    waiting = asyncio.create_task(user.sandbox.deliver())
    await receiver.arrived.wait()
    await asyncio.sleep(0.02)
    assert receiver.names() == [CLOSED]
    receiver.hold.set()
    await waiting
    assert receiver.names() == [CLOSED, SETTLED]


async def test_one_that_is_refused_does_not_keep_the_others_up(
    user: CardUser, receiver: Receiver
) -> None:
    user.sandbox.deliveries.hold()
    emit(user, CLOSED, SETTLED)
    await user.sandbox.deliver()
    receiver.answers = [web.Response(status=500)]
    user.sandbox.deliveries.release()
    await user.sandbox.deliver()

    assert sorted(receiver.names()) == [CLOSED, CLOSED, SETTLED]
    assert receiver.names()[0] == CLOSED
    assert statuses(user, CLOSED) == [("delivered", [500, 200])]


async def test_questions_pass_unless_they_are_to_be_held(user: CardUser) -> None:
    user.sandbox.deliveries.hold()
    made = await user.use((await user.card())["id"])

    assert made["decisionType"] == "direct-response"
    assert [sending.event for sending in user.sandbox.deliveries.held] == [CLOSED]
    assert user.sandbox.deliveries.held[0].data["id"] == made["id"]
    assert "c.auth" not in repr(user.sandbox.deliveries.held)


async def test_the_same_seed_shuffles_alike(user: CardUser, receiver: Receiver) -> None:
    orders: list[list[str]] = []
    for _ in range(2):
        receiver.bodies.clear()
        user.sandbox.deliveries.hold()
        emit(user, *(f"event.{number}" for number in range(8)))
        await user.sandbox.deliver()
        user.sandbox.deliveries.shuffle(seed=3)
        await user.sandbox.deliver()
        orders.append(receiver.names())

    assert orders[0] == orders[1]
    assert orders[0] != sorted(orders[0])
    assert sorted(orders[0]) == [f"event.{number}" for number in range(8)]


async def test_clearing_sends_what_was_held_and_a_reset_drops_it(
    user: CardUser, receiver: Receiver
) -> None:
    faults = user.sandbox.deliveries
    faults.hold()
    faults.repeat()
    emit(user, CLOSED)
    await user.sandbox.deliver()
    faults.repeat()
    faults.clear()
    await user.sandbox.deliver()
    assert receiver.names() == [CLOSED]

    faults.hold()
    emit(user, SETTLED)
    await user.sandbox.deliver()
    user.sandbox.reset()
    assert (len(faults), faults.held) == (0, ())
    faults.release()
    await user.sandbox.deliver()
    assert receiver.names() == [CLOSED]


async def test_a_held_event_that_is_sent_by_hand_is_not_sent_again(
    user: CardUser, receiver: Receiver
) -> None:
    user.sandbox.deliveries.hold(times=1)
    (held,) = emit(user, CLOSED)
    await user.sandbox.deliver()
    await user.make("POST", f"/events/{held}/retry", {})
    await user.sandbox.deliver()
    user.sandbox.deliveries.release()
    await user.sandbox.deliver()

    assert receiver.names() == [CLOSED]


# By chance


async def test_chance_is_the_same_for_the_same_seed(user: CardUser, receiver: Receiver) -> None:
    counts: list[int] = []
    for _ in range(2):
        receiver.bodies.clear()
        user.sandbox.deliveries.random(0.5, seed=5, kinds=("repeat",))
        for number in range(12):
            emit(user, f"event.{number}")
            await user.sandbox.deliver()
        user.sandbox.deliveries.clear()
        counts.append(len(receiver.bodies))

    assert counts[0] == counts[1]
    assert 12 < counts[0] < 24


async def test_chance_lets_every_event_be_heard_in_the_end(
    user: CardUser, receiver: Receiver
) -> None:
    user.sandbox.deliveries.random(1.0, kinds=("lose-answer",))
    emit(user, CLOSED)
    await user.sandbox.deliver()

    assert receiver.names() == [CLOSED] * 3
    assert statuses(user, CLOSED) == [("delivered", [None, None, 200])]


async def test_chance_delays_no_longer_than_is_said(user: CardUser, receiver: Receiver) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    user.sandbox.deliveries.random(1.0, kinds=("delay",), within=0.02, times=20)
    emit(user, *(f"event.{number:02}" for number in range(20)))
    await user.sandbox.deliver()

    assert receiver.names() != sorted(receiver.names())
    assert loop.time() - started < 5


# What cannot be ordered


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        (lambda faults: faults.repeat(0), "copies"),
        (lambda faults: faults.repeat(times=0), "times"),
        (lambda faults: faults.hold(times=-1), "times"),
        (lambda faults: faults.random(1.1), "share"),
        (lambda faults: faults.random(0.5, kinds=("hold",)), "hold"),
        (lambda faults: faults.random(0.5, kinds=()), "kinds"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order: Any, complaint: str) -> None:
    faults = DeliveryFaults(lambda _: None)
    with pytest.raises(ValueError, match=complaint):
        order(faults)
    assert len(faults) == 0


def test_a_sandbox_that_is_not_running_takes_orders_too() -> None:
    sandbox = Sandbox()
    sandbox.deliveries.hold()
    sandbox.deliveries.release()

    assert len(sandbox.deliveries) == 0


# From another thread, and in the middle of an answer


async def test_orders_may_come_from_another_thread(receiver: Receiver) -> None:
    def order(sandbox: Sandbox) -> None:
        sandbox.deliveries.release(reversed)

    with running_in_a_thread() as sandbox:
        sandbox.add_webhook(receiver.url)
        sandbox.deliveries.hold()
        for name in (CLOSED, SETTLED):
            sandbox.state.emit(name, {})
        await sandbox.deliver()
        await asyncio.to_thread(order, sandbox)
        await sandbox.deliver()

    assert receiver.names() == [SETTLED, CLOSED]


async def test_a_reset_does_not_let_a_purchase_wait_for_ever(
    user: CardUser, receiver: Receiver
) -> None:
    card = await user.card()
    receiver.hold = asyncio.Event()
    asking = asyncio.create_task(user.use(card["id"]))
    await receiver.arrived.wait()
    user.sandbox.reset()
    async with asyncio.timeout(2):
        assert (await asking)["status"] == "pending"


async def test_closing_does_not_wait_for_a_purchase(user: CardUser, receiver: Receiver) -> None:
    card = await user.card()
    receiver.hold = asyncio.Event()
    asking = asyncio.create_task(user.use(card["id"]))
    await receiver.arrived.wait()
    async with asyncio.timeout(1):
        await user.sandbox.close()
        ended: Any
        (ended,) = await asyncio.gather(asking, return_exceptions=True)

    assert isinstance(ended, aiohttp.ClientError) or ended["status"] == "pending"
