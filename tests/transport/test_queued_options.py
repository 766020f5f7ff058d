"""Guaranteed processing: a queued write is followed to its outcome, and never sent again."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from allawee_async import (
    AllaweeError,
    BadRequestError,
    Card,
    ConfigurationError,
    DecodeError,
    Reply,
    RequestAccepted,
    RequestTimeoutError,
    ServerError,
    TransportError,
)

ID = "req_abc123xyz789"
OUT_OF_ORDER = {"code": "request-accepted", "error": {"code": "service-unavailable"}}


def queue(wire: Any, sample: Any) -> None:
    accepted = sample("grp.request-accepted.202.response")
    wire.answer(status=202, body=accepted, x_request_id=ID)


def record(status: str, *attempts: tuple[int, Any]) -> dict[str, Any]:
    tried = [{"statusCode": 202, "latency": 150, "responseBody": OUT_OF_ORDER}]
    tried += [{"statusCode": code, "latency": 9, "responseBody": body} for code, body in attempts]
    return {"_id": ID, "status": status, "path": "/cards", "method": "POST", "attempts": tried}


def create(client: Any) -> Any:
    return client.simulation.grp.create_card(program="c.prg.1", customer="cus.1")


def writes(wire: Any) -> int:
    return sum(sent.method == "POST" for sent in wire.sent)


async def test_a_call_waits_by_itself_and_returns_its_own_model(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(body=record("pending"))
    wire.answer(body=record("pending"))
    wire.answer(body=sample("requests.get.response"))

    card = await create(wire.client().with_options(wait_for_accepted=120))

    assert isinstance(card, Card)
    assert (card.id, card.status) == ("c.xxxxx", "created")
    assert [f"{sent.method} {sent.path}" for sent in wire.sent] == [
        "POST /simulation/grp/cards",
        *[f"GET /requests/{ID}"] * 3,
    ]
    assert wire.slept == [0.5, 0.75]


async def test_without_the_option_the_caller_decides(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(body=sample("requests.get.response"))

    with pytest.raises(RequestAccepted) as caught:
        await create(wire.client())

    assert caught.value.request_id == ID
    assert len(wire.sent) == 1
    card = await caught.value.wait(timeout=60)
    assert isinstance(card, Card)
    assert writes(wire) == 1


async def test_a_record_in_an_envelope_does_as_well(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(record("completed", (201, {"code": "success", "data": {"id": "c.1"}})))

    card = await create(wire.client().with_options(wait_for_accepted=120))

    assert card.id == "c.1"


async def test_the_untyped_door_waits_as_well(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(body=record("completed", (201, {"id": "c.1", "status": "created"})))
    client = wire.client().with_options(wait_for_accepted=120)

    reply = await client.request("POST", "/simulation/grp/cards", json={"program": "c.prg.1"})

    assert isinstance(reply, Reply)
    assert reply.status == 201
    assert reply.data == {"id": "c.1", "status": "created"}
    assert reply.request_id == ID


async def test_waiting_after_the_untyped_door_gives_a_reply(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(body=record("completed", (200, {"id": "c.1"})))

    with pytest.raises(RequestAccepted) as caught:
        await wire.client().request("POST", "/cards/c.1/block")
    reply = await caught.value.wait()

    assert isinstance(reply, Reply)
    assert reply.data == {"id": "c.1"}


async def test_completed_may_mean_failed(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    failed = {"statusCode": 400, "message": ["customer must be active"]}
    wire.answer(body=record("completed", (400, failed)))

    with pytest.raises(BadRequestError) as caught:
        await create(wire.client().with_options(wait_for_accepted=120))

    error = caught.value
    assert error.details == ("customer must be active",)
    assert (error.request_id, error.method, error.path) == (ID, "POST", "/cards")
    assert not error.outcome_unknown
    assert writes(wire) == 1


async def test_an_outcome_about_another_object_leaves_the_outcome_open(
    wire: Any, sample: Any
) -> None:
    queue(wire, sample)
    wire.answer(body=record("completed", (200, {"code": "success", "data": {"id": "c.2"}})))

    with pytest.raises(DecodeError, match=r"its id is c\.2, not c\.1") as caught:
        await wire.client().with_options(wait_for_accepted=120).cards.block("c.1")

    assert caught.value.outcome_unknown
    assert caught.value.request_id == ID


async def test_a_fault_in_the_last_attempt_leaves_the_outcome_open(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(body=record("completed", (502, None)))

    with pytest.raises(ServerError) as caught:
        await create(wire.client().with_options(wait_for_accepted=120))

    assert caught.value.status == 502
    assert caught.value.outcome_unknown


async def test_a_cancelled_request(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(body=record("cancelled"))

    with pytest.raises(AllaweeError, match="cancelled") as caught:
        await create(wire.client().with_options(wait_for_accepted=120))

    assert caught.value.request_id == ID
    assert not caught.value.outcome_unknown


async def test_the_time_is_over(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    for _ in range(5):
        wire.answer(body=record("pending"))

    with pytest.raises(RequestTimeoutError) as caught:
        await create(wire.client().with_options(wait_for_accepted=3))

    error = caught.value
    assert isinstance(error, TimeoutError)
    assert (error.outcome_unknown, error.request_id, error.method) == (True, ID, "POST")
    assert wire.slept == [0.5, 0.75, 1.125, 0.625]  # the last look is at the very end
    assert writes(wire) == 1
    assert pickle.loads(pickle.dumps(error)).request_id == ID


async def test_pauses_grow_to_ten_seconds(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    for _ in range(15):
        wire.answer(body=record("pending"))
    wire.answer(body=record("completed", (200, {"id": "c.1"})))

    await create(wire.client().with_options(wait_for_accepted=float("inf")))

    assert wire.slept[:3] == [0.5, 0.75, 1.125]
    assert wire.slept[-1] == max(wire.slept) == 10.0


async def test_a_record_that_cannot_be_read_leaves_the_outcome_open(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    for _ in range(3):
        wire.fail(TransportError("the connection was lost"))

    with pytest.raises(TransportError) as caught:
        await create(wire.client().with_options(wait_for_accepted=120))

    assert (caught.value.outcome_unknown, caught.value.request_id) == (True, ID)
    assert writes(wire) == 1


async def test_reading_the_record_is_retried(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(status=503)
    wire.answer(body=record("completed", (200, {"id": "c.1"})))

    card = await create(wire.client().with_options(wait_for_accepted=120))

    assert card.id == "c.1"


async def test_reading_the_record_ends_with_the_time(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(status=503, Retry_After="60")

    with pytest.raises(AllaweeError) as caught:
        await create(wire.client().with_options(wait_for_accepted=5))

    assert wire.time < 6
    assert caught.value.outcome_unknown


@pytest.mark.parametrize(
    "body",
    [
        {**record("completed"), "attempts": []},
        {**record("completed"), "attempts": None},
        {**record("completed"), "attempts": [{"latency": 1}]},
        record("completed"),  # the last attempt is the 202 itself
        {"status": "completed"},
        ["completed"],
    ],
)
async def test_a_record_without_an_outcome_is_no_success(wire: Any, sample: Any, body: Any) -> None:
    queue(wire, sample)
    wire.answer(body=body)

    with pytest.raises(DecodeError) as caught:
        await create(wire.client().with_options(wait_for_accepted=120))

    assert (caught.value.outcome_unknown, caught.value.request_id) == (True, ID)


async def test_an_outcome_that_is_no_card_leaves_the_outcome_open(wire: Any, sample: Any) -> None:
    queue(wire, sample)
    wire.answer(body=record("completed", (201, {"status": "created"})))

    with pytest.raises(DecodeError) as caught:
        await create(wire.client().with_options(wait_for_accepted=120))

    assert caught.value.outcome_unknown


async def test_a_request_without_an_id_cannot_be_followed(wire: Any, sample: Any) -> None:
    wire.answer(status=202, body=sample("grp.request-accepted.202.response"))

    with pytest.raises(ConfigurationError, match="no request id"):
        await create(wire.client().with_options(wait_for_accepted=120))


@pytest.mark.parametrize("wrong", [-1, True, "120", float("nan")])
def test_a_wait_that_makes_no_sense_is_refused(wire: Any, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="wait_for_accepted"):
        wire.client().with_options(wait_for_accepted=wrong)


async def test_a_view_passes_the_option_on_and_can_take_it_back(wire: Any, sample: Any) -> None:
    patient = wire.client().with_options(wait_for_accepted=120)
    queue(wire, sample)
    wire.answer(body=record("completed", (200, {"id": "c.1"})))
    queue(wire, sample)

    card = await create(patient.with_options(headers={"X-Team": "cards"}))
    with pytest.raises(RequestAccepted):
        await create(patient.with_options(wait_for_accepted=0))

    assert card.id == "c.1"


async def test_a_timeout_and_a_request_id_are_for_the_caller_to_go_on_with(
    wire: Any, sample: Any
) -> None:
    queue(wire, sample)
    wire.answer(body=record("pending"))
    wire.answer(body=record("pending"))
    wire.answer(body=record("completed", (200, {"id": "c.1"})))
    client = wire.client()

    with pytest.raises(RequestTimeoutError) as caught:
        await create(client.with_options(wait_for_accepted=1e-9))
    assert caught.value.request_id is not None
    found = await client.requests.get(caught.value.request_id)

    assert found.status == "completed"
