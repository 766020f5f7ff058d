"""Accounts: opened, the one that pays, the numbers under which they receive, what happened."""

from __future__ import annotations

import csv
import io

from allawee_async.sandbox.api.documents import changed, fresh, reads, refuse_double, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, Document, IdSource
from allawee_async.sandbox.directory.banks import SANDBOX_BANK, SANDBOX_CODE, complete
from allawee_async.sandbox.rules.values import MAX_ACCOUNT_NUMBERS

BANK_ACCOUNT = "bank-account"
COLUMNS: tuple[str, ...] = (
    "id", "createdAt", "type", "category", "amount", "currency", "balanceBefore", "balanceAfter",
    "reference",
)  # fmt: skip


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
        open_channel(state, state.ids, account, name, now) for _ in range(numbers)
    ]
    return account


def open_channel(state: State, ids: IdSource, owner: Document, name: str, now: str) -> Document:
    """Return a deposit channel with an unused number, as an account shows it.

    Money for the number goes to its owner, an account or a payment request; payers see the name.
    """
    while (number := complete(SANDBOX_CODE, "00" + ids.digits(7))) in state.bank_accounts:
        pass
    state.bank_accounts.add({"id": number, "owner": owner["id"], "name": name})
    return {
        "type": BANK_ACCOUNT, "accountName": name, "accountNumber": number,
        "bankName": SANDBOX_BANK, "bankCode": SANDBOX_CODE, "partner": "allawee-sandbox",
        "createdAt": now, "updatedAt": now,
    }  # fmt: skip


def create_account(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /accounts`."""
    with read_body(call.body) as body:
        body.text("name")
        currency = body.choice("currency", CURRENCIES)
        is_virtual = body.choice("type", ("main", "sub", "virtual")) == "virtual"
        body.common()
        body.reference("customer", state.customers)
        channels = body.fields.get("depositChannels")
        if channels is not None and not isinstance(channels, list):
            body.refuse("depositChannels", "must be an array")
        elif channels not in (None, [], [BANK_ACCOUNT]):
            allowed = f"must be one of the following values, once: {BANK_ACCOUNT}"
            body.refuse("depositChannels", allowed, each=True)
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
    if last is None:
        change, source, since = 0, None, stored(state.accounts, account).get("createdAt")
    else:
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
    headers = {"Content-Disposition": f'attachment; filename="{account}.csv"'}
    return ApiResponse(200, text.getvalue().encode(), "text/csv; charset=utf-8", headers)


def add_channel(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /accounts/:id/deposit-channels`."""
    account = stored(state.accounts, call.id)
    with read_body(call.body) as body:
        body.choice("type", {BANK_ACCOUNT})
    channels = account.get("depositChannels", [])
    if len(channels) >= MAX_ACCOUNT_NUMBERS:
        most = f"An account has at most {MAX_ACCOUNT_NUMBERS} deposit channels."
        raise refused("too-many-channels", most)
    channel = open_channel(state, state.ids, account, account["name"], state.now())
    return changed(state, state.accounts, account, {"depositChannels": [*channels, channel]})


def update_account_name(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /accounts/:id/deposit-channels/update-account-name`."""
    account = stored(state.accounts, call.id)
    with read_body(call.body) as body:
        body.choice("type", {BANK_ACCOUNT})
        number = body.text("accountNumber")
    channels = account.get("depositChannels", [])
    channel = next((one for one in channels if one["accountNumber"] == number), None)
    if channel is None:
        raise refused("not-found", "The account has no such deposit channel.", 404)
    customer = state.customers.get(account.get("customer"))
    if customer is None:
        raise refused("no-customer", "The account has no customer whose name could be taken.")
    state.bank_accounts.replace({"id": number, "owner": account["id"], "name": customer["name"]})
    channel |= {"accountName": customer["name"], "updatedAt": state.now()}
    return changed(state, state.accounts, account, {})


ROUTES = (
    *reads("/accounts", lambda state: state.accounts),
    Endpoint("POST", "/accounts", create_account),
    Endpoint("GET", "/accounts/:id/balance", get_balance),
    Endpoint("GET", "/accounts/:id/logs", list_logs),
    Endpoint("GET", "/accounts/:id/logs/csv", download_logs),
    Endpoint("POST", "/accounts/:id/deposit-channels", add_channel),
    Endpoint("PUT", "/accounts/:id/deposit-channels/update-account-name", update_account_name),
)
