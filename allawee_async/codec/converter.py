"""The one cattrs converter, and its public face: `from_dict` and `to_dict`.

What it changes in cattrs: wire names are camelCase by rule, primitive types are strict,
enumerations are open, lists become tuples, a relation is an id or an object, and what the
documents do not name is kept in `extra`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs
from cattrs import Converter

from allawee_async.codec import reading as decoding
from allawee_async.codec.compiled import compile_reader
from allawee_async.codec.reading import FieldPlan, Mismatch, ModelPlan, Reader
from allawee_async.codec.writing import write, write_model, write_timestamp
from allawee_async.errors import DecodeError
from allawee_async.models.common import Model
from allawee_async.models.schema import Kind, Shape, fields_of

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


def field_reader(shape: Shape) -> Reader:
    """Return the reader of what a field holds, or an item of a list."""
    expected = shape.type or shape
    read = converter.get_structure_hook(expected)
    return lambda value, _: read(value, expected)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def _is_shape(annotation: Any) -> bool:
    return isinstance(annotation, Shape)


def _model_reader(cls: type[Model], converter: Converter) -> Reader:
    return compile_reader(_plan(cls, converter))


def _plan(cls: type[Model], converter: Converter) -> ModelPlan:
    fields: list[FieldPlan] = []
    for field in fields_of(cls).values():
        if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            raise TypeError(f"{cls.__name__}.{field.attribute} needs a default that can be shared")
        expected = field.type or field
        read = converter.get_structure_hook(expected)
        model = _plan(field.model, converter) if field.model and field.type else None
        fields.append(FieldPlan(field.attribute, field.wire, expected, read, field.default, model))
    return ModelPlan(cls, tuple(fields))


def _shape_reader(shape: Shape, converter: Converter) -> Reader:
    if shape.item is not None:
        item = shape.item.type or shape.item
        read_item = converter.get_structure_hook(item)
        return decoding.list_reader(item, read_item, nullable=shape.item.nullable)
    if shape.model is not None:
        return decoding.relation_reader(shape.model, converter.get_structure_hook)
    return decoding.read_object if shape.kind is Kind.MAPPING else decoding.read_anything


def make_converter() -> Converter:
    """Return a new converter with the rules of this module."""
    made = Converter()
    made.register_structure_hook(str, decoding.read_str)
    made.register_structure_hook(int, decoding.read_int)
    made.register_structure_hook(float, decoding.read_float)
    made.register_structure_hook(bool, decoding.read_bool)
    made.register_structure_hook(datetime, decoding.read_timestamp)
    made.register_structure_hook(date, decoding.read_date)
    made.register_structure_hook_factory(_is_shape, _shape_reader)
    made.register_structure_hook_factory(_is_model, _model_reader)
    made.register_unstructure_hook(Model, write_model)
    made.register_unstructure_hook(datetime, write_timestamp)
    made.register_unstructure_hook(date, write)
    return made


converter = make_converter()
"""The converter that all calls share."""
