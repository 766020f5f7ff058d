"""Accounts: opened, the one that pays, what they have, and what happened on them."""

from __future__ import annotations

import csv
import io

from allawee_async.sandbox.api.documents import fresh, reads, refuse_double, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document
from allawee_async.sandbox.money import deposit_channels
from allawee_async.sandbox.money.rates import CURRENCIES
from allawee_async.sandbox.seed.documented import documented

TYPES = frozenset({"main", "sub", "virtual"})
CSV_TYPE = "text/csv; charset=utf-8"
COLUMNS: tuple[str, ...] = (
    "id", "createdAt", "type", "category", "amount", "currency", "balanceBefore", "balanceAfter",
    "reference",
)  # fmt: skip


def seed_accounts(state: State) -> None:
    """Open the main accounts that a sandbox begins with, and put the starting balance in."""
    for account in documented("accounts"):
        own, currency = account["id"], account["currency"]
        state.accounts.add(account)
        state.ledger.open(own, currency)
        for channel in deposit_channels.channels_of(account):
            number = channel["accountNumber"]
            deposit_channels.register(state, number, account, account["name"])
        state.ledger.post(
            transfer(world(currency), own, state.money.balance),
            type="opening-balance",
            reference=own,
            at=account["createdAt"],
        )


def funding_account(state: State, named: Document | None, currency: str) -> Document:
    """Return the account that pays: the one that is named, or else the main one in the currency.

    Raises:
        RefusalError: 402, it has another currency, it is virtual, or there is none.
    """
    account = named or main_account(state, currency)
    if account is None:
        raise refused("no-main-account", f"There is no main account in {currency}.")
    if account["currency"] != currency:
        raise refused("currency-mismatch", f"The account {account['id']} is not in {currency}.")
    if account["type"] == "virtual":
        raise refused("virtual-account", f"The account {account['id']} holds nothing.")
    return account


def main_account(state: State, currency: str) -> Document | None:
    """Return a copy of the oldest main account in a currency, or None."""
    accounts = (account for account in state.accounts if account["type"] == "main")
    return next((account for account in accounts if account["currency"] == currency), None)


def open_account(state: State, fields: Document, numbers: int = 0) -> Document:
    """Open an account with nothing in it, with so many account numbers; it is to be stored."""
    account = fields | fresh(state, state.accounts) | {"status": "active"}
    name, now = account["name"], account["createdAt"]
    state.ledger.open(account["id"], account["currency"])
    account["depositChannels"] = [
        deposit_channels.open_channel(state, account, name, now) for _ in range(numbers)
    ]
    return account


def create_account(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /accounts`."""
    with read_body(call.body) as body:
        body.text("name")
        currency, kind = body.choice("currency", CURRENCIES), body.choice("type", TYPES)
        body.common()
        body.reference("customer", state.customers)
        channels = body.fields.get("depositChannels")
        if channels is not None and not isinstance(channels, list):
            body.refuse("depositChannels", "must be an array")
        elif channels not in (None, [], [deposit_channels.BANK_ACCOUNT]):
            allowed = f"must be one of the following values, once: {deposit_channels.BANK_ACCOUNT}"
            body.refuse("depositChannels", allowed, each=True)
        is_virtual = kind == "virtual"
        named = body.reference("settlementAccount", state.accounts) if is_virtual else None
    refuse_double(state.accounts, body.fields)
    fields = body.given("name", "type", "currency", "reference", "customer", "metadata")
    if is_virtual:
        fields["settlementAccount"] = funding_account(state, named, currency)["id"]
    # A virtual account is of no use without a number.
    account = open_account(state, fields, numbers=1 if channels or is_virtual else 0)
    return success(state.accounts.add(account))


def balance_of(state: State, account: str) -> Document:
    """Return the balance of an account, as it is shown: with the last movement that made it so."""
    balance = state.ledger.balance(account)
    last = next(state.ledger.logs.group(account), None)
    change, source, since = 0, None, (state.accounts.get(account) or {}).get("createdAt")
    if last is not None:
        change = last["balanceAfter"] - last["balanceBefore"]
        source, since = last["reference"], last["createdAt"]
    return {
        "id": f"bal.{account.partition('.')[2]}", "account": account, "mode": "test",
        "currency": balance.currency, "available": balance.available, "availableChange": change,
        "source": source, "createdAt": since, "balance": balance.balance,
        "reserved": balance.reserved,
    }  # fmt: skip


def get_balance(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts/:id/balance`."""
    return success(balance_of(state, stored(state.accounts, call.id)["id"]))


def list_logs(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts/:id/logs`."""
    account = stored(state.accounts, call.id)["id"]
    return answer_list(state.ledger.logs, [*call.pairs, ("filter", f'account|eq|"{account}"')])


def download_logs(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts/:id/logs/csv`: the whole log, oldest entry first."""
    account = stored(state.accounts, call.id)["id"]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(reversed([*state.ledger.logs.group(account)]))
    disposition = f'attachment; filename="{account}.csv"'
    return ApiResponse(
        200, text.getvalue().encode(), CSV_TYPE, {"Content-Disposition": disposition}
    )


ROUTES = (
    *reads("/accounts", lambda state: state.accounts),
    Endpoint("POST", "/accounts", create_account),
    Endpoint("GET", "/accounts/:id/balance", get_balance),
    Endpoint("GET", "/accounts/:id/logs", list_logs),
    Endpoint("GET", "/accounts/:id/logs/csv", download_logs),
)
