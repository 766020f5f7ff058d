"""What a card may be used for: where, with whom, and for how much."""

from collections.abc import Sequence

import attrs

from allawee_async.models.common import Model, OpenEnum, as_tuple, model
from allawee_async.types import Strings

__all__ = ["CardChannel", "CardControls", "SpendingInterval", "SpendingLimit"]


class CardChannel(OpenEnum):
    """Where a card is used."""

    ATM = "atm"
    POS = "pos"
    ONLINE = "online"
    IN_APP = "in-app"


class SpendingInterval(OpenEnum):
    """The time that a spending limit is for."""

    DAILY = "daily"
    MONTHLY = "monthly"


@model
class SpendingLimit(Model):
    """How much may be spent in an interval.

    Attributes:
        amount: In minor units (kobo, cents) of the card's currency.
        interval: `monthly`, `daily`, or another.
    """

    amount: int | None = None
    interval: SpendingInterval | str | None = None


def _limits(
    limits: Sequence[SpendingLimit | None] | None,
) -> tuple[SpendingLimit | None, ...] | None:
    return None if limits is None else tuple(limits)


@model
class CardControls(Model):
    """What a card may be used for. Each list allows only, or blocks, what it names.

    Attributes:
        allowed_mcc: Merchant category codes, ranges and comma lists: `["5541-5542,7654"]`.
        blocked_mcc: The same, blocked.
        allowed_categories: Merchant categories by name: `["airlines"]`.
        blocked_categories: The same, blocked.
        allowed_channels: `atm`, `pos`, `online`, `in-app`.
        blocked_channels: The same, blocked.
        allowed_merchants: Ids of merchants: `["mch.2cbc123456"]`.
        blocked_merchants: The same, blocked.
        spending_limits: How much may be spent; the documents show null among them, too.
    """

    allowed_mcc: Strings | None = attrs.field(default=None, converter=as_tuple)
    blocked_mcc: Strings | None = attrs.field(default=None, converter=as_tuple)
    allowed_categories: Strings | None = attrs.field(default=None, converter=as_tuple)
    blocked_categories: Strings | None = attrs.field(default=None, converter=as_tuple)
    allowed_channels: Strings | None = attrs.field(default=None, converter=as_tuple)
    blocked_channels: Strings | None = attrs.field(default=None, converter=as_tuple)
    allowed_merchants: Strings | None = attrs.field(default=None, converter=as_tuple)
    blocked_merchants: Strings | None = attrs.field(default=None, converter=as_tuple)
    spending_limits: Sequence[SpendingLimit | None] | None = attrs.field(
        default=None, converter=_limits
    )
