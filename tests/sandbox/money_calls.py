"""What tests of money send: payouts, accounts, quotes; and a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.conftest import Answer, Caller

NAIRA, DOLLARS = "ac.2tVZczWw7m6Teoeb7", "ac.2tVZczWw7m6Teoeb8"
START = 1_000_000_000


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def go_on(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def payout(**changes: Any) -> dict[str, Any]:
    options = {"accountNumber": "0123456785", "bankCode": "058", "narration": "Rent"}
    return {
        "method": "bank-transfer", "options": options, "currency": "NGN", "amount": 1_000_000,
    } | changes  # fmt: skip


async def post(allawee: Caller, path: str, body: Any = None) -> Answer:
    return await allawee.send("POST", path, json={} if body is None else body)


async def pay(allawee: Caller, **changes: Any) -> dict[str, Any]:
    answer = await post(allawee, "/payments/payouts", payout(**changes))
    assert answer.status == 200, answer.text
    payment: dict[str, Any] = answer.json["data"]
    return payment


async def balance(allawee: Caller, account: str = NAIRA) -> int:
    answer = await allawee.get(f"/accounts/{account}/balance")
    return int(answer.json["data"]["balance"])


async def open_account(allawee: Caller, **fields: Any) -> dict[str, Any]:
    body = {"name": "Pot", "currency": "NGN", "type": "sub", "depositChannels": ["bank-account"]}
    account: dict[str, Any] = (await post(allawee, "/accounts", body | fields)).json["data"]
    return account


async def quote(allawee: Caller, amount: int = 1100) -> dict[str, Any]:
    body = {"from": "NGN", "to": "USD", "amount": amount}
    made: dict[str, Any] = (await post(allawee, "/tools/fx/quotes", body)).json["data"]
    return made
