"""The ledger by itself: what it moves, and what it refuses without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.core.collection import DuplicateError
from allawee_async.sandbox.core.ledger import (
    Balance,
    Entry,
    InsufficientFundsError,
    Ledger,
    LedgerError,
    UnbalancedError,
    UnknownAccountError,
    UnknownHoldError,
    transfer,
    world,
)
from allawee_async.sandbox.core.values import IdSource

if TYPE_CHECKING:
    from collections.abc import Callable

AT = "2026-05-01T12:00:00.000Z"


def snapshot(ledger: Ledger) -> Any:
    return [list(part) for part in (ledger.balances, ledger.holds, ledger.logs)]


def post(ledger: Ledger, *entries: Entry) -> None:
    ledger.post(entries, type="test", reference="p.1", at=AT)


@pytest.fixture
def ledger() -> Ledger:
    opened = Ledger(IdSource("test"))
    opened.open("ac.a", "NGN")
    opened.open("ac.b", "NGN")
    opened.open("ac.d", "USD")
    post(opened, *transfer(world("NGN"), "ac.a", 1000))
    return opened


def test_a_transfer_moves_and_logs(ledger: Ledger) -> None:
    post(ledger, *transfer("ac.a", "ac.b", 300))

    assert ledger.balance("ac.a") == Balance("NGN", 700, 0)
    assert ledger.available("ac.b") == 300
    *_, debit, credit = ledger.logs
    assert debit == {
        "account": "ac.a", "type": "debit", "category": "test", "amount": 300, "currency": "NGN",
        "balanceBefore": 1000, "balanceAfter": 700, "reference": "p.1", "createdAt": AT,
        "updatedAt": AT, "id": debit["id"], "object": "account.log",
    }  # fmt: skip
    assert (credit["account"], credit["type"], credit["balanceAfter"]) == ("ac.b", "credit", 300)


def test_all_balances_of_a_currency_add_up_to_zero(ledger: Ledger) -> None:
    assert dict(ledger.accounts()) == {
        "ac.a": Balance("NGN", 1000, 0),
        "world:NGN": Balance("NGN", -1000, 0),
        "ac.b": Balance("NGN", 0, 0),
        "ac.d": Balance("USD", 0, 0),
        "world:USD": Balance("USD", 0, 0),
    }


def test_an_account_may_pass_on_within_one_posting_what_it_does_not_have(ledger: Ledger) -> None:
    post(ledger, *transfer(world("NGN"), "ac.b", 50), *transfer("ac.b", "ac.a", 50))

    assert ledger.available("ac.b") == 0
    assert [entry["balanceAfter"] for entry in ledger.logs if entry["account"] == "ac.b"] == [50, 0]


def test_nothing_is_logged_for_an_amount_of_zero(ledger: Ledger) -> None:
    before = snapshot(ledger)
    post(ledger, *transfer("ac.a", "ac.b", 0))

    assert snapshot(ledger) == before


def test_what_is_held_cannot_be_spent(ledger: Ledger) -> None:
    ledger.reserve("ac.a", 600)

    assert ledger.balance("ac.a") == Balance("NGN", 1000, 600)
    with pytest.raises(InsufficientFundsError) as caught:
        post(ledger, *transfer("ac.a", "ac.b", 401))
    assert (caught.value.account, caught.value.available, caught.value.needed) == ("ac.a", 400, 401)
    post(ledger, *transfer("ac.a", "ac.b", 400))


def test_a_released_hold_can_be_spent_again(ledger: Ledger) -> None:
    hold = ledger.reserve("ac.a", 600)
    ledger.release(hold)

    assert ledger.balance("ac.a") == Balance("NGN", 1000, 0)
    with pytest.raises(UnknownHoldError):
        ledger.release(hold)


@pytest.mark.parametrize("amount", [0, 100, 600, 1000])
def test_a_capture_takes_less_or_more_than_was_held(ledger: Ledger, amount: int) -> None:
    hold = ledger.reserve("ac.a", 600)
    ledger.capture(hold, amount, type="purchase", reference="c.auth.1", at=AT)

    assert ledger.balance("ac.a") == Balance("NGN", 1000 - amount, 0)
    assert ledger.holds.get(hold) == {
        "id": hold, "account": "ac.a", "amount": amount, "currency": "NGN", "status": "captured",
    }  # fmt: skip


def test_a_capture_can_go_to_another_account(ledger: Ledger) -> None:
    hold = ledger.reserve("ac.a", 600)
    ledger.capture(hold, 600, type="purchase", reference="c.auth.1", at=AT, to="ac.b")

    assert ledger.available("ac.b") == 600


def test_a_hold_can_grow_and_shrink(ledger: Ledger) -> None:
    hold = ledger.reserve("ac.a", 600)
    ledger.adjust(hold, 1000)
    assert ledger.available("ac.a") == 0
    ledger.adjust(hold, 10)
    assert (ledger.held(hold), ledger.available("ac.a")) == (("ac.a", 10), 990)


def _capture(amount: int, to: str | None = None) -> Callable[[Ledger, str], None]:
    return lambda ledger, hold: ledger.capture(
        hold, amount, type="purchase", reference="x", at=AT, to=to
    )


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (lambda ledger, _: ledger.open("ac.a", "NGN"), DuplicateError),
        (lambda ledger, _: ledger.balance("ac.none"), UnknownAccountError),
        (lambda ledger, _: ledger.reserve("ac.none", 1), UnknownAccountError),
        (lambda ledger, _: ledger.reserve("ac.a", 401), InsufficientFundsError),
        (lambda ledger, _: ledger.reserve("ac.a", -1), UnbalancedError),
        (lambda ledger, hold: ledger.adjust(hold, 1001), InsufficientFundsError),
        (lambda ledger, hold: ledger.adjust(hold, -1), UnbalancedError),
        (lambda ledger, _: ledger.adjust("hold.none", 1), UnknownHoldError),
        (lambda ledger, _: ledger.release("hold.none"), UnknownHoldError),
        (_capture(1001), InsufficientFundsError),
        (_capture(-1), UnbalancedError),
        (_capture(5, "ac.d"), UnbalancedError),
        (_capture(5, "ac.none"), UnknownAccountError),
        (lambda ledger, _: post(ledger, Entry("ac.a", -5)), UnbalancedError),
        (lambda ledger, _: post(ledger, *transfer("ac.a", "ac.d", 5)), UnbalancedError),
        (lambda ledger, _: post(ledger, *transfer("ac.a", "ac.b", -5)), UnbalancedError),
        (lambda ledger, _: post(ledger, *transfer("ac.a", "ac.none", 5)), UnknownAccountError),
        (lambda ledger, _: post(ledger, *transfer("ac.b", "ac.a", 1)), InsufficientFundsError),
        (
            lambda ledger, _: post(
                ledger, *transfer("ac.a", "ac.b", 5), *transfer("ac.d", world("USD"), 1)
            ),
            InsufficientFundsError,
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    ledger: Ledger, refused: Callable[[Ledger, str], None], kind: type[Exception]
) -> None:
    hold = ledger.reserve("ac.a", 600)
    before = snapshot(ledger)

    with pytest.raises(kind):
        refused(ledger, hold)
    assert snapshot(ledger) == before
    assert issubclass(kind, (LedgerError, DuplicateError))
