"""From models to JSON values: wire names, ISO dates, nothing that is absent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.models.common import Model
from allawee_async.names import camel

if TYPE_CHECKING:
    from allawee_async.types import JSONObject, JSONValue


def wire_name(field: attrs.Attribute[Any]) -> str:
    """Return the name of a field on the wire: by rule, or the one that the field itself names."""
    name: str = field.metadata.get("wire") or camel(field.name)
    return name


@cache
def _written_fields(cls: Any) -> tuple[tuple[str, str, Any], ...]:
    return tuple(
        (field.name, wire_name(field), field.default)
        for field in attrs.fields(cls)
        if field.name != "_extra"
    )


def write_model(model: Model) -> JSONObject:
    """Return the wire mapping of a model; what is absent stays absent."""
    written: JSONObject = {}
    for attribute, wire, default in _written_fields(cast("Any", type(model))):
        value = getattr(model, attribute)
        if value is not None and value is not default:
            written[wire] = write(value)
    for name, value in model.extra.items():
        written.setdefault(name, write(value))
    return written


def write(value: object) -> JSONValue:
    """Return the JSON value of a model, a mapping, a list, a date or a plain value.

    Raises:
        ConfigurationError: JSON has no form for the value, or a datetime has no time zone.
    """
    match value:
        case Enum():
            return write(value.value)
        case None | bool() | int() | float() | str():
            return value
        case Model():
            return write_model(value)
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            return {_key(key): write(item) for key, item in items}
        case list() | tuple() | set() | frozenset():
            return [write(item) for item in cast("list[object]", value)]
        case datetime():
            return write_timestamp(value)
        case date():
            return value.isoformat()
        case _:
            raise ConfigurationError(f"a value of type {type(value).__name__} has no form in JSON")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ConfigurationError(f"a key of type {type(key).__name__}; JSON objects need texts")
    return key.value if isinstance(key, Enum) else key


def write_timestamp(moment: datetime) -> str:
    """Return `moment` as the API writes it: UTC, `Z`, milliseconds or, if there are, more digits.

    Raises:
        ConfigurationError: `moment` has no time zone.
    """
    if moment.utcoffset() is None:
        raise ConfigurationError(
            "a datetime without a time zone; say which it is, e.g. datetime.now(UTC) "
            "or moment.replace(tzinfo=UTC)"
        )
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits.rstrip('0'):0<3}Z"
