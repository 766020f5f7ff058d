"""What money costs and how long it takes in a sandbox: settings, fees and rates. No state."""

from __future__ import annotations

import attrs

NGN, USD = "NGN", "USD"
CURRENCIES = (NGN, USD)

_TRANSFER_TIERS = ((500_000, 1_000), (5_000_000, 2_500))
_TRANSFER_ABOVE = 5_000
_BILL_FEE = 10_000
_DOLLAR_FEE = 100
_VAT_PER_MILLE = 75


@attrs.frozen
class MoneyRules:
    """What a sandbox may do its own way.

    Attributes:
        balance: What each main account starts with, in minor units.
        payment_seconds: How long a payment is pending, by the sandbox's clock.
        quote_seconds: How long an FX quote can be used, by the sandbox's clock.
        settlement_seconds: How long it takes from the approval of a purchase with a card to its
            settlement, by the sandbox's clock.
        pay_in: Amount of a simulated pay-in that names none, in minor units.
    """

    balance: int = 1_000_000_000
    payment_seconds: float = 0.2
    quote_seconds: float = 600.0
    pay_in: int = 1_000_000
    settlement_seconds: float = 5.0


def rounded(amount: int, numerator: int, denominator: int) -> int:
    """Return a part of an amount, with halves rounded up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def platform_fee(method: str, amount: int, currency: str) -> int:
    """Return what Allawee charges for a payment, value added tax included."""
    if method in ("transfer", "fx-transfer", "fx-charge"):
        return 0
    if currency != NGN:
        net = _DOLLAR_FEE
    elif method == "billing":
        net = _BILL_FEE
    else:
        net = next((fee for most, fee in _TRANSFER_TIERS if amount <= most), _TRANSFER_ABOVE)
    return net + rounded(net, _VAT_PER_MILLE, 1000)


def own_fee(structure: str, value: int, cap: int | None, amount: int) -> int:
    """Return what a fee of the business itself adds to an amount."""
    if structure == "flat":
        return value
    share = rounded(amount, value, 100)
    return share if cap is None else min(share, cap)


_PRICES: dict[tuple[str, str], tuple[int, int]] = {(NGN, USD): (1550, 1), (USD, NGN): (1, 1500)}
"""For each pair: what one unit of the second costs in the first, as a fraction."""


def pairs() -> tuple[tuple[str, str], ...]:
    """Return the pairs of currencies that can be exchanged."""
    return tuple(_PRICES)


def rate(source: str, target: str) -> float:
    """Return how many units of the source one unit of the target costs."""
    numerator, denominator = _PRICES[source, target]
    return numerator if denominator == 1 else round(numerator / denominator, 8)


def cost(source: str, target: str, amount: int) -> int:
    """Return what an amount of the target costs in minor units of the source, rounded up."""
    numerator, denominator = _PRICES[source, target]
    return -(-amount * numerator // denominator)
