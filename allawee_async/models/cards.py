"""Cards: what a customer pays with, what it may be used for, and its secrets."""

from collections.abc import Sequence

from allawee_async.models.accounts import Account
from allawee_async.models.base import APIObject, Model, OpenEnum, known, model
from allawee_async.models.card_programs import CardNetwork, CardProgram, CardType
from allawee_async.models.common import Currency
from allawee_async.models.customers import Customer
from allawee_async.types import JSONObject, MinorUnits, Secret, Strings, Things

__all__ = ["Card", "CardControls", "CardDetails", "CardSecrets", "FundingSource", "SpendingLimit"]
__all__ += ["CardChannel", "CardStatus", "SpendingInterval"]


class CardStatus(OpenEnum):
    """The state of a card. What a blocked or terminated one has, no document shows."""

    ACTIVE = known("active")
    INACTIVE = known("inactive")
    CREATED = known("created")


class CardChannel(OpenEnum):
    """Where a card is used."""

    ATM = known("atm")
    POS = known("pos")
    ONLINE = known("online")
    IN_APP = known("in-app")


class SpendingInterval(OpenEnum):
    """The time that a spending limit is for."""

    DAILY = known("daily")
    MONTHLY = known("monthly")


@model(kw_only=True)
class SpendingLimit(Model):
    """How much may be spent in an interval.

    Attributes:
        amount: In minor units (kobo, cents) of the card's currency.
        interval: `monthly`, `daily`, or another.
    """

    amount: MinorUnits | None = None
    interval: SpendingInterval | str | None = None


@model(kw_only=True)
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

    allowed_mcc: Strings | None = None
    blocked_mcc: Strings | None = None
    allowed_categories: Strings | None = None
    blocked_categories: Strings | None = None
    allowed_channels: Strings | None = None
    blocked_channels: Strings | None = None
    allowed_merchants: Things | None = None
    blocked_merchants: Things | None = None
    spending_limits: Sequence[SpendingLimit | None] | None = None


@model(kw_only=True)
class CardDetails(Model):
    """What is printed on a card, as far as it is no secret.

    Attributes:
        card_holder_name: The name on the card.
        last4: The last four digits of the number; absent on a new card.
        expiry: Month and year (`03/26`); absent on a new card.
    """

    card_holder_name: str | None = None
    last4: str | None = None
    expiry: str | None = None


@model(kw_only=True)
class Card(APIObject):
    """A card.

    Attributes:
        id: Opaque, for instance `c.2tXPDv41Ri2qewJXL`.
        type: `physical` or `virtual`.
        status: `active`, `inactive` (not activated yet), or another.
        currency: The currency of the card.
        network: `verve`, `mastercard`, …; only the answer to its creation shows it.
        program: The program: an id, or the program.
        customer: Who holds it: an id, or the customer; a card that is not linked has none.
        details: Name, last digits and expiry.
        controls: What it may be used for.
        funding_source: The account that pays: an id, or the account.
        reference: Your own handle.
        metadata: Your own data, as you stored it.
        created_at: When the card was created, UTC.
        updated_at: When the card last changed, UTC.
        object: The API's name of the type, `card`.
    """

    id: str
    type: CardType | None = None
    status: CardStatus | None = None
    currency: Currency | str | None = None
    network: CardNetwork | None = None
    program: str | CardProgram | JSONObject | None = None
    customer: str | Customer | JSONObject | None = None
    details: CardDetails | None = None
    controls: CardControls | None = None
    funding_source: str | Account | JSONObject | None = None
    reference: str | None = None
    metadata: JSONObject | None = None


@model(kw_only=True)
class CardSecrets(Model):
    """The secrets of a card. `repr` masks them; never log, print or store them.

    Attributes:
        card_holder_name: The name on the card.
        last4: The last four digits of the number.
        pan: The card number.
        expiry: Month and year (`03/26`).
        cvv: The security code.
    """

    card_holder_name: str | None = None
    last4: str | None = None
    pan: Secret
    expiry: str | None = None
    cvv: Secret | None = None


@model(kw_only=True)
class FundingSource(Model):
    """What pays for the purchases with a card. No document shows it; all else is in `extra`.

    Attributes:
        id: The id, if the API told it.
        object: The API's name of its type, presumably `account`.
    """

    id: str | None = None
    object: str | None = None
