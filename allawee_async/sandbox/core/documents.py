"""What the nouns have in common: making a document, storing it, reading checked fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.messages import ApiResponse, success
from allawee_async.sandbox.api.references import refused

if TYPE_CHECKING:
    from allawee_async.sandbox.api.validation import Checks
    from allawee_async.sandbox.core.collection import Collection
    from allawee_async.sandbox.core.jsontypes import Json, JsonObject
    from allawee_async.sandbox.core.state import State


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
