"""What models are made with: the decorator, the base class, open enumerations, marks of fields.

A model is a value: frozen, slotted, keyword-only, without any behaviour of its own. What the API
sends beyond the documents is kept in `extra` and written back by `allawee_async.to_dict`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar, dataclass_transform

import attrs

from allawee_async.redaction import MASK
from allawee_async.types import JSONValue, Strings

__all__ = ["MONEY", "SECRET", "Model", "OpenEnum", "as_tuple", "model"]

C = TypeVar("C")

SECRET: Final = {"secret": True}
"""Metadata of a field that nothing shows: `attrs.field(metadata=SECRET)`."""

MONEY: Final = {"money": "currency"}
"""Metadata of an amount in minor units: the name of the field that tells its currency."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field,))
def model(cls: type[C]) -> type[C]:
    """Make `cls` a model: a frozen, slotted attrs class with the `repr` of `Model`."""
    return attrs.frozen(cls, kw_only=True, repr=False)


def _or_none(value: Mapping[str, JSONValue] | None) -> Mapping[str, JSONValue] | None:
    return value or None  # an object costs nothing for the extra fields that it has not


def as_tuple(value: Strings | None) -> tuple[str, ...] | None:
    """Return texts as a tuple, so that a model that holds them is a value; for `converter=`."""
    return None if value is None else tuple(value)


@model
class Model:
    """The base of all models.

    Attributes:
        extra: The fields that the API sent and the documents do not name, in wire names.
    """

    if TYPE_CHECKING:
        __attrs_attrs__: ClassVar[tuple[attrs.Attribute[Any], ...]]
        extra: Mapping[str, JSONValue] = attrs.field(default={})
    else:
        _extra: Mapping[str, JSONValue] | None = attrs.field(
            default=None, alias="extra", converter=_or_none, hash=False
        )

        @property
        def extra(self) -> Mapping[str, JSONValue]:
            """The fields that the API sent and the documents do not name, in wire names."""
            return self._extra or {}

    def __repr__(self) -> str:
        """Show what is there: no empty fields, no secrets, of `extra` the names only."""
        shown: list[str] = []
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if value is None:
                continue
            if field.name == "_extra":
                shown.append(f"extra=<{', '.join(map(repr, value))}>")
            else:
                text = MASK if "secret" in field.metadata else repr(value)
                shown.append(f"{field.name}={text}")
        return f"{type(self).__name__}({', '.join(shown)})"


if TYPE_CHECKING:

    class OpenEnum(str):
        """Known values of a field whose list is not closed.

        To a type checker it is a text with some named values. An enumeration would be closed: a
        comparison with a value that it does not name would count as a mistake.
        """

        __slots__ = ()

        @property
        def value(self) -> str:
            """The text."""
            ...

        @property
        def is_known(self) -> bool:
            """Whether the documents name this value."""
            ...

else:

    class OpenEnum(StrEnum):
        """Known values of a field whose list is not closed.

        A member equals its text (`customer.status == "active"`). A value that the documents do not
        name is kept: it is a member without a name, of which `is_known` is false.
        """

        @classmethod
        def _missing_(cls, value: object) -> Self | None:
            if not isinstance(value, str):
                return None
            member = str.__new__(cls, value)
            member._name_ = "unknown"
            member._value_ = value
            return member

        @property
        def is_known(self) -> bool:
            """Whether the documents name this value."""
            return self._value_ in type(self)._value2member_map_
