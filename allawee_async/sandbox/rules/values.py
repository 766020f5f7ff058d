"""The numbers that `rules.md` tells and the code reads, each in one place."""

from __future__ import annotations

import attrs

MAX_BODY = 1024 * 1024
MAX_URL = 64 * 1024
MAX_NESTING = 32
DEFAULT_LIMIT, MAX_LIMIT = 20, 1_000
MAX_EXPAND_STEPS = 2
MAX_CONDITIONS = 100
MAX_FIELD = 200
MAX_SORT_FIELDS = 10
MAX_PATTERN = 200
MAX_SEARCHED = 128
# A choice doubles the time at worst, a repetition multiplies it by the length of the text, which
# measures like four choices; the worst pattern of this weight takes a tenth of a second.
MAX_WEIGHT = 12
WEIGHT_OF_REPEAT = 4
SEARCH_SECONDS, SEARCH_SECONDS_EACH = 1.0, 0.00005
"""Of the processor: for a search, and more for each document that it looks at."""
QUEUE_SECONDS = 0.2
CALLS_KEPT = 1_000
BODY_KEPT = 4 * 1024

MAX_ACCOUNT_NUMBERS = 20
DOLLAR_BOUGHT_FOR, DOLLAR_SOLD_FOR = 1_550, 1_500
TRANSFER_FEES = ((500_000, 1_000), (5_000_000, 2_500))
"""The fee up to an amount, both in minor units."""
TRANSFER_FEE_ABOVE = 5_000
BILL_FEE = 10_000
DOLLAR_FEE = 100
VAT_PER_MILLE = 75

MAX_QUANTITY = 1_000
YEARS_VALID = 3

MAX_SIGNING_KEY = 256
ATTEMPTS_KEPT = 20
PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds between the attempts to send an event; after the last one it has failed."""
DECISION_SECONDS, UPDATE_SECONDS, ANSWER_SECONDS = 2.0, 4.0, 10.0
NEWER_EVENTS_SINCE = "2024-05-01"


@attrs.frozen
class MoneyRules:
    """What a state may do its own way.

    Attributes:
        balance: What each main account starts with, in minor units.
        payment_seconds: How long a payment is pending, by the sandbox's clock.
        quote_seconds: How long an FX quote can be used, by the sandbox's clock.
        pay_in: Amount of a simulated pay-in that names none, in minor units.
        settlement_seconds: How long it takes from the approval of a purchase with a card to its
            settlement, by the sandbox's clock.
    """

    balance: int = 1_000_000_000
    payment_seconds: float = 0.2
    quote_seconds: float = 600.0
    pay_in: int = 1_000_000
    settlement_seconds: float = 5.0
