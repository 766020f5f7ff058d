"""The columns of an export: one flat table, made once from the class of the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, TypeGuard, cast, get_args, get_origin

import attrs

from allawee_async.codec.converter import converter, main_type
from allawee_async.errors import ConfigurationError
from allawee_async.models.common import Model, OpenEnum
from allawee_async.models.schema import wire_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from allawee_async.codec.reading import Reader
    from allawee_async.types import Strings


class Kind(Enum):
    """What the cells of a column hold."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    MOMENT = "timestamp, UTC"
    DAY = "date"
    RELATION = "id; with expand the object as JSON text"
    JSON = "JSON text"


_PLAIN: Final[dict[object, Kind]] = {
    str: Kind.TEXT,
    int: Kind.WHOLE,
    float: Kind.NUMBER,
    bool: Kind.FLAG,
    datetime: Kind.MOMENT,
    date: Kind.DAY,
}


@attrs.frozen(kw_only=True)
class Column:
    """One column.

    Attributes:
        name: The Python path of the field, with dots: `claims.individual_information.email`.
        kind: What its cells hold.
        wire: The path of the field in the documents of the API.
        is_required: Whether an entry without it cannot be decoded.
        is_secret: Whether its cells are masked, unless secrets are to be shown.
        type: What the field holds, beside None.
        read: How the model reads it.
        holds: The class of the objects that it holds in a list, or that an id in it stands for.
    """

    name: str
    kind: Kind
    wire: tuple[str, ...]
    is_required: bool = False
    is_secret: bool = False
    type: Any = None
    read: Reader | None = None
    holds: type[Model] | None = None

    @cached_property
    def is_free(self) -> bool:
        """Whether the field holds an object, or a value, that is not described."""
        return self.type is object or get_origin(self.type) in (dict, Mapping)

    @cached_property
    def is_free_object(self) -> bool:
        """Whether the field holds an object that is not described."""
        return get_origin(self.type) in (dict, Mapping)

    @cached_property
    def lists(self) -> type[Model] | None:
        """The class of the objects in a list, if they are neither ids nor have parts."""
        is_simple = self.holds is not None and not group_of(self.holds).parts
        return self.holds if is_simple and self.holds in get_args(self.type) else None


@attrs.frozen(kw_only=True)
class Group:
    """The fields of a class of models, and of the models that they hold.

    Attributes:
        wire: Where the objects stand in the documents of the API; empty for the items.
        is_required: Whether an entry without the object cannot be decoded.
        fields: The columns, and a group for each field that holds one model, in order.
        known: The wire names of the fields.
    """

    wire: tuple[str, ...]
    is_required: bool
    fields: tuple[Column | Group, ...]
    known: frozenset[str]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns among the fields."""
        return tuple(field for field in self.fields if isinstance(field, Column))

    @cached_property
    def parts(self) -> tuple[Group, ...]:
        """The groups among the fields."""
        return tuple(field for field in self.fields if isinstance(field, Group))

    @cached_property
    def is_plain(self) -> bool:
        """Whether no named field can hold a secret."""
        return not self.parts and not any(c.is_secret or c.is_free or c.holds for c in self.columns)


EXTRA: Final = Column(name="extra", kind=Kind.JSON, wire=())
"""The column of all fields, at any depth, that the documents do not name."""


def group_of(model: type[Model]) -> Group:
    """Return the fields of a class of items."""
    return _cached_group(cast("Any", model))


@cache
def _cached_group(model: Any) -> Group:
    return _group(model, "", (), is_required=True)


def _group(model: type[Model], prefix: str, wire: tuple[str, ...], *, is_required: bool) -> Group:
    fields = [field for field in attrs.fields(model) if field.name != "_extra"]
    return Group(
        wire=wire,
        is_required=is_required,
        fields=tuple(_field(field, prefix, wire) for field in fields),
        known=frozenset(map(wire_name, fields)),
    )


def _field(field: attrs.Attribute[Any], prefix: str, above: tuple[str, ...]) -> Column | Group:
    name, wire, main = f"{prefix}{field.name}", (*above, wire_name(field)), main_type(field.type)
    is_required = field.default is attrs.NOTHING
    if _is_model(main):
        return _group(main, f"{name}.", wire, is_required=is_required)
    return Column(
        name=name,
        kind=_kind_of(main),
        wire=wire,
        is_required=is_required,
        is_secret="secret" in field.metadata,
        type=main,
        read=converter.get_structure_hook(main),
        holds=_held_model(main),
    )


def _is_model(annotation: object) -> TypeGuard[type[Model]]:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def _kind_of(main: Any) -> Kind:
    if main in _PLAIN:
        return _PLAIN[main]
    if isinstance(main, type) and issubclass(main, OpenEnum):
        return Kind.TEXT
    if main is object or get_origin(main) in (tuple, list, Sequence, dict, Mapping):
        return Kind.JSON
    return Kind.RELATION


def _held_model(main: Any) -> type[Model] | None:
    """Return the class of what a list holds, or of what an id stands for."""
    inner = get_args(main)[0] if get_args(main) else main
    held = main_type(inner) if get_args(inner) else inner
    held = getattr(held, "cls", held)  # a relation
    return held if _is_model(held) else None


def columns_of(model: type[Model]) -> tuple[Column, ...]:
    """Return all columns for a class of items; nested models are taken apart."""
    return (*_all_columns(group_of(model)), EXTRA)


def _all_columns(group: Group) -> Iterator[Column]:
    for field in group.fields:
        if isinstance(field, Group):
            yield from _all_columns(field)
        else:
            yield field


def chosen(columns: tuple[Column, ...], names: Strings | str | None) -> tuple[Column, ...]:
    """Return the columns that a caller names, in the caller's order.

    Args:
        columns: All there are.
        names: Names of columns, in Python's spelling or the API's, or of fields that stand for all
            columns below them (`claims`); in one text, commas or spaces keep them apart. None
            takes all.

    Raises:
        ConfigurationError: There is no such column, or none was named.
    """
    if names is None:
        return columns
    wanted = names.replace(",", " ").split() if isinstance(names, str) else names
    found = {column.name: column for name in wanted for column in _named(columns, name)}
    if not found:
        raise ConfigurationError("no columns were named; leave the option out to export all")
    return tuple(found.values())


def _named(columns: tuple[Column, ...], name: str) -> list[Column]:
    found = [
        column
        for column in columns
        for spelling in (column.name, ".".join(column.wire))
        if spelling == name or spelling.startswith(f"{name}.")
    ]
    if not found:
        raise ConfigurationError(f"there is no column {name!r}; {_advice(columns, name)}")
    return found


def _advice(columns: tuple[Column, ...], name: str) -> str:
    paths = [column.name.split(".") for column in columns]
    known = list(dict.fromkeys(".".join(p[: end + 1]) for p in paths for end in range(len(p))))
    last_parts = {path.rpartition(".")[2]: path for path in reversed(known)}
    close = get_close_matches(name, known, n=2) or [
        last_parts[part] for part in get_close_matches(name.rpartition(".")[2], last_parts, n=2)
    ]
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"there are {', '.join(dict.fromkeys(path[0] for path in paths))}"
