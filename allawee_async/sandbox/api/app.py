"""The API as one pure step: a request comes in as values, an answer goes out as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import unquote

import attrs

from allawee_async.sandbox import customers
from allawee_async.sandbox.api import messages, secret_keys
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.routing import Endpoint, Host, Router
from allawee_async.sandbox.cards import (
    authorizations,
    cards,
    disputes,
    programs,
    simulation,
    transactions,
)
from allawee_async.sandbox.cards.numbers import masked
from allawee_async.sandbox.core.keys import Key, KeyRefusedError
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import JsonObject
from allawee_async.sandbox.directory import banks, merchants
from allawee_async.sandbox.events import queue, webhooks
from allawee_async.sandbox.money import (
    accounts,
    bills,
    configuration,
    fees,
    fx,
    payins,
    payment_requests,
    payments,
    payouts,
)
from allawee_async.sandbox.query.grammar import MalformedQueryError
from allawee_async.sandbox.requests import queued
from allawee_async.sandbox.requests.calls import Called, kept

_NOUNS: tuple[Endpoint, ...] = tuple(
    route
    for noun in (
        accounts, authorizations, banks, bills, cards, configuration,
        customers, disputes, fees, fx, merchants, payins, payment_requests,
        payments, payouts, programs, queue, queued, secret_keys, simulation, transactions, webhooks,
    )
    for route in noun.ROUTES
)  # fmt: skip
"""A noun adds its module here."""

ROUTES = queued.with_queue(_NOUNS)
"""Every endpoint, those that simulate guaranteed processing included."""

JOBS: dict[str, Callable[[State, str], None]] = {
    **payouts.JOBS,
    **transactions.JOBS,
    queued.JOB: queued.make_job(_NOUNS),
}
"""What `State.later` runs, by name: it gets the state and the id of the document."""

ANSWERS: Mapping[str, Callable[[State, JsonObject, JsonObject | str], None]] = (
    authorizations.ANSWERS
)
"""Who hears what a webhook answered, by the name of the event: a function gets the state, the
event's `data`, and the JSON object of a 200 answer, or why there is none."""


_ROUTER = Router(ROUTES)


class Api:
    """Answers requests out of a state, for those who have a key."""

    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, host: Host, request: ApiRequest, authorization: str | None) -> ApiResponse:
        """Return the answer to a request; what it changes is changed when this returns."""
        try:
            key = self._state.keys.admit(authorization)
        except KeyRefusedError as refused:
            return messages.failure(401, "unauthorized", str(refused))
        return self._answer(host, attrs.evolve(request, key=key))

    def act(self, request: ApiRequest) -> ApiResponse:
        """Return the answer to a request of the sandbox's own page, which needs no key."""
        return self._answer(Host.API, attrs.evolve(request, key=Key("key.sandbox-page")))

    def run_due(self) -> bool:
        """Run the jobs that are due, and return whether there were any."""
        ran = False
        while (job := self._state.scheduler.take_due(self._state.clock)) is not None:
            ran = True
            JOBS[job.name](self._state, job.id)
        return ran

    def hear(self, id: str, attempt: queue.DeliveryAttempt) -> None:
        """Take note of what came of sending an event, and let the first answer have its effect."""
        event = queue.note_attempt(self._state, id, attempt)
        listener = ANSWERS.get(event["event"]) if event is not None else None
        if event is not None and listener is not None and len(event["attempts"]) == 1:
            listener(self._state, event["data"], attempt.decision())

    def _answer(self, host: Host, request: ApiRequest) -> ApiResponse:
        segments = tuple(unquote(segment) for segment in request.path.split("/"))
        response = self._run(host, request, segments)
        self._state.calls.note(
            Called(
                at=self._state.clock(),
                method=request.method,
                path=masked("/".join(segments)),
                status=response.status,
                request_id=request.request_id,
                initiator=request.key.id,
                address=request.address,
                sent=kept(request.body),
                answered=kept(response.body),
            )
        )
        return response

    def _run(self, host: Host, request: ApiRequest, segments: tuple[str, ...]) -> ApiResponse:
        key = request.key
        try:
            endpoint, found = _ROUTER.find(host, request.method, segments)
            if not key.may(endpoint.scope):
                message = f"This key lacks the scope {endpoint.scope}."
                return messages.failure(403, "insufficient-scope", message)
            if key.is_live and endpoint.path.startswith("/simulation/"):
                return messages.failure(403, "test-key-required", "Only test keys can simulate.")
            return endpoint.handler(self._state, attrs.evolve(request, id=found))
        except messages.RefusalError as refusal:
            return refusal.reply
        except MalformedQueryError as error:
            return messages.malformed_parameter(error.parameter)
