"""Nigerian account numbers (NUBAN): nine digits and the check digit of the Central Bank."""

from __future__ import annotations

from itertools import cycle

_WEIGHTS = (3, 7, 3)
_BANK_DIGITS = 6
_NUMBER_DIGITS = 10


def check_digit(bank_code: str, serial: str) -> str:
    """Return the last digit of the number that a bank gives to an account.

    Args:
        bank_code: The code of the bank, three digits (a commercial bank) or six.
        serial: The first nine digits of the number.
    """
    digits = bank_code.zfill(_BANK_DIGITS) + serial
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, cycle(_WEIGHTS)))
    return str(-weighted % 10)


def is_number(text: str) -> bool:
    """Return whether a text has the form of an account number."""
    return len(text) == _NUMBER_DIGITS and text.isascii() and text.isdecimal()


def fits(bank_code: str, number: str) -> bool:
    """Return whether an account number can be one of this bank."""
    return is_number(number) and check_digit(bank_code, number[:-1]) == number[-1]


def complete(bank_code: str, serial: str) -> str:
    """Return the account number that begins with these nine digits."""
    return serial + check_digit(bank_code, serial)
