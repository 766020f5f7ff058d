"""`allawee payments reconcile`: payments beside the entries of account logs; it only reads."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

from allawee_async.cli.access.connection import run_with_client
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import CommandError
from allawee_async.cli.operations.help_texts import PAGE_SIZE
from allawee_async.cli.operations.output import Output, OutputOptions
from allawee_async.cli.operations.values import time_of
from allawee_async.cli.output.writers import Format, writer_for
from allawee_async.cli.wording import counted
from allawee_async.errors import NotFoundError
from allawee_async.query.times import timestamp

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient
    from allawee_async.models.payments import Payment
    from allawee_async.types import JSONObject

_LATER: Final = timedelta(days=1)
_PAY_IN: Final = "pay-in"
_NOTHING_MOVED: Final = ("failed", "cancelled")
_PAYMENT_ID: Final = re.compile(r"p\.\w+")
_OTHER_ID: Final = re.compile(r"[a-z]+(?:\.[a-z]+)*\.\w{6,}")
_SHOWN: Final = (
    *("finding", "payment", "reference", "status", "createdAt"),
    *("dueAmount", "debitedAmount", "differenceAmount"),
)
_NO_ENTRY, _NO_PAYMENT, _DIFFERS = "no log entry", "no payment", "amounts differ"

Since = Annotated[
    str,
    typer.Option(
        "--since", metavar="TIME", help="Payments from then on: 2026-11-01, yesterday, 3h, 7d."
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Payments before then; else now.")
]
Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="Only this account's log, and what it paid. May be repeated; else the main accounts "
        "and all that paid something.",
    ),
]


def reconcile(
    *,
    since: Since,
    until: Until = None,
    account: Accounts = None,
    output: Output = None,
    connection: ConnectionOptions,
) -> None:
    """Hold payments against the logs of the accounts that paid them.

    Each payout and bill is looked for in the log of its account, by its id or its reference: what
    was debited for it, less what came back, must be its amount and fees, and nothing if it failed.
    It shows payments without a log entry, log entries without a payment, amounts that differ, and
    totals by currency. Entries up to a day later count; cards' entries and pay-ins do not. It only
    reads. The exit code is 0 if all of it matches, 1 if not.
    """
    start = time_of("--since", since)
    end = time_of("--until", until) if until else datetime.now(UTC)
    work = _Reconciliation(start, end, frozenset(account or ()))
    run_with_client(connection, work.read)
    findings = list(work.findings())
    _write(work, findings, OutputOptions(output=output).format)
    compared = counted(len(work.payments), "payment")
    if findings:
        raise CommandError(f"{compared} compared, {counted(len(findings), 'difference')} found")
    typer.echo(f"{compared} compared, no difference found", err=True)


@attrs.define
class _Logged:
    """What the log of an account says of one payment."""

    amount: int
    currency: str
    created_at: str


@attrs.define
class _Reconciliation:
    """Payments and log entries of some time.

    Attributes:
        start: The first moment of it.
        end: The moment behind it.
        accounts: Only these accounts; all, if there are none.
        payments: The payments that debit an account, by id.
        logged: What was debited less what came back, by account and reference.
        others: References that are no payment to be looked for: pay-ins, earlier payments.
    """

    start: datetime
    end: datetime
    accounts: frozenset[str]
    payments: "dict[str, Payment]" = attrs.Factory(dict)
    logged: dict[tuple[str, str], _Logged] = attrs.Factory(dict)
    others: set[str] = attrs.Factory(set)

    async def read(self, client: "AllaweeClient") -> None:
        """Read the payments, the logs of their accounts, and payments that only logs name."""
        wanted = set(self.accounts)
        payments = client.payments.list(
            created_since=self.start, created_until=self.end, limit=PAGE_SIZE
        )
        async for payment in payments:
            payer = _id(payment.account)
            if payment.type == _PAY_IN or (self.accounts and payer not in self.accounts):
                self.others.add(payment.id)
            else:
                self.payments[payment.id] = payment
                wanted |= {payer} - {""}
        if not self.accounts:
            mains = client.accounts.list(filter="type:main", limit=PAGE_SIZE)
            wanted |= {account.id async for account in mains}
        for account in sorted(wanted):
            until = self.end + _LATER
            logs = client.accounts.logs(
                account, created_since=self.start, created_until=until, limit=PAGE_SIZE
            )
            async for entry in logs:
                self._add(account, entry.extra)
        await self._leave_out_others(client)

    async def _leave_out_others(self, client: "AllaweeClient") -> None:
        """Forget what the logs say of payments of another time, or of other accounts."""
        paid = {name for payment in self.payments.values() for name in _names(payment)}
        end = timestamp("until", self.end)
        for key, logged in [*self.logged.items()]:
            reference = key[1]
            if reference in paid:
                continue
            is_other = reference in self.others or logged.created_at >= end
            if not is_other and _PAYMENT_ID.fullmatch(reference):
                try:
                    await client.payments.get(reference)
                    is_other = True
                except NotFoundError:
                    pass
            if is_other:
                del self.logged[key]

    def _add(self, account: str, entry: Mapping[str, Any]) -> None:
        reference = _id(entry.get("reference") or entry.get("source"))
        if _OTHER_ID.fullmatch(reference) and not _PAYMENT_ID.fullmatch(reference):
            return  # of a card, an account: whatever it is, it is no payment
        amount, created_at = entry.get("amount"), str(entry.get("createdAt") or "")
        if not isinstance(amount, int):
            return
        change = {"credit": abs(amount), "debit": -abs(amount)}.get(str(entry.get("type")), amount)
        found = self.logged.setdefault(
            (account, reference or f"entry {entry.get('id')}"),
            _Logged(0, str(entry.get("currency") or ""), created_at),
        )
        found.amount -= change
        found.created_at = min(found.created_at, created_at)

    def findings(self) -> "Iterator[JSONObject]":
        """Yield what does not match: payments first, then what only a log knows."""
        paid = {reference for one in self.payments.values() for reference in _names(one)}
        for payment in self.payments.values():
            logged, due = self._logged_for(payment), _due(payment)
            amount = logged.amount if logged else 0
            if amount != due:
                yield {
                    "finding": _DIFFERS if logged else _NO_ENTRY,
                    "payment": payment.id,
                    "reference": payment.reference,
                    "status": str(payment.status or ""),
                    "account": _id(payment.account),
                    "createdAt": timestamp("createdAt", payment.created_at or self.start),
                    "currency": str(payment.currency or ""),
                    **_amounts(due, amount),
                }
        for (account, reference), logged in self.logged.items():
            if reference not in paid and logged.amount:
                yield {
                    "finding": _NO_PAYMENT,
                    "payment": None,
                    "reference": reference,
                    "status": None,
                    "account": account,
                    "createdAt": logged.created_at,
                    "currency": logged.currency,
                    **_amounts(0, logged.amount),
                }

    def _logged_for(self, payment: "Payment") -> _Logged | None:
        account = _id(payment.account)
        found = (self.logged.get((account, name)) for name in _names(payment))
        return next((one for one in found if one is not None), None)

    def totals(self) -> "Iterator[JSONObject]":
        """Yield what was due and what was debited, by currency."""
        due: Counter[str] = Counter()
        debited: Counter[str] = Counter()
        for payment in self.payments.values():
            due[str(payment.currency or "")] += _due(payment)
        for logged in self.logged.values():
            debited[logged.currency] += logged.amount
        for currency in sorted(due.keys() | debited.keys()):
            yield {"currency": currency, **_amounts(due[currency], debited[currency])}


def _write(work: _Reconciliation, findings: "list[JSONObject]", form: Format) -> None:
    totals = list(work.totals())
    if form is Format.JSON:
        document: JSONObject = {
            "since": timestamp("since", work.start),
            "until": timestamp("until", work.end),
            "payments": len(work.payments),
            "totals": [*totals],
            "differences": [*findings],
        }
        writer_for(form, None, None).one(document)
        return
    for records in (findings, totals) if form is Format.TABLE else (findings,):
        if records:
            columns = [name for name in records[0] if form is not Format.TABLE or name in _SHOWN]
            writer_for(form, None, columns).page(records)


def _amounts(due: int, debited: int) -> "JSONObject":
    return {"dueAmount": due, "debitedAmount": debited, "differenceAmount": debited - due}


def _due(payment: "Payment") -> int:
    """Return what an account should have lost by a payment, in minor units."""
    if payment.status in _NOTHING_MOVED:
        return 0
    return (payment.amount or 0) + (payment.fees or 0)


def _names(payment: "Payment") -> list[str]:
    return [payment.id, *([payment.reference] if payment.reference else [])]


def _id(relation: Any) -> str:
    """Return the id of what a field leads to: it may be the id, or what it is the id of."""
    if isinstance(relation, Mapping):
        relation = relation.get("id")
    return str(getattr(relation, "id", relation) or "")
