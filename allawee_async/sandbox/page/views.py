"""The views of the page: what each lists, drawn by the template that has its name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.core.values import entries, part, to_timestamp
from allawee_async.sandbox.directory.merchants import MERCHANTS
from allawee_async.sandbox.faults.kinds import CHOICES
from allawee_async.sandbox.http.request_log import masked_text
from allawee_async.sandbox.page import texts
from allawee_async.sandbox.page.actions import ActionOutcome
from allawee_async.sandbox.page.context import MAIN_FIRST, ROOT, Cut, ViewContext, address, cut
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import NEWEST_FIRST, Selection
from allawee_async.sandbox.query.shaping import SortField
from allawee_async.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment


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
    template = environment().get_template(f"{context.name or 'overview'}.html")
    return template.render(
        context=context,
        state=context.state,
        view=view,
        outcome=outcome,
        found=_found(context, view),
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

    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
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
        "counted": texts.counted, "entries": entries, "funding_source": funding_source,
        "money": texts.money, "part": part, "root": ROOT, "version": __version__,
    }  # fmt: skip
    for name in ("ui", "forms", "lists"):
        names[name] = made.get_template(f"{name}.html").module
    return made
