"""What the fields of a model are: read once from its class, for everybody who asks.

The codec, `repr`, masks, tables, columns of exports and descriptions of the API take from here
what a field is called on the wire, what it holds, and whether it is a secret or money.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache, partial
from typing import Annotated, Any, Final, NamedTuple, Union, cast, get_args, get_origin

import attrs

from allawee_async.models.base import Model, OpenEnum
from allawee_async.redaction import MASK, mask, without_named_secrets
from allawee_async.types import MINOR_UNITS, SECRET, JSONObject, JSONValue, marks_of


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    WHOLE_NUMBER = "whole number"
    NUMBER = "number"
    TRUTH = "true or false"
    TIMESTAMP = "timestamp"
    DATE = "date"
    CHOICE = "open enumeration"
    LIST = "list"
    OBJECT = "object"
    RELATION = "id or object"
    MAPPING = "free-form object"
    JSON = "any JSON"


class ReadingRule(NamedTuple):
    """What is read of a kind of field.

    Attributes:
        must: What a value must be: all else is refused, in these words.
        kept: What is kept as it came, as the documents show it by example only.
    """

    must: str
    kept: str = ""


RULES: Final[Mapping[Kind, ReadingRule]] = {
    Kind.TEXT: ReadingRule("a text"),
    Kind.WHOLE_NUMBER: ReadingRule("a whole number", "one of any length"),
    Kind.NUMBER: ReadingRule("a number", "whole or not: 2 does not become 2.0"),
    Kind.TRUTH: ReadingRule("true or false"),
    Kind.TIMESTAMP: ReadingRule("an ISO 8601 timestamp"),
    Kind.DATE: ReadingRule("a date (YYYY-MM-DD)", "a text that is no date"),
    Kind.CHOICE: ReadingRule("a text", "a value that the documents do not name"),
    Kind.LIST: ReadingRule("a list"),
    Kind.OBJECT: ReadingRule("an object", "fields that the documents do not name, in `extra`"),
    Kind.RELATION: ReadingRule(
        "a text or an object", "an object without all of its fields, or `{}`"
    ),
    Kind.MAPPING: ReadingRule("an object", "all that is in it"),
    Kind.JSON: ReadingRule("any JSON", "all of it"),
}
"""What is strict, and what is kept as it came. Strict besides: the fields without a default, which
are identity and time of creation, must be there; and money is a whole number of minor units."""

PLAIN_TYPES: Final[Mapping[Kind, type]] = {
    Kind.TEXT: str,
    Kind.WHOLE_NUMBER: int,
    Kind.NUMBER: float,
    Kind.TRUTH: bool,
    Kind.TIMESTAMP: datetime,
    Kind.DATE: date,
}
_FREE: Final = (Kind.RELATION, Kind.MAPPING, Kind.JSON)
_KINDS: Final[Mapping[frozenset[type], Kind]] = {
    **{frozenset({plain}): kind for kind, plain in PLAIN_TYPES.items()},
    frozenset({int, float}): Kind.NUMBER,
    frozenset({date, str}): Kind.DATE,
    frozenset({object}): Kind.JSON,  # what `JSONValue` is when a program runs
}


@attrs.frozen(kw_only=True)
class Shape:
    """What an annotation means, beside None.

    Attributes:
        kind: The kind of value.
        model: The class of an object, or of what the id of a relation leads to. A relation to
            something that no model describes has none.
        enumeration: The class of an open enumeration.
        item: What each item of a list is.
        nullable: Whether None is a value as well; for a field it means that there is none.
        keeps_text: Whether a text that is no date is kept as it came.
        secret: Whether nothing may show it.
        money: Whether it is an amount in minor units.
    """

    kind: Kind
    model: type[Model] | None = None
    enumeration: type[OpenEnum] | None = None
    item: Shape | None = None
    nullable: bool = False
    keeps_text: bool = False
    secret: bool = False
    money: bool = False

    @property
    def type(self) -> Any:
        """The class of a plain value, of an enumeration or of an object; None for the rest."""
        if self.keeps_text:
            return None
        is_held = self.kind is Kind.OBJECT or self.kind is Kind.CHOICE
        return (self.model or self.enumeration) if is_held else PLAIN_TYPES.get(self.kind)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that the documents name, of an open enumeration or a list of such."""
        if self.item is not None:
            return self.item.choices
        return tuple(str(member) for member in self.enumeration or ())


@attrs.frozen(kw_only=True)
class ModelField(Shape):
    """One field of a model.

    Attributes:
        attribute: The name in Python.
        wire: The name on the wire.
        default: What it holds where there is none, or `attrs.NOTHING`.
        currency: The wire name of the field that tells the currency of an amount in minor units;
            it stands in the same object, else in one around it. None for what is no money.
    """

    attribute: str
    wire: str
    default: Any = None
    currency: str | None = None

    @property
    def required(self) -> bool:
        """Whether an object without this field is refused."""
        return self.default is attrs.NOTHING


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """Return the wire's camelCase spelling of a Python name.

    One trailing run of underscores, which keeps a Python keyword apart, is dropped; leading
    underscores stay. A name that is camelCase already comes back unchanged, so the rule may be
    applied twice.

    Args:
        name: A Python name such as ``address_line_one`` or ``from_``.

    Example:
        >>> camel("address_line_one"), camel("from_"), camel("_id"), camel("last_4")
        ('addressLineOne', 'from', '_id', 'last4')
    """
    bare = name.lstrip("_")
    first, *rest = bare.rstrip("_").split("_")
    lead = name[: len(name) - len(bare)]
    return lead + first + "".join(part[:1].upper() + part[1:] for part in rest)


