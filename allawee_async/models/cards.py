"""Cards: what a customer pays with, what it may be used for, and its secrets."""

from datetime import datetime

import attrs

from allawee_async.models.accounts import Account
from allawee_async.models.card_controls import CardControls
from allawee_async.models.card_programs import CardNetwork, CardProgram, CardType
from allawee_async.models.common import SECRET, Currency, Model, OpenEnum, model
from allawee_async.models.customers import Customer
from allawee_async.types import JSONObject

__all__ = [
    "Card",
    "CardDetails",
    "CardSecrets",
    "CardStatus",
    "FundingSource",
]


class CardStatus(OpenEnum):
    """The state of a card. What a blocked or terminated one has, no document shows."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    CREATED = "created"


@model
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


@model
class Card(Model):
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
    metadata: JSONObject | None = attrs.field(default=None, hash=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    object: str | None = None


@model
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
    pan: str = attrs.field(metadata=SECRET)
    expiry: str | None = None
    cvv: str | None = attrs.field(default=None, metadata=SECRET)


@model
class FundingSource(Model):
    """What pays for the purchases with a card. No document shows it; all else is in `extra`.

    Attributes:
        id: The id, if the API told it.
        object: The API's name of its type, presumably `account`.
    """

    id: str | None = None
    object: str | None = None
