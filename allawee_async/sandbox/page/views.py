"""The views of the page: pure functions from what is known to HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from allawee_async.sandbox.page import forms, records
from allawee_async.sandbox.page.context import address
from allawee_async.sandbox.page.html import BAD, Html, chip, fill, pager, section, tag
from allawee_async.sandbox.page.texts import counted
from allawee_async.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.sandbox.page.actions import ActionOutcome
    from allawee_async.sandbox.page.context import Cut, ViewContext

Draw: TypeAlias = "Callable[[ViewContext], tuple[Html, Html | None]]"

_FEW, _SOME, _MANY = 5, 10, 50


@attrs.frozen
class View:
    """A view: its title, and the function that draws its main part and what stands beside it."""

    title: str
    draw: Draw


def overview(context: ViewContext) -> tuple[Html, Html | None]:
    """Return a little of everything, and all that can be done."""
    main = tag(
        "div",
        _where(context),
        _counts(context),
        section("Latest requests", records.requests(context, _SOME)),
        section("Latest card use", records.authorizations(context.state, _FEW)),
        section("Latest events", records.deliveries(context, _FEW)),
    )
    beside = tag(
        "div",
        forms.purchase_form(context),
        forms.pay_in_form(context),
        forms.fault_form(context),
        forms.upkeep_form(context),
    )
    return main, beside


def requests(context: ViewContext) -> tuple[Html, Html | None]:
    """Return the latest requests, and faults for those to come."""
    note = f"The latest {_MANY}, newest first; each opens to show its body and its answer."
    main = section(None, records.requests(context, _MANY), note=note)
    return main, forms.fault_form(context)


def customers(context: ViewContext) -> tuple[Html, Html | None]:
    """Return the customers, all or those that are searched for."""
    found = records.find(context.state.customers, context, "name")
    return _searched(context, records.customers(found), found, "customer"), None


def accounts(context: ViewContext) -> tuple[Html, Html | None]:
    """Return the accounts with what they have, and the latest payments."""
    found = records.find(context.state.accounts, context, "name", order=records.MAIN_FIRST)
    main = tag(
        "div",
        _searched(context, records.accounts(context.state, found), found, "account"),
        section("Latest payments", records.latest_payments(context.state, _SOME)),
    )
    return main, tag("div", forms.pay_in_form(context), id="pay-in")


def payments(context: ViewContext) -> tuple[Html, Html | None]:
    """Return the payments, and what lets money come in."""
    found = records.find(context.state.payments, context, "reference", "type", "status")
    main = _searched(context, records.payments(found), found, "payment")
    return main, forms.pay_in_form(context)


def cards(context: ViewContext) -> tuple[Html, Html | None]:
    """Return the cards, and what they were used for."""
    found = records.find(context.state.cards, context, "details.cardHolderName", "details.last4")
    main = tag(
        "div",
        _searched(context, records.cards(context.state, found), found, "card"),
        section("Latest card use", records.authorizations(context.state, _SOME)),
    )
    return main, tag("div", forms.purchase_form(context), id="purchase")


def webhooks(context: ViewContext) -> tuple[Html, Html | None]:
    """Return the webhooks, and the events with what was answered to them."""
    note = f"The latest {_MANY}, newest first; each opens to show every attempt and its reply."
    main = tag(
        "div",
        section(None, records.webhooks(context.state)),
        section("Events", records.deliveries(context, _MANY), note=note),
    )
    return main, None


VIEWS: dict[str, View] = {
    "": View("Overview", overview),
    "requests": View("Requests", requests),
    "customers": View("Customers", customers),
    "accounts": View("Accounts", accounts),
    "payments": View("Payments", payments),
    "cards": View("Cards", cards),
    "webhooks": View("Webhooks", webhooks),
}
"""The views by the last part of their address."""


def _searched(context: ViewContext, table: Html, found: Cut, noun: str) -> Html:
    return section(None, forms.search_form(context), table, pager(context, found, noun))


def _where(context: ViewContext) -> Html:
    api, secure = context.urls
    failed = None
    if context.crashes:
        failed = chip(f"the sandbox itself failed: {counted(context.crashes, 'time')}", BAD)
    return tag(
        "p",
        tag("span", "API ", tag("code", api)),
        tag("span", "Secure host ", tag("code", secure)),
        tag("span", failed, id="crashes", data_live=True),
        class_="where",
    )


def _counts(context: ViewContext) -> Html:
    state = context.state
    counts = (
        ("Customers", len(state.customers), "customers"),
        ("Accounts", len(state.accounts), "accounts"),
        ("Cards", len(state.cards), "cards"),
        ("Payments", len(state.payments), "payments"),
        ("Events", len(state.events), "webhooks"),
        ("Requests", len(context.log), "requests"),
    )
    return tag("ul", [
        tag("li", tag("a", tag("b", f"{number:,}"), tag("span", name), href=address(view)))
        for name, number, view in counts
    ], id="counts", class_="counts", data_live=True)  # fmt: skip


def whole_page(context: ViewContext, outcome: ActionOutcome | None = None) -> Html:
    """Return the document that shows a view, and what came of an action if one was just done."""
    view = VIEWS[context.name]
    told = None if outcome is None else tag("p", outcome.text, class_=f"outcome {outcome.kind}")
    main, beside = view.draw(context)
    links = [
        tag("a", one.title, href=address(name),
            aria_current="page" if name == context.name else None)
        for name, one in VIEWS.items()
    ]  # fmt: skip
    return fill(
        "page",
        title=view.title,
        links=links,
        address=context.address,
        outcome=told,
        shape="main" if beside is None else "main with-aside",
        view=main,
        aside=None if beside is None else tag("aside", beside),
        version=__version__,
    )
