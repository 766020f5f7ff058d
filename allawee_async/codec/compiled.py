"""The fast way from JSON to models: a decoder in C, and one generated copier for each class.

msgspec reads the usual object into a struct that is made of the model's schema: it checks every
type and finds every unknown field. The copier makes the model of the struct. What either of them
refuses is read again by `read_carefully`, the judge of what is wrong, and where. So the usual
object costs little, and one place judges the unusual.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC
from typing import Any, Final, cast

import attrs
import msgspec

from allawee_async.codec.json import Raw
from allawee_async.codec.reading import Reader, read_date, read_date_or_text
from allawee_async.models.base import Model
from allawee_async.models.schema import PLAIN_TYPES, Kind, ModelField, Shape, fields_of

_MOST_LEARNED: Final = 32
"""Unknown fields of one class. More than that are no new fields, but the keys of a map."""

_TYPES: Final[dict[Kind, Any]] = {
    **PLAIN_TYPES,
    Kind.DATE: str,  # the API writes `1997-2-13`, which no decoder takes
    Kind.NUMBER: int | float,  # with `float` alone, 2 would become 2.0
    Kind.MAPPING: dict[str, Any],
}

_OURS: Final = "allawee_async.models."

_learned: Final[defaultdict[type[Model], dict[str, None]]] = defaultdict(dict)


def learn(value: object) -> None:
    """Note the unknown fields of a model, at any depth, so that they cost little from now on."""
    if isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            learn(item)
    elif isinstance(value, Model):
        known = _learned[type(value)]
        new = [name for name in value.extra if name not in known and _is_plain(name)]
        known.update(dict.fromkeys(new[: _MOST_LEARNED - len(known)]))
        for field in fields_of(type(value)).values():
            learn(getattr(value, field.attribute))


def _is_plain(name: str) -> bool:
    """Whether a struct may have a field of this name: JSON has no escapes in it."""
    return name.isprintable() and '"' not in name and "\\" not in name


class Compiled:
    """What reads the usual objects of a class; any surprise is an exception.

    Args:
        cls: The class.
        relation: Finds the reader of a field that holds an id or an object.

    Attributes:
        struct: What msgspec reads an object into.
        decode: Reads the text of an object into a struct.
        decode_list: Reads the text of a list of objects into structs.
        make: Makes the model of a struct.

    Raises:
        TypeError: A class does more with its values than to hold them.
    """

    def __init__(self, cls: type[Model], relation: Callable[[Shape], Reader]) -> None:
        self._names: dict[str, Any] = {
            "UNSET": msgspec.UNSET,
            "UTC": UTC,
            "read_date": read_date,
            "read_date_or_text": read_date_or_text,
        }
        self._unknown: dict[type[Model], tuple[str, ...]] = {}
        self._relation = relation
        self._structs: dict[type[Model], type[msgspec.Struct]] = {}
        struct = self.struct = self._struct(cls)
        self.decode: Callable[[Raw], Any] = msgspec.json.Decoder(struct).decode
        self.decode_list: Any = msgspec.json.Decoder(list[struct]).decode  # type: ignore[valid-type]
        self.make = self._maker(cls)

    @property
    def is_stale(self) -> bool:
        """Whether more unknown fields have been learned since."""
        return any(tuple(_learned[cls]) != names for cls, names in self._unknown.items())

    def _named(self, value: object) -> str:
        """Return a name for a value that was not there before."""
        name = f"value_{len(self._names)}"
        self._names[name] = value
        return name

    def _struct(self, cls: type[Model]) -> type[msgspec.Struct]:
        """Return what msgspec reads an object of a class into."""
        if cls not in self._structs:
            self._unknown[cls] = tuple(_learned[cls])
            known = fields_of(cls).values()
            unknown = self._unknown_fields(cls)
            self._structs[cls] = msgspec.defstruct(
                cls.__name__,
                [
                    *map(self._struct_field, known),
                    *((attribute, Any, msgspec.UNSET) for attribute, _ in unknown),
                ],
                rename={**{field.attribute: field.wire for field in known}, **dict(unknown)},
                kw_only=True,
                forbid_unknown_fields=True,
                gc=False,  # it holds no cycles, and nobody holds it for long
            )
        return self._structs[cls]

    def _struct_field(self, field: ModelField) -> tuple[Any, ...]:
        expected = self._type(field)
        if field.required and expected is not Any:  # of which the copier takes care
            return (field.attribute, expected)
        return (field.attribute, expected | None, None)

    def _type(self, shape: Shape) -> Any:
        if shape.item is not None:
            item: Any = self._type(shape.item)
            return tuple[item | None, ...] if shape.item.nullable else tuple[item, ...]
        if shape.kind is Kind.OBJECT and shape.model is not None:
            return self._struct(shape.model)
        return shape.enumeration or _TYPES.get(shape.kind, Any)

    def _unknown_fields(self, cls: type[Model]) -> list[tuple[str, str]]:
        return [(f"extra_{number}", wire) for number, wire in enumerate(self._unknown[cls])]

    def _maker(self, cls: type[Model]) -> Callable[[Any], Any]:
        """Return the function that makes the model of a struct.

        The __init__ of a frozen class pays object.__setattr__ for each field, which is more than
        all else. So a mutable twin of the same layout is filled, and then becomes an instance of
        the class itself.
        """
        lines = ["def make(struct):", f" model = {self._named(_mutable_twin(cls))}()"]
        for field in fields_of(cls).values():
            copied = self._copied(field, "v")
            if not field.required and (copied, field.default) != ("v", None):
                copied = f"{self._named(field.default)} if v is None else {copied}"
            lines.append(f" v = struct.{field.attribute}")
            lines.append(f" model.{field.attribute} = {copied}")
        unknown = self._unknown_fields(cls)
        if unknown:
            lines.append(" extra = {}")
        for attribute, wire in unknown:
            lines.append(f" v = struct.{attribute}")
            lines.append(f" if v is not UNSET: extra[{wire!r}] = v")
        lines.append(f" model._extra = {'extra or None' if unknown else 'None'}")
        lines.append(f" model.__class__ = {self._named(cls)}")
        lines.append(" return model")
        exec("\n".join(lines), self._names)  # noqa: S102 - made of the names in our own classes
        maker: Callable[[Any], Any] = self._names["make"]
        return maker

    def _copied(self, shape: Shape, value: str) -> str:
        """Return what is stored in a model for a value of a struct that is not None."""
        match shape.kind:
            case Kind.TIMESTAMP:
                return f"({value} if {value}.tzinfo is not None else {value}.replace(tzinfo=UTC))"
            case Kind.DATE:
                return f"{'read_date_or_text' if shape.keeps_text else 'read_date'}({value}, None)"
            case Kind.RELATION:
                read = self._named(self._relation(shape))
                return f"({value} if type({value}) is str else {read}({value}, None))"
            case Kind.OBJECT if shape.model is not None:
                return f"{self._named(self._maker(shape.model))}({value})"
            case Kind.LIST if shape.item is not None:
                item = self._copied(shape.item, "x")
                if item == "x":
                    return value
                item = f"None if x is None else {item}" if shape.item.nullable else item
                return f"tuple([{item} for x in {value}])"
            case _:
                return value


def _mutable_twin(cls: type[Model]) -> type:
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    creator = next(parent for parent in cls.__mro__ if "__init__" in vars(parent))
    if (
        "__attrs_attrs__" not in vars(creator)
        or hasattr(cls, "__attrs_post_init__")
        or cls.__new__ is not object.__new__
        or any(field.validator or not _is_harmless(field) for field in fields)
    ):
        raise TypeError(f"{cls.__name__} does more with its values than to hold them")
    unfrozen = {
        "__slots__": (),
        "__init__": object.__init__,
        "__repr__": object.__repr__,  # half filled, in a traceback
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    return type(f"_{cls.__name__}Twin", (cls,), unfrozen)


def _is_harmless(field: attrs.Attribute[Any]) -> bool:
    """Whether a converter is one of our own, which leave what the decoder makes as it is."""
    converter: object = cast("Any", field).converter
    return converter is None or _OURS in getattr(converter, "__module__", "")
