"""An answer about something else than was asked for is no answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from allawee_async import AllaweeClient, DecodeError, RetryPolicy
from tests.support.raw_server import RawServer, answers

KEY = "sk.test.canary"
ONCE = RetryPolicy(attempts=1)
Call = Callable[[AllaweeClient], Awaitable[object]]

ANOTHER = {"id": "c.1", "reference": "one", "object": "card", "status": "active"}

CALLS: dict[str, tuple[Call, bool]] = {
    "get": (lambda a: a.cards.get("c.2"), False),
    "an action": (lambda a: a.cards.block("c.2"), True),
    "an update": (lambda a: a.cards.update("c.2", metadata={}), True),
    "secrets": (lambda a: a.cards.secrets("c.2"), False),
    "create": (
        lambda a: a.cards.create(program="c.prg.1", customer="cus.1", reference="two"),
        True,
    ),
    "a payout": (
        lambda a: a.payments.create_payout(
            method="transfer", options={}, currency="NGN", amount=1, reference="two"
        ),
        True,
    ),
}


async def answered(call: Call, data: Any) -> tuple[object, int]:
    """Return what a call comes to, and how many connections stay open."""
    step = answers({"code": "success", "data": data})
    async with (
        RawServer(step) as server,
        AllaweeClient(KEY, base_url=server.url, secure_url=server.url, retry=ONCE) as allawee,
    ):
        try:
            result: object = await call(allawee)
        except DecodeError as error:
            result = error
            await server.until(lambda server: server.open == 0)
        return result, server.open


@pytest.mark.parametrize("name", CALLS)
async def test_an_answer_about_another_object_is_refused(name: str) -> None:
    call, writes = CALLS[name]
    error, left = await answered(call, ANOTHER)

    assert isinstance(error, DecodeError)
    assert error.outcome_unknown is writes
    assert "about another object" in str(error)
    assert left == 0


@pytest.mark.parametrize(
    "data",
    [
        {"id": "c.2", "status": "blocked"},
        {"status": "blocked"},
        {"id": "req.1", "status": "blocked"},
        {"id": "c.auth.7"},
        None,
        True,
        [],
    ],
)
async def test_what_came_of_an_action_is_no_other_object(data: Any) -> None:
    """Only an object of the same kind with another id is one: `c.1`, but not `c.auth.1`."""
    result, _ = await answered(lambda a: a.cards.block("c.2"), data)

    assert not isinstance(result, DecodeError)


async def test_an_answer_that_shows_no_reference_is_taken() -> None:
    def create(allawee: AllaweeClient) -> Awaitable[object]:
        return allawee.webhooks.create(name="n", events=["*"], url="https://example.com/")

    result, _ = await answered(create, {"id": "wh.1", "reference": "other"})

    assert not isinstance(result, DecodeError)
