"""Cards: made, handed over to somebody, and what can be done with one then."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial

import attrs

from allawee_async.sandbox.api.documents import changed, fresh, reads, refuse_double, shown, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.routing import Endpoint, Host
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.cards import funding
from allawee_async.sandbox.cards.controls import read_controls
from allawee_async.sandbox.cards.numbers import expiry_for, new_number
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, given, part, to_object, without
from allawee_async.sandbox.money.accounts import balance_of, funding_account

INACTIVE, ACTIVE, BLOCKED, TERMINATED = "inactive", "active", "blocked", "terminated"
_PAN_LENGTHS = range(12, 20)


@attrs.frozen
class Owner:
    """What a request says about the card that somebody gets, with what its ids stand for."""

    body: RequestBody
    holder: str
    customer: Document
    funding_source: Document | None
    controls: Document | None

    @classmethod
    def read(cls, state: State, body: RequestBody) -> Owner:
        """Check the fields that tell who gets a card, and return them."""
        customer = body.document("customer", state.customers)
        holder = body.text("cardHolderName", required=False)
        account = body.reference("fundingSource", state.accounts)
        controls = read_controls(body)
        body.common()
        return cls(body, holder, customer, account, controls)


def make_card(state: State, program: Document, holder: str = "") -> Document:
    """Store a card that nobody has yet, with its secrets, and return it."""
    network = program["network"]
    while state.card_secrets.find("pan", number := new_number(network, state.ids.digits)):
        pass
    new = fresh(state, state.cards)
    expiry = expiry_for(datetime.fromisoformat(new["createdAt"]))
    card: Document = {
        **new, "type": program["type"], "network": network, "status": INACTIVE,
        "currency": program["currency"], "program": program["id"], "metadata": {},
        "details": {"last4": number[-4:], "expiry": expiry, "cardHolderName": holder},
    }  # fmt: skip
    state.cards.add(card)
    cvv = state.ids.digits(3)
    state.card_secrets.add({"id": card["id"], "pan": number, "cvv": cvv, "pin": None})
    return card


def make_stock(state: State, program: Document) -> None:
    """Store the physical cards of a program, linked to nobody."""
    holder = part(program, "personalization").get("defaultCardholderName")
    for _ in range(program.get("quantity", 1)):
        make_card(state, program, holder or "")


def create_card(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards`: a new virtual card, or a physical one out of the stock."""
    with read_body(call.body) as body:
        program = body.document("program", state.card_programs)
        owner = Owner.read(state, body)
        asked = funding.FundingRequest.read(state, body, required=False)
    if program["status"] != "live":
        raise refused("card-program-not-live", "This card program is not live yet.")
    account = _paying_account(state, owner, program)
    money = funding.plan_funding(state, asked, program["currency"], account)
    card = _hand_over(state, _obtain_card(state, program), owner, account)
    if money is not None:
        money.carry_out(state, card["fundingSource"], card["id"])
    told = without(to_object(state.cards.replace(card)), "fundingSource", "reference") | {
        "network": program["network"], "details": without(card["details"], "last4", "expiry"),
    }  # fmt: skip
    return success(told, 201)


