"""The one cattrs converter, and its public face: `from_dict` and `to_dict`.

What it changes in cattrs: wire names are camelCase by rule, primitive types are strict,
enumerations are open, lists become tuples, a relation is an id or an object, and what the
documents do not name is kept in `extra`.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin

import attrs
from cattrs import Converter

from allawee_async.codec import reading as decoding
from allawee_async.codec.compiled import compile_reader
from allawee_async.codec.reading import FieldPlan, Mismatch, ModelPlan, Reader
from allawee_async.codec.writing import write, write_model, write_timestamp
from allawee_async.errors import DecodeError
from allawee_async.models.common import Model, OpenEnum
from allawee_async.models.schema import wire_name

if TYPE_CHECKING:
    from allawee_async.types import FreeForm, JSONObject

M = TypeVar("M", bound=Model)


def from_dict(cls: type[M], mapping: FreeForm) -> M:
    """Return the model of a wire mapping.

    Args:
        cls: The class of the model, for instance `Customer`.
        mapping: The object in the wire's names, as `json.loads` gives it.

    Raises:
        DecodeError: Something has a wrong type or is missing; `path` tells where.
    """
    return decode(mapping, cls)


def to_dict(model: Model) -> JSONObject:
    """Return the wire mapping of a model: camelCase names, ISO dates, without absent fields.

    Raises:
        ConfigurationError: A value of the model has no form in JSON.
    """
    return write_model(model)


def decode(value: object, cls: type[M]) -> M:
    """Return `value` as a model; raise `DecodeError` with the path, seen from `value`."""
    try:
        model: M = reader(cls)(value, cls)
    except Mismatch as mismatch:
        error = _decode_error(mismatch, value)
    else:
        return model
    raise error  # out here, so that it does not drag along the frames that read the value


def decode_list(values: object, cls: type[M]) -> tuple[M, ...]:
    """Return a list of objects as models; raise `DecodeError` with the path, seen from the list."""
    try:
        models: tuple[M, ...] = decoding.list_reader(cls, reader(cls))(values, cls)
    except Mismatch as mismatch:
        error = _decode_error(mismatch, values)
    else:
        return models
    raise error


def decode_items(values: object, cls: type[M], *, path: str = "data") -> list[M | DecodeError]:
    """Return each record of a list as a model, or as the error that says why it is none.

    Args:
        values: The list.
        cls: The class of the models.
        path: Where the list stands; the errors' paths begin with it.

    Raises:
        DecodeError: It is no list.
    """
    if not isinstance(values, list | tuple):
        raise _decode_error(Mismatch("a list", values), values, path)
    read = reader(cls)
    items: list[M | DecodeError] = []
    for index, value in enumerate(cast("list[Any]", values)):
        try:
            items.append(read(value, cls))
        except Mismatch as mismatch:
            error = _decode_error(mismatch, None, f"{path}[{index}]")
            error.item = value
            items.append(error)
    return items


def _decode_error(mismatch: Mismatch, body: Any, path: str = "") -> DecodeError:
    step = "." if path and mismatch.path else ""
    return DecodeError(str(mismatch), path=f"{path}{step}{mismatch.path}", body=body)


def reader(cls: type[Model]) -> Reader:
    """Return the compiled reader of a model class."""
    return converter.get_structure_hook(cls)


def main_type(annotation: Any) -> Any:
    """Return what an annotation means beside None: `Gender | str | None` is a `Gender`."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    members = [member for member in get_args(annotation) if member is not types.NoneType]
    texts = str in members and len(members) > 1
    if texts:
        members.remove(str)
        members = [member for member in members if not _is_mapping(member)] or members
    (member, *others) = members
    if others or (texts and not (_is_model(member) or _is_open_enum(member))):
        raise TypeError(f"no rule how to read {annotation}")
    return _Relation(member) if texts and _is_model(member) else member


@attrs.frozen
class _Relation:
    """The type of a field that holds the id of an object, the object, or a part of it."""

    cls: type[Model]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def _is_anything(annotation: Any) -> bool:
    return annotation is object  # what `JSONValue` is when a program runs


def _is_open_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, OpenEnum)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) in (tuple, list, Sequence)


def _is_mapping(annotation: Any) -> bool:
    return get_origin(annotation) in (dict, Mapping)


def _is_relation(annotation: Any) -> bool:
    return isinstance(annotation, _Relation)


def _model_reader(cls: type[Model], converter: Converter) -> Reader:
    return compile_reader(_plan(cls, converter))


def _plan(cls: type[Model], converter: Converter) -> ModelPlan:
    fields: list[FieldPlan] = []
    for field in attrs.fields(cls):
        if field.name != "_extra":
            main = main_type(field.type)
            read = converter.get_structure_hook(main)
            model = _plan(main, converter) if _is_model(main) else None
            wire = wire_name(field)
            if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
                raise TypeError(f"{cls.__name__}.{field.name} needs a default that can be shared")
            fields.append(FieldPlan(field.name, wire, main, read, field.default, model))
    return ModelPlan(cls, tuple(fields))


def _list_reader(annotation: Any, converter: Converter) -> Reader:
    item = get_args(annotation)[0]
    if str in get_args(item):  # a list of relations; `Item | None` is read as it stands
        item = main_type(item)
    return decoding.list_reader(item, converter.get_structure_hook(item))


def _relation_reader(relation: _Relation, converter: Converter) -> Reader:
    return decoding.relation_reader(relation.cls, converter.get_structure_hook)


def _anything_reader(_: Any, __: Converter) -> Reader:
    return decoding.read_anything


def _mapping_reader(_: Any, __: Converter) -> Reader:
    return decoding.read_object


def make_converter() -> Converter:
    """Return a new converter with the rules of this module."""
    made = Converter()
    made.register_structure_hook(str, decoding.read_str)
    made.register_structure_hook(int, decoding.read_int)
    made.register_structure_hook(float, decoding.read_float)
    made.register_structure_hook(bool, decoding.read_bool)
    made.register_structure_hook(datetime, decoding.read_timestamp)
    made.register_structure_hook(date, decoding.read_date)
    made.register_structure_hook_factory(_is_anything, _anything_reader)
    made.register_structure_hook_factory(_is_mapping, _mapping_reader)
    made.register_structure_hook_factory(_is_list, _list_reader)
    made.register_structure_hook_factory(_is_relation, _relation_reader)
    made.register_structure_hook_factory(_is_model, _model_reader)
    made.register_unstructure_hook(Model, write_model)
    made.register_unstructure_hook(datetime, write_timestamp)
    made.register_unstructure_hook(date, write)
    return made


converter = make_converter()
"""The converter that all calls share."""
