"""A delivery as a line, for people or as JSON: never more of the person than is needed."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import attrs
from rich.text import Text

from allawee_async.cli.output.console import output_console
from allawee_async.cli.output.writers import Format, writer_for
from allawee_async.redaction import mask, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from allawee_async.types import JSONObject, JSONValue
    from allawee_async.webhooks.events import Event


class Seal(StrEnum):
    """What there is to say about a signature."""

    OK = "ok"
    BAD = "bad"
    MISSING = "missing"
    UNCHECKED = "unchecked"


@attrs.frozen(kw_only=True)
class LoggedDelivery:
    """A delivery that was answered.

    Attributes:
        received_at: When it came, UTC.
        seal: Whether it is signed.
        facts: What is shown of the event; empty if it is none.
        is_repeat: Whether the same event has come before.
        is_late: Whether the answer came after the deadline of a decision.
        status: The HTTP status that was answered.
        answer: What was answered, in a word.
        seconds: How long the answer took.
        problem: What is wrong with the delivery, or went wrong with its answer.
    """

    received_at: datetime
    seal: Seal
    facts: Mapping[str, JSONValue]
    is_repeat: bool
    is_late: bool
    status: int
    answer: str
    seconds: float
    problem: str | None


_STYLES: Final = {
    Seal.OK: "green",
    Seal.BAD: "bold red",
    Seal.MISSING: "bold red",
    Seal.UNCHECKED: "yellow",
}
_GOOD: Final = range(200, 300)


def lines_for_people() -> Callable[[LoggedDelivery], None]:
    """Return what prints a delivery as a line to read."""
    console = output_console()

    def tell(delivery: LoggedDelivery) -> None:
        console.print(line_of(delivery), soft_wrap=True)
        sys.stdout.flush()

    return tell


def line_of(delivery: LoggedDelivery) -> Text:
    """Return a delivery as a line: time, event, id, object, signature, answer, what is odd."""
    facts = delivery.facts
    style = "green" if delivery.status in _GOOD else "bold red"
    parts = [
        Text(f"{delivery.received_at.astimezone():%H:%M:%S}", style="dim"),
        Text(str(facts.get("event") or "no event"), style="bold"),
        *(Text(str(facts[name]), style="cyan") for name in ("id", "object") if facts.get(name)),
        *(Text(str(facts[name])) for name in ("status",) if facts.get(name)),
        Text(f"signature {delivery.seal}", style=_STYLES[delivery.seal]),
        Text(f"{delivery.status} {delivery.answer}", style=style),
        Text(f"{delivery.seconds * 1000:.0f} ms", style="dim"),
    ]
    if delivery.is_repeat:
        parts.append(Text("repeat", style="yellow"))
    if delivery.is_late:
        parts.append(Text("too late for a decision", style="bold red"))
    if delivery.problem is not None:
        parts.append(Text(printable(delivery.problem), style="red"))
    return Text("  ").join(parts)


def json_lines() -> Callable[[LoggedDelivery], None]:
    """Return what prints a delivery as one JSON object on a line."""
    writer = writer_for(Format.JSONL, None, None)
    return lambda delivery: writer.one(document_of(delivery))


def document_of(delivery: LoggedDelivery) -> JSONObject:
    """Return a delivery as JSON."""
    facts = delivery.facts
    return {
        "receivedAt": delivery.received_at.isoformat().replace("+00:00", "Z"),
        **{name: facts.get(name) for name in ("event", "id", "object", "status", "sentAt")},
        "signature": delivery.seal.value,
        "answerStatus": delivery.status,
        "answer": delivery.answer,
        "seconds": round(delivery.seconds, 6),
        "repeat": delivery.is_repeat,
        "late": delivery.is_late,
        "problem": delivery.problem,
    }


def facts_of(event: Event, now: datetime) -> dict[str, JSONValue]:
    """Return what is shown of an event; texts are safe to print, what is not known is None."""
    data = event.payload.get("data")
    fields = data if isinstance(data, dict) else {}
    sent_at = event.sent_at
    age = None if sent_at is None else round((now - sent_at).total_seconds(), 3)
    return {
        "event": shown(event.type),
        "id": shown(event.id),
        "object": shown(fields.get("id")),
        "status": shown(fields.get("status")),
        "sentAt": None if sent_at is None else sent_at.isoformat().replace("+00:00", "Z"),
        "ageSeconds": age,
    }


def shown(value: JSONValue) -> str | None:
    """Return a text that came from elsewhere as it is shown, or None if it is none."""
    return printable(mask(value)) if isinstance(value, str) else None
