"""Simulation of the card network: endpoints that let a card be used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs

from allawee_async.sandbox.api.documents import id_of, shown, stored
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.cards.authorizations import REVERSE, follow_up, request
from allawee_async.sandbox.cards.controls import CHANNELS, Purchase
from allawee_async.sandbox.cards.decisions import CAPTURE, CHECK
from allawee_async.sandbox.cards.transactions import is_unsettled

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject


def simulate(type: str, state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/cards/:id/request-authorization/check` and `…/capture`."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        purchase = _read(body, type)
    return _shown(state, request(state, card, purchase))


def simulate_follow_up(action: str, state: State, call: ApiRequest) -> ApiResponse:
    """Answer `…/update-capture` and `…/reverse-capture`: a purchase that is not there is made."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        purchase = _read(body, CAPTURE)
        follow: Json = REVERSE
        if action == "update-capture":
            follow = [body.whole("updateAmount"), body.whole("updateFees")]
    known = _find(state, card, purchase)
    if known is None:
        return _shown(state, request(state, card, purchase, follow))
    follow_up(state, known, follow)
    return _shown(state, id_of(known))


def _read(body: RequestBody, type: str) -> Purchase:
    amounts = ("amount", "fees") if type == CAPTURE else ()
    amount, fees = [body.whole(name) for name in amounts] or (0, 0)
    return Purchase(
        type, amount, fees, body.choice("channel", CHANNELS), body.text("mcc", required=False),
        body.text("merchantDescriptor", required=False) or None,
    )  # fmt: skip


def _find(state: State, card: JsonObject, purchase: Purchase) -> JsonObject | None:
    """Return the newest purchase like this that is approved and not settled, or None."""
    wanted = {"amount": purchase.amount, "fees": purchase.fees, "channel": purchase.channel}
    for authorization in state.card_authorizations.group(id_of(card)):
        if is_unsettled(authorization) and wanted.items() <= authorization.items():
            return authorization
    return None


def _shown(state: State, authorization: str) -> ApiResponse:
    """Return the authorization; the answer waits while a webhook is asked."""
    reply = shown(state.card_authorizations, authorization)
    if stored(state.card_authorizations, authorization)["awaits"] is None:
        return reply
    return attrs.evolve(reply, later=partial(_shown, state, authorization))


_PATH = "/simulation/cards/:id/request-authorization"
ROUTES = (
    *(Endpoint("POST", f"{_PATH}/{what}", partial(simulate, what)) for what in (CHECK, CAPTURE)),
    *(
        Endpoint("POST", f"{_PATH}/{action}", partial(simulate_follow_up, action))
        for action in ("update-capture", "reverse-capture")
    ),
)
