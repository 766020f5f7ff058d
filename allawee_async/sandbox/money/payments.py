"""Payments: how the money of one moves, what is told of it, its receipt."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from allawee_async.sandbox.api.documents import reads, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.core.ledger import Entry, transfer, world
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, Json, given, part, without
from allawee_async.sandbox.directory.banks import name_at
from allawee_async.sandbox.money import fx
from allawee_async.sandbox.money.fees import note_billing
from allawee_async.sandbox.money.insufficient_funds import reason_if_short

PENDING, COMPLETED, FAILED = "pending", "completed", "failed"
COMPLETED_EVENT, FAILED_EVENT = "payment.completed", "payment.failed"
COMPLETE_JOB = "payment.complete"


@attrs.frozen(kw_only=True)
class MoneyPlan:
    """How the money of a payment moves; kept with the payment, so that it can be tried again.

    Attributes:
        takes: What is taken from the account for the payment itself.
        platform_fee: What Allawee charges.
        own_fee: What the fee of the business adds.
        fee_account: The account that gains this fee; empty for none.
        payee: The account of ours, by id, that gains something on completion; empty for none.
        gains: What that account gains, in its own currency.
        number: The account number that is paid, to be looked up; empty for none.
        bank: The code of the bank of that number.
        quote: The FX quote that the payment uses; empty for none.
    """

    takes: int
    platform_fee: int = 0
    own_fee: int = 0
    fee_account: str = ""
    payee: str = ""
    gains: int = 0
    number: str = ""
    bank: str = ""
    quote: str = ""

    @classmethod
    def of(cls, payment: Document) -> MoneyPlan:
        """Return the plan that is kept with a payment."""
        return cls(**part(payment, "plan"))

    def entries(self, account: str, currency: str) -> list[Entry]:
        """Return the posting with which a payment leaves an account."""
        outside = world(currency)
        lines = [*transfer(account, outside, self.takes)]
        lines += transfer(account, outside, self.platform_fee)
        if self.fee_account:
            lines += transfer(account, self.fee_account, self.own_fee)
        return lines

    def fee_fields(self) -> Document:
        """Return the fields of a payment that tell its fees."""
        breakdown: list[Json] = []
        if self.platform_fee:
            breakdown.append(
                {"amount": self.platform_fee, "group": "platform", "type": "platform-fees"}
            )
        if self.fee_account:
            breakdown.append({"amount": self.own_fee, "group": "business", "type": "business-fees"})
        return {"fees": self.platform_fee + self.own_fee, "feeBreakdown": breakdown}


def method_field(method: str) -> str:
    """Return the name that `methodData` has for a method, such as `bankTransfer`."""
    head, *tail = method.split("-")
    return head + "".join(word.title() for word in tail)


def publish(state: State, payment: Document, event: str) -> Document:
    """Emit an event about a payment, and return the payment with the id of the event."""
    emitted = state.emit(event, without(payment, "plan"))
    return {**payment, "events": [*payment["events"], emitted]}


def attempt(state: State, payment: Document) -> Document:
    """Try a payment, and return it pending or failed; it is to be stored.

    Raises:
        RefusalError: 402, its FX quote cannot be used; nothing has changed.
    """
    plan, now = MoneyPlan.of(payment), state.now()
    account, currency = payment["account"], payment["currency"]
    quote = state.fx_quotes.get(plan.quote)
    if quote is not None:  # it may have expired since the payment was tried first
        fx.check_quote(state, quote, quote["from"], quote["to"])
    payment = payment | {"updatedAt": now}
    payment.pop("failureReason", None)
    if plan.number and name_at(state, plan.bank, plan.number, currency) is None:
        return failed(state, payment, "account-not-found")
    reason = reason_if_short(lambda: state.ledger.post(
        plan.entries(account, currency), type=payment["type"], reference=payment["id"],
        at=now,
    ))  # fmt: skip
    if reason is not None:
        return failed(state, payment, reason)
    if plan.platform_fee:
        note_billing(state, payment, plan.platform_fee)
    if quote is not None:
        fx.use_quote(state, quote)
    state.later(state.money.payment_seconds, COMPLETE_JOB, payment["id"])
    return payment | {"status": PENDING}


def failed(state: State, payment: Document, reason: str) -> Document:
    """Return a payment that has failed, after telling so."""
    return publish(state, payment | {"status": FAILED, "failureReason": reason}, FAILED_EVENT)


def completed(state: State, payment: Document) -> Document:
    """Return a payment that is completed, after telling so."""
    return publish(state, payment | {"status": COMPLETED}, COMPLETED_EVENT)


def get_receipt(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /payments/:id/generate/pdf`."""
    payment = stored(state.payments, call.id)
    headers = {"Content-Disposition": f'attachment; filename="{payment["id"]}.pdf"'}
    return ApiResponse(200, _make_pdf(_receipt_lines(payment)), "application/pdf", headers)


def resend_completed(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /payments/:id/resend-events/payment-completed`."""
    payment = stored(state.payments, call.id)
    if payment["status"] != COMPLETED:
        raise refused("payment-not-completed", "The payment has not been completed.")
    return success(state.payments.replace(publish(state, payment, COMPLETED_EVENT)))


def _receipt_lines(payment: Document) -> list[str]:
    """Return what a receipt says."""
    lines = ["Allawee Sandbox", "Payment receipt", ""]
    told = given(payment, "id", "status", "type", "method", "reference", "account", "createdAt")
    lines += [f"{name}: {value}" for name, value in told.items()]
    for name in ("amount", "fees"):
        major, minor = divmod(payment[name], 100)
        lines.append(f"{name}: {payment['currency']} {major:,}.{minor:02d}")
    for details in part(payment, "methodData").values():
        lines += [f"{name}: {value}" for name, value in details.items()]
    return [line[:90] for line in lines]


def _make_pdf(lines: Iterable[str]) -> bytes:
    """Return a PDF document of one A4 page that shows lines of text."""
    page = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
    shown = [b"(%b) Tj T*" % _escaped(line) for line in lines]
    content = b"\n".join((b"BT /F1 12 Tf 18 TL 56 790 Td", *shown, b"ET"))
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< " + page + b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
    )
    document, offsets = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, rows)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\n" % size
    return document + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(document)


def _escaped(line: str) -> bytes:
    """Return a line as the inside of a PDF text; what the font lacks becomes a question mark."""
    printable = "".join(char if char.isprintable() else " " for char in line)
    text = printable.encode("cp1252", errors="replace")
    return text.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


ROUTES = (
    *reads("/payments", lambda state: state.payments),
    Endpoint("GET", "/payments/:id/generate/pdf", get_receipt),
    Endpoint(
        "POST",
        "/payments/:id/resend-events/payment-completed",
        resend_completed,
        scope="payments:update:resend-events",
    ),
)
