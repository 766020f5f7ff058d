"""Ids of other resources in paths and bodies: they name something that exists, or are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import ApiResponse, RefusalError, failure, success
from allawee_async.sandbox.cards.numbers import masked

if TYPE_CHECKING:
    from allawee_async.sandbox.api.validation import Checks
    from allawee_async.sandbox.core.collection import Collection
    from allawee_async.sandbox.core.jsontypes import JsonObject

_SHOWN = 64


def read_reference(
    checks: Checks,
    parent: JsonObject,
    name: str,
    collection: Collection,
    kind: str,
    *,
    path: str = "",
    required: bool = False,
) -> JsonObject | None:
    """Return the document whose id a field holds; None if there is none, which may be a fault.

    The older documents print `{}` where an id belongs, so it counts as nothing unless required.
    """
    value = parent.get(name)
    if not required and (value is None or value == {}):
        return None
    found = collection.get(value) if isinstance(value, str) else None
    if found is None:
        checks.messages.append(f"{path}{name} must be the id of {kind}")
    return found


def shown(collection: Collection, id: str, kind: str) -> ApiResponse:
    """Return the answer that shows one document.

    Raises:
        RefusalError: 404, nothing has this id.
    """
    position = collection.position_of(id)
    if position is None:
        raise unknown(id, kind)
    return success(collection.shown_at(position))


def stored(collection: Collection, id: str, kind: str) -> JsonObject:
    """Return a copy of one document, hidden fields included.

    Raises:
        RefusalError: 404, nothing has this id.
    """
    found = collection.get(id)
    if found is None:
        raise unknown(id, kind)
    return found


def unknown(id: str, kind: str) -> RefusalError:
    """Return the refusal of an id in a path. What is the number of a card is not repeated."""
    return RefusalError(failure(404, "not-found", f"No {kind} has the id {masked(id)[:_SHOWN]!r}."))


def refused(code: str, message: str, status: int = 402) -> RefusalError:
    """Return the refusal of a sound request that cannot be carried out as things are."""
    return RefusalError(failure(status, code, message))
