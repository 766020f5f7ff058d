"""Filters: ``F`` builds the expressions of the API's query language, without I/O.

What is written is the long form with a bare value, ``status|eq|active``. The documents show quotes
in the shorthand only, so a value that needs them is written as ``name:"Ada Obi"``. Whatever the
documents leave without a reading is refused with `ConfigurationError`.

Error texts name fields and types, never values: a filter may hold an identity number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from typing import Final, Never, Self, TypeAlias, cast

from allawee_async.errors import ConfigurationError
from allawee_async.models.schema import camel
from allawee_async.query.times import Time, timestamp

Scalar: TypeAlias = str | int | float | Decimal | bool
Orderable: TypeAlias = int | float | Decimal | Time

_PARENTHESES = "put each comparison in parentheses: (F.a == 1) & (F.b == 2)"
_ALTERNATIVES = "`|` cannot join filters: give the alternatives as a list, or_=[F.a == 1, F.b == 2]"

_NAME = r'[^\s\x00-\x1f\x7f\ufeff\ud800-\udfff|:=!<>~"\\,.]+'
_PATH = re.compile(rf"(?!-){_NAME}(?:\.{_NAME})*")
# JavaScript, and so perhaps the server, takes U+FEFF for a space; Python's \s does not.
_NEEDS_QUOTES = re.compile(r'[\s\ufeff"<>|]')
SURROGATE = re.compile(r"[\ud800-\udfff]")
_SHORTHAND = {"eq": ("", ":"), "ne": ("-", ":"), "like": ("", "~"), "nlike": ("-", "~")}
_MAX_DIGITS = 400  # every float fits; Decimal("1e999999") would be a megabyte of zeros


class _Immutable:
    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        message = f"{type(self).__name__} is read-only, {name!r} cannot be set; compare with =="
        raise AttributeError(message)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is read-only, {name!r} cannot be deleted")


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

    __ror__ = __or__

    def __invert__(self) -> Never:
        message = "`~` cannot negate a filter: use !=, .not_like, .not_in or nor=[...]"
        raise ConfigurationError(message)

    def __bool__(self) -> Never:
        raise ConfigurationError(
            "a filter has no truth value: join filters with & (not `and`), give alternatives as "
            "or_=[...] (not `or`), write .in_(...) for `in`, and both ends of a range one by one: "
            "(F.amount > 1) & (F.amount < 5)"
        )


Filter: TypeAlias = str | Expression | Sequence[str | Expression]


class _Named(_Immutable):
    __slots__ = ("__wire__",)  # a dunder, so that no field of the API is hidden by it
    __wire__: str

    def __init__(self, wire: str) -> None:
        object.__setattr__(self, "__wire__", wire)

    def __str__(self) -> str:
        return self.__wire__

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.__wire__,)


class NegatedField(_Named):
    """A field with a minus: descending in ``sort=``, left out in ``select=``.

    It comes from ``-F.created_at``; ``str()`` of it is the text that is sent, ``-createdAt``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"-F[{self.__wire__[1:]!r}]"


