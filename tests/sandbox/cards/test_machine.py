"""Random lives of cards: no money comes or goes, and what is refused changes nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from allawee_async.sandbox import Sandbox
from allawee_async.sandbox.api.app import ANSWERS as LISTENERS
from allawee_async.sandbox.api.app import Api
from allawee_async.sandbox.api.messages import ApiRequest
from allawee_async.sandbox.api.routing import Host
from allawee_async.sandbox.cards.transactions import settle, settle_all
from tests.sandbox.card_user import CIROMA, NGN_ACCOUNT, PAN, SetClock
from tests.sandbox.changes import Watch
from tests.support.properties import examples

AMOUNTS = st.sampled_from([0, 1, 700, 700, 2_500, 90_000])
FIRST_AMOUNTS = st.sampled_from([0, 5_000, 5_000, 2_000_000_000])
CHANNELS = st.sampled_from(["pos", "pos", "pos", "pos", "atm", "post"])
MOSTLY = st.sampled_from([True, True, True, False])
ANSWERS = st.sampled_from(
    [None, {"action": "approve"}, {"action": "decline", "code": "no"}, {"action": "?"}]
)
LIMITS = (
    st.none()
    | st.none()
    | st.builds(
        lambda amount: {
            "blockedChannels": ["atm"],
            "spendingLimits": [{"amount": amount, "interval": "daily"}],
        },
        st.sampled_from([0, 3_000, 9_000]),
    )
)


class Cards(RuleBasedStateMachine):
    cards = Bundle("cards")

    def __init__(self) -> None:
        super().__init__()
        self.clock = SetClock()
        self.sandbox = Sandbox(clock=self.clock)
        self.state = self.sandbox.state
        self.api = Api(self.state)
        self.ended: set[str] = set()
        self.spent_by_ended: dict[str, set[str]] = {}

    @initialize(hooked=st.booleans())
    def begin(self, hooked: bool) -> None:
        if hooked:
            webhook: Any = {"id": "wh.1", "status": "enabled", "isDefault": True, "url": "http://x"}
            self.state.webhooks.add(webhook)
        self.programs = [
            self.do("POST", "/card-programs", {
                "name": kind, "network": "visa", "type": "virtual", "currency": "NGN",
                "authorization": {"fundingSourceType": kind, "timeoutDefault": default},
            })["id"]
            for kind, default in (("card-account", "approve"), ("settlement-account", "approve"))
        ]  # fmt: skip

    def do(self, method: str, path: str, body: Any = None, *, secure: bool = False) -> Any:
        """Send a request, and return the data, or None if it was refused and changed nothing."""
        watch = Watch(self.state)
        request = ApiRequest(method, path, body=json.dumps(body or {}).encode())
        host = Host.SECURE if secure else Host.API
        reply = self.api.answer(host, request, f"Bearer {self.sandbox.api_key}")
        assert reply.status < 500
        if reply.status >= 400:
            assert watch.is_still()
            return None
        return json.loads(reply.body)["data"]

    @rule(
        target=cards, number=st.integers(0, 2), amount=FIRST_AMOUNTS, used=MOSTLY, controls=LIMITS
    )
    def create(
        self, number: int, amount: int, *, used: bool, controls: Any
    ) -> MultipleResults[str]:
        program = [*self.programs, "c.prg.none"][number]
        body = {"program": program, "customer": CIROMA, "controls": controls}
        card = self.do("POST", "/cards", body | ({} if number == 1 else {"amount": amount}))
        if card is None:
            assert number == 2 or amount > 1_000_000_000
            return multiple()
        if used:
            self.activate(card["id"], True)
        return multiple(str(card["id"]))

    @rule(card=cards, knows=MOSTLY)
    def enter_codes(self, card: str, knows: bool) -> None:
        self.activate(card, knows)

    def activate(self, card: str, knows: bool) -> None:
        cvv = (self.state.card_secrets.get(card) or {})["cvv"]
        wrong = f"{(int(str(cvv)) + 1) % 1000:03d}"
        body = {"cvv": cvv if knows else wrong, "pin": "1234"}
        done = self.do("POST", f"/cards/{card}/activate", body, secure=True)
        assert done is None or (knows and card not in self.ended)

    @rule(card=cards, amount=AMOUNTS)
    def fund(self, card: str, amount: int) -> None:
        self.do("POST", f"/cards/{card}/fund", {"amount": amount, "debitSource": NGN_ACCOUNT})

    @rule(card=cards, action=st.sampled_from(["block", "unblock"]))
    def turn(self, card: str, action: str) -> None:
        done = self.do("POST", f"/cards/{card}/{action}")
        assert done is None or card not in self.ended

    @rule(card=cards)
    def terminate(self, card: str) -> None:
        done = self.do("DELETE", f"/cards/{card}")
        assert done is not None
        assert done["status"] == "terminated"
        if card not in self.ended:
            self.ended.add(card)
            self.spent_by_ended[card] = self.alive(card)

    @rule(card=cards, controls=LIMITS)
    def control(self, card: str, controls: Any) -> None:
        self.do("PUT", f"/cards/{card}", {"controls": controls})

    @rule(card=cards, amount=AMOUNTS, channel=CHANNELS, answer=ANSWERS, decided=st.booleans())
    def capture(self, card: str, amount: int, channel: str, answer: Any, decided: bool) -> None:
        self.use(card, "capture", answer if decided else False, amount=amount, channel=channel)

    @rule(card=cards, amount=AMOUNTS, new=AMOUNTS, answer=ANSWERS, decided=st.booleans())
    def update(self, card: str, amount: int, new: int, answer: Any, decided: bool) -> None:
        known = self.last(card)
        fields = {"amount": known["amount"] if known else amount, "updateAmount": new}
        self.use(card, "update-capture", answer if decided else False, updateFees=3, **fields)

    @rule(card=cards, amount=AMOUNTS, newest=st.booleans())
    def reverse(self, card: str, amount: int, newest: bool) -> None:
        known = self.last(card) if newest else None
        self.use(card, "reverse-capture", False, amount=known["amount"] if known else amount)

    @rule(card=cards, first=AMOUNTS, second=AMOUNTS)
    def go_shopping(self, card: str, first: int, second: int) -> None:
        for amount in (first, second):
            self.use(card, "capture", {"action": "approve"}, amount=amount)

    @rule(card=cards, channel=CHANNELS)
    def check(self, card: str, channel: str) -> None:
        self.use(card, "check", False, channel=channel)

    @rule(answer=ANSWERS, late=st.booleans())
    def hear(self, answer: Any, late: bool) -> None:
        """Let a webhook answer the oldest question that waits, or one that is long decided."""

        for document in self.state.card_authorizations:
            if bool(document["awaits"]) != late:
                event = str(document["awaits"] or "card.authorization.request")
                watch = Watch(self.state)
                LISTENERS[event](self.state, document, answer or "timeout-error")
                assert watch.is_still() is late
                return

    @rule(seconds=st.sampled_from([1, 6, 40_000]))
    def wait(self, seconds: int) -> None:
        self.clock.go_on(seconds=seconds)
        self.api.run_due()

    @rule()
    def settle_now(self) -> None:
        settle_all(self.state)

    @rule(card=cards)
    def settle_again(self, card: str) -> None:
        before = len(self.state.card_transactions)
        for document in self.state.card_authorizations.group(card):
            if document["hold"] is None:
                settle(self.state, str(document["id"]))
        assert len(self.state.card_transactions) == before

    @rule(card=cards)
    def dispute(self, card: str) -> None:
        known = self.last(card)
        source = known["id"] if known else card
        made = self.do("POST", "/disputes", {"reason": "general", "source": source})
        assert (made is None) == (known is None)

    @rule(card=cards)
    def link(self, card: str) -> None:
        assert self.do("POST", f"/cards/{card}/link", {"customer": CIROMA}) is None
        assert self.do("POST", "/cards/link", {"customer": CIROMA, "pan": PAN}, secure=True) is None

    def use(self, card: str, what: str, answer: Any, **fields: Any) -> None:
        body = {"amount": 10, "fees": 3, "channel": "pos"} | fields
        self.state.decide = None if answer is False else lambda _: answer
        done = self.do("POST", f"/simulation/cards/{card}/request-authorization/{what}", body)
        self.state.decide = None
        assert (done is None) == (body["channel"] == "post")
        if done is not None and done["status"] == "approved":
            assert card not in self.ended or done["id"] in self.spent_by_ended[card]

    def alive(self, card: str) -> set[str]:
        documents = self.state.card_authorizations.group(card)
        kinds = ("approved", "pending")
        return {str(document["id"]) for document in documents if document["status"] in kinds}

    def last(self, card: str) -> dict[str, Any] | None:
        documents = self.state.card_authorizations.group(card)
        return next((document for document in documents if document["type"] == "capture"), None)

    @invariant()
    def money_is_conserved(self) -> None:
        sums: dict[str, int] = {}
        for account, balance in self.state.ledger.accounts():
            sums[balance.currency] = sums.get(balance.currency, 0) + balance.balance
            if not account.startswith("world:"):
                assert balance.available >= 0
                assert balance.reserved >= 0
        assert set(sums.values()) <= {0}
        paid = sum(
            document["amount"] + document["fees"] for document in self.state.card_transactions
        )
        world = self.state.ledger.balance("world:NGN").balance
        assert world == paid - self.state.money.balance

    @invariant()
    def holds_match_authorizations(self) -> None:
        held = {
            hold["id"]: hold["amount"]
            for hold in self.state.ledger.holds
            if hold["status"] == "held"
        }
        alive: dict[Any, int] = {}
        for document in self.state.card_authorizations:
            if document["hold"] is not None:
                assert document["status"] in ("pending", "approved")
                assert document["reserved"] is True
                alive[document["hold"]] = document["amount"] + document["fees"]
            elif document["type"] == "capture" and document["status"] == "approved":
                assert document["settled"] is True
            else:
                assert document["reserved"] is False
        assert held == alive
        reserved = sum(balance.reserved for _, balance in self.state.ledger.accounts())
        assert reserved == sum(held.values())

    @invariant()
    def what_is_decided_waits_for_nobody(self) -> None:
        for document in self.state.card_authorizations:
            assert (document["status"] == "pending") == (document["awaits"] is not None)
        settled = [doc["id"] for doc in self.state.card_authorizations if doc["settled"]]
        paid = [document["authorization"] for document in self.state.card_transactions]
        assert sorted(settled) == sorted(paid)

    @invariant()
    def the_ended_spend_nothing_new(self) -> None:
        for card in self.ended:
            assert (self.state.cards.get(card) or {})["status"] == "terminated"
            assert self.alive(card) <= self.spent_by_ended[card]


TestCards = Cards.TestCase
TestCards.settings = examples(
    10,
    500,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
