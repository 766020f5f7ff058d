"""The ledger example against a sandbox whose events go astray: no kobo is lost, none is made.

Each run is a sequence of steps that Hypothesis chooses, over real HTTP: purchases, changes,
reversals, settlements, events that are repeated, late, held back, released in another order, or
answered to nobody, and an application that is stopped and started again over the same file.

There are a few runs in everybody's tests, and 1,000 in the long ones.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.examples.card_world import DEFAULTS, World, together
from tests.support.properties import examples

CARDS = st.sampled_from(DEFAULTS)
AMOUNTS = st.sampled_from([0, 1_000, 5_000, 5_000, 30_000, 60_000, 99_000, 120_000])
FEES = st.sampled_from([0, 100, 700])
CHANNELS = st.sampled_from(["online", "online", "online", "pos", "atm"])
EVENTS = st.sampled_from([
    None, "card.authorization.request", "card.authorization.closed", "card.authorization.update",
    "card.transaction.created",
])  # fmt: skip
TIMES = st.integers(1, 3)
ORDERS = st.sampled_from([None, reversed])
SEEDS = st.integers(0, 99)


class CardLedger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World()

    def run(self, step: Any) -> Any:
        async def bounded() -> Any:
            async with asyncio.timeout(30):
                return await step

        return self.runner.run(bounded())

    @initialize()
    def begin(self) -> None:
        self.run(self.world.start())

    def teardown(self) -> None:
        try:
            self.run(self.world.quiet_down())
            self.world.check_quiet()
        finally:
            self.run(self.world.close())
            self.runner.close()

    # What the network does

    @rule(default=CARDS, amount=AMOUNTS, fees=FEES, channel=CHANNELS)
    def buy(self, default: str, amount: int, fees: int, channel: str) -> None:
        card = self.world.cards[default]
        self.run(self.world.use(card, "capture", amount=amount, fees=fees, channel=channel))

    @rule(default=CARDS, amounts=st.lists(AMOUNTS, min_size=2, max_size=4))
    def buy_several_things_at_once(self, default: str, amounts: list[int]) -> None:
        card = self.world.cards[default]
        uses = (self.world.use(card, "capture", amount=amount, fees=0) for amount in amounts)
        self.run(together(*uses))

    @rule(default=CARDS, amount=AMOUNTS, new=AMOUNTS, fees=FEES)
    def buy_and_change(self, default: str, amount: int, new: int, fees: int) -> None:
        card = self.world.cards[default]
        fields = {"amount": amount, "fees": fees, "updateAmount": new, "updateFees": fees}
        self.run(self.world.use(card, "update-capture", **fields, channel="in-app"))

    @rule(default=CARDS, new=AMOUNTS, fees=FEES, which=SEEDS)
    def change_once(self, default: str, new: int, fees: int, which: int) -> None:
        self.change(default, [new], fees, which)

    def change(self, default: str, news: list[int], fees: int, which: int) -> None:
        """Change the amount of one purchase, again and again as long as it is approved."""
        known = self.one_of(self.world.alive(self.world.cards[default]), which)
        for new in news if known else ():
            fields = {name: known[name] for name in ("amount", "fees", "channel")}
            change = {"updateAmount": new, "updateFees": fees}
            known = self.run(self.world.use(known["card"], "update-capture", **fields, **change))
            if known["status"] != "approved":
                return

    @rule(news=st.lists(AMOUNTS, min_size=2, max_size=3), fees=FEES, seed=SEEDS)
    def change_while_nothing_arrives(self, news: list[int], fees: int, seed: int) -> None:
        """Let Allawee decide alone, and everything arrive afterwards in any order."""
        self.world.sandbox.deliveries.hold(questions=True)
        self.change("approve", news, fees, seed)
        self.world.sandbox.deliveries.shuffle(seed)

    @rule(default=CARDS, which=SEEDS)
    def reverse(self, default: str, which: int) -> None:
        if known := self.one_of(self.world.alive(self.world.cards[default]), which):
            fields = {name: known[name] for name in ("amount", "fees", "channel")}
            self.run(self.world.use(known["card"], "reverse-capture", **fields))

    @rule(default=CARDS, amount=AMOUNTS)
    def buy_and_reverse(self, default: str, amount: int) -> None:
        card = self.world.cards[default]
        fields = {"amount": amount, "fees": 7, "channel": "in-app"}
        self.run(self.world.use(card, "reverse-capture", **fields))

    @rule(default=CARDS)
    def ask_for_the_balance(self, default: str) -> None:
        self.run(self.world.use(self.world.cards[default], "check"))

    @rule()
    def settle(self) -> None:
        self.world.sandbox.settle_cards()

    # What goes wrong on the way

    @rule(event=EVENTS, times=TIMES)
    def repeat(self, event: str | None, times: int) -> None:
        self.world.sandbox.deliveries.repeat(times, event=event)

    @rule(event=EVENTS, times=TIMES)
    def lose_answers(self, event: str | None, times: int) -> None:
        self.world.sandbox.deliveries.lose_answer(event=event, times=times)

    @rule(event=EVENTS, times=TIMES)
    def delay(self, event: str | None, times: int) -> None:
        self.world.sandbox.deliveries.delay(0.005, event=event, times=times)

    @rule(event=EVENTS, questions=st.booleans())
    def hold(self, event: str | None, questions: bool) -> None:
        self.world.sandbox.deliveries.hold(event=event, questions=questions)

    @rule(order=ORDERS)
    def release(self, order: Any) -> None:
        self.world.sandbox.deliveries.release(order)

    @rule(seed=SEEDS)
    def shuffle(self, seed: int) -> None:
        self.world.sandbox.deliveries.shuffle(seed)

    @rule(seed=SEEDS)
    def let_chance_have_its_way(self, seed: int) -> None:
        self.world.sandbox.deliveries.random(0.4, seed, within=0.01)

    @rule(which=SEEDS)
    def send_something_old_again(self, which: int) -> None:
        if event := self.one_of(list(self.world.sandbox.state.events), which):
            self.run(self.world.retry(str(event["id"])))

    # What the business does

    @rule(default=CARDS)
    def pay_in(self, default: str) -> None:
        card = self.world.cards[default]
        self.world.books.pay_in(card, 10_000)
        self.world.paid_in[card] += 10_000

    @rule()
    def stop(self) -> None:
        self.run(self.world.stop_app())

    @rule()
    def start(self) -> None:
        self.run(self.world.start_app())

    # What must be so

    @rule()
    def quiet_down(self) -> None:
        self.run(self.world.quiet_down())
        self.world.check_quiet()

    @invariant()
    def the_books_balance(self) -> None:
        if self.world.cards:
            self.world.check_always()

    @staticmethod
    def one_of(things: list[Any], which: int) -> Any:
        return things[which % len(things)] if things else None


TestCardLedger = CardLedger.TestCase
TestCardLedger.settings = examples(
    6,
    1_000,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
