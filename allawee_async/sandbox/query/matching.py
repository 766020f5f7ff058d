"""Whether a document satisfies a condition."""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from allawee_async.sandbox.core.values import Json, JsonObject
from allawee_async.sandbox.query.grammar import NUMERIC, TEMPORAL
from allawee_async.sandbox.query.patterns import compile_pattern, found
from allawee_async.sandbox.query.values import (
    candidates_at,
    is_number,
    key_of,
    meanings_of,
    parse_instant,
    parse_number,
    values_at,
)

if TYPE_CHECKING:
    from allawee_async.sandbox.query.grammar import Condition

Predicate: TypeAlias = Callable[[JsonObject], bool]
_Path: TypeAlias = tuple[str, ...]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": op.gt, "gte": op.ge, "lt": op.lt, "lte": op.le,
    "gtd": op.gt, "gted": op.ge, "ltd": op.lt, "lted": op.le,
}  # fmt: skip
_OPPOSITES = {"ne": "eq", "nin": "in", "nlike": "like", "nsize": "size"}


def compile_condition(condition: Condition) -> Predicate:
    """Return the function that says whether a document satisfies the condition.

    A document without the field satisfies the negative operators only, `exists|false` among them.
    """
    positive = _OPPOSITES.get(condition.operator)
    if positive is not None:
        holds = _compile_positive(positive, condition)
        return lambda document: not holds(document)
    return _compile_positive(condition.operator, condition)


def _compile_positive(operator: str, condition: Condition) -> Predicate:
    path: _Path = tuple(condition.field.split("."))
    operand = condition.operands[0]
    if operator in {"eq", "in"}:
        return _any_equal(path, condition.operands)
    if operator == "all":
        return _all_equal(path, condition.operands)
    if operator == "like":
        pattern = compile_pattern(operand)
        return lambda document: any(
            found(pattern, value) for value in candidates_at(document, path)
        )
    if operator in NUMERIC:
        return _number_compares(path, operator, operand)
    if operator in TEMPORAL:
        return _instant_compares(path, operator, operand)
    if operator == "size":
        return _has_size(path, int(operand))
    return _exists(path, wanted=operand == "true")


def _any_equal(path: _Path, operands: tuple[str, ...]) -> Predicate:
    wanted = frozenset[object]().union(*map(meanings_of, operands))
    return lambda document: any(key_of(value) in wanted for value in candidates_at(document, path))


def _all_equal(path: _Path, operands: tuple[str, ...]) -> Predicate:
    wanted = [meanings_of(operand) for operand in operands]

    def holds_all(value: Json) -> bool:
        entries = set(map(key_of, value if isinstance(value, list) else [value]))
        return not any(entries.isdisjoint(one) for one in wanted)

    return lambda document: any(holds_all(value) for value in values_at(document, path))


def _number_compares(path: _Path, operator: str, operand: str) -> Predicate:
    bound, compare = parse_number(operand), _COMPARISONS[operator]
    return lambda document: any(
        is_number(value) and compare(value, bound) for value in candidates_at(document, path)
    )


def _instant_compares(path: _Path, operator: str, operand: str) -> Predicate:
    bound, compare = parse_instant(operand), _COMPARISONS[operator]

    def holds(value: Json) -> bool:
        moment = parse_instant(value) if isinstance(value, str) else None
        return moment is not None and compare(moment, bound)

    return lambda document: any(holds(value) for value in candidates_at(document, path))


def _has_size(path: _Path, size: int) -> Predicate:
    return lambda document: any(
        isinstance(value, list) and len(value) == size for value in values_at(document, path)
    )


def _exists(path: _Path, *, wanted: bool) -> Predicate:
    return lambda document: any(True for _ in values_at(document, path)) == wanted