class Field(_Named):
    """A field of an object, by its wire path. Take it from `F`: ``F.created_at``.

    Comparisons and methods return an `Expression`; further attributes and ``[...]`` lead to inner
    fields. An inner field that has the name of a method is reached by ``F.tags["size"]``.
    ``str(field)`` is the path. Misuse raises `ConfigurationError`.

    Example:
        >>> F.claims.individual_information.email == "ada@example.com"
        F('claims.individualInformation.email|eq|ada@example.com')
    """

    __slots__ = ()

    def __init__(self, path: str) -> None:
        super().__init__(valid(path))

    def __getattr__(self, name: str) -> "Field":
        return Field(f"{self}.{_attribute(name)}")

    def __getitem__(self, path: str) -> "Field":
        return Field(f"{self}.{_item(path)}")

    def __repr__(self) -> str:
        return f"F[{self.__wire__!r}]"

    # By identity: `==` gives an expression, so equal hashes of two objects would end in an error.
    __hash__ = object.__hash__

    def __neg__(self) -> NegatedField:
        return NegatedField(f"-{self}")

    def __eq__(self, value: object) -> Expression:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return _comparison(self, "eq", value)

    def __ne__(self, value: object) -> Expression:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return _comparison(self, "ne", value)

    def __lt__(self, value: Orderable) -> Expression:
        return _ordering(self, "lt", value)

    def __le__(self, value: Orderable) -> Expression:
        return _ordering(self, "lte", value)

    def __gt__(self, value: Orderable) -> Expression:
        return _ordering(self, "gt", value)

    def __ge__(self, value: Orderable) -> Expression:
        return _ordering(self, "gte", value)

    def like(self, pattern: str) -> Expression:
        r"""The text matches a regular expression, case ignored.

        To search for literal text, escape ``.``, ``+``, ``*``, ``(`` and the like with a backslash.

        Example:
            >>> F.name.like("ade"), F.name.like("ada obi")
            (F('name|like|ade'), F('name~"ada obi"'))
        """
        return _matching(self, "like", pattern)

    def not_like(self, pattern: str) -> Expression:
        """The text does not match a regular expression, case ignored."""
        return _matching(self, "nlike", pattern)

    def in_(self, *values: Scalar | Iterable[Scalar]) -> Expression:
        """The value is one of the given: several arguments, or one list, tuple or set.

        Raises:
            ConfigurationError: No values, or one with a space, comma, quote or bar, for which the
                query language has no list form.

        Example:
            >>> F.type.in_("main", "sub")
            F('type|in|main,sub')
        """
        return _listing(self, "in", values)

    def not_in(self, *values: Scalar | Iterable[Scalar]) -> Expression:
        """The value is none of the given; see `in_`."""
        return _listing(self, "nin", values)

    def all_of(self, *values: Scalar | Iterable[Scalar]) -> Expression:
        """The array holds all of the given values; see `in_`."""
        return _listing(self, "all", values)

    def size(self, count: int) -> Expression:
        """The array has exactly ``count`` entries, 0 or more."""
        return _sizing(self, "size", count)

    def not_size(self, count: int) -> Expression:
        """The array has another number of entries than ``count``."""
        return _sizing(self, "nsize", count)

    def exists(self, value: bool = True) -> Expression:  # noqa: FBT001, FBT002 - one plain question
        """The field is there, or with ``False`` is not there."""
        if not isinstance(cast("object", value), bool):
            raise ConfigurationError(f"exists of {self} takes True or False, not {kind(value)}")
        return _condition(self, "exists", _scalar(self, value))

    def __and__(self, other: Never) -> Never:
        raise ConfigurationError(f"a field alone is no filter: {_PARENTHESES}")

    __rand__ = __and__

    def __or__(self, other: Never) -> Never:
        raise ConfigurationError(_ALTERNATIVES)

    __ror__ = __or__

    def __bool__(self) -> Never:
        raise ConfigurationError(
            f"a field has no truth value: write {self!r}.exists() or compare it"
        )


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
        raise ConfigurationError(
            f"[...] takes the path of a field as text, not {kind(path)}; a field cannot "
            "be iterated, and `value in F.tags` is written F.tags == value or F.tags.in_(...)"
        )
    return path


def _parts(value: object) -> tuple[str, ...]:
    if not isinstance(value, Expression):
        message = f"& joins filters, not {kind(value)}: {_PARENTHESES}; or give a list"
        raise ConfigurationError(message)
    return value.parts


def kind(value: object) -> str:
    """Return what error texts call a value: its type, or None."""
    return "None" if value is None else type(value).__name__


def valid(path: str) -> str:
    """Return the path of a field as it is, or raise when a filter cannot carry it."""
    if not _PATH.fullmatch(path):
        raise ConfigurationError(
            f"{path!r} is no field path: names joined by dots, without spaces, commas, quotes, "
            "backslashes and | : = ! < > ~, and without a minus in front"
        )
    return path


