"""A delivery as a line, for people or as JSON: never more of the person than is needed.

What is written in JSON is all that there is to tell: `signature` is `ok`, `bad`, `missing` or
`unchecked`; `repeat` says whether the same event has come before, `late` whether the answer came
after the deadline of a decision, `problem` what is wrong with the delivery or with its answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.text import Text

from allawee_async.redaction import mask, printable

if TYPE_CHECKING:
    from allawee_async.types import JSONObject, JSONValue
    from allawee_async.webhooks.events import Event


_STYLES: Final = {"ok": "green", "unchecked": "yellow"}
_BAD: Final = "bold red"
_GOOD: Final = range(200, 300)


def line_of(delivery: JSONObject) -> Text:
    """Return a delivery as a line: time, event, id, object, signature, answer, what is odd."""
    received_at = datetime.fromisoformat(str(delivery["receivedAt"])).astimezone()
    seal = str(delivery["signature"])
    problem = delivery["problem"]
    parts = [
        (f"{received_at:%H:%M:%S}", "dim"),
        (delivery["event"] or "no event", "bold"),
        (delivery["id"], "cyan"),
        (delivery["object"], "cyan"),
        (delivery["status"], ""),
        (f"signature {seal}", _STYLES.get(seal, _BAD)),
        (
            f"{delivery['answerStatus']} {delivery['answer']}",
            "green" if delivery["answerStatus"] in _GOOD else _BAD,
        ),
        (f"{float(str(delivery['seconds'])) * 1000:.0f} ms", "dim"),
        ("repeat" if delivery["repeat"] else None, "yellow"),
        ("too late for a decision" if delivery["late"] else None, _BAD),
        (printable(problem) if isinstance(problem, str) else None, "red"),
    ]
    return Text("  ").join(Text(str(text), style=style) for text, style in parts if text)


def facts_of(event: Event | None) -> dict[str, JSONValue]:
    """Return what is shown of an event; texts are safe to print, what is not known is None."""
    if event is None:
        return dict.fromkeys(("event", "id", "object", "status", "sentAt"))
    data = event.payload.get("data")
    fields = data if isinstance(data, dict) else {}
    return {
        "event": shown(event.type),
        "id": shown(event.id),
        "object": shown(fields.get("id")),
        "status": shown(fields.get("status")),
        "sentAt": None if event.sent_at is None else iso(event.sent_at),
    }


def iso(moment: datetime) -> str:
    """Return a moment as the API writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def shown(value: JSONValue) -> str | None:
    """Return a text that came from elsewhere as it is shown, or None if it is none."""
    return printable(mask(value)) if isinstance(value, str) else None
