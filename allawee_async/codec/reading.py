"""From JSON values to Python values: strict readers that say what is wrong and where.

`read_carefully` is the one judge of what a model may be read from. `compiling` makes a faster
reader of the usual objects, which hands over to it at any surprise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import attrs

from allawee_async.models.schema import fields_of

if TYPE_CHECKING:
    from allawee_async.models.common import Model

Reader = Callable[[Any, Any], Any]
"""How cattrs structures one type: (value, type) → result."""

_SHORTEST_TIMESTAMP: Final = len("2025-03-31T10:15")


class Mismatch(Exception):  # noqa: N818 - internal; it becomes a DecodeError at the edge
    """A value that is not what the documents say. It does not hold the value itself."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = _json_name(value)
        self._steps: list[str] = []

    def within(self, step: str) -> NoReturn:
        """Add an outer step to the path and raise again."""
        self._steps.append(step)
        raise self

    @property
    def path(self) -> str:
        """Where the value stands, in wire names: `claims.individualInformation.dateOfBirth`."""
        return "".join(reversed(self._steps)).removeprefix(".")

    def __str__(self) -> str:
        """Say what was expected and what was found, never the value."""
        return f"expected {self.expected}, found {self.found}"


def _json_name(value: object) -> str:
    match value:
        case None:
            return "null or nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return type(value).__name__


# Strict primitives: left alone, cattrs turns null into "None", "false" into True and 1.9 into 1.


def read_str(value: Any, cls: type[str]) -> str:
    """Read a text, or a member of an open enumeration.

    cattrs takes the hook of `str` for enumerations of texts too, whatever is registered for them.
    """
    if not isinstance(value, str):
        raise Mismatch("a text", value)
    return value if cls is str else cls(value)


def read_int(value: Any, _: object) -> int:
    """Read a whole number; a boolean is none."""
    if type(value) is not int:
        raise Mismatch("a whole number", value)
    return value


def read_float(value: Any, _: object) -> float:
    """Read a number; JSON does not tell 5 from 5.0."""
    if type(value) is not float and type(value) is not int:
        raise Mismatch("a number", value)
    return value


def read_bool(value: Any, _: object) -> bool:
    """Read true or false."""
    if type(value) is not bool:
        raise Mismatch("true or false", value)
    return value


def read_timestamp(value: Any, _: object) -> datetime:
    """Read an ISO 8601 timestamp as an aware datetime; the API writes UTC, so no zone is UTC."""
    if not isinstance(value, str):
        raise Mismatch("an ISO 8601 timestamp", value)
    try:
        # left alone, fromisoformat takes any character for the separator, `+` of a zone too
        if len(value) < _SHORTEST_TIMESTAMP or value[10] not in "T ":
            raise ValueError  # noqa: TRY301 - one way out for all that is no timestamp
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Mismatch("an ISO 8601 timestamp", value) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def read_date(value: Any, _: object) -> date:
    """Read a date, with zero padding or without: the API shows `1997-2-13` and `1996-02-14`."""
    if not isinstance(value, str):
        raise Mismatch("a date (YYYY-MM-DD)", value)
    try:
        if len(value) == 10 and value[4] == "-" == value[7]:
            return date.fromisoformat(value)
        year, month, day = value.split("-")
        return date.fromisoformat(f"{year}-{month:0>2}-{day:0>2}")
    except ValueError:
        raise Mismatch("a date (YYYY-MM-DD)", value) from None


def read_object(value: Any, _: object) -> Any:
    """Read an object whose content is anybody's."""
    if not isinstance(value, Mapping):
        raise Mismatch("an object", value)
    return cast("Mapping[str, Any]", value)


def read_anything(value: Any, _: object) -> Any:
    """Read any JSON value, as it is."""
    return value


def list_reader(item_type: Any, read_item: Reader, *, nullable: bool = False) -> Reader:
    """Return the reader of a list, which makes a tuple.

    Args:
        item_type: What an item is.
        read_item: How it is read.
        nullable: Whether an item may be null.
    """
    if nullable:
        return list_reader(
            item_type, lambda value, cls: None if value is None else read_item(value, cls)
        )

    def read_list(value: Any, _: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise Mismatch("a list", value)
        items = cast("list[Any]", value)
        try:
            return tuple([read_item(item, item_type) for item in items])
        except Mismatch:  # now look for the place
            steps = ((f"[{index}]", item) for index, item in enumerate(items))
            return tuple([read_step(read_item, item, item_type, step) for step, item in steps])

    return read_list


def relation_reader(cls: type[Model], model_reader: Callable[[type[Model]], Reader]) -> Reader:
    """Return the reader of a relation: an id, or with `expand` the object itself.

    An object that `expand` has cut down to some of its fields stays a mapping.

    Args:
        cls: The class of the object.
        model_reader: Finds the reader of the class. It is asked when the first object comes: few
            callers expand, and an object may have a relation to its own kind.
    """

    def read_relation(value: Any, _: object) -> Any:
        if isinstance(value, str):
            return value
        try:
            return model_reader(cls)(value, cls)
        except Mismatch as mismatch:
            if isinstance(value, dict) and value and mismatch.path in required - value.keys():
                return cast("dict[str, Any]", value)
            raise

    required = {wire for wire, field in fields_of(cls).items() if field.required}
    return read_relation


def read_step(read: Reader, value: Any, expected: Any, step: str) -> Any:
    """Read one part of a value; a mismatch in it names the step that leads there."""
    try:
        return read(value, expected)
    except Mismatch as mismatch:
        mismatch.within(step)


@attrs.frozen
class ModelPlan:
    """How a model is read: its class and its fields."""

    cls: type[Model]
    fields: tuple[FieldPlan, ...]


@attrs.frozen
class FieldPlan:
    """How one field of a model is read.

    Attributes:
        attribute: The name in Python.
        wire: The name on the wire.
        type: What is read, beside None.
        read: How it is read.
        default: What an absent field holds, or `attrs.NOTHING` if there must be one.
        model: How the model is read that the field holds, if it holds one.
    """

    attribute: str
    wire: str
    type: Any
    read: Reader
    default: Any
    model: ModelPlan | None = None

    @property
    def required(self) -> bool:
        """Whether an object without this field is refused."""
        return self.default is attrs.NOTHING


def read_carefully(value: Any, plan: ModelPlan) -> Model:
    """Read a model field by field; raise `Mismatch` with the path of what is wrong."""
    if not isinstance(value, Mapping):
        raise Mismatch("an object", value)
    found = cast("Mapping[str, Any]", value)
    arguments: dict[str, Any] = {}
    for field in plan.fields:
        item = found.get(field.wire)
        if item is not None or field.required:
            arguments[field.attribute] = read_step(field.read, item, field.type, f".{field.wire}")
    known = {field.wire for field in plan.fields}
    extra = {name: item for name, item in found.items() if name not in known}
    return plan.cls(**arguments, extra=extra)
