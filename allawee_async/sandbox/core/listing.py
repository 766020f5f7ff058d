"""Ordered selections of a collection, kept true while documents come and change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, TypeAlias

from allawee_async.sandbox.query.matching import Predicate, compile_condition
from allawee_async.sandbox.query.parameters import NEWEST_FIRST, Selection
from allawee_async.sandbox.query.shaping import sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from allawee_async.sandbox.core.values import JsonObject

DocumentAt: TypeAlias = "Callable[[int], JsonObject]"
Place: TypeAlias = "tuple[int | float | bytes, ...]"


def compile_selection(selection: Selection) -> Predicate:
    """Return the function that says whether the groups of a selection let a document through."""
    every = [compile_condition(condition) for condition in selection.every]
    some = [compile_condition(condition) for condition in selection.some]
    none = [compile_condition(condition) for condition in selection.none]

    def holds(document: JsonObject) -> bool:
        return (
            all(test(document) for test in every)
            and (not some or any(test(document) for test in some))
            and not any(test(document) for test in none)
        )

    return holds


class Listing:
    """The positions of the selected documents, in the selected order.

    Documents that sort alike keep the order in which they were added; newest first, which is the
    order without `sort`, the latest of them is the first. A place is found by bisection, so that a
    page costs the same at any depth.
    """

    def __init__(
        self, selection: Selection, document_at: DocumentAt, candidates: Iterable[int]
    ) -> None:
        self._order = selection.order
        self._tie = -1 if selection.order == NEWEST_FIRST else 1
        self._holds = compile_selection(selection)
        self._document_at = document_at
        self._positions = self._collect(candidates)

    def __len__(self) -> int:
        return len(self._positions)

    def insert(self, position: int, document: JsonObject) -> None:
        """Take in a document that is new or has just been changed, if it is selected."""
        if self._holds(document):
            index = self.start_of(self._place(position, document))
            self._positions.insert(index, position)

    def remove(self, position: int, document: JsonObject) -> None:
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

    def _place(self, position: int, document: JsonObject) -> Place:
        return (*sort_key(document, self._order), self._tie * position)

    def _collect(self, candidates: Iterable[int]) -> list[int]:
        places: dict[int, Place] = {}
        for position in candidates:
            document = self._document_at(position)
            if self._holds(document):
                places[position] = self._place(position, document)
        return sorted(places, key=places.__getitem__)
