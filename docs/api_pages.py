"""Makes the pages of the HTTP API, `api/….md`, and `openapi.json`, from the description of it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
FILE = "openapi.json"
Row = tuple[str, str, bool, str]
"""A parameter or a field: its name, its type, whether it is required, and what it means."""

_MANY = 10
"""What so many endpoints take is shown once."""


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages and the description itself; MkDocs calls this once it knows the other files."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - only a build has it

    described = description()
    for path, text in pages(described).items():
        files.append(File.generated(config, path, content=text))
    files.append(File.generated(config, FILE, content=json.dumps(described, indent=2)))
    return files


def description() -> dict[str, Any]:
    """Return the description of the API."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # so the package need not be installed
    from allawee_async.openapi import document  # noqa: PLC0415

    found: dict[str, Any] = document()
    return found


def pages(described: dict[str, Any]) -> dict[str, str]:
    """Return the text of each page by its path below `docs`."""
    return {
        "api/endpoints.md": _joined(_endpoints(described)),
        "api/events.md": _joined(_events(described)),
        "api/objects.md": _joined(_objects(described)),
    }


def _joined(blocks: Iterator[str]) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"


def _endpoints(described: dict[str, Any]) -> Iterator[str]:
    yield "# HTTP endpoints"
    yield (
        f"Each endpoint as [`{FILE}`](../{FILE}) describes it: "
        "[how to use that](../guides/openapi.md). "
        f"The key goes into the header `Authorization: Bearer …`. The host is "
        f"`{described['servers'][0]['url']}`, where nothing else is said."
    )
    lines = {tag["name"]: tag["description"] for tag in described["tags"]}
    found = [
        (operation, method.upper(), path)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    everywhere = Counter(row for operation, _, _ in found for row in _parameters(operation))
    of_lists = [row for row, times in everywhere.items() if times >= _MANY]
    order = list(lines)
    found.sort(key=lambda one: order.index(one[0]["tags"][0]))  # else as it comes
    for tag, operations in groupby(found, key=lambda one: str(one[0]["tags"][0])):
        yield f"## {tag}"
        yield _text(lines[tag])
        for operation, method, path in operations:
            yield from _operation(operation, method, path, of_lists)
    yield "## Parameters of lists"
    yield "The query of every list: [how to page](../guides/pagination.md), [how to filter](../guides/filters.md)."  # noqa: E501
    yield _fields("Parameter", of_lists)
    yield "## Errors"
    yield "Where an endpoint says nothing else of a status, it means:"
    shared = described["components"]["responses"]
    yield _table(
        ("Status", "Meaning"), [(f"`{status}`", _answer(one)) for status, one in shared.items()]
    )


def _parameters(operation: dict[str, Any]) -> list[Row]:
    return [
        (one["name"], f"{_type(one['schema'])} ({one['in']})", one["required"], one["description"])
        for one in operation["parameters"]
    ]


def _operation(
    operation: dict[str, Any], method: str, path: str, of_lists: list[Row]
) -> Iterator[str]:
    call = operation["operationId"]
    yield f"### `{method} {path}` {{ #{call} }}"
    yield from _paragraphs(operation.get("description", operation["summary"]))
    facts = [f"Host: `{server['url']}`." for server in operation.get("servers", ())]
    if "x-effect" in operation:
        facts.append(f"It cannot be taken back: it {operation['x-effect']}.")
    if not operation["x-safe-to-repeat"]:
        facts.append("Sending it twice may do it twice.")
    yield " ".join([f"In Python: `allawee.{call}`.", *facts])
    taken = _parameters(operation)
    own = [row for row in taken if row not in of_lists]
    yield _fields("Parameter", own)
    if len(own) < len(taken):
        lacking = "".join(f", but not `{row[0]}`" for row in of_lists if row not in taken)
        yield f"It takes [the parameters of lists](#parameters-of-lists){lacking}."
    if "requestBody" in operation:
        body = _schema(operation["requestBody"])
        yield _fields("Field of the body", _properties(body))
    answers = operation["responses"]
    usual = [status for status, answer in answers.items() if answer.keys() == {"$ref"}]
    rows = [
        (f"`{status}`", _answer(answer))
        for status, answer in answers.items()
        if status not in usual
    ]
    rows.append((" ".join(f"`{status}`" for status in usual), "[as everywhere](#errors)"))
    yield _table(("Status", "Answer"), rows)


def _answer(answer: dict[str, Any]) -> str:
    kinds = ", ".join(
        _type(media["schema"]) if kind == "application/json" else f"`{kind}`"
        for kind, media in answer.get("content", {}).items()
    )
    return f"{_text(answer['description'])} {kinds}".strip()


def _events(described: dict[str, Any]) -> Iterator[str]:
    yield "# Webhook events"
    yield (
        "What is sent to your webhooks, and what may be answered: "
        "[how to receive it](../guides/webhooks.md)."
    )
    for name, methods in described["webhooks"].items():
        operation = methods["post"]
        yield f"## `{name}` {{ #{name} }}"
        yield f"{_text(operation['summary'])}."
        yield f"Body: {_type(_schema(operation['requestBody']))}."
        headers = [
            (one["name"], "header", one["required"], one["description"])
            for one in operation["parameters"]
        ]
        yield _fields("Header", headers)
        answers = [
            (f"`{status}`", f"{answer['description']} {_type(_schema(answer))}")
            for status, answer in operation["responses"].items()
        ]
        yield _table(("Your answer", "Meaning"), answers)


def _objects(described: dict[str, Any]) -> Iterator[str]:
    yield "# HTTP objects"
    yield "Fields and values that stand nowhere here are allowed everywhere; money is a whole number of minor units."  # noqa: E501
    for name, schema in sorted(described["components"]["schemas"].items()):
        yield f"## {name} {{ #{name} }}"
        yield from _paragraphs(schema.get("description", ""))
        known = schema.get("x-known-values")
        yield f"Known values: {', '.join(f'`{value}`' for value in known)}." if known else ""
        yield _fields("Field", _properties(schema))


def _properties(schema: dict[str, Any]) -> list[Row]:
    required = schema.get("required", ())
    return [
        (name, _type(inner), name in required, inner.get("description", ""))
        for name, inner in schema.get("properties", {}).items()
    ]


def _schema(holder: dict[str, Any]) -> dict[str, Any]:
    (media,) = holder["content"].values()
    found: dict[str, Any] = media["schema"]
    return found


def _type(schema: dict[str, Any]) -> str:
    """Return what a schema allows, in a few words with links to the objects."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](objects.md#{name})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    kinds = schema.get("type", "anything")
    names = [kinds] if isinstance(kinds, str) else kinds
    if "array" in names:
        return f"list of {_type(schema['items'])}"
    names = [name for name in names if name != "null"] or names
    secret = ", secret" if schema.get("x-secret") else ""
    return " or ".join(names) + secret


def _fields(heading: str, rows: list[Row]) -> str:
    cells = [
        (f"`{name}`", kind, "yes" if required else "", _text(said))
        for name, kind, required, said in rows
    ]
    return _table((heading, "Type", "Required", "Meaning"), cells)


def _table(heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _paragraphs(text: str) -> Iterator[str]:
    yield from map(_text, text.split("\n\n"))


def _text(text: str) -> str:
    """Escape what looks like HTML or a link, or would end a cell; not in code."""
    parts = text.split("`")
    parts[::2] = [
        part.replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*").replace("[", "\\[")
        for part in parts[::2]
    ]
    parts[1::2] = [part.replace("|", "\\|") for part in parts[1::2]]
    return "`".join(parts)
