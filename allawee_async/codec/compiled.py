"""The fast way from JSON to models: a decoder in C, and one generated copier for each class.

msgspec reads the usual object into a struct that is made of the model's schema: it checks every
type and finds every unknown field. The copier makes the model of the struct. What either of them
refuses is read again by `read_carefully`, the judge of what is wrong, and where. So the usual
object costs little, and one place judges the unusual.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from functools import partial
from typing import Any, Final, cast

import attrs
import msgspec

from allawee_async.codec.json import Raw
from allawee_async.codec.reading import Reader, read_date, read_date_or_text
from allawee_async.models.base import Model, OpenEnum
from allawee_async.models.schema import PLAIN_TYPES, Kind, ModelField, Shape, fields_of

_MOST_KEPT: Final = 256
_MOST_LEARNED: Final = 32
"""Unknown fields of one class. More than that are no new fields, but the keys of a map."""

_TYPES: Final[dict[Kind, Any]] = {
    **PLAIN_TYPES,
    Kind.CHOICE: str,
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
        copy: Makes the models of structs.

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
        self.copy = self._copier(cls)

    @property
    def is_stale(self) -> bool:
        """Whether more unknown fields have been learned since."""
        return any(tuple(_learned[cls]) != names for cls, names in self._unknown.items())

    def _named(self, value: object = None) -> str:
        """Return a name that was not there before, for a value if there is one already."""
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
        return _TYPES.get(shape.kind, Any)

    def _unknown_fields(self, cls: type[Model]) -> list[tuple[str, str]]:
        return [(f"extra_{number}", wire) for number, wire in enumerate(self._unknown[cls])]

    def _copier(self, cls: type[Model]) -> Callable[[list[Any]], list[Any]]:
        """Return the function that makes the models of structs."""
        lines = [
            "def copy(structs):",
            " models = []",
            " for struct in structs:",
            *self._model(cls, "struct", "model", "  "),
            "  models.append(model)",
            " return models",
        ]
        exec("\n".join(lines), self._names)  # noqa: S102 - made of the names in our own classes
        copier: Callable[[list[Any]], list[Any]] = self._names["copy"]
        return copier

    def _model(self, cls: type[Model], struct: str, model: str, pad: str) -> Iterator[str]:
        """Write the lines that make a model of a struct, and those of the models in it.

        The __init__ of a frozen class pays object.__setattr__ for each field, which is more than
        all else. So a mutable twin of the same layout is filled, and then becomes an instance of
        the class itself. A function for each class would cost a call for each object.
        """
        yield f"{pad}{model} = {self._named(_mutable_twin(cls))}()"
        for field in fields_of(cls).values():
            yield from self._field(field, f"{struct}.{field.attribute}", model, pad)
        unknown = self._unknown_fields(cls)
        if unknown:
            yield f"{pad}extra = {{}}"
            for attribute, wire in unknown:
                yield f"{pad}v = {struct}.{attribute}"
                yield f"{pad}if v is not UNSET: extra[{wire!r}] = v"
        yield f"{pad}{model}._extra = {'extra or None' if unknown else 'None'}"
        yield f"{pad}{model}.__class__ = {self._named(cls)}"

    def _field(self, field: ModelField, value: str, model: str, pad: str) -> Iterator[str]:
        store = f"{model}.{field.attribute}"
        plain = field.required or field.default is None
        default = "None" if plain else self._named(field.default)
        if field.kind is Kind.OBJECT and field.model is not None:
            outer, inner = self._named(), self._named()
            yield f"{pad}{outer} = {value}"
            yield f"{pad}if {outer} is None: {store} = {default}"
            yield f"{pad}else:"
            yield from self._model(field.model, outer, inner, f"{pad} ")
            yield f"{pad} {store} = {inner}"
            return
        copied = self._copied(field, "v")
        if copied == "v" and plain:
            yield f"{pad}{store} = {value}"
            return
        yield f"{pad}v = {value}"
        otherwise = "" if field.required else f"{default} if v is None else "
        yield f"{pad}{store} = {otherwise}{copied}"

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
            case Kind.CHOICE if shape.enumeration is not None:
                return f"{self._named(_members(shape.enumeration))}[{value}]"
            case Kind.LIST if shape.item is not None:
                return self._copied_list(shape.item, value)
            case _:
                return value

    def _copied_list(self, item: Shape, value: str) -> str:
        if item.kind is not Kind.OBJECT or item.model is None:
            copied = self._copied(item, "x")
        elif _repeats(item.model) and not self._unknown[item.model]:
            repeated = self._named(_Kept(partial(_of_texts, item.model)))
            key = ", ".join(f"x.{field.attribute}" for field in fields_of(item.model).values())
            copied = f"{repeated}[{key}]"
        else:
            copy = self._named(self._copier(item.model))
            if not item.nullable:
                return f"tuple({copy}({value}))"
            copied = f"{copy}([x])[0]"
        if copied == "x":
            return value
        copied = f"None if x is None else {copied}" if item.nullable else copied
        return f"tuple([{copied} for x in {value}])"


class _Kept(dict[Any, Any]):
    """Values by what they are made of: the first that were asked for are kept.

    Models and members are frozen values, so nobody can tell that it is the same one; and a page of
    customers has a third fewer objects to make and to collect.
    """

    def __init__(self, make: Callable[[Any], Any], known: Mapping[Any, Any] | None = None) -> None:
        super().__init__(known or {})
        self._make = make

    def __missing__(self, key: Any) -> Any:
        value = self._make(key)
        if len(self) < _MOST_KEPT:
            self[key] = value
        return value


def _members(cls: type[OpenEnum]) -> _Kept:
    return _Kept(cls, {member.value: member for member in cls})


def _repeats(cls: type[Model]) -> bool:
    """Whether all fields are enumerated, so that the same few values come again and again."""
    fields = fields_of(cls).values()
    return len(fields) > 1 and all(field.kind is Kind.CHOICE for field in fields)


def _of_texts(cls: type[Model], texts: tuple[str | None, ...]) -> Model:
    pairs = zip(fields_of(cls).values(), texts, strict=True)
    values: dict[str, Any] = {
        field.attribute: field.enumeration(text)
        for field, text in pairs
        if field.enumeration is not None and text is not None
    }
    return cls(**values)


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
