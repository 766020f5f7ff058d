"""Too little money: the one place that says what becomes of what an account cannot pay for.

The ledger (`core.ledger`) refuses to take or to hold more than an account has at its disposal, and
changes nothing then. What the sandbox makes of that:

- a payment is stored as `failed` with this reason, answered with 200, and `payment.failed` is sent;
- the funding of a card is refused with 402, and with it the card that was to be made;
- an authorization of a card is `declined` with this reason, before anybody is asked.
"""

from __future__ import annotations

from collections.abc import Callable

from allawee_async.sandbox.api.messages import refused
from allawee_async.sandbox.core.ledger import InsufficientFundsError
from allawee_async.sandbox.core.state import State

INSUFFICIENT_FUNDS = "insufficient-funds"


def reason_if_short(move: Callable[[], object]) -> str | None:
    """Take or hold money; return None, or why a payment or an authorization fails."""
    try:
        move()
    except InsufficientFundsError:
        return INSUFFICIENT_FUNDS
    return None


def refuse_if_short(state: State, account: str, needed: int) -> None:
    """Refuse a request whose account has less at its disposal than is needed.

    Raises:
        RefusalError: 402.
    """
    available = state.ledger.available(account)
    if available < needed:
        message = f"The account {account} has {available} at its disposal, {needed} are needed."
        raise refused(INSUFFICIENT_FUNDS, message)
