"""Card transactions: what comes of an approved purchase when it is settled, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allawee_async.sandbox.api.documents import fresh, id_of, shown, whole
from allawee_async.sandbox.api.paging import answer_list
from allawee_async.sandbox.api.routing import Endpoint
from allawee_async.sandbox.cards.authorizations import program_rules
from allawee_async.sandbox.cards.decisions import APPROVED
from allawee_async.sandbox.cards.events import TRANSACTION, transaction_data

if TYPE_CHECKING:
    from allawee_async.sandbox.api.messages import ApiRequest, ApiResponse
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

PREFIX = "c.txn."
KIND = "card transaction"


def list_transactions(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /card-transactions`."""
    return answer_list(state.card_transactions, call.pairs)


def get_transaction(state: State, call: ApiRequest) -> ApiResponse:
    """Answer `GET /card-transactions/:id`."""
    return shown(state.card_transactions, call.id, KIND)


def settle(state: State, authorization_id: str) -> None:
    """Take the money for an approved purchase, unless it is settled or the network goes on."""
    authorization = state.card_authorizations.get(authorization_id)
    if authorization is None or not is_unsettled(authorization):
        return
    transaction = _new(state, authorization)
    state.ledger.capture(
        str(authorization["hold"]),
        whole(authorization["amount"]) + whole(authorization["fees"]),
        type="card-transaction",
        reference=id_of(transaction),
        at=str(transaction["createdAt"]),
    )
    state.card_authorizations.replace(
        authorization | {"settled": True, "hold": None, "reserved": False, "updatedAt": state.now()}
    )
    state.card_transactions.add(transaction)
    webhook = program_rules(state, str(authorization["card"])).get("webhook")
    preferred = webhook if isinstance(webhook, str) else None
    state.emit(TRANSACTION, transaction_data(transaction), webhook=preferred)


def settle_all(state: State) -> None:
    """Settle every approved purchase at once, without waiting for its moment."""
    waiting = [id_of(document) for document in state.card_authorizations if is_unsettled(document)]
    for authorization in waiting:
        settle(state, authorization)


def is_unsettled(authorization: JsonObject) -> bool:
    """Return whether an authorization is approved, and the money for it is held and not taken."""
    return authorization["status"] == APPROVED and authorization.get("hold") is not None


def _new(state: State, authorization: JsonObject) -> JsonObject:
    card = state.cards.get(str(authorization["card"])) or {}
    network = authorization["networkData"]
    details = network if isinstance(network, dict) else {}
    document: JsonObject = {
        "type": authorization["type"], "authorization": authorization["id"],
        "currency": authorization["currency"], "channel": authorization["channel"],
        "mcc": authorization["mcc"], "card": authorization["card"],
        "source": authorization["id"], "customer": card.get("customer"),
        "amount": authorization["amount"], "fees": authorization["fees"],
        "networkData": details | {"terminalId": f"20{state.new_digits(4)}PJ"},
    }  # fmt: skip
    if document["mcc"] is None:
        del document["mcc"]
    return document | fresh(state, PREFIX, state.card_transactions, "card.transaction")


ROUTES = (
    Endpoint("GET", "/card-transactions", list_transactions),
    Endpoint("GET", "/card-transactions/:id", get_transaction),
)
