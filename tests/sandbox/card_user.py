"""Somebody who uses cards over HTTP, and what a test wants to know besides the answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allawee_async.sandbox import Sandbox
    from tests.sandbox.conftest import Answer, Caller

SAMPLES = Path(__file__).parent.parent / "samples"
CIROMA, IYANU = "cus.2tXNjMhytgx7hCxu9", "cus.2tVZh8GkvSJu6xgRJ"
NGN_ACCOUNT, USD_ACCOUNT = "ac.2tVZczWw7m6Teoeb7", "ac.2tVZczWw7m6Teoeb8"
PAN = "5061462473446064880"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


class SetClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def go_on(self, **time: float) -> None:
        self.moment += timedelta(**time)


PARTS: dict[str, Any] = {
    "quantity": 1, "personalization": {}, "distribution": {"type": "bulked"}, "authorization": {},
}  # fmt: skip
"""What a physical program needs besides."""


class CardUser:
    def __init__(self, caller: Caller, sandbox: Sandbox, clock: SetClock) -> None:
        self.caller = caller
        self.sandbox = sandbox
        self.clock = clock

    async def send(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.caller.send(method, path, json=body, **options)

    async def make(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request that must succeed, and return its data."""
        answer = await self.send(method, path, body, **options)
        assert answer.status in (200, 201), answer.text
        return answer.json["data"]

    async def get(self, path: str, **params: str) -> Any:
        answer = await self.caller.get(path, **params)
        assert answer.status == 200, answer.text
        return answer.json["data"]

    async def program(self, **fields: Any) -> Any:
        body = {"name": "Mine", "network": "mastercard", "type": "virtual", "currency": "NGN"}
        rules = {"fundingSourceType": "card-account"}
        if fields.get("type") == "physical":
            body |= PARTS
        return await self.make("POST", "/card-programs", body | {"authorization": rules} | fields)

    async def stock(self, quantity: int = 2, **fields: Any) -> Any:
        """Return a physical program that is live."""
        made = await self.program(type="physical", network="verve", quantity=quantity, **fields)
        return await self.make("POST", f"/simulation/card-programs/{made['id']}/go-live", {})

    async def card(self, program: Any = None, **fields: Any) -> Any:
        """Return an active card with a thousand naira on it."""
        made = program or await self.program()
        body = {"program": made["id"], "customer": CIROMA, "amount": 100_000} | fields
        card = await self.make("POST", "/cards", body)
        await self.activate(card["id"])
        return card

    async def secrets(self, id: str) -> Any:
        return await self.make("GET", f"/cards/{id}/secrets", secure=True)

    async def activate(self, id: str) -> Any:
        cvv = (await self.secrets(id))["cvv"]
        body = {"cvv": cvv, "pin": "1234"}
        return await self.make("POST", f"/cards/{id}/activate", body, secure=True)

    async def use(self, id: str, what: str = "capture", **fields: Any) -> Any:
        body: dict[str, Any] = {"channel": "pos"}
        if what != "check":
            body |= {"amount": 5_000, "fees": 100}
        path = f"/simulation/cards/{id}/request-authorization/{what}"
        return await self.make("POST", path, body | fields)

    async def balance(self, id: str) -> tuple[int, int]:
        found = await self.get(f"/cards/{id}/funding-source/balance")
        return found["balance"], found["reserved"]

    def events(self) -> list[tuple[str, Any]]:
        return [(str(event["event"]), event["data"]) for event in self.sandbox.state.events]

    def picture(self) -> dict[str, Any]:
        """Return everything about cards and money that the sandbox remembers."""
        state = self.sandbox.state
        kept = {
            "programs": state.card_programs,
            "cards": state.cards,
            "secrets": state.card_secrets,
            "authorizations": state.card_authorizations,
            "transactions": state.card_transactions,
            "disputes": state.disputes,
            "accounts": state.accounts,
            "balances": state.ledger.balances,
            "holds": state.ledger.holds,
            "quotes": state.fx_quotes,
            "events": state.events,
        }
        return {name: list(collection) for name, collection in kept.items()}

    async def refused(self, status: int, method: str, path: str, body: Any, **options: Any) -> Any:
        """Send a request that must be refused and change nothing, and return the answer's body."""
        before = self.picture()
        answer = await self.send(method, path, body, **options)
        assert answer.status == status, answer.text
        assert self.picture() == before
        return answer.json
