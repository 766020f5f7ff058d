"""The money of cards: the account that pays for a card, and how money gets there."""

from __future__ import annotations

import attrs

from allawee_async.sandbox.api.messages import refused
from allawee_async.sandbox.api.validation import RequestBody
from allawee_async.sandbox.core.ledger import Entry, transfer, world
from allawee_async.sandbox.core.state import State
from allawee_async.sandbox.core.values import CURRENCIES, Document, part
from allawee_async.sandbox.money.accounts import funding_account, open_account
from allawee_async.sandbox.money.fx import check_quote, use_quote
from allawee_async.sandbox.money.insufficient_funds import refuse_if_short

SETTLEMENT_ACCOUNT, *OWN_ACCOUNT = "settlement-account", "card-account", "prefunded"
"""The types of funding sources: with all but the first each card has an account of its own."""


@attrs.frozen
class FundingRequest:
    """What a request says about funding, with what its ids stand for; no amount is no funding."""

    amount: int
    debit_source: Document | None
    debit_currency: str
    quote: Document | None

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
    """Money for a card: what leaves the account that pays, what arrives, and the quote it uses."""

    leaving: tuple[Entry, ...]
    amount: int
    quote: Document | None = None

    def carry_out(self, state: State, target: str, reference: str) -> None:
        """Move the money to the funding source of a card."""
        entries = [*self.leaving, Entry(target, self.amount)]
        state.ledger.post(entries, type="card-funding", reference=reference, at=state.now())
        if self.quote is not None:
            use_quote(state, self.quote)


def plan_funding(
    state: State, asked: FundingRequest, currency: str, target: str | None
) -> Funding | None:
    """Return how a card gets the money that a request wants it to have.

    None says that nothing has to move: no money is wanted, or it is where it is to be.

    Args:
        state: Where the accounts are.
        asked: What the request says.
        currency: That of the card.
        target: The funding source of the card, or None for one that is yet to be opened.

    Raises:
        RefusalError: 402, the account cannot pay for it.
    """
    if not asked.amount:
        return None
    paid_in = asked.debit_currency or str((asked.debit_source or {}).get("currency") or currency)
    source = funding_account(state, asked.debit_source, paid_in)["id"]
    if source == target:
        return None
    if paid_in == currency:
        refuse_if_short(state, source, asked.amount)
        return Funding((Entry(source, -asked.amount),), asked.amount)
    if asked.quote is None:
        needed = f"An FX quote from {paid_in} to {currency} is needed."
        raise refused("fx-hash-required", needed)
    debited, amount = check_quote(state, asked.quote, paid_in, currency)
    if amount != asked.amount:
        raise refused("quote-mismatch", f"The quote is for an amount of {amount}.")
    refuse_if_short(state, source, debited)
    exchanged = (*transfer(source, world(paid_in), debited), Entry(world(currency), -amount))
    return Funding(exchanged, amount, asked.quote)


def open_card_account(state: State, card: Document) -> str:
    """Open an account for one card, with nothing in it, and return its id."""
    account = open_account(state, {
        "name": f"Card {card['id']}", "type": "sub", "currency": card["currency"],
        "customer": card.get("customer"),
    })  # fmt: skip
    state.accounts.add(account)
    return str(account["id"])


def settlement_account(state: State, program: Document) -> str | None:
    """Return the account that pays for all cards of a program, or None if each has its own."""
    rules = part(program, "authorization")
    if rules.get("fundingSourceType") in OWN_ACCOUNT:
        return None
    account = state.accounts.get(rules.get("settlementAccount"))
    return None if account is None else account["id"]


def funding_source(state: State, card: Document) -> str | None:
    """Return the account that pays for a card, or None for a card that nobody has yet."""
    account = state.accounts.get(card.get("fundingSource"))
    if account is not None:
        return str(account["id"])
    program = state.card_programs.get(card["program"])
    return None if program is None else settlement_account(state, program)
