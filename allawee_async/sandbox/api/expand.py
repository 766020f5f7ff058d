"""`expand`: related documents in the places where their ids were."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import attrs

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
    branches: dict[str, _Branch] = {}
    for path, fields in expansions.items():
        step, _, further = path.partition(".")
        target = collection.relations.get(step)
        if target is None:
            continue
        branch = branches.setdefault(step, _Branch(target))
        if further:
            branch.inner[further] = fields
        else:
            branch.fields, branch.whole = fields, not fields
    if not branches:
        return None
    finished = {step: branch.compile() for step, branch in branches.items()}
    return lambda document: _replace(document, finished)


Lookup: TypeAlias = Callable[["Json"], "Json"]


@attrs.define
class _Branch:
    """What is to be seen of one relation: the document's own fields, and what it leads to."""

    target: Collection
    fields: frozenset[str] = frozenset()
    whole: bool = True
    inner: dict[str, frozenset[str]] = attrs.Factory(dict[str, frozenset[str]])

    def compile(self) -> Lookup:
        expand = compile_expansions(self.target, self.inner)
        kept = None if self.whole else self.fields | self.inner.keys()

        def look_up(value: Json) -> Json:
            position = self.target.position_of(value) if isinstance(value, str) else None
            if position is None:
                return value
            document = to_object(self.target.shown_at(position))
            if kept is not None:
                document = {name: inner for name, inner in document.items() if name in kept}
            return document if expand is None else expand(document)

        return look_up


def _replace(document: JsonObject, branches: Mapping[str, Lookup]) -> JsonObject:
    return {
        name: branches[name](value) if name in branches else value
        for name, value in document.items()
    }
