"""The columns of an export: one flat table, made once from the class of the items."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from itertools import chain
from typing import Any, Final, cast

import attrs

from allawee_async.codec.converter import converter
from allawee_async.codec.reading import Reader
from allawee_async.errors import ConfigurationError
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, ModelField, fields_of
from allawee_async.types import Strings


@attrs.frozen(kw_only=True)
class Column:
    """One column.

    Attributes:
        name: The Python path of the field, with dots: `claims.individual_information.email`.
        wire: The path of the field in the documents of the API.
        field: What the field holds.
    """

    name: str
    wire: tuple[str, ...]
    field: ModelField

    @property
    def is_json(self) -> bool:
        """Whether its cells are written as JSON texts."""
        return self.is_free or self.field.kind is Kind.LIST

    @property
    def is_free(self) -> bool:
        """Whether the field holds an object, or a value, that is not described."""
        return self.field.kind in (Kind.MAPPING, Kind.JSON)

    @property
    def is_open(self) -> bool:
        """Whether it may hold an object that no model describes."""
        return self.is_free or (self.field.item or self.field).kind is Kind.RELATION

    @property
    def holds(self) -> type[Model] | None:
        """The class of the objects that it holds in a list, or that an id in it stands for."""
        return (self.field.item or self.field).model

    @cached_property
    def read(self) -> Reader:
        """How the model reads it."""
        return converter.get_structure_hook(self.field)

    @cached_property
    def may_hide(self) -> bool:
        """Whether a cell may hold a secret even if the documents name all that is in it."""
        is_plain = self.lists is not None and group_of(self.lists).is_plain
        return self.field.secret or self.is_open or not (is_plain or self.holds is None)

    @cached_property
    def lists(self) -> type[Model] | None:
        """The class of the objects in a list, if they are neither ids nor have parts."""
        item = self.field.item
        is_simple = item is not None and item.kind is Kind.OBJECT and not item.nullable
        return self.holds if is_simple and self.holds and not group_of(self.holds).parts else None


@attrs.frozen(kw_only=True)
class Group:
    """The fields of a class of models, and of the models that they hold.

    Attributes:
        wire: Where the objects stand in the documents of the API; empty for the items.
        is_required: Whether an entry without the object cannot be decoded.
        fields: The columns, and a group for each field that holds one model, by wire name.
    """

    wire: tuple[str, ...]
    is_required: bool
    fields: Mapping[str, Column | Group]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns among the fields."""
        return tuple(field for field in self.fields.values() if isinstance(field, Column))

    @cached_property
    def parts(self) -> tuple[Group, ...]:
        """The groups among the fields."""
        return tuple(field for field in self.fields.values() if isinstance(field, Group))

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns, and those of inner groups, in order."""
        found = [
            field.all_columns if isinstance(field, Group) else (field,)
            for field in self.fields.values()
        ]
        return tuple(chain.from_iterable(found))

    @cached_property
    def is_plain(self) -> bool:
        """Whether no named field can hold a secret."""
        return not self.parts and not any(column.may_hide for column in self.columns)


EXTRA: Final = Column(
    name="extra", wire=(), field=ModelField(attribute="extra", wire="extra", kind=Kind.JSON)
)
"""The column of all fields, at any depth, that the documents do not name."""


def group_of(model: type[Model]) -> Group:
    """Return the fields of a class of items."""
    return _group(cast("Any", model), "", (), is_required=True)


@cache
def _group(model: Any, prefix: str, wire: tuple[str, ...], *, is_required: bool) -> Group:
    fields = {name: _field(field, prefix, wire) for name, field in fields_of(model).items()}
    return Group(wire=wire, is_required=is_required, fields=fields)


def _field(field: ModelField, prefix: str, above: tuple[str, ...]) -> Column | Group:
    name, wire = f"{prefix}{field.attribute}", (*above, field.wire)
    if field.kind is Kind.OBJECT and field.model is not None:
        return _group(cast("Any", field.model), f"{name}.", wire, is_required=field.required)
    return Column(name=name, wire=wire, field=field)


def columns_of(model: type[Model]) -> tuple[Column, ...]:
    """Return all columns for a class of items; nested models are taken apart."""
    return (*group_of(model).all_columns, EXTRA)


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
