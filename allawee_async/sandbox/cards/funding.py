"""The money of cards: the account that pays for a card, and how money gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from allawee_async.sandbox.api.documents import id_of, part, refused
from allawee_async.sandbox.core.ledger import transfer, world
from allawee_async.sandbox.money.accounts import funding_account, open_account
from allawee_async.sandbox.money.fx import check_quote, use_quote
from allawee_async.sandbox.money.insufficient_funds import refuse_if_short
from allawee_async.sandbox.money.rates import CURRENCIES

if TYPE_CHECKING:
    from allawee_async.sandbox.api.validation import RequestBody
    from allawee_async.sandbox.core.ledger import Entry
    from allawee_async.sandbox.core.state import State
    from allawee_async.sandbox.core.values import JsonObject

OWN_ACCOUNT = frozenset({"card-account", "prefunded"})
"""The types of funding sources with which each card has an account of its own."""


@attrs.frozen
class FundingRequest:
    """What a request says about funding, with what its ids stand for; no amount is no funding."""

    amount: int
    debit_source: JsonObject | None
    debit_currency: str
    quote: JsonObject | None

    @classmethod
    def read(cls, state: State, body: RequestBody, *, required: bool) -> FundingRequest:
        """Check the fields that tell what to fund a card with, and return them."""
        return cls(
            body.whole("amount", least=1 if required else 0, required=required),
            body.reference("debitSource", state.accounts),
            body.choice("debitCurrency", CURRENCIES, required=False),
            body.reference("fxHash", state.fx_quotes),
        )


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


def plan_funding(
    state: State, asked: FundingRequest, currency: str, target: str | None, *, is_new: bool
) -> Funding | None:
    """Return how a card gets the money that a request wants it to have, or None for no money.

    Args:
        state: Where the accounts are.
        asked: What the request says.
        currency: That of the card.
        target: The funding source of the card, or None for one that is yet to be opened.
        is_new: Whether the card is to be made.

    Raises:
        RefusalError: 402, the account cannot pay for it.
    """
    if not asked.amount:
        return None
    paid_in = asked.debit_currency or str((asked.debit_source or {}).get("currency") or currency)
    source = id_of(funding_account(state, asked.debit_source, paid_in))
    if source == target:
        if is_new:
            return None  # the money is where it is to be
        raise refused("same-account", "The account to debit is the funding source of the card.")
    quote = asked.quote if paid_in != currency else None
    debited = asked.amount
    if paid_in != currency:
        if quote is None:
            needed = f"An FX quote from {paid_in} to {currency} is needed."
            raise refused("fx-hash-required", needed)
        debited, amount = check_quote(state, quote, paid_in, currency)
        if amount != asked.amount:
            raise refused("quote-mismatch", f"The quote is for an amount of {amount}.")
    refuse_if_short(state, source, debited)
    return Funding(source, paid_in, debited, currency, asked.amount, quote)


def carry_out(state: State, funding: Funding | None, target: str, reference: str) -> None:
    """Move the money that was planned to the funding source of a card."""
    if funding is None:
        return
    entries = funding.entries(target)
    state.ledger.post(entries, type="card-funding", reference=reference, at=state.now())
    if funding.quote is not None:
        use_quote(state, funding.quote)


def open_card_account(state: State, card: JsonObject) -> str:
    """Open an account for one card, with nothing in it, and return its id."""
    account = open_account(state, {
        "name": f"Card {card['id']}", "type": "sub", "currency": card["currency"],
        "customer": card.get("customer"),
    })  # fmt: skip
    state.accounts.add(account)
    return id_of(account)


def settlement_account(state: State, program: JsonObject) -> str | None:
    """Return the account that pays for all cards of a program, or None if each has its own."""
    rules = part(program, "authorization")
    if rules.get("fundingSourceType") in OWN_ACCOUNT:
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
