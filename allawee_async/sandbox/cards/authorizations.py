"""Card authorizations: asked for by the network, decided by Allawee or a webhook, followed up."""

from __future__ import annotations

from functools import partial

import attrs

from allawee_async.sandbox.api.documents import fresh, reads, stored
from allawee_async.sandbox.cards.controls import Purchase, allows
from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, Json, JsonObject, given, part, without
from allawee_async.sandbox.events.recording import NO_WEBHOOK, TIMEOUT
from allawee_async.sandbox.money.insufficient_funds import reason_if_short

CHECK, CAPTURE = "check", "capture"
PENDING, APPROVED, DECLINED, REVERSED = "pending", "approved", "declined", "reversed"
DIRECT, SYSTEM = "direct-response", "system-response"
REQUEST = "card.authorization.request"
CLOSED = "card.authorization.closed"
UPDATE = "card.authorization.update"
SETTLE = "settle-authorization"
REVERSE = "reverse"

# What webhooks are told: fewer fields than the API shows.
_TOLD = ("id", "card", "type", "amount", "currency", "status", "networkData")
_TOLD_OF_CHECK = (*_TOLD, "channel")
_TOLD_OF_CAPTURE = (*_TOLD_OF_CHECK, "fees", "reserved")
_TOLD_AT_THE_END = (*_TOLD, "fees", "decisionType")


def request(
    state: State, card: Document, purchase: Purchase, follow: str | list[int] | None = None
) -> str:
    """Let the network ask for a purchase or for the balance, and return the id of the request.

    Args:
        state: What changes.
        card: The card.
        purchase: What is asked for.
        follow: What the network does when it is approved: `"reverse"`, or the new amount and the
            new fees.
    """
    authorization = _new(state, card, purchase) | {"follow": follow}
    account = funding_source(state, card)
    reason = _objection(state, card, account, purchase)
    if reason is None and account is not None and purchase.type == CAPTURE:
        reason = reason_if_short(partial(_hold, state, authorization, account))
    state.card_authorizations.add(authorization)
    _go_on(state, authorization, REQUEST, reason)
    return str(authorization["id"])


def follow_up(state: State, authorization: Document, follow: str | list[int] | None) -> None:
    """Let the network go on with an approved purchase that is not settled; `follow` as above."""
    if follow == REVERSE:
        reverse(state, authorization)
    elif isinstance(follow, list):
        change(state, authorization, *follow)


def change(state: State, authorization: Document, amount: int, fees: int) -> None:
    """Let the network change the amount of an approved purchase that is not settled yet."""
    card = stored(state.cards, authorization["card"])
    authorization |= {"amount": amount, "fees": fees, "updatedAt": state.now()}
    purchase = Purchase.of(authorization)
    reason = _objection(state, card, funding_source(state, card), purchase, authorization["id"])
    if reason is None:
        hold = authorization["hold"]
        reason = reason_if_short(lambda: state.ledger.adjust(hold, amount + fees))
    if reason is None:
        authorization["status"] = PENDING
    _go_on(state, authorization, UPDATE, reason)


def reverse(state: State, authorization: Document) -> None:
    """Let the network take back an approved purchase that is not settled yet."""
    _free(state, authorization)
    authorization |= {"status": REVERSED, "updatedAt": state.now()}
    state.card_authorizations.replace(authorization)
    tell(state, authorization, UPDATE, _told(UPDATE, authorization))


def hear(event: str, state: State, data: Document, answer: JsonObject | str) -> None:
    """Take in what a webhook answered to an event, or why there is no answer."""
    authorization = state.card_authorizations.get(data["id"])
    if authorization is None or authorization["awaits"] != event:
        return  # decided already
    default = program_rules(state, authorization).get("timeoutDefault")
    _close(state, authorization, _read_decision(authorization, answer, default))


def program_rules(state: State, authorization: Document) -> Document:
    """Return the rules of the card program that an authorization or a transaction is under."""
    card = state.cards.get(authorization["card"]) or {}
    return part(state.card_programs.get(card.get("program")), "authorization")


def tell(state: State, document: Document, event: str, data: Document) -> str | None:
    """Emit an event about what a card was used for, and return the webhook that is preferred."""
    webhook: str | None = program_rules(state, document).get("webhook")
    older = given(document, "object", "createdAt", "channel", "decisionType", "networkData")
    state.emit(event, data, webhook=webhook, older=data | older)
    return webhook


def _new(state: State, card: Document, purchase: Purchase) -> Document:
    network = {
        "network": card.get("network"), "stan": state.ids.digits(6), "rrn": state.ids.digits(12),
        "reference": state.ids.digits(10),
        "cardAcceptorNameLocation": purchase.merchant or "ALLAWEE SANDBOX MERCHANT    LA LANG",
    }  # fmt: skip
    return {
        **fresh(state, state.card_authorizations), **attrs.asdict(purchase),
        "decisionType": SYSTEM, "status": PENDING, "reserved": False, "currency": card["currency"],
        "card": card["id"], "networkData": network, "hold": None, "settled": False, "awaits": None,
    }  # fmt: skip


