"""What generated customers have: cards and accounts, the same ones for the same seed."""

from __future__ import annotations

from itertools import count, islice

from allawee_async.sandbox.cards.numbers import new_number
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, IdSource
from allawee_async.sandbox.directory.banks import SANDBOX_CODE, complete
from allawee_async.sandbox.money.deposit_channels import channel_of, register
from allawee_async.sandbox.seed.documented import documented

_MOST_CUSTOMERS = 1_000
_PROGRAM = "c.prg.2tY3mPz5WcQeJt9Xa"
_LIMITED: Document = {
    "blockedCategories": ["betting"],
    "spendingLimits": [{"amount": 20_000_000, "interval": "monthly"}],
}


def seed_holdings(state: State, seed: int) -> None:
    """Give each third of the newest active customers a card, and each tenth an account.

    The newest card is active and has no limits. The customers of the documents have what the
    documents show, and without them there is nothing.
    """
    if _PROGRAM not in state.card_programs:
        return
    ids = IdSource(f"holdings {seed}")
    generated = len(state.customers) - len(documented("customers"))
    newest = islice(reversed(range(len(state.customers))), min(generated, _MOST_CUSTOMERS))
    active = (at for at in newest if state.customers.at(at)["status"] == "active")
    cards: list[Document] = []
    accounts: list[Document] = []
    for number, at in zip(count(), active, strict=False):
        customer = state.customers.at(at)
        if number % 3 == 0:
            cards.append(_card(state, ids, customer, number // 3))
        if number % 10 == 1:
            accounts.append(_account(state, ids, customer))
    state.cards.add_all(reversed(cards))
    state.accounts.add_all(reversed(accounts))


def _card(state: State, ids: IdSource, customer: Document, number: int) -> Document:
    own, pan = ids.new("c.2", 16), new_number("verve", ids.digits)
    state.card_secrets.add({"id": own, "pan": pan, "cvv": ids.digits(3), "pin": None})
    expiry = f"{1 + number % 12:02d}/29"
    card: Document = {
        "type": "virtual", "network": "verve", "status": _status_of(number), "currency": "NGN",
        "program": _PROGRAM, "customer": customer["id"], "metadata": {},
        "details": {"last4": pan[-4:], "expiry": expiry, "cardHolderName": customer["name"]},
        "createdAt": customer["createdAt"], "updatedAt": customer["updatedAt"], "id": own,
        "object": "card",
    }  # fmt: skip
    return {**card, "controls": _LIMITED} if number % 4 == 3 else card


def _status_of(number: int) -> str:
    return {4: "inactive", 7: "blocked"}.get(number % 9, "active")


def _account(state: State, ids: IdSource, customer: Document) -> Document:
    now, name = customer["createdAt"], customer["name"]
    account: Document = {
        "name": name, "type": "sub", "status": "active", "currency": "NGN",
        "customer": customer["id"], "createdAt": now, "updatedAt": customer["updatedAt"],
        "id": ids.new("ac.2", 16), "object": "account",
    }  # fmt: skip
    number, own = complete(SANDBOX_CODE, "00" + ids.digits(7)), account["id"]
    register(state, number, account, name)
    state.ledger.open(own, "NGN")
    amount = 10_000 * (1 + int(ids.digits(4)))
    lines = transfer(world("NGN"), own, amount)
    state.ledger.post(lines, type="opening-balance", reference=own, at=now)
    return {**account, "depositChannels": [channel_of(number, name, now)]}
