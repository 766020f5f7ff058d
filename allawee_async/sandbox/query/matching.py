"""Whether a document satisfies a condition."""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from allawee_async.sandbox.core.values import Json, JsonObject
from allawee_async.sandbox.query import values
from allawee_async.sandbox.query.grammar import NUMERIC, Condition
from allawee_async.sandbox.query.patterns import compile_pattern, found

Predicate: TypeAlias = Callable[[JsonObject], bool]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": op.gt, "gte": op.ge, "lt": op.lt, "lte": op.le,
    "gtd": op.gt, "gted": op.ge, "ltd": op.lt, "lted": op.le,
}  # fmt: skip
_OPPOSITES = {"ne": "eq", "nin": "in", "nlike": "like", "nsize": "size"}


def compile_condition(condition: Condition) -> Predicate:
    """Return the function that says whether a document satisfies the condition.

    A document without the field satisfies the negative operators only, `exists|false` among them.
    """
    operator = _OPPOSITES.get(condition.operator, condition.operator)
    wanted = operator == condition.operator
    if operator == "exists":
        wanted = condition.operands[0] == "true"
    path = tuple(condition.field.split("."))
    values_of = values.values_at if operator in {"all", "size", "exists"} else values.candidates_at
    test = _compile_test(operator, condition.operands)
    return lambda document: any(map(test, values_of(document, path))) == wanted


def _compile_test(operator: str, operands: tuple[str, ...]) -> Callable[[Json], bool]:
    """Return the function that says whether a value is one that a positive operator wants."""
    if operator == "exists":
        return lambda _: True
    if operator == "like":
        return partial(found, compile_pattern(operands[0]))
    if operator == "size":
        size = int(operands[0])
        return lambda value: isinstance(value, list) and len(value) == size
    meanings = list(map(values.meanings_of, operands))
    if operator == "all":
        return lambda value: _has_all(value, meanings)
    if operator in _COMPARISONS:
        return _compile_comparison(operator, operands[0])
    equal = frozenset[object]().union(*meanings)
    return lambda value: values.key_of(value) in equal


def _has_all(value: Json, meanings: list[frozenset[tuple[bool, Json]]]) -> bool:
    entries = set(map(values.key_of, value if isinstance(value, list) else [value]))
    return not any(entries.isdisjoint(one) for one in meanings)


def _compile_comparison(operator: str, operand: str) -> Callable[[Json], bool]:
    compare = _COMPARISONS[operator]
    number, moment = values.parse_number(operand), values.parse_instant(operand)
    if operator in NUMERIC:
        return lambda value: values.is_number(value) and compare(value, number)

    def holds(value: Json) -> bool:
        stored = values.parse_instant(value) if isinstance(value, str) else None
        return stored is not None and compare(stored, moment)

    return holds
