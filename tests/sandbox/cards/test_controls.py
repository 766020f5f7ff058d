"""Spending controls: what may be sent, and what they let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from allawee_async.sandbox.api.validation import RequestBody
from allawee_async.sandbox.cards.controls import Purchase, allows, interval_start, read_controls
from tests.support.tables import for_each

if TYPE_CHECKING:
    from tests.sandbox.card_user import CardUser

NOW = "2026-05-13T12:00:00.000Z"


def allowed(controls: dict[str, Any], *, spent: int = 0, amount: int = 100, **facts: Any) -> bool:
    facts = {"channel": "pos", "mcc": None, "merchant": None} | facts
    purchase = Purchase("capture", amount=amount, fees=10, **facts)
    return allows(controls, purchase, lambda _: spent, NOW)


@for_each(
    ("controls", "facts", "expected"),
    [
        ({}, {}, True),
        ({"allowedChannels": []}, {}, True),
        ({"allowedChannels": ["pos"]}, {}, True),
        ({"allowedChannels": ["atm"]}, {}, False),
        ({"blockedChannels": ["pos", "atm"]}, {}, False),
        ({"allowedMcc": ["5541-5542,7654"]}, {"mcc": "5542"}, True),
        ({"allowedMcc": ["5541-5542,7654"]}, {"mcc": "7654"}, True),
        ({"allowedMcc": ["5541-5542,7654"]}, {"mcc": "5543"}, False),
        ({"allowedMcc": ["5541-5542"]}, {}, False),
        ({"allowedMcc": ["5541-5542"]}, {"mcc": "string"}, False),
        ({"blockedMcc": ["7399", "7395"]}, {"mcc": "7395"}, False),
        ({"blockedMcc": ["7399"]}, {}, True),
        ({"allowedCategories": ["betting"]}, {"mcc": "7995"}, True),
        ({"allowedCategories": ["betting"]}, {"mcc": "5411"}, False),
        ({"allowedCategories": ["betting"], "blockedMcc": ["7995"]}, {"mcc": "7995"}, False),
        ({"blockedCategories": ["flight-ticket"]}, {"mcc": "4511"}, False),
        ({"allowedMerchants": ["mch.2cbc123462"]}, {"merchant": "NETFLIX LAGOS"}, True),
        ({"allowedMerchants": ["mch.2cbc123462"]}, {"merchant": "mch.2cbc123462"}, True),
        ({"allowedMerchants": ["mch.2cbc123462"]}, {"merchant": "Shoprite"}, False),
        ({"allowedMerchants": ["mch.2cbc123462"]}, {}, False),
        ({"blockedMerchants": ["mch.2cbc123462"]}, {"merchant": "Netflix"}, False),
    ],
)
def test_who_may_be_paid(controls: dict[str, Any], facts: dict[str, Any], expected: bool) -> None:
    assert allowed(controls, **facts) is expected


def test_limits_are_reached_and_not_passed() -> None:
    controls = {"spendingLimits": [{"amount": 1_000, "interval": "daily"}]}
    assert allowed(controls, spent=900)
    assert not allowed(controls, spent=901)
    assert allowed(controls, spent=2_000, amount=0)
    both = {"spendingLimits": [*controls["spendingLimits"], {"amount": 50, "interval": "yearly"}]}
    assert not allowed(both)


@pytest.mark.parametrize(
    ("interval", "start"),
    [
        ("daily", "2026-05-13"),
        ("weekly", "2026-05-11"),
        ("monthly", "2026-05-01"),
        ("yearly", "2026-01-01"),
    ],
)
def test_intervals_begin(interval: str, start: str) -> None:
    assert interval_start(interval, NOW) == f"{start}T00:00:00.000Z"


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        (7, "controls must be an object"),
        ({"allowedMcc": "5541"}, "controls.allowedMcc must be an array"),
        ({"allowedMcc": [5541]}, "each value in controls.allowedMcc must be a string"),
        (
            {"blockedMcc": ["fuel"]},
            "each value in controls.blockedMcc must be a merchant category code or a range of them",
        ),
        (
            {"allowedChannels": ["post"]},
            (
                "each value in controls.allowedChannels must be one of the following values: "
                "atm, in-app, online, pos"
            ),
        ),
        ({"spendingLimits": {}}, "controls.spendingLimits must be an array"),
        ({"spendingLimits": [None, 7]}, "controls.spendingLimits.1 must be an object"),
        (
            {"spendingLimits": [{"amount": 1.5, "interval": "monthly"}]},
            "controls.spendingLimits.0.amount must be an integer number",
        ),
        (
            {"spendingLimits": [{"amount": 1, "interval": "hourly"}]},
            (
                "controls.spendingLimits.0.interval must be one of the following values: "
                "daily, monthly, weekly, yearly"
            ),
        ),
    ],
)
def test_wrong_controls_are_told(controls: Any, message: str) -> None:
    body = RequestBody({"controls": controls})
    read_controls(body)
    assert body.faults == [message]


async def test_a_limit_counts_what_is_not_taken_back(user: CardUser) -> None:
    limits = [{"amount": 10_000, "interval": "monthly"}]
    card = await user.card(controls={"spendingLimits": limits})
    made = card["id"]
    assert (await user.use(made))["status"] == "approved"
    assert (await user.use(made, amount=5_001))["statusReason"] == "spending-control"
    assert (await user.use(made, amount=4_000))["status"] == "approved"
    user.sandbox.settle_cards()
    assert (await user.use(made, amount=1_001))["status"] == "declined"
    taken_back = await user.use(made, "reverse-capture", amount=900)
    assert taken_back["status"] == "reversed"
    assert (await user.use(made, amount=1_000))["status"] == "approved"
    user.clock.go_on(days=30)
    assert (await user.use(made, amount=10_000))["status"] == "approved"


async def test_an_update_counts_the_new_amount_only(user: CardUser) -> None:
    limits = [{"amount": 10_000, "interval": "daily"}]
    card = await user.card(controls={"spendingLimits": limits})
    await user.use(card["id"], amount=6_000)
    update = {"amount": 6_000, "updateFees": 100}
    done = await user.use(card["id"], "update-capture", updateAmount=10_000, **update)
    assert (done["status"], done["amount"]) == ("approved", 10_000)
    update["amount"] = 10_000
    over = await user.use(card["id"], "update-capture", updateAmount=10_001, **update)
    assert (over["status"], over["statusReason"]) == ("declined", "spending-control")


async def test_changed_controls_count_at_once(user: CardUser) -> None:
    card = await user.card()
    body = {"controls": {"blockedCategories": ["fuel"]}}
    await user.make("PUT", f"/cards/{card['id']}", body)
    declined = await user.use(card["id"], mcc="5541", merchantDescriptor="NNPC")
    assert declined["statusReason"] == "spending-control"
    assert (await user.use(card["id"], mcc="5411"))["status"] == "approved"
