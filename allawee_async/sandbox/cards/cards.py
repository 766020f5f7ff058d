"""Cards: what a request must hold, how a card comes to somebody, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from allawee_async.sandbox.api.documents import (
    check_common,
    check_reference,
    given,
    id_of,
    read_reference,
    refused,
    replaced,
    shown,
    stored,
)
from allawee_async.sandbox.api.messages import (
    ApiRequest,
    ApiResponse,
    RefusalError,
    failure,
    success,
)
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint, Host
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.cards import funding as card_funding
from allawee_async.sandbox.cards.controls import read_controls
from allawee_async.sandbox.cards.issuing import INACTIVE, new_card, take_from_stock
from allawee_async.sandbox.core.values import to_bytes, to_object
from allawee_async.sandbox.money.accounts import purse

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

KIND = "card"
TERMINATED = "terminated"
_PAN_LENGTHS = range(12, 20)


@attrs.frozen
class Owner:
    """What a request says about the card that somebody gets, with what its ids stand for."""

    body: JsonObject
    customer: JsonObject
    funding_source: JsonObject | None
    controls: JsonObject | None


def list_cards(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards`."""
    return answer_list(state.cards, call.pairs)


def get_card(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /cards/:id`."""
    return shown(state.cards, call.id, KIND)


def create_card(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards`: a new virtual card, or a physical one out of the stock."""
    body = read_body(call.body)
    checks = Checks()
    program = read_reference(
        checks, body, "program", state.card_programs, "a card program", required=True
    )
    owner = _read_owner(state, checks, body)
    wish = card_funding.read_wish(state, checks, body, required=False)
    checks.refuse_if_any()
    if program is None or owner is None:  # the checks have told so
        raise RuntimeError("a reference that was checked is not there")
    if program["status"] != "live":
        raise refused("card-program-not-live", "This card program is not live yet.")
    _check_owner(state, owner, program)
    target = _shared_account(state, owner, program)
    funding = card_funding.plan_funding(state, wish, str(program["currency"]), target)
    card = _obtain(state, program)
    card = _hand_over(state, card, owner, program)
    card_funding.carry_out(state, funding, str(card["fundingSource"]), id_of(card))
    position = state.cards.replace(card)
    document = to_object(state.cards.shown_at(position)) | {"network": program["network"]}
    return success(to_bytes(document), 201)


def update_card(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /cards/:id`: controls and metadata take the place of the old ones."""
    card = stored(state.cards, call.id, KIND)
    body = read_body(call.body)
    checks = Checks()
    controls = read_controls(checks, body)
    checks.object(body, "metadata", required=False)
    checks.refuse_if_any()
    if card["status"] == TERMINATED:
        raise refused("card-terminated", "This card is terminated.")
    card |= given(body, "metadata") | {"updatedAt": state.now()}
    if controls is not None:
        card["controls"] = controls
    return replaced(state.cards, card)


def link_by_id(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/:id/link`: somebody gets a physical card out of the stock."""
    card = stored(state.cards, call.id, KIND)
    body = read_body(call.body)
    checks = Checks()
    if "pan" in body:
        checks.messages.append("pan must be sent to the secure host, as POST /cards/link")
    return _link(state, card, body, checks)


def link_by_pan(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /cards/link` of the secure host."""
    body = read_body(call.body)
    checks = Checks()
    pan = body.get("pan")
    if not _is_pan(pan):
        checks.messages.append("pan must be the number of a card")
    checks.texts(body, "depositChannels", required=False)
    secrets = state.card_secrets.find("pan", str(pan))
    card = None if secrets is None else state.cards.get(id_of(secrets))
    return _link(state, card, body, checks)


def _link(state: State, card: JsonObject | None, body: JsonObject, checks: Checks) -> ApiResponse:
    owner = _read_owner(state, checks, body)
    checks.refuse_if_any()
    if card is None or owner is None:
        raise RefusalError(failure(404, "not-found", "No card has this number."))
    if card["status"] == TERMINATED:
        raise refused("card-terminated", "This card is terminated.")
    if card["status"] == "blocked":
        raise refused("card-blocked", "This card is blocked.")
    if card["type"] != "physical" or card.get("customer") is not None:
        raise refused("card-linked", "This card belongs to a customer already.")
    program = stored(state.card_programs, str(card["program"]), "card program")
    _check_owner(state, owner, program)
    return replaced(state.cards, _hand_over(state, card, owner, program))


def _read_owner(state: State, checks: Checks, body: JsonObject) -> Owner | None:
    customer = read_reference(
        checks, body, "customer", state.customers, "a customer", required=True
    )
    checks.text(body, "cardHolderName", required=False)
    account = read_reference(checks, body, "fundingSource", state.accounts, "an account")
    controls = read_controls(checks, body)
    check_common(checks, body)
    return None if customer is None else Owner(body, customer, account, controls)


def _check_owner(state: State, owner: Owner, program: JsonObject) -> None:
    """Check that a customer may have a card that is paid for like this.

    Raises:
        RefusalError: 409 for the reference of another card, 402 for what else stands against it.
    """
    check_reference(state.cards, owner.body, KIND)
    if owner.customer["status"] != "active":
        raise refused("customer-inactive", "This customer is not active.")
    if owner.funding_source is not None:
        purse(state, owner.funding_source, str(program["currency"]))


def _shared_account(state: State, owner: Owner, program: JsonObject) -> str | None:
    """Return the account that is to pay for a card, or None if one has to be opened for it."""
    if owner.funding_source is not None:
        return id_of(owner.funding_source)
    return card_funding.settlement_account(state, program)


def _obtain(state: State, program: JsonObject) -> JsonObject:
    """Return a stored card that nobody has: made at once, or taken out of the stock.

    Raises:
        RefusalError: 402, the stock is empty.
    """
    if program["type"] == "physical":
        card = take_from_stock(state, id_of(program))
        if card is None:
            raise refused("out-of-stock", "All cards of this program belong to somebody.")
        return card
    card, secrets = new_card(state, program, "")
    state.card_secrets.add(secrets)
    state.cards.add(card)
    return card


def _hand_over(state: State, card: JsonObject, owner: Owner, program: JsonObject) -> JsonObject:
    """Return a card as it is when a customer has it; what it needs besides is there then."""
    details = card["details"]
    holder = owner.body.get("cardHolderName") or owner.customer["name"]
    card |= given(owner.body, "reference", "metadata")
    card |= {
        "status": INACTIVE,
        "customer": owner.customer["id"],
        "details": (details if isinstance(details, dict) else {}) | {"cardHolderName": holder},
        "updatedAt": state.now(),
    }
    if owner.controls is not None:
        card["controls"] = owner.controls
    account = _shared_account(state, owner, program)
    card["fundingSource"] = account or card_funding.open_account(state, card)
    return card


def _is_pan(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal() and len(value) in _PAN_LENGTHS


ROUTES = (
    Endpoint("GET", "/cards", list_cards),
    Endpoint("POST", "/cards", create_card),
    Endpoint("GET", "/cards/:id", get_card),
    Endpoint("PUT", "/cards/:id", update_card),
    Endpoint("POST", "/cards/:id/link", link_by_id),
    Endpoint("POST", "/cards/link", link_by_pan, Host.SECURE),
)
