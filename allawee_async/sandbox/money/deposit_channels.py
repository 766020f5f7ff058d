"""Deposit channels: the bank account numbers under which an account receives money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import refused, replaced, stored
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.directory.banks import SANDBOX_BANK, SANDBOX_CODE
from allawee_async.sandbox.money.nuban import complete
from allawee_async.sandbox.rules.money import MAX_ACCOUNT_NUMBERS

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

BANK_ACCOUNT = "bank-account"
TYPES = frozenset({BANK_ACCOUNT})
PARTNER = "allawee-sandbox"


def new_number(state: State) -> str:
    """Return an account number that is not in use yet."""
    while (number := complete(SANDBOX_CODE, "00" + state.new_digits(7))) in state.bank_accounts:
        pass
    return number


def new_channel(number: str, name: str, now: str) -> JsonObject:
    """Return a deposit channel as an account shows it."""
    return {
        "type": BANK_ACCOUNT, "accountName": name, "accountNumber": number,
        "bankName": SANDBOX_BANK, "bankCode": SANDBOX_CODE, "partner": PARTNER, "createdAt": now,
        "updatedAt": now,
    }  # fmt: skip


def register(state: State, number: str, owner: JsonObject, name: str) -> None:
    """Let money for a number go to an account or a payment request; the payer sees the name."""
    state.bank_accounts.add({"id": number, "owner": owner["id"], "name": name})


def channels_of(account: JsonObject) -> list[JsonObject]:
    """Return the deposit channels of an account."""
    channels = account["depositChannels"]
    listed: list[Json] = channels if isinstance(channels, list) else []
    return [channel for channel in listed if isinstance(channel, dict)]


def add_channel(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /accounts/:id/deposit-channels`."""
    account = stored(state.accounts, call.id, "account")
    body = read_body(call.body)
    checks = Checks()
    checks.choice(body, "type", TYPES)
    checks.refuse_if_any()
    channels = channels_of(account)
    if len(channels) >= MAX_ACCOUNT_NUMBERS:
        raise refused(
            "too-many-channels", f"An account has at most {MAX_ACCOUNT_NUMBERS} deposit channels."
        )
    now, number = state.now(), new_number(state)
    channel = new_channel(number, str(account["name"]), now)
    register(state, number, account, str(account["name"]))
    return _store(state, account, [*channels, channel], now)


def update_account_name(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /accounts/:id/deposit-channels/update-account-name`."""
    account = stored(state.accounts, call.id, "account")
    body = read_body(call.body)
    checks = Checks()
    checks.choice(body, "type", TYPES)
    checks.text(body, "accountNumber")
    checks.refuse_if_any()
    number, channels = body["accountNumber"], channels_of(account)
    if number not in [channel["accountNumber"] for channel in channels]:
        raise refused("not-found", "The account has no such deposit channel.", 404)
    customer = state.customers.get(str(account.get("customer")))
    if customer is None:
        raise refused("no-customer", "The account has no customer whose name could be taken.")
    now, name = state.now(), str(customer["name"])
    renamed: JsonObject = {"accountName": name, "updatedAt": now}
    changed = [
        channel | renamed if channel["accountNumber"] == number else channel for channel in channels
    ]
    state.bank_accounts.replace({"id": number, "owner": account["id"], "name": name})
    return _store(state, account, changed, now)


def _store(state: State, account: JsonObject, channels: list[JsonObject], now: str) -> ApiResponse:
    changes: JsonObject = {"depositChannels": [*channels], "updatedAt": now}
    return replaced(state.accounts, account | changes)


ROUTES = (
    Endpoint("POST", "/accounts/:id/deposit-channels", add_channel),
    Endpoint("PUT", "/accounts/:id/deposit-channels/update-account-name", update_account_name),
)
