"""List answers: the page that a query asks for, cut out of a listing, its relations expanded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from allawee_async.sandbox.api.messages import ApiResponse, success_list
from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.listing import OrderedListing, Place
from allawee_async.sandbox.core.values import Document, Json, to_bytes, to_object
from allawee_async.sandbox.query.grammar import MalformedQueryError
from allawee_async.sandbox.query.parameters import ListQuery, QueryPairs, parse_list_query
from allawee_async.sandbox.query.shaping import FieldSelection


def answer_list(collection: Collection, pairs: QueryPairs) -> ApiResponse:
    """Return the page of a collection that the parameters of a URL ask for.

    Raises:
        MalformedQueryError: A parameter cannot be read, or a cursor names no document.
    """
    query = parse_list_query(pairs)
    listing = collection.listing(query.selection)
    positions = cut_page(collection, listing, query)
    shown = [collection.shown_at(position) for position in positions]
    expand = compile_expansions(collection, query.expansions)
    if query.fields is not None or expand is not None:
        shown = [_reshape(collection, document, query.fields, expand) for document in shown]
    total = len(listing) if query.count_total else None
    return success_list(shown, has_more=len(shown) == query.limit, total_count=total)


def cut_page(collection: Collection, listing: OrderedListing, query: ListQuery) -> list[int]:
    """Return the positions on one page: after a cursor, right before one, or by page number.

    Raises:
        MalformedQueryError: A cursor names no document.
    """
    start, end = 0, len(listing)
    if query.after is not None:
        start = listing.end_of(_place_of(collection, listing, query.after, "after"))
    if query.before is not None:
        end = listing.start_of(_place_of(collection, listing, query.before, "before"))
        if query.after is None:
            start = max(0, end - query.limit)
    if query.after is None and query.before is None:
        start = max(0, query.page - 1) * query.limit
    return listing.between(start, min(start + query.limit, end))


def _reshape(
    collection: Collection, shown: bytes, fields: FieldSelection | None, expand: Shaper | None
) -> bytes:
    """Return a document with the selected fields, and with those relations expanded."""
    document = to_object(shown)
    if fields is not None:
        document = fields.apply(collection.completed(document, fields.included))
    return to_bytes(document if expand is None else expand(document))


def _place_of(collection: Collection, listing: OrderedListing, id: str, parameter: str) -> Place:
    position = collection.position_of(id)
    if position is None:
        raise MalformedQueryError(parameter, "no document has this id")
    return listing.place_at(position)


Shaper: TypeAlias = Callable[[Document], Document]


def compile_expansions(
    collection: Collection, expansions: Mapping[str, frozenset[str]]
) -> Shaper | None:
    """Return the function that expands documents of a collection, or None for nothing to do.

    Relations that the collection does not have are passed over, and an id that names no document
    stays what it is.

    Args:
        collection: Where the documents are from; its `relations` lead on.
        expansions: For each path of one or two steps the sub-fields to keep (none named: all).
    """
    steps: dict[str, dict[str, frozenset[str]]] = {}
    for path, fields in expansions.items():
        step, _, further = path.partition(".")
        if step in collection.relations:
            steps.setdefault(step, {})[further] = fields
    if not steps:
        return None
    lookups = {step: _lookup(collection.relations[step], inner) for step, inner in steps.items()}
    return lambda document: {
        name: lookups[name](value) if name in lookups else value for name, value in document.items()
    }


def _lookup(target: Collection, inner: dict[str, frozenset[str]]) -> Callable[[Json], Json]:
    """Return what puts a document, as far as it is wanted, in the place of its id."""
    fields = inner.pop("", frozenset[str]())
    kept = fields | frozenset(inner) if fields else None
    expand = compile_expansions(target, inner)

    def look_up(value: Json) -> Json:
        position = target.position_of(value) if isinstance(value, str) else None
        if position is None:
            return value
        document = to_object(target.shown_at(position))
        if kept is not None:
            whole = target.completed(document, kept)
            document = {name: found for name, found in whole.items() if name in kept}
        return document if expand is None else expand(document)

    return look_up
