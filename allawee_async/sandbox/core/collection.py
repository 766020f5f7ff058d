"""Documents of one kind: kept as JSON, found by unique fields, listed in any order.

A document is stored as its JSON text. So a list answer is joined from ready bytes, a hundred
thousand customers stay small, and nobody can change what is stored through a dict they were given.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import TypeAlias

import attrs

from allawee_async.sandbox.core.listing import Moments, OrderedListing
from allawee_async.sandbox.core.values import Document, Json, to_bytes, to_object
from allawee_async.sandbox.query.grammar import Condition
from allawee_async.sandbox.query.parameters import Selection
from allawee_async.sandbox.query.values import values_at

_KEPT_LISTINGS = 16
_OF_LISTS = {"eq": "in", "ne": "nin"}
_NOTHING = b""

Row: TypeAlias = tuple[int, bytes, bytes]
"""A position, and the document there as JSON: what answers show, and the rest; empty if none."""


class DuplicateError(ValueError):
    """Two documents would have the same value in a unique field."""


def _exact(text: bytes) -> bytes:
    """Return a copy without the spare room, some KiB, that the encoder leaves behind each text."""
    return bytes(memoryview(text))


class Collection:
    """The documents of one kind, in the order in which they were added.

    Args:
        prefix: What the ids of its documents begin with.
        kind: What `object` of its documents says, such as `card.program`.
        noun: The word for one of them in messages; None for the kind without its dots.
        unique: Fields besides `id` in which no two documents may agree.
        hidden: Fields that are stored and searched, and left out of answers.
        aliases: Other prefixes that ids may be written with.
        found_by: Further fields to search by, each with the paths where its value is kept.
        grouped: A field that never changes, by whose value documents are found without a search.

    `relations` tells for a field, which holds the id of another document, where that document is.
    """

    def __init__(
        self,
        prefix: str = "",
        kind: str = "",
        *,
        noun: str | None = None,
        unique: tuple[str, ...] = (),
        hidden: tuple[str, ...] = (),
        aliases: tuple[str, ...] = (),
        found_by: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        grouped: str = "",
    ) -> None:
        self.prefix, self.kind = prefix, kind
        self.noun = noun or kind.replace(".", " ")
        self.relations: dict[str, Collection] = {}
        self._hidden = frozenset(hidden)
        self._prefixes = (prefix, *aliases) if prefix else ()
        self._found_by = {
            name: [tuple(path.split(".")) for path in paths] for name, paths in found_by.items()
        }
        self._grouped = grouped
        self._groups: dict[str, dict[int, None]] = {}
        self._shown: list[bytes] = []
        self._rest: list[bytes] = []
        self._positions: dict[str, dict[str, int]] = {field: {} for field in ("id", *unique)}
        self._moments = Moments()
        self._listings: OrderedDict[Selection, OrderedListing] = OrderedDict()
        self._changes: set[int] | None = None

    def __len__(self) -> int:
        return len(self._positions["id"])

    def __contains__(self, id: object) -> bool:
        return id in self._positions["id"]

    def __iter__(self) -> Iterator[Document]:
        """Yield every document, hidden fields included, in the order of adding."""
        return map(self.at, self._taken())

    def __deepcopy__(self, memo: dict[int, object]) -> Collection:
        """Return a copy that changes apart from this one; the texts of documents are shared."""
        twin = Collection()
        twin.__dict__.update(vars(self))
        twin._groups = {value: {**taken} for value, taken in self._groups.items()}
        memo[id(self)] = twin
        twin._shown, twin._rest = [*self._shown], [*self._rest]
        twin._positions = {field: {**taken} for field, taken in self._positions.items()}
        twin._moments = deepcopy(self._moments)
        twin._listings, twin._changes = OrderedDict(), None
        twin.relations = deepcopy(self.relations, memo)
        return twin

    def get(self, id: Json) -> Document | None:
        """Return a fresh copy of a document, hidden fields included, or None for no known id."""
        position = self.position_of(id)
        return None if position is None else self.at(position)

    def find(self, field: str, value: str) -> Document | None:
        """Return a copy of the document that has this value in a unique field, or None."""
        position = self._positions[field].get(value)
        return None if position is None else self.at(position)

    def group(self, value: str) -> Iterator[Document]:
        """Yield the documents with this value in the field of grouping, the newest one first."""
        return map(self.at, reversed(self._groups.get(value, {})))

    def position_of(self, id: Json) -> int | None:
        """Return how many documents were added before this one, or None for no known id."""
        positions = self._positions["id"]
        if not isinstance(id, str):
            return None
        if id in positions:
            return positions[id]
        return next((positions[way] for way in self.spellings(id) if way in positions), None)

    def spellings(self, id: str) -> tuple[str, ...]:
        """Return all the ways in which the id of a document may be written."""
        for prefix in self._prefixes:
            if id.startswith(prefix):
                return tuple(other + id[len(prefix) :] for other in self._prefixes)
        return (id,)

    def shown_at(self, position: int) -> bytes:
        """Return the document at a position as JSON text, the way answers show it."""
        return self._shown[position]

    def at(self, position: int) -> Document:
        """Return a fresh copy of the document at a position, hidden fields included."""
        return to_object(self._shown[position]) | to_object(self._rest[position])

    def completed(self, document: Document, names: frozenset[str]) -> Document:
        """Return a document with those of the named fields that only searches know otherwise."""
        for name in names & self._found_by.keys() - document.keys():
            found = self._values(document, name)
            document = {**document, name: found[0]} if found else document
        return document

    def add(self, document: Document) -> bytes:
        """Store a new document and return it as JSON text, the way answers show it.

        Raises:
            DuplicateError: Another document has its id or another unique value; nothing is stored.
        """
        self._check_unique(document, position=None)
        shown, rest = self._split(document)
        position = len(self._shown)
        self._shown.append(shown)
        self._rest.append(rest)
        self._enter(document, position)
        return shown

    def add_all(self, documents: Iterable[Document]) -> None:
        """Store new documents and prepare the listing that most requests ask for.

        Raises:
            DuplicateError: As for `add`; the documents before the offending one are stored.
        """
        for document in documents:
            self.add(document)
        self.listing(Selection())

    def replace(self, document: Document) -> bytes:
        """Store a document in place of the one with the same id, and return it as `add` does.

        Raises:
            KeyError: There is no such document.
            DuplicateError: Another document has one of its unique values; nothing is stored.
        """
        position = self._positions["id"][str(document["id"])]
        self._check_unique(document, position)
        shown, rest = self._split(document)
        self._leave(position)
        self._shown[position], self._rest[position] = shown, rest
        self._enter(document, position)
        return shown

    def remove(self, id: str) -> None:
        """Forget a document; its position stays empty.

        Raises:
            KeyError: There is no such document.
        """
        position = self._positions["id"][id]
        if self._grouped:
            del self._groups[str(self.at(position).get(self._grouped))][position]
        self._leave(position)
        self._shown[position] = self._rest[position] = _NOTHING
        self._note(position)

    def track(self) -> None:
        """Note which positions change, for `changes`; at first all there are count."""
        self._changes = set(self._taken())

    def changes(self) -> list[Row]:
        """Return the rows that have changed since `track` or the last `forget_changes`."""
        changed = sorted(self._changes or ())
        return [(position, self._shown[position], self._rest[position]) for position in changed]

    def forget_changes(self) -> None:
        """Begin to note changes anew: those up to now are kept elsewhere."""
        if self._changes:
            self._changes = set()

    def restore(self, rows: Iterable[Row]) -> None:
        """Take rows, ordered by position, in place of all documents, and note changes from now."""
        self._shown, self._rest, self._groups = [], [], {}
        self._positions = {field: {} for field in self._positions}
        self._moments = Moments()
        self._listings.clear()
        for position, shown, rest in rows:
            missing = [_NOTHING] * (position - len(self._shown))
            self._shown += [*missing, shown]
            self._rest += [*missing, rest]
            self._enter(self.at(position), position)
        self._changes = set()

    def listing(self, selection: Selection) -> OrderedListing:
        """Return the selected documents in order; quick listings of late are kept, and true."""
        selection = self._meant(selection)
        listing = self._listings.get(selection)
        if listing is None and not selection.is_quick:
            return self._make_listing(selection)
        if listing is None:
            listing = self._listings[selection] = self._make_listing(selection)
            if len(self._listings) > _KEPT_LISTINGS:
                self._listings.popitem(last=False)
        self._listings.move_to_end(selection)
        return listing

    def _taken(self) -> Iterator[int]:
        return (position for position, shown in enumerate(self._shown) if shown)

    def _meant(self, selection: Selection) -> Selection:
        every, some, none = (
            tuple(map(self._meant_by, group))
            for group in (selection.every, selection.some, selection.none)
        )
        return attrs.evolve(selection, every=every, some=some, none=none)

    def _meant_by(self, condition: Condition) -> Condition:
        """Return a condition on ids with all their spellings; `customer.id` means `customer`."""
        field = condition.field.removesuffix(".id")
        target = self if field == "id" else self.relations.get(field)
        if target is None:
            return condition
        operator, operands = condition.operator, condition.operands
        if operator in _OF_LISTS or operator in _OF_LISTS.values():
            operands = tuple(way for operand in operands for way in target.spellings(operand))
            operator = _OF_LISTS.get(operator, operator)
        return Condition(field, operator, operands)

    def _searched(self, document: Document) -> Document:
        """Return a document with the further fields by which it is found, each with all values."""
        for name in self._found_by:
            found = self._values(document, name)
            document = {**document, name: found} if found else document
        return document

    def _values(self, document: Document, name: str) -> list[Json]:
        return [value for path in self._found_by[name] for value in values_at(document, path)]

    def _make_listing(self, selection: Selection) -> OrderedListing:
        """Choose from the few positions that unique fields tell, or from all in the same order."""
        document_at = self._reader(selection)
        for condition in selection.every:
            if condition.operator in ("eq", "in") and condition.field in self._positions:
                positions = self._positions[condition.field]
                few = {positions[value] for value in condition.operands if value in positions}
                return OrderedListing(selection, document_at, few)
        everything = Selection(order=selection.order)
        if selection == everything:
            return OrderedListing(selection, document_at, self._taken(), are_selected=True)
        candidates, are_selected = self._moments.narrow(self.listing(everything), selection)
        return OrderedListing(
            selection, document_at, candidates, in_order=True, are_selected=are_selected
        )

    def _reader(self, selection: Selection) -> Callable[[int], Document]:
        """Return what reads as much of a document as a selection looks at."""
        conditions = (*selection.every, *selection.some, *selection.none)
        fields = {one.field for one in conditions} | {one.field for one in selection.order}
        named = {field.partition(".")[0] for field in fields}
        if named & self._found_by.keys():
            return lambda position: self._searched(self.at(position))
        return self.at if named & self._hidden else lambda at: to_object(self._shown[at])

    def _split(self, document: Document) -> tuple[bytes, bytes]:
        """Return the JSON of the fields that answers show, and that of the hidden ones."""
        shown = dict(document)
        hidden = {name: shown.pop(name) for name in self._hidden if name in document}
        return _exact(to_bytes(shown)), _exact(to_bytes(hidden))

    def _check_unique(self, document: Document, position: int | None) -> None:
        for field, positions in self._positions.items():
            value = document.get(field)
            if value is not None and positions.get(str(value), position) != position:
                raise DuplicateError(f"another document has the same {field}")

    def _leave(self, position: int) -> None:
        before = self.at(position)
        for listing in self._listings.values():
            listing.remove(position, self._searched(before))
        for field, positions in self._positions.items():
            positions.pop(str(before.get(field)), None)

    def _note(self, position: int) -> None:
        if self._changes is not None:
            self._changes.add(position)

    def _enter(self, document: Document, position: int) -> None:
        if self._grouped:
            self._groups.setdefault(str(document.get(self._grouped)), {})[position] = None
        self._note(position)
        self._moments.note(position, document)
        for field, positions in self._positions.items():
            value = document.get(field)
            if value is not None:
                positions[str(value)] = position
        for listing in self._listings.values():
            listing.insert(position, self._searched(document))
