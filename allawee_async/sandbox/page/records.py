"""What the sandbox remembers: customers, accounts, payments, cards and what was paid with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.page.context import Cut, address, cut
from allawee_async.sandbox.page.html import (
    Content,
    Html,
    clock_time,
    entries,
    status,
    table,
    tag,
    time,
    titled,
    words,
)
from allawee_async.sandbox.page.texts import account_numbers, card_label, money, short
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import NEWEST_FIRST, Selection
from allawee_async.sandbox.query.shaping import SortField

if TYPE_CHECKING:
    from allawee_async.sandbox.core.collection import Collection
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject
    from allawee_async.sandbox.page.context import ViewContext

ON_A_PAGE = 20
_LONGEST_SEARCH = 64
MAIN_FIRST = (SortField("type", descending=False), SortField("createdAt", descending=True))
_CONTROLS_NAMED = 6


def find(
    collection: Collection,
    context: ViewContext,
    *fields: str,
    order: tuple[SortField, ...] = NEWEST_FIRST,
) -> Cut:
    """Return one page of what is searched for: by its id, its reference, or a text in a field."""
    search = context.query.get("search", "").strip()[:_LONGEST_SEARCH]
    exact = collection.get(search) or collection.find("reference", search) if search else None
    if exact is not None:
        return Cut([exact], 1)
    has_text = tuple(Condition(field, "like", (re.escape(search),)) for field in fields)
    selection = Selection(some=has_text if search else (), order=order)
    return cut(collection, selection, context.page, ON_A_PAGE)


def customers(shown: Cut) -> Html:
    """Return customers, without what they claim."""
    headings = ("Name", "State", "Type", "Reference", "Created")
    rows = [(short(row["id"]), _customer(row)) for row in shown.rows]
    return table("customers", "Customers", headings, rows)


def _customer(customer: JsonObject) -> tuple[Content, ...]:
    return (
        titled(words(customer.get("name")), customer["id"]),
        status(customer.get("status")),
        words(customer.get("type")),
        words(customer.get("reference")),
        time(customer.get("createdAt")),
    )


def accounts(state: State, shown: Cut) -> Html:
    """Return accounts with what they have."""
    headings = ("Name", "Balance", "Reserved", "Available", "Type", "State", "Number")
    rows = [(str(row["id"]), _account(state, row)) for row in shown.rows]
    return table("accounts", "Accounts", headings, rows)


def _account(state: State, account: JsonObject) -> tuple[Content, ...]:
    balance = state.ledger.balance(str(account["id"]))
    held = balance.reserved
    return (
        titled(words(account.get("name")), account["id"]),
        tag("b", money(balance.balance, balance.currency), class_="money"),
        tag("span", money(held, balance.currency), class_="money"),
        tag("span", money(balance.available, balance.currency), class_="money"),
        words(account.get("type")),
        status(account.get("status")),
        [_pay_in_link(account, number) for number in account_numbers(account)],
    )


def _pay_in_link(account: JsonObject, number: str) -> Html:
    where = address("accounts", account=number) + "#pay-in"
    label = f"Pay in to {short(account.get('name'), 40)}, {number}"
    return tag("div", tag("a", number, href=where, aria_label=label))


def payments(shown: Cut) -> Html:
    """Return payments with what came of them."""
    headings = ("Payment", "State", "Amount", "Method", "Reference", "Created")
    rows = [(str(row["id"]), _payment_row(row)) for row in shown.rows]
    nothing = "None found: pay in on the page of accounts, or POST /payments/payouts."
    return table("all-payments", "Payments", headings, rows, nothing)


def _payment_row(payment: JsonObject) -> tuple[Content, ...]:
    return (
        titled(words(payment.get("type")), payment["id"]),
        [status(payment.get("status")), words(payment.get("failureReason"))],
        tag("b", money(payment.get("amount"), payment.get("currency")), class_="money"),
        words(payment.get("method")),
        words(payment.get("reference")),
        time(payment.get("createdAt")),
    )


def latest_payments(state: State, count: int) -> Html:
    """Return the latest payments, newest first."""
    shown = cut(state.payments, Selection(), 1, count)
    listed = [(str(row["id"]), _payment(row, state.now())) for row in shown.rows]
    return entries("payments", listed, "No payment yet: pay in, or POST /payments/payouts.")


def _payment(payment: JsonObject, now: str) -> Html:
    return tag(
        "div",
        clock_time(payment.get("createdAt"), now),
        tag("b", words(payment.get("type")), class_="name"),
        tag("span", status(payment.get("status")), class_="chips"),
        tag("span", money(payment.get("amount"), payment.get("currency")), class_="aside money"),
        class_="line",
    )


def cards(state: State, shown: Cut) -> Html:
    """Return cards, without their numbers."""
    headings = ("Card", "State", "Available", "Controls", "Action")
    rows = [(str(row["id"]), _card(state, row)) for row in shown.rows]
    return table("cards", "Cards", headings, rows)


def _card(state: State, card: JsonObject) -> tuple[Content, ...]:
    label = card_label(card)
    use = tag("a", "Use", href=address("cards", card=str(card["id"])) + "#purchase",
              aria_label=f"Use {label}")  # fmt: skip
    return (
        titled(words(label), card["id"]), status(card.get("status")), _at_hand(state, card),
        _controls(card), use,
    )  # fmt: skip


def _at_hand(state: State, card: JsonObject) -> Html:
    """Return what the account that pays for a card has."""
    account = funding_source(state, card)
    if account is None:
        return tag("span", "no account", class_="note")
    available = state.ledger.available(account)
    return tag("span", money(available, card.get("currency")), class_="money")


def _controls(card: JsonObject) -> Content:
    """Return what the spending controls of a card say, in a few words."""
    controls = card.get("controls")
    told: list[str] = []
    for name, value in (controls if isinstance(controls, dict) else {}).items():
        if name == "spendingLimits":
            told += [_limit(limit, card) for limit in _listed(value) if isinstance(limit, dict)]
        elif value:
            kind = "only" if name.startswith("allowed") else "not"
            told.append(f"{kind} {', '.join(short(item, 30) for item in _listed(value))}")
    return [tag("div", words(text)) for text in told[:_CONTROLS_NAMED]]


def _limit(limit: JsonObject, card: JsonObject) -> str:
    amount = money(limit.get("amount"), card.get("currency"))
    return f"{amount} {short(limit.get('interval'), 20)}"


def authorizations(state: State, count: int) -> Html:
    """Return the latest purchases and checks of cards, newest first."""
    shown = cut(state.card_authorizations, Selection(), 1, count)
    listed = [(str(row["id"]), _authorization(state, row)) for row in shown.rows]
    return entries("authorizations", listed, "No card has been used yet: simulate a purchase.")


def _authorization(state: State, authorization: JsonObject) -> Html:
    card = state.cards.get(str(authorization.get("card"))) or {}
    reason = authorization.get("statusReason")
    is_check = authorization.get("type") == "check"
    amount = money(authorization.get("amount"), authorization.get("currency"))
    return tag(
        "div",
        clock_time(authorization.get("createdAt"), state.now()),
        tag("span", tag("b", words(_merchant(authorization))), " ", words(card_label(card)),
            class_="name"),
        tag("span", status(authorization.get("status")),
            None if reason is None else words(reason), class_="chips"),
        tag("span", "balance check" if is_check else amount, class_="aside money"),
        class_="line",
    )  # fmt: skip


def _merchant(authorization: JsonObject) -> str:
    network = authorization.get("networkData")
    told = network.get("cardAcceptorNameLocation") if isinstance(network, dict) else None
    return short(authorization.get("merchant") or told, 60)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
