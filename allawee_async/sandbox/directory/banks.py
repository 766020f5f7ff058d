"""Banks: which there are, their account numbers (NUBAN), the names on accounts, and the routes."""

from __future__ import annotations

from itertools import cycle
from typing import NamedTuple

from allawee_async.sandbox.api.documents import fixed
from allawee_async.sandbox.api.messages import (
    ApiRequest,
    ApiResponse,
    refused,
    success,
    success_list,
)
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import RequestBody, checked
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, to_bytes
from allawee_async.sandbox.seed.people import WORDS

SANDBOX_BANK, SANDBOX_CODE = "Allawee Sandbox Bank", "000"
_WEIGHTS = (3, 7, 3)
_BANK_DIGITS, _NUMBER_DIGITS = 6, 10
_DOCUMENTED_NUMBERS = frozenset({"0000000000", "0123456789"})


class ListedBank(NamedTuple):
    """A bank: its name, its code for account numbers, and its code for instant transfers."""

    name: str
    code: str
    nip_code: str

    def shown(self) -> bytes:
        """Return the bank as answers show it."""
        return to_bytes({"name": self.name, "code": self.code, "nipCode": self.nip_code})


BANKS = (
    ListedBank("ACCESS BANK", "044", "000014"),
    ListedBank("CITIBANK NIGERIA", "023", "000009"),
    ListedBank("ECOBANK NIGERIA", "050", "000010"),
    ListedBank("FIDELITY BANK", "070", "000007"),
    ListedBank("FIRST BANK OF NIGERIA", "011", "000016"),
    ListedBank("FIRST CITY MONUMENT BANK", "214", "000003"),
    ListedBank("GUARANTY TRUST BANK", "058", "000013"),
    ListedBank("JAIZ BANK", "301", "000006"),
    ListedBank("KEYSTONE BANK", "082", "000002"),
    ListedBank("KUDA MICROFINANCE BANK", "950211", "090267"),
    ListedBank("MONIEPOINT MICROFINANCE BANK", "950515", "090405"),
    ListedBank("OPAY", "999992", "100004"),
    ListedBank("POLARIS BANK", "076", "000008"),
    ListedBank("PROVIDUS BANK", "101", "000023"),
    ListedBank("STANBIC IBTC BANK", "221", "000012"),
    ListedBank("STERLING BANK", "232", "000001"),
    ListedBank("UNION BANK OF NIGERIA", "032", "000018"),
    ListedBank("UNITED BANK FOR AFRICA", "033", "000004"),
    ListedBank("UNITY BANK", "215", "000011"),
    ListedBank("WEMA BANK", "035", "000017"),
    ListedBank("ZENITH BANK", "057", "000015"),
)
BY_CODE = {code: bank for bank in BANKS for code in (bank.code, bank.nip_code)}


def complete(bank_code: str, serial: str) -> str:
    """Return the number that a bank gives to an account, with its check digit.

    Args:
        bank_code: The code of the bank, three digits (a commercial bank) or six.
        serial: The first nine digits of the number.
    """
    digits = bank_code.zfill(_BANK_DIGITS) + serial
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, cycle(_WEIGHTS)))
    return f"{serial}{-weighted % 10}"


def is_number(text: str) -> bool:
    """Return whether a text has the form of an account number."""
    return len(text) == _NUMBER_DIGITS and text.isascii() and text.isdecimal()


def fits(bank_code: str, number: str) -> bool:
    """Return whether an account number can be one of this bank."""
    return is_number(number) and complete(bank_code, number[:-1]) == number


def holder_of(bank: ListedBank, number: str) -> str | None:
    """Return the name on an account, always the same one; None for a number not of this bank."""
    if number in _DOCUMENTED_NUMBERS:
        return "JOHN DOE"
    if not fits(bank.code, number):
        return None
    first, last = WORDS["firstNamesM"] + WORDS["firstNamesF"], WORDS["lastNames"]
    value = int(number)
    return f"{first[value % len(first)]} {last[value // 97 % len(last)]}".upper()


def name_at(state: State, bank_code: str, number: str, currency: str) -> str | None:
    """Return the name on a bank account, one of ours or of another bank, or None."""
    bank = BY_CODE.get(bank_code)
    if bank is not None:
        return holder_of(bank, number)
    entry = state.bank_accounts.get(number) if bank_code == SANDBOX_CODE else None
    owner = str(entry["owner"]) if entry is not None else ""
    found = state.accounts.get(owner) or state.payment_requests.get(owner)
    if entry is None or found is None or found["currency"] != currency:
        return None
    return str(entry["name"])


def short_list(_state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/banks/short-list/:accountNumber`."""
    with checked({"accountNumber": call.id}) as query:
        _check_number(query)
    shown = [bank.shown() for bank in BANKS if fits(bank.code, call.id)]
    return success_list(shown, has_more=False)


def resolve(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/banks/resolve`."""
    with checked({**dict(call.pairs)}) as query:
        number, code = _check_number(query), str(query.fields.get("bankCode"))
        if code not in (SANDBOX_CODE, *BY_CODE):
            query.refuse("bankCode", "must be the code of a bank")
    found = (name_at(state, code, number, currency) for currency in CURRENCIES)
    name = next((name for name in found if name is not None), None)
    if name is None:
        raise refused("account-not-found", "The bank has no account with this number.", 404)
    return success({"accountName": name, "accountNumber": number, "bankCode": code})


def _check_number(query: RequestBody) -> str:
    number = str(query.fields.get("accountNumber"))
    if not is_number(number):
        query.refuse("accountNumber", "must have ten digits")
    return number


ROUTES = (
    fixed("/tools/banks", (bank.shown() for bank in BANKS)),
    Endpoint("GET", "/tools/banks/short-list/:id", short_list),
    Endpoint("GET", "/tools/banks/resolve", resolve),
)
