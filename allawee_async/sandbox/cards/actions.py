"""What can be done with a card that somebody has: secrets, PIN, money, block, terminate."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import id_of, refused, replaced, shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint, Host
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.cards import funding as card_funding
from allawee_async.sandbox.cards.cards import KIND, TERMINATED
from allawee_async.sandbox.core.values import to_bytes
from allawee_async.sandbox.money.account_logs import balance_of

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

ACTIVE, INACTIVE, BLOCKED = "active", "inactive", "blocked"
_CVV, _PIN = re.compile(r"[0-9]{3}"), re.compile(r"[0-9]{4}")


def get_secrets(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/secrets` of the secure host."""
    card = stored(state.cards, call.id, KIND)
    secrets = stored(state.card_secrets, id_of(card), KIND)
    details = card["details"] if isinstance(card["details"], dict) else {}
    told: JsonObject = {
        "cardHolderName": details.get("cardHolderName"),
        "last4": details.get("last4"),
        "pan": secrets["pan"],
        "expiry": details.get("expiry"),
        "cvv": secrets["cvv"],
    }
    return success(to_bytes(told))


def activate(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/activate` of the secure host."""
    card = stored(state.cards, call.id, KIND)
    body = _read_codes(call.body, {"cvv": _CVV, "pin": _PIN})
    _check_linked(card)
    _check_status(card, INACTIVE)
    secrets = stored(state.card_secrets, id_of(card), KIND)
    if secrets["cvv"] != body["cvv"]:
        raise refused("wrong-cvv", "This is not the CVV of the card.")
    state.card_secrets.replace(secrets | {"pin": body["pin"]})
    return _with_status(state, card, ACTIVE)


def reset_pin(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/reset-pin` of the secure host."""
    card = stored(state.cards, call.id, KIND)
    body = _read_codes(call.body, {"pin": _PIN})
    _check_status(card, ACTIVE)
    secrets = stored(state.card_secrets, id_of(card), KIND)
    state.card_secrets.replace(secrets | {"pin": body["pin"]})
    return replaced(state.cards, card | {"updatedAt": state.now()})


def fund(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/fund`."""
    card = stored(state.cards, call.id, KIND)
    checks = Checks()
    wish = card_funding.read_wish(state, checks, read_body(call.body), required=True)
    checks.refuse_if_any()
    _check_linked(card)
    _check_status(card, ACTIVE, INACTIVE)
    target = _funding_source(state, card)
    funding = card_funding.plan_funding(state, wish, str(card["currency"]), target)
    card_funding.carry_out(state, funding, target, id_of(card))
    return replaced(state.cards, card | {"updatedAt": state.now()})


def get_funding_source(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/funding-source`."""
    card = stored(state.cards, call.id, KIND)
    return shown(state.accounts, _funding_source(state, card), "account")


def get_funding_balance(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/funding-source/balance`."""
    card = stored(state.cards, call.id, KIND)
    return success(to_bytes(balance_of(state, _funding_source(state, card))))


def enroll(service: str, state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/enroll/…`: codes for purchases go to a phone and an address."""
    card = stored(state.cards, call.id, KIND)
    body = read_body(call.body)
    checks = Checks()
    for name in ("phoneNumber", "email"):
        checks.text(body, name, required=False)
    checks.refuse_if_any()
    _check_linked(card)
    _check_status(card, ACTIVE, INACTIVE)
    known = _contact_of(state, card)
    contact: JsonObject = {
        name: body.get(name) or known.get(name) for name in ("phoneNumber", "email")
    }
    if not any(contact.values()):
        raise refused("no-contact", "Neither the request nor the customer has a phone or e-mail.")
    enrollments = card.get("enrollments")
    enrolled: JsonObject = enrollments if isinstance(enrollments, dict) else {}
    enrolled[service] = contact
    card["enrollments"] = enrolled
    state.cards.replace(card | {"updatedAt": state.now()})
    return success(to_bytes({"card": card["id"], "service": service, **contact}))


def block(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/block`."""
    card = stored(state.cards, call.id, KIND)
    if card["status"] == BLOCKED:
        return _as_it_is(state, card)
    _check_status(card, ACTIVE, INACTIVE)
    return _with_status(state, card | {"before": card["status"]}, BLOCKED)


def unblock(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/unblock`: the card is again what it was before."""
    card = stored(state.cards, call.id, KIND)
    if card["status"] in (ACTIVE, INACTIVE):
        return _as_it_is(state, card)
    _check_status(card, BLOCKED)
    return _with_status(state, card, str(card.get("before") or INACTIVE))


def terminate(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `DELETE /cards/:id`: there is no way back."""
    card = stored(state.cards, call.id, KIND)
    if card["status"] == TERMINATED:
        return _as_it_is(state, card)
    _check_status(card, ACTIVE, INACTIVE, BLOCKED)
    return _with_status(state, card, TERMINATED)


def _read_codes(text: bytes, forms: dict[str, re.Pattern[str]]) -> JsonObject:
    """Return the codes in a request; what is wrong with one is told without repeating it."""
    body = read_body(text)
    checks = Checks()
    for name, form in forms.items():
        value = body.get(name)
        if not isinstance(value, str) or form.fullmatch(value) is None:
            length = 3 if form is _CVV else 4
            checks.messages.append(f"{name} must be a string of {length} digits")
    checks.refuse_if_any()
    return body


def _check_linked(card: JsonObject) -> None:
    if card.get("customer") is None:
        raise refused("card-not-linked", "This card belongs to nobody yet.")


def _check_status(card: JsonObject, *allowed: str) -> None:
    status = card["status"]
    if status not in allowed:
        raise refused(f"card-{status}", f"This card is {status}.")


def _as_it_is(state: State, card: JsonObject) -> ApiResponse:
    """Answer a request whose wish is true already: such requests may be sent twice."""
    position = state.cards.position_of(id_of(card))
    if position is None:
        raise RuntimeError("a stored card has a position")
    return success(state.cards.shown_at(position))


def _with_status(state: State, card: JsonObject, status: str) -> ApiResponse:
    return replaced(state.cards, card | {"status": status, "updatedAt": state.now()})


def _funding_source(state: State, card: JsonObject) -> str:
    account = card_funding.funding_source(state, card)
    if account is None:
        raise refused("card-not-linked", "Nothing pays for this card, as it belongs to nobody yet.")
    return account


def _contact_of(state: State, card: JsonObject) -> JsonObject:
    """Return phone number and e-mail address of the customer who has a card."""
    customer = state.customers.get(str(card["customer"])) or {}
    claims: Json = customer.get("claims")
    for name in ("individualInformation", "businessInformation"):
        section = claims.get(name) if isinstance(claims, dict) else None
        if isinstance(section, dict):
            return section
    return {}


ROUTES = (
    Endpoint("GET", "/cards/:id/secrets", get_secrets, Host.SECURE),
    Endpoint("POST", "/cards/:id/activate", activate, Host.SECURE),
    Endpoint("POST", "/cards/:id/reset-pin", reset_pin, Host.SECURE),
    Endpoint("POST", "/cards/:id/fund", fund),
    Endpoint("GET", "/cards/:id/funding-source", get_funding_source),
    Endpoint("GET", "/cards/:id/funding-source/balance", get_funding_balance),
    Endpoint("POST", "/cards/:id/enroll/safetoken", partial(enroll, "safetoken")),
    Endpoint("POST", "/cards/:id/enroll/3ds", partial(enroll, "3ds")),
    Endpoint("POST", "/cards/:id/block", block),
    Endpoint("POST", "/cards/:id/unblock", unblock),
    Endpoint("DELETE", "/cards/:id", terminate),
)
