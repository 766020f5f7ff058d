"""Accounts: open and read them, see what is on them and what happened."""

from typing import Unpack

from allawee_async.models.accounts import (
    Account,
    AccountBalance,
    AccountLogEntry,
    AccountType,
    DepositChannelType,
)
from allawee_async.models.common import ActionResult, Currency
from allawee_async.pagination.pager import AsyncPager
from allawee_async.pagination.pages import Listing, OnInvalid
from allawee_async.query.parameters import ListParams, list_query
from allawee_async.resources.base import Findable, route
from allawee_async.transport.downloads import Download
from allawee_async.types import FreeForm, Strings


class Accounts(Findable[Account], path="/accounts"):
    """`allawee.accounts`: where money is held."""

    @route("POST", "/accounts")
    async def create(
        self,
        *,
        name: str,
        currency: Currency | str,
        type: AccountType | str,
        settlement_account: str | None = None,
        reference: str | None = None,
        customer: str | None = None,
        deposit_channels: Strings | None = None,
        metadata: FreeForm | None = None,
    ) -> Account:
        """Open an account. It is never sent twice if it may have taken effect.

        Args:
            name: What a name enquiry shows.
            currency: `NGN` or `USD`.
            type: `main`, `sub`, or `virtual`: one that passes what it receives on.
            settlement_account: The id of the account that a virtual account passes its money to.
            reference: Your own handle, by which `find` finds the account again.
            customer: The id of the customer whose account it is.
            deposit_channels: How money comes in: `bank-account`.
            metadata: Your own data.

        Returns:
            The new account. The `type` of its deposit channels may be absent at first.

        Raises:
            BadRequestError: A field is missing or invalid; the error names it.
            AllaweeError: If it is not known whether it took effect, look the account up with `find`
                before you try again.

        Source: Allawee's documents, "Create an account" (2024-09-13).
        """

    @route("GET", "/accounts/:id")
    async def get(self, account_id: str) -> Account:
        """Read one account.

        Args:
            account_id: The id, for instance `ac.2tVZczWw7m6Teoeb7`.

        Returns:
            The account.

        Raises:
            NotFoundError: There is no such account.
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get your accounts" (2024-09-13).
        """

    @route("GET", "/accounts/:id/balance")
    async def balance(self, account_id: str) -> AccountBalance:
        """Read what is on an account.

        Args:
            account_id: The id, for instance `ac.2tVZczWw7m6Teoeb7`.

        Returns:
            The balance: `available` can be spent, in minor units (kobo, cents). No document shows
            it, so any of its fields may be absent, and what others there are is in `extra`.

        Raises:
            NotFoundError: There is no such account.

        Source: Allawee's documents, "Get an account's balance" (2024-09-13).
        """

    @route("GET", "/accounts/:id/logs")
    def logs(
        self, account_id: str, *, on_invalid: OnInvalid | None = None, **params: Unpack[ListParams]
    ) -> AsyncPager[AccountLogEntry]:
        """List what happened on an account.

        Args:
            account_id: The id, for instance `ac.2tVZczWw7m6Teoeb7`.
            on_invalid: As for `list`.
            **params: As for `list`, but for `select`.

        Returns:
            A pager, which sends nothing until it is used: iterate over it, await it for the first
            page, or call `to_list()`. No document shows an entry, so all of it is in `extra`.

        Raises:
            ConfigurationError: A parameter makes no sense.

        Source: Allawee's documents, "Get an account's logs" (2024-09-13).
        """
        path, query = self.ROUTES["logs"].path(account_id), list_query(**params)
        listing = Listing(path=path, query=query, model=AccountLogEntry, loose=True)
        return self._pager(listing, on_invalid)

    @route("GET", "/accounts/:id/logs/csv")
    def logs_csv(self, account_id: str) -> Download:
        """Download what happened on an account, as CSV.

        Args:
            account_id: The id, for instance `ac.2tVZczWw7m6Teoeb7`.

        Returns:
            The file: `async with … as file`, `await ….read()` or `await ….save_to(path)`. It is
            then that it fails, with `NotFoundError` for an unknown account, and with `DecodeError`
            if the API answers with JSON in place of a file.

        Raises:
            ConfigurationError: The id is empty or would lead to another path.

        Source: Allawee's documents, "Get an account's logs as CSV" (2024-09-13).
        """
        return self._download("logs_csv", account_id)

    @route("POST", "/accounts/:id/deposit-channels")
    async def add_deposit_channel(
        self, account_id: str, *, type: DepositChannelType | str
    ) -> ActionResult:
        """Add a way for money to come in. It is never sent twice if it may have taken effect.

        Args:
            account_id: The id, for instance `ac.2tVZczWw7m6Teoeb7`.
            type: `bank-account`.

        Returns:
            What the API answered; no document shows it. Read the account for its channels.

        Raises:
            NotFoundError: There is no such account.
            AllaweeError: If it is not known whether it took effect, read the account before you try
                again.

        Source: Allawee's documents, "Add a deposit channel" (2024-09-13).
        """

    @route("PUT", "/accounts/:id/deposit-channels/update-account-name")
    async def update_deposit_account_name(
        self, account_id: str, *, type: DepositChannelType | str, account_number: str
    ) -> ActionResult:
        """Name a bank account after its customer. Sending it twice does no harm: it is retried.

        The new name is the full name of the account's customer; it cannot be chosen.

        Args:
            account_id: The id, for instance `ac.2tVZczWw7m6Teoeb7`.
            type: `bank-account`.
            account_number: The number of the bank account, a text of ten digits.

        Returns:
            What the API answered; no document shows it. Read the account for its channels.

        Raises:
            NotFoundError: There is no such account.

        Source: Allawee's documents, "Update the account name of a deposit channel" (2024-09-13).
        """
