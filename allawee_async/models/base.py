"""What models are made with: the decorator, the base class, open enumerations.

A model is a value: frozen, slotted, keyword-only, without any behaviour of its own. What the API
sends beyond the documents is kept in `extra` and written back by `allawee_async.to_dict`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar, cast, get_args, get_origin

import attrs

from allawee_async.redaction import MASK, without_named_secrets
from allawee_async.types import SECRET, JSONValue, marks_of

__all__ = ["APIObject", "Model", "OpenEnum", "known", "model"]

C = TypeVar("C")
E = TypeVar("E")

_IN_COMMON: Final = frozenset({"created_at", "updated_at", "object"})

if not TYPE_CHECKING:

    def model(*, kw_only: bool) -> Callable[[type[C]], type[C]]:
        """Make a class a model: a frozen, slotted attrs class that shows no secrets."""
        return attrs.frozen(kw_only=kw_only, repr=False, eq=False, field_transformer=_telling)

else:
    from attrs import frozen as model  # by its own name, or mypy knows no model as attrs class


class _Notice(str):
    """A text that stands for a value when the value is shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _shown(field: "attrs.Attribute[Any]", value: Any) -> object:
    """Return what is shown of a field: no secrets, of `extra` the names only."""
    if SECRET in field.metadata:
        return _Notice(MASK)
    if field.name == "_extra":
        return _Notice(f"<{', '.join(map(repr, value or ()))}>")
    return _without_secrets(value)


def _without_secrets(value: Any) -> object:
    match value:
        case Mapping():
            return without_named_secrets("", dict(cast("Mapping[str, JSONValue]", value)))
        case list():
            return [*map(_without_secrets, cast("list[object]", value))]
        case tuple():
            return tuple(map(_without_secrets, cast("tuple[object, ...]", value)))
        case _:
            return value


def _telling(_: type, fields: list[Any]) -> "list[attrs.Attribute[Any]]":
    """Put what the objects of the API have in common behind what is their own."""
    own_first = sorted(fields, key=lambda field: field.inherited and field.name in _IN_COMMON)
    return [*map(_told, own_first)]


def _told(field: Any) -> "attrs.Attribute[Any]":
    """Return a field with what its annotation says of it.

    Other printers, which ask attrs, are told what is shown; and a list becomes a tuple, so that a
    model that holds it is a value.
    """
    marks = marks_of(field.type)
    is_list = any(get_origin(member) is Sequence for member in get_args(field.type))
    told: attrs.Attribute[Any] = field.evolve(
        metadata={**field.metadata, **dict.fromkeys(marks, True)},
        converter=_tuple_of(field.type) if is_list else field.converter,
        repr=(SECRET not in marks and _text) if field.repr is True else field.repr,
    )
    return told


def _tuple_of(annotation: object) -> "Callable[[Any], tuple[Any, ...] | None]":
    """Return what makes a tuple of a list; the signature of the model tells what it takes."""

    def as_tuple(value: Any) -> tuple[Any, ...] | None:
        return None if value is None else tuple(value)

    as_tuple.__annotations__["value"] = annotation
    return as_tuple


def _text(value: object) -> str:
    return repr(_without_secrets(value))


def _or_none(value: Mapping[str, JSONValue] | None) -> Mapping[str, JSONValue] | None:
    return value or None  # an object costs nothing for the extra fields that it has not


@model(kw_only=True)
class Model:
    """The base of all models.

    Attributes:
        extra: The fields that the API sent and the documents do not name, in wire names.
    """

    if TYPE_CHECKING:
        __attrs_attrs__: ClassVar[tuple[attrs.Attribute[Any], ...]]

    _extra: Mapping[str, JSONValue] | None = attrs.field(
        default=None, alias="extra", converter=_or_none, repr=False
    )

    @property
    def extra(self) -> Mapping[str, JSONValue]:
        """The fields that the API sent and the documents do not name, in wire names."""
        return self._extra or {}

    def __eq__(self, other: object) -> bool:
        """Whether both are of one class and hold the same; pytest then shows them by `repr`."""
        if not isinstance(other, Model) or type(other) is not type(self):
            return NotImplemented
        return _values_of(self) == _values_of(other)

    def __hash__(self) -> int:
        """Return a hash whatever it holds: mappings, which have none, add nothing to it."""
        return hash((type(self), *map(_hash_of, _values_of(self))))

    def __rich_repr__(self) -> Iterator[tuple[str, object]]:
        """Yield what is shown: no empty fields, no secrets, of `extra` the names only."""
        for field in self.__attrs_attrs__:
            value = getattr(self, field.name)
            if value is not None:
                yield field.name.lstrip("_"), _shown(field, value)

    def __repr__(self) -> str:
        """Show what is there: no empty fields, no secrets, of `extra` the names only."""
        shown = [f"{name}={value!r}" for name, value in self.__rich_repr__()]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_pretty_(self, printer: Any, _: object) -> None:
        """Show the same to IPython and Hypothesis; the latter would take all fields."""
        printer.text(repr(self))


@model(kw_only=True)
class APIObject(Model):
    """What the objects of the API have in common.

    Attributes:
        created_at: When it was created, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of its type.
    """

    created_at: datetime | None = None
    updated_at: datetime | None = None
    object: str | None = None


def _values_of(model: Model) -> tuple[object, ...]:
    return tuple([getattr(model, field.name) for field in model.__attrs_attrs__])


def _hash_of(value: object) -> int:
    try:
        return hash(value)
    except TypeError:
        return 0


if TYPE_CHECKING:

    class known:  # noqa: N801 - a function, when a program runs
        """A value that the documents name, as a member of an open enumeration."""

        def __init__(self, value: str) -> None: ...
        def __get__(self, instance: object, owner: type[E]) -> E: ...

    class _OpenEnumType(type):
        def __iter__(cls: type[E]) -> Iterator[E]: ...
        def __len__(cls) -> int: ...
        @property
        def __members__(cls: type[E]) -> Mapping[str, E]: ...

    class OpenEnum(str, metaclass=_OpenEnumType):
        """Known values of a field whose list is not closed.

        To a type checker it is a text with some named values. An enumeration would be closed: a
        comparison with a value that it does not name would count as a mistake.
        """

        __slots__ = ()

        @property
        def value(self) -> str:
            """The text."""
            ...

        @property
        def is_known(self) -> bool:
            """Whether the documents name this value."""
            ...

else:
    known = str

    class OpenEnum(StrEnum):
        """Known values of a field whose list is not closed.

        A member equals its text (`customer.status == "active"`). A value that the documents do not
        name is kept: it is a member without a name, of which `is_known` is false.
        """

        @classmethod
        def _missing_(cls, value: object) -> Self | None:
            if not isinstance(value, str):
                return None
            member = str.__new__(cls, value)
            member._name_ = "unknown"
            member._value_ = value
            return member

        @property
        def is_known(self) -> bool:
            """Whether the documents name this value."""
            return self._value_ in type(self)._value2member_map_
