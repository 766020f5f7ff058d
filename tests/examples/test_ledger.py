"""The ledger of the examples: what each event of a card does to the money, row by row."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from card_events import answer_request, answer_update, book_closed, book_settled
from ledger import SCHEMA, Ledger, Purchase

from allawee_async.models.card_authorizations import CardAuthorization
from allawee_async.models.card_transactions import CardTransaction
from allawee_async.webhooks import (
    Approve,
    CardAuthorizationClosed,
    CardAuthorizationRequest,
    CardAuthorizationUpdate,
    CardTransactionCreated,
    Decline,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ADA, NOBODY = "c.ada", "c.nobody"
PAID_IN, OWN_FEE = 100_000, 50
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ONE = "c.auth.1"


class Books:
    """A ledger that is told of events, second by second, and what is in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.ledger = Ledger(connection, own_fee=OWN_FEE)
        self.ledger.open_account(ADA, "Ada Obi")
        self.ledger.pay_in(ADA, PAID_IN)

    def tell(self, name: str, status: str, second: int | None = 0, **fields: Any) -> Any:
        """Tell of an event, and return the answer."""
        purchase, card = fields.pop("id", ONE), fields.pop("card", ADA)
        sent_at = None if second is None else NOON + timedelta(seconds=second)
        told = {"type": "capture", "amount": 5_000} | fields
        data = CardAuthorization(id=purchase, card=card, status=status, **told)  # type: ignore[arg-type]
        common: Any = {"type": name, "id": "evt.1", "sent_at": sent_at, "payload": {}, "data": data}
        match name:
            case "request":
                return answer_request(self.ledger, CardAuthorizationRequest(**common))
            case "update":
                return answer_update(self.ledger, CardAuthorizationUpdate(**common))
            case _:
                return book_closed(self.ledger, CardAuthorizationClosed(**common))

    def request(self, second: int | None = 0, **fields: Any) -> Any:
        return self.tell("request", "pending", second, **({"fees": 100} | fields))

    def close(self, status: str, second: int | None = 1, **fields: Any) -> None:
        self.tell("closed", status, second, **({"fees": 100} | fields))

    def update(self, amount: int | None, second: int | None = 2, **fields: Any) -> Any:
        return self.tell("update", "pending", second, amount=amount, **({"fees": 100} | fields))

    def reverse(self, second: int | None = 3, **fields: Any) -> Any:
        return self.tell("update", "reversed", second, **fields)

    @property
    def money(self) -> tuple[int, int, int]:
        """What has left the account, what is held back, what is available."""
        (balance,) = self.connection.execute(
            "SELECT balance FROM accounts WHERE card = ?", (ADA,)
        ).fetchone()
        (entries,) = self.connection.execute(
            "SELECT sum(amount) FROM entries WHERE card = ?", (ADA,)
        ).fetchone()
        assert balance == entries
        available = self.ledger.available(ADA)
        return PAID_IN - balance, balance - available, available

    def status(self, id: str = ONE) -> str | None:
        found = self.ledger.find(id)
        return found and found.status  # type: ignore[return-value]


@pytest.fixture
def books() -> Iterator[Books]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    yield Books(connection)
    connection.close()


NOTHING = (0, 0, PAID_IN)
TAKEN = (5_150, 0, PAID_IN - 5_150)


# The life cycle, row by row


def test_a_check_is_answered_and_moves_nothing(books: Books) -> None:
    books.request(id="c.auth.other", amount=1_000)
    answer = books.request(type="check", amount=0, fees=None)

    assert answer == Approve(card_balance=PAID_IN - 1_150, card_holder_name="Ada Obi")
    assert books.money == (0, 1_150, PAID_IN - 1_150)
    assert books.status() is None
    books.close("declined", type="check", amount=0)
    books.close("approved", type="check", amount=0)
    assert books.status() is None


def test_a_check_of_a_card_that_nobody_knows_is_declined(books: Books) -> None:
    assert books.request(type="check", card=NOBODY) == Decline("account-not-found")


def test_a_decline_before_anybody_was_asked_moves_nothing(books: Books) -> None:
    books.close("declined")

    assert books.money == NOTHING


def test_a_request_holds_amount_fees_and_the_own_fee(books: Books) -> None:
    assert books.request() == Approve()
    assert books.money == (0, 5_150, PAID_IN - 5_150)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"card": NOBODY}, "account-not-found"),
        ({"amount": PAID_IN - 149}, "insufficient-funds"),
        ({"amount": None}, "invalid-transaction"),
    ],
)
def test_a_request_that_the_account_does_not_cover_holds_nothing(
    books: Books, fields: dict[str, Any], code: str
) -> None:
    assert books.request(**fields) == Decline(code)
    assert books.money == NOTHING


