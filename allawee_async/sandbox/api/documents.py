"""What all resources have in common: found by their ids, made, changed, stored and answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from allawee_async.sandbox.api import messages
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.cards.numbers import masked
from allawee_async.sandbox.core.collection import Collection
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document


def reads(path: str, collection: Callable[[State], Collection]) -> tuple[Endpoint, Endpoint]:
    """Return the two endpoints that only read: the list, and one document by its id."""
    return (
        Endpoint("GET", path, lambda state, call: answer_list(collection(state), call.pairs)),
        Endpoint("GET", f"{path}/:id", lambda state, call: shown(collection(state), call.id)),
    )


def fixed(path: str, documents: Iterable[bytes]) -> Endpoint:
    """Return the endpoint of a list that is always the same, and has no pages."""
    reply = messages.success_list([*documents], has_more=False)
    return Endpoint("GET", path, lambda _state, _call: reply)


def catalogue(path: str, noun: str, documents: Mapping[str, bytes]) -> tuple[Endpoint, Endpoint]:
    """Return the two endpoints of what is always there, by its ids: the list, and one of them."""

    def get(_state: State, call: ApiRequest) -> ApiResponse:
        if call.id not in documents:
            raise unknown(call.id, noun)
        return messages.success(documents[call.id])

    return fixed(path, documents.values()), Endpoint("GET", f"{path}/:id", get)


def shown(collection: Collection, id: str) -> ApiResponse:
    """Return the answer that shows one document.

    Raises:
        RefusalError: 404, nothing has this id.
    """
    position = collection.position_of(id)
    if position is None:
        raise unknown(id, collection.noun)
    return messages.success(collection.shown_at(position))


def stored(collection: Collection, id: str) -> Document:
    """Return a copy of one document, hidden fields included.

    Raises:
        RefusalError: 404, nothing has this id.
    """
    found = collection.get(id)
    if found is None:
        raise unknown(id, collection.noun)
    return found


def unknown(id: str, noun: str) -> messages.RefusalError:
    """Return the refusal of an id in a path. What is the number of a card is not repeated."""
    return messages.refused("not-found", f"No {noun} has the id {masked(id)[:64]!r}.", 404)


def refuse_double(
    collection: Collection, fields: Document, *, unique: str = "reference", own: str = ""
) -> None:
    """Refuse a request for what another document has already.

    Args:
        collection: Where the other documents are.
        fields: The body of the request.
        unique: The field in which no two of them may agree.
        own: The id of the document that is to be changed; empty for a new one.

    Raises:
        RefusalError: 409.
    """
    value = fields.get(unique)
    other = collection.find(unique, value) if isinstance(value, str) else None
    if other is not None and other["id"] != own:
        message = f"A {collection.noun} with this {unique} exists already."
        raise messages.refused(f"duplicate-{unique}", message, 409)


def fresh(state: State, collection: Collection) -> Document:
    """Return the fields that every new document of a collection has."""
    now = state.now()
    return {
        "createdAt": now, "updatedAt": now, "id": state.new_id(collection),
        "object": collection.kind,
    }  # fmt: skip


def created(state: State, collection: Collection, fields: Document) -> ApiResponse:
    """Store a new document with these fields, and return the answer that shows it."""
    return messages.success(collection.add(fields | fresh(state, collection)))


def changed(
    state: State, collection: Collection, document: Document, fields: Document
) -> ApiResponse:
    """Store a document with other values in some fields, and return the answer that shows it."""
    return messages.success(collection.replace(document | fields | {"updatedAt": state.now()}))
