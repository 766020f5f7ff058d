"""A delivery as a line: for people, or as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from rich.text import Text

from allawee_async.cli.errors import one_line
from allawee_async.cli.listen.server import Seal
from allawee_async.cli.output.console import output_console
from allawee_async.cli.output.writers import Format, writer_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from allawee_async.cli.listen.server import Delivery
    from allawee_async.types import JSONObject

_STYLES: Final = {
    Seal.OK: "green",
    Seal.BAD: "bold red",
    Seal.MISSING: "bold red",
    Seal.UNCHECKED: "yellow",
}
_GOOD: Final = range(200, 300)


def lines_for_people() -> Callable[[Delivery], None]:
    """Return what prints a delivery as a line to read."""
    console = output_console()

    def tell(delivery: Delivery) -> None:
        console.print(line_of(delivery), soft_wrap=True)
        sys.stdout.flush()

    return tell


def line_of(delivery: Delivery) -> Text:
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
        parts.append(Text(one_line(delivery.problem), style="red"))
    return Text("  ").join(parts)


def json_lines() -> Callable[[Delivery], None]:
    """Return what prints a delivery as one JSON object on a line."""
    writer = writer_for(Format.JSONL, None, None)
    return lambda delivery: writer.one(document_of(delivery))


def document_of(delivery: Delivery) -> JSONObject:
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
