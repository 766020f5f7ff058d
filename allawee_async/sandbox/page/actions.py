"""What the buttons do. What the API can do is done as a request to it, like anybody's."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TypeAlias
from urllib.parse import quote

import attrs

from allawee_async.sandbox.api.app import ROUTES
from allawee_async.sandbox.cards.funding import funding_source
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import Json, JsonObject, from_bytes, part
from allawee_async.sandbox.directory.merchants import MERCHANTS, merchants_named
from allawee_async.sandbox.faults.kinds import CHOICES, Latency
from allawee_async.sandbox.http.adapter import HttpAdapter
from allawee_async.sandbox.page.texts import counted, minor_units, money, reason, short

FormFields: TypeAlias = "Mapping[str, str]"

CAPTURE, CHECK = "capture", "check"
GOOD, BAD, WAITING, PLAIN = "good", "bad", "wait", "plain"


@attrs.frozen
class ActionContext:
    """What actions work on.

    Attributes:
        adapter: Takes requests to the API, and has the faults.
        state: Returns the state as it is now.
        reset: Begins anew.
        settle: Settles all cards.
    """

    adapter: HttpAdapter
    state: Callable[[], State]
    reset: Callable[[], None]
    settle: Callable[[], None]


@attrs.frozen
class ActionOutcome:
    """What came of an action, in one line.

    Attributes:
        text: The line.
        kind: That of a state label; one that is good goes by itself.
        secret: What is to be copied, told this once.
    """

    text: str
    kind: str = GOOD
    secret: str = attrs.field(default="", repr=False)


class WrongInputError(Exception):
    """A form was filled in so that nothing can be made of it; the text says why."""


def purchase(context: ActionContext, form: FormFields) -> ActionOutcome:
    """Let the card network ask for a purchase, or for the balance."""
    use = form.get("use", "")
    if use not in (CAPTURE, CHECK):
        raise WrongInputError("Choose a purchase or a balance check.")
    merchant = form.get("merchant", "").strip()
    body: JsonObject = {"channel": form.get("channel", ""), "merchantDescriptor": merchant or None}
    known = merchants_named(merchant)
    code = next((one.mcc for one in MERCHANTS if one.id in known), None)
    if code is not None:
        body["mcc"] = code
    if use == CAPTURE:
        body |= {"amount": _amount(form), "fees": 0}
    card = form.get("card", "")
    path = f"/simulation/cards/{quote(card, safe='')}/request-authorization/{use}"
    with _decided(context.state(), card, form.get("decision", "")):
        return _purchased(_send(context, path, body), merchant)


def pay_in(context: ActionContext, form: FormFields) -> ActionOutcome:
    """Let money come in at a bank account number."""
    number, amount = form.get("account", ""), _amount(form)
    body: JsonObject = {"method": "bank-transfer", "accountNumber": number, "amount": amount}
    payment = _send(context, "/simulation/payments/pay-in", body)
    told = money(payment.get("amount"), payment.get("currency"))
    return ActionOutcome(f"Paid in: {told} to {short(number)}.")


def fault(context: ActionContext, form: FormFields) -> ActionOutcome:
    """Order a fault."""
    choice = CHOICES.get(form.get("kind", ""))
    if choice is None:
        raise WrongInputError("Choose what is to happen.")
    times = _number(form, "times", "How many requests", 100_000)
    path = form.get("path", "").strip()
    if path and not path.startswith("/"):
        raise WrongInputError("A path begins with /, for instance /customers/*.")
    is_delay = isinstance(choice.fault, Latency)
    seconds = _number(form, "seconds", "A delay", 600) if is_delay else 0.0
    fault = choice.make(seconds=seconds, after_effect=form.get("after") == "yes")
    context.adapter.faults.order(
        fault, times=int(times) or None, method=form.get("method") or None, path=path or None
    )
    return ActionOutcome(f"Ordered: {choice.label}.")


def clear_faults(context: ActionContext, _form: FormFields) -> ActionOutcome:
    """Take all faults back."""
    context.adapter.faults.clear()
    return ActionOutcome("All faults are taken back.")


def again(context: ActionContext, form: FormFields) -> ActionOutcome:
    """Send an event once more."""
    event = form.get("event", "")
    sent = _send(context, f"/events/{quote(event, safe='')}/retry", {})
    if sent.get("webhook") is None:
        return ActionOutcome(f"No webhook wants {short(event)}, so it goes nowhere.", WAITING)
    return ActionOutcome(f"On its way again: {short(event)}.")


def new_key(context: ActionContext, _form: FormFields) -> ActionOutcome:
    """Make a secret key that may do everything, and tell it once."""
    scopes: list[Json] = [*sorted({endpoint.scope for endpoint in ROUTES})]
    made = _send(context, "/secret-keys", {"name": "Of the page", "scopes": scopes})
    return ActionOutcome("Copy it now:", PLAIN, short(made.get("key")))


def settle(context: ActionContext, _form: FormFields) -> ActionOutcome:
    """Settle all cards."""
    before = len(context.state().card_transactions)
    context.settle()
    made = len(context.state().card_transactions) - before
    return ActionOutcome(f"Settled: {counted(made, 'purchase')}.")


def reset(context: ActionContext, _form: FormFields) -> ActionOutcome:
    """Begin anew."""
    context.reset()
    return ActionOutcome("The sandbox is as new.")


ACTIONS: dict[str, Callable[[ActionContext, FormFields], ActionOutcome]] = {
    "purchase": purchase,
    "pay-in": pay_in,
    "fault": fault,
    "clear-faults": clear_faults,
    "again": again,
    "new-key": new_key,
    "settle": settle,
    "reset": reset,
}
"""The actions by the last part of the address that their forms are sent to."""


@contextmanager
def _decided(state: State, card: str, decision: str) -> Generator[None]:
    """Let purchases be decided as somebody chose, as long as the block lasts."""
    if decision not in ("approve", "decline"):
        yield
        return
    document, before = state.cards.get(card), state.decide
    account = None if document is None else funding_source(state, document)
    answer: JsonObject = {
        "action": decision,
        # what an approval of a balance check tells
        "cardBalance": 0 if account is None else state.ledger.available(account),
        "cardHolderName": short(part(document, "details").get("cardHolderName")),
    }
    state.decide = lambda _: answer
    try:
        yield
    finally:
        state.decide = before


def _purchased(authorization: JsonObject, merchant: str) -> ActionOutcome:
    amount = money(authorization.get("amount"), authorization.get("currency"))
    is_check = authorization.get("type") == CHECK
    where = f" at {short(merchant)}" if merchant else ""
    what = f"{'balance check' if is_check else amount}{where}"
    match authorization.get("status"):
        case "approved":
            return ActionOutcome(f"Approved: {what}.")
        case "pending":
            return ActionOutcome(f"The webhook is asked: {what}.", WAITING)
        case told:
            why = reason(authorization.get("statusReason"))
            because = f" ({why})" if why else ""
            return ActionOutcome(f"{short(told).capitalize()}: {what}{because}.", BAD)


def _amount(form: FormFields) -> int:
    amount = minor_units(form.get("amount", ""))
    if amount is None:
        raise WrongInputError("An amount looks like 1250.50.")
    return amount


def _number(form: FormFields, name: str, told: str, most: int) -> float:
    try:
        number = float(form.get(name, ""))
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise WrongInputError(f"{told} is a number from 0 to {most:,}.")
    return number


def _send(context: ActionContext, path: str, body: JsonObject) -> JsonObject:
    """Send a request like anybody's, and return the data of the answer.

    Raises:
        WrongInputError: The API refuses it; the text is what it answers.
    """
    response = context.adapter.act("POST", path, body)
    answer: JsonObject = from_bytes(response.body)
    if response.status < 400:
        return part(answer, "data")
    message, code = answer.get("message"), short(answer.get("code"))
    told = "; ".join(map(short, message)) if isinstance(message, list) else short(message, 300)
    raise WrongInputError(f"Refused with {response.status}{f' {code}' if code else ''}: {told}")
