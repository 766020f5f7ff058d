"""Fees: what you charge your own customers for payments and card use."""

from allawee_async.models.accounts import Account
from allawee_async.models.base import APIObject, OpenEnum, known, model
from allawee_async.models.common import Currency
from allawee_async.types import JSONObject, MinorUnits

__all__ = ["Fee", "FeeStructure"]


class FeeStructure(OpenEnum):
    """How a fee is reckoned."""

    FLAT = known("flat")
    PERCENTAGE = known("percentage")


@model(kw_only=True)
class Fee(APIObject):
    """A fee. The documents show its fields in requests only, so none of them is sure to be there.

    Attributes:
        id: Opaque, for instance `fee.2cbc123456`.
        name: Your name for it.
        description: More about it.
        structure: `flat` or `percentage`.
        value: Of a flat fee the amount in minor units; of another the percentage.
        cap: The most that is taken, in minor units.
        currency: The currency of the amounts.
        account: The account that gets the fee; with `expand` the account itself.
        metadata: Your own data, as you stored it.
        created_at: When the fee was created, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type.
    """

    id: str | None = None
    name: str | None = None
    description: str | None = None
    structure: FeeStructure | None = None
    value: int | float | None = None
    cap: MinorUnits | None = None
    currency: Currency | None = None
    account: str | Account | JSONObject | None = None
    metadata: JSONObject | None = None
