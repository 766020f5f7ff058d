"""What a new sandbox holds: what Allawee's documents show, and what generated customers have.

`documented.json` holds customers, accounts, card programs, cards and an authorization as they are
stored: references, the account in USD, the newest program and the newest card, which approve and
have no limits, and all numbers of cards but one are ours, as no document shows them.
"""

from __future__ import annotations

from itertools import islice

from allawee_async.sandbox.cards.numbers import new_number
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import NGN, Document, IdSource
from allawee_async.sandbox.money.accounts import open_channel
from allawee_async.sandbox.seed.people import documented, make_customers

_MOST_CUSTOMERS = 1_000
_PROGRAM = "c.prg.2tY3mPz5WcQeJt9Xa"
_LIMITED: Document = {
    "blockedCategories": ["betting"],
    "spendingLimits": [{"amount": 20_000_000, "interval": "monthly"}],
}


def seed_all(state: State, customers: int | None, seed: int) -> None:
    """Store so many customers, as `make_customers` makes them, and what there is besides."""
    state.customers.add_all(make_customers(customers, seed))
    seed_accounts(state)
    cards = documented("cards")
    if any(card["customer"] not in state.customers for card in cards):
        return  # who has them is not there
    state.card_programs.add_all(documented("card_programs"))
    state.cards.add_all(cards)
    state.card_secrets.add_all(documented("card_secrets"))
    state.card_authorizations.add_all(documented("card_authorizations"))
    _seed_holdings(state, seed)


def seed_accounts(state: State) -> None:
    """Open the main accounts that a sandbox begins with, and put the starting balance in."""
    for account in documented("accounts"):
        state.accounts.add(account)
        for channel in account.get("depositChannels", ()):
            number = channel["accountNumber"]
            state.bank_accounts.add({"id": number, "owner": account["id"], "name": account["name"]})
        _fill(state, account, state.money.balance)


def _fill(state: State, account: Document, balance: int) -> None:
    """Open an account in the ledger, with a balance that it begins with."""
    own, currency = account["id"], account["currency"]
    state.ledger.open(own, currency)
    entries = transfer(world(currency), own, balance)
    state.ledger.post(entries, type="opening-balance", reference=own, at=account["createdAt"])


def _seed_holdings(state: State, seed: int) -> None:
    """Give each third of the newest active customers a card, and each tenth an account.

    The newest card is active and has no limits. The customers of the documents have what the
    documents show.
    """
    ids = IdSource(f"holdings {seed}")
    generated = len(state.customers) - len(documented("customers"))
    newest = islice(reversed(range(len(state.customers))), min(generated, _MOST_CUSTOMERS))
    customers = (state.customers.at(position) for position in newest)
    active = (customer for customer in customers if customer["status"] == "active")
    cards: list[Document] = []
    accounts: list[Document] = []
    for number, customer in enumerate(active):
        if number % 3 == 0:
            cards.append(_card(state, ids, customer, number // 3))
        if number % 10 == 1:
            accounts.append(_account(state, ids, customer))
    state.cards.add_all(reversed(cards))
    state.accounts.add_all(reversed(accounts))


def _card(state: State, ids: IdSource, customer: Document, number: int) -> Document:
    own, pan = ids.new("c.2", 16), new_number("verve", ids.digits)
    state.card_secrets.add({"id": own, "pan": pan, "cvv": ids.digits(3), "pin": None})
    status = {4: "inactive", 7: "blocked"}.get(number % 9, "active")
    expiry = f"{1 + number % 12:02d}/29"
    card: Document = {
        "type": "virtual", "network": "verve", "status": status, "currency": NGN,
        "program": _PROGRAM, "customer": customer["id"], "metadata": {},
        "details": {"last4": pan[-4:], "expiry": expiry, "cardHolderName": customer["name"]},
        "createdAt": customer["createdAt"], "updatedAt": customer["updatedAt"], "id": own,
        "object": "card",
    }  # fmt: skip
    return card | {"controls": _LIMITED} if number % 4 == 3 else card


def _account(state: State, ids: IdSource, customer: Document) -> Document:
    now, name = customer["createdAt"], customer["name"]
    account: Document = {
        "name": name, "type": "sub", "status": "active", "currency": NGN,
        "customer": customer["id"], "createdAt": now, "updatedAt": customer["updatedAt"],
        "id": ids.new("ac.2", 16), "object": "account",
    }  # fmt: skip
    account["depositChannels"] = [open_channel(state, ids, account, name, now)]
    _fill(state, account, 10_000 * (1 + int(ids.digits(4))))
    return account
