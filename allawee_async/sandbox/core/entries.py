"""Words of the ledger: entries, balances, the outside world, and what can go wrong."""

from __future__ import annotations

from typing import NamedTuple

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


def transfer(source: str, target: str, amount: int) -> tuple[Entry, Entry]:
    """Return the entries that move an amount from one account to another.

    Raises:
        UnbalancedError: The amount is negative.
    """
    if amount < 0:
        raise UnbalancedError(f"an amount cannot be negative: {amount}")
    return Entry(source, -amount), Entry(target, amount)
