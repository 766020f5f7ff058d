"""One generated reader for each model class: the fast way for the usual object.

It checks types in place and fills the slots directly, nested models included. At any surprise (a
wrong type, a missing field) it hands the whole object to `read_carefully`, which either succeeds
or says what is wrong. So the usual object costs little, and one place judges the unusual.
"""

from __future__ import annotations

from datetime import date, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from allawee_async.codec.reading import (
    FieldPlan,
    ModelPlan,
    Reader,
    read_bool,
    read_carefully,
    read_date,
    read_int,
    read_object,
    read_str,
    read_timestamp,
)
from allawee_async.models.common import Model, OpenEnum

if TYPE_CHECKING:
    from collections.abc import Iterator

E = TypeVar("E", bound=OpenEnum)

_MOST_KEPT: Final = 256
_ABSENT: Final = object()
_EXACT: Final[dict[Any, str]] = {read_int: "int", read_bool: "bool", read_object: "dict"}


def compile_reader(plan: ModelPlan) -> Reader:
    """Return the reader of a model class, generated for its fields."""

    def careful(value: Any) -> Model:
        return read_carefully(value, plan)

    source = _Source(careful)
    lines = [
        "def read(value, _=None):",
        " try:",
        *source.model(plan, "value", "result", " " * 2),
        " except Exception:",
        "  return careful(value)",
        " return result",
    ]
    exec("\n".join(lines), source.names)  # noqa: S102 - made of the names in our own classes
    read: Reader = source.names["read"]
    return _remembering(plan, read) if _repeats(plan) else read


class _Source:
    """The text of a reader, and the values that it refers to by name."""

    def __init__(self, careful: Any) -> None:
        self.names: dict[str, Any] = {
            "careful": careful,
            "absent": _ABSENT,
            "timestamp": datetime.fromisoformat,
            "birthday": date.fromisoformat,
        }
        self._count = 0

    def unique(self, kind: str) -> str:
        """Return a name that was not there before."""
        self._count += 1
        return f"{kind}{self._count}"

    def named(self, kind: str, value: object) -> str:
        """Return a new name for a value."""
        name = self.unique(kind)
        self.names[name] = value
        return name

    def model(self, plan: ModelPlan, value: str, result: str, pad: str) -> Iterator[str]:
        """Write the lines that read a model out of the variable `value` into `result`.

        The __init__ of a frozen class pays object.__setattr__ for each field, which is more than
        all the checks. So a mutable twin of the same layout is filled, and then becomes an
        instance of the class itself.
        """
        get, count = self.unique("get"), self.unique("count")
        known = self.named("known", frozenset(field.wire for field in plan.fields))
        yield f"{pad}{result} = {self.named('Twin', _mutable_twin(plan.cls))}()"
        yield f"{pad}{get} = {value}.get"
        yield f"{pad}{count} = {len(plan.fields)}"
        for field in plan.fields:
            store = f"{result}.{field.attribute}"
            yield f"{pad}v = {get}({field.wire!r}, absent)"
            yield from self._value(field, store, pad)
            if not field.required:
                default = "None"
                if field.default is not None:
                    default = self.named("default", field.default)
                yield f"{pad}elif v is None: {store} = {default}"
                yield f"{pad}elif v is absent: {store} = {default}; {count} -= 1"
            yield f"{pad}else: return careful(value)"
        extra = f"{{k: x for k, x in {value}.items() if k not in {known}}}"
        yield f"{pad}{result}._extra = None if len({value}) == {count} else {extra}"
        yield f"{pad}{result}.__class__ = {self.named('cls', plan.cls)}"

    def _value(self, field: FieldPlan, store: str, pad: str) -> Iterator[str]:
        """Write the lines that take the variable `v`, if it is what it usually is."""
        if field.model is None or _repeats(field.model):
            usual, taken = self._plain(field)
            yield f"{pad}if {usual}: {store} = {taken}"
        else:
            value, result = self.unique("value"), self.unique("result")
            yield f"{pad}if type(v) is dict:"
            yield f"{pad} {value} = v"
            yield from self.model(field.model, value, result, pad + " ")
            yield f"{pad} {store} = {result}"

    def _plain(self, field: FieldPlan) -> tuple[str, str]:
        """Return what tells that `v` is usual, and what is then stored."""
        if field.type is str:
            return "type(v) is str", "v"
        if field.read in _EXACT:
            return f"type(v) is {_EXACT[field.read]}", "v"
        if field.read is read_timestamp:
            usual = "type(v) is str and len(v) > 16 and v[10] == 'T'"
            return f"{usual} and (v := timestamp(v)).tzinfo is not None", "v"
        read = self.named("read", field.read)
        if field.read is read_date:
            padded = "len(v) == 10 and v[4] == '-' == v[7]"
            return "type(v) is str", f"birthday(v) if {padded} else {read}(v, None)"
        if field.read is read_str:
            return "type(v) is str", f"{self.named('members', _Members(field.type))}[v]"
        expected = self.named("type", field.type)
        return "v is not None and v is not absent", f"{read}(v, {expected})"


def _mutable_twin(cls: type[Model]) -> type:
    unfrozen = {
        "__slots__": cls.__dict__["__slots__"],
        "__init__": object.__init__,
        "__repr__": object.__repr__,  # half filled, in a traceback
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    return type(f"_{cls.__name__}Twin", cls.__bases__, unfrozen)


class _Members(dict[str, E]):
    """The members of an open enumeration by their text, with the unknown ones seen so far."""

    def __init__(self, cls: type[E]) -> None:
        members: Any = cls  # which type checkers take for a text
        super().__init__({member.value: member for member in members})
        self._cls = cls

    def __missing__(self, value: str) -> E:
        member = self._cls(value)
        if len(self) < _MOST_KEPT:
            self[value] = member
        return member


def _repeats(plan: ModelPlan) -> bool:
    """Whether all fields are enumerated, so that the same few values come again and again."""
    return bool(plan.fields) and all(
        field.read is read_str and field.type is not str for field in plan.fields
    )


def _remembering(plan: ModelPlan, read: Reader) -> Reader:
    """Return a reader that hands out the same instance for the same complete object.

    A model is a frozen value, so nobody can tell; and a page of customers has a third fewer
    objects to make and to collect.
    """
    wires = [field.wire for field in plan.fields]
    values_of = itemgetter(*wires, wires[0])  # two at least, so that it returns a tuple
    kept: dict[tuple[str, ...], Model] = {}

    def read_repeated(value: Any, _: object) -> Any:
        try:
            key = values_of(value) if len(value) == len(wires) else None
            known = kept.get(key) if key is not None else None
        except (KeyError, TypeError):
            return read(value, _)
        if known is not None:
            return known
        model = read(value, _)
        if key is not None and len(kept) < _MOST_KEPT and all(type(v) is str for v in key):
            kept[key] = model
        return model

    return read_repeated
