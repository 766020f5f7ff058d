"""Simulation of the card network: endpoints that let a card be used."""

from __future__ import annotations

from functools import partial

import attrs

from allawee_async.sandbox.api.documents import shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.cards.authorizations import CAPTURE, CHECK, REVERSE, follow_up, request
from allawee_async.sandbox.cards.controls import CHANNELS, Purchase
from allawee_async.sandbox.cards.transactions import is_unsettled
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document


def simulate(type: str, state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/cards/:id/request-authorization/check` and `…/capture`."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        purchase, _ = _read(body, type)
    return _shown(state, request(state, card, purchase))


def simulate_follow_up(amounts: tuple[str, ...], state: State, call: ApiRequest) -> ApiResponse:
    """Answer `…/update-capture`, which has new amounts, and `…/reverse-capture`, which has none.

    A purchase that is not there is made first.
    """
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        purchase, new = _read(body, CAPTURE, *amounts)
    known, follow = _find(state, card, purchase), new or REVERSE
    if known is None:
        return _shown(state, request(state, card, purchase, follow))
    follow_up(state, known, follow)
    return _shown(state, known["id"])


def _read(body: RequestBody, type: str, *further: str) -> tuple[Purchase, list[int]]:
    """Return the purchase in a request, and the further amounts that it names."""
    names = ("amount", "fees", *further) if type == CAPTURE else ()
    amount, fees, *new = [body.whole(name) for name in names] or (0, 0)
    purchase = Purchase(
        type, amount, fees, body.choice("channel", CHANNELS), body.text("mcc", required=False),
        body.text("merchantDescriptor", required=False) or None,
    )  # fmt: skip
    return purchase, new


def _find(state: State, card: Document, purchase: Purchase) -> Document | None:
    """Return the newest purchase like this that is approved and not settled, or None."""
    wanted = {"amount": purchase.amount, "fees": purchase.fees, "channel": purchase.channel}
    for authorization in state.card_authorizations.group(card["id"]):
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
    Endpoint("POST", f"{_PATH}/check", partial(simulate, CHECK)),
    Endpoint("POST", f"{_PATH}/capture", partial(simulate, CAPTURE)),
    Endpoint(
        "POST",
        f"{_PATH}/update-capture",
        partial(simulate_follow_up, ("updateAmount", "updateFees")),
    ),
    Endpoint("POST", f"{_PATH}/reverse-capture", partial(simulate_follow_up, ())),
)
