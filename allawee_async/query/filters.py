"""Filters: ``F`` builds the expressions of the API's query language, without I/O."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, Never, TypeAlias

from allawee_async.errors import ConfigurationError
from allawee_async.models.schema import camel
from allawee_async.query import grammar as query_text
from allawee_async.query.times import Time

__all__ = ["Expression", "F", "Field", "FieldBuilder", "Filter", "NegatedField", "Scalar"]

Scalar: TypeAlias = str | int | float | Decimal | bool
Orderable: TypeAlias = int | float | Decimal | Time

_PARENTHESES = "put each comparison in parentheses: (F.a == 1) & (F.b == 2)"
_ALTERNATIVES = "`|` cannot join filters: give the alternatives as a list, or_=[F.a == 1, F.b == 2]"


class _Immutable:
    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        message = f"{type(self).__name__} is read-only, {name!r} cannot be set; compare with =="
        raise AttributeError(message)

    def __delattr__(self, name: str) -> None:
        message = f"{type(self).__name__} is read-only, {name!r} cannot be deleted"
        raise AttributeError(message)


class Expression(_Immutable):
    """One condition of a filter, or several that were joined with ``&`` and must all hold.

    ``str(expression)`` is the text that is sent. Expressions with the same text are equal. An
    expression has no truth value: ``and``, ``or``, ``not``, ``in`` and chained comparisons raise
    `ConfigurationError`.

    Attributes:
        parts: The text of every condition; more than one after ``&``.

    Example:
        >>> (F.status == "active") & (F.amount >= 50_000)
        F('status|eq|active amount|gte|50000')
    """

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __init__(self, *parts: str) -> None:
        object.__setattr__(self, "parts", parts)

    def __str__(self) -> str:
        return " ".join(self.parts)

    def __repr__(self) -> str:
        return f"F({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Expression) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> tuple[type["Expression"], tuple[str, ...]]:
        return Expression, self.parts

    def __and__(self, other: "Expression") -> "Expression":
        return Expression(*self.parts, *_parts(other))

    def __rand__(self, other: Never) -> "Expression":
        return Expression(*_parts(other), *self.parts)

    def __or__(self, other: Never) -> Never:
        raise ConfigurationError(_ALTERNATIVES)

    def __ror__(self, other: Never) -> Never:
        raise ConfigurationError(_ALTERNATIVES)

    def __invert__(self) -> Never:
        message = "`~` cannot negate a filter: use !=, .not_like, .not_in or nor=[...]"
        raise ConfigurationError(message)

    def __bool__(self) -> Never:
        message = (
            "a filter has no truth value: join filters with & (not `and`), give alternatives as "
            "or_=[...] (not `or`), write .in_(...) for `in`, and both ends of a range one by one: "
            "(F.amount > 1) & (F.amount < 5)"
        )
        raise ConfigurationError(message)


Filter: TypeAlias = str | Expression | Sequence[str | Expression]


class NegatedField(_Immutable):
    """A field with a minus: descending in ``sort=``, left out in ``select=``.

    It comes from ``-F.created_at``; ``str()`` of it is the text that is sent, ``-createdAt``.
    """

    __slots__ = ("__wire__",)
    __wire__: str

    def __init__(self, field: "Field") -> None:
        object.__setattr__(self, "__wire__", f"-{field}")

    def __str__(self) -> str:
        return self.__wire__

    def __repr__(self) -> str:
        return f"-F[{self.__wire__[1:]!r}]"

    def __reduce__(self) -> tuple[type["NegatedField"], tuple["Field"]]:
        return NegatedField, (Field(self.__wire__[1:]),)


class Field(_Immutable):
    """A field of an object, by its wire path. Take it from `F`: ``F.created_at``.

    Comparisons and methods return an `Expression`; further attributes and ``[...]`` lead to inner
    fields. An inner field that has the name of a method is reached by ``F.tags["size"]``.
    ``str(field)`` is the path. Misuse raises `ConfigurationError`.

    Example:
        >>> F.claims.individual_information.email == "ada@example.com"
        F('claims.individualInformation.email|eq|ada@example.com')
    """

    __slots__ = ("__wire__",)  # a dunder, so that no field of the API is hidden by it
    __wire__: str

    def __init__(self, path: str) -> None:
        object.__setattr__(self, "__wire__", query_text.valid(path))

    def __getattr__(self, name: str) -> "Field":
        return Field(f"{self}.{_attribute(name)}")

    def __getitem__(self, path: str) -> "Field":
        return Field(f"{self}.{_item(path)}")

    def __str__(self) -> str:
        return self.__wire__

    def __repr__(self) -> str:
        return f"F[{self.__wire__!r}]"

    def __reduce__(self) -> tuple[type["Field"], tuple[str]]:
        return Field, (self.__wire__,)

    # By identity: `==` gives an expression, so equal hashes of two objects would end in an error.
    __hash__ = object.__hash__

    def __neg__(self) -> NegatedField:
        return NegatedField(self)

    def __eq__(self, value: object) -> Expression:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Expression(query_text.comparison(str(self), "eq", value))

    def __ne__(self, value: object) -> Expression:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Expression(query_text.comparison(str(self), "ne", value))

    def __lt__(self, value: Orderable) -> Expression:
        return Expression(query_text.ordering(str(self), "lt", value))

    def __le__(self, value: Orderable) -> Expression:
        return Expression(query_text.ordering(str(self), "lte", value))

    def __gt__(self, value: Orderable) -> Expression:
        return Expression(query_text.ordering(str(self), "gt", value))

    def __ge__(self, value: Orderable) -> Expression:
        return Expression(query_text.ordering(str(self), "gte", value))

    def like(self, pattern: str) -> Expression:
        r"""The text matches a regular expression, case ignored.

        To search for literal text, escape ``.``, ``+``, ``*``, ``(`` and the like with a backslash.

        Example:
            >>> F.name.like("ade"), F.name.like("ada obi")
            (F('name|like|ade'), F('name~"ada obi"'))
        """
        return Expression(query_text.matching(str(self), "like", pattern))

    def not_like(self, pattern: str) -> Expression:
        """The text does not match a regular expression, case ignored."""
        return Expression(query_text.matching(str(self), "nlike", pattern))

    def in_(self, *values: Scalar | Iterable[Scalar]) -> Expression:
        """The value is one of the given: several arguments, or one list, tuple or set.

        Raises:
            ConfigurationError: No values, or one with a space, comma, quote or bar, for which the
                query language has no list form.

        Example:
            >>> F.type.in_("main", "sub")
            F('type|in|main,sub')
        """
        return Expression(query_text.listing(str(self), "in", values))

    def not_in(self, *values: Scalar | Iterable[Scalar]) -> Expression:
        """The value is none of the given; see `in_`."""
        return Expression(query_text.listing(str(self), "nin", values))

    def all_of(self, *values: Scalar | Iterable[Scalar]) -> Expression:
        """The array holds all of the given values; see `in_`."""
        return Expression(query_text.listing(str(self), "all", values))

    def size(self, count: int) -> Expression:
        """The array has exactly ``count`` entries, 0 or more."""
        return Expression(query_text.sizing(str(self), "size", count))

    def not_size(self, count: int) -> Expression:
        """The array has another number of entries than ``count``."""
        return Expression(query_text.sizing(str(self), "nsize", count))

    def exists(self, value: bool = True) -> Expression:  # noqa: FBT001, FBT002 - one plain question
        """The field is there, or with ``False`` is not there."""
        return Expression(query_text.existence(str(self), value))

    def __and__(self, other: Never) -> Never:
        raise ConfigurationError(f"a field alone is no filter: {_PARENTHESES}")

    __rand__ = __and__

    def __or__(self, other: Never) -> Never:
        raise ConfigurationError(_ALTERNATIVES)

    __ror__ = __or__

    def __bool__(self) -> Never:
        message = f"a field has no truth value: write F[{str(self)!r}].exists() or compare it"
        raise ConfigurationError(message)


class FieldBuilder(_Immutable):
    """The class of `F`, the start of every filter.

    ``F.created_at`` is the wire's ``createdAt``; ``F["metadata.user_id"]`` is taken as it stands.

    Example:
        >>> F.created_at, F.metadata["user_id"], F.from_
        (F['createdAt'], F['metadata.user_id'], F['from'])
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Field:
        return Field(_attribute(name))

    def __getitem__(self, path: str) -> Field:
        return Field(_item(path))

    def __repr__(self) -> str:
        return "F"

    def __reduce__(self) -> str:
        return "F"


F: Final = FieldBuilder()


def _attribute(name: str) -> str:
    # Dunders, and names such as _repr_html_, are asked for by copy, pickle, inspect and notebooks.
    if name.startswith("_") and name.endswith("_"):
        raise AttributeError(name)
    return camel(name)


def _item(path: object) -> str:
    if not isinstance(path, str):
        message = (
            f"[...] takes the path of a field as text, not {query_text.kind(path)}; a field cannot "
            "be iterated, and `value in F.tags` is written F.tags == value or F.tags.in_(...)"
        )
        raise ConfigurationError(message)
    return path


def _parts(value: object) -> tuple[str, ...]:
    if not isinstance(value, Expression):
        message = f"& joins filters, not {query_text.kind(value)}: {_PARENTHESES}; or give a list"
        raise ConfigurationError(message)
    return value.parts
