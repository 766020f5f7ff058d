"""Cards: what a request must hold, and how a card comes to somebody."""

from __future__ import annotations

import attrs

from allawee_async.sandbox.api.documents import (
    changed,
    reads,
    refuse_double,
    refused,
    replaced,
    stored,
)
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint, Host
from allawee_async.sandbox.api.validation import RequestBody, read_body
from allawee_async.sandbox.cards.controls import read_controls
from allawee_async.sandbox.cards.funding import (
    FundingRequest,
    open_card_account,
    plan_funding,
    settlement_account,
)
from allawee_async.sandbox.cards.issuing import (
    ACTIVE,
    BLOCKED,
    INACTIVE,
    check_status,
    obtain_card,
)
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, part, to_bytes, to_object, without
from allawee_async.sandbox.money.accounts import funding_account

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


def create_card(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards`: a new virtual card, or a physical one out of the stock."""
    with read_body(call.body) as body:
        program = body.document("program", state.card_programs)
        owner = Owner.read(state, body)
        asked = FundingRequest.read(state, body, required=False)
    if program["status"] != "live":
        raise refused("card-program-not-live", "This card program is not live yet.")
    account = _paying_account(state, owner, program)
    funding = plan_funding(state, asked, program["currency"], account)
    card = _hand_over(state, obtain_card(state, program), owner, account)
    if funding is not None:
        funding.carry_out(state, card["fundingSource"], card["id"])
    shown = to_object(state.cards.shown_at(state.cards.replace(card)))
    told: Document = {
        **without(shown, "fundingSource", "reference"),
        "network": program["network"],
        "details": without(part(card, "details"), "last4", "expiry"),
    }
    return success(to_bytes(told), 201)


def update_card(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /cards/:id`: controls and metadata take the place of the old ones."""
    card = stored(state.cards, call.id)
    with read_body(call.body) as body:
        controls = read_controls(body)
        body.object("metadata", required=False)
    check_status(card, INACTIVE, ACTIVE, BLOCKED)
    new: Document = {} if controls is None else {"controls": controls}
    return changed(state, state.cards, card, body.given("metadata") | new)


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


def _link(state: State, card: Document, owner: Owner) -> ApiResponse:
    check_status(card, INACTIVE, ACTIVE)
    if card["type"] != "physical" or card.get("customer") is not None:
        raise refused("card-linked", "This card belongs to a customer already.")
    account = _paying_account(state, owner, stored(state.card_programs, card["program"]))
    return replaced(state.cards, _hand_over(state, card, owner, account))


def _paying_account(state: State, owner: Owner, program: Document) -> str | None:
    """Return the account that is to pay for a card, or None if one has to be opened for it.

    Raises:
        RefusalError: 409 for the reference of another card, 402 for what else stands against it.
    """
    refuse_double(state.cards, owner.body.fields)
    if owner.customer["status"] != "active":
        raise refused("customer-inactive", "This customer is not active.")
    if owner.funding_source is None:
        return settlement_account(state, program)
    return funding_account(state, owner.funding_source, program["currency"])["id"]


def _hand_over(state: State, card: Document, owner: Owner, account: str | None) -> Document:
    """Return a card as it is when a customer has it; what it needs besides is there then."""
    holder: Document = {"cardHolderName": owner.holder or owner.customer["name"]}
    card |= owner.body.given("reference", "metadata") | {
        "status": INACTIVE, "customer": owner.customer["id"],
        "details": part(card, "details") | holder, "updatedAt": state.now(),
    }  # fmt: skip
    if owner.controls is not None:
        card["controls"] = owner.controls
    card["fundingSource"] = account or open_card_account(state, card)
    return card


LINK = "cards:update:link"
ROUTES = (
    *reads("/cards", lambda state: state.cards),
    Endpoint("POST", "/cards", create_card, is_queueable=True),
    Endpoint("PUT", "/cards/:id", update_card),
    Endpoint("POST", "/cards/:id/link", link_by_id, scope=LINK, is_queueable=True),
    Endpoint("POST", "/cards/link", link_by_pan, Host.SECURE, scope=LINK, is_queueable=True),
)
