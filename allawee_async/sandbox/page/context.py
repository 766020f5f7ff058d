"""What a view may look at, and where on the page somebody is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.sandbox.core.collection import Collection
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject
    from allawee_async.sandbox.faults.plan import Faults
    from allawee_async.sandbox.http.request_log import RequestLog
    from allawee_async.sandbox.query.parameters import Selection

ROOT = "/_sandbox"
KEPT = ("search", "page", "card", "account")
"""The parameters of the page's own addresses that somebody keeps when an action is done."""


@attrs.frozen
class ViewContext:
    """What a view may look at.

    Attributes:
        state: What the sandbox remembers.
        log: The latest requests.
        faults: The faults to come.
        crashes: How many mistakes of the sandbox itself there were.
        urls: The base URLs of the API and of the secure host.
        token: What an action must bring along.
        name: Which view it is; empty for the overview.
        query: The parameters of its address.
    """

    state: State
    log: RequestLog
    faults: Faults
    crashes: int
    urls: tuple[str, str]
    token: str
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
    def page(self) -> int:
        """Which page of a list is wanted, from 1."""
        text = self.query.get("page", "")
        return int(text) if text.isdecimal() and 0 < len(text) < 7 and int(text) else 1


@attrs.frozen
class Cut:
    """One page of a list.

    Attributes:
        rows: The documents on it, hidden fields included.
        total: How many documents there are on all pages.
        page: Which page it is, from 1.
        pages: How many pages there are, 1 at least.
    """

    rows: list[JsonObject]
    total: int
    page: int = 1
    pages: int = 1


def cut(collection: Collection, selection: Selection, page: int, size: int) -> Cut:
    """Return one page of a selection; the last one if there are not that many."""
    listing = collection.listing(selection)
    total = len(listing)
    pages = max(1, -(-total // size))
    page = min(page, pages)
    positions = listing.between((page - 1) * size, page * size)
    rows = [collection.at(position) for position in positions]
    return Cut(rows, total, page, pages)


def address(name: str, **parameters: str) -> str:
    """Return the address of a view, without the parameters that are empty."""
    query = urlencode({key: value for key, value in parameters.items() if value})
    path = f"{ROOT}/{name}" if name else ROOT
    return f"{path}?{query}" if query else path
