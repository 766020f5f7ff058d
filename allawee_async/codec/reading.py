"""From JSON values to Python values: strict readers that say what is wrong and where.

`read_carefully` is the one judge of what a model may be read from. `compiled` has a faster way for
the usual objects, which hands over to it at any surprise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar, cast

import msgspec

from allawee_async.codec.json import NotJSON
from allawee_async.models.base import Model
from allawee_async.models.schema import RULES, Kind, ModelField, fields_of

M = TypeVar("M", bound="Model")

Reader = Callable[[Any, Any], Any]
"""How cattrs structures one type: (value, type) → result."""

_JSON_NAMES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "null or nothing": type(None),
    "a boolean": bool,  # which is an int as well
    "a number": (int, float),
    "a text": str,
    "a list": (list, tuple),
    "an object": Mapping,
    "a text that is not JSON": NotJSON,
}
_SHORTEST_TIMESTAMP: Final = len("2025-03-31T10:15")
_PADDED: Final = {text: f"{day:02}" for day in range(1, 32) for text in (f"{day}", f"{day:02}")}


class Mismatch(Exception):  # noqa: N818 - internal; it becomes a DecodeError at the edge
    """A value that is not what the documents say; it tells what was found, not the value itself.

    Attributes:
        steps: The steps of the path to it, the last one first.
    """

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(f"expected {expected}, found {_json_name(value)}")
        self.steps: list[str] = []

    @property
    def path(self) -> str:
        """Where the value stands, in wire names: `claims.individualInformation.dateOfBirth`."""
        return "".join(reversed(self.steps)).removeprefix(".")


def refused(kind: Kind, value: object) -> Mismatch:
    """Return the mismatch of a value that is not what a field of this kind must be."""
    return Mismatch(RULES[kind].must, value)


def _json_name(value: object) -> str:
    kind = type(value).__name__
    return next((name for name, held in _JSON_NAMES.items() if isinstance(value, held)), kind)


# Strict primitives: left alone, cattrs turns null into "None", "false" into True and 1.9 into 1.


def read_str(value: Any, cls: type[str]) -> str:
    """Read a text, or a member of an open enumeration.

    cattrs takes the hook of `str` for enumerations of texts too, whatever is registered for them.
    """
    if not isinstance(value, str):
        raise refused(Kind.TEXT, value)
    return value if cls is str else cls(value)


def _exact_reader(kind: Kind, *types: type) -> Reader:
    def read_exactly(value: Any, _: object) -> Any:
        if type(value) not in types:  # a boolean is an int to `isinstance`
            raise refused(kind, value)
        return value

    return read_exactly


read_int: Final = _exact_reader(Kind.WHOLE_NUMBER, int)
read_float: Final = _exact_reader(Kind.NUMBER, float, int)  # JSON does not tell 5 from 5.0
read_bool: Final = _exact_reader(Kind.TRUTH, bool)


def read_timestamp(value: Any, _: object) -> datetime:
    """Read an ISO 8601 timestamp as an aware datetime; the API writes UTC, so no zone is UTC."""
    try:
        moment = _moment(value)
    except ValueError:
        raise refused(Kind.TIMESTAMP, value) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _moment(value: Any) -> datetime:
    try:
        return msgspec.convert(value, datetime)  # as the fast way does, to the last digit
    except ValueError:
        # left alone, fromisoformat takes any character for the separator, `+` of a zone too
        if type(value) is not str or len(value) < _SHORTEST_TIMESTAMP or value[10] not in "T ":
            raise
        return datetime.fromisoformat(value)


def read_date(value: Any, _: object) -> date:
    """Read a date, with zero padding or without: `1997-2-13`; of a timestamp its date is taken."""
    try:
        if len(value) > 10:
            return _moment(value).date()
        if len(value) == 10 and value[7] == "-":
            return date.fromisoformat(value)
        year, month, day = value.split("-")
        return date.fromisoformat(f"{year}-{_PADDED[month]}-{_PADDED[day]}")
    except (AttributeError, LookupError, TypeError, ValueError):
        raise refused(Kind.DATE, value) from None


def read_date_or_text(value: Any, _: object) -> date | str:
    """Read a date, but keep a text that is none: one odd date must not hide who has it."""
    try:
        return read_date(value, _)
    except Mismatch:
        if isinstance(value, str):
            return value
        raise


def read_object(value: Any, _: object) -> Any:
    """Read an object whose content is anybody's."""
    if not isinstance(value, Mapping):
        raise refused(Kind.OBJECT, value)
    return cast("Mapping[str, Any]", value)


def read_anything(value: Any, _: object) -> Any:
    """Read any JSON value, as it is."""
    return value


def list_reader(read_item: Reader, *, nullable: bool = False) -> Reader:
    """Return the reader of a list, which makes a tuple.

    Args:
        read_item: How an item is read.
        nullable: Whether an item may be null.
    """

    def read_list(value: Any, _: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise refused(Kind.LIST, value)
        return tuple(
            None if nullable and item is None else read_step(read_item, item, f"[{index}]")
            for index, item in enumerate(cast("list[Any]", value))
        )

    return read_list


def relation_reader(
    cls: type[Model] | None, model_reader: Callable[[type[Model]], Reader]
) -> Reader:
    """Return the reader of a relation: an id, or with `expand` the object itself.

    An object that `expand` has cut down to some of its fields, or to none, stays a mapping, and so
    does one that no model describes.

    Args:
        cls: The class of the object.
        model_reader: Finds the reader of the class. It is asked when the first object comes: few
            callers expand, and an object may have a relation to its own kind.
    """

    def read_relation(value: Any, _: object) -> Any:
        if isinstance(value, str):
            return value
        if not isinstance(value, Mapping):
            raise refused(Kind.RELATION, value)
        if cls is None:
            return cast("Mapping[str, Any]", value)
        try:
            return model_reader(cls)(value, cls)
        except Mismatch as mismatch:
            found = cast("Mapping[str, Any]", value)
            if mismatch.path in required and found.get(mismatch.path) is None:
                return found
            raise

    required = {wire for wire, field in fields_of(cls).items() if field.required}
    return read_relation


def read_step(read: Reader, value: Any, step: str) -> Any:
    """Read one part of a value; a mismatch in it names the step that leads there."""
    try:
        return read(value, None)
    except Mismatch as mismatch:
        mismatch.steps.append(step)
        raise


def read_carefully(value: Any, cls: type[M], fields: Sequence[tuple[ModelField, Reader]]) -> M:
    """Read a model field by field; raise `Mismatch` with the path of what is wrong.

    Args:
        value: What is to be an object.
        cls: The class of the model.
        fields: Its fields, and how each is read.
    """
    if not isinstance(value, Mapping):
        raise refused(Kind.OBJECT, value)
    found = cast("Mapping[str, Any]", value)
    arguments: dict[str, Any] = {}
    for field, read in fields:
        item = found.get(field.wire)
        if item is not None or field.required:
            arguments[field.attribute] = read_step(read, item, f".{field.wire}")
    known = fields_of(cls)
    extra = {name: item for name, item in found.items() if name not in known}
    return cls(**arguments, extra=extra)
