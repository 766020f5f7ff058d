"""Ordered selections of a collection, kept true while documents come and change."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from time import thread_time
from typing import TypeAlias

from allawee_async.sandbox.core.values import Document, Json
from allawee_async.sandbox.query.grammar import TEMPORAL, Condition, MalformedQueryError
from allawee_async.sandbox.query.matching import Predicate, compile_condition
from allawee_async.sandbox.query.parameters import NEWEST_FIRST, Selection
from allawee_async.sandbox.query.shaping import sort_key
from allawee_async.sandbox.query.values import parse_instant
from allawee_async.sandbox.rules.values import SEARCH_SECONDS, SEARCH_SECONDS_EACH

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_UNREAD, _NEVER, _EVER = -(2**63), -(2**62), 2**62

DocumentAt: TypeAlias = "Callable[[int], Document]"
Place: TypeAlias = "tuple[int | float | bytes, ...]"


def compile_selection(selection: Selection) -> Predicate:
    """Return the function that says whether the groups of a selection let a document through."""
    every = [compile_condition(condition) for condition in selection.every]
    some = [compile_condition(condition) for condition in selection.some]
    none = [compile_condition(condition) for condition in selection.none]

    def holds(document: Document) -> bool:
        return (
            all(test(document) for test in every)
            and (not some or any(test(document) for test in some))
            and not any(test(document) for test in none)
        )

    return holds


class OrderedListing:
    """The positions of the selected documents, in the selected order.

    Documents that sort alike keep the order in which they were added; newest first, which is the
    order without `sort`, the latest of them is the first. A place is found by bisection, so that a
    page costs the same at any depth.

    Raises:
        MalformedQueryError: To tell which documents are selected takes too long.

    Args:
        selection: What is selected, and the order.
        document_at: Returns the document at a position.
        candidates: The positions to choose from.
        in_order: Whether they come in the order of the selection.
        are_selected: Whether it is known that all of them are selected.
    """

    def __init__(
        self,
        selection: Selection,
        document_at: DocumentAt,
        candidates: Iterable[int],
        *,
        in_order: bool = False,
        are_selected: bool = False,
    ) -> None:
        self._order = selection.order
        self._tie = -1 if selection.order == NEWEST_FIRST else 1
        self._holds = compile_selection(selection)
        self._document_at = document_at
        if not are_selected:
            candidates = self._chosen(candidates)
        self._positions = [*candidates] if in_order else sorted(candidates, key=self.place_at)

    def _chosen(self, candidates: Iterable[int]) -> Iterator[int]:
        started = thread_time()
        for seen, position in enumerate(candidates):
            if self._holds(self._document_at(position)):
                yield position
            if thread_time() - started > SEARCH_SECONDS + seen * SEARCH_SECONDS_EACH:
                raise MalformedQueryError("filter", "such a search would stop the sandbox")

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[int]:
        return iter(self._positions)

    def insert(self, position: int, document: Document) -> None:
        """Take in a document that is new or has just been changed, if it is selected."""
        if self._holds(document):
            index = self.start_of(self._place(position, document))
            self._positions.insert(index, position)

    def remove(self, position: int, document: Document) -> None:
        """Take out a document, as it was listed."""
        if self._holds(document):
            del self._positions[self.start_of(self._place(position, document))]

    def place_at(self, position: int) -> Place:
        """Return where the document of this position stands, or would stand if selected."""
        return self._place(position, self._document_at(position))

    def start_of(self, place: Place) -> int:
        """Return how many listed documents stand before a place."""
        return bisect_left(self._positions, place, key=self.place_at)

    def end_of(self, place: Place) -> int:
        """Return how many listed documents stand before a place or right at it."""
        return bisect_right(self._positions, place, key=self.place_at)

    def between(self, start: int, end: int) -> list[int]:
        """Return the positions from one rank up to another, the last not included."""
        return self._positions[start:end]

    def _place(self, position: int, document: Document) -> Place:
        return (*sort_key(document, self._order), self._tie * position)


class Moments:
    """When documents were made and changed last, by position, in milliseconds.

    So conditions on these dates are decided without reading the documents.
    """

    def __init__(self) -> None:
        self._columns = {"createdAt": array("q"), "updatedAt": array("q")}

    def note(self, position: int, document: Document) -> None:
        """Take in the moments of a document that is new or has been changed."""
        for field, column in self._columns.items():
            column.extend([0] * (position + 1 - len(column)))
            column[position] = _milliseconds(document.get(field))

    def narrow(self, candidates: Iterable[int], selection: Selection) -> tuple[Iterable[int], bool]:
        """Return those candidates that the dates of a selection leave, and whether that is all.

        It is not if there are other conditions, or dates that are written in another way.
        """
        dated = [one for one in selection.every if self._is_dated(one)]
        for condition in dated:
            column = self._columns[condition.field]
            low, high = _bounds(condition)
            candidates = [
                at for at in candidates if low <= column[at] <= high or column[at] == _UNREAD
            ]
        is_all = len(dated) == len(selection.every) and not (selection.some or selection.none)
        are_read = not any(_UNREAD in self._columns[condition.field] for condition in dated)
        return candidates, is_all and are_read

    def _is_dated(self, condition: Condition) -> bool:
        return condition.operator in TEMPORAL and condition.field in self._columns


def _milliseconds(value: Json) -> int:
    if not isinstance(value, str) or _WRITTEN.fullmatch(value) is None:
        return _UNREAD
    moment = parse_instant(value)
    return _UNREAD if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def _bounds(condition: Condition) -> tuple[int, int]:
    """Return the first and the last millisecond that satisfy a condition on a date."""
    moment = parse_instant(condition.operands[0])
    micros = (moment or _EPOCH) - _EPOCH
    before, rest = divmod(micros, timedelta(milliseconds=1))
    after = before + bool(rest)
    return {
        "gtd": (before + 1, _EVER), "gted": (after, _EVER),
        "ltd": (_NEVER, after - 1), "lted": (_NEVER, before),
    }[condition.operator]  # fmt: skip
