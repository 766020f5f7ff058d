"""From JSON values to models: strict readers, and one compiled reader for each model class.

The reader that is generated for a class checks the types of a usual object in place and fills the
slots directly. On any surprise (a wrong type, a missing field) it hands the whole object to
`read_carefully`, which does the same work field by field, slowly, and either succeeds or says what
is wrong and where. So the usual object costs little, and one place judges the unusual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn, TypeVar, cast

import attrs

from allawee_async.models.common import Model, OpenEnum

M = TypeVar("M", bound=Model)
E = TypeVar("E", bound=OpenEnum)

Reader = Callable[[Any, Any], Any]
"""How cattrs structures one type: (value, type) → result."""

_SHORTEST_TIMESTAMP: Final = len("2025-03-31T10:15")
_MOST_KEPT_VALUES: Final = 256


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
    try:
        if len(value) < _SHORTEST_TIMESTAMP:
            raise ValueError  # noqa: TRY301 - one way out for all that is no timestamp
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Mismatch("an ISO 8601 timestamp", value) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def read_date(value: Any, _: object) -> date:
    """Read a date, with zero padding or without: the API shows `1997-2-13` and `1996-02-14`."""
    try:
        if len(value) == 10 and value[4] == "-" == value[7]:
            return date.fromisoformat(value)
        year, month, day = value.split("-")
        return date.fromisoformat(f"{year}-{month:0>2}-{day:0>2}")
    except (AttributeError, TypeError, ValueError):
        raise Mismatch("a date (YYYY-MM-DD)", value) from None


def read_object(value: Any, _: object) -> Any:
    """Read an object whose content is anybody's."""
    if not isinstance(value, Mapping):
        raise Mismatch("an object", value)
    return cast("Mapping[str, Any]", value)


def list_reader(item_type: Any, read_item: Reader) -> Reader:
    """Return the reader of a list, which makes a tuple."""

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


def relation_reader(cls: type[Model], read_model: Reader) -> Reader:
    """Return the reader of a relation: an id, or with `expand` the object itself."""

    def read_relation(value: Any, _: object) -> Any:
        return value if isinstance(value, str) else read_model(value, cls)

    return read_relation


def read_step(read: Reader, value: Any, expected: Any, step: str) -> Any:
    """Read one part of a value; a mismatch in it names the step that leads there."""
    try:
        return read(value, expected)
    except Mismatch as mismatch:
        mismatch.within(step)


@attrs.frozen
class FieldPlan:
    """How one field of a model is read."""

    attribute: str
    wire: str
    type: Any
    read: Reader
    default: Any

    @property
    def required(self) -> bool:
        """Whether an object without this field is refused."""
        return self.default is attrs.NOTHING


def read_carefully(value: Any, cls: type[M], plans: tuple[FieldPlan, ...]) -> M:
    """Read `value` as `cls` field by field; raise `Mismatch` with the path of what is wrong."""
    if not isinstance(value, Mapping):
        raise Mismatch("an object", value)
    found = cast("Mapping[str, Any]", value)
    arguments: dict[str, Any] = {}
    for plan in plans:
        item = found.get(plan.wire)
        if item is not None or plan.required:
            arguments[plan.attribute] = read_step(plan.read, item, plan.type, f".{plan.wire}")
    known = {plan.wire for plan in plans}
    extra = {name: item for name, item in found.items() if name not in known}
    return cls(**arguments, extra=extra or None)


# The generated readers. The __init__ of a frozen class pays object.__setattr__ for each field,
# which is more than all the checks. So a mutable twin of the same layout is filled, and then
# becomes an instance of the class itself.


def compile_reader(cls: type[M], plans: tuple[FieldPlan, ...]) -> Reader:
    """Return the reader of `cls`, generated for its fields."""

    def careful(value: Any) -> M:
        return read_carefully(value, cls, plans)

    names: dict[str, Any] = {
        "cls": cls,
        "Twin": _mutable_twin(cls),
        "timestamp": datetime.fromisoformat,
        "careful": careful,
        "known": frozenset(plan.wire for plan in plans),
    }
    body = [
        "self = Twin()",
        "get = value.get",
        f"count = {len(plans)}",
        *[line for number, plan in enumerate(plans) for line in _field(number, plan, names)],
        "self._extra = None if len(value) == count else {",
        " name: item for name, item in value.items() if name not in known}",
    ]
    lines = [
        "def read(value, _=None):",
        " try:",
        *[f"  {line}" for line in body],
        " except Exception:",
        "  return careful(value)",
        " self.__class__ = cls",
        " return self",
    ]
    exec("\n".join(lines), names)  # noqa: S102 - the text is made of names in our own classes
    read: Reader = names["read"]
    return read


def _mutable_twin(cls: type[Model]) -> type:
    unfrozen = {
        "__slots__": cls.__dict__["__slots__"],
        "__init__": object.__init__,
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    return type(f"_{cls.__name__}Twin", (Model,), unfrozen)


def _field(number: int, plan: FieldPlan, names: dict[str, Any]) -> list[str]:
    store = f"self.{plan.attribute}"
    usual, checked = _checked(number, plan, names)
    if plan.required:
        return [f"v = value[{plan.wire!r}]", f"if {usual}: {store} = {checked}", _ELSE_CAREFUL]
    names[f"default{number}"] = plan.default
    return [
        f"v = get({plan.wire!r})",
        f"if {usual}: {store} = {checked}",
        "elif v is None:",
        f" {store} = default{number}",
        f" if {plan.wire!r} not in value: count -= 1",
        _ELSE_CAREFUL,
    ]


_ELSE_CAREFUL: Final = "else: return careful(value)"

_EXACT: Final[dict[Any, str]] = {read_int: "int", read_bool: "bool", read_object: "dict"}


def _checked(number: int, plan: FieldPlan, names: dict[str, Any]) -> tuple[str, str]:
    """Return what tells that a value is usual, and how it is then read."""
    if plan.type is str or plan.read in _EXACT:
        return f"type(v) is {_EXACT.get(plan.read, 'str')}", "v"
    if plan.read is read_timestamp:
        # with a zone, which only a full timestamp has
        return "v is not None and (v := timestamp(v)).tzinfo is not None", "v"
    if plan.read is read_str:
        names[f"members{number}"] = _Members(plan.type)
        return "type(v) is str", f"members{number}[v]"
    names[f"read{number}"], names[f"type{number}"] = plan.read, plan.type
    return "v is not None", f"read{number}(v, type{number})"


class _Members(dict[str, E]):
    """The members of an open enumeration by their text, with the unknown ones seen so far."""

    def __init__(self, cls: type[E]) -> None:
        super().__init__({member.value: member for member in cls})
        self._cls = cls

    def __missing__(self, value: str) -> E:
        member = self._cls(value)
        if len(self) < _MOST_KEPT_VALUES:
            self[value] = member
        return member
