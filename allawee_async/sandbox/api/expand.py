"""`expand`: related documents in the places where their ids were."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from allawee_async.sandbox.core.values import JsonObject, to_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allawee_async.sandbox.core.collection import Collection
    from allawee_async.sandbox.core.values import Json

Shaper: TypeAlias = Callable[[JsonObject], JsonObject]


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
    kept = fields | inner.keys() if fields else None
    expand = compile_expansions(target, inner)

    def look_up(value: Json) -> Json:
        position = target.position_of(value) if isinstance(value, str) else None
        if position is None:
            return value
        document = to_object(target.shown_at(position))
        if kept is not None:
            document = {name: found for name, found in document.items() if name in kept}
        return document if expand is None else expand(document)

    return look_up
