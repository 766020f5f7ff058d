"""The nouns of the API: one attribute for each, loaded when it is first used."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Never

from allawee_async.lazy import Noun

if TYPE_CHECKING:
    from allawee_async.resources.accounts import Accounts
    from allawee_async.resources.billings import Billings
    from allawee_async.resources.card_authorizations import CardAuthorizations
    from allawee_async.resources.card_programs import CardPrograms
    from allawee_async.resources.card_transactions import CardTransactions
    from allawee_async.resources.cards import Cards
    from allawee_async.resources.customers import Customers
    from allawee_async.resources.disputes import Disputes
    from allawee_async.resources.events import Events
    from allawee_async.resources.fees import Fees
    from allawee_async.resources.payment_requests import PaymentRequests
    from allawee_async.resources.payments import Payments
    from allawee_async.resources.requests import Requests
    from allawee_async.resources.secret_keys import SecretKeys
    from allawee_async.resources.simulation import Simulation
    from allawee_async.resources.tools import Tools
    from allawee_async.resources.webhooks import Webhooks
    from allawee_async.transport.session import SessionManager


class Resources:
    """What a client has an attribute for."""

    _session: SessionManager

    if not TYPE_CHECKING:  # to a type checker, every name would exist

        def __getattr__(self, name: str) -> Never:
            from allawee_async.resources.base import no_attribute

            raise no_attribute(self, name, Resources)

    accounts: Noun[Accounts] = Noun("Where money is held: main, sub and virtual accounts.")
    billings: Noun[Billings] = Noun("What Allawee charges for its services.")
    card_authorizations: Noun[CardAuthorizations] = Noun(
        "What merchants ask of cards, and what was answered."
    )
    card_programs: Noun[CardPrograms] = Noun("The kinds of cards that you issue.")
    card_transactions: Noun[CardTransactions] = Noun("What was settled on cards.")
    cards: Noun[Cards] = Noun("Cards: issued, linked, funded, controlled, blocked.")
    customers: Noun[Customers] = Noun("The persons and businesses that hold cards and accounts.")
    disputes: Noun[Disputes] = Noun("Authorizations that a card holder contests.")
    events: Noun[Events] = Noun("What was sent to your webhooks.")
    fees: Noun[Fees] = Noun("What you charge your own customers.")
    payment_requests: Noun[PaymentRequests] = Noun(
        "Money that is to come in: virtual accounts for one payment."
    )
    payments: Noun[Payments] = Noun("Money that goes out: payouts and bills.")
    requests: Noun[Requests] = Noun(
        "The API's records of calls, of those that it queued above all."
    )
    secret_keys: Noun[SecretKeys] = Noun("API keys.")
    simulation: Noun[Simulation] = Noun("What the world does to cards and accounts, for test keys.")
    tools: Noun[Tools] = Noun("Banks, bills, exchange rates, merchants, and defaults of payments.")
    webhooks: Noun[Webhooks] = Noun("Where the API sends its events.")


def nouns_of(parent: type = Resources, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the nouns that a class has an attribute for, and what each is, in a line.

    Args:
        parent: The class of a client or of a noun.
        path: The attribute path of that noun on the client, with a dot behind it.
    """
    for name, attribute in vars(parent).items():
        if isinstance(attribute, cached_property):
            yield f"{path}{name}", attribute.__doc__ or ""
