"""What the views list: what the sandbox remembers, and the requests and events that went by."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from allawee_async.sandbox.api import documents
from allawee_async.sandbox.api.documents import part
from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.core.values import to_timestamp
from allawee_async.sandbox.http.request_log import beginning, masked_text
from allawee_async.sandbox.page.context import Cut, address, cut
from allawee_async.sandbox.page.html import (
    BAD,
    PLAIN,
    WAITING,
    Content,
    Html,
    button_form,
    chip,
    clock_time,
    entries,
    facts,
    http_status,
    id_of,
    join,
    line,
    more,
    status,
    table,
    tag,
    time,
    titled,
    words,
)
from allawee_async.sandbox.page.texts import (
    account_numbers,
    card_label,
    counted,
    json_text,
    money,
    short,
)
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import NEWEST_FIRST, Selection
from allawee_async.sandbox.query.shaping import SortField

if TYPE_CHECKING:
    from allawee_async.sandbox.core.collection import Collection
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject
    from allawee_async.sandbox.http.request_log import LoggedRequest
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
    return table("customers", {
        "Name": lambda it: titled(words(it.get("name")), it["id"]),
        "State": lambda it: status(it.get("status")),
        "Type": lambda it: words(it.get("type")),
        "Reference": lambda it: words(it.get("reference")),
        "Created": lambda it: time(it.get("createdAt")),
    }, shown.rows)  # fmt: skip


def accounts(state: State, shown: Cut) -> Html:
    """Return accounts with what they have."""

    def amount(account: JsonObject, of: str, element: str = "span") -> Html:
        balance = state.ledger.balance(str(account["id"]))
        return tag(element, money(getattr(balance, of), balance.currency), class_="money")

    return table("accounts", {
        "Name": lambda it: titled(words(it.get("name")), it["id"]),
        "Balance": lambda it: amount(it, "balance", "b"),
        "Reserved": lambda it: amount(it, "reserved"),
        "Available": lambda it: amount(it, "available"),
        "Type": lambda it: words(it.get("type")),
        "State": lambda it: status(it.get("status")),
        "Number": lambda it: [_pay_in_link(it, number) for number in account_numbers(it)],
    }, shown.rows)  # fmt: skip


def _pay_in_link(account: JsonObject, number: str) -> Html:
    where = address("accounts", account=number) + "#pay-in"
    label = f"Pay in to {short(account.get('name'), 40)}, {number}"
    return tag("div", tag("a", number, href=where, aria_label=label))


def payments(shown: Cut) -> Html:
    """Return payments with what came of them."""
    return table("payments", {
        "Payment": lambda it: titled(words(it.get("type")), it["id"]),
        "State": lambda it: [status(it.get("status")), words(it.get("failureReason"))],
        "Amount": lambda it: tag("b", money(it.get("amount"), it.get("currency")), class_="money"),
        "Method": lambda it: words(it.get("method")),
        "Reference": lambda it: words(it.get("reference")),
        "Created": lambda it: time(it.get("createdAt")),
    }, shown.rows, "None found: pay in, or POST /payments/payouts.")  # fmt: skip


def latest_payments(state: State, count: int) -> Html:
    """Return the latest payments, newest first."""
    shown = cut(state.payments, Selection(), 1, count)
    listed = [(str(row["id"]), _payment(row, state.now())) for row in shown.rows]
    return entries("payments", listed, "No payment yet: pay in, or POST /payments/payouts.")


def _payment(payment: JsonObject, now: str) -> Html:
    return line(
        clock_time(payment.get("createdAt"), now),
        tag("b", words(payment.get("type")), class_="name"),
        status(payment.get("status")),
        money(payment.get("amount"), payment.get("currency")),
    )


def cards(state: State, shown: Cut) -> Html:
    """Return cards, without their numbers."""
    return table("cards", {
        "Card": lambda it: titled(words(card_label(it)), it["id"]),
        "State": lambda it: status(it.get("status")),
        "Available": lambda it: _at_hand(state, it),
        "Controls": _controls,
        "Action": _use_link,
    }, shown.rows)  # fmt: skip


def _use_link(card: JsonObject) -> Html:
    where = address("cards", card=str(card["id"])) + "#purchase"
    return tag("a", "Use", href=where, aria_label=f"Use {card_label(card)}")


def _at_hand(state: State, card: JsonObject) -> Html:
    """Return what the account that pays for a card has."""
    account = funding_source(state, card)
    if account is None:
        return tag("span", "no account", class_="note")
    available = state.ledger.available(account)
    return tag("span", money(available, card.get("currency")), class_="money")


def _controls(card: JsonObject) -> Content:
    """Return what the spending controls of a card say, in a few words."""
    told: list[str] = []
    for name, value in part(card, "controls").items():
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
    return line(
        clock_time(authorization.get("createdAt"), state.now()),
        tag("span", tag("b", words(_merchant(authorization))), " ", words(card_label(card)),
            class_="name"),
        [status(authorization.get("status")), None if reason is None else words(reason)],
        "balance check" if is_check else amount,
    )  # fmt: skip


def _merchant(authorization: JsonObject) -> str:
    told = part(authorization, "networkData").get("cardAcceptorNameLocation")
    return short(authorization.get("merchant") or told, 60)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


_PATH_SHOWN = 300
_QUERY_SHOWN = 20
_EVENTS_NAMED = 8
_PAYLOAD_SHOWN = 4 * 1024
_WEBHOOKS_SHOWN = 20


def requests(context: ViewContext, count: int) -> Html:
    """Return the latest requests, newest first, each with what it was answered."""
    now = to_timestamp(datetime.now(UTC))
    listed = [(entry.request_id, _request(entry, now)) for entry in context.log.latest(count)]
    return entries(
        "requests", listed, "No request has come yet: point a client at the address of the API."
    )


def webhooks(state: State) -> Html:
    """Return the newest webhooks, without their signing keys."""
    shown = cut(state.webhooks, Selection(), 1, _WEBHOOKS_SHOWN)
    return table("webhooks", {
        "Address": lambda it: titled(words(it.get("url")), it["id"]),
        "State": lambda it: status(it["status"]),
        "Events": _events_of,
        "Name": lambda it: words(it.get("name")),
    }, shown.rows, "None yet: POST /webhooks, or sandbox.add_webhook(url).")  # fmt: skip


def deliveries(context: ViewContext, count: int) -> Html:
    """Return the latest events, newest first, each with its attempts and what they got."""
    events = context.state.events
    shown = cut(events, Selection(), 1, count)
    listed = [(str(row["id"]), _event(context, row)) for row in shown.rows]
    return entries("events", listed, "No event yet: use a card, or pay in, and there is one.")


def _request(entry: LoggedRequest, now: str) -> Html:
    at = to_timestamp(entry.at)
    summary: tuple[Content, ...] = (
        clock_time(at, now),
        tag("b", short(entry.method, 10)),
        tag("code", short(entry.path, _PATH_SHOWN), class_="path"),
        tag("span", http_status(entry.status), _marks(entry), class_="chips"),
        tag("span", _took(entry.seconds), class_="aside"),
    )
    return more(
        entry.request_id,
        summary,
        facts(
            ("Request", id_of(entry.request_id)),
            *_query(entry),
            *_body(entry),
            ("Answer", _answer(entry)),
        ),
    )


def _took(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return "<1 ms" if seconds < 0.001 else f"{seconds * 1000:,.0f} ms"


def _marks(entry: LoggedRequest) -> list[Html]:
    marks = [chip("page", PLAIN)] if entry.is_of_page else []
    if entry.host != "api":
        marks.append(chip(entry.host, PLAIN))
    return marks + [chip(f"fault: {name}", BAD) for name in entry.faults]


def _query(entry: LoggedRequest) -> list[tuple[str, Content]]:
    if not entry.query:
        return []
    pairs = [f"{short(name)} = {masked_text(short(value))}" for name, value in entry.query]
    left = len(pairs) - _QUERY_SHOWN
    shown = pairs[:_QUERY_SHOWN] + ([f"and {left} more"] if left > 0 else [])
    return [("Query", [tag("div", tag("code", pair)) for pair in shown])]


def _body(entry: LoggedRequest) -> list[tuple[str, Content]]:
    text = entry.body
    return [] if text is None else [("Body", tag("pre", text, tabindex="0", aria_label="Body"))]


def _answer(entry: LoggedRequest) -> Content:
    if entry.status is None:
        return "None: it is still waited for, or the connection was cut."
    text = entry.answer
    if text is None:
        return "It had no body." if entry.answer_size == 0 else "It is too long ago."
    size = tag("small", counted(entry.answer_size, "byte"))
    return join(tag("pre", text, tabindex="0", aria_label="Answer"), size)


def _event(context: ViewContext, event: JsonObject) -> Html:
    attempts = [row for row in documents.entries(event, "attempts") if isinstance(row, dict)]
    webhook = context.state.webhooks.get(short(event.get("webhook")))
    summary: tuple[Content, ...] = (
        clock_time(event["createdAt"], context.now),
        tag("b", short(event["event"], 60), class_="name"),
        tag("span", status(event["status"]), class_="chips"),
        tag("span", _outcome(attempts), class_="aside"),
    )
    whole = str(event["payload"]).encode()
    payload = beginning(whole[:_PAYLOAD_SHOWN], len(whole))
    sent = tag("input", type="hidden", name="event", value=str(event["id"]))
    goes_to = "No webhook wants it." if webhook is None else words(webhook.get("url"))
    return more(
        str(event["id"]),
        summary,
        facts(
            ("Event", id_of(event["id"])),
            ("Webhook", goes_to),
            *((f"Attempt {number}", _attempt(row)) for number, row in enumerate(attempts, 1)),
            ("Payload", tag("pre", payload, tabindex="0", aria_label="Payload")),
        ),
        button_form(context, "again", "Send again", sent),
    )


def _outcome(attempts: list[JsonObject]) -> str:
    """Return what came of the last attempt, in a few words."""
    if not attempts:
        return "not sent"
    code = attempts[-1].get("statusCode")
    told = f"answered {code}" if isinstance(code, int) else "no answer"
    return told if len(attempts) == 1 else f"{told}, {len(attempts)} attempts"


def _attempt(attempt: JsonObject) -> Html:
    code, body = attempt.get("statusCode"), attempt.get("responseBody")
    error = attempt.get("error")
    return join(
        http_status(code if isinstance(code, int) else None),
        tag("span", f" {short(attempt.get('latency'))} ms, ", time(attempt.get("createdAt"))),
        None if error is None else tag("p", words(masked_text(short(error, _PATH_SHOWN)))),
        None if body is None else tag("pre", json_text(body), tabindex="0", aria_label="Reply"),
    )


def _events_of(webhook: JsonObject) -> Content:
    if webhook.get("isDefault"):
        return chip("all others", PLAIN)
    names = documents.entries(webhook, "events")
    shown = [tag("div", words(name)) for name in names[:_EVENTS_NAMED]]
    left = len(names) - _EVENTS_NAMED
    return [*shown, f"and {left} more"] if left > 0 else shown or chip("none", WAITING)
