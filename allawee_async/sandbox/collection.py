"""Documents of one kind: kept as JSON, found by unique fields, listed in any order.

A document is stored as its JSON text. So a list answer is joined from ready bytes, a hundred
thousand customers stay small, and nobody can change what is stored through a dict they were given.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from allawee_async.sandbox.jsontypes import JsonObject, to_bytes, to_object
from allawee_async.sandbox.listing import Listing
from allawee_async.sandbox.query import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KEPT_LISTINGS = 16


class DuplicateError(ValueError):
    """Two documents would have the same value in a unique field; `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field

    def __str__(self) -> str:
        return f"another document has the same {self.field}"


def _exact(text: bytes) -> bytes:
    """Return a copy without the spare room, some KiB, that orjson leaves behind each text."""
    return bytes(memoryview(text))


class Collection:
    """The documents of one kind, in the order in which they were added.

    Args:
        unique: Fields besides `id` in which no two documents may agree.
        hidden: Fields that are stored and searched, and left out of answers.
    """

    def __init__(self, *, unique: tuple[str, ...] = (), hidden: tuple[str, ...] = ()) -> None:
        self._hidden = frozenset(hidden)
        self._shown: list[bytes] = []
        self._rest: list[bytes] = []
        self._positions: dict[str, dict[str, int]] = {field: {} for field in ("id", *unique)}
        self._listings: OrderedDict[Selection, Listing] = OrderedDict()

    def __len__(self) -> int:
        return len(self._shown)

    def __contains__(self, id: object) -> bool:
        return id in self._positions["id"]

    def __iter__(self) -> Iterator[JsonObject]:
        """Yield every document, hidden fields included, in the order of adding."""
        return map(self._document_at, range(len(self)))

    def get(self, id: str) -> JsonObject | None:
        """Return a fresh copy of a document, hidden fields included, or None."""
        position = self.position_of(id)
        return None if position is None else self._document_at(position)

    def position_of(self, id: str) -> int | None:
        """Return how many documents were added before this one, or None for an unknown id."""
        return self._positions["id"].get(id)

    def shown_at(self, position: int) -> bytes:
        """Return the document at a position as JSON text, the way answers show it."""
        return self._shown[position]

    def add(self, document: JsonObject) -> int:
        """Store a new document and return its position.

        Raises:
            DuplicateError: Another document has its id or another unique value; nothing is stored.
        """
        self._check_unique(document, position=None)
        shown, rest = self._split(document)
        position = len(self)
        self._shown.append(shown)
        self._rest.append(rest)
        self._enter(document, position)
        return position

    def add_all(self, documents: Iterable[JsonObject]) -> None:
        """Store new documents and prepare the listing that most requests ask for.

        Raises:
            DuplicateError: As for `add`; the documents before the offending one are stored.
        """
        for document in documents:
            self.add(document)
        self.listing(Selection())

    def replace(self, document: JsonObject) -> int:
        """Store a document in place of the one with the same id, and return its position.

        Raises:
            KeyError: There is no such document.
            DuplicateError: Another document has one of its unique values; nothing is stored.
        """
        position = self._positions["id"][str(document["id"])]
        self._check_unique(document, position)
        shown, rest = self._split(document)
        before = self._document_at(position)
        for listing in self._listings.values():
            listing.remove(position, before)
        for field, positions in self._positions.items():
            positions.pop(str(before.get(field)), None)
        self._shown[position], self._rest[position] = shown, rest
        self._enter(document, position)
        return position

    def listing(self, selection: Selection) -> Listing:
        """Return the selected documents in order; listings asked for lately are kept, and true."""
        listing = self._listings.get(selection)
        if listing is None:
            listing = Listing(selection, self._document_at, self._candidates(selection))
            self._listings[selection] = listing
            if len(self._listings) > _KEPT_LISTINGS:
                self._listings.popitem(last=False)
        self._listings.move_to_end(selection)
        return listing

    def _document_at(self, position: int) -> JsonObject:
        return to_object(self._shown[position]) | to_object(self._rest[position])

    def _candidates(self, selection: Selection) -> Iterable[int]:
        """Return the positions worth testing: one at most when a unique field is given."""
        for condition in selection.every:
            if condition.operator == "eq" and condition.field in self._positions:
                position = self._positions[condition.field].get(condition.operands[0])
                return () if position is None else (position,)
        return range(len(self))

    def _split(self, document: JsonObject) -> tuple[bytes, bytes]:
        """Return the JSON of the fields that answers show, and that of the hidden ones."""
        shown = dict(document)
        hidden = {name: shown.pop(name) for name in self._hidden if name in document}
        return _exact(to_bytes(shown)), _exact(to_bytes(hidden))

    def _check_unique(self, document: JsonObject, position: int | None) -> None:
        for field, positions in self._positions.items():
            value = document.get(field)
            if value is not None and positions.get(str(value), position) != position:
                raise DuplicateError(field)

    def _enter(self, document: JsonObject, position: int) -> None:
        for field, positions in self._positions.items():
            value = document.get(field)
            if value is not None:
                positions[str(value)] = position
        for listing in self._listings.values():
            listing.insert(position, document)
