"""Simulation of the card network: endpoints that let a card be used."""

from __future__ import annotations

from functools import partial

import attrs

from allawee_async.sandbox.api.documents import shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.cards.authorizations import CAPTURE, CHECK, REVERSE, follow_up, request
from allawee_async.sandbox.cards.controls import CHANNELS, Purchase
from allawee_async.sandbox.cards.transactions import is_unsettled
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document


def simulate(
    type: str, amounts: tuple[str, ...] | None, state: State, call: ApiRequest
) -> ApiResponse:
    """Answer the endpoints below `_PATH`: a request, or what follows on an approved purchase.

    The network changes a purchase to new amounts, in fields of these names, or reverses it if
    there are none. A purchase that is not there is made first; None makes one and no more.
    """
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        names = ("amount", "fees", *(amounts or ())) if type == CAPTURE else ()
        amount, fees, *new = [body.whole(name) for name in names] or (0, 0)
        purchase = Purchase(
            type, amount, fees, body.choice("channel", CHANNELS),
            body.text("mcc", required=False),
            body.text("merchantDescriptor", required=False) or None,
        )  # fmt: skip
    if amounts is None:
        return _shown(state, request(state, card, purchase))
    known, follow = _find(state, card, purchase), new or REVERSE
    if known is None:
        return _shown(state, request(state, card, purchase, follow))
    follow_up(state, known, follow)
    return _shown(state, known["id"])


def _find(state: State, card: Document, purchase: Purchase) -> Document | None:
    """Return the newest purchase like this that is approved and not settled, or None."""
    wanted = {"amount": purchase.amount, "fees": purchase.fees, "channel": purchase.channel}
    unsettled = filter(is_unsettled, state.card_authorizations.group(card["id"]))
    return next((one for one in unsettled if wanted.items() <= one.items()), None)


def _shown(state: State, authorization: str) -> ApiResponse:
    """Return the authorization; the answer waits while a webhook is asked."""
    reply = shown(state.card_authorizations, authorization)
    if stored(state.card_authorizations, authorization)["awaits"] is None:
        return reply
    return attrs.evolve(reply, later=partial(_shown, state, authorization))


_PATH = "/simulation/cards/:id/request-authorization"
ROUTES = tuple(
    Endpoint("POST", f"{_PATH}/{name}", partial(simulate, use, amounts))
    for name, use, amounts in (
        ("check", CHECK, None),
        ("capture", CAPTURE, None),
        ("update-capture", CAPTURE, ("updateAmount", "updateFees")),
        ("reverse-capture", CAPTURE, ()),
    )
)
