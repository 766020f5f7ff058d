"""Foreign exchange: rates, quotes that expire and can be used once, and the routes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import added, fresh, refused, whole
from allawee_async.sandbox.api.messages import (
    ApiRequest,
    ApiResponse,
    RefusalError,
    invalid_fields,
    success,
)
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.api.validation import Checks, read_body
from allawee_async.sandbox.core.values import to_bytes, to_timestamp
from allawee_async.sandbox.money import rates as money

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import Json, JsonObject

PREFIX = "fxq."
OPEN, USED = "open", "used"


def get_rates(_state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /tools/fx/rates`: all rates, or those from or to a currency."""
    wanted = {name: value for name, value in call.pairs if name in ("from", "to")}
    wrong = [name for name, value in wanted.items() if value not in money.CURRENCIES]
    if wrong:
        allowed = f"must be one of the following values: {', '.join(money.CURRENCIES)}"
        raise RefusalError(invalid_fields([f"{name} {allowed}" for name in wrong]))
    rates: list[Json] = [
        {"from": source, "to": target, "rate": money.rate(source, target)}
        for source, target in money.pairs()
        if wanted.get("from", source) == source and wanted.get("to", target) == target
    ]
    return success(to_bytes(rates))


def create_quote(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `POST /tools/fx/quotes`: the amount is that of the currency which is bought."""
    body = read_body(call.body)
    checks = Checks()
    checks.choice(body, "from", money.CURRENCIES)
    checks.choice(body, "to", money.CURRENCIES)
    checks.whole(body, "amount", least=1)
    checks.refuse_if_any()
    source, target, amount = str(body["from"]), str(body["to"]), whole(body["amount"])
    if source == target:
        raise RefusalError(invalid_fields(["to must be another currency than from"]))
    quote = fresh(state, PREFIX, state.fx_quotes, "fx.quote")
    expires = state.moment() + timedelta(seconds=state.money.quote_seconds)
    quote |= {
        "hash": quote["id"], "status": OPEN, "from": source, "to": target, "amount": amount,
        "rate": money.rate(source, target), "sourceAmount": money.cost(source, target, amount),
        "expiresAt": to_timestamp(expires),
    }  # fmt: skip
    return added(state.fx_quotes, quote)


def check_quote(state: State, quote: JsonObject, source: str, target: str) -> tuple[int, int]:
    """Return what a quote takes of the source currency, and what it gives of the target.

    Raises:
        RefusalError: 402, it is for other currencies, or has expired or been used.
    """
    if (quote["from"], quote["to"]) != (source, target):
        raise refused("quote-mismatch", f"The quote is not from {source} to {target}.")
    if quote["status"] != OPEN:
        raise refused("quote-used", "The quote has been used already.")
    if state.now() >= str(quote["expiresAt"]):
        raise refused("quote-expired", "The quote has expired.")
    return whole(quote["sourceAmount"]), whole(quote["amount"])


def use_quote(state: State, quote: JsonObject) -> None:
    """Let a quote not be used again."""
    state.fx_quotes.replace(quote | {"status": USED, "updatedAt": state.now()})


ROUTES = (
    Endpoint("GET", "/tools/fx/rates", get_rates),
    Endpoint("POST", "/tools/fx/quotes", create_quote),
)