def fields_of(model: type[Model] | None) -> Mapping[str, ModelField]:
    """Return the fields of a model in their order, by wire name; no model, no fields.

    What a model keeps in `extra` is none of them.
    """
    return {} if model is None else _fields_of(cast("Any", model))


@cache
def _fields_of(model: Any) -> Mapping[str, ModelField]:
    fields = [_field(found) for found in attrs.fields(model) if found.name != "_extra"]
    return types.MappingProxyType({field.wire: field for field in fields})


def _field(found: attrs.Attribute[Any]) -> ModelField:
    shape = shape_of(found.type)
    currency = camel(found.metadata.get("currency", "currency"))
    return ModelField(
        **attrs.asdict(shape, recurse=False),
        attribute=found.name,
        wire=found.metadata.get("wire") or camel(found.name),
        default=found.default,
        currency=currency if shape.money else None,
    )


def paths_of(model: type[Model] | None, prefix: str = "") -> Iterator[tuple[str, ModelField]]:
    """Yield the dotted wire names of all fields of an object, those of inner objects as well."""
    for name, field in fields_of(model).items():
        if field.kind is Kind.OBJECT:
            yield from paths_of(field.model, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def field_at(model: type[Model] | None, path: str) -> ModelField | None:
    """Return the field that a dotted wire name leads to, or None if no model knows it.

    Numbers in it, which are places in lists, lead to the items.
    """
    field: ModelField | None = None
    for step in path.split("."):
        if not step.isdecimal():
            field = fields_of(model).get(step)
            model = None if field is None else (field.item or field).model
    return field


def shape_of(annotation: object) -> Shape:
    """Return what an annotation means: `Claims | FreeForm` is an object, a `Claims`.

    Raises:
        TypeError: There is no rule for it.
    """
    members, marks = members_of(annotation), marks_of(annotation)
    is_nullable = types.NoneType in get_args(annotation)
    of = partial(Shape, nullable=is_nullable, secret=SECRET in marks, money=MINOR_UNITS in marks)
    for member in members:
        if is_kind_of(member, Model):
            return of(kind=Kind.RELATION if str in members else Kind.OBJECT, model=member)
        if is_kind_of(member, OpenEnum):
            return of(kind=Kind.CHOICE, enumeration=member)
        if get_origin(member) in (tuple, list, Sequence):
            return of(kind=Kind.LIST, item=shape_of(get_args(member)[0]))
    if any(get_origin(member) in (dict, Mapping) for member in members):
        return of(kind=Kind.RELATION if str in members else Kind.MAPPING)
    kind = _KINDS.get(frozenset(members))
    if kind is None:
        raise TypeError(f"no rule for {annotation}")
    return of(kind=kind, keeps_text=kind is not Kind.TEXT and str in members)


def members_of(annotation: object) -> list[Any]:
    """Return the types of a union but None, without marks; the type itself, if it is none."""
    is_union = get_origin(annotation) in (Union, types.UnionType)
    members = get_args(annotation) if is_union else (annotation,)
    return [
        get_args(one)[0] if get_origin(one) is Annotated else one
        for one in members
        if one is not types.NoneType
    ]


def is_kind_of(member: object, parent: type) -> bool:
    """Whether it is a class of this kind."""
    return isinstance(member, type) and issubclass(member, parent)


def masked(document: JSONObject, model: type[Model] | None, *, doubt: bool = False) -> JSONObject:
    """Return an object in wire names with `***` in the place of its secrets, at any depth.

    Secrets are the fields that `repr` hides, too, and what their names say are secrets, in
    free-form objects and among the fields that no model knows.

    Args:
        document: The object.
        model: What it is, if a model says so.
        doubt: Whether fields that the model does not know are taken for secrets as well.
    """
    fields = fields_of(model)
    clean: JSONObject = {}
    for name, value in document.items():
        field = fields.get(name)
        if field is not None:
            clean[name] = masked_value(value, field)
        elif doubt and value is not None:
            clean[name] = MASK
        else:
            clean[name] = without_named_secrets(name, value)
    return clean


def masked_value(value: JSONValue, shape: Shape) -> JSONValue:
    """Return what a field holds, in wire names, without its secrets."""
    match value:
        case None:
            return None
        case _ if shape.secret:
            return MASK
        case list():
            return [masked_value(item, shape.item or shape) for item in value]
        case dict() if shape.model is not None:
            return masked(value, shape.model)
        case str() if shape.kind is Kind.OBJECT:
            return mask(value)  # in the place of an object it may be anything
        case str() | dict() if shape.kind in _FREE:
            return without_named_secrets("", value)
        case _:
            return value
