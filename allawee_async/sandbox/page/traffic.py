"""What went over the wire: requests with their answers, and events with what webhooks replied."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from allawee_async.sandbox.api import documents
from allawee_async.sandbox.core.values import to_timestamp
from allawee_async.sandbox.http.request_log import beginning, masked_text
from allawee_async.sandbox.page.context import cut
from allawee_async.sandbox.page.forms import again_form
from allawee_async.sandbox.page.html import (
    BAD,
    PLAIN,
    WAITING,
    Content,
    Html,
    chip,
    clock_time,
    entries,
    facts,
    http_status,
    id_of,
    join,
    more,
    status,
    table,
    tag,
    time,
    titled,
    words,
)
from allawee_async.sandbox.page.texts import counted, json_text, short
from allawee_async.sandbox.query.parameters import Selection

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject
    from allawee_async.sandbox.http.request_log import LoggedRequest
    from allawee_async.sandbox.page.context import ViewContext

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
        again_form(context, str(event["id"])),
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
