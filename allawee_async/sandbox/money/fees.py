"""What payments cost: fees of the business itself, and billings of what Allawee has charged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import created, fresh, id_of, reads, refused, whole
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import MAX_AMOUNT, read_body
from allawee_async.sandbox.money.rates import CURRENCIES, rounded

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

STRUCTURES = frozenset({"flat", "percentage"})


def create_fee(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /fees`."""
    with read_body(call.body) as body:
        body.text("name")
        structure = body.choice("structure", STRUCTURES)
        body.whole("value", most=100 if structure == "percentage" else MAX_AMOUNT)
        body.whole("cap", required=False)
        body.text("description", required=False)
        currency = body.choice("currency", CURRENCIES, required=False)
        body.object("metadata", required=False)
        account = body.document("account", state.accounts)
    if account["type"] == "virtual":
        raise refused("virtual-account", "A virtual account holds nothing, no fees either.")
    if currency not in ("", account["currency"]):
        raise refused("currency-mismatch", "The account has another currency than the fee.")
    fields = body.given("name", "description", "structure", "value", "cap", "metadata")
    own = {"account": account["id"], "currency": account["currency"], "status": "active"}
    return created(state, state.fees, fields | own)


def amount_of(fee: JsonObject, amount: int, currency: str) -> int:
    """Return what a fee adds to an amount.

    Raises:
        RefusalError: 402, the fee is in another currency.
    """
    if fee["currency"] != currency:
        raise refused("currency-mismatch", f"The fee {id_of(fee)} is not in {currency}.")
    value, cap = whole(fee["value"]), fee.get("cap")
    if fee["structure"] == "flat":
        return value
    share = rounded(amount, value, 100)
    return share if cap is None else min(share, whole(cap))


def note_billing(state: State, payment: JsonObject, amount: int) -> None:
    """Record what the platform has charged for a payment."""
    charged: JsonObject = {
        "amount": amount, "currency": payment["currency"], "type": "platform-fees",
        "status": "paid", "account": payment["account"], "payment": payment["id"],
        "description": f"Fees of a {payment['method']}, value added tax included",
    }  # fmt: skip
    state.billings.add(charged | fresh(state, state.billings))


ROUTES = (
    *reads("/fees", lambda state: state.fees),
    Endpoint("POST", "/fees", create_fee),
    *reads("/billings", lambda state: state.billings),
)
