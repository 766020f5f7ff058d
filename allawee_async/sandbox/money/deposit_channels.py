"""Deposit channels: the bank account numbers under which an account receives money."""

from __future__ import annotations

from allawee_async.sandbox.api.documents import changed, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, entries
from allawee_async.sandbox.directory.banks import SANDBOX_BANK, SANDBOX_CODE, complete
from allawee_async.sandbox.rules.values import MAX_ACCOUNT_NUMBERS

BANK_ACCOUNT = "bank-account"
TYPES = frozenset({BANK_ACCOUNT})
PARTNER = "allawee-sandbox"


def open_channel(state: State, owner: Document, name: str, now: str) -> Document:
    """Return a channel with an unused number, whose money goes to an account or a request."""
    while (number := complete(SANDBOX_CODE, "00" + state.new_digits(7))) in state.bank_accounts:
        pass
    register(state, number, owner, name)
    return channel_of(number, name, now)


def channel_of(number: str, name: str, now: str) -> Document:
    """Return a deposit channel as an account shows it."""
    return {
        "type": BANK_ACCOUNT, "accountName": name, "accountNumber": number,
        "bankName": SANDBOX_BANK, "bankCode": SANDBOX_CODE, "partner": PARTNER, "createdAt": now,
        "updatedAt": now,
    }  # fmt: skip


def register(state: State, number: str, owner: Document, name: str) -> None:
    """Let money for a number go to an account or a payment request; the payer sees the name."""
    state.bank_accounts.add({"id": number, "owner": owner["id"], "name": name})


def channels_of(account: Document) -> list[Document]:
    """Return the deposit channels of an account."""
    return [channel for channel in entries(account, "depositChannels") if isinstance(channel, dict)]


def add_channel(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /accounts/:id/deposit-channels`."""
    account = stored(state.accounts, call.id)
    with read_body(call.body) as body:
        body.choice("type", TYPES)
    channels = channels_of(account)
    if len(channels) >= MAX_ACCOUNT_NUMBERS:
        raise refused(
            "too-many-channels", f"An account has at most {MAX_ACCOUNT_NUMBERS} deposit channels."
        )
    channel = open_channel(state, account, account["name"], state.now())
    return changed(state, state.accounts, account, {"depositChannels": [*channels, channel]})


def update_account_name(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `PUT /accounts/:id/deposit-channels/update-account-name`."""
    account = stored(state.accounts, call.id)
    with read_body(call.body) as body:
        body.choice("type", TYPES)
        number = body.text("accountNumber")
    channels = channels_of(account)
    if number not in [channel["accountNumber"] for channel in channels]:
        raise refused("not-found", "The account has no such deposit channel.", 404)
    customer = state.customers.get(account.get("customer"))
    if customer is None:
        raise refused("no-customer", "The account has no customer whose name could be taken.")
    state.bank_accounts.replace({"id": number, "owner": account["id"], "name": customer["name"]})
    renamed: Document = {"accountName": customer["name"], "updatedAt": state.now()}
    return changed(state, state.accounts, account, {"depositChannels": [
        channel | renamed if channel["accountNumber"] == number else channel for channel in channels
    ]})  # fmt: skip


ROUTES = (
    Endpoint("POST", "/accounts/:id/deposit-channels", add_channel),
    Endpoint("PUT", "/accounts/:id/deposit-channels/update-account-name", update_account_name),
)
