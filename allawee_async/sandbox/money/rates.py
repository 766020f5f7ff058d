"""What money costs in a sandbox: fees and rates. No state."""

from __future__ import annotations

from allawee_async.sandbox.rules import values

NGN, USD = "NGN", "USD"
CURRENCIES = (NGN, USD)


def rounded(amount: int, numerator: int, denominator: int) -> int:
    """Return a part of an amount, with halves rounded up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def platform_fee(method: str, amount: int, currency: str) -> int:
    """Return what Allawee charges for a payment, value added tax included."""
    if method in ("transfer", "fx-transfer", "fx-charge"):
        return 0
    if currency != NGN:
        net = values.DOLLAR_FEE
    elif method == "billing":
        net = values.BILL_FEE
    else:
        net = next(
            (fee for most, fee in values.TRANSFER_FEES if amount <= most), values.TRANSFER_FEE_ABOVE
        )
    return net + rounded(net, values.VAT_PER_MILLE, 1000)


_PRICES: dict[tuple[str, str], tuple[int, int]] = {
    (NGN, USD): (values.DOLLAR_BOUGHT_FOR, 1),
    (USD, NGN): (1, values.DOLLAR_SOLD_FOR),
}
"""For each pair: what one unit of the second costs in the first, as a fraction."""


def pairs() -> tuple[tuple[str, str], ...]:
    """Return the pairs of currencies that can be exchanged."""
    return tuple(_PRICES)


def rate(source: str, target: str) -> int:
    """Return the price of a dollar in naira, for an exchange one way or the other."""
    numerator, denominator = _PRICES[source, target]
    return max(numerator, denominator)


def cost(source: str, target: str, amount: int) -> int:
    """Return what an amount of the target costs in minor units of the source, rounded up."""
    numerator, denominator = _PRICES[source, target]
    return -(-amount * numerator // denominator)
