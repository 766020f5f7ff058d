"""Card authorizations: what merchants ask of a card, and what was decided."""

from allawee_async.models.base import APIObject, OpenEnum, known, model
from allawee_async.models.cards import Card, CardChannel
from allawee_async.models.common import ActionResult, Currency
from allawee_async.types import JSONObject, JSONValue, MinorUnits

__all__ = ["CardAuthorization", "SimulatedAuthorization"]
__all__ += ["AuthorizationStatus", "AuthorizationType", "DecisionType"]


class AuthorizationType(OpenEnum):
    """What is asked: balance and name, or money."""

    CHECK = known("check")
    CAPTURE = known("capture")


class AuthorizationStatus(OpenEnum):
    """How far an authorization has come."""

    PENDING = known("pending")
    APPROVED = known("approved")
    DECLINED = known("declined")
    REVERSED = known("reversed")


class DecisionType(OpenEnum):
    """Who decided: your webhook, or the API by a check before it or after its timeout."""

    DIRECT_RESPONSE = known("direct-response")
    SYSTEM_RESPONSE = known("system-response")


@model(kw_only=True)
class CardAuthorization(APIObject):
    """What a merchant asked of a card. Webhook events carry it with fewer fields.

    Attributes:
        id: Opaque, for instance `c.auth.2tW3sESJQ4ZW9DKSG`.
        card: The card: an id, or the card.
        type: `check` or `capture`.
        status: `pending`, `approved`, `declined` or `reversed`.
        amount: In minor units (kobo, cents); 0 for a check.
        fees: The network's fee, in minor units.
        currency: The currency of both.
        channel: `atm`, `pos`, `online` or `in-app`.
        reserved: Whether the API holds the money.
        decision_type: `direct-response` or `system-response`.
        status_reason: Why it has this status (`timeout-error`).
        decline_reason: The reason that your webhook gave.
        network_data: What the card network sent, as it came; see `rrn` and `network_reference`.
        metadata: What your webhook stored with its answer.
        created_at: When it was asked, UTC.
        updated_at: When it last changed, UTC.
        object: The API's name of the type, `card.authorization`.
    """

    id: str
    card: str | Card | JSONObject | None = None
    type: AuthorizationType | None = None
    status: AuthorizationStatus | None = None
    amount: MinorUnits | None = None
    fees: MinorUnits | None = None
    currency: Currency | str | None = None
    channel: CardChannel | None = None
    reserved: bool | None = None
    decision_type: DecisionType | None = None
    status_reason: str | None = None
    decline_reason: str | None = None
    network_data: JSONObject | None = None
    metadata: JSONObject | None = None

    @property
    def rrn(self) -> str | None:
        """The network's retrieval reference number, which the API spells `rrn` or `rnn`."""
        return network_text(self.network_data, "rrn", "rnn")

    @property
    def network_reference(self) -> str | None:
        """The network's reference, which the API spells `reference` or `txnReference`."""
        return network_text(self.network_data, "reference", "txnReference")


@model(kw_only=True)
class SimulatedAuthorization(ActionResult):
    """What a simulated purchase came to. No document shows it, so none of it is sure to be there.

    Attributes:
        card: The card: an id, or the card.
        type: `check` or `capture`.
        amount: In minor units (kobo, cents); 0 for a check.
        fees: The network's fee, in minor units.
        currency: The currency of both.
        channel: `atm`, `pos`, `online` or `in-app`.
        reserved: Whether the API holds the money.
        decision_type: `direct-response` or `system-response`.
        status_reason: Why it has this status (`timeout-error`).
        decline_reason: The reason that your webhook gave.
        network_data: What the card network sent, as it came.
    """

    card: str | Card | JSONObject | None = None
    type: AuthorizationType | None = None
    amount: MinorUnits | None = None
    fees: MinorUnits | None = None
    currency: Currency | str | None = None
    channel: CardChannel | None = None
    reserved: bool | None = None
    decision_type: DecisionType | None = None
    status_reason: str | None = None
    decline_reason: str | None = None
    network_data: JSONObject | None = None


def network_text(data: JSONObject | None, *names: str) -> str | None:
    """Return the first text among fields of `networkData` that mean the same."""
    values: list[JSONValue] = [data.get(name) for name in names] if data else []
    return next((value for value in values if isinstance(value, str)), None)
