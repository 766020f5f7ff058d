"""A ledger for cards: what each account has, what is held back, and every movement of money.

It is SQL over one SQLite connection; the caller begins and ends the transactions. Nothing here
knows of webhooks. Amounts are whole minor units (kobo, cents), and never negative: the name of a
method says which way the money goes.

Events may arrive repeated, late, or in another order than they were sent. Two rules make the ledger
right nevertheless:

- A purchase that was declined or reversed is over. Nothing that arrives later takes money for it.
- Of what is told about a purchase, the newest counts, by the time at which Allawee sent it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import sqlite3

SCHEMA = """
    CREATE TABLE IF NOT EXISTS accounts (
        card TEXT PRIMARY KEY,
        holder TEXT,  -- NULL: nobody opened it, but its card was used
        balance INTEGER NOT NULL DEFAULT 0  -- the sum of its entries
    ) STRICT;
    CREATE TABLE IF NOT EXISTS purchases (
        id TEXT PRIMARY KEY,  -- that of the card authorization
        card TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'declined', 'reversed')),
        amount INTEGER NOT NULL CHECK (amount >= 0),
        fees INTEGER NOT NULL CHECK (fees >= 0),  -- Allawee's
        lien INTEGER NOT NULL CHECK (lien >= 0),  -- held back for it
        debit INTEGER NOT NULL CHECK (debit >= 0),  -- taken for it
        told_at TEXT NOT NULL  -- when the newest thing that we know of it was sent
    ) STRICT;
    CREATE INDEX IF NOT EXISTS liens ON purchases (card) WHERE lien > 0;
    CREATE TABLE IF NOT EXISTS entries (  -- only ever added to
        number INTEGER PRIMARY KEY,
        card TEXT NOT NULL REFERENCES accounts,
        amount INTEGER NOT NULL CHECK (amount != 0),  -- negative: it left the account
        purchase TEXT  -- NULL: money that was paid in
    ) STRICT;
    CREATE TABLE IF NOT EXISTS settlements (
        id TEXT PRIMARY KEY,  -- that of the card transaction
        purchase TEXT NOT NULL,
        amount INTEGER NOT NULL CHECK (amount >= 0),
        fees INTEGER NOT NULL CHECK (fees >= 0)
    ) STRICT;
"""

Status: TypeAlias = Literal["pending", "approved", "declined", "reversed"]
Refusal: TypeAlias = Literal[
    "account-not-found", "duplicate-transaction", "insufficient-funds", "invalid-transaction"
]
"""Why there is no money for a purchase, as one of Allawee's decline codes."""


@dataclass(frozen=True)
class Notice:
    """What Allawee tells of a purchase. What it leaves out is as it was told before."""

    id: str
    card: str
    amount: int | None = None
    fees: int | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Purchase:
    """What the ledger knows of a purchase; the columns of the table."""

    id: str
    card: str
    status: Status = "pending"
    amount: int = 0
    fees: int = 0
    lien: int = 0
    debit: int = 0
    told_at: str = ""

    @property
    def is_over(self) -> bool:
        """Whether no money is taken for it any more."""
        return self.status in ("declined", "reversed")

    def is_newer_than(self, notice: Notice) -> bool:
        """Whether something newer is known. A notice that tells no time counts as new."""
        return notice.sent_at is not None and _text(notice.sent_at) < self.told_at

    def told(self, notice: Notice) -> Purchase:
        """Return it as the notice tells it; no money has moved."""
        return replace(
            self,
            amount=self.amount if notice.amount is None else notice.amount,
            fees=self.fees if notice.fees is None else notice.fees,
            told_at=self.told_at if notice.sent_at is None else _text(notice.sent_at),
        )