def update_card(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /cards/:id`: controls and metadata take the place of the old ones."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        controls = read_controls(body)
        body.object("metadata", required=False)
    _check_status(card, INACTIVE, ACTIVE, BLOCKED)
    new = body.given("metadata") | given({"controls": controls}, "controls")
    return changed(state, state.cards, card, new)


def link_by_id(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/link`: somebody gets a physical card out of the stock."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        if "pan" in body.fields:
            body.refuse("pan", "must be sent to the secure host, as POST /cards/link")
        owner = Owner.read(state, body)
    return _link(state, card, owner)


def link_by_pan(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/link` of the secure host."""
    with read_body(call.body) as body:
        pan = body.fields.get("pan")
        if not (isinstance(pan, str) and pan.isdecimal() and len(pan) in _PAN_LENGTHS):
            body.refuse("pan", "must be the number of a card")
        body.texts("depositChannels", required=False)
        owner = Owner.read(state, body)
    secrets = state.card_secrets.find("pan", str(pan))
    if secrets is None:
        raise refused("not-found", "No card has this number.", 404)
    return _link(state, stored(state.cards, secrets["id"]), owner)


def get_secrets(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/secrets` of the secure host."""
    card = stored(state.cards, call.id)
    details = part(card, "details")
    printed = {name: details.get(name) for name in ("cardHolderName", "last4", "expiry")}
    return success(printed | given(stored(state.card_secrets, card["id"]), "pan", "cvv"))


def activate(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/activate` of the secure host."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        cvv, pin = _digits(body, "cvv", 3), _digits(body, "pin", 4)
    _check_owned(card, INACTIVE)
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
    _check_status(card, ACTIVE)
    state.card_secrets.replace(stored(state.card_secrets, card["id"]) | {"pin": pin})
    return changed(state, state.cards, card, {})


def fund(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/fund`."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        asked = funding.FundingRequest.read(state, body, required=True)
    _check_owned(card, ACTIVE, INACTIVE)
    target = _funding_source(state, card)
    money = funding.plan_funding(state, asked, card["currency"], target)
    if money is None:
        raise refused("same-account", "The account to debit is the funding source of the card.")
    money.carry_out(state, target, card["id"])
    return changed(state, state.cards, card, {})


def get_funding_source(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/funding-source`."""
    return shown(state.accounts, _funding_source(state, stored(state.cards, call.id)))


def get_funding_balance(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id/funding-source/balance`."""
    return success(balance_of(state, _funding_source(state, stored(state.cards, call.id))))


def enroll(service: str, state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/enroll/…`: codes for purchases go to a phone and an address."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        sent = {name: body.text(name, required=False) for name in ("phoneNumber", "email")}
    _check_owned(card, ACTIVE, INACTIVE)
    claims = part(state.customers.get(card["customer"]), "claims")
    known = part(claims, "individualInformation") or part(claims, "businessInformation")
    contact = {name: value or known.get(name) for name, value in sent.items()}
    if not any(contact.values()):
        raise refused("no-contact", "Neither the request nor the customer has a phone or e-mail.")
    enrollments = part(card, "enrollments") | {service: contact}
    changed(state, state.cards, card, {"enrollments": enrollments})
    return success({"card": card["id"], "service": service, **contact})


def block(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/block`."""
    card = stored(state.cards, call.id)
    if card["status"] == BLOCKED:  # what is so already may be asked for twice
        return shown(state.cards, call.id)
    _check_status(card, ACTIVE, INACTIVE)
    return changed(state, state.cards, card, {"status": BLOCKED, "before": card["status"]})


def unblock(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/unblock`: the card is again what it was before."""
    card = stored(state.cards, call.id)
    if card["status"] in (ACTIVE, INACTIVE):
        return shown(state.cards, call.id)
    _check_status(card, BLOCKED)
    return changed(state, state.cards, card, {"status": card.get("before") or INACTIVE})


def terminate(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `DELETE /cards/:id`: there is no way back."""
    card = stored(state.cards, call.id)
    if card["status"] == TERMINATED:
        return shown(state.cards, call.id)
    return changed(state, state.cards, card, {"status": TERMINATED})


def _obtain_card(state: State, program: Document) -> Document:
    """Return a card that nobody has: made at once, or the oldest one in the stock.

    Raises:
        RefusalError: 402, the stock is empty.
    """
    if program["type"] != "physical":
        return make_card(state, program)
    free = [
        card
        for card in state.cards.group(program["id"])
        if card["status"] == INACTIVE and card.get("customer") is None
    ]
    if not free:
        raise refused("out-of-stock", "All cards of this program belong to somebody.")
    return free[-1]


def _link(state: State, card: Document, owner: Owner) -> ApiResponse:
    _check_status(card, INACTIVE, ACTIVE)
    if card["type"] != "physical" or card.get("customer") is not None:
        raise refused("card-linked", "This card belongs to a customer already.")
    account = _paying_account(state, owner, stored(state.card_programs, card["program"]))
    return success(state.cards.replace(_hand_over(state, card, owner, account)))


def _paying_account(state: State, owner: Owner, program: Document) -> str | None:
    """Return the account that is to pay for a card, or None if one has to be opened for it.

    Raises:
        RefusalError: 409 for the reference of another card, 402 for what else stands against it.
    """
    refuse_double(state.cards, owner.body.fields)
    if owner.customer["status"] != "active":
        raise refused("customer-inactive", "This customer is not active.")
    if owner.funding_source is None:
        return funding.settlement_account(state, program)
    account = funding_account(state, owner.funding_source, program["currency"])
    return str(account["id"])


def _hand_over(state: State, card: Document, owner: Owner, account: str | None) -> Document:
    """Return a card as it is when a customer has it; what it needs besides is there then."""
    holder = {"cardHolderName": owner.holder or owner.customer["name"]}
    card |= owner.body.given("reference", "metadata") | {
        "status": INACTIVE, "customer": owner.customer["id"],
        "details": part(card, "details") | holder, "updatedAt": state.now(),
    } | given({"controls": owner.controls}, "controls")  # fmt: skip
    card["fundingSource"] = account or funding.open_card_account(state, card)
    return card


def _check_owned(card: Document, *allowed: str) -> None:
    """Refuse what cannot be done with a card that nobody has, or as it is."""
    if card.get("customer") is None:
        raise refused("card-not-linked", "This card belongs to nobody yet.")
    _check_status(card, *allowed)


def _check_status(card: Document, *allowed: str) -> None:
    """Refuse what cannot be done with a card as it is."""
    status = card["status"]
    if status not in allowed:
        raise refused(f"card-{status}", f"This card is {status}.")


def _funding_source(state: State, card: Document) -> str:
    account = funding.funding_source(state, card)
    if account is None:
        raise refused("card-not-linked", "Nothing pays for this card, as it belongs to nobody yet.")
    return account


def _digits(body: RequestBody, name: str, length: int) -> str:
    """Check that a field is so many digits; what is wrong is told without repeating it."""
    value = body.fields.get(name)
    if isinstance(value, str) and re.fullmatch(rf"[0-9]{{{length}}}", value):
        return value
    body.refuse(name, f"must be a string of {length} digits")
    return ""


LINK, STATUS = "cards:update:link", "cards:update:status"
ROUTES = (
    *reads("/cards", lambda state: state.cards),
    Endpoint("POST", "/cards", create_card, is_queueable=True),
    Endpoint("PUT", "/cards/:id", update_card),
    Endpoint("POST", "/cards/:id/link", link_by_id, scope=LINK, is_queueable=True),
    Endpoint("POST", "/cards/link", link_by_pan, Host.SECURE, scope=LINK, is_queueable=True),
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
