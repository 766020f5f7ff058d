"""JSON as the sandbox sees it: plain dicts and lists, never the client's models."""

from __future__ import annotations

from typing import TypeAlias

import orjson

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"


def to_bytes(value: Json) -> bytes:
    """Return the JSON text of a value as UTF-8 bytes."""
    return orjson.dumps(value)


def to_object(text: bytes) -> JsonObject:
    """Return the object in a JSON text that the sandbox wrote itself."""
    value: JsonObject = orjson.loads(text)
    return value


def is_nested_deeper(value: Json, limit: int) -> bool:
    """Return whether lists and objects are nested in each other more than `limit` times."""
    level: list[Json] = [value]
    for _ in range(limit):
        inner: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return False
        level = inner
    return any(isinstance(item, dict | list) for item in level)
