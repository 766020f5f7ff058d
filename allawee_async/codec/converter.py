"""The one cattrs converter, and its public face: `from_dict` and `to_dict`.

What it changes in cattrs: wire names are camelCase by rule, primitive types are strict,
enumerations are open, lists become tuples, a relation is an id or an object, and what the
documents do not name is kept in `extra`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Generic, TypeVar, cast

import attrs
import msgspec
from cattrs import Converter

from allawee_async.codec import reading as decoding
from allawee_async.codec.compiled import Compiled, learn
from allawee_async.codec.json import NotJSON, Raw, document, loads, loads_leniently, parts, scanned
from allawee_async.codec.reading import Mismatch, Reader, read_carefully
from allawee_async.codec.writing import write, write_model
from allawee_async.errors import ConfigurationError, DecodeError
from allawee_async.models.base import Model
from allawee_async.models.schema import Kind, ModelField, Shape, fields_of, is_kind_of, masked
from allawee_async.types import FreeForm, JSONObject, JSONValue

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


def to_dict(model: Model, *, reveal: bool = True) -> JSONObject:
    """Return the wire mapping of a model: camelCase names, ISO dates, without absent fields.

    Args:
        model: The model.
        reveal: Whether secrets (card numbers, PINs, keys, identity numbers) are left in; else
            `***` stands in their places, also in `metadata` and in fields that no document names.

    Raises:
        ConfigurationError: It is no model (with `select`, the items of a list are mappings, which
            hide nothing), or a value of it has no form in JSON.
    """
    if not isinstance(cast("object", model), Model):
        raise ConfigurationError(
            f"to_dict takes a model, not {type(model).__name__}; items of a list with `select` are "
            "mappings already, in which no secret is hidden"
        )
    written = write_model(model)
    return written if reveal else masked(written, type(model))


def decode(value: object, cls: type[M]) -> M:
    """Return `value` as a model; raise `DecodeError` with the path, seen from `value`.

    Args:
        value: JSON text (`Raw`), or what it says.
        cls: The class of the model.
    """
    found = _item(value, cls, "")
    if isinstance(found, DecodeError):
        found.body, found.item = found.item, None
        raise found  # out here, so that it does not drag along the frames that read the value
    return found


def decode_items(values: object, cls: type[M], *, path: str = "data") -> list[M | DecodeError]:
    """Return each record of a list as a model, or as the error that says why it is none.

    Args:
        values: The list: JSON text (`Raw`), or what it says.
        cls: The class of the models.
        path: Where the list stands; the errors' paths begin with it.

    Raises:
        DecodeError: It is no list.
    """
    if isinstance(values, Raw):
        models = reader(cls).list_text(values)
        if models is not None:
            return [*models]
    records = enumerate(_list_in(values, path, parts))
    return [_item(record, cls, f"{path}[{index}]") for index, record in records]


def decode_mappings(values: object, *, path: str = "data") -> list[JSONObject | DecodeError]:
    """Return each record of a list as it came, or as the error that says why it is no object.

    Args:
        values: The list: JSON text (`Raw`), or what it says.
        path: Where the list stands.

    Raises:
        DecodeError: It is no list.
    """
    records = enumerate(_list_in(values, path, document))
    return [_mapping(record, f"{path}[{index}]") for index, record in records]


def documents(values: object, *, path: str = "data") -> list[JSONValue]:
    """Return the records of a list as they came; of one that is no JSON, its text.

    Args:
        values: The list: JSON text (`Raw`), or what it says.
        path: Where the list stands.

    Raises:
        DecodeError: It is no list.
    """
    return [_document(record) for record in _list_in(values, path, document)]


def _list_in(values: object, path: str, read: Callable[[Any], object]) -> Sequence[object]:
    """Return the records of a list, not read yet where one of them is no JSON."""
    found = _read_by(read, values) if isinstance(values, Raw) else values
    if isinstance(found, NotJSON):
        found = _read_by(scanned, values)
    if not isinstance(found, list | tuple):
        raise DecodeError(str(Mismatch("a list", found)), path=path)
    return cast("list[object]", found)


def _mapping(record: object, path: str) -> JSONObject | DecodeError:
    found = _read_by(document, record)
    if isinstance(found, dict):
        return cast("JSONObject", found)
    return _refused(record, Mismatch("an object", found), path)


def _item(record: object, cls: type[M], path: str) -> M | DecodeError:
    read = reader(cls)
    try:
        return read.text(record) if isinstance(record, Raw) else read(record, cls)
    except Mismatch as mismatch:
        found = mismatch
    return _refused(record, found, path)


def _refused(record: object, mismatch: Mismatch, path: str) -> DecodeError:
    step = "." if path and mismatch.path else ""
    error = DecodeError(str(mismatch), path=f"{path}{step}{mismatch.path}")
    error.item = _document(record)
    if isinstance(error.item, str) and isinstance(record, Raw):
        with suppress(NotJSON):
            error.item = loads_leniently(bytes(record))
    return error


def _read_by(read: Callable[[Any], object], text: object) -> object:
    try:
        return read(text)
    except NotJSON as problem:
        return problem


def _document(value: Any) -> JSONValue:
    """Return what a value says, or its text, if that is no JSON."""
    found: Any = _read_by(document, value)
    return bytes(value).decode(errors="replace") if isinstance(found, NotJSON) else found


def reader(cls: type[M]) -> ModelReader[M]:
    """Return the reader of a model class."""
    return cast("ModelReader[M]", converter.get_structure_hook(cls))


class ModelReader(Generic[M]):
    """How one class of models is read: the usual objects fast, the others carefully."""

    def __init__(self, cls: type[M], converter: Converter) -> None:
        self._cls = cls
        self._find = converter.get_structure_hook
        self._fields = [(field, self._find(field)) for field in fields_of(cls).values()]
        self._compiled: Compiled | None = None
        self._is_stale = True

    def __call__(self, value: Any, _: object = None) -> M:
        """Read what a JSON text says."""
        models = self._quickly(lambda fast: [msgspec.convert(value, fast.struct)])
        return models[0] if models else self._carefully(value)

    def text(self, text: Raw) -> M:
        """Read a JSON text."""
        model = self.usual(text)
        if model is not None:
            return model
        try:
            value = loads(text)
        except NotJSON as problem:
            raise Mismatch("JSON", problem) from None
        return self._carefully(value)

    def usual(self, text: Raw) -> M | None:
        """Read the JSON text of a usual object; None if it must be read carefully."""
        models = self._quickly(lambda fast: [fast.decode(text)])
        return models[0] if models else None

    def list_text(self, text: Raw) -> list[M] | None:
        """Read the JSON text of a list; None if it must be read record by record."""
        return self._quickly(lambda fast: fast.decode_list(text))

    def _quickly(self, decode: Callable[[Compiled], list[Any]]) -> list[M] | None:
        try:
            fast = self._fast()
            return None if fast is None else fast.copy(decode(fast))
        except Exception:  # noqa: BLE001 - whatever it was, the careful way judges it
            return None

    def _fast(self) -> Compiled | None:
        if self._is_stale:
            self._is_stale = False
            with suppress(TypeError):  # a class that does more with its values than to hold them
                self._compiled = Compiled(self._cls, self._find)
        return self._compiled

    def _carefully(self, value: Any) -> M:
        model = read_carefully(value, self._cls, self._fields)
        learn(model)
        self._is_stale = self._compiled is not None and self._compiled.is_stale
        return model


def _shape_reader(shape: Shape, converter: Converter) -> Reader:
    """Return the reader of what a field holds, or an item of a list."""
    if isinstance(shape, ModelField) and isinstance(shape.default, attrs.Factory):  # type: ignore[arg-type]
        raise TypeError(f"the default of {shape.attribute} cannot be shared by all instances")
    if shape.type is not None:
        read = converter.get_structure_hook(shape.type)
        return lambda value, _: read(value, shape.type)
    if shape.item is not None:
        read_item = converter.get_structure_hook(shape.item)
        return decoding.list_reader(read_item, nullable=shape.item.nullable)
    if shape.kind is Kind.RELATION:
        return decoding.relation_reader(shape.model, converter.get_structure_hook)
    if shape.kind is Kind.DATE:
        return decoding.read_date_or_text
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
    made.register_structure_hook_factory(lambda found: isinstance(found, Shape), _shape_reader)
    made.register_structure_hook_factory(lambda found: is_kind_of(found, Model), ModelReader)
    for cls in (Model, datetime, date):
        made.register_unstructure_hook(cls, write)
    return made


converter = make_converter()
"""The converter that all calls share."""
