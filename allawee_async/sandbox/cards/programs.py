"""Card programs: what a request must hold, and how they go live."""

from __future__ import annotations

from allawee_async.sandbox.api.documents import changed, created, reads, refuse_double, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.cards.cards import make_stock
from allawee_async.sandbox.cards.funding import OWN_ACCOUNT, SETTLEMENT_ACCOUNT
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, Document, given
from allawee_async.sandbox.money.accounts import funding_account
from allawee_async.sandbox.rules.values import MAX_QUANTITY

NEW, LIVE = "new", "live"

_ADDRESS = (
    "city", "state", "countryCode", "phoneNumber", "addressLineOne", "addressLineTwo", "postalCode",
)  # fmt: skip
_SENT = (
    "name", "description", "network", "type", "currency", "quantity", "personalization",
    "distribution",
)  # fmt: skip


def create_program(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /card-programs`: a virtual program is live at once."""
    return created(state, state.card_programs, _read_program(state, call.body))


def update_program(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /card-programs/:id`: the body takes the place of what was sent before."""
    program = stored(state.card_programs, call.id)
    if program["status"] != NEW:
        raise refused("card-program-approved", "An approved card program cannot be changed.")
    fields = _read_program(state, call.body, own=program["id"])
    kept = given(program, "createdAt", "id", "object") | {"updatedAt": state.now()}
    return success(state.card_programs.replace(fields | kept))


def go_live(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/card-programs/:id/go-live`: the cards of a program come to be."""
    program = stored(state.card_programs, call.id)
    if program["status"] != NEW:
        raise refused("card-program-live", "This card program is live already.")
    make_stock(state, program)
    return changed(state, state.card_programs, program, {"status": LIVE})


def _read_program(state: State, sent: bytes, *, own: str = "") -> Document:
    """Return the fields that a request sets, `authorization` the way that answers show it."""
    with read_body(sent) as body:
        body.text("name")
        body.text("description", required=False)
        body.choice("network", ("verve", "mastercard", "visa"))
        kind = body.choice("type", ("virtual", "physical"))
        currency = body.choice("currency", CURRENCIES)
        is_physical = kind == "physical"
        body.whole("quantity", most=MAX_QUANTITY, required=is_physical)
        personalization = body.object("personalization", required=is_physical)
        for name in ("frontArtworkFile", "defaultCardholderName"):
            personalization.text(name, required=False)
        personalization.flag("printCardholderName", required=False)
        distribution = body.object("distribution", required=is_physical)
        distribution.choice("type", ("bulked", "individually"), required=False)
        for name in ("shippingAddress", "returnAddress"):
            address = distribution.object(name, required=False)
            for field in _ADDRESS:
                address.text(field, required=False)
        rules = body.object("authorization", required=is_physical)
        rules.choice("fundingSourceType", (SETTLEMENT_ACCOUNT, *OWN_ACCOUNT), required=False)
        rules.choice("timeoutDefault", ("approve", "decline"), required=False)
        if rules.fields.get("webhook") != {}:
            rules.text("webhook", required=False)
        named = rules.reference("settlementAccount", state.accounts)
        fee = rules.reference("transactionFee", state.fees)
    settlement = funding_account(state, named, currency)["id"]
    authorization: Document = {
        "fundingSourceType": rules.fields.get("fundingSourceType") or SETTLEMENT_ACCOUNT,
        "webhook": rules.fields.get("webhook") or None,
        "settlementAccount": settlement,
        "feesAccount": settlement if fee is None else fee["account"],
        "timeoutDefault": rules.fields.get("timeoutDefault"),
    }
    refuse_double(state.card_programs, body.fields, unique="name", own=own)
    return {
        **body.given(*_SENT),
        "authorization": given(authorization, *authorization),
        "status": LIVE if kind == "virtual" else NEW,
    }


ROUTES = (
    *reads("/card-programs", lambda state: state.card_programs),
    Endpoint("POST", "/card-programs", create_program),
    Endpoint("PUT", "/card-programs/:id", update_program),
    Endpoint("POST", "/simulation/card-programs/:id/go-live", go_live),
)