def _comparison(field: Field, operator: str, value: object) -> Expression:
    """Write ``eq`` or ``ne`` with a text, a number or a bool."""
    return _condition(field, operator, _scalar(field, value))


def _matching(field: Field, operator: str, pattern: object) -> Expression:
    """Write ``like`` or ``nlike`` with a regular expression."""
    if not isinstance(pattern, str):
        raise ConfigurationError(
            f"like and not_like of {field} take a pattern as text, not {kind(pattern)}"
        )
    return _condition(field, operator, _text(field, pattern))


def _ordering(field: Field, operator: str, value: object) -> Expression:
    """Write `lt`, `lte`, `gt` or `gte` with a number, or its `…d` with a datetime or a date."""
    if isinstance(value, date):
        return _condition(field, f"{operator}d", timestamp(str(field), value))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _condition(field, operator, _number(field, value))
    hint = "a number, a date or an aware datetime"
    if isinstance(value, str):
        hint += ", such as int(text), Decimal(text) or datetime.fromisoformat(text)"
    raise ConfigurationError(f"{field} can be ordered against {hint}; not against {kind(value)}")


def _listing(field: Field, operator: str, values: tuple[object, ...]) -> Expression:
    """Write ``in``, ``nin`` or ``all`` with several values, or with the values of one iterable."""
    given: Iterable[object] = values
    if len(values) == 1 and isinstance(values[0], Iterable):
        inner = cast("Iterable[object]", values[0])
        given = values if isinstance(inner, (str, bytes, bytearray, Mapping)) else inner
    texts = [_scalar(field, value) for value in given]
    if isinstance(given, AbstractSet):
        texts.sort()  # a set has no order of its own: the same set, the same text
    if not texts:
        raise ConfigurationError(f"the list of values for {field} must not be empty")
    if any(not text or "," in text or _NEEDS_QUOTES.search(text) for text in texts):
        raise ConfigurationError(
            f"a value in the list for {field} is empty or has a space, comma, quote, bar, < or >, "
            f"which a list cannot carry: give or_=[{field!r} == value, ...] "
            "(instead of not_in: nor=[...], of all_of: and_=[...])"
        )
    return _condition(field, operator, ",".join(texts))


def _sizing(field: Field, operator: str, count: object) -> Expression:
    """Write ``size`` or ``nsize``."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ConfigurationError(f"a size of {field} is an int, 0 or more; not {kind(count)}")
    return _condition(field, operator, _number(field, count))


def _condition(field: Field, operator: str, text: str) -> Expression:
    if text and not _NEEDS_QUOTES.search(text):
        return Expression(f"{field}|{operator}|{text}")
    sign, mark = _SHORTHAND[operator]
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return Expression(f'{sign}{field}{mark}"{escaped}"')


def _scalar(field: Field, value: object) -> str:
    if isinstance(value, str):
        return _text(field, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return _number(field, value)
    hint = "give text, a number or a bool, perhaps str(value) or value.value"
    if value is None:
        hint = f"write {field!r}.exists(False)"
    elif isinstance(value, date):
        hint = f"write a range with >= and < or <=, {field!r} >= an aware datetime"
    raise ConfigurationError(f"{field} cannot be compared with {kind(value)}: {hint}")


def _text(field: Field, value: str) -> str:
    # str.__str__ takes the text of a (str, Enum) member, whose own str() is its Python name.
    text = str.__str__(value)
    if SURROGATE.search(text):
        raise ConfigurationError(f"the text for {field} has a lone surrogate and cannot be sent")
    return text


def _number(field: Field, value: float | Decimal) -> str:
    # float.__repr__, because a subclass (numpy.float64) may print more than the number.
    number = Decimal(float.__repr__(value) if isinstance(value, float) else value)
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        raise ConfigurationError(
            f"the number for {field} must be finite and have at most {_MAX_DIGITS} digits"
        )
    return f"{number:f}"
