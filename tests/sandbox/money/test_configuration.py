"""The configuration: defaults for later payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.money_calls import DOLLARS, NAIRA, post

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller


async def test_the_configuration_keeps_what_is_left_out(allawee: Caller) -> None:
    path = "/tools/configuration"
    first = (await allawee.get(path)).json["data"]
    await allawee.send("PUT", f"{path}/payment", json={"payOutAccount": DOLLARS})
    await allawee.send("PUT", f"{path}/payment", json={"payInAccount": None})

    assert first == {"payment": {"payInAccount": NAIRA, "payOutAccount": NAIRA, "fees": {}}}
    assert (await allawee.get(path)).json["data"]["payment"] == {
        "payInAccount": NAIRA, "payOutAccount": DOLLARS, "fees": {},
    }  # fmt: skip


async def test_a_wrong_configuration_changes_nothing(allawee: Caller) -> None:
    virtual = {"name": "V", "currency": "NGN", "type": "virtual"}
    account = (await post(allawee, "/accounts", virtual)).json["data"]["id"]
    body = {"payInAccount": account, "payOutAccount": "fee.no", "fees": {"billPayment": "x"}}
    answer = await allawee.send("PUT", "/tools/configuration/payment", json=body)

    assert (answer.status, answer.json["message"]) == (400, [
        "payInAccount must not be a virtual account",
        "payOutAccount must be the id of an account",
        "fees.billPayment must be the id of a fee",
    ])  # fmt: skip
    assert (await allawee.get("/tools/configuration")).json["data"]["payment"]["fees"] == {}
