"""The views of the page: what each lists, drawn by the template that has its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

import attrs

from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import JsonObject, entries, part, to_timestamp
from allawee_async.sandbox.directory.merchants import MERCHANTS
from allawee_async.sandbox.faults.kinds import CHOICES
from allawee_async.sandbox.faults.plan import Faults
from allawee_async.sandbox.http.request_log import LoggedRequest, RequestLog, masked_text
from allawee_async.sandbox.page import texts
from allawee_async.sandbox.page.actions import ActionOutcome
from allawee_async.sandbox.page.texts import card_label, short
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import NEWEST_FIRST, Selection
from allawee_async.sandbox.query.shaping import SortField
from allawee_async.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment


ROOT = "/_sandbox"
KEPT = ("id", "search", "page", "card", "account")
"""The parameters of the page's own addresses that somebody keeps when an action is done."""

MAIN_FIRST = (SortField("type", descending=False), SortField("createdAt", descending=True))
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
    def page(self) -> int:
        """Which page of a list is wanted, from 1."""
        return texts.whole_number(self.query.get("page", ""), 1) or 1

    @property
    def search(self) -> str:
        """What is searched for; empty for nothing."""
        return self.query.get("search", "").strip()[:64]

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
        numbers = texts.account_numbers(shown) if shown else []
        return self.query.get("account") or "".join(numbers[:1])

    @property
    def cards_to_choose(self) -> dict[str, str]:
        """The newest cards, those that work first, and the chosen one, with their labels."""
        cards = self.state.cards
        wanted = cards.get(self.card)
        active = self.latest(cards, _CHOICES, status="active")
        rows = active.rows + self.latest(cards, _CHOICES).rows
        rows += [wanted] if wanted else []
        return {str(row["id"]): f"{card_label(row)} ({short(row['status'], 20)})" for row in rows}

    @property
    def numbers_to_choose(self) -> dict[str, str]:
        """The bank account numbers of the main and of the newest accounts, and the chosen one."""
        accounts = self.state.accounts
        owner = self.state.bank_accounts.get(self.account_number)
        wanted = accounts.get(str(owner["owner"])) if owner else None
        rows = cut(accounts, Selection(order=MAIN_FIRST), 1, _CHOICES).rows
        rows += [wanted] if wanted else []
        return {
            number: f"{short(row.get('name'), 40)}, {short(row.get('currency'), 8)}, {number}"
            for row in rows
            for number in texts.account_numbers(row)
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


@attrs.frozen
class View:
    """A view.

    Attributes:
        title: What it is called.
        noun: What it lists, one of them.
        fields: The fields that are searched, besides the id.
        order: The order of what it lists.
        size: How many are on a page.
    """

    title: str
    noun: str = ""
    fields: tuple[str, ...] = ()
    order: tuple[SortField, ...] = NEWEST_FIRST
    size: int = 20


VIEWS: dict[str, View] = {
    "": View("Overview"),
    "requests": View("Requests", "request", size=50),
    "customers": View("Customers", "customer", ("name", "reference", "email", "phone")),
    "accounts": View("Accounts", "account", ("name", "reference"), MAIN_FIRST),
    "payments": View("Payments", "payment", ("reference", "type", "status")),
    "cards": View("Cards", "card", ("details.cardHolderName", "details.last4", "reference")),
    "webhooks": View("Webhooks", "event", ("event", "status", "payload"), size=50),
}
"""The views by the last part of their address."""


def whole_page(context: ViewContext, outcome: ActionOutcome | None = None) -> str:
    """Return the document that shows a view, and what came of an action if one was just done."""
    view = VIEWS[context.name]
    found = _found(context, view)
    return (
        environment()
        .get_template(f"{context.name or 'overview'}.html")
        .render(context=context, state=context.state, view=view, outcome=outcome, found=found)
    )


def _found(context: ViewContext, view: View) -> Cut[Any] | None:
    """Return one page of what a view lists: all, or what is found by its id or a text."""
    if not view.fields:
        return context.requests(view.size) if view.noun else None
    collection, search = getattr(context.state, f"{view.noun}s"), context.search
    exact = collection.get(search)
    if exact:
        return Cut([exact], 1)
    has_text = tuple(Condition(field, "like", (re.escape(search),)) for field in view.fields)
    selection = Selection(some=has_text if search else (), order=view.order)
    return cut(collection, selection, context.page, view.size)


@cache
def environment() -> Environment:
    """Return what draws the templates: every text is escaped, a field that is missing is empty.

    Raises:
        ModuleNotFoundError: There is no jinja2, which comes with the extra that runs a sandbox.
    """
    from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 - not everybody has it

    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    made = Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    filters: dict[str, Any] = made.filters
    filters |= {
        "card_label": texts.card_label, "clock": texts.clock, "controls": texts.controls,
        "json": texts.json_text, "masked": masked_text, "moment": texts.moment,
        "numbers": texts.account_numbers, "payload": texts.payload, "reason": texts.reason,
        "short": texts.short, "timestamp": to_timestamp,
    }  # fmt: skip
    names: dict[str, Any] = made.globals
    names |= {
        "CHOICES": CHOICES, "MERCHANTS": MERCHANTS, "VIEWS": VIEWS, "address": address,
        "computer_now": lambda: to_timestamp(datetime.now(UTC)), "counted": texts.counted,
        "entries": entries, "funding_source": funding_source, "money": texts.money, "part": part,
        "root": ROOT, "version": __version__,
    }  # fmt: skip
    for name in ("ui", "forms", "lists"):
        names[name] = made.get_template(f"{name}.html").module
    return made
