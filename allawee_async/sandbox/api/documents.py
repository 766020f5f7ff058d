"""What endpoints have in common: documents made, found by id, checked and stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import ApiResponse, RefusalError, failure, success
from allawee_async.sandbox.cards.numbers import masked

if TYPE_CHECKING:
    from allawee_async.sandbox.api.validation import Checks
    from allawee_async.sandbox.core.collection import Collection
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject


def fresh(state: State, prefix: str, collection: Collection, kind: str) -> JsonObject:
    """Return the fields that every new document has."""
    now = state.now()
    return {
        "createdAt": now,
        "updatedAt": now,
        "id": state.new_id(prefix, collection),
        "object": kind,
    }


def check_common(checks: Checks, body: JsonObject) -> None:
    """Check the fields that most requests may have: `reference` and `metadata`."""
    checks.text(body, "reference", required=False)
    checks.object(body, "metadata", required=False)


def check_reference(collection: Collection, body: JsonObject, kind: str) -> None:
    """Check that no document has the reference in a body.

    Raises:
        RefusalError: 409, another document has it.
    """
    reference = body.get("reference")
    if isinstance(reference, str) and collection.find("reference", reference) is not None:
        message = f"A {kind} with this reference exists already."
        raise refused("duplicate-reference", message, 409)


def added(collection: Collection, document: JsonObject) -> ApiResponse:
    """Store a new document and return the answer that shows it."""
    return success(collection.shown_at(collection.add(document)))


def replaced(collection: Collection, document: JsonObject) -> ApiResponse:
    """Store a changed document and return the answer that shows it."""
    return success(collection.shown_at(collection.replace(document)))


def given(body: JsonObject, *names: str) -> JsonObject:
    """Return those of the named fields that a body has and that are not null."""
    return {name: body[name] for name in names if body.get(name) is not None}


def id_of(document: JsonObject) -> str:
    """Return the id of a document."""
    return str(document["id"])


def whole(value: Json) -> int:
    """Return a value that has been checked to be a whole number.

    Raises:
        TypeError: It has not.
    """
    if not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


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
