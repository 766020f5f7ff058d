"""Amounts: whole numbers of minor units, or nothing is sent."""

from decimal import Decimal
from typing import Any

import pytest

from allawee_async import ConfigurationError
from allawee_async.models.cards import CardControls, SpendingLimit
from allawee_async.models.schema import shape_of
from allawee_async.resources.base import check_amount, faults_of
from tests.support.serving import recording
from tests.support.tables import for_each

WRONG = [10.0, 10.5, float("nan"), True, False, "1000", "", b"1", Decimal(10), [1], -1, -(10**30)]


@pytest.mark.parametrize("amount", [0, 1, 10_000, 10**30])
def test_whole_numbers_are_amounts(amount: int) -> None:
    check_amount("amount", amount)


@for_each("amount", [*WRONG, None])
def test_anything_else_is_refused_by_name_and_unit(amount: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^fees\b.*minor units"):
        check_amount("fees", amount)


def test_nothing_is_no_amount_where_none_is_needed() -> None:
    assert [*faults_of("controls", SpendingLimit(amount=None), shape_of(SpendingLimit))] == []


@for_each("amount", WRONG)
async def test_a_wrong_amount_is_never_sent(amount: Any) -> None:
    limit = {"spendingLimits": [None, {"amount": amount, "interval": "monthly"}]}
    async with recording() as (allawee, recorder):
        with pytest.raises(ConfigurationError, match=r"amount.*minor units"):
            await allawee.cards.fund("c.1", amount=amount)
        with pytest.raises(ConfigurationError, match=r"amount.*minor units"):
            await allawee.cards.create(program="c.prg.1", customer="cus.1", amount=amount)
        for controls in (limit, CardControls(spending_limits=(SpendingLimit(amount=amount),))):
            with pytest.raises(ConfigurationError, match=r"minor units|no form in JSON"):
                await allawee.cards.create(program="c.prg.1", customer="cus.1", controls=controls)
            with pytest.raises(ConfigurationError, match=r"minor units|no form in JSON"):
                await allawee.cards.update("c.1", controls=controls)
            with pytest.raises(ConfigurationError, match=r"minor units|no form in JSON"):
                await allawee.cards.link("c.1", customer="cus.1", controls=controls)
            with pytest.raises(ConfigurationError, match=r"minor units|no form in JSON"):
                await allawee.cards.link_by_pan(pan="4", customer="cus.1", controls=controls)

    assert recorder.sent == []


def test_the_refusal_says_which_limit() -> None:
    controls = {"spendingLimits": [None, {"amount": 1.0}]}

    (told,) = faults_of("controls", controls, shape_of(CardControls))

    assert told.startswith("controls.spendingLimits[1].amount must be an int in minor units")


@pytest.mark.parametrize(
    "controls", [None, {}, {"spendingLimits": None}, {"spendingLimits": [None]}, "x", [1]]
)
def test_controls_without_amounts_are_fine(controls: Any) -> None:
    assert [*faults_of("controls", controls, shape_of(CardControls))] == []
