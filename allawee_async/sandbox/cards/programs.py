"""Card programs: what a request must hold, what it changes, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import (
    added,
    fresh,
    given,
    id_of,
    read_reference,
    refused,
    replaced,
    shown,
    stored,
)
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.cards.issuing import make_stock
from allawee_async.sandbox.money.accounts import purse
from allawee_async.sandbox.money.rates import CURRENCIES
from allawee_async.sandbox.rules.cards import MAX_QUANTITY

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "c.prg."
KIND = "card program"
NEW, LIVE = "new", "live"
TYPES = frozenset({"virtual", "physical"})
NETWORKS = frozenset({"verve", "mastercard", "visa"})
SETTLEMENT_ACCOUNT = "settlement-account"
FUNDING_SOURCE_TYPES = frozenset({SETTLEMENT_ACCOUNT, "card-account", "prefunded"})
TIMEOUT_DEFAULTS = frozenset({"approve", "decline"})

_ADDRESS = (
    "city", "state", "countryCode", "phoneNumber", "addressLineOne", "addressLineTwo", "postalCode",
)  # fmt: skip
_SENT = (
    "name", "description", "network", "type", "currency", "quantity", "personalization",
    "distribution",
)  # fmt: skip


def list_programs(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /card-programs`."""
    return answer_list(state.card_programs, call.pairs)


def get_program(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /card-programs/:id`."""
    return shown(state.card_programs, call.id, KIND)


def create_program(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /card-programs`: a virtual program is live at once."""
    fields = _read_program(state, call.body)
    _check_name(state, str(fields["name"]))
    document = fields | {"status": _first_status(fields)}
    return added(
        state.card_programs, document | fresh(state, PREFIX, state.card_programs, "card.program")
    )


def update_program(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /card-programs/:id`: the body takes the place of what was sent before."""
    document = stored(state.card_programs, call.id, KIND)
    if document["status"] != NEW:
        raise refused("card-program-approved", "An approved card program cannot be changed.")
    fields = _read_program(state, call.body)
    _check_name(state, str(fields["name"]), id_of(document))
    kept = {name: document[name] for name in ("createdAt", "id", "object")}
    changed: JsonObject = {"status": _first_status(fields), "updatedAt": state.now()}
    return replaced(state.card_programs, fields | changed | kept)


def go_live(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /simulation/card-programs/:id/go-live`: the cards of a program come to be."""
    document = stored(state.card_programs, call.id, KIND)
    if document["status"] != NEW:
        raise refused("card-program-live", "This card program is live already.")
    document |= {"status": LIVE, "updatedAt": state.now()}
    make_stock(state, document)
    return replaced(state.card_programs, document)


def _read_program(state: State, body: bytes) -> JsonObject:
    """Return the fields that a request sets, `authorization` the way that answers show it."""
    program = read_body(body)
    checks = Checks()
    checks.text(program, "name")
    checks.text(program, "description", required=False)
    checks.choice(program, "network", NETWORKS)
    checks.choice(program, "type", TYPES)
    checks.choice(program, "currency", CURRENCIES)
    checks.whole(program, "quantity", most=MAX_QUANTITY, required=False)
    _check_personalization(checks, program)
    _check_distribution(checks, program)
    rules, named, fee = _check_authorization(state, checks, program)
    checks.refuse_if_any()
    settlement = purse(state, named, str(program["currency"]))["id"]
    authorization: JsonObject = {
        "fundingSourceType": rules.get("fundingSourceType") or SETTLEMENT_ACCOUNT,
        "webhook": rules.get("webhook") or None,
        "settlementAccount": settlement,
        "feesAccount": settlement if fee is None else fee["account"],
        "timeoutDefault": rules.get("timeoutDefault"),
    }
    sent = given(program, *_SENT)
    sent["authorization"] = given(authorization, *authorization)
    return sent


def _check_personalization(checks: Checks, program: JsonObject) -> None:
    inner = checks.object(program, "personalization", required=False)
    if inner is not None:
        for name in ("frontArtworkFile", "defaultCardholderName"):
            checks.text(inner, name, "personalization.", required=False)
        checks.flag(inner, "printCardholderName", "personalization.", required=False)


def _check_distribution(checks: Checks, program: JsonObject) -> None:
    inner = checks.object(program, "distribution", required=False)
    if inner is None:
        return
    checks.choice(inner, "type", {"bulked", "individually"}, "distribution.", required=False)
    for name in ("shippingAddress", "returnAddress"):
        address = checks.object(inner, name, "distribution.", required=False)
        for field in _ADDRESS if address is not None else ():
            checks.text(address or {}, field, f"distribution.{name}.", required=False)


def _check_authorization(
    state: State, checks: Checks, program: JsonObject
) -> tuple[JsonObject, JsonObject | None, JsonObject | None]:
    """Return the rules for authorizations that are given, with their account and their fee."""
    path = "authorization."
    rules: JsonObject = checks.object(program, "authorization", required=False) or {}
    checks.choice(rules, "fundingSourceType", FUNDING_SOURCE_TYPES, path, required=False)
    checks.choice(rules, "timeoutDefault", TIMEOUT_DEFAULTS, path, required=False)
    if rules.get("webhook") != {}:
        checks.text(rules, "webhook", path, required=False)
    named = read_reference(
        checks, rules, "settlementAccount", state.accounts, "an account", path=path
    )
    fee = read_reference(checks, rules, "transactionFee", state.fees, "a fee", path=path)
    return rules, named, fee


def _first_status(fields: JsonObject) -> str:
    return LIVE if fields["type"] == "virtual" else NEW


def _check_name(state: State, name: str, own: str = "") -> None:
    other = state.card_programs.find("name", name)
    if other is not None and other["id"] != own:
        raise refused("duplicate-name", "A card program with this name exists already.", 409)


ROUTES = (
    Endpoint("GET", "/card-programs", list_programs),
    Endpoint("POST", "/card-programs", create_program),
    Endpoint("GET", "/card-programs/:id", get_program),
    Endpoint("PUT", "/card-programs/:id", update_program),
    Endpoint("POST", "/simulation/card-programs/:id/go-live", go_live),
)
