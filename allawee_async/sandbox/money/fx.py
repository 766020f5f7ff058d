"""Foreign exchange: rates, and quotes that expire and can be used once."""

from __future__ import annotations

from datetime import timedelta

from allawee_async.sandbox.api.documents import fresh
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, refused, success
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import checked, read_body
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, NGN, USD, Document, to_timestamp
from allawee_async.sandbox.rules.values import DOLLAR_BOUGHT_FOR, DOLLAR_SOLD_FOR

OPEN, USED = "open", "used"
_PRICES = {(NGN, USD): (DOLLAR_BOUGHT_FOR, 1), (USD, NGN): (1, DOLLAR_SOLD_FOR)}
"""For each pair: what one unit of the second costs in the first, as a fraction."""


def get_rates(_state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/fx/rates`: all rates, or those from or to a currency."""
    with checked({**dict(call.pairs)}) as query:
        wanted = [query.choice(name, CURRENCIES, required=False) for name in ("from", "to")]
    return success([
        {"from": source, "to": target, "rate": max(price)}
        for (source, target), price in _PRICES.items()
        if wanted[0] in ("", source) and wanted[1] in ("", target)
    ])  # fmt: skip


def create_quote(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /tools/fx/quotes`: the amount is that of the currency which is bought."""
    with read_body(call.body) as body:
        source, target = (body.choice(name, CURRENCIES) for name in ("from", "to"))
        amount = body.whole("amount", least=1)
        if source and source == target:
            body.refuse("to", "must be another currency than from")
    quote = fresh(state, state.fx_quotes)
    expires = state.clock() + timedelta(seconds=state.money.quote_seconds)
    price, units = _PRICES[source, target]
    return success(state.fx_quotes.add(quote | {
        "hash": quote["id"], "status": OPEN, "from": source, "to": target, "amount": amount,
        "rate": max(price, units), "sourceAmount": -(-amount * price // units),  # rounded up
        "expiresAt": to_timestamp(expires),
    }))  # fmt: skip


def check_quote(state: State, quote: Document, source: str, target: str) -> tuple[int, int]:
    """Return what a quote takes of the source currency, and what it gives of the target.

    Raises:
        RefusalError: 402, it is for other currencies, or has expired or been used.
    """
    if (quote["from"], quote["to"]) != (source, target):
        raise refused("quote-mismatch", f"The quote is not from {source} to {target}.")
    if quote["status"] != OPEN:
        raise refused("quote-used", "The quote has been used already.")
    if state.now() >= quote["expiresAt"]:
        raise refused("quote-expired", "The quote has expired.")
    return quote["sourceAmount"], quote["amount"]


def use_quote(state: State, quote: Document) -> None:
    """Let a quote not be used again."""
    state.fx_quotes.replace(quote | {"status": USED, "updatedAt": state.now()})


ROUTES = (
    Endpoint("GET", "/tools/fx/rates", get_rates),
    Endpoint("POST", "/tools/fx/quotes", create_quote),
)
