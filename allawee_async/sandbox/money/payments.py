"""Payments: read, receipts, tried again, told again, completed when their time has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import given, refused, replaced, shown, stored, whole
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.directory.banks import SANDBOX_CODE
from allawee_async.sandbox.money.payins import receive
from allawee_async.sandbox.money.payment_flow import (
    COMPLETE_JOB,
    COMPLETED,
    FAILED,
    PENDING,
    attempt,
    complete,
    give_back,
    plan_of,
    publish,
)
from allawee_async.sandbox.money.receipt import PDF_TYPE, make_pdf

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject


def list_payments(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /payments`."""
    return answer_list(state.payments, call.pairs)


def get_payment(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /payments/:id`."""
    return shown(state.payments, call.id, "payment")


def get_receipt(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /payments/:id/generate/pdf`."""
    payment = stored(state.payments, call.id, "payment")
    pdf = make_pdf(_receipt_lines(payment))
    disposition = f'attachment; filename="{payment["id"]}.pdf"'
    return ApiResponse(200, pdf, PDF_TYPE, {"Content-Disposition": disposition})


def requeue(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/:id/requeue`: a payout that failed is tried once more."""
    payment = stored(state.payments, call.id, "payment")
    if payment["status"] != FAILED or payment["type"] == "pay-in":
        raise refused("payment-not-failed", "Only payments of yours that failed can be requeued.")
    return replaced(state.payments, attempt(state, payment, plan_of(payment)))


def resend_completed(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/:id/resend-events/payment-completed`."""
    payment = stored(state.payments, call.id, "payment")
    if payment["status"] != COMPLETED:
        raise refused("payment-not-completed", "The payment has not been completed.")
    return replaced(state.payments, publish(state, payment, "payment.completed"))


def complete_pending(state: State, id: str) -> None:
    """Complete a payment whose time has come, or take it back if the payee sends it back."""
    payment = state.payments.get(id)
    if payment is None or payment["status"] != PENDING:
        return
    arrived = _arrival(state, payment)
    if arrived is not None:
        state.payments.add(arrived)
    if arrived is not None and arrived["status"] == FAILED:
        state.payments.replace(give_back(state, payment, str(arrived["failureReason"])))
    else:
        state.payments.replace(complete(state, payment))


def _arrival(state: State, payment: JsonObject) -> JsonObject | None:
    """Return the payment that comes in where one goes to an account number of ours, or None."""
    plan = plan_of(payment)
    if plan.bank != SANDBOX_CODE:
        return None
    payer = state.accounts.get(str(payment["account"])) or {}
    return receive(state, plan.number, plan.takes, payer=str(payer.get("name")))


def _receipt_lines(payment: JsonObject) -> list[str]:
    """Return what a receipt says."""
    lines = ["Allawee Sandbox", "Payment receipt", ""]
    told = given(payment, "id", "status", "type", "method", "reference", "account", "createdAt")
    lines += [f"{name}: {value}" for name, value in told.items()]
    for name in ("amount", "fees"):
        major, minor = divmod(whole(payment[name]), 100)
        lines.append(f"{name}: {payment['currency']} {major:,}.{minor:02d}")
    data = payment["methodData"]
    details = next(iter(data.values()), None) if isinstance(data, dict) else None
    if isinstance(details, dict):
        lines += [f"{name}: {value}" for name, value in details.items()]
    return [line[:90] for line in lines]


JOBS = {COMPLETE_JOB: complete_pending}
ROUTES = (
    Endpoint("GET", "/payments", list_payments),
    Endpoint("GET", "/payments/:id", get_payment),
    Endpoint("GET", "/payments/:id/generate/pdf", get_receipt),
    Endpoint("POST", "/payments/:id/requeue", requeue),
    Endpoint("POST", "/payments/:id/resend-events/payment-completed", resend_completed),
)
