"""What a delivery says: one class for each documented event, and one for all others.

A name or a field that the documents do not know is kept and is no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeAlias

import attrs

from allawee_async.codec.converter import reader
from allawee_async.codec.json import NotJSON, levels, loads_leniently
from allawee_async.codec.reading import Mismatch, read_step, read_timestamp
from allawee_async.errors import DecodeError
from allawee_async.models.base import Model
from allawee_async.models.card_authorizations import AuthorizationType, CardAuthorization
from allawee_async.models.card_transactions import CardTransaction
from allawee_async.models.requests import RequestRecord
from allawee_async.redaction import SecretObject
from allawee_async.types import JSONObject, JSONValue

_MOST_LEVELS: Final = 100
"""Of lists and objects within each other. What is deeper, many programs cannot even print."""


@attrs.frozen(kw_only=True)
class _Event:
    """What all events have.

    Attributes:
        type: The name, for instance `card.authorization.request`.
        id: The id of the event, `evt.…`, if the delivery told it.
        sent_at: When Allawee sent it, if the delivery told it.
        payload: The whole body as parsed JSON, with all that the classes do not name. Its `repr`
            shows the keys only.
    """

    type: str
    id: str | None
    sent_at: datetime | None
    payload: JSONObject = attrs.field(repr=False, eq=False)

    @property
    def wants_decision(self) -> bool:
        """Whether the answer must be a decision; any other event is just answered 200."""
        return False


@attrs.frozen(kw_only=True)
class CardAuthorizationRequest(_Event):
    """`card.authorization.request`: approve or decline, within 2 seconds.

    Attributes:
        data: What is asked. A `check` asks for balance and name, a `capture` for money.
    """

    data: CardAuthorization

    @property
    def wants_decision(self) -> bool:
        """Always true."""
        return True

    @property
    def is_check(self) -> bool:
        """Whether an approval must tell the balance and the card holder's name."""
        return self.data.type == AuthorizationType.CHECK


@attrs.frozen(kw_only=True)
class CardAuthorizationClosed(_Event):
    """`card.authorization.closed`: the authorization is final. It is sent until you answer 200.

    Attributes:
        data: The authorization, `approved` or `declined`.
    """

    data: CardAuthorization


@attrs.frozen(kw_only=True)
class CardAuthorizationUpdate(_Event):
    """`card.authorization.update`: the network changes the amount, or takes everything back.

    Attributes:
        data: The authorization. `pending` with the new amount wants a decision within 4 seconds;
            `reversed` is sent until you answer 200.
    """

    data: CardAuthorization

    @property
    def wants_decision(self) -> bool:
        """Whether the authorization is pending."""
        return self.data.status == "pending"


@attrs.frozen(kw_only=True)
class CardTransactionCreated(_Event):
    """`card.transaction.created`: an authorization was settled.

    Attributes:
        data: The transaction. In events its `amount` and `fees` are negative; the sign does not
            tell the direction of the money.
    """

    data: CardTransaction


@attrs.frozen(kw_only=True)
class RequestCompleted(_Event):
    """`request.completed`: a request that the API had queued was processed.

    The old spelling `request-completed` is this event too; `payload` tells what was sent.

    Attributes:
        data: The record of the request. Its last attempt tells whether it succeeded.
    """

    data: RequestRecord


@attrs.frozen(kw_only=True)
class UnknownEvent(_Event):
    """An event that the documents do not describe. Answer it 200.

    Attributes:
        data: What came as `data`; empty if nothing came, `{"value": …}` if it was no object.
    """

    data: JSONObject = attrs.field(repr=False, hash=False)


_KnownEvent: TypeAlias = (
    CardAuthorizationRequest
    | CardAuthorizationClosed
    | CardAuthorizationUpdate
    | CardTransactionCreated
    | RequestCompleted
)

Event: TypeAlias = _KnownEvent | UnknownEvent
"""Any event: `isinstance` or `match` tells which, and type checkers then know its `data`."""

_KINDS: Final[dict[str, tuple[type[_KnownEvent], type[Model]]]] = {
    "card.authorization.request": (CardAuthorizationRequest, CardAuthorization),
    "card.authorization.closed": (CardAuthorizationClosed, CardAuthorization),
    "card.authorization.update": (CardAuthorizationUpdate, CardAuthorization),
    "card.transaction.created": (CardTransactionCreated, CardTransaction),
    "request.completed": (RequestCompleted, RequestRecord),
}

OLD_NAMES: Final = {"request-completed": "request.completed"}
"""Names that events had in older documents, and what they are called now."""

EVENT_CLASSES: Final[Mapping[str, type[_KnownEvent]]] = {
    name: cls for name, (cls, _) in _KINDS.items()
}
"""The documented events by their names; every other name makes an `UnknownEvent`."""


def parse_event(body: bytes) -> Event:
    """Return the event of a delivery, of which the signature was checked before.

    Raises:
        DecodeError: The body is not JSON, is no event, or its `data` is not what the documents say
            (`path` tells where).
    """
    payload = _payload(body)
    name = _name(payload)
    metadata = payload.get("metadata")
    facts = metadata if isinstance(metadata, dict) else {}
    event_id, sent_at = _text(facts.get("event")), _sent_at(facts)
    del metadata, facts  # a traceback with local variables would show them
    if name not in _KINDS:
        return UnknownEvent(
            type=name, id=event_id, sent_at=sent_at, data=_any_data(payload), payload=payload
        )
    cls, model = _KINDS[name]
    try:
        data = read_step(reader(model), payload.get("data"), "data")
    except Mismatch as mismatch:
        error = DecodeError(str(mismatch), path=mismatch.path, body=payload)
    else:
        return cls(type=name, id=event_id, sent_at=sent_at, data=data, payload=payload)
    raise error  # out here, so that it does not drag along the frames that read the data


def wants_decision(payload: JSONValue) -> bool:
    """Return whether a body that cannot be read asks for a decision all the same."""
    match payload:
        case {"event": "card.authorization.request"}:
            return True
        case {"event": "card.authorization.update", "data": {"status": "pending"}}:
            return True
        case _:
            return False


def _payload(body: bytes) -> SecretObject:
    try:
        document: JSONValue = loads_leniently(body)
    except NotJSON:
        problem = f"the body is not JSON, or is cut off ({len(body)} bytes)"
    else:
        if not isinstance(document, dict):
            problem = "the body is JSON, but no object"
        elif body.count(b"{") + body.count(b"[") > _MOST_LEVELS < levels(body):
            problem = f"the body has more than {_MOST_LEVELS} levels"
        else:
            return SecretObject(document)
    document = None  # a traceback with local variables would show it
    raise DecodeError(problem)


def _name(payload: SecretObject) -> str:
    match payload.get("event"):
        case str(name) if name:
            return OLD_NAMES.get(name, name)
        case _:
            raise DecodeError("the body names no event", path="event", body=payload)


def _text(value: JSONValue) -> str | None:
    return value if isinstance(value, str) and value else None


def _sent_at(metadata: JSONObject) -> datetime | None:
    """Return the time of sending; one that cannot be read must not cost us the event."""
    sent = metadata.get("sentAt")
    try:
        moment: datetime = read_timestamp(metadata.get("createdAt") if sent is None else sent, None)
    except Mismatch:
        return None
    return moment


def _any_data(payload: JSONObject) -> JSONObject:
    data = payload.get("data")
    if isinstance(data, dict):
        return data
    return {} if data is None else {"value": data}
