"""Accounts: what a request must hold, what it opens, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import (
    added,
    check_common,
    check_reference,
    fresh,
    given,
    id_of,
    read_reference,
    refused,
    shown,
)
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.money import deposit_channels
from allawee_async.sandbox.money.deposit_channels import new_channel, new_number, register
from allawee_async.sandbox.money.rates import CURRENCIES
from allawee_async.sandbox.seed.documented import documented_accounts

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

PREFIX = "ac."
TYPES = frozenset({"main", "sub", "virtual"})


def seed_accounts(state: State) -> None:
    """Open the main accounts that a sandbox begins with, and put the starting balance in."""
    for account in documented_accounts():
        own, currency = id_of(account), str(account["currency"])
        state.accounts.add(account)
        state.ledger.open(own, currency)
        for channel in deposit_channels.channels_of(account):
            register(state, str(channel["accountNumber"]), account, str(account["name"]))
        state.ledger.post(
            transfer(world(currency), own, state.money.balance),
            type="opening-balance",
            reference=own,
            at=str(account["createdAt"]),
        )


def main_account(state: State, currency: str) -> JsonObject:
    """Return a copy of the oldest main account in a currency.

    Raises:
        RefusalError: There is none.
    """
    for account in state.accounts:
        if account["type"] == "main" and account["currency"] == currency:
            return account
    raise refused("no-main-account", f"There is no main account in {currency}.")


def purse(state: State, named: JsonObject | None, currency: str) -> JsonObject:
    """Return an account that can pay: the named one, or else the main one in the currency.

    Raises:
        RefusalError: 402, it has another currency, it is virtual, or there is none.
    """
    account = named or main_account(state, currency)
    if account["currency"] != currency:
        raise refused("currency-mismatch", f"The account {account['id']} is not in {currency}.")
    if account["type"] == "virtual":
        raise refused("virtual-account", f"The account {account['id']} holds nothing.")
    return account


def list_accounts(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts`."""
    return answer_list(state.accounts, call.pairs)


def get_account(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts/:id`."""
    return shown(state.accounts, call.id, "account")


def create_account(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /accounts`."""
    body, settlement = _read_account(state, call.body)
    check_reference(state.accounts, body, "account")
    currency, name = str(body["currency"]), str(body["name"])
    virtual: JsonObject = {}
    if body["type"] == "virtual":
        virtual["settlementAccount"] = purse(state, settlement, currency)["id"]
    document = fresh(state, PREFIX, state.accounts, "account") | virtual
    document |= given(body, "name", "type", "currency", "reference", "customer", "metadata")
    document["status"] = "active"
    numbers = _draw_numbers(state, body)
    now = str(document["createdAt"])
    document["depositChannels"] = [new_channel(number, name, now) for number in numbers]
    state.ledger.open(id_of(document), currency)
    for number in numbers:
        register(state, number, document, name)
    return added(state.accounts, document)


def _read_account(state: State, body: bytes) -> tuple[JsonObject, JsonObject | None]:
    """Return the body of a request, and the settlement account that a virtual one names."""
    account = read_body(body)
    checks = Checks()
    checks.text(account, "name")
    checks.choice(account, "currency", CURRENCIES)
    checks.choice(account, "type", TYPES)
    check_common(checks, account)
    read_reference(checks, account, "customer", state.customers, "a customer")
    _check_channels(checks, account.get("depositChannels"))
    settlement = None
    if account.get("type") == "virtual":
        settlement = read_reference(
            checks, account, "settlementAccount", state.accounts, "an account"
        )
    checks.refuse_if_any()
    return account, settlement


def _check_channels(checks: Checks, channels: Json) -> None:
    if channels is None:
        return
    if not isinstance(channels, list):
        checks.messages.append("depositChannels must be an array")
    elif channels not in ([], [deposit_channels.BANK_ACCOUNT]):
        checks.messages.append(
            "each value in depositChannels must be one of the following values, once: "
            + deposit_channels.BANK_ACCOUNT
        )


def _draw_numbers(state: State, body: JsonObject) -> list[str]:
    """Return the numbers of a new account; a virtual one is of no use without any."""
    is_wanted = bool(body.get("depositChannels")) or body["type"] == "virtual"
    return [new_number(state)] if is_wanted else []


ROUTES = (
    Endpoint("GET", "/accounts", list_accounts),
    Endpoint("POST", "/accounts", create_account),
    Endpoint("GET", "/accounts/:id", get_account),
)
