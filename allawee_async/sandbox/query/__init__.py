"""Allawee's query language, read the way the server reads it: pure, no I/O, no state."""

from __future__ import annotations

from allawee_async.sandbox.query.grammar import Condition, MalformedQueryError, parse_conditions
from allawee_async.sandbox.query.matching import Predicate, compile_condition
from allawee_async.sandbox.query.parameters import (
    CURSORS,
    NEWEST_FIRST,
    ListQuery,
    QueryPairs,
    Selection,
    parse_list_query,
)
from allawee_async.sandbox.query.shaping import (
    FieldSelection,
    SortField,
    parse_expand,
    parse_select,
    parse_sort,
    sort_key,
)
from allawee_async.sandbox.query.values import values_at

__all__ = [
    "CURSORS",
    "NEWEST_FIRST",
    "Condition",
    "FieldSelection",
    "ListQuery",
    "MalformedQueryError",
    "Predicate",
    "QueryPairs",
    "Selection",
    "SortField",
    "compile_condition",
    "parse_conditions",
    "parse_expand",
    "parse_list_query",
    "parse_select",
    "parse_sort",
    "sort_key",
    "values_at",
]
