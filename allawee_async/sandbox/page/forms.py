"""The buttons of the page: what somebody can do to the sandbox, as forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.cards.authorizations import REQUEST
from allawee_async.sandbox.directory.merchants import MERCHANTS
from allawee_async.sandbox.faults.kinds import CHOICES
from allawee_async.sandbox.page.context import cut
from allawee_async.sandbox.page.html import (
    Content,
    Html,
    entries,
    field,
    form,
    join,
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
_USES = ((CAPTURE, "Purchase"), (CHECK, "Balance check"))
_CHANNELS = (("online", "Online"), ("pos", "POS"), ("atm", "ATM"), ("in-app", "In-app"))
_DECISIONS = (
    (APPROVE, "Approve at once"),
    (DECLINE, "Decline at once"),
    (BY_WEBHOOK, "Webhook, else the program's default"),
)
_KINDS = tuple((key, choice.label) for key, choice in CHOICES.items())
_METHODS = tuple((name, name or "any") for name in ("", "GET", "POST", "PUT", "DELETE"))
_CHOICES = 30


def purchase_form(context: ViewContext) -> Html:
    """Return the form that lets the card network ask for a purchase."""
    name = "purchase"
    chosen = context.query.get("card", "")
    cards = _cards_to_choose(context.state, chosen)
    if not cards:
        return section("Simulate a purchase", tag("p", "There is no card.", class_="note"))
    hears = context.state.decide is not None or context.state.webhook_for(REQUEST) is not None
    decision = BY_WEBHOOK if hears else APPROVE
    return section(
        "Simulate a purchase",
        form(
            context, name, "Use the card",
            field(name, "card", "Card", "select", options(cards, chosen), data_live="options"),
            _pair(
                _amount(name, AMOUNT),
                field(name, "use", "Kind", "select", options(_USES)),
            ),
            _pair(
                field(name, "merchant", "Merchant", "input", value=MERCHANT, list="merchants",
                      maxlength=60, autocomplete="off"),
                field(name, "channel", "Channel", "select", options(_CHANNELS)),
            ),
            field(name, "decision", "Who decides", "select", options(_DECISIONS, decision)),
            tag("datalist", [tag("option", value=one.name) for one in MERCHANTS], id="merchants"),
        ),
    )  # fmt: skip


def pay_in_form(context: ViewContext) -> Html:
    """Return the form that lets money come in."""
    name = "pay-in"
    chosen = context.query.get("account", "")
    numbers = _numbers_to_choose(context.state, chosen)
    if not numbers:
        told = tag("p", "No account has a bank account number.", class_="note")
        return section("Simulate a pay-in", told)
    return section(
        "Simulate a pay-in",
        form(
            context, name, "Pay in",
            field(name, "account", "Account", "select", options(numbers, chosen),
                  data_live="options"),
            _amount(name, "10000.00"),
        ),
    )  # fmt: skip


def fault_form(context: ViewContext) -> Html:
    """Return the form that orders faults, and those that are to come."""
    name = "fault"
    return section(
        "Inject a fault",
        form(
            context, name, "Inject",
            field(name, "kind", "What happens", "select", options(_KINDS)),
            _pair(
                field(name, "times", "Requests", "input", type="number", value="1", min=0,
                      max=100_000, hint="0: until cleared"),
                field(name, "seconds", "Delay, in seconds", "input", type="number", value="2",
                      min=0, max=600, step="any"),
            ),
            _pair(
                field(name, "method", "Method", "select", options(_METHODS)),
                field(name, "path", "Path", "input", placeholder="/cards/*", autocomplete="off",
                      hint="any, if empty"),
            ),
            tag("div", tag("input", type="checkbox", id="fault-after", name="after", value="yes"),
                tag("label", "Carry the request out first", for_="fault-after"), class_="check"),
        ),
        armed_faults(context),
    )  # fmt: skip


def armed_faults(context: ViewContext) -> Html:
    """Return the faults to come, and the button that takes them back."""
    pending = context.faults.pending()
    listed = [(str(number), short(str(fault))) for number, fault in enumerate(pending)]
    clear = form(context, "clear-faults", "Clear all faults", kind="quiet") if pending else None
    return join(
        tag("h3", "To come"),
        entries("faults", listed, "No fault is ordered."),
        tag("div", clear, id="clear-faults", data_live=True),
    )


def again_form(context: ViewContext, event: str) -> Html:
    """Return the form that sends an event once more."""
    return form(
        context, "again", "Send again", tag("input", type="hidden", name="event", value=event),
        kind="quiet",
    )  # fmt: skip


def upkeep_form(context: ViewContext) -> Html:
    """Return the forms that are about the sandbox as a whole."""
    return section(
        "The sandbox",
        form(context, "settle", "Settle all cards now", kind="quiet"),
        tag(
            "details",
            tag("summary", "Reset …"),
            tag("p", "Everything that was done to it is lost, also in its file.", class_="note"),
            form(context, "reset", "Reset everything", kind="danger"),
            id="reset",
        ),
    )


def search_form(context: ViewContext) -> Html:
    """Return the form that looks for customers; it changes nothing, so it needs no token."""
    return tag(
        "form",
        field("customers", "search", "Name, id or reference", "input", type="search",
              value=context.query.get("search", ""), maxlength=64, autocomplete="off"),
        tag("button", "Search", class_="quiet"),
        method="get",
        role="search",
        class_="search",
    )  # fmt: skip


def _pair(*fields: Content) -> Html:
    return tag("div", *fields, class_="pair")


def _amount(of: str, value: str) -> Html:
    return field(of, "amount", "Amount", "input", value=value, inputmode="decimal", required=True,
                 pattern="[0-9,]{1,15}([.][0-9]{1,2})?", title="An amount such as 1250.50",
                 autocomplete="off")  # fmt: skip


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
