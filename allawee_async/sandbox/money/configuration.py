"""The configuration of the business: defaults for later payments, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import id_of, read_reference
from allawee_async.sandbox.api.messages import success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.values import to_bytes

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

_ID = "configuration"
_ACCOUNTS = ("payInAccount", "payOutAccount")
_FEES = ("bankTransfer", "billPayment")


def get_configuration(state: State, _call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/configuration`."""
    return success(to_bytes({"payment": _payment(state)}))


def update_payment(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /tools/configuration/payment`: what is left out or null stays."""
    body = read_body(call.body)
    checks = Checks()
    changes: JsonObject = {}
    for name in _ACCOUNTS:
        found = read_reference(checks, body, name, state.accounts, "an account")
        if found is not None and found["type"] == "virtual":
            checks.messages.append(f"{name} must not be a virtual account")
        elif found is not None:
            changes[name] = found["id"]
    fees = checks.object(body, "fees", required=False) or {}
    chosen: JsonObject = {}
    for name in _FEES:
        found = read_reference(checks, fees, name, state.fees, "a fee", path="fees.")
        if found is not None:
            chosen[name] = found["id"]
    checks.refuse_if_any()
    payment = _payment(state)
    payment |= changes | {"fees": _object(payment["fees"]) | chosen}
    is_new = _ID not in state.configuration
    (state.configuration.add if is_new else state.configuration.replace)(payment | {"id": _ID})
    return success(to_bytes({"payment": payment}))


def default_account(state: State, name: str, currency: str) -> JsonObject | None:
    """Return the account that payments in a currency use unless they name one, or None."""
    account = state.accounts.get(str(_payment(state).get(name)))
    return account if account is not None and account["currency"] == currency else None


def default_fee(state: State, name: str) -> JsonObject | None:
    """Return the fee that payments of a kind take unless they name one, or None."""
    return state.fees.get(str(_object(_payment(state)["fees"]).get(name)))


def _payment(state: State) -> JsonObject:
    stored = state.configuration.get(_ID)
    if stored is not None:
        del stored["id"]
        return stored
    main = (id_of(account) for account in state.accounts if _is_main(account))
    first = next(main, None)
    return {"payInAccount": first, "payOutAccount": first, "fees": {}}


def _is_main(account: JsonObject) -> bool:
    return account["type"] == "main" and account["currency"] == "NGN"


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


ROUTES = (
    Endpoint("GET", "/tools/configuration", get_configuration),
    Endpoint("PUT", "/tools/configuration/payment", update_payment),
)
