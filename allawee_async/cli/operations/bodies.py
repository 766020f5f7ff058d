"""Objects on the command line: JSON, `@FILE`, `@-`, or one dotted option for each field."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final, cast

from allawee_async.cli.access.credentials import read_input
from allawee_async.cli.errors import UsageError
from allawee_async.cli.wording import known_names
from allawee_async.codec.json import NotJSON, loads
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, Shape, camel, fields_of
from allawee_async.types import JSONObject, JSONValue

_LONGEST: Final = 8 * 1024 * 1024
_FREE: Final = Shape(kind=Kind.JSON)
_OBJECTS: Final = (Kind.OBJECT, Kind.RELATION, Kind.MAPPING, Kind.JSON)
_TRUTHS: Final = {"true": True, "false": False}


def joined_fields(arguments: Sequence[str], options: Collection[str]) -> list[str]:
    """Return the arguments with `--claims.a.b VALUE` as `--claims .a.b=VALUE`.

    So an option parser needs to know one option only, and keeps the order.

    Args:
        arguments: The arguments as they were typed.
        options: The options that take an object: `--claims`.

    Raises:
        CommandError: A field has no value.
    """
    joined: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*joined, word, *words]
        option, dot, path = word.partition(".")
        if not dot or option not in options:
            joined.append(word)
            continue
        path, equals, value = path.partition("=")
        following = value if equals else next(words, None)
        if following is None:
            raise UsageError(f"{word} needs a value behind it")
        joined += [option, f".{path}={following}"]
    return joined


def read_body(
    option: str, texts: Sequence[str], model: type[Model] | None, *, or_text: bool = False
) -> JSONObject | str:
    """Return the object that an option's values make.

    Args:
        option: The name of the option, for errors.
        texts: The values as they were typed; fields as `joined_fields` writes them.
        model: What the object is; None for one that is the caller's own.
        or_text: Whether a value may also be a text of its own, such as an id.

    Raises:
        CommandError: A value is no object, a file cannot be read, or there is no such field.
    """
    body: JSONObject = {}
    has_whole = False
    for text in texts:
        if text.startswith(".") and "=" in text:
            _put(option, body, text[1:], model)
        elif has_whole or body:
            raise UsageError(f"{option} takes one whole object, and before single fields")
        elif or_text and text[:1] not in ("{", "@"):
            return text
        else:
            body, has_whole = _whole(option, text), True
    return body


def _whole(option: str, text: str) -> JSONObject:
    place, content = "", text.encode("utf-8", "surrogateescape")
    if text.startswith("@"):
        place = text[1:]
        if not place:
            raise UsageError(f"{option}: name the file behind @")
        content = read_input(Path(place), _LONGEST, f"{option}: cannot read {place}")
        if len(content) > _LONGEST:
            raise UsageError(f"{option}: {place} is too long")
    where = f"{option}: {'stdin' if place == '-' else f'the file {place}'}" if place else option
    try:
        value = loads(content)
    except NotJSON:
        hint = "" if place else f"; give JSON, @FILE, @- for stdin, or {option}.FIELD VALUE"
        raise UsageError(f"{where} is not valid JSON{_fault_of(content)}{hint}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{where} must be a JSON object: {{…}}")
    return cast("JSONObject", value)


def _fault_of(content: bytes) -> str:
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return f" (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError):
        pass
    return ""


def _put(option: str, body: JSONObject, assignment: str, model: type[Model] | None) -> None:
    """Put one field, named by its dotted path, into an object."""
    path, _, text = assignment.partition("=")
    steps, last = path.split(".")[:-1], path.rpartition(".")[2]
    taken, inner = option, body
    for step in steps:
        name, shape = _field(taken, step, model)
        taken, model = f"{taken}.{step}", shape.model if shape.kind is not Kind.RELATION else None
        below = inner.setdefault(name, {})
        if not isinstance(below, dict) or shape.kind not in _OBJECTS:
            raise UsageError(f"{taken} is no object, so it has no field .{last}")
        inner = below
    name, shape = _field(taken, last, model)
    value = _value(f"{taken}.{last}", text, shape)
    before = inner.get(name)
    if isinstance(before, list) and isinstance(value, list):
        value = [*before, *value]  # a list of texts is given text by text
    inner[name] = value


def _field(taken: str, step: str, model: type[Model] | None) -> tuple[str, Shape]:
    """Return the wire name and the shape of a field; one that no model knows is taken as it is."""
    if not step:
        raise UsageError(f"{taken}. needs the name of a field")
    if model is None:
        return step, _FREE
    fields = fields_of(model)
    name = step if step in fields else camel(step.replace("-", "_"))
    if name not in fields:
        told = f"{taken} has no field {step!r}; {known_names(step, fields)}"
        raise UsageError(told)
    return name, fields[name]


def _value(name: str, text: str, shape: Shape) -> JSONValue:
    read: dict[Kind, Callable[[str], JSONValue]] = {
        Kind.WHOLE_NUMBER: int,
        Kind.NUMBER: float,
        Kind.TRUTH: lambda word: _TRUTHS[word.lower()],
        Kind.OBJECT: loads,
        Kind.LIST: loads,
        Kind.RELATION: lambda word: loads(word) if word.startswith("{") else word,
    }
    if shape.item is not None and shape.item.kind in (Kind.TEXT, Kind.CHOICE, Kind.RELATION):
        return [_value(name, text, shape.item)]
    try:
        return read.get(shape.kind, str)(text)
    except (ValueError, KeyError):
        told = {Kind.OBJECT: "JSON", Kind.LIST: "JSON", Kind.TRUTH: str(Kind.TRUTH)}
        told[Kind.RELATION] = "an id or JSON"
        kind = told.get(shape.kind, f"a {shape.kind}")
        raise UsageError(f"{name} must be {kind}") from None
