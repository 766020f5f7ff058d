"""Who decides an authorization, and how: what stands against it, and what a webhook answers."""

from __future__ import annotations

from functools import partial

import attrs

from allawee_async.sandbox.cards.controls import Purchase, allows
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Document, Json, part
from allawee_async.sandbox.events.recording import TIMEOUT

CHECK, CAPTURE = "check", "capture"
PENDING, APPROVED, DECLINED, REVERSED = "pending", "approved", "declined", "reversed"
DIRECT, SYSTEM = "direct-response", "system-response"


@attrs.frozen
class Decision:
    """What becomes of an authorization.

    Attributes:
        status: `approved` or `declined`.
        decided_by: `direct-response` for the webhook, `system-response` for Allawee.
        reason: Why it was declined, or that nobody answered in time.
        metadata: What the webhook wants to be stored.
    """

    status: str
    decided_by: str = SYSTEM
    reason: str | None = None
    metadata: Document | None = None


def objection(
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
    source = None if account is None else state.accounts.get(account)
    if source is None:
        return "account-not-found"
    if source["status"] != "active":
        return "account-inactive"
    spent_since = partial(_spent_since, state, card["id"], own)
    if not allows(part(card, "controls"), purchase, spent_since, state.now()):
        return "spending-control"
    return None


def read_decision(authorization: Document, answer: Document | str, default: Json) -> Decision:
    """Return what an answer of a webhook decides.

    Args:
        authorization: What it is about.
        answer: A JSON object, or why there is none.
        default: The `timeoutDefault` of the card program; None lets everything through.
    """
    if isinstance(answer, str) or answer.get("action") not in ("approve", "decline"):
        status = DECLINED if default == "decline" else APPROVED
        reason = answer if isinstance(answer, str) else TIMEOUT
        return Decision(status, SYSTEM, None if default is None else reason)
    metadata, code = answer.get("metadata"), answer.get("code")
    kept = metadata if isinstance(metadata, dict) else None
    if answer["action"] == "decline":
        return Decision(DECLINED, DIRECT, code if isinstance(code, str) else None, kept)
    if authorization["type"] == CHECK and not _tells_of_card(answer):
        return Decision(DECLINED, SYSTEM, "invalid-response")
    return Decision(APPROVED, DIRECT, None, kept)


def _tells_of_card(answer: Document) -> bool:
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
