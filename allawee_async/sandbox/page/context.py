"""What a view may look at, and where on the page somebody is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar
from urllib.parse import urlencode

import attrs

from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import JsonObject, to_timestamp
from allawee_async.sandbox.faults.plan import Faults
from allawee_async.sandbox.http.request_log import LoggedRequest, RequestLog
from allawee_async.sandbox.page.texts import account_numbers, card_label, short, whole_number
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import Selection
from allawee_async.sandbox.query.shaping import SortField

ROOT = "/_sandbox"
KEPT = ("id", "search", "page", "card", "account")
"""The parameters of the page's own addresses that somebody keeps when an action is done."""

MAIN_FIRST = (SortField("type", descending=False), SortField("createdAt", descending=True))
_LONGEST_SEARCH = 64
_CHOICES = 30

T = TypeVar("T")


@attrs.frozen
class Cut(Generic[T]):
    """One page of a list.

    Attributes:
        rows: What is on it; of documents the hidden fields are included.
        total: How many there are on all pages.
        page: Which page it is, from 1.
        pages: How many pages there are, 1 at least.
    """

    rows: list[T]
    total: int
    page: int = 1
    pages: int = 1


@attrs.frozen
class ViewContext:
    """What a view may look at.

    Attributes:
        state: What the sandbox remembers.
        log: The latest requests.
        faults: The faults to come.
        crashes: How many mistakes of the sandbox itself there were.
        exports: The lines that make a shell's programs use the sandbox.
        token: What an action must bring along.
        name: Which view it is; empty for the overview.
        query: The parameters of its address.
    """

    state: State
    log: RequestLog
    faults: Faults
    crashes: int
    exports: Sequence[str] = attrs.field(repr=False)
    token: str = attrs.field(repr=False)
    name: str = ""
    query: Mapping[str, str] = attrs.Factory(dict[str, str])

    @property
    def address(self) -> str:
        """Where this view is, with the parameters that are worth keeping."""
        return address(self.name, **{name: self.query.get(name, "") for name in KEPT})

    @property
    def now(self) -> str:
        """The present moment, by the sandbox's clock."""
        return self.state.now()

    @property
    def computer_now(self) -> str:
        """The present moment by the computer's clock, as the log of requests has it."""
        return to_timestamp(datetime.now(UTC))

    @property
    def page(self) -> int:
        """Which page of a list is wanted, from 1."""
        return whole_number(self.query.get("page", ""), 1) or 1

    @property
    def search(self) -> str:
        """What is searched for; empty for nothing."""
        return self.query.get("search", "").strip()[:_LONGEST_SEARCH]

    def latest(
        self, collection: Collection, size: int = 10, *, page: int = 1, **equal: str
    ) -> Cut[JsonObject]:
        """Return the newest documents that have these values in these fields."""
        every = tuple(Condition(field, "eq", (value,)) for field, value in equal.items())
        return cut(collection, Selection(every=every), page, size)

    @property
    def card(self) -> str:
        """The id of the card that is to be used, if one is chosen or shown."""
        return self.query.get("card") or self.query.get("id", "")

    @property
    def account_number(self) -> str:
        """The bank account number that is to be paid to, if one is chosen or its account shown."""
        shown = self.state.accounts.get(self.query.get("id", ""))
        numbers = account_numbers(shown) if shown else []
        return self.query.get("account") or "".join(numbers[:1])

    @property
    def cards_to_choose(self) -> dict[str, str]:
        """The newest cards, those that work first, and the chosen one, with their labels."""
        cards = self.state.cards
        wanted = cards.get(self.card)
        rows = [
            *self.latest(cards, _CHOICES, status="active").rows,
            *self.latest(cards, _CHOICES).rows,
            *([wanted] if wanted else []),
        ]
        return {str(row["id"]): f"{card_label(row)} ({short(row['status'], 20)})" for row in rows}

    @property
    def numbers_to_choose(self) -> dict[str, str]:
        """The bank account numbers of the main and of the newest accounts, and the chosen one."""
        accounts = self.state.accounts
        owner = self.state.bank_accounts.get(self.account_number)
        wanted = accounts.get(str(owner["owner"])) if owner else None
        rows = cut(accounts, Selection(order=MAIN_FIRST), 1, _CHOICES).rows
        return {
            number: f"{short(row.get('name'), 40)}, {short(row.get('currency'), 8)}, {number}"
            for row in [*rows, *([wanted] if wanted else [])]
            for number in account_numbers(row)
        }

    def requests(self, size: int) -> Cut[LoggedRequest]:
        """Return one page of the requests that are searched for, newest first."""
        entries = self.log.latest(len(self.log))
        if self.search:
            entries = [entry for entry in entries if entry.mentions(self.search)]
        return page_of(lambda start, end: entries[start:end], len(entries), self.page, size)


def page_of(rows: Callable[[int, int], list[T]], total: int, page: int, size: int) -> Cut[T]:
    """Return a page of so many rows, which are asked for by rank; the last page at most."""
    pages = max(1, -(-total // size))
    page = min(page, pages)
    return Cut(rows((page - 1) * size, page * size), total, page, pages)


def cut(collection: Collection, selection: Selection, page: int, size: int) -> Cut[JsonObject]:
    """Return one page of a selection; the last one if there are not that many."""
    listing = collection.listing(selection)

    def rows(start: int, end: int) -> list[JsonObject]:
        return [collection.at(position) for position in listing.between(start, end)]

    return page_of(rows, len(listing), page, size)


def address(name: str, **parameters: str) -> str:
    """Return the address of a view, without the parameters that are empty."""
    query = urlencode({key: value for key, value in parameters.items() if value})
    path = f"{ROOT}/{name}" if name else ROOT
    return f"{path}?{query}" if query else path