def test_the_last_kobo_can_be_spent(books: Books) -> None:
    assert books.request(amount=PAID_IN - 150) == Approve()
    assert books.money == (0, PAID_IN, 0)
    assert books.request(id="c.auth.2", amount=0, fees=0) == Decline("insufficient-funds")


def test_what_we_approved_and_is_approved_is_taken(books: Books) -> None:
    books.request()
    books.close("approved")

    assert books.money == TAKEN
    assert books.status() == "approved"


def test_what_we_approved_and_is_declined_is_released(books: Books) -> None:
    books.request()
    books.close("declined")

    assert books.money == NOTHING
    assert books.status() == "declined"


def test_what_we_declined_holds_nothing(books: Books) -> None:
    books.request(amount=PAID_IN)
    books.close("declined", amount=PAID_IN)

    assert books.money == NOTHING


def test_what_is_approved_without_us_is_taken_directly(books: Books) -> None:
    books.close("approved")

    assert books.money == TAKEN


def test_what_we_declined_and_is_approved_without_us_is_taken(books: Books) -> None:
    assert books.request(amount=PAID_IN) == Decline("insufficient-funds")
    books.close("approved", amount=PAID_IN)

    assert books.money == (PAID_IN + 150, 0, -150)


def test_money_that_is_gone_from_an_account_that_nobody_opened_is_written_down(
    books: Books,
) -> None:
    books.close("approved", card=NOBODY)

    found = books.connection.execute("SELECT holder, balance FROM accounts WHERE card = 'c.nobody'")
    assert found.fetchone() == (None, -5_150)
    assert books.request(id="c.auth.2", card=NOBODY) == Decline("account-not-found")


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_change_that_the_account_covers_is_taken_at_the_new_amount(
    books: Books, is_closed: bool
) -> None:
    books.request()
    if is_closed:
        books.close("approved")
    assert books.update(PAID_IN - 150) == Approve()
    assert books.money == (PAID_IN, 0, 0)
    books.close("approved", 3, amount=PAID_IN - 150)
    assert books.money == (PAID_IN, 0, 0)


def test_a_change_to_less_gives_the_difference_back(books: Books) -> None:
    books.request()
    books.close("approved")
    assert books.update(3_000) == Approve()
    assert books.money == (3_150, 0, PAID_IN - 3_150)


def test_a_change_that_the_account_does_not_cover_releases_the_lien(books: Books) -> None:
    books.request()
    assert books.update(PAID_IN - 149) == Decline("insufficient-funds")
    assert books.money == NOTHING
    books.close("declined", 3, amount=PAID_IN - 149)
    assert books.money == NOTHING


def test_a_declined_change_of_what_was_taken_gives_it_back_when_it_is_told(books: Books) -> None:
    books.request()
    books.close("approved")
    assert books.update(PAID_IN) == Decline("insufficient-funds")
    assert books.money == TAKEN
    books.close("declined", 3, amount=PAID_IN)
    assert books.money == NOTHING


@pytest.mark.parametrize(
    ("answer", "status", "taken"), [(3_000, "declined", 0), (PAID_IN, "approved", PAID_IN + 150)]
)
def test_a_change_that_is_decided_otherwise_ends_as_it_is_told(
    books: Books, answer: int, status: str, taken: int
) -> None:
    books.request()
    books.close("approved")
    books.update(answer)
    books.close(status, 3, amount=answer)

    assert books.money == (taken, 0, PAID_IN - taken)


def test_a_change_of_what_nobody_knows_is_taken_or_declined(books: Books) -> None:
    assert books.update(3_000) == Approve()
    assert books.update(PAID_IN, id="c.auth.2") == Decline("insufficient-funds")
    assert books.update(1, id="c.auth.3", card=NOBODY) == Decline("account-not-found")
    assert books.update(None, id="c.auth.4") == Decline("invalid-transaction")
    assert books.money == (3_150, 0, PAID_IN - 3_150)


def test_a_reversal_gives_everything_back(books: Books) -> None:
    books.request()
    books.close("approved")
    assert books.reverse() is None

    assert books.money == NOTHING
    assert books.status() == "reversed"


def test_a_settlement_is_written_down_once_and_moves_nothing(books: Books) -> None:
    books.request()
    books.close("approved")
    data = CardTransaction(id="c.txn.1", authorization=ONE, amount=-5_000, fees=-100)
    told: Any = {"type": "x", "id": None, "sent_at": None, "payload": {}, "data": data}
    for _ in range(2):
        book_settled(books.ledger, CardTransactionCreated(**told))

    assert books.money == TAKEN
    written = books.connection.execute("SELECT * FROM settlements").fetchall()
    assert written == [("c.txn.1", ONE, 5_000, 100)]


