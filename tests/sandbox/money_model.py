"""What every account should have, by a small model that follows the answers alone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from allawee_async.sandbox.api.app import Api
from allawee_async.sandbox.api.messages import ApiRequest
from allawee_async.sandbox.api.routing import Host
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import IdSource
from allawee_async.sandbox.rules.values import MoneyRules
from allawee_async.sandbox.seed.holdings import seed_accounts
from tests.sandbox.changes import Watch

KEY = "sk.test.machine"
START = 100_000


class MoneyModel(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.moment = datetime(2026, 5, 1, tzinfo=UTC)
        rules = MoneyRules(balance=START, payment_seconds=5, quote_seconds=20)
        self.state = State(clock=lambda: self.moment, ids=IdSource("machine"), money=rules)
        self.state.keys.add(KEY)
        seed_accounts(self.state)
        self.api = Api(self.state)
        self.accounts = [dict(account) for account in self.state.accounts]
        self.expected = Counter({account["id"]: START for account in self.accounts})
        self.underway: dict[str, list[tuple[str, int]]] = {}
        self.holds: dict[str, tuple[str, int]] = {}
        self.fees: list[dict[str, Any]] = []
        self.fee_account = ""
        self.quotes: list[dict[str, Any]] = []
        self.used: set[str] = set()
        self.requests: list[dict[str, Any]] = []
        self.failed: list[str] = []

    # How to ask, and what must then be true

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request; return its data, or None for one that was refused without a trace."""
        watch = Watch(self.state)
        sent = b"" if body is None else json.dumps(body).encode()
        reply = self.api.answer(Host.API, ApiRequest(method, path, body=sent), f"Bearer {KEY}")
        if reply.status == 200:
            return json.loads(reply.body)["data"]
        assert reply.status in (400, 402, 404, 409), reply.body
        assert watch.is_still()
        return None

    def pick(self, index: int) -> Any:
        return self.accounts[index % len(self.accounts)]

    def funding_account(self, index: int, currency: str) -> Any:
        """Return an account that fits, and sometimes one that does not."""
        fitting = [
            account for account in self.accounts
            if account["currency"] == currency and account["type"] != "virtual"
        ]  # fmt: skip
        return self.pick(index) if index % 7 == 0 else fitting[index % len(fitting)]

    def receiver(self, account: Any) -> str:
        return str(account.get("settlementAccount", account["id"]))

    def note_payment(self, payment: Any, arrives: list[tuple[str, int]]) -> None:
        """Let the model follow a payment that was tried."""
        if payment is None:
            return
        if payment["status"] == "failed":
            assert payment["failureReason"] in ("insufficient-funds", "account-not-found")
            self.failed.append(payment["id"])
            return
        assert payment["status"] == "pending"
        assert payment["fees"] == sum(part["amount"] for part in payment["feeBreakdown"])
        self.expected[payment["account"]] -= payment["amount"] + payment["fees"]
        own = [part["amount"] for part in payment["feeBreakdown"] if part["group"] == "business"]
        for amount in own:
            self.expected[self.fee_account] += amount
        self.underway[payment["id"]] = arrives

    # What is true after each of them

    @invariant()
    def all_balances_add_up_to_zero(self) -> None:
        sums: Counter[str] = Counter()
        for _, balance in self.state.ledger.accounts():
            sums[balance.currency] += balance.balance
        assert not any(sums.values())

    @invariant()
    def accounts_have_what_they_should(self) -> None:
        held: Counter[str] = Counter()
        for account, amount in self.holds.values():
            held[account] += amount
        for account, balance in self.state.ledger.accounts():
            if not account.startswith("world:"):
                assert balance.balance == self.expected[account]
                assert balance.reserved == held[account]
                assert 0 <= balance.reserved <= balance.balance

    @invariant()
    def virtual_accounts_hold_nothing(self) -> None:
        for account in self.accounts:
            if account["type"] == "virtual":
                assert self.expected[account["id"]] == 0

    @invariant()
    def the_log_tells_every_balance(self) -> None:
        running: Counter[str] = Counter()
        for entry in self.state.ledger.logs:
            account: Any = entry["account"]
            assert running[account] == entry["balanceBefore"]
            amount: Any = entry["amount"]
            running[account] += amount if entry["type"] == "credit" else -amount
            assert running[account] == entry["balanceAfter"]
        assert +running == +self.expected
