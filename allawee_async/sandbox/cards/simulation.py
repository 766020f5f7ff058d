"""Simulation of the card network: routes that let a card be used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs

from allawee_async.sandbox.api.documents import id_of, shown, stored, whole
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.cards.authorizations import KIND, REVERSE, change, request, reverse
from allawee_async.sandbox.cards.controls import CHANNELS, Purchase
from allawee_async.sandbox.cards.decisions import CAPTURE, CHECK
from allawee_async.sandbox.cards.purchases import purchase_at
from allawee_async.sandbox.cards.transactions import is_unsettled

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject


def simulate_check(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/cards/:id/request-authorization/check`."""
    card = stored(state.cards, call.id, "card")
    body = _read(call, ())
    return _shown(state, request(state, card, _purchase(body, CHECK)))


def simulate_capture(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/cards/:id/request-authorization/capture`."""
    card = stored(state.cards, call.id, "card")
    body = _read(call, ("amount", "fees"))
    return _shown(state, request(state, card, _purchase(body, CAPTURE)))


def simulate_update(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/cards/:id/request-authorization/update-capture`."""
    card = stored(state.cards, call.id, "card")
    body = _read(call, ("amount", "fees", "updateAmount", "updateFees"))
    before = _purchase(body, CAPTURE)
    amount, fees = whole(body["updateAmount"]), whole(body["updateFees"])
    known = _find(state, card, before)
    if known is None:
        follow: Json = [amount, fees]
        return _shown(state, request(state, card, before, follow))
    change(state, known, amount, fees)
    return _shown(state, id_of(known))


def simulate_reversal(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/cards/:id/request-authorization/reverse-capture`."""
    card = stored(state.cards, call.id, "card")
    body = _read(call, ("amount", "fees"))
    purchase = _purchase(body, CAPTURE)
    known = _find(state, card, purchase)
    if known is None:
        return _shown(state, request(state, card, purchase, REVERSE))
    reverse(state, known)
    return _shown(state, id_of(known))


def _read(call: ApiRequest, amounts: tuple[str, ...]) -> JsonObject:
    body = read_body(call.body)
    checks = Checks()
    for name in amounts:
        checks.whole(body, name)
    checks.choice(body, "channel", CHANNELS)
    checks.text(body, "mcc", required=False)
    checks.text(body, "merchantDescriptor", required=False)
    checks.refuse_if_any()
    return body


def _purchase(body: JsonObject, type: str) -> Purchase:
    amount, fees = (whole(body["amount"]), whole(body["fees"])) if type == CAPTURE else (0, 0)
    return purchase_at(
        type,
        amount=amount,
        fees=fees,
        channel=str(body["channel"]),
        mcc=body.get("mcc"),
        merchant=body.get("merchantDescriptor"),
    )


def _find(state: State, card: JsonObject, purchase: Purchase) -> JsonObject | None:
    """Return the newest purchase like this that is approved and not settled, or None."""
    for authorization in state.card_authorizations.group(id_of(card)):
        if (
            is_unsettled(authorization)
            and authorization["amount"] == purchase.amount
            and authorization["fees"] == purchase.fees
            and authorization["channel"] == purchase.channel
        ):
            return authorization
    return None


def _shown(state: State, authorization: str) -> ApiResponse:
    """Return the authorization; the answer waits while a webhook is asked."""
    reply = shown(state.card_authorizations, authorization, KIND)
    if stored(state.card_authorizations, authorization, KIND)["awaits"] is None:
        return reply
    return attrs.evolve(reply, later=partial(_shown, state, authorization))


_PATH = "/simulation/cards/:id/request-authorization"
ROUTES = (
    Endpoint("POST", f"{_PATH}/check", simulate_check),
    Endpoint("POST", f"{_PATH}/capture", simulate_capture),
    Endpoint("POST", f"{_PATH}/update-capture", simulate_update),
    Endpoint("POST", f"{_PATH}/reverse-capture", simulate_reversal),
)
