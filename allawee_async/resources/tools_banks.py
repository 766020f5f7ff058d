"""Banks: list them, guess one by an account number, ask whose an account is."""

from __future__ import annotations

from typing import ClassVar

from allawee_async.models.tools import Bank, ResolvedAccount
from allawee_async.resources.base import Listable
from allawee_async.transport.routes import Route


class Banks(Listable[Bank]):
    """`allawee.tools.banks`: banks, and whose a bank account is."""

    ROUTES: ClassVar = {
        "list": Route("GET", "/tools/banks"),
        "short_list": Route("GET", "/tools/banks/short-list/:accountNumber"),
        "resolve": Route("GET", "/tools/banks/resolve"),
    }
    _model: ClassVar = Bank
    _loose: ClassVar = True

    async def short_list(self, account_number: str) -> tuple[Bank, ...]:
        """List the banks that an account number may belong to, by its check digit.

        Args:
            account_number: A text of 10 digits, as it may begin with zeros.

        Returns:
            The banks; the right one may be missing. What the API tells of each is not documented.

        Raises:
            BadRequestError: It is no account number.

        Source: Allawee's documents on tools, banks (2024-09-13).
        """
        return await self._all("short_list", account_number, model=Bank)

    async def resolve(self, *, account_number: str, bank_code: str) -> ResolvedAccount:
        """Tell whose a bank account is; do so before you pay out to it.

        Args:
            account_number: A text of 10 digits, as it may begin with zeros.
            bank_code: A text of 3 digits or 6: `058`, `000013`.

        Returns:
            The name of the owner and what else the API tells.

        Raises:
            APIError: The bank has no such account.

        Source: Allawee's documents on tools, banks (2024-09-13).
        """
        query = {"accountNumber": account_number, "bankCode": bank_code}
        return await self._call("resolve", model=ResolvedAccount, query=query)
