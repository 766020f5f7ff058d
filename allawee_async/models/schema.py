"""What the models say of their fields: names on the wire, kinds, secrets."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, Union, cast, get_args, get_origin

import attrs

from allawee_async.models.common import Model, OpenEnum
from allawee_async.names import camel


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    CHOICE = "choice"
    WHOLE = "whole number"
    NUMBER = "number"
    TRUTH = "true or false"
    MOMENT = "timestamp"
    DATE = "date"
    RELATION = "id"
    OBJECT = "object"
    OBJECTS = "list of objects"
    TEXTS = "list of texts"
    FREE = "anything"


@attrs.frozen(kw_only=True)
class Shape:
    """What a field holds.

    Attributes:
        kind: The kind of value.
        model: The model of the object, of each object in the list, or of what the id leads to.
        choices: The values that the documents name; there may be others.
        secret: Whether it is shown only with `--reveal`.
    """

    kind: Kind
    model: type[Model] | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False


FREE: Final = Shape(kind=Kind.FREE)
_PLAIN: Final[tuple[tuple[type, Kind], ...]] = (
    (bool, Kind.TRUTH),  # before int, of which it is a kind
    (int, Kind.WHOLE),
    (float, Kind.NUMBER),
    (datetime, Kind.MOMENT),  # before date, likewise
    (date, Kind.DATE),
    (str, Kind.TEXT),
)


def wire_name(field: attrs.Attribute[Any]) -> str:
    """Return the name of a field on the wire: by rule, or the one that the field itself names."""
    name: str = field.metadata.get("wire") or camel(field.name)
    return name


def fields_of(model: type[Model] | None) -> Mapping[str, Shape]:
    """Return the fields of a model in their order, by wire name; no model, no fields.

    What a model keeps in `extra` is none of them.
    """
    return {} if model is None else _fields_of(cast("Any", model))


@cache
def _fields_of(model: Any) -> Mapping[str, Shape]:
    return {
        wire_name(field): attrs.evolve(shape_of(field.type), secret="secret" in field.metadata)
        for field in _attributes(model)
        if field.name != "_extra"
    }


def paths_of(model: type[Model] | None, prefix: str = "") -> list[tuple[str, Shape]]:
    """Return the dotted names of all fields of an object, with what they hold."""
    paths: list[tuple[str, Shape]] = []
    for name, shape in fields_of(model).items():
        if shape.kind is Kind.OBJECT:
            paths += paths_of(shape.model, f"{prefix}{name}.")
        else:
            paths.append((f"{prefix}{name}", shape))
    return paths


def shape_of(annotation: object) -> Shape:
    """Return what an annotation means: `Claims | FreeForm` is an object, a `Claims`."""
    members = members_of(annotation)
    model = next((member for member in members if _is_kind_of(member, Model)), None)
    if model is not None:
        is_relation = str in members
        return Shape(kind=Kind.RELATION if is_relation else Kind.OBJECT, model=model)
    choice = next((member for member in members if _is_kind_of(member, OpenEnum)), None)
    if choice is not None:
        return Shape(kind=Kind.CHOICE, choices=tuple(str(value) for value in choice))
    lists = [member for member in members if get_origin(member) in (Sequence, tuple)]
    if lists:
        return _list_shape(get_args(lists[0])[0])
    for plain, kind in _PLAIN:
        if plain in members:
            return Shape(kind=kind)
    return FREE


def members_of(annotation: object) -> list[Any]:
    """Return the types of a union but None; the type itself, if it is none."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for member in get_args(annotation) if member is not types.NoneType]
    return [annotation]


def _list_shape(item: object) -> Shape:
    inner = shape_of(item)
    if inner.kind is Kind.OBJECT:
        return Shape(kind=Kind.OBJECTS, model=inner.model)
    if inner.kind in (Kind.TEXT, Kind.CHOICE):
        return Shape(kind=Kind.TEXTS, choices=inner.choices)
    return FREE


def _is_kind_of(member: object, parent: type) -> bool:
    return isinstance(member, type) and issubclass(member, parent)


def _attributes(model: type[Model]) -> tuple[attrs.Attribute[Any], ...]:
    return cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(model))