# Repeats, and another order


def test_an_authorization_is_requested_once(books: Books) -> None:
    books.request()
    assert books.request() == Decline("duplicate-transaction")
    assert books.money == (0, 5_150, PAID_IN - 5_150)
    books.close("approved")
    assert books.request() == Decline("duplicate-transaction")
    assert books.money == TAKEN


@pytest.mark.parametrize("status", ["approved", "declined"])
def test_what_is_told_twice_has_its_effect_once(books: Books, status: str) -> None:
    books.request()
    books.close(status)
    before = books.money, books.connection.execute("SELECT count(*) FROM entries").fetchone()
    books.close(status)

    after = books.money, books.connection.execute("SELECT count(*) FROM entries").fetchone()
    assert before == after


@pytest.mark.parametrize(("status", "money"), [("approved", TAKEN), ("declined", NOTHING)])
def test_a_request_that_comes_after_the_end_holds_nothing(
    books: Books, status: str, money: tuple[int, int, int]
) -> None:
    books.close(status)
    assert books.request() == Decline("duplicate-transaction")
    assert books.money == money


def test_an_approval_that_comes_after_the_reversal_takes_nothing(books: Books) -> None:
    books.request()
    books.reverse()
    books.close("approved")

    assert books.money == NOTHING
    assert books.status() == "reversed"


def test_an_old_approval_does_not_bring_the_old_amount_back(books: Books) -> None:
    books.request()
    books.update(7_000)
    books.close("approved", 3, amount=7_000)
    books.close("approved", 1)

    assert books.money == (7_150, 0, PAID_IN - 7_150)


def test_a_question_that_comes_too_late_changes_nothing(books: Books) -> None:
    books.close("approved", 1)
    books.close("approved", 3, amount=7_000)
    assert books.update(9_000, 2) == Decline("invalid-transaction")
    assert books.money == (7_150, 0, PAID_IN - 7_150)
    books.close("declined", 5)
    assert books.update(1, 6) == Decline("invalid-transaction")
    assert books.money == NOTHING


CHANGED = [
    ("request", 0, 5_000, "pending"),
    ("closed", 1, 5_000, "approved"),
    ("update", 2, 7_000, "pending"),
]
ENDS = [
    ([("closed", 3, 7_000, "approved")], 7_150),
    ([("closed", 3, 7_000, "declined")], 0),
    ([("closed", 3, 7_000, "approved"), ("update", 4, 7_000, "reversed")], 0),
]


@pytest.mark.parametrize(("end", "taken"), ENDS)
def test_every_order_comes_to_the_same_in_the_end(
    books: Books, end: list[tuple[str, int, int, str]], taken: int
) -> None:
    for number, order in enumerate(permutations([*CHANGED, *end])):
        before = books.money[0]
        purchase = f"c.auth.{number}"
        for name, second, amount, status in (*order, *order[::-1]):
            fees = None if status == "reversed" else 100
            books.tell(name, status, second, id=purchase, amount=amount, fees=fees)

        assert books.money[1] == 0, order
        assert books.money[0] - before == taken, order
        if taken:
            books.reverse(9, id=purchase)


# What events leave out


def test_fees_that_are_not_told_are_those_of_before(books: Books) -> None:
    books.request()
    assert books.update(7_000, fees=None) == Approve()
    assert books.money == (7_150, 0, PAID_IN - 7_150)
    books.close("approved", 3, amount=None, fees=None)
    assert books.money == (7_150, 0, PAID_IN - 7_150)


def test_events_without_a_time_count_as_they_come(books: Books) -> None:
    books.request(None)
    books.close("approved", None)
    assert books.update(7_000, None) == Approve()
    books.close("approved", None, amount=7_000)
    assert books.money == (7_150, 0, PAID_IN - 7_150)
    assert books.ledger.find(ONE) == Purchase(ONE, ADA, "approved", 7_000, 100, 0, 7_150, "")


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sign_does_not_tell_where_money_goes(books: Books, sign: int) -> None:
    books.request(amount=sign * 5_000, fees=sign * 100)
    books.close("approved", amount=sign * 5_000, fees=sign * 100)

    assert books.money == TAKEN


def test_a_status_that_nobody_knows_moves_nothing(books: Books) -> None:
    books.request()
    books.close("under-review")
    assert books.tell("update", "under-review", 5) is None

    assert books.money == (0, 5_150, PAID_IN - 5_150)
