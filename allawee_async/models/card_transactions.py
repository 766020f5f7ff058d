"""Card transactions: what was settled."""

from allawee_async.models.base import APIObject, OpenEnum, known, model
from allawee_async.models.card_authorizations import CardAuthorization, network_text
from allawee_async.models.cards import Card, CardChannel
from allawee_async.models.common import Currency
from allawee_async.models.customers import Customer
from allawee_async.types import JSONObject, MinorUnits

__all__ = ["CardTransaction", "CardTransactionType"]


class CardTransactionType(OpenEnum):
    """What was settled; the documents name one kind."""

    CAPTURE = known("capture")


@model(kw_only=True)
class CardTransaction(APIObject):
    """A settled purchase.

    The API shows `amount` and `fees` positive, its webhook events negative: do not take the sign
    for the direction of the money.

    Attributes:
        id: Opaque, for instance `c.txn.2xxxxxxx`.
        type: `capture`, or another.
        authorization: What it settles: an id, or the authorization.
        source: Where it comes from: an id, or the authorization; the same as `authorization`.
        card: The card: an id, or the card.
        customer: Who holds the card: an id, or the customer.
        amount: In minor units (kobo, cents).
        fees: In minor units.
        currency: The currency of both.
        channel: `atm`, `pos`, `online` or `in-app`.
        mcc: The merchant category code.
        network_data: What the card network sent, as it came; see `rrn` and `network_reference`.
        created_at: When it was settled, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type, `card.transaction`.
    """

    id: str
    type: CardTransactionType | None = None
    authorization: str | CardAuthorization | JSONObject | None = None
    source: str | CardAuthorization | JSONObject | None = None
    card: str | Card | JSONObject | None = None
    customer: str | Customer | JSONObject | None = None
    amount: MinorUnits | None = None
    fees: MinorUnits | None = None
    currency: Currency | str | None = None
    channel: CardChannel | None = None
    mcc: str | None = None
    network_data: JSONObject | None = None

    @property
    def rrn(self) -> str | None:
        """The network's retrieval reference number, which the API spells `rrn` or `rnn`."""
        return network_text(self.network_data, "rrn", "rnn")

    @property
    def network_reference(self) -> str | None:
        """The network's reference, which the API spells `reference` or `txnReference`."""
        return network_text(self.network_data, "reference", "txnReference")
