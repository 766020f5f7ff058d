"""Card programs: the kinds of cards that you issue, and what holds for all cards of a kind."""

from allawee_async.models.accounts import Account
from allawee_async.models.base import APIObject, Model, OpenEnum, known, model
from allawee_async.models.common import Address, Currency
from allawee_async.models.fees import Fee
from allawee_async.models.webhooks import Webhook
from allawee_async.types import JSONObject

__all__ = ["CardAuthorizationSettings", "CardDistribution", "CardPersonalization", "CardProgram"]
__all__ += ["CardNetwork", "CardProgramStatus", "CardType"]
__all__ += ["DistributionType", "FundingSourceType", "TimeoutDefault"]


class CardNetwork(OpenEnum):
    """The network that a card belongs to."""

    VERVE = known("verve")
    MASTERCARD = known("mastercard")
    VISA = known("visa")


class CardType(OpenEnum):
    """What a card is made of."""

    VIRTUAL = known("virtual")
    PHYSICAL = known("physical")


class CardProgramStatus(OpenEnum):
    """How far a program has come."""

    NEW = known("new")
    LIVE = known("live")


class DistributionType(OpenEnum):
    """How physical cards are delivered."""

    BULKED = known("bulked")
    INDIVIDUALLY = known("individually")


class FundingSourceType(OpenEnum):
    """Where the money for the purchases of a program comes from."""

    SETTLEMENT_ACCOUNT = known("settlement-account")
    CARD_ACCOUNT = known("card-account")
    PREFUNDED = known("prefunded")


class TimeoutDefault(OpenEnum):
    """What becomes of an authorization that your webhook does not decide in time."""

    APPROVE = known("approve")
    DECLINE = known("decline")


@model(kw_only=True)
class CardPersonalization(Model):
    """What physical cards look like.

    Attributes:
        front_artwork_file: The URL of the artwork.
        print_cardholder_name: Whether the holder's name is printed.
        default_cardholder_name: What is printed on cards that nobody holds yet.
    """

    front_artwork_file: str | None = None
    print_cardholder_name: bool | None = None
    default_cardholder_name: str | None = None


@model(kw_only=True)
class CardDistribution(Model):
    """How and where physical cards are delivered.

    Attributes:
        type: `bulked` or `individually`.
        shipping_address: Where they go.
        return_address: Where they go if they cannot be delivered.
    """

    type: DistributionType | str | None = None
    shipping_address: Address | None = None
    return_address: Address | None = None


@model(kw_only=True)
class CardAuthorizationSettings(Model):
    """How purchases with cards of a program are decided and paid.

    Attributes:
        funding_source_type: `settlement-account`, `card-account` or `prefunded`.
        settlement_account: The account that pays: an id, or the account.
        webhook: What decides: a URL, the id of a webhook, or the webhook.
        timeout_default: `approve` or `decline`, if the webhook does not decide in time.
        transaction_fee: The fee that you charge: an id, or the fee; you send it.
        fees_account: The account that the fees go to: an id, or the account; the API sends it.
    """

    funding_source_type: FundingSourceType | str | None = None
    settlement_account: str | Account | JSONObject | None = None
    webhook: str | Webhook | JSONObject | None = None
    timeout_default: TimeoutDefault | str | None = None
    transaction_fee: str | Fee | JSONObject | None = None
    fees_account: str | Account | JSONObject | None = None


@model(kw_only=True)
class CardProgram(APIObject):
    """A kind of cards.

    Attributes:
        id: Opaque, for instance `c.prg.2tXPDcLLvvXGeTNk9`; cards spell the same one
            `cp.2tXPDcLLvvXGeTNk9`.
        name: Unique among your programs.
        network: `verve`, `mastercard` or `visa`.
        type: `virtual` or `physical`; no document shows it in a response.
        status: `new` or `live`.
        currency: The currency of the cards.
        description: Your own words.
        quantity: How many physical cards are made.
        personalization: What they look like.
        distribution: How they are delivered.
        authorization: How purchases are decided and paid.
        created_at: When the program was created, UTC.
        updated_at: When the program last changed, UTC.
        object: The API's name of the type, `card.program`.
    """

    id: str
    name: str | None = None
    network: CardNetwork | None = None
    type: CardType | None = None
    status: CardProgramStatus | None = None
    currency: Currency | str | None = None
    description: str | None = None
    quantity: int | None = None
    personalization: CardPersonalization | None = None
    distribution: CardDistribution | None = None
    authorization: CardAuthorizationSettings | None = None
