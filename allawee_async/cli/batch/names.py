"""`--check-names`: whose bank accounts a file pays, as the banks say and as the file does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from allawee_async.cli.errors import UsageError, warn
from allawee_async.cli.output.live_bar import LiveBar
from allawee_async.cli.output.tables import TableWriter
from allawee_async.cli.wording import counted
from allawee_async.errors import AllaweeError
from allawee_async.redaction import printable
from allawee_async.types import JSONObject

if TYPE_CHECKING:
    from allawee_async.client import AllaweeClient

_AT_A_TIME: Final = 8
_NOT_FOUND: Final = "not found"


async def show_names(
    client: AllaweeClient, calls: Sequence[Mapping[str, Any]], names: Sequence[str | None]
) -> None:
    """Ask the banks for the name of each account, and show those of other names first.

    Args:
        client: A client.
        calls: The arguments of the payouts.
        names: What the file calls the receiver of each, if it does.

    Raises:
        CommandError: The calls pay no bank accounts.
    """
    accounts = [_account_of(call) for call in calls]
    if None in accounts:
        raise UsageError(
            "--check-names is for payouts to bank accounts: rows need options.accountNumber and "
            "options.bankCode"
        )
    found: dict[tuple[str, str], str] = {}
    turns = asyncio.Semaphore(_AT_A_TIME)
    wanted = [*dict.fromkeys(account for account in accounts if account)]

    async def ask(number: str, bank: str) -> None:
        async with turns:
            try:
                account = await client.tools.banks.resolve(account_number=number, bank_code=bank)
                found[number, bank] = account.account_name or "-"
            except AllaweeError as error:
                found[number, bank] = f"{_NOT_FOUND}: {printable(error.message)}"
            bar.tell(completed=len(found), total=len(wanted), details=" accounts")

    with LiveBar(words="asking banks") as bar:
        async with asyncio.TaskGroup() as group:
            for account in wanted:
                group.create_task(ask(*account))
    rows: list[JSONObject] = [
        {
            "reference": str(call["reference"]),
            "account": account[0],
            "nameOfTheBank": found[account],
            "nameOfTheFile": name,
            "same": None if name is None else _is_same(found[account], name),
        }
        for call, account, name in zip(calls, accounts, names, strict=True)
        if account
    ]
    rows.sort(key=lambda row: row["same"] is True)
    TableWriter(None, [*rows[0]]).page(rows)
    missing = sum(name.startswith(_NOT_FOUND) for name in found.values())
    others = sum(row["same"] is False for row in rows)
    if others or missing:
        told = f"{counted(others, 'row')} without the bank's name, {counted(missing, 'account')}"
        warn(f"{told} not found")


def _account_of(call: Mapping[str, Any]) -> tuple[str, str] | None:
    options: Mapping[str, Any] = call.get("options") or {}
    number, bank = options.get("accountNumber"), options.get("bankCode")
    return (number, bank) if isinstance(number, str) and isinstance(bank, str) else None


def _is_same(one: str, other: str) -> bool:
    """Return whether two names have two words in common, in any order; one, if there is but one."""
    words = {*one.casefold().split()}
    others = {*other.casefold().split()}
    return len(words & others) >= min(2, len(words), len(others))
