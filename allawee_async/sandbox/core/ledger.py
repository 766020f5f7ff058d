"""Money in double entry: balances, liens and a log, in minor units, never half done.

Every account holds one currency. The outside world is an account too, one for each currency, and
the only one that may go below zero, so that all balances of a currency add up to zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.values import Document, IdSource

WORLD = "world:"


class LedgerError(Exception):
    """An operation that the ledger refuses; nothing has changed."""


class InsufficientFundsError(LedgerError):
    """An account has less at its disposal than an operation takes."""

    def __init__(self, account: str, available: int, needed: int) -> None:
        super().__init__(f"{account} has {available}, and {needed} are needed")
        self.account = account
        self.available = available
        self.needed = needed


class UnknownAccountError(LedgerError):
    """The ledger has no such account."""


class UnknownHoldError(LedgerError):
    """There is no such hold, or it has been released or captured already."""


class UnbalancedError(LedgerError):
    """An amount is not positive, or the entries of a posting do not add up to zero."""


class Entry(NamedTuple):
    """One line of a posting: what an account gains, or loses if the amount is negative."""

    account: str
    amount: int


class Balance(NamedTuple):
    """What an account has, and how much of it is held for something."""

    currency: str
    balance: int
    reserved: int

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.balance - self.reserved


def world(currency: str) -> str:
    """Return the account that stands for everything outside, in one currency."""
    return WORLD + currency


def transfer(source: str, target: str, amount: int) -> tuple[Entry, ...]:
    """Return the entries that move an amount from one account to another.

    Raises:
        UnbalancedError: The amount is negative.
    """
    if amount < 0:
        raise UnbalancedError(f"an amount cannot be negative: {amount}")
    return Entry(source, -amount), Entry(target, amount)


class Ledger:
    """Balances, holds and logs; each method checks everything and only then changes anything.

    The three collections hold all that there is to remember:

    - `balances`: `id` (that of the account), `currency`, `balance`, `reserved`;
    - `holds`: `id`, `account`, `amount`, `currency`, `status` (`held`, `released`, `captured`);
    - `logs`: one entry for each line of a posting, except those of the outside world.

    Args:
        ids: Where identifiers of holds and log entries come from.
    """

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids
        self.balances = Collection()
        self.holds = Collection()
        self.logs = Collection(grouped="account")

    def open(self, account: str, currency: str) -> None:
        """Open an account with nothing in it.

        Raises:
            DuplicateError: It is open already.
        """
        empty = {"currency": currency, "balance": 0, "reserved": 0}
        self.balances.add({"id": account, **empty})
        if world(currency) not in self.balances:
            self.balances.add({"id": world(currency), **empty})

    def balance(self, account: str) -> Balance:
        """Return what an account has.

        Raises:
            UnknownAccountError: It is not open.
        """
        stored = self.balances.get(account)
        if stored is None:
            raise UnknownAccountError(account)
        return _balance(stored)

    def available(self, account: str) -> int:
        """Return what an account can spend.

        Raises:
            UnknownAccountError: It is not open.
        """
        return self.balance(account).available

    def accounts(self) -> Iterator[tuple[str, Balance]]:
        """Yield every account with what it has, the outside world included."""
        for stored in self.balances:
            yield stored["id"], _balance(stored)

    def post(self, entries: Iterable[Entry], *, type: str, reference: str, at: str) -> None:
        """Move money between accounts; for each currency the entries add up to zero.

        Args:
            entries: What each account gains or loses. An account may occur several times: what
                counts is what it has at the end.
            type: What the money moves for, such as `pay-out`; the log entries tell it.
            reference: The id of the resource that moves it; the log entries tell it.
            at: The present moment as a timestamp.

        Raises:
            UnknownAccountError: An account is not open.
            UnbalancedError: The entries of a currency do not add up to zero.
            InsufficientFundsError: An account would have less than nothing, or less than is held.
        """
        lines = [entry for entry in entries if entry.amount]
        self._commit(lines, {}, category=type, reference=reference, at=at)

    def reserve(self, account: str, amount: int) -> str:
        """Hold an amount, so that it cannot be spent, and return the id of the hold.

        Raises:
            UnknownAccountError: The account is not open.
            UnbalancedError: The amount is negative.
            InsufficientFundsError: The account has less at its disposal.
        """
        state = self._with_reserve(account, amount)
        while (fresh := self._ids.new("hold.")) in self.holds:
            pass
        self._set(account, state)
        hold = {"account": account, "amount": amount, "currency": state.currency}
        self.holds.add({"id": fresh, **hold, "status": "held"})
        return fresh

    def held(self, hold: str) -> tuple[str, int]:
        """Return the account and the amount of a hold.

        Raises:
            UnknownHoldError: There is no such hold, or it is over.
        """
        stored = self.holds.get(hold)
        if stored is None or stored["status"] != "held":
            raise UnknownHoldError(hold)
        return stored["account"], stored["amount"]

    def adjust(self, hold: str, amount: int) -> None:
        """Change the amount of a hold.

        Raises:
            UnknownHoldError: There is no such hold, or it is over.
            UnbalancedError: The amount is negative.
            InsufficientFundsError: The account has not that much more at its disposal.
        """
        account, before = self.held(hold)
        state = self._with_reserve(account, amount, instead_of=before)
        self._set(account, state)
        self._set_hold(hold, amount, "held")

    def release(self, hold: str) -> None:
        """Give a hold up: what it held can be spent again.

        Raises:
            UnknownHoldError: There is no such hold, or it is over.
        """
        account, amount = self.held(hold)
        state = self.balance(account)
        self._set(account, state._replace(reserved=state.reserved - amount))
        self._set_hold(hold, amount, "released")

    def capture(
        self, hold: str, amount: int, *, type: str, reference: str, at: str, to: str | None = None
    ) -> None:
        """End a hold by taking an amount out of the account.

        Args:
            hold: The id of the hold.
            amount: How much to take; less than what is held, or more if the account has it.
            type: What the money moves for; the log entry tells it.
            reference: The id of the resource that moves it; the log entry tells it.
            at: The present moment as a timestamp.
            to: The account that gains it; None for the outside world.

        Raises:
            UnknownHoldError: There is no such hold, or it is over.
            UnknownAccountError: The account that gains it is not open.
            UnbalancedError: The amount is negative, or the account has another currency.
            InsufficientFundsError: The account has less at its disposal.
        """
        account, held = self.held(hold)
        state = self.balance(account)
        lines = transfer(account, to or world(state.currency), amount)
        freed = state._replace(reserved=state.reserved - held)
        self._commit(lines, {account: freed}, category=type, reference=reference, at=at)
        self._set_hold(hold, amount, "captured")

    def _commit(
        self, lines: Iterable[Entry], after: dict[str, Balance], *, at: str, **told: str
    ) -> None:
        """Check a posting as a whole, then carry it out.

        Args:
            lines: What each account gains or loses.
            after: What accounts have already that had something held for it.
            at: The present moment as a timestamp.
            told: What else the log entries tell of it.
        """
        sums: dict[str, int] = {}
        entries: list[Document] = []
        for account, amount in lines:
            state = after.get(account) or self.balance(account)
            after[account] = state._replace(balance=state.balance + amount)
            sums[state.currency] = sums.get(state.currency, 0) + amount
            if amount and not account.startswith(WORLD):
                entries.append({
                    "account": account, "type": "credit" if amount > 0 else "debit",
                    "amount": abs(amount), "currency": state.currency,
                    "balanceBefore": state.balance, "balanceAfter": state.balance + amount,
                })  # fmt: skip
        if any(sums.values()):
            raise UnbalancedError(f"the entries do not add up to zero: {sums}")
        self._check_funds(after)
        for account, state in after.items():
            self._set(account, state)
        for entry in entries:
            while (fresh := self._ids.new("ac.log.")) in self.logs:
                pass
            times = {"createdAt": at, "updatedAt": at}
            self.logs.add(entry | told | times | {"id": fresh, "object": "account.log"})

    def _check_funds(self, after: dict[str, Balance]) -> None:
        for account, state in after.items():
            if state.available < 0 and not account.startswith(WORLD):
                before = self.balance(account)
                needed = before.available - state.available
                raise InsufficientFundsError(account, before.available, needed)

    def _with_reserve(self, account: str, amount: int, *, instead_of: int = 0) -> Balance:
        """Return the balance of an account with an amount held, or say why that cannot be."""
        if amount < 0:
            raise UnbalancedError(f"an amount cannot be negative: {amount}")
        before = self.balance(account)
        after = before._replace(reserved=before.reserved + amount - instead_of)
        if after.available < 0 and amount > instead_of:
            raise InsufficientFundsError(account, before.available, amount - instead_of)
        return after

    def _set(self, account: str, state: Balance) -> None:
        self.balances.replace({"id": account, **state._asdict()})

    def _set_hold(self, hold: str, amount: int, status: str) -> None:
        stored = self.holds.get(hold) or {}
        self.holds.replace(stored | {"amount": amount, "status": status})


def _balance(stored: Document) -> Balance:
    return Balance(stored["currency"], stored["balance"], stored["reserved"])
