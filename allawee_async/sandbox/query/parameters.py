"""The query parameters of a list request, read as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs

from allawee_async.sandbox.query import shaping
from allawee_async.sandbox.query.grammar import Condition, MalformedQueryError, parse_conditions
from allawee_async.sandbox.rules.values import DEFAULT_LIMIT, MAX_LIMIT, WEIGHT_OF_REPEAT

NEWEST_FIRST = (shaping.SortField("createdAt", descending=True),)
CURSORS = ("after", "before", "lastId")

QueryPairs: TypeAlias = Sequence[tuple[str, str]]

_WORDS = {"filter", "or", "nor", "and", "select", "expand", "sort"}
_TRUTHS = {"": True, "true": True, "1": True, "false": False, "0": False}


@attrs.frozen
class Selection:
    """Which documents, in which order: the part of a query that pages of a walk share."""

    every: tuple[Condition, ...] = ()
    some: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()
    order: tuple[shaping.SortField, ...] = NEWEST_FIRST

    @property
    def is_quick(self) -> bool:
        """Whether it costs little to tell, at each change of a document, if it is selected."""
        weights = (condition.weight for condition in (*self.every, *self.some, *self.none))
        return sum(weights) <= WEIGHT_OF_REPEAT


@attrs.frozen
class ListQuery:
    """A list request: what to list, which page of it, and how to show it."""

    selection: Selection
    limit: int
    after: str | None
    before: str | None
    page: int
    count_total: bool
    fields: shaping.FieldSelection | None
    expansions: dict[str, frozenset[str]]


def parse_list_query(pairs: QueryPairs) -> ListQuery:
    """Return the query that the decoded name-value pairs of a URL make up.

    Names that the language does not have are passed over. A name that comes twice adds words
    to `filter` and its like; of other names the last value counts.

    Raises:
        MalformedQueryError: A parameter cannot be read; the error names it.
    """
    given = _gather(pairs)
    selected = given.get("select", "")
    return ListQuery(
        selection=Selection(
            every=parse_conditions(given.get("filter", ""))
            + parse_conditions(given.get("and", ""), "and"),
            some=parse_conditions(given.get("or", ""), "or"),
            none=parse_conditions(given.get("nor", ""), "nor"),
            order=shaping.parse_sort(given.get("sort", "")) or NEWEST_FIRST,
        ),
        limit=_whole_number(given, "limit", DEFAULT_LIMIT, range(1, MAX_LIMIT + 1)),
        after=given.get("after", given.get("lastId")),
        before=given.get("before"),
        page=_whole_number(given, "page", 1, range(10**9)),
        count_total=_truth(given),
        fields=shaping.parse_select(selected) if selected.strip(" ") else None,
        expansions=shaping.parse_expand(given.get("expand", "")),
    )


def _gather(pairs: QueryPairs) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in pairs:
        given[name] = f"{given[name]} {value}" if name in _WORDS and name in given else value
    return given


def _whole_number(given: dict[str, str], name: str, default: int, allowed: range) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) in allowed):
        raise MalformedQueryError(name, f"a whole number below {allowed.stop} is expected")
    return int(text)


def _truth(given: dict[str, str]) -> bool:
    text = given.get("countTotal", "false")
    if text not in _TRUTHS:
        raise MalformedQueryError("countTotal", "true or false is expected")
    return _TRUTHS[text]
