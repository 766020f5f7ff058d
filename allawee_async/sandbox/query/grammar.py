"""The grammar that `filter`, `or`, `nor` and `and` share: text in, conditions out."""

from __future__ import annotations

import re

import attrs

from allawee_async.sandbox.query.patterns import compile_pattern, weigh
from allawee_async.sandbox.query.values import parse_instant, parse_number
from allawee_async.sandbox.rules.values import MAX_CONDITIONS, MAX_FIELD, MAX_WEIGHT


class MalformedQueryError(ValueError):
    """A query parameter that cannot be read; `parameter` is its name, `reason` says why."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(parameter, reason)
        self.parameter = parameter
        self.reason = reason

    def __str__(self) -> str:
        return f"Incorrect format for '{self.parameter}' parameter: {self.reason}"


NUMERIC = frozenset({"gt", "gte", "lt", "lte"})
TEMPORAL = frozenset({"gtd", "gted", "ltd", "lted"})
LISTS = frozenset({"in", "nin", "all"})
SIZES = frozenset({"size", "nsize"})
PATTERNS = frozenset({"like", "nlike"})
OPERATORS = NUMERIC | TEMPORAL | LISTS | SIZES | PATTERNS | {"eq", "ne", "exists"}

_SHORTHANDS = {
    ":": "eq", "=": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "~": "like",
}  # fmt: skip
_OLD = {"EQ": "eq", "NEQ": "ne", "LIKE": "like", "IN": "in", "NIN": "nin"}
_NEGATED = {":": "ne", "~": "nlike"}

FIELD = rf"[^\s|:=!<>~\"\\,\-][^\s|:=!<>~\"\\,]{{0,{MAX_FIELD - 1}}}"
_HEAD = re.compile(
    rf"(?P<minus>-?)(?P<field>{FIELD})(?:\|(?P<long>[a-z]+)\||\|\|(?P<old>[A-Z]+)\|\||(?P<short>!=|>=|<=|[:=<>~]))"
)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|<((?:[^>\\]|\\.)*)>", re.DOTALL)
_ESCAPED = {'"': re.compile(r"\\([\"\\])"), "<": re.compile(r"\\([<>\\])")}
_BARE = re.compile(r"[^ ]+")
_BARE_ENTRY = re.compile(r"[^ ,]+")


@attrs.frozen
class Condition:
    """One expression: a dotted field, an operator by its long name, and its operands.

    There is one operand, except for `in`, `nin` and `all`, which have one for each entry.
    """

    field: str
    operator: str
    operands: tuple[str, ...]

    @property
    def weight(self) -> int:
        """How long it may take at worst; 0 for all but patterns."""
        return weigh(self.operands[0]) if self.operator in PATTERNS else 0


def parse_conditions(text: str, parameter: str = "filter") -> tuple[Condition, ...]:
    """Return the conditions in a text, in their order; an empty text has none.

    Raises:
        MalformedQueryError: The text is not an expression of the documented language.
    """
    conditions: list[Condition] = []
    weight = 0
    at = _skip_spaces(text, 0)
    while at < len(text):
        try:
            condition, at = _read_condition(text, at)
            _check_operands(condition)
        except ValueError as error:
            raise MalformedQueryError(parameter, str(error)) from None
        conditions.append(condition)
        if len(conditions) > MAX_CONDITIONS:
            raise MalformedQueryError(parameter, f"it has more than {MAX_CONDITIONS} conditions")
        weight += condition.weight
        if weight > MAX_WEIGHT:
            raise MalformedQueryError(parameter, "its patterns weigh too much together")
        at = _skip_spaces(text, at)
    return tuple(conditions)


def _skip_spaces(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip(" "))


def _read_condition(text: str, at: int) -> tuple[Condition, int]:
    head = _HEAD.match(text, at)
    if head is None:
        raise ValueError(f"no expression at character {at + 1}")
    operator = _operator_of(head)
    operands, at = _read_operands(text, head.end(), operator)
    if at < len(text) and text[at] != " ":
        raise ValueError(f"a space is missing at character {at + 1}")
    return Condition(head["field"], operator, operands), at


def _operator_of(head: re.Match[str]) -> str:
    if head["old"] is not None and not head["minus"] and head["old"] in _OLD:
        return _OLD[head["old"]]
    if head["short"] is not None:
        signs = _NEGATED if head["minus"] else _SHORTHANDS
        if head["short"] not in signs:
            raise ValueError(f"'{head['short']}' cannot be negated")
        return signs[head["short"]]
    if head["minus"] or head["long"] not in OPERATORS:
        raise ValueError(f"unknown operator '{head['minus']}{head['long'] or head['old']}'")
    return head["long"]


def _read_operands(text: str, at: int, operator: str) -> tuple[tuple[str, ...], int]:
    if operator not in LISTS:
        operand, at = _read_operand(text, at, _BARE)
        return (operand,), at
    entry, at = _read_operand(text, at, _BARE_ENTRY)
    entries = [entry]
    while text.startswith(",", at):
        entry, at = _read_operand(text, at + 1, _BARE_ENTRY)
        entries.append(entry)
    return tuple(entries), at


def _read_operand(text: str, at: int, bare: re.Pattern[str]) -> tuple[str, int]:
    if text[at : at + 1] in _ESCAPED:
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise ValueError(f"the quote at character {at + 1} is not closed")
        inner = quoted[1] if quoted[1] is not None else quoted[2]
        return _ESCAPED[text[at]].sub(r"\1", inner), quoted.end()
    plain = bare.match(text, at)
    if plain is None:
        raise ValueError(f"a value is missing at character {at + 1}")
    return plain[0], plain.end()


def _check_operands(condition: Condition) -> None:
    operator, operand = condition.operator, condition.operands[0]
    if operator in NUMERIC and parse_number(operand) is None:
        raise ValueError(f"'{operator}' compares with a number")
    if operator in TEMPORAL and parse_instant(operand) is None:
        raise ValueError(f"'{operator}' compares with an ISO 8601 date")
    if operator in SIZES and not re.fullmatch(r"[0-9]{1,9}", operand):
        raise ValueError(f"'{operator}' compares with a count")
    if operator == "exists" and operand not in {"true", "false"}:
        raise ValueError("'exists' is true or false")
    if operator in PATTERNS:
        compile_pattern(operand)