class Ledger:
    """The books.

    Args:
        connection: To a file with the `SCHEMA`, inside of a transaction.
        own_fee: What you charge for a purchase, on top of its amount and Allawee's fees.
    """

    def __init__(self, connection: sqlite3.Connection, *, own_fee: int = 0) -> None:
        self._connection = connection
        self._own_fee = own_fee

    # Accounts

    def open_account(self, card: str, holder: str) -> None:
        """Open the account of a card."""
        self._connection.execute(
            "INSERT INTO accounts (card, holder) VALUES (?, ?)"
            " ON CONFLICT (card) DO UPDATE SET holder = excluded.holder",
            (card, holder),
        )

    def pay_in(self, card: str, amount: int) -> None:
        """Add money to an account."""
        self._move(card, amount)

    def holder(self, card: str) -> str | None:
        """Return the name of the card holder, or None if nobody opened an account."""
        found = self._connection.execute("SELECT holder FROM accounts WHERE card = ?", (card,))
        holder: str | None = (found.fetchone() or (None,))[0]
        return holder

    def available(self, card: str) -> int:
        """Return what can be spent: the balance less what is held back."""
        found = self._connection.execute(
            "SELECT coalesce((SELECT balance FROM accounts WHERE card = :card), 0)"
            " - coalesce((SELECT sum(lien) FROM purchases WHERE card = :card AND lien > 0), 0)",
            {"card": card},
        )
        available: int = found.fetchone()[0]
        return available

    # Purchases

    def find(self, id: str) -> Purchase | None:
        """Return what is known of a purchase."""
        found = self._connection.execute("SELECT * FROM purchases WHERE id = ?", (id,)).fetchone()
        return None if found is None else Purchase(*found)

    def hold(self, notice: Notice) -> Refusal | None:
        """Hold money back for a new purchase; return why not, or None if it is done."""
        if self.find(notice.id) is not None:
            return "duplicate-transaction"
        if self.holder(notice.card) is None:
            return "account-not-found"
        purchase = Purchase(notice.id, notice.card).told(notice)
        needed = self._price(purchase)
        is_covered = needed <= self.available(notice.card)
        self._write(replace(purchase, lien=needed if is_covered else 0))
        return None if is_covered else "insufficient-funds"

    def take(self, notice: Notice) -> None:
        """Take the money for a purchase that is approved, whether it was held back or not."""
        known = self._known(notice)
        if not known.is_over and not known.is_newer_than(notice):
            self._take(known, known.told(notice))

    def change(self, notice: Notice) -> Refusal | None:
        """Take the money for a purchase at its new price; return why not, or None if it is done.

        If there is not enough, nothing is held back for it any more. What was taken stays taken
        until we are told that the purchase has been declined.
        """
        known = self._known(notice)
        if known.is_over or known.is_newer_than(notice):
            return "invalid-transaction"  # it was decided without us
        if self.holder(notice.card) is None:
            return "account-not-found"
        changed = known.told(notice)
        if self._price(changed) > self.available(notice.card) + known.lien + known.debit:
            self._write(replace(known, lien=0, told_at=changed.told_at))
            return "insufficient-funds"
        self._take(known, changed)
        return None

    def end(self, notice: Notice, status: Literal["declined", "reversed"]) -> None:
        """Give everything back: what is held for a purchase, and what was taken for it.

        One that the ledger does not know is written down as over as well: its request may be late.
        """
        known = self._known(notice)
        if not known.is_over:
            self._move(known.card, known.debit, known.id)
            self._write(replace(known, status=status, lien=0, debit=0))

    def settle(self, id: str, purchase: str, amount: int, fees: int) -> None:
        """Write down that a purchase was settled; the money was taken before."""
        self._connection.execute(
            "INSERT OR IGNORE INTO settlements VALUES (?, ?, ?, ?)", (id, purchase, amount, fees)
        )

    def _known(self, notice: Notice) -> Purchase:
        return self.find(notice.id) or Purchase(notice.id, notice.card)

    def _price(self, purchase: Purchase) -> int:
        return purchase.amount + purchase.fees + self._own_fee

    def _take(self, known: Purchase, told: Purchase) -> None:
        """Let the debit be the price, by an entry over the difference."""
        debit = self._price(told)
        self._move(known.card, known.debit - debit, known.id)
        self._write(replace(told, status="approved", lien=0, debit=debit))

    def _move(self, card: str, amount: int, purchase: str | None = None) -> None:
        """Add an entry, and the same to the balance: the one place where balances change."""
        if amount == 0:
            return
        self._connection.execute("INSERT OR IGNORE INTO accounts (card) VALUES (?)", (card,))
        self._connection.execute(
            "INSERT INTO entries (card, amount, purchase) VALUES (?, ?, ?)",
            (card, amount, purchase),
        )
        self._connection.execute(
            "UPDATE accounts SET balance = balance + ? WHERE card = ?", (amount, card)
        )

    def _write(self, purchase: Purchase) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO purchases"
            " VALUES (:id, :card, :status, :amount, :fees, :lien, :debit, :told_at)",
            vars(purchase),
        )


def _text(moment: datetime) -> str:
    """Return a moment as a text that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
