"""What the network asks a card to pay, with everything that controls may call the merchant."""

from __future__ import annotations

from allawee_async.sandbox.cards.controls import Purchase, is_mcc
from allawee_async.sandbox.directory.merchants import categories_of, merchants_named


def purchase_at(
    type: str, *, amount: int, fees: int, channel: str, mcc: object, merchant: object
) -> Purchase:
    """Return a purchase as the network describes it.

    Args:
        type: `check` or `capture`.
        amount: In minor units.
        fees: In minor units.
        channel: How the card is used.
        mcc: The category code of the merchant; other texts count as none.
        merchant: The descriptor of the merchant, if there is one.
    """
    code = mcc if isinstance(mcc, str) and is_mcc(mcc) else None
    descriptor = merchant if isinstance(merchant, str) else None
    return Purchase(
        type=type,
        amount=amount,
        fees=fees,
        channel=channel,
        mcc=code,
        merchant=descriptor,
        categories=categories_of(code),
        merchants=merchants_named(descriptor) | {descriptor or ""},
    )
