"""What can be done with a card that somebody has: secrets, PIN, money, block, terminate."""

from __future__ import annotations

import re
from functools import partial

from allawee_async.sandbox.api.documents import changed, refused, shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint, Host
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.cards.funding import FundingRequest, funding_source, plan_funding
from allawee_async.sandbox.cards.issuing import (
    ACTIVE,
    BLOCKED,
    INACTIVE,
    TERMINATED,
    check_status,
)
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, given, part, to_bytes
from allawee_async.sandbox.money.accounts import balance_of


def get_secrets(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/secrets` of the secure host."""
    card = stored(state.cards, call.id)
    secrets = stored(state.card_secrets, card["id"])
    printed: Document = {"cardHolderName": None, "last4": None, "expiry": None}
    printed |= given(part(card, "details"), *printed)
    return success(to_bytes(printed | given(secrets, "pan", "cvv")))


def activate(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/activate` of the secure host."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        cvv, pin = _digits(body, "cvv", 3), _digits(body, "pin", 4)
    _check_linked(card)
    check_status(card, INACTIVE)
    secrets = stored(state.card_secrets, card["id"])
    if secrets["cvv"] != cvv:
        raise refused("wrong-cvv", "This is not the CVV of the card.")
    state.card_secrets.replace(secrets | {"pin": pin})
    return changed(state, state.cards, card, {"status": ACTIVE})


def reset_pin(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/reset-pin` of the secure host."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        pin = _digits(body, "pin", 4)
    check_status(card, ACTIVE)
    state.card_secrets.replace(stored(state.card_secrets, card["id"]) | {"pin": pin})
    return changed(state, state.cards, card, {})


def fund(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/fund`."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        asked = FundingRequest.read(state, body, required=True)
    _check_linked(card)
    check_status(card, ACTIVE, INACTIVE)
    target = _funding_source(state, card)
    funding = plan_funding(state, asked, card["currency"], target)
    if funding is None:
        raise refused("same-account", "The account to debit is the funding source of the card.")
    funding.carry_out(state, target, card["id"])
    return changed(state, state.cards, card, {})


def get_funding_source(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/funding-source`."""
    return shown(state.accounts, _funding_source(state, stored(state.cards, call.id)))


def get_funding_balance(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/funding-source/balance`."""
    account = _funding_source(state, stored(state.cards, call.id))
    return success(to_bytes(balance_of(state, account)))


def enroll(service: str, state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/enroll/…`: codes for purchases go to a phone and an address."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        sent = {name: body.text(name, required=False) for name in ("phoneNumber", "email")}
    _check_linked(card)
    check_status(card, ACTIVE, INACTIVE)
    known = _contact_of(state, card)
    contact: Document = {name: value or known.get(name) for name, value in sent.items()}
    if not any(contact.values()):
        raise refused("no-contact", "Neither the request nor the customer has a phone or e-mail.")
    enrollments: Document = {**part(card, "enrollments"), service: contact}
    changed(state, state.cards, card, {"enrollments": enrollments})
    return success(to_bytes({"card": card["id"], "service": service, **contact}))


def block(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/block`."""
    card = stored(state.cards, call.id)
    if card["status"] == BLOCKED:  # what is so already may be asked for twice
        return shown(state.cards, call.id)
    check_status(card, ACTIVE, INACTIVE)
    return changed(state, state.cards, card, {"status": BLOCKED, "before": card["status"]})


def unblock(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/unblock`: the card is again what it was before."""
    card = stored(state.cards, call.id)
    if card["status"] in (ACTIVE, INACTIVE):
        return shown(state.cards, call.id)
    check_status(card, BLOCKED)
    return changed(state, state.cards, card, {"status": card.get("before") or INACTIVE})


def terminate(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `DELETE /cards/:id`: there is no way back."""
    card = stored(state.cards, call.id)
    if card["status"] == TERMINATED:
        return shown(state.cards, call.id)
    return changed(state, state.cards, card, {"status": TERMINATED})


def _digits(body: RequestBody, name: str, length: int) -> str:
    """Check that a field is so many digits; what is wrong is told without repeating it."""
    value = body.fields.get(name)
    if isinstance(value, str) and re.fullmatch(rf"[0-9]{{{length}}}", value):
        return value
    body.refuse(name, f"must be a string of {length} digits")
    return ""


def _check_linked(card: Document) -> None:
    if card.get("customer") is None:
        raise refused("card-not-linked", "This card belongs to nobody yet.")


def _funding_source(state: State, card: Document) -> str:
    account = funding_source(state, card)
    if account is None:
        raise refused("card-not-linked", "Nothing pays for this card, as it belongs to nobody yet.")
    return account


def _contact_of(state: State, card: Document) -> Document:
    """Return phone number and e-mail address of the customer who has a card."""
    claims = part(state.customers.get(card["customer"]), "claims")
    return part(claims, "individualInformation") or part(claims, "businessInformation")


STATUS = "cards:update:status"
ROUTES = (
    Endpoint("GET", "/cards/:id/secrets", get_secrets, Host.SECURE, scope="cards:read:secrets"),
    Endpoint("POST", "/cards/:id/activate", activate, Host.SECURE, scope=STATUS),
    Endpoint("POST", "/cards/:id/reset-pin", reset_pin, Host.SECURE, scope="cards:update:pin"),
    Endpoint("POST", "/cards/:id/fund", fund),
    Endpoint("GET", "/cards/:id/funding-source", get_funding_source),
    Endpoint("GET", "/cards/:id/funding-source/balance", get_funding_balance),
    Endpoint("POST", "/cards/:id/enroll/safetoken", partial(enroll, "safetoken")),
    Endpoint("POST", "/cards/:id/enroll/3ds", partial(enroll, "3ds")),
    Endpoint("POST", "/cards/:id/block", block, scope=STATUS, is_queueable=True),
    Endpoint("POST", "/cards/:id/unblock", unblock, scope=STATUS, is_queueable=True),
    Endpoint("DELETE", "/cards/:id", terminate, scope=STATUS),
)
