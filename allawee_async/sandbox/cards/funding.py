"""The money of cards: where it is, and how it gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from allawee_async.sandbox.api.documents import fresh, id_of, read_reference, refused
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.money.accounts import PREFIX, purse
from allawee_async.sandbox.money.fx import check_quote, use_quote
from allawee_async.sandbox.money.rates import CURRENCIES

if TYPE_CHECKING:
    from allawee_async.sandbox.api.validation import Checks
    from allawee_async.sandbox.core.ledger import Entry
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

OWN_ACCOUNT = frozenset({"card-account", "prefunded"})
"""The types of funding sources with which each card has an account of its own."""


@attrs.frozen
class Funding:
    """Money for a card: what is debited where, and what arrives in the currency of the card."""

    source: str
    source_currency: str
    debited: int
    currency: str
    amount: int
    quote: JsonObject | None

    def entries(self, target: str) -> list[Entry]:
        """Return the entries that bring the money to the funding source of a card."""
        if self.quote is None:
            return list(transfer(self.source, target, self.amount))
        return [
            *transfer(self.source, world(self.source_currency), self.debited),
            *transfer(world(self.currency), target, self.amount),
        ]


@attrs.frozen
class Wish:
    """What a request says about funding, with what its ids stand for."""

    amount: int
    debit_source: JsonObject | None
    debit_currency: str | None
    quote: JsonObject | None


def read_wish(state: State, checks: Checks, body: JsonObject, *, required: bool) -> Wish:
    """Check the fields that tell what to fund a card with, and return them."""
    checks.whole(body, "amount", least=1 if required else 0, required=required)
    checks.choice(body, "debitCurrency", CURRENCIES, required=False)
    quote = read_reference(checks, body, "fxHash", state.fx_quotes, "an FX quote")
    source = read_reference(checks, body, "debitSource", state.accounts, "an account")
    amount, currency = body.get("amount"), body.get("debitCurrency")
    return Wish(
        amount if isinstance(amount, int) else 0,
        source,
        currency if isinstance(currency, str) else None,
        quote,
    )


def plan_funding(state: State, wish: Wish, currency: str, target: str | None) -> Funding | None:
    """Return how a card gets the money that a request wants it to have, or None for no money.

    Args:
        state: Where the accounts are.
        wish: What the request says.
        currency: That of the card.
        target: The funding source of the card, or None for one that is yet to be opened.

    Raises:
        RefusalError: 402, the account cannot pay for it.
    """
    if not wish.amount:
        return None
    named = (wish.debit_source or {}).get("currency")
    paid_in = wish.debit_currency or str(named or currency)
    source = id_of(purse(state, wish.debit_source, paid_in))
    if source == target:
        raise refused("same-account", "The account to debit is the funding source of the card.")
    debited = wish.amount
    if paid_in != currency:
        debited = _price(state, wish, paid_in, currency)
    available = state.ledger.available(source)
    if available < debited:
        message = f"The account {source} has {available} at its disposal, {debited} are needed."
        raise refused("insufficient-funds", message)
    quote = wish.quote if paid_in != currency else None
    return Funding(source, paid_in, debited, currency, wish.amount, quote)


def _price(state: State, wish: Wish, paid_in: str, currency: str) -> int:
    if wish.quote is None:
        raise refused("fx-hash-required", f"An FX quote from {paid_in} to {currency} is needed.")
    debited, amount = check_quote(state, wish.quote, paid_in, currency)
    if amount != wish.amount:
        raise refused("quote-mismatch", f"The quote is for an amount of {amount}.")
    return debited


def carry_out(state: State, funding: Funding | None, target: str, reference: str) -> None:
    """Move the money that was planned to the funding source of a card."""
    if funding is None:
        return
    entries = funding.entries(target)
    state.ledger.post(entries, type="card-funding", reference=reference, at=state.now())
    if funding.quote is not None:
        use_quote(state, funding.quote)


def open_account(state: State, card: JsonObject) -> str:
    """Open an account for one card, with nothing in it, and return its id."""
    account: JsonObject = fresh(state, PREFIX, state.accounts, "account") | {
        "name": f"Card {card['id']}",
        "type": "sub",
        "status": "active",
        "currency": card["currency"],
        "customer": card.get("customer"),
        "depositChannels": [],
    }
    state.accounts.add(account)
    state.ledger.open(id_of(account), str(card["currency"]))
    return id_of(account)


def settlement_account(state: State, program: JsonObject) -> str | None:
    """Return the account that pays for all cards of a program, or None if each has its own."""
    rules = program["authorization"]
    if not isinstance(rules, dict) or rules.get("fundingSourceType") in OWN_ACCOUNT:
        return None
    account = state.accounts.get(str(rules.get("settlementAccount")))
    return None if account is None else id_of(account)


def funding_source(state: State, card: JsonObject) -> str | None:
    """Return the account that pays for a card, or None for a card that nobody has yet."""
    account = state.accounts.get(str(card.get("fundingSource")))
    if account is not None:
        return id_of(account)
    program = state.card_programs.get(str(card["program"]))
    return None if program is None else settlement_account(state, program)
