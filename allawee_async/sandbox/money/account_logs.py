"""What an account has and what happened on it: the balance, the log, the log as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import id_of, stored
from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse, success
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.core.values import to_bytes

if TYPE_CHECKING:
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

CSV_TYPE = "text/csv; charset=utf-8"
COLUMNS = (
    "id", "createdAt", "type", "category", "amount", "currency", "balanceBefore", "balanceAfter",
    "reference",
)  # fmt: skip


def balance_of(state: State, account: str) -> JsonObject:
    """Return the balance of an account, as it is shown."""
    balance = state.ledger.balance(account)
    return {
        "account": account,
        "currency": balance.currency,
        "balance": balance.balance,
        "reserved": balance.reserved,
        "available": balance.available,
    }


def get_balance(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts/:id/balance`."""
    account = id_of(stored(state.accounts, call.id, "account"))
    return success(to_bytes(balance_of(state, account)))


def list_logs(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts/:id/logs`."""
    account = id_of(stored(state.accounts, call.id, "account"))
    own = ("filter", f'account|eq|"{account}"')
    return answer_list(state.ledger.logs, [*call.pairs, own])


def download_logs(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /accounts/:id/logs/csv`: the whole log, oldest entry first."""
    account = id_of(stored(state.accounts, call.id, "account"))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in state.ledger.logs:
        if entry["account"] == account:
            writer.writerow(entry[column] for column in COLUMNS)
    disposition = f'attachment; filename="{account}.csv"'
    return ApiResponse(
        200, text.getvalue().encode(), CSV_TYPE, {"Content-Disposition": disposition}
    )


ROUTES = (
    Endpoint("GET", "/accounts/:id/balance", get_balance),
    Endpoint("GET", "/accounts/:id/logs", list_logs),
    Endpoint("GET", "/accounts/:id/logs/csv", download_logs),
)
