"""How customers look at each width."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from allawee_async import (
    Claims,
    Customer,
    CustomerStatus,
    CustomerType,
    Identity,
    Verification,
    VerificationStatus,
    VerificationTier,
)
from allawee_async.cli.demo.customer_table import print_customers

BVN = "22489035167"


def customer(number, name="Ada Obi", status="active", checks=(("tier-2", "verified"),)):
    return Customer(
        id=f"cus.2tXNjMhytgx7hCx{number:02}",
        name=name,
        type=CustomerType("individual"),
        status=CustomerStatus(status),
        claims=Claims(individual_identity=Identity(type="bvn", id=BVN)),
        verifications=tuple(
            Verification(
                type=VerificationTier(tier), status=VerificationStatus(state) if state else None
            )
            for tier, state in checks
        ),
        created_at=datetime(2024, 5, 6, 23, 59, tzinfo=UTC),
        updated_at=datetime(2024, 5, 7, tzinfo=UTC),
    )


CUSTOMERS = [
    customer(1),
    customer(2, "Oluwatobiloba Chukwuemeka-Ogunleye", "blocked", [("tier-1", "pending")]),
    customer(3, "[bold]Bobby\x1b[31m", "on-hold", []),
    customer(4, "Zoë", checks=[("tier-3", None)]),
]


def printed(width, customers=CUSTOMERS, encoding="utf-8", **options):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    console = Console(file=file, width=width, highlight=False, markup=False, **options)
    print_customers(console, customers)
    file.seek(0)
    return file.read()


@pytest.mark.parametrize("width", range(40, 201))
def test_at_every_width_ids_dates_and_states_are_whole(width):
    text = printed(width)
    assert all(len(line) <= width for line in text.splitlines())
    for found in CUSTOMERS:
        line = next(line for line in text.splitlines() if found.id in line)
        assert "2024-05-06" in line
    for word in ("individual", "active", "blocked", "on-hold", "1 pending", "3 unchecked"):
        assert word in text


def test_a_wide_table():
    head, first, second, third, fourth = printed(120).splitlines()
    assert head.split() == ["ID", "Name", "Type", "Tier", "State", "Created"]
    assert first.split() == [
        "cus.2tXNjMhytgx7hCx01", "Ada", "Obi", "individual", "tier-2", "active", "2024-05-06",
    ]  # fmt: skip
    assert "Oluwatobiloba Chukwuemeka-Ogunleye  individual  tier-1 pending" in second
    assert "[bold]Bobby?[31m" in third
    assert "tier-3 unchecked" in fourth


def test_names_give_way_first():
    assert "Oluwatobiloba C…" in printed(80)
    assert "Oluwatobiloba Ch " in printed(80, encoding="ascii")
    assert "?" not in printed(80, CUSTOMERS[:2], encoding="ascii")


def test_where_there_is_no_room_for_a_table_each_customer_has_three_lines():
    assert printed(40, CUSTOMERS[1:2]).splitlines() == [
        "cus.2tXNjMhytgx7hCx02  2024-05-06",
        "  Oluwatobiloba Chukwuemeka-Ogunleye",
        "  individual, tier-1 pending, blocked",
    ]


def test_colours_on_a_terminal_only(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[32mactive" in printed(120, force_terminal=True)
    assert "\x1b[" not in printed(120)


def test_no_identity_number_is_shown():
    assert BVN not in printed(120)
    assert BVN not in printed(40)
