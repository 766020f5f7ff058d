"""The routes of everything about money, and the jobs that payments leave for later."""

from __future__ import annotations

from allawee_async.sandbox.directory import merchant_routes as merchants
from allawee_async.sandbox.money import (
    account_logs,
    accounts,
    banks,
    billings,
    bills,
    configuration,
    deposit_channels,
    fees,
    fx,
    payins,
    payment_requests,
    payments,
    payouts,
)

ROUTES = (
    *accounts.ROUTES,
    *account_logs.ROUTES,
    *deposit_channels.ROUTES,
    *fees.ROUTES,
    *billings.ROUTES,
    *payments.ROUTES,
    *payouts.ROUTES,
    *bills.ROUTES,
    *payment_requests.ROUTES,
    *payins.ROUTES,
    *banks.ROUTES,
    *configuration.ROUTES,
    *fx.ROUTES,
    *merchants.ROUTES,
)
JOBS = payments.JOBS
