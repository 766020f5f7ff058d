"""Banks over HTTP: all of them, those that fit an account number, and the name on an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import refused
from allawee_async.sandbox.api.messages import RefusalError, invalid_fields, success, success_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.core.values import to_bytes
from allawee_async.sandbox.directory.banks import BANKS, SANDBOX_CODE, Bank, banks_for, find_bank
from allawee_async.sandbox.money.nuban import is_number
from allawee_async.sandbox.money.payment_flow import name_at
from allawee_async.sandbox.money.rates import CURRENCIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject


def list_banks(_state: State, _call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/banks`."""
    return _answer(BANKS)


def short_list(_state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/banks/short-list/:accountNumber`."""
    if not is_number(call.id):
        raise RefusalError(invalid_fields(["accountNumber must have ten digits"]))
    return _answer(banks_for(call.id))


def resolve(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/banks/resolve`."""
    query = dict(call.pairs)
    number, code = query.get("accountNumber", ""), query.get("bankCode", "")
    wrong: list[str] = []
    if not is_number(number):
        wrong.append("accountNumber must have ten digits")
    if code != SANDBOX_CODE and find_bank(code) is None:
        wrong.append("bankCode must be the code of a bank")
    if wrong:
        raise RefusalError(invalid_fields(wrong))
    names = (name_at(state, code, number, currency) for currency in CURRENCIES)
    name = next((name for name in names if name is not None), None)
    if name is None:
        raise refused("account-not-found", "The bank has no account with this number.", 404)
    return success(to_bytes({"accountName": name, "accountNumber": number, "bankCode": code}))


def _answer(banks: Iterable[Bank]) -> ApiResponse:
    return success_list([to_bytes(_shown(bank)) for bank in banks], has_more=False)


def _shown(bank: Bank) -> JsonObject:
    return {"name": bank.name, "code": bank.code, "nipCode": bank.nip_code}


ROUTES = (
    Endpoint("GET", "/tools/banks", list_banks),
    Endpoint("GET", "/tools/banks/short-list/:id", short_list),
    Endpoint("GET", "/tools/banks/resolve", resolve),
)
