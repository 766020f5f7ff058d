"""What payments cost: fees of the business itself, and billings of what Allawee has charged."""

from __future__ import annotations

from fractions import Fraction

from allawee_async.sandbox.api.documents import created, fresh, reads
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import MAX_AMOUNT, read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, NGN, Document
from allawee_async.sandbox.rules import values

MAX_PERCENTAGE = 100


def create_fee(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /fees`."""
    with read_body(call.body) as body:
        body.text("name")
        is_share = body.choice("structure", ("flat", "percentage")) == "percentage"
        value, most = body.fields.get("value"), MAX_PERCENTAGE if is_share else MAX_AMOUNT
        if is_share and isinstance(value, float):
            body.check_bounds("value", value, 0, most)
        else:
            body.whole("value", most=most)
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


def amount_of(fee: Document, amount: int, currency: str) -> int:
    """Return what a fee adds to an amount.

    Raises:
        RefusalError: 402, the fee is in another currency.
    """
    if fee["currency"] != currency:
        raise refused("currency-mismatch", f"The fee {fee['id']} is not in {currency}.")
    if fee["structure"] == "flat":
        return int(fee["value"])
    share, cap = Fraction(str(fee["value"])), fee.get("cap")
    added = _rounded(amount, share.numerator, MAX_PERCENTAGE * share.denominator)
    return added if cap is None else min(added, cap)


def platform_fee(method: str, amount: int, currency: str) -> int:
    """Return what Allawee charges for a payment, value added tax included."""
    if method in ("transfer", "fx-transfer", "fx-charge"):
        return 0
    if currency != NGN:
        net = values.DOLLAR_FEE
    elif method == "billing":
        net = values.BILL_FEE
    else:
        steps = (fee for most, fee in values.TRANSFER_FEES if amount <= most)
        net = next(steps, values.TRANSFER_FEE_ABOVE)
    return net + _rounded(net, values.VAT_PER_MILLE, 1000)


def _rounded(amount: int, numerator: int, denominator: int) -> int:
    """Return a part of an amount, with halves rounded up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def note_billing(state: State, payment: Document, amount: int) -> None:
    """Record what the platform has charged for a payment."""
    charged: Document = {
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
