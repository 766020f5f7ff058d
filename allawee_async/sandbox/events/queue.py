"""Events to be sent: which there are, what is sent for one, and what came of trying. No I/O."""

from __future__ import annotations

import hmac

import attrs

from allawee_async.sandbox.api.documents import reads, shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, Json, from_bytes, is_nested_deeper
from allawee_async.sandbox.events import recording
from allawee_async.sandbox.events.recording import DELIVERED, ENABLED, FAILED, UNCLAIMED, WAITING
from allawee_async.sandbox.faults.deliveries import Sending
from allawee_async.sandbox.rules import values

_SHOWN_TEXT = 500
_DEEPEST_ANSWER = 16


@attrs.frozen
class OutgoingEvent:
    """What is sent to a webhook: the very bytes, signed with the key that it has now."""

    sending: Sending
    url: str
    body: bytes
    signature: str
    deadline: float
    once: bool


@attrs.frozen
class DeliveryAttempt:
    """What came of sending an event once.

    Attributes:
        status: The status of the answer; None when there was none.
        latency: Milliseconds.
        body: The beginning of the answer's body.
        error: Why there was no answer.
        final: Whether nothing more is to be tried.
        is_late: Whether there was no answer in time, if there was none, and not no connection.
    """

    status: int | None
    latency: int
    body: bytes = b""
    error: str | None = None
    final: bool = False
    is_late: bool = True

    def decision(self) -> dict[str, Json] | str:
        """Return the JSON object of a 200 answer, or why there is none, as a `statusReason`."""
        if self.status is None:
            return recording.TIMEOUT if self.is_late else recording.UNREACHABLE
        if self.status != 200:
            return f"webhook-status-{self.status}"
        value = self._read()
        return value if isinstance(value, dict) else recording.TIMEOUT

    def record(self, at: str) -> Document:
        """Return the attempt as it is shown."""
        return {
            "statusCode": self.status, "latency": self.latency, "responseBody": self._read(),
            "error": self.error, "createdAt": at,
        }  # fmt: skip

    def _read(self) -> Json:
        text = self.body.decode(errors="replace")
        try:
            value: Json = from_bytes(self.body)
        except ValueError:
            return text[:_SHOWN_TEXT] or None
        return text[:_SHOWN_TEXT] if is_nested_deeper(value, _DEEPEST_ANSWER) else value


def to_send(state: State, id: str) -> OutgoingEvent | None:
    """Return what to send for an event, or None when there is nothing to send.

    An event whose webhook has been disabled or deleted goes to the one that gets it now.
    """
    event = state.events.get(id)
    if event is None or event["status"] == DELIVERED:
        return None
    name, data = event["event"], event["data"]
    webhook = state.webhooks.get(event["webhook"])
    if webhook is None or webhook["status"] != ENABLED:
        webhook = state.webhooks.get(_assigned(state, event)["webhook"])
    if webhook is None:
        return None
    body = event["payload"].encode()
    signature = hmac.new(webhook["signingKey"].encode(), body, "sha512").hexdigest()
    seconds = _decision_seconds(name, data)
    sending = Sending(id, name, data, is_question=seconds is not None)
    once = sending.is_question or name == "request.completed"
    url = str(event["preferred"] if recording.is_url(event["preferred"]) else webhook["url"])
    return OutgoingEvent(sending, url, body, signature, seconds or values.ANSWER_SECONDS, once)


def note_attempt(state: State, id: str, attempt: DeliveryAttempt) -> Document | None:
    """Add what came of sending an event to its record, and return that, or None if it is gone."""
    event = state.events.get(id)
    if event is None:
        return None
    now = state.now()
    event["attempts"] = [*event["attempts"], attempt.record(now)][-values.ATTEMPTS_KEPT :]
    event["status"] = DELIVERED if attempt.status == 200 else FAILED if attempt.final else WAITING
    event["updatedAt"] = now
    state.events.replace(event)
    return event


def retry_event(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /events/:id/retry`: it goes out again, to the webhook that gets it now."""
    event = _assigned(state, stored(state.events, call.id))
    if event["webhook"] is not None and event["id"] not in state.outbox:
        state.outbox.append(event["id"])
    return shown(state.events, call.id)


def _decision_seconds(event: str, data: Document) -> float | None:
    """Return within how many seconds a decision is wanted, or None where none is."""
    if event == "card.authorization.request":
        return values.DECISION_SECONDS
    is_pending = event == "card.authorization.update" and data.get("status") == "pending"
    return values.UPDATE_SECONDS if is_pending else None


def _assigned(state: State, event: Document) -> Document:
    """Give an event to the webhook that gets it now, and return it as it is stored then."""
    webhook = state.webhook_for(event["event"], event["preferred"])
    status = UNCLAIMED if webhook is None else WAITING
    event |= {"webhook": webhook, "status": status, "updatedAt": state.now()}
    state.events.replace(event)
    return event


ROUTES = (
    *reads("/events", lambda state: state.events),
    Endpoint("POST", "/events/:id/retry", retry_event),
)
