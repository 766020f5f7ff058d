"""Card authorizations: their life from the request of the network to the end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs

from allawee_async.sandbox.api.documents import fresh, reads, stored
from allawee_async.sandbox.cards.controls import Purchase
from allawee_async.sandbox.cards.decisions import (
    APPROVED,
    CAPTURE,
    CHECK,
    DECLINED,
    PENDING,
    REVERSED,
    SYSTEM,
    Decision,
    objection,
    read_decision,
)
from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, Json, given, part, without
from allawee_async.sandbox.events.recording import NO_WEBHOOK, TIMEOUT
from allawee_async.sandbox.money.insufficient_funds import reason_if_short

REQUEST = "card.authorization.request"
CLOSED = "card.authorization.closed"
UPDATE = "card.authorization.update"
SETTLE = "settle-authorization"
REVERSE = "reverse"

# What webhooks are told: fewer fields than the API shows.
_TOLD = ("id", "card", "type", "amount", "currency", "status", "networkData")
_TOLD_OF_CHECK = (*_TOLD, "channel")
_TOLD_OF_CAPTURE = (*_TOLD_OF_CHECK, "fees", "reserved")
_TOLD_AT_THE_END = (*_TOLD, "fees", "decisionType")


def request(
    state: State, card: Document, purchase: Purchase, follow: str | list[int] | None = None
) -> str:
    """Let the network ask for a purchase or for the balance, and return the id of the request.

    Args:
        state: What changes.
        card: The card.
        purchase: What is asked for.
        follow: What the network does when it is approved: `"reverse"`, or the new amount and the
            new fees.
    """
    authorization = _new(state, card, purchase) | {"follow": follow}
    account = funding_source(state, card)
    reason = objection(state, card, account, purchase)
    if reason is None and account is not None and purchase.type == CAPTURE:
        reason = reason_if_short(partial(_hold, state, authorization, account))
    state.card_authorizations.add(authorization)
    _go_on(state, authorization, REQUEST, reason)
    return authorization["id"]


def follow_up(state: State, authorization: Document, follow: str | list[int] | None) -> None:
    """Let the network go on with an approved purchase that is not settled; `follow` as above."""
    if follow == REVERSE:
        reverse(state, authorization)
    elif isinstance(follow, list):
        change(state, authorization, *follow)


def change(state: State, authorization: Document, amount: int, fees: int) -> None:
    """Let the network change the amount of an approved purchase that is not settled yet."""
    card = stored(state.cards, authorization["card"])
    authorization |= {"amount": amount, "fees": fees, "updatedAt": state.now()}
    purchase = Purchase.of(authorization)
    reason = objection(state, card, funding_source(state, card), purchase, authorization["id"])
    if reason is None:
        hold = authorization["hold"]
        reason = reason_if_short(lambda: state.ledger.adjust(hold, amount + fees))
    if reason is None:
        authorization["status"] = PENDING
    _go_on(state, authorization, UPDATE, reason)


def reverse(state: State, authorization: Document) -> None:
    """Let the network take back an approved purchase that is not settled yet."""
    _free(state, authorization)
    authorization |= {"status": REVERSED, "updatedAt": state.now()}
    state.card_authorizations.replace(authorization)
    _tell(state, authorization, UPDATE)


def hear(event: str, state: State, data: Document, answer: Document | str) -> None:
    """Take in what a webhook answered to an event, or why there is no answer."""
    authorization = state.card_authorizations.get(data["id"])
    if authorization is None or authorization["awaits"] != event:
        return  # decided already
    default = program_rules(state, authorization).get("timeoutDefault")
    _close(state, authorization, read_decision(authorization, answer, default))


def program_rules(state: State, authorization: Document) -> Document:
    """Return the rules of the card program that an authorization or a transaction is under."""
    card = state.cards.get(authorization["card"]) or {}
    return part(state.card_programs.get(card.get("program")), "authorization")


def tell(state: State, document: Document, event: str, data: Document) -> str | None:
    """Emit an event about what a card was used for, and return the webhook that is preferred."""
    webhook = program_rules(state, document).get("webhook")
    preferred = webhook if isinstance(webhook, str) else None
    older = given(document, "object", "createdAt", "channel", "decisionType", "networkData")
    state.emit(event, data, webhook=preferred, older=data | older)
    return preferred


def _new(state: State, card: Document, purchase: Purchase) -> Document:
    network: Document = {
        "network": card.get("network"), "stan": state.new_digits(6), "rrn": state.new_digits(12),
        "reference": state.new_digits(10),
        "cardAcceptorNameLocation": purchase.merchant or "ALLAWEE SANDBOX MERCHANT    LA LANG",
    }  # fmt: skip
    return {
        **fresh(state, state.card_authorizations), **attrs.asdict(purchase),
        "decisionType": SYSTEM, "status": PENDING, "reserved": False, "currency": card["currency"],
        "card": card["id"], "networkData": network, "hold": None, "settled": False, "awaits": None,
    }  # fmt: skip


def _hold(state: State, authorization: Document, account: str) -> None:
    amount = authorization["amount"] + authorization["fees"]
    authorization |= {"hold": state.ledger.reserve(account, amount), "reserved": True}


def _free(state: State, authorization: Document) -> None:
    if authorization["hold"] is not None:
        state.ledger.release(authorization["hold"])
    authorization |= {"hold": None, "reserved": False}


def _go_on(state: State, authorization: Document, event: str, reason: str | None) -> None:
    """Decline for a reason, or ask: the function of the state, else the webhook, else nobody."""
    if reason is not None:
        _close(state, authorization, Decision(DECLINED, reason=reason))
        return
    authorization["awaits"] = event
    state.card_authorizations.replace(authorization)
    webhook = _tell(state, authorization, event)
    if state.decide is not None:
        data = _told(event, authorization)
        decided = state.decide(data)
        hear(event, state, data, TIMEOUT if decided is None else decided)
    elif state.webhook_for(event, webhook) is None:
        hear(event, state, authorization, NO_WEBHOOK)


def _close(state: State, authorization: Document, decision: Decision) -> None:
    """Let an authorization be approved or declined, and let the network go on."""
    follow = authorization["follow"]
    authorization |= {
        "status": decision.status, "decisionType": decision.decided_by, "awaits": None,
        "follow": None, "updatedAt": state.now(),
    }  # fmt: skip
    authorization.pop("statusReason", None)
    authorization |= given({"statusReason": decision.reason}, "statusReason")
    if decision.metadata is not None:
        authorization["metadata"] = decision.metadata
    if decision.status == DECLINED:
        _free(state, authorization)
    state.card_authorizations.replace(authorization)
    _tell(state, authorization, CLOSED)
    if decision.status == APPROVED and authorization["type"] == CAPTURE:
        state.later(state.money.settlement_seconds, SETTLE, authorization["id"])
        follow_up(state, authorization, follow)


def _tell(state: State, authorization: Document, event: str) -> str | None:
    return tell(state, authorization, event, _told(event, authorization))


def _told(event: str, authorization: Document) -> Document:
    """Return the data of an event about an authorization."""
    names: tuple[str, ...] = _TOLD_OF_CAPTURE
    if event == CLOSED:
        names = _TOLD_AT_THE_END
    elif authorization["status"] == REVERSED:
        names = _TOLD
    elif authorization["type"] == CHECK:
        names = _TOLD_OF_CHECK
    told = {name: authorization[name] for name in names if name in authorization}
    if event == REQUEST:
        told["networkData"] = without(part(authorization, "networkData"), "reference")
    return told


ANSWERS: dict[str, Callable[[State, Document, Document | str], None]] = {
    event: partial(hear, event) for event in (REQUEST, UPDATE)
}
ROUTES = reads("/card-authorizations", lambda state: state.card_authorizations)
