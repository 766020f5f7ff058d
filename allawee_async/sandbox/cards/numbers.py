"""Numbers of cards: of the right network and length, with their check digit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from allawee_async.sandbox.core.values import MASK
from allawee_async.sandbox.rules.values import YEARS_VALID

_RANGES = {"verve": ("506146", 19), "mastercard": ("529908", 16), "visa": ("428852", 16)}
_LONG_NUMBER = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")


def new_number(network: str, digits: Callable[[int], str]) -> str:
    """Return a card number of a network; `digits` returns so many random digits."""
    prefix, length = _RANGES[network]
    body = prefix + digits(length - len(prefix) - 1)
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Return the last digit of the number that begins with these digits, after Luhn."""
    return str(-_weigh(body + "0") % 10)


def is_valid(number: str) -> bool:
    """Return whether the last digit of a number fits the others, after Luhn."""
    return number.isascii() and number.isdecimal() and _weigh(number) % 10 == 0


def masked(text: str) -> str:
    """Return a text with `***` in place of everything that is the number of a card."""
    return _LONG_NUMBER.sub(lambda found: MASK if is_valid(found[0]) else found[0], text)


def expiry_for(now: datetime) -> str:
    """Return until when a card that is made now is valid, as it is printed on it."""
    return f"{now.month:02d}/{(now.year + YEARS_VALID) % 100:02d}"


def _weigh(number: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(number)):
        weighed = int(digit) * (1 + place % 2)
        total += weighed if weighed < 10 else weighed - 9
    return total
