"""Random operations on money: nothing is created or lost, and what is refused changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from allawee_async.sandbox.core.ledger import LedgerError
from tests.sandbox.changes import Watch
from tests.sandbox.money_model import START, MoneyModel
from tests.support.properties import examples

AMOUNTS = st.one_of(
    st.integers(1, 5_000), st.integers(1, 90_000), st.sampled_from([1, START, START + 1, 10**12])
)
ODDITIES: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1, True, 1.5, "5", [], {}, "ac.none", "p.none", "fxq.none", 10**16]
)
PICK = st.integers(0, 10**6)
CURRENCIES = st.sampled_from(["NGN", "USD"])
BANKED = {"accountNumber": "0123456785", "bankCode": "058"}
NOBODY = {"accountNumber": "0123456784", "bankCode": "058"}


class MoneyMachine(MoneyModel):
    @rule(kind=st.sampled_from(["main", "sub", "virtual"]), currency=CURRENCIES, to=PICK)
    def open_account(self, kind: str, currency: str, to: int) -> None:
        body = {
            "name": "Pot", "currency": currency, "type": kind, "depositChannels": ["bank-account"],
        }  # fmt: skip
        if kind == "virtual" and to % 3:
            body["settlementAccount"] = self.pick(to)["id"]
        opened = self.call("POST", "/accounts", body)
        if opened is not None:
            self.accounts.append(opened)

    @rule(to=PICK, amount=AMOUNTS)
    def pay_in(self, to: int, amount: int) -> None:
        account = self.pick(to)
        number = account["depositChannels"][0]["accountNumber"]
        body = {"method": "bank-transfer", "accountNumber": number, "amount": amount}
        paid = self.call("POST", "/simulation/payments/pay-in", body)
        assert paid["status"] == "completed"
        self.expected[self.receiver(account)] += amount

    @rule(to=PICK, amount=AMOUNTS, off=st.sampled_from([0, 0, 0, 1]))
    def ask_for_money(self, to: int, amount: int, off: int) -> None:
        account = self.pick(to)
        asked = self.call("POST", "/payment-requests", {
            "method": "bank-transfer", "options": {"name": "x"}, "account": account["id"],
            "currency": account["currency"], "amount": amount,
        })  # fmt: skip
        if asked is not None:
            self.requests.append(asked)
        if self.requests:
            self.answer_request(self.requests[to % len(self.requests)], off)

    def answer_request(self, asked: Any, off: int) -> None:
        number = asked["methodData"]["bankTransfer"]["accountNumber"]
        body = {"method": "x", "accountNumber": number, "amount": asked["amount"] + off}
        paid = self.call("POST", "/simulation/payments/pay-in", body)
        is_paid = off == 0 and asked["status"] == "pending"
        assert paid["status"] == ("completed" if is_paid else "failed")
        if is_paid:
            asked["status"] = "completed"
            self.expected[asked["account"]] += asked["amount"]

    @rule(index=PICK, structure=st.sampled_from(["flat", "percentage"]), value=st.integers(0, 120))
    def make_fee(self, index: int, structure: str, value: int) -> None:
        body = {"name": "Ours", "structure": structure, "value": value, "cap": 300}
        made = self.call(
            "POST", "/fees", body | {"account": self.funding_account(index, "NGN")["id"]}
        )
        if made is not None:
            self.fees.append(made)

    @rule(
        source=PICK, to=PICK, amount=AMOUNTS, with_fee=st.sampled_from([True, True, False]),
        taken=st.booleans(),
        method=st.sampled_from(["bank-transfer", "own-number", "transfer", "local-transfer"]),
    )  # fmt: skip
    def pay_out(
        self, *, source: int, to: int, amount: int, with_fee: bool, taken: bool, method: str
    ) -> None:
        account = self.funding_account(
            source, "NGN" if method != "transfer" or source % 2 else "USD"
        )
        target = self.funding_account(to, account["currency"])
        options: dict[str, Any] = dict(BANKED if to % 4 else NOBODY)
        arrives: list[tuple[str, int]] = []
        if method == "transfer":
            options, arrives = {"destination": target["id"]}, [(target["id"], amount)]
        elif method == "own-number":
            target = self.pick(to)
            number = target["depositChannels"][0]["accountNumber"]
            options = {"accountNumber": number, "bankCode": "000"}
            arrives = [(self.receiver(target), amount)]
        body: dict[str, Any] = {
            "method": "bank-transfer" if method == "own-number" else method, "options": options,
            "amount": amount, "currency": account["currency"], "debitSource": account["id"],
        }  # fmt: skip
        if taken:
            body["reference"] = f"reference {amount % 3}"
        if with_fee and self.fees:
            fee = self.fees[to % len(self.fees)]
            body["fee"], self.fee_account = fee["id"], fee["account"]
        self.note_payment(self.call("POST", "/payments/payouts", body), arrives)

    @rule(source=PICK, amount=AMOUNTS)
    def pay_bill(self, source: int, amount: int) -> None:
        inputs = {"phoneNumber": "08055429186", "amount": str(amount)}
        body = {"product": "bp.2cbc123456", "inputs": inputs}
        named = body | {"debitSource": self.funding_account(source, "NGN")["id"]}
        self.note_payment(self.call("POST", "/payments/bill", named), [])

    @rule(source=CURRENCIES, amount=AMOUNTS)
    def ask_for_quote(self, source: str, amount: int) -> None:
        target = "USD" if source == "NGN" else "NGN"
        body = {"from": source, "to": target, "amount": amount}
        self.quotes.append(self.call("POST", "/tools/fx/quotes", body))

    @precondition(lambda self: self.quotes)
    @rule(index=PICK, source=PICK, to=PICK, off=st.sampled_from([0, 0, 0, 1]))
    def exchange(self, index: int, source: int, to: int, off: int) -> None:
        quote = self.quotes[index % len(self.quotes)]
        target = self.funding_account(to, quote["to"])
        options = {"destination": target["id"], "fxQuoteHash": quote["hash"]}
        account, amount = self.funding_account(source, quote["from"]), quote["sourceAmount"] + off
        paid = self.call("POST", "/payments/payouts", {
            "method": "fx-transfer", "options": options, "currency": quote["from"],
            "amount": amount, "debitSource": account["id"],
        })  # fmt: skip
        if paid is not None:
            assert quote["expiresAt"] > self.state.now()
            assert off == 0
            assert quote["hash"] not in self.used
        if paid is not None and paid["status"] == "pending":
            self.used.add(quote["hash"])
        self.note_payment(paid, [(target["id"], quote["amount"])])

    @precondition(lambda self: self.failed)
    @rule(index=PICK)
    def requeue(self, index: int) -> None:
        payment = self.failed[index % len(self.failed)]
        stored = self.state.payments.get(payment)
        assert stored is not None
        plan: Any = stored["plan"]
        tried = self.call("POST", f"/payments/{payment}/requeue")
        if tried is None or tried["status"] == "failed":
            return
        self.failed.remove(payment)
        if plan["quote"]:
            assert plan["quote"] not in self.used
            self.used.add(plan["quote"])
        arrives = [(plan["payee"], plan["gains"])] if plan["payee"] else []
        if plan["bank"] == "000":
            entry: Any = self.state.bank_accounts.get(plan["number"])
            owner: Any = self.state.accounts.get(entry["owner"])
            arrives = [(self.receiver(owner), plan["takes"])]
        self.fee_account = plan["fee_account"]
        self.note_payment(tried, arrives)

    @rule(seconds=st.sampled_from([1, 5, 20]))
    def go_on(self, seconds: int) -> None:
        self.moment += timedelta(seconds=seconds)
        self.api.run_due()
        for sent in list(self.underway):
            payment: Any = self.call("GET", f"/payments/{sent}")
            if payment["status"] == "completed":
                for account, amount in self.underway.pop(sent):
                    self.expected[account] += amount
        assert seconds < 5 or not self.underway

    @rule(index=PICK, amount=AMOUNTS)
    def hold(self, index: int, amount: int) -> None:
        account, watch = self.funding_account(index, "NGN")["id"], Watch(self.state)
        try:
            self.holds[self.state.ledger.reserve(account, amount)] = (account, amount)
        except LedgerError:
            assert watch.is_still()

    @precondition(lambda self: self.holds)
    @rule(index=PICK, amount=AMOUNTS, how=st.sampled_from(["adjust", "release", "capture"]))
    def change_hold(self, index: int, amount: int, how: str) -> None:
        hold = sorted(self.holds)[index % len(self.holds)]
        account, _ = self.holds[hold]
        ledger, watch = self.state.ledger, Watch(self.state)
        try:
            if how == "adjust":
                ledger.adjust(hold, amount)
                self.holds[hold] = (account, amount)
                return
            if how == "release":
                ledger.release(hold)
            else:
                ledger.capture(hold, amount, type="purchase", reference="x", at=self.state.now())
                self.expected[account] -= amount
            del self.holds[hold]
        except LedgerError:
            assert watch.is_still()

    @rule(
        path=st.sampled_from([
            "/accounts", "/fees", "/payments/payouts", "/payments/bill", "/payment-requests",
            "/simulation/payments/pay-in", "/tools/fx/quotes",
        ]),
        body=st.dictionaries(
            st.sampled_from([
                "name", "currency", "type", "amount", "method", "options", "account", "product",
                "inputs", "structure", "value", "from", "to", "reference", "accountNumber",
                "debitSource", "fee", "depositChannels", "settlementAccount", "metadata",
            ]),
            ODDITIES,
        ),
    )  # fmt: skip
    def send_nonsense(self, path: str, body: dict[str, Any]) -> None:
        assert self.call("POST", path, body) is None


TestMoney = MoneyMachine.TestCase
TestMoney.settings = examples(
    10,
    500,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