def _hold(state: State, authorization: Document, account: str) -> None:
    amount = authorization["amount"] + authorization["fees"]
    authorization |= {"hold": state.ledger.reserve(account, amount), "reserved": True}


def _free(state: State, authorization: Document) -> None:
    if authorization["hold"] is not None:
        state.ledger.release(authorization["hold"])
    authorization |= {"hold": None, "reserved": False}


def _go_on(state: State, authorization: Document, event: str, reason: str | None) -> None:
    """Decline for a reason, or ask: the function of the state, else the webhook, else nobody."""
    if reason is not None:
        _close(state, authorization, _decided(DECLINED, reason=reason))
        return
    authorization["awaits"] = event
    state.card_authorizations.replace(authorization)
    data = _told(event, authorization)
    webhook = tell(state, authorization, event, data)
    if state.decide is not None:
        answer = state.decide(data)
        hear(event, state, data, TIMEOUT if answer is None else answer)
    elif state.webhook_for(event, webhook) is None:
        hear(event, state, authorization, NO_WEBHOOK)


def _close(state: State, authorization: Document, decided: Document) -> None:
    """Let an authorization be approved or declined, and let the network go on."""
    follow = authorization["follow"]
    authorization.pop("statusReason", None)
    authorization |= decided | {"awaits": None, "follow": None, "updatedAt": state.now()}
    if authorization["status"] == DECLINED:
        _free(state, authorization)
    state.card_authorizations.replace(authorization)
    tell(state, authorization, CLOSED, _told(CLOSED, authorization))
    if authorization["status"] == APPROVED and authorization["type"] == CAPTURE:
        state.later(state.money.settlement_seconds, SETTLE, authorization["id"])
        follow_up(state, authorization, follow)


def _told(event: str, authorization: Document) -> Document:
    """Return the data of an event about an authorization."""
    names: tuple[str, ...] = _TOLD_OF_CAPTURE
    if event == CLOSED:
        names = _TOLD_AT_THE_END
    elif authorization["status"] == REVERSED:
        names = _TOLD
    elif authorization["type"] == CHECK:
        names = _TOLD_OF_CHECK
    told = {name: authorization[name] for name in names if name in authorization}
    if event == REQUEST:
        told["networkData"] = without(part(authorization, "networkData"), "reference")
    return told


def _objection(
    state: State, card: Document, account: str | None, purchase: Purchase, own: str = ""
) -> str | None:
    """Return why Allawee declines a purchase before anybody is asked, or None. Money comes later.

    Args:
        state: What is known.
        card: The card.
        account: Its funding source.
        purchase: What is to be paid.
        own: The id of the authorization, if there is one whose amount changes.
    """
    if card["status"] != "active":
        return f"card-{card['status']}"
    customer = state.customers.get(card.get("customer"))
    if customer is None or customer["status"] != "active":
        return "customer-inactive"
    source = state.accounts.get(account)
    if source is None:
        return "account-not-found"
    if source["status"] != "active":
        return "account-inactive"
    spent_since = partial(_spent_since, state, card["id"], own)
    if not allows(part(card, "controls"), purchase, spent_since, state.now()):
        return "spending-control"
    return None


def _read_decision(authorization: Document, answer: JsonObject | str, default: Json) -> Document:
    """Return what an answer of a webhook decides, as `_decided` does.

    Args:
        authorization: What it is about.
        answer: A JSON object, or why there is none.
        default: The `timeoutDefault` of the card program; None lets everything through.
    """
    if isinstance(answer, str) or answer.get("action") not in ("approve", "decline"):
        status = DECLINED if default == "decline" else APPROVED
        reason = answer if isinstance(answer, str) else TIMEOUT
        return _decided(status, reason=None if default is None else reason)
    metadata, code = answer.get("metadata"), answer.get("code")
    kept = metadata if isinstance(metadata, dict) else None
    if answer["action"] == "decline":
        return _decided(DECLINED, DIRECT, code if isinstance(code, str) else None, kept)
    if authorization["type"] == CHECK and not _tells_of_card(answer):
        return _decided(DECLINED, reason="invalid-response")
    return _decided(APPROVED, DIRECT, metadata=kept)


def _decided(
    status: str, by: str = SYSTEM, reason: str | None = None, metadata: JsonObject | None = None
) -> Document:
    """Return the fields of an authorization that tell how it was decided, why, and by whom."""
    told = {"status": status, "decisionType": by, "statusReason": reason, "metadata": metadata}
    return given(told, *told)


def _tells_of_card(answer: JsonObject) -> bool:
    balance, name = answer.get("cardBalance"), answer.get("cardHolderName")
    return isinstance(balance, int) and not isinstance(balance, bool) and isinstance(name, str)


def _spent_since(state: State, card: str, own: str, start: str) -> int:
    """Return what was spent with a card since a moment, fees and one authorization left out."""
    return sum(
        authorization["amount"]
        for authorization in state.card_authorizations.group(card)
        if authorization["status"] in (PENDING, APPROVED)
        and authorization["id"] != own
        and authorization["createdAt"] >= start
    )


ANSWERS = {event: partial(hear, event) for event in (REQUEST, UPDATE)}
ROUTES = reads("/card-authorizations", lambda state: state.card_authorizations)
