"""Card authorizations: their life from the request of the network to the end, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import fresh, id_of, shown, stored, whole
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.cards.decisions import (
    APPROVED,
    CAPTURE,
    DECLINED,
    INSUFFICIENT_FUNDS,
    PENDING,
    REVERSED,
    SYSTEM,
    Decision,
    objection,
    read_decision,
)
from allawee_async.sandbox.cards.events import CLOSED, REQUEST, UPDATE, authorization_data
from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.cards.purchases import purchase_at
from allawee_async.sandbox.core.ledger import InsufficientFundsError

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.cards.controls import Purchase
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

PREFIX = "c.auth."
KIND = "card authorization"
SETTLE = "settle-authorization"
REVERSE = "reverse"


def list_authorizations(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /card-authorizations`."""
    return answer_list(state.card_authorizations, call.pairs)


def get_authorization(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /card-authorizations/:id`."""
    return shown(state.card_authorizations, call.id, KIND)


def request(state: State, card: JsonObject, purchase: Purchase, follow: Json = None) -> str:
    """Let the network ask for a purchase or for the balance, and return the id of the request.

    Args:
        state: What changes.
        card: The card.
        purchase: What is asked for.
        follow: What the network does when it is approved: `"reverse"`, or the new amount and the
            new fees.
    """
    document = _new(state, card, purchase) | {"follow": follow}
    account = funding_source(state, card)
    reason = objection(state, card, account, purchase)
    if reason is None and account is not None and purchase.type == CAPTURE:
        try:
            hold = state.ledger.reserve(account, purchase.amount + purchase.fees)
            document |= {"hold": hold, "reserved": True}
        except InsufficientFundsError:
            reason = INSUFFICIENT_FUNDS
    state.card_authorizations.add(document)
    if reason is not None:
        _close(state, document, Decision(is_approved=False, reason=reason))
    else:
        _ask(state, document, REQUEST)
    return id_of(document)


def change(state: State, authorization: JsonObject, amount: int, fees: int) -> None:
    """Let the network change the amount of an approved purchase that is not settled yet."""
    card = stored(state.cards, str(authorization["card"]), "card")
    account = funding_source(state, card)
    authorization |= {"amount": amount, "fees": fees, "updatedAt": state.now()}
    purchase = purchase_at(
        CAPTURE,
        amount=amount,
        fees=fees,
        channel=str(authorization["channel"]),
        mcc=authorization["mcc"],
        merchant=authorization["merchant"],
    )
    reason = objection(state, card, account, purchase, id_of(authorization))
    if reason is None:
        try:
            state.ledger.adjust(str(authorization["hold"]), amount + fees)
        except InsufficientFundsError:
            reason = INSUFFICIENT_FUNDS
    if reason is not None:
        _close(state, authorization, Decision(is_approved=False, reason=reason))
    else:
        _ask(state, authorization | {"status": PENDING}, UPDATE)


def reverse(state: State, authorization: JsonObject) -> None:
    """Let the network take back an approved purchase that is not settled yet."""
    authorization |= {"status": REVERSED, "updatedAt": state.now()} | _freed(state, authorization)
    state.card_authorizations.replace(authorization)
    _tell(state, authorization, UPDATE)


def hear_request(state: State, data: JsonObject, answer: JsonObject | None) -> None:
    """Take in what a webhook answered to a request; None for no answer in time."""
    _hear(state, id_of(data), REQUEST, answer)


def hear_update(state: State, data: JsonObject, answer: JsonObject | None) -> None:
    """Take in what a webhook answered to an update; None for no answer in time."""
    _hear(state, id_of(data), UPDATE, answer)


def program_rules(state: State, card: str) -> JsonObject:
    """Return the rules for authorizations of the program that a card is from."""
    program = state.card_programs.get(str((state.cards.get(card) or {}).get("program"))) or {}
    rules = program.get("authorization")
    return rules if isinstance(rules, dict) else {}


def _new(state: State, card: JsonObject, purchase: Purchase) -> JsonObject:
    return fresh(state, PREFIX, state.card_authorizations, "card.authorization") | {
        "decisionType": SYSTEM, "fees": purchase.fees, "status": PENDING, "type": purchase.type,
        "amount": purchase.amount, "reserved": False, "currency": card["currency"],
        "channel": purchase.channel, "card": card["id"],
        "networkData": _network_data(state, card, purchase),
        "hold": None, "settled": False, "mcc": purchase.mcc, "merchant": purchase.merchant,
        "awaits": None,
    }  # fmt: skip


def _network_data(state: State, card: JsonObject, purchase: Purchase) -> Json:
    return {
        "network": card.get("network"),
        "stan": state.new_digits(6),
        "rrn": state.new_digits(12),
        "reference": state.new_digits(10),
        "cardAcceptorNameLocation": purchase.merchant or "ALLAWEE SANDBOX MERCHANT    LA LANG",
    }


def _ask(state: State, authorization: JsonObject, event: str) -> None:
    """Ask for a decision: the function of the state, else the webhook, else nobody."""
    state.card_authorizations.replace(authorization | {"awaits": event})
    data = authorization_data(event, authorization)
    webhook = _tell(state, authorization, event)
    if state.decide is not None:
        _hear(state, id_of(authorization), event, state.decide(data))
    elif state.webhook_for(event, webhook) is None:
        _hear(state, id_of(authorization), event, None)


def _hear(state: State, id: str, event: str, answer: JsonObject | None) -> None:
    authorization = state.card_authorizations.get(id)
    if authorization is None or authorization["awaits"] != event:
        return  # decided already
    default = program_rules(state, str(authorization["card"])).get("timeoutDefault")
    decision = read_decision(authorization, answer, default)
    _close(state, authorization, decision)


def _close(state: State, authorization: JsonObject, decision: Decision) -> None:
    """Let an authorization be approved or declined, and let the network go on."""
    follow = authorization["follow"]
    authorization |= {
        "status": APPROVED if decision.is_approved else DECLINED,
        "decisionType": decision.decided_by,
        "awaits": None, "follow": None, "updatedAt": state.now(),
    }  # fmt: skip
    authorization.pop("statusReason", None)
    if decision.reason is not None:
        authorization["statusReason"] = decision.reason
    if decision.metadata is not None:
        authorization["metadata"] = decision.metadata
    if not decision.is_approved:
        authorization |= _freed(state, authorization)
    state.card_authorizations.replace(authorization)
    _tell(state, authorization, CLOSED)
    if decision.is_approved and authorization["type"] == CAPTURE:
        state.later(state.money.settlement_seconds, SETTLE, id_of(authorization))
        _go_on(state, authorization, follow)


def _go_on(state: State, authorization: JsonObject, follow: Json) -> None:
    if follow == REVERSE:
        reverse(state, authorization)
    elif isinstance(follow, list):
        amount, fees = map(whole, follow)
        change(state, authorization, amount, fees)


def _freed(state: State, authorization: JsonObject) -> JsonObject:
    """Give up the hold of an authorization, and return what changes in it."""
    if authorization["hold"] is not None:
        state.ledger.release(str(authorization["hold"]))
    return {"hold": None, "reserved": False}


def _tell(state: State, authorization: JsonObject, event: str) -> str | None:
    """Emit an event, and return the webhook that the card program prefers."""
    webhook = program_rules(state, str(authorization["card"])).get("webhook")
    preferred = webhook if isinstance(webhook, str) else None
    state.emit(event, authorization_data(event, authorization), webhook=preferred)
    return preferred


ROUTES = (
    Endpoint("GET", "/card-authorizations", list_authorizations),
    Endpoint("GET", "/card-authorizations/:id", get_authorization),
)
