"""From models to JSON values: wire names, ISO dates, nothing that is absent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import cast

from allawee_async.errors import ConfigurationError
from allawee_async.models.base import Model
from allawee_async.models.schema import fields_of
from allawee_async.types import FreeForm, JSONObject, JSONValue


def write_model(model: Model) -> JSONObject:
    """Return the wire mapping of a model; what is absent stays absent."""
    written: JSONObject = {}
    for wire, field in fields_of(type(model)).items():
        value = getattr(model, field.attribute)
        if value is not None and value is not field.default:
            written[wire] = write(value)
    for name, value in write_mapping(model.extra).items():
        written.setdefault(name, value)
    return written


def write(value: object) -> JSONValue:
    """Return the JSON value of a model, a mapping, a list, a date or a plain value.

    Raises:
        ConfigurationError: JSON has no form for the value, or a datetime has no time zone.
    """
    match value:
        case Enum():
            return write(value.value)
        case float() if not math.isfinite(value):
            raise ConfigurationError("a number that is not finite has no form in JSON")
        case None | bool() | int() | float() | str():
            return value
        case Model():
            return write_model(value)
        case Mapping():
            return write_mapping(cast("FreeForm", value))
        case list() | tuple() | set() | frozenset():
            return [write(item) for item in cast("list[object]", value)]
        case datetime():
            return write_timestamp(value)
        case date():
            return value.isoformat()
        case _:
            raise ConfigurationError(f"a value of type {type(value).__name__} has no form in JSON")


def write_mapping(mapping: FreeForm) -> JSONObject:
    """Return a mapping as a JSON object.

    Raises:
        ConfigurationError: A key is no text, a value has no form in JSON, or it never ends.
    """
    if not isinstance(cast("object", mapping), Mapping):
        raise ConfigurationError(f"a mapping is needed, not {type(mapping).__name__}")
    try:
        return {_key(key): write(value) for key, value in mapping.items()}
    except RecursionError:
        raise ConfigurationError("a value has too many levels, or contains itself") from None


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ConfigurationError(f"a key of type {type(key).__name__}; JSON objects need texts")
    return key.value if isinstance(key, Enum) else key


def write_timestamp(moment: datetime) -> str:
    """Return `moment` as the API writes it: UTC, `Z`, milliseconds or, if there are, more digits.

    One at an end of the calendar that has no form in UTC keeps its offset.

    Raises:
        ConfigurationError: `moment` has no time zone.
    """
    if moment.utcoffset() is None:
        raise ConfigurationError(
            "a datetime without a time zone; say which it is, e.g. datetime.now(UTC) "
            "or moment.replace(tzinfo=UTC)"
        )
    try:
        moment, zone = moment.astimezone(UTC), "Z"
    except OverflowError:
        zone = moment.isoformat()[-6:]
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds")
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits.rstrip('0'):0<3}{zone}"
