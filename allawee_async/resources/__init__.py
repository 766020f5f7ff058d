"""The nouns of the API: one attribute for each, loaded when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Never

if TYPE_CHECKING:
    from collections.abc import Iterator

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

            known = [] if name.startswith("_") else [noun for noun, _ in nouns_of(Resources)]
            calls = [f"{noun}.{verb}" for noun in known for verb in getattr(self, noun).ROUTES]
            raise no_attribute(self, name, [*known, *calls])

    @cached_property
    def accounts(self) -> Accounts:
        """Where money is held: main, sub and virtual accounts."""
        from allawee_async.resources.accounts import Accounts

        return Accounts(self._session)

    @cached_property
    def billings(self) -> Billings:
        """What Allawee charges for its services."""
        from allawee_async.resources.billings import Billings

        return Billings(self._session)

    @cached_property
    def card_authorizations(self) -> CardAuthorizations:
        """What merchants ask of cards, and what was answered."""
        from allawee_async.resources.card_authorizations import CardAuthorizations

        return CardAuthorizations(self._session)

    @cached_property
    def card_programs(self) -> CardPrograms:
        """The kinds of cards that you issue."""
        from allawee_async.resources.card_programs import CardPrograms

        return CardPrograms(self._session)

    @cached_property
    def card_transactions(self) -> CardTransactions:
        """What was settled on cards."""
        from allawee_async.resources.card_transactions import CardTransactions

        return CardTransactions(self._session)

    @cached_property
    def cards(self) -> Cards:
        """Cards: issued, linked, funded, controlled, blocked."""
        from allawee_async.resources.cards import Cards

        return Cards(self._session)

    @cached_property
    def customers(self) -> Customers:
        """The persons and businesses that hold cards and accounts."""
        from allawee_async.resources.customers import Customers

        return Customers(self._session)

    @cached_property
    def disputes(self) -> Disputes:
        """Authorizations that a card holder contests."""
        from allawee_async.resources.disputes import Disputes

        return Disputes(self._session)

    @cached_property
    def events(self) -> Events:
        """What was sent to your webhooks."""
        from allawee_async.resources.events import Events

        return Events(self._session)

    @cached_property
    def fees(self) -> Fees:
        """What you charge your own customers."""
        from allawee_async.resources.fees import Fees

        return Fees(self._session)

    @cached_property
    def payment_requests(self) -> PaymentRequests:
        """Money that is to come in: virtual accounts for one payment."""
        from allawee_async.resources.payment_requests import PaymentRequests

        return PaymentRequests(self._session)

    @cached_property
    def payments(self) -> Payments:
        """Money that goes out: payouts and bills."""
        from allawee_async.resources.payments import Payments

        return Payments(self._session)

    @cached_property
    def requests(self) -> Requests:
        """The API's records of calls, of those that it queued above all."""
        from allawee_async.resources.requests import Requests

        return Requests(self._session)

    @cached_property
    def secret_keys(self) -> SecretKeys:
        """API keys."""
        from allawee_async.resources.secret_keys import SecretKeys

        return SecretKeys(self._session)

    @cached_property
    def simulation(self) -> Simulation:
        """What the world does to cards and accounts, for test keys."""
        from allawee_async.resources.simulation import Simulation

        return Simulation(self._session)

    @cached_property
    def tools(self) -> Tools:
        """Banks, bills, exchange rates, merchants, and defaults of payments."""
        from allawee_async.resources.tools import Tools

        return Tools(self._session)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Where the API sends its events."""
        from allawee_async.resources.webhooks import Webhooks

        return Webhooks(self._session)


def nouns_of(parent: type = Resources, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the nouns that a class has an attribute for, and what each is, in a line.

    Args:
        parent: The class of a client or of a noun.
        path: The attribute path of that noun on the client, with a dot behind it.
    """
    for name, attribute in vars(parent).items():
        if isinstance(attribute, cached_property):
            yield f"{path}{name}", attribute.__doc__ or ""
