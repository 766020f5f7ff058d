"""`allawee payments reconcile`: payments beside the entries of account logs; it only reads."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import typer

from allawee_async.cli.access.connection import run_with_client
from allawee_async.cli.access.options import ConnectionOptions
from allawee_async.cli.errors import CommandError
from allawee_async.cli.operations.help_texts import PAGE_SIZE
from allawee_async.cli.operations.output import OutputOptions
from allawee_async.cli.operations.values import time_of
from allawee_async.cli.options import option
from allawee_async.cli.output.writers import Format, Output, writer_for
from allawee_async.cli.wording import counted
from allawee_async.errors import NotFoundError
from allawee_async.query.times import timestamp
from allawee_async.types import JSONObject, JSONValue

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient
    from allawee_async.models.payments import Payment

    Entry = Mapping[str, JSONValue]

_LATER: Final = timedelta(days=1)
_NOTHING_MOVED: Final = ("failed", "cancelled")
_PAYMENT_ID: Final = re.compile(r"p\.\w+")
_OTHER_ID: Final = re.compile(r"(?!p\.\w+$)[a-z]+(?:\.[a-z]+)*\.\w{6,}")
_SHOWN: Final = (
    *("finding", "payment", "reference", "status", "createdAt"),
    *("dueAmount", "debitedAmount", "differenceAmount"),
)
_NO_ENTRY, _NO_PAYMENT, _DIFFERS = "no log entry", "no payment", "amounts differ"


@attrs.frozen(kw_only=True)
class ReconcileOptions:
    """Which payments are looked at: an option for each attribute."""

    since: str = option(
        "Payments from then on: 2026-11-01, yesterday, 3h, 7d.",
        default=attrs.NOTHING,
        metavar="TIME",
    )
    until: str | None = option("Payments before then; else now.", metavar="TIME")
    account: list[str] | None = option(
        "Only this account's log, and what it paid. May be repeated; else the main accounts and "
        "all that paid something.",
        metavar="ID",
    )
    output: Output = None


def reconcile(*, options: ReconcileOptions, connection: ConnectionOptions) -> None:
    """Hold payments against the logs of the accounts that paid them.

    Each payout and bill is looked for in the log of its account, by its id or its reference: what
    was debited for it, less what came back, must be its amount and fees, and nothing if it failed.
    It shows payments without a log entry, log entries without a payment, amounts that differ, and
    totals by currency. Entries up to a day later count; cards' entries and pay-ins do not. It only
    reads. The exit code is 0 if all of it matches, 1 if not.
    """
    start = time_of("--since", options.since)
    end = time_of("--until", options.until) if options.until else datetime.now(UTC)
    work = _Reconciliation(start, end, frozenset(options.account or ()))
    run_with_client(connection, work.read)
    findings = list(work.findings())
    _write(work, findings, OutputOptions(output=options.output).format)
    compared = counted(len(work.payments), "payment")
    if findings:
        raise CommandError(f"{compared} compared, {counted(len(findings), 'difference')} found")
    typer.echo(f"{compared} compared, no difference found", err=True)


class _Reconciliation:
    """Payments and log entries of some time.

    Attributes:
        start: The first moment of it.
        end: The moment behind it.
        accounts: Only these accounts; all, if there are none.
        payments: The payments that debit an account.
        entries: What the logs say of payments, by account and reference.
        others: Payments that are not to be compared.
    """

    def __init__(self, start: datetime, end: datetime, accounts: frozenset[str]) -> None:
        self.start, self.end, self.accounts = start, end, accounts
        self.payments: list[Payment] = []
        self.entries: dict[tuple[str, str], list[Entry]] = {}
        self.others: set[str] = set()

    async def read(self, client: "AllaweeClient") -> None:
        """Read the payments, the logs of their accounts, and payments that only logs name."""
        wanted = set(self.accounts)
        payments = client.payments.list(
            created_since=self.start, created_until=self.end, limit=PAGE_SIZE
        )
        async for payment in payments:
            payer = _id(payment.account)
            if payment.type == "pay-in" or (self.accounts and payer not in self.accounts):
                self.others.add(payment.id)
            else:
                self.payments.append(payment)
                wanted |= {payer} - {""}
        if not self.accounts:
            mains = client.accounts.list(filter="type:main", limit=PAGE_SIZE)
            wanted |= {account.id async for account in mains}
        until = self.end + _LATER
        for account in sorted(wanted):
            logs = client.accounts.logs(
                account, created_since=self.start, created_until=until, limit=PAGE_SIZE
            )
            async for entry in logs:
                said = entry.extra
                name = _id(said.get("reference") or said.get("source")) or f"entry {said.get('id')}"
                if not _OTHER_ID.fullmatch(name):
                    self.entries.setdefault((account, name), []).append(said)
        await self._leave_out_others(client)

    async def _leave_out_others(self, client: "AllaweeClient") -> None:
        """Forget what the logs say of payments of another time, or of other accounts."""
        partners = {key for payment in self.payments for key in _keys(payment)}
        self.others |= {name for _, name in partners}  # of which the payee has an entry as well
        end = timestamp("until", self.end)
        for key in [key for key in self.entries if key not in partners]:
            is_other = key[1] in self.others or _created_at(self.entries[key]) >= end
            if not is_other and _PAYMENT_ID.fullmatch(key[1]):
                with suppress(NotFoundError):
                    await client.payments.get(key[1])
                    is_other = True
            if is_other:
                del self.entries[key]

    def findings(self) -> "Iterator[JSONObject]":
        """Yield what does not match: payments first, then what only a log knows."""
        left = dict(self.entries)
        for payment in self.payments:
            entries = [entry for key in _keys(payment) for entry in left.pop(key, ())]
            if _due(payment) != _debited(entries):
                yield {
                    "finding": _DIFFERS if entries else _NO_ENTRY,
                    "payment": payment.id,
                    "reference": payment.reference,
                    "status": str(payment.status or ""),
                    "account": _id(payment.account),
                    "createdAt": timestamp("createdAt", payment.created_at or self.start),
                    "currency": str(payment.currency or ""),
                    **_amounts(_due(payment), _debited(entries)),
                }
        for (account, name), entries in left.items():
            yield {
                "finding": _NO_PAYMENT,
                "payment": None,
                "reference": name,
                "status": None,
                "account": account,
                "createdAt": _created_at(entries),
                "currency": entries[0].get("currency"),
                **_amounts(0, _debited(entries)),
            }

    def totals(self) -> "Iterator[JSONObject]":
        """Yield what was due and what was debited, by currency."""
        due: Counter[str] = Counter()
        debited: Counter[str] = Counter()
        for payment in self.payments:
            due[str(payment.currency or "")] += _due(payment)
        for entries in self.entries.values():
            debited[str(entries[0].get("currency") or "")] += _debited(entries)
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


def _debited(entries: "Sequence[Entry]") -> int:
    """Return what an account lost by some entries, in minor units; no document shows one."""
    total = 0
    for entry in entries:
        amount = entry.get("amount")
        if isinstance(amount, int):
            change = {"credit": abs(amount), "debit": -abs(amount)}
            total -= change.get(str(entry.get("type")), amount)
    return total


def _created_at(entries: "Sequence[Entry]") -> str:
    return min(str(entry.get("createdAt") or "") for entry in entries)


def _due(payment: "Payment") -> int:
    """Return what an account should have lost by a payment, in minor units."""
    if payment.status in _NOTHING_MOVED:
        return 0
    return (payment.amount or 0) + (payment.fees or 0)


def _keys(payment: "Payment") -> list[tuple[str, str]]:
    """Return under which account and names a log may have a payment."""
    names = [payment.id, *([payment.reference] if payment.reference else [])]
    return [(_id(payment.account), name) for name in names]


def _id(relation: Any) -> str:
    """Return the id of what a field leads to: it may be the id, or what it is the id of."""
    if isinstance(relation, Mapping):
        return str(cast("Mapping[str, Any]", relation).get("id") or "")
    return str(getattr(relation, "id", relation) or "")
