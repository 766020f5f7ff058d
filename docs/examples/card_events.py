"""What the events of a card do to the ledger: the life cycle of an authorization, row by row.

Each handler makes its changes, and marks its event as done, in one transaction of the store. So an
event has its effect exactly once, however often it arrives and whatever is killed in between.

| What happens | What the ledger does |
|---|---|
| a check asks for balance and name | nothing; we answer |
| a purchase is requested | holds amount and fees back, or we decline |
| it is closed as approved | takes the money, whether it was held back or not |
| it is closed as declined | gives back what was held or taken |
| the network changes the amount | takes the new amount if the account covers it, or we decline |
| the network reverses it | gives the money back |
| it is settled | writes it down |

Your own code opens the accounts and pays in:

    with closing(sqlite3.connect("ledger.db")) as connection, connection:
        ledger = Ledger(connection)
        ledger.open_account(card.id, "Ada Obi")
        ledger.pay_in(card.id, 5_000_000)
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import SCHEMA, Ledger, Notice

from allawee_async.webhooks import (
    Approve,
    CardAuthorizationClosed,
    CardAuthorizationRequest,
    CardAuthorizationUpdate,
    CardTransactionCreated,
    Claim,
    Decline,
    SQLiteStore,
    WebhookDispatcher,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_webhooks(
    file: str | Path, signing_key: str | Sequence[str], *, own_fee: int = 0
) -> WebhookDispatcher:
    """Return a dispatcher that keeps a ledger in the same SQLite file as its store."""
    Path(file).touch(mode=0o600)  # nobody else on this machine may read it
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
    store = SQLiteStore(file)
    # After a kill, another process takes over what was being handled when the lease has run out. It
    # may be short: should the first one live after all, its transaction has no effect.
    webhooks = WebhookDispatcher(signing_key, store=store, lease=2.0)

    @webhooks.on(CardAuthorizationRequest)
    def decide(event: CardAuthorizationRequest, claim: Claim) -> Approve | Decline:
        answer: Approve | Decline = Decline()
        with store.transaction(claim, lambda: answer) as connection:
            answer = answer_request(Ledger(connection, own_fee=own_fee), event)
        return answer

    @webhooks.on(CardAuthorizationUpdate)
    def update(event: CardAuthorizationUpdate, claim: Claim) -> Approve | Decline | None:
        answer: Approve | Decline | None = None
        with store.transaction(claim, lambda: answer) as connection:
            answer = answer_update(Ledger(connection, own_fee=own_fee), event)
        return answer

    @webhooks.on(CardAuthorizationClosed)
    def close(event: CardAuthorizationClosed, claim: Claim) -> None:
        with store.transaction(claim) as connection:
            book_closed(Ledger(connection, own_fee=own_fee), event)

    @webhooks.on(CardTransactionCreated)
    def settle(event: CardTransactionCreated, claim: Claim) -> None:
        with store.transaction(claim) as connection:
            book_settled(Ledger(connection, own_fee=own_fee), event)

    return webhooks


def webhooks_from_environment() -> WebhookDispatcher:
    """Return the dispatcher that the environment describes."""
    return make_webhooks(
        os.environ.get("LEDGER_FILE", "ledger.db"),
        os.environ["ALLAWEE_SIGNING_KEY"].split(),  # several while a key is rolled
        own_fee=int(os.environ.get("OWN_FEE", "0")),
    )


def answer_request(ledger: Ledger, event: CardAuthorizationRequest) -> Approve | Decline:
    """Answer a check with what the account has, and a purchase if it covers it."""
    notice = notice_of(event)
    if event.is_check:
        holder = ledger.holder(notice.card)
        if holder is None:
            return Decline("account-not-found")
        return Approve(card_balance=ledger.available(notice.card), card_holder_name=holder)
    if notice.amount is None:
        return Decline("invalid-transaction")
    refusal = ledger.hold(notice)
    return Approve() if refusal is None else Decline(refusal)


def answer_update(ledger: Ledger, event: CardAuthorizationUpdate) -> Approve | Decline | None:
    """Answer a change of the amount, or give back the money of what was reversed."""
    notice = notice_of(event)
    if not event.wants_decision:
        if event.data.status == "reversed":
            ledger.end(notice, "reversed")
        return None
    if notice.amount is None:
        return Decline("invalid-transaction")
    refusal = ledger.change(notice)
    return Approve() if refusal is None else Decline(refusal)


def book_closed(ledger: Ledger, event: CardAuthorizationClosed) -> None:
    """Take the money of what was approved, and give back that of what was declined."""
    if event.data.type == "check":
        return
    if event.data.status == "approved":
        ledger.take(notice_of(event))
    elif event.data.status == "declined":
        ledger.end(notice_of(event), "declined")


def book_settled(ledger: Ledger, event: CardTransactionCreated) -> None:
    """Write a settlement down. Its amounts are negative; that does not tell where money goes."""
    settled = event.data
    ledger.settle(
        settled.id,
        str(settled.authorization),
        abs(settled.amount or 0),
        abs(settled.fees or 0),
    )


def notice_of(
    event: CardAuthorizationRequest | CardAuthorizationUpdate | CardAuthorizationClosed,
) -> Notice:
    """Return what an event tells of a purchase."""
    told = event.data
    return Notice(
        id=told.id,
        card=str(told.card),
        amount=None if told.amount is None else abs(told.amount),
        fees=None if told.fees is None else abs(told.fees),
        sent_at=event.sent_at,
    )
