"""Card transactions: what comes of an approved purchase when it is settled."""

from __future__ import annotations

from allawee_async.sandbox.api.documents import fresh, reads
from allawee_async.sandbox.cards.authorizations import APPROVED, SETTLE, tell
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, given, part, without

CREATED = "card.transaction.created"
_TOLD = (
    "id", "authorization", "card", "customer", "amount", "fees", "currency", "channel", "type",
    "networkData",
)  # fmt: skip


def settle(state: State, authorization_id: str) -> None:
    """Take the money for an approved purchase, unless it is settled or the network goes on."""
    authorization = state.card_authorizations.get(authorization_id)
    if authorization is None or not is_unsettled(authorization):
        return
    transaction = _new(state, authorization)
    amount, fees = authorization["amount"], authorization["fees"]
    state.ledger.capture(
        authorization["hold"],
        amount + fees,
        type="card-transaction",
        reference=transaction["id"],
        at=transaction["createdAt"],
    )
    state.card_authorizations.replace(
        authorization | {"settled": True, "hold": None, "reserved": False, "updatedAt": state.now()}
    )
    state.card_transactions.add(transaction)
    # In the event, money that goes is negative.
    data = {name: transaction[name] for name in _TOLD} | {"amount": -amount, "fees": -fees}
    data["networkData"] = without(part(transaction, "networkData"), "terminalId")
    tell(state, transaction, CREATED, data)


def settle_all(state: State) -> None:
    """Settle every approved purchase at once, without waiting for its moment."""
    waiting = [document["id"] for document in state.card_authorizations if is_unsettled(document)]
    for authorization in waiting:
        settle(state, authorization)


def is_unsettled(authorization: Document) -> bool:
    """Return whether an authorization is approved, and the money for it is held and not taken."""
    return authorization["status"] == APPROVED and authorization.get("hold") is not None


def _new(state: State, authorization: Document) -> Document:
    card = state.cards.get(authorization["card"]) or {}
    copied = given(authorization, "type", "currency", "channel", "mcc", "card", "amount", "fees")
    terminal = {"terminalId": f"20{state.ids.digits(4)}PJ"}
    return {
        **copied, **fresh(state, state.card_transactions),
        "authorization": authorization["id"], "source": authorization["id"],
        "customer": card.get("customer"),
        "networkData": part(authorization, "networkData") | terminal,
    }  # fmt: skip


JOBS = {SETTLE: settle}
ROUTES = reads("/card-transactions", lambda state: state.card_transactions)
