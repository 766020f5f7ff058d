"""The buttons of the page: what somebody can do to the sandbox, as forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.cards.authorizations import REQUEST
from allawee_async.sandbox.directory.merchants import MERCHANTS
from allawee_async.sandbox.faults.kinds import CHOICES
from allawee_async.sandbox.page.context import cut
from allawee_async.sandbox.page.html import (
    Html,
    button_form,
    entries,
    fill,
    hidden_fields,
    options,
    section,
    tag,
)
from allawee_async.sandbox.page.records import MAIN_FIRST
from allawee_async.sandbox.page.texts import account_numbers, card_label, short
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import Selection

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.page.context import ViewContext

CAPTURE, CHECK = "capture", "check"
BY_WEBHOOK, APPROVE, DECLINE = "webhook", "approve", "decline"
MERCHANT, AMOUNT = "Wakanow", "5.00"  # what the documented cards may pay
_DECISIONS = (
    (APPROVE, "Approve at once"),
    (DECLINE, "Decline at once"),
    (BY_WEBHOOK, "Webhook, else the program's default"),
)
_KINDS = tuple((key, choice.label) for key, choice in CHOICES.items())
_CHOICES = 30


def purchase_form(context: ViewContext) -> Html:
    """Return the form that lets the card network ask for a purchase."""
    chosen = context.query.get("card", "")
    cards = _cards_to_choose(context.state, chosen)
    if not cards:
        return section("Simulate a purchase", tag("p", "There is no card.", class_="note"))
    hears = context.state.decide is not None or context.state.webhook_for(REQUEST) is not None
    decision = BY_WEBHOOK if hears else APPROVE
    return fill(
        "purchase",
        hidden=hidden_fields(context),
        cards=options(cards, chosen),
        amount=AMOUNT,
        merchant=MERCHANT,
        decisions=options(_DECISIONS, decision),
        merchants=[tag("option", value=one.name) for one in MERCHANTS],
    )


def pay_in_form(context: ViewContext) -> Html:
    """Return the form that lets money come in."""
    chosen = context.query.get("account", "")
    numbers = _numbers_to_choose(context.state, chosen)
    if not numbers:
        told = tag("p", "No account has a bank account number.", class_="note")
        return section("Simulate a pay-in", told)
    return fill("pay-in", hidden=hidden_fields(context), accounts=options(numbers, chosen))


def fault_form(context: ViewContext) -> Html:
    """Return the form that orders faults, and those that are to come."""
    pending = [
        (str(number), short(str(one))) for number, one in enumerate(context.faults.pending())
    ]
    return fill(
        "fault",
        hidden=hidden_fields(context),
        kinds=options(_KINDS),
        pending=entries("faults", pending, "No fault is ordered."),
        clear=button_form(context, "clear-faults", "Clear all faults") if pending else None,
    )


def upkeep_form(context: ViewContext) -> Html:
    """Return the forms that are about the sandbox as a whole."""
    return fill("upkeep", hidden=hidden_fields(context))


def search_form(context: ViewContext) -> Html:
    """Return the form that searches what a view lists; it changes nothing and needs no token."""
    return fill("search", view=context.name, search=context.query.get("search", ""))


def _cards_to_choose(state: State, chosen: str) -> list[tuple[str, str]]:
    """Return the newest cards, those that work first, and the chosen one, whichever it is."""
    cards = state.cards
    active = Selection(every=(Condition("status", "eq", ("active",)),))
    rows = [
        *cut(cards, active, 1, _CHOICES).rows,
        *cut(cards, Selection(), 1, _CHOICES).rows,
    ]
    wanted = cards.get(chosen)
    rows += [] if wanted is None else [wanted]
    return [*{str(row["id"]): f"{card_label(row)} ({short(row['status'], 20)})" for row in rows}
            .items()]  # fmt: skip


def _numbers_to_choose(state: State, chosen: str) -> list[tuple[str, str]]:
    """Return the bank account numbers of the main and of the newest accounts, and the chosen."""
    accounts = state.accounts
    rows = cut(accounts, Selection(order=MAIN_FIRST), 1, _CHOICES).rows
    owner = state.bank_accounts.get(chosen)
    wanted = None if owner is None else accounts.get(str(owner["owner"]))
    rows += [] if wanted is None else [wanted]
    return [*{
        number: f"{short(row.get('name'), 40)}, {short(row.get('currency'), 8)}, {number}"
        for row in rows for number in account_numbers(row)
    }.items()]  # fmt: skip
