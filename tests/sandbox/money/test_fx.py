"""Foreign exchange: rates and quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.money_calls import post

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller


async def test_rates_and_quotes(allawee: Caller) -> None:
    rates = (await allawee.get("/tools/fx/rates")).json["data"]
    some = (await allawee.get("/tools/fx/rates", **{"from": "NGN", "to": "USD"})).json["data"]
    wrong = await allawee.get("/tools/fx/rates", to="EUR")
    body = {"from": "USD", "to": "NGN", "amount": 1_000}
    quoted = (await post(allawee, "/tools/fx/quotes", body)).json["data"]

    assert {(rate["from"], rate["rate"]) for rate in rates} == {("NGN", 1550), ("USD", 1500)}
    assert quoted["rate"] == 1500
    assert some == [{"from": "NGN", "to": "USD", "rate": 1550}]
    assert wrong.json["message"] == ["to must be one of the following values: NGN, USD"]
    assert (quoted["sourceAmount"], quoted["amount"], quoted["status"]) == (1, 1_000, "open")


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({}, [
            "from must be one of the following values: NGN, USD",
            "to must be one of the following values: NGN, USD",
            "amount must be an integer number",
        ]),
        ({"from": "NGN", "to": "NGN", "amount": 5}, ["to must be another currency than from"]),
    ],
)  # fmt: skip
async def test_wrong_quotes_are_told(allawee: Caller, body: Any, messages: list[str]) -> None:
    answer = await post(allawee, "/tools/fx/quotes", body)

    assert (answer.status, answer.json["message"]) == (400, messages)
