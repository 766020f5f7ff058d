"""The configuration of the business: defaults for later payments."""

from __future__ import annotations

from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import NGN, Document, part, without
from allawee_async.sandbox.money.accounts import main_account

_ID = "configuration"


def get_configuration(state: State, _call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/configuration`."""
    return success({"payment": _payment(state)})


def update_payment(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /tools/configuration/payment`: what is left out or null stays."""
    with read_body(call.body) as body:
        chosen: Document = {}
        for name in ("payInAccount", "payOutAccount"):
            account = body.reference(name, state.accounts)
            if account is not None and account["type"] == "virtual":
                body.refuse(name, "must not be a virtual account")
            elif account is not None:
                chosen[name] = account["id"]
        inner = body.object("fees", required=False)
        fees = {name: inner.reference(name, state.fees) for name in ("bankTransfer", "billPayment")}
    payment = _payment(state) | chosen
    payment["fees"] = part(payment, "fees") | {
        name: fee["id"] for name, fee in fees.items() if fee is not None
    }
    is_new = _ID not in state.configuration
    (state.configuration.add if is_new else state.configuration.replace)(payment | {"id": _ID})
    return success({"payment": payment})


def default_account(state: State, name: str, currency: str) -> Document | None:
    """Return the account that payments in a currency use unless they name one, or None."""
    account = state.accounts.get(str(_payment(state).get(name)))
    return account if account is not None and account["currency"] == currency else None


def default_fee(state: State, name: str) -> Document | None:
    """Return the fee that payments of a kind take unless they name one, or None."""
    return state.fees.get(str(part(_payment(state), "fees").get(name)))


def _payment(state: State) -> Document:
    stored = state.configuration.get(_ID)
    if stored is not None:
        return without(stored, "id")
    main = main_account(state, NGN)
    first = None if main is None else main["id"]
    return {"payInAccount": first, "payOutAccount": first, "fees": {}}


ROUTES = (
    Endpoint("GET", "/tools/configuration", get_configuration),
    Endpoint("PUT", "/tools/configuration/payment", update_payment),
)
