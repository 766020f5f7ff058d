"""Banks: which there are, whose an account number can be, and who is said to have it. No state."""

from __future__ import annotations

from typing import NamedTuple

from allawee_async.sandbox.money.nuban import fits, is_number
from allawee_async.sandbox.seed import names

SANDBOX_BANK, SANDBOX_CODE = "Allawee Sandbox Bank", "000"
_DOCUMENTED_NUMBERS = frozenset({"0000000000", "0123456789"})


class Bank(NamedTuple):
    """A bank: its name, its code for account numbers, and its code for instant transfers."""

    name: str
    code: str
    nip_code: str


BANKS = (
    Bank("ACCESS BANK", "044", "000014"),
    Bank("CITIBANK NIGERIA", "023", "000009"),
    Bank("ECOBANK NIGERIA", "050", "000010"),
    Bank("FIDELITY BANK", "070", "000007"),
    Bank("FIRST BANK OF NIGERIA", "011", "000016"),
    Bank("FIRST CITY MONUMENT BANK", "214", "000003"),
    Bank("GUARANTY TRUST BANK", "058", "000013"),
    Bank("JAIZ BANK", "301", "000006"),
    Bank("KEYSTONE BANK", "082", "000002"),
    Bank("KUDA MICROFINANCE BANK", "950211", "090267"),
    Bank("MONIEPOINT MICROFINANCE BANK", "950515", "090405"),
    Bank("OPAY", "999992", "100004"),
    Bank("POLARIS BANK", "076", "000008"),
    Bank("PROVIDUS BANK", "101", "000023"),
    Bank("STANBIC IBTC BANK", "221", "000012"),
    Bank("STERLING BANK", "232", "000001"),
    Bank("UNION BANK OF NIGERIA", "032", "000018"),
    Bank("UNITED BANK FOR AFRICA", "033", "000004"),
    Bank("UNITY BANK", "215", "000011"),
    Bank("WEMA BANK", "035", "000017"),
    Bank("ZENITH BANK", "057", "000015"),
)
_BY_CODE = {code: bank for bank in BANKS for code in (bank.code, bank.nip_code)}


def find_bank(code: str) -> Bank | None:
    """Return the bank with a code, one of three or of six digits, or None."""
    return _BY_CODE.get(code)


def banks_for(number: str) -> list[Bank]:
    """Return the banks whose account number this can be, by its check digit."""
    return [bank for bank in BANKS if fits(bank.code, number)]


def holder_of(bank: Bank, number: str) -> str | None:
    """Return the name on an account, always the same one; None for a number not of this bank."""
    if number in _DOCUMENTED_NUMBERS:
        return "JOHN DOE"
    if not (is_number(number) and fits(bank.code, number)):
        return None
    first, last = (*names.FIRST_NAMES["M"], *names.FIRST_NAMES["F"]), names.LAST_NAMES
    value = int(number)
    return f"{first[value % len(first)]} {last[value // 97 % len(last)]}".upper()
